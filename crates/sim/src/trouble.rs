//! What the world does to disks, processes and directories.
//!
//! **Invariants**
//! - The first peer's disk neither lies nor is damaged: somebody holds the founding commit.
//! - A peer goes down only here or by an act that failed.
//!
//! What this does not do: decide how often; the swarm does.

use crate::disk::{Lasting, Survival};
use crate::fault::FaultKind;
use crate::peer::Backup;
use crate::world::World;

/// Among how many of the next calls something fails or ends.
const CALLS_AHEAD: usize = 24;
/// A disk gets this much room at most before it is full.
const ROOM_BYTES: usize = 2_000;

impl World<'_> {
    /// A fault that this seed knows happens to a peer that is up.
    pub(crate) fn trouble(&mut self, at: usize) -> Result<(), String> {
        let Some(kind) = self.swarm.trouble_kind(&mut self.random) else {
            return self.restart(at);
        };
        self.trace.note(format_args!("peer {at} gets into trouble: {kind}"));
        match kind {
            FaultKind::PowerCut if self.random.chance(50) => {
                self.peers[at].inject(kind, &mut self.faults);
                self.crash(at)
            }
            FaultKind::PowerCut | FaultKind::Kill => {
                self.peers[at].inject(kind, &mut self.faults);
                let left = self.random.below(CALLS_AHEAD) as u64;
                match kind {
                    FaultKind::Kill => self.peers[at].disk.kill(left),
                    _ => self.peers[at].disk.power_off(left),
                }
                Ok(())
            }
            FaultKind::FailedCall | FaultKind::FailedSync | FaultKind::ReadError => {
                self.fail_calls(at, kind)
            }
            FaultKind::FullDisk => {
                self.peers[at].inject(kind, &mut self.faults);
                let room = self.random.below(ROOM_BYTES);
                self.peers[at].disk.limit(room);
                Ok(())
            }
            FaultKind::LyingSync if at > 0 => {
                let truthful = self.random.below(6) as u64;
                let left = self.random.below(2 * CALLS_AHEAD) as u64;
                let is_cut_soon = self.random.chance(60);
                let peer = &mut self.peers[at];
                peer.inject(kind, &mut self.faults);
                (peer.trust.is_lied_to, peer.trust.is_cut) = (true, false);
                peer.disk.lie(truthful);
                // Only a power cut shows a lie.
                if is_cut_soon {
                    peer.inject(FaultKind::PowerCut, &mut self.faults);
                    peer.disk.power_off(left);
                }
                Ok(())
            }
            FaultKind::EvictedCache => {
                self.evict(at);
                Ok(())
            }
            kind if kind.is_damage() && at > 0 => self.damage(at, kind),
            FaultKind::DamagedDerived => self.damage(at, kind),
            FaultKind::LostDerived => self.lose_derived(at),
            FaultKind::Copy => self.copy(at),
            FaultKind::Restore => self.restore(at),
            FaultKind::SkewedClock => {
                let back = self.random.below(1_000_000_000) as i64;
                let peer = &mut self.peers[at];
                peer.inject(kind, &mut self.faults);
                peer.skew_milliseconds -= back + 1;
                Ok(())
            }
            _ => self.restart(at),
        }
    }

    fn fail_calls(&mut self, at: usize, kind: FaultKind) -> Result<(), String> {
        let lasting = if self.random.chance(80) { Lasting::Once } else { Lasting::ForEver };
        let ahead = if kind == FaultKind::FailedCall { CALLS_AHEAD } else { 6 };
        let left = self.random.below(ahead) as u64;
        let peer = &mut self.peers[at];
        peer.inject(kind, &mut self.faults);
        peer.disk.fail(kind, left, lasting);
        // Most calls, and nearly all reads, are those of opening.
        match kind == FaultKind::ReadError || self.random.chance(40) {
            true => self.restart(at),
            false => Ok(()),
        }
    }

    fn damage(&mut self, at: usize, kind: FaultKind) -> Result<(), String> {
        let World { peers, random, faults, .. } = self;
        let peer = &mut peers[at];
        if peer.disk.damage(kind, random).is_none() {
            return Ok(());
        }
        peer.inject(kind, faults);
        match kind {
            FaultKind::DamagedDerived => peer.trust.derived_damages += 1,
            _ => peer.trust.damages += 1,
        }
        match self.random.chance(70) {
            true => self.restart(at),
            false => Ok(()),
        }
    }

    /// The peer is closed, what was derived is thrown away, and it is opened again.
    fn lose_derived(&mut self, at: usize) -> Result<(), String> {
        self.close(at)?;
        let World { peers, faults, .. } = self;
        let peer = &mut peers[at];
        if peer.disk.lose_derived() {
            peer.inject(FaultKind::LostDerived, faults);
            peer.meet(FaultKind::LostDerived, faults);
            peer.trust.derived_damages = 0;
        }
        self.restart(at)
    }

    /// Memory is given back; that counts where it shows that a sync had failed.
    pub(crate) fn evict(&mut self, at: usize) {
        let World { peers, faults, .. } = self;
        let peer = &mut peers[at];
        if peer.disk.evict() {
            peer.inject(FaultKind::EvictedCache, faults);
            peer.meet(FaultKind::EvictedCache, faults);
            // What was derived may be among it.
            peer.trust.derived_damages += 1;
        }
    }

    /// The peer is closed and opened again.
    pub(crate) fn restart(&mut self, at: usize) -> Result<(), String> {
        self.trace.note(format_args!("peer {at} is closed"));
        self.totals.restarts += 1;
        self.close(at)?;
        self.reopen(at)
    }

    /// The peer's replica goes. It flushes as it does; where that fails, nobody is told.
    pub(crate) fn end_process(&mut self, at: usize) {
        let World { peers, faults, .. } = self;
        let peer = &mut peers[at];
        peer.let_go();
        peer.trust.is_failed |= peer.meet_all(faults);
    }

    /// The peer is closed. What it held has not changed.
    pub(crate) fn close(&mut self, at: usize) -> Result<(), String> {
        self.reading.set(at);
        let held = std::mem::take(&mut self.peers[at].held);
        if held.iter().any(|one| one.snapshot.digest() != one.digest) {
            return Err("a version that was held has changed".to_owned());
        }
        drop(held);
        self.end_process(at);
        Ok(())
    }

    /// The power goes off: what was not synced is there in part.
    pub(crate) fn crash(&mut self, at: usize) -> Result<(), String> {
        let survival = Survival::any(&mut self.random);
        self.totals.crashes += 1;
        let World { peers, random, faults, .. } = self;
        let peer = &mut peers[at];
        peer.meet_all(faults);
        if peer.disk.is_unsynced() {
            peer.meet(FaultKind::PowerCut, faults);
        }
        self.trace.note(format_args!("peer {at} loses power: {survival:?}"));
        peer.trust.is_cut = true;
        let is_dark = peer.disk.dark().is_some();
        let after = peer.disk.crash(survival, random);
        // Nobody tidies up in a power cut: whatever the process would write as it ends is gone.
        peer.let_go();
        peer.disk = after;
        // Mostly somebody turns it on again at once.
        match !is_dark && peer.is_member && random.chance(70) {
            true => self.reopen(at),
            false => Ok(()),
        }
    }

    /// The directory is copied to another device, and the copy used in its place.
    fn copy(&mut self, at: usize) -> Result<(), String> {
        let author = self.replica(at).author();
        let device = self.new_device();
        self.close(at)?;
        let World { peers, random, faults, .. } = self;
        let peer = &mut peers[at];
        peer.inject(FaultKind::Copy, faults);
        peer.disk = peer.disk.copy(device, random);
        self.restart(at)?;
        match &self.peers[at].replica {
            Some(copy) if copy.author() == author => {
                Err("a copied directory writes under the key of its original".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// The directory is saved, or put back to what was saved.
    fn restore(&mut self, at: usize) -> Result<(), String> {
        let World { peers, random, faults, .. } = self;
        let peer = &mut peers[at];
        let is_other = |backup: &Backup| !backup.directory.holds_all_of(&peer.directory);
        match peer.backup.take() {
            Some(backup) if is_other(&backup) => {
                peer.inject(FaultKind::Restore, faults);
                peer.meet(FaultKind::Restore, faults);
                peer.let_go();
                peer.disk = backup.disk.image(random);
                (peer.directory, peer.trust) = (backup.directory, backup.trust);
                self.restart(at)
            }
            _ => {
                let peer = &mut peers[at];
                let (disk, directory) = (peer.disk.image(random), peer.directory.clone());
                peer.backup = Some(Backup { disk, directory, trust: peer.trust });
                Ok(())
            }
        }
    }
}
