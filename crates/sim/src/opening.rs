//! How a peer comes up: it joins, opens again, or begins anew with what others have and what can
//! be saved of a directory that was refused.
//!
//! **Invariants**
//! - A directory is refused only where its disk lied or was damaged.
//! - What is opened holds what it owes, and nothing that nobody wrote.
//! - A copy writes under a key of its own.
//! - What is opened by what rests is what is derived from nothing: some are compared.
//!
//! What this does not do: repair a directory that was refused; nobody does.

use crate::acting::Failure;
use crate::fault::FaultKind;
use crate::ledger::Owed;
use crate::world::World;
use std::sync::Arc;
use woodland::{Durability, IncarnationError, Notice, Options, Replica, StartError};
use woodland_format::{FILE_HEADER_BYTES, FileHeader, Purpose};
use woodland_log::Frontier;
use woodland_store::{CreateError, OpenError, RenewError};

/// How often a disk is mended after a failure to open, in a hundred.
const MEND_PERCENT: u64 = 60;
/// How often what was opened by what rests is compared with what is derived from nothing.
const COMPARE_PERCENT: u64 = 30;
/// How often the system has given back its memory of a directory that is opened, in a hundred.
const EVICT_PERCENT: u64 = 50;

impl Failure {
    fn of_start(error: &StartError) -> Failure {
        let what = error.to_string();
        match error {
            StartError::Store(woodland_store::AppendError::Disk(_))
            | StartError::Create(CreateError::Disk(_))
            | StartError::Open(OpenError::Disk(_))
            | StartError::Incarnation(IncarnationError::Store(RenewError::Disk(_))) => {
                Failure::Disk(what)
            }
            StartError::Derived(fault) => Failure::Derived(fault.to_string()),
            StartError::Migrate(error) => Failure::of_write(error),
            StartError::Open(OpenError::Locked) => Failure::Other(what),
            StartError::Open(_)
            | StartError::Unfinished
            | StartError::NoSchema
            | StartError::Log(_)
            | StartError::Signature(_) => Failure::Refused(what),
            _ => Failure::Other(what),
        }
    }
}

impl World<'_> {
    /// A replica runs on this peer's disk.
    pub(crate) fn opened(&mut self, at: usize, replica: Replica) -> Result<(), String> {
        self.reading.set(at);
        let World { peers, ledger, faults, totals, .. } = self;
        let peer = &mut peers[at];
        peer.meet_all(faults);
        peer.keys.insert(replica.author());
        let snapshot = replica.snapshot();
        let owed = peer.trust.owed();
        let gone = ledger.reopened(&mut peer.directory, snapshot.log(), owed, &peer.keys)?;
        totals.lost_buffered += if owed == Owed::Durable { gone as u64 } else { 0 };
        if gone > 0 && owed == Owed::Prefix {
            totals.lost_by_lies += gone as u64;
            peer.detect(|kind| kind == FaultKind::LyingSync || kind.is_damage(), faults);
        }
        peer.trust.settle(!peer.disk.has_derived());
        let digest = ledger.compare(&peer.directory, &snapshot)?;
        if replica.notices().iter().any(|notice| matches!(notice, Notice::Copied { .. })) {
            peer.meet(FaultKind::Copy, faults);
            peer.detect(|kind| kind == FaultKind::Copy, faults);
        }
        // Whether a directory was put back, only others can tell.
        peer.recover_if(|kind| kind != FaultKind::Restore, faults);
        (peer.is_member, peer.waiting) = (true, 0);
        peer.replica = Some(replica);
        self.trace.note(format_args!("  open: {} commits, {digest}", snapshot.log().len()));
        self.check(&snapshot)
    }

    /// The peer opens its directory again.
    pub(crate) fn reopen(&mut self, at: usize) -> Result<(), String> {
        self.trace.note(format_args!("peer {at} opens again"));
        self.totals.openings += 1;
        self.peers[at].is_shaken = false;
        // Nobody keeps for long what memory holds of files that nobody has open.
        if self.random.chance(EVICT_PERCENT) {
            self.evict(at);
        }
        let options = self.options(at);
        match Replica::open(options, &self.model) {
            Ok(replica) => {
                self.opened(at, replica)?;
                self.compare_with_derived_anew(at)
            }
            Err(error) => match Failure::of_start(&error) {
                Failure::Refused(what) => self.refused(at, &what),
                failure => self.failed_to_start(at, failure),
            },
        }
    }

    /// What rests is of no account: a copy of the directory without it shows the same.
    fn compare_with_derived_anew(&mut self, at: usize) -> Result<(), String> {
        if !self.peers[at].disk.has_derived() {
            return Ok(());
        }
        self.totals.opened_beside_derived += 1;
        if !self.random.chance(COMPARE_PERCENT) {
            return Ok(());
        }
        let device = self.new_device();
        let copy = self.peers[at].disk.copy(device, &mut self.random);
        copy.lose_derived();
        let options = Options::on(Arc::new(copy)).seed(self.random.number());
        self.trace.note(format_args!("  the same, derived from nothing"));
        let anew = match Replica::open(options, &self.model) {
            Ok(anew) => anew.snapshot(),
            Err(error) => match Failure::of_start(&error) {
                // There is damage where by what rests nobody had to look.
                Failure::Refused(_) if self.peers[at].trust.may_refuse() => return Ok(()),
                other => return Err(format!("without what rests it does not open: {other:?}")),
            },
        };
        self.totals.derived_anew += 1;
        let rested = self.replica(at).snapshot();
        let shown = |one: &woodland::Snapshot| (one.version(), one.log().len(), one.digest());
        match shown(&rested) == shown(&anew) && rested.log().forks() == anew.log().forks() {
            true => self.check(&anew),
            false => Err(format!(
                "what was opened by what rests shows {:?}, derived from nothing {:?}",
                shown(&rested),
                shown(&anew)
            )),
        }
    }

    fn failed_to_start(&mut self, at: usize, failure: Failure) -> Result<(), String> {
        self.trace.note(format_args!("  failed: {failure:?}"));
        self.failed(at, failure)?;
        if self.random.chance(MEND_PERCENT) {
            self.peers[at].disk.mend();
        }
        Ok(())
    }

    /// The directory is no dataset that can be opened.
    pub(crate) fn refused(&mut self, at: usize, what: &str) -> Result<(), String> {
        self.trace.note(format_args!("  refused: {what}"));
        let World { peers, faults, .. } = self;
        let peer = &mut peers[at];
        peer.meet_all(faults);
        let was_promised = peer.directory.len() > 0;
        if was_promised && !peer.trust.may_refuse() {
            return Err(format!("a directory without damage is refused: {what}"));
        }
        self.totals.refusals += u64::from(was_promised);
        peer.detect(|kind| kind.is_damage() || kind == FaultKind::LyingSync, faults);
        let damaged = peer.disk.clone();
        let disk = self.new_disk();
        self.peers[at].begin_anew(disk);
        self.join(at)?;
        if self.peers[at].replica.is_some() {
            self.salvage(at, &damaged)?;
        }
        Ok(())
    }

    /// The peer makes a directory out of what another has.
    pub(crate) fn join(&mut self, at: usize) -> Result<(), String> {
        let ups = (0..self.peers.len()).filter(|other| self.peers[*other].replica.is_some());
        let Some(from) = self.random.pick(&ups.collect::<Vec<_>>()).copied() else {
            self.trace.note(format_args!("peer {at} finds nobody to join"));
            return Ok(());
        };
        self.trace.note(format_args!("peer {at} joins from peer {from}"));
        let Some(bytes) = self.export_since(from, &Frontier::new())? else { return Ok(()) };
        let options = self.options(at);
        match Replica::join(options, &self.model, &bytes[..]) {
            Ok((replica, merged)) => {
                if !merged.damage.is_empty() || !merged.refused.is_empty() {
                    return Err(format!("a whole export is not taken whole: {merged:?}"));
                }
                self.opened(at, replica)
            }
            Err(error) => {
                self.failed_to_start(at, Failure::of_start(&error))?;
                self.unfinished(at)
            }
        }
    }

    /// Making a directory was cut short: it is opened where it came to that, and begun anew else.
    fn unfinished(&mut self, at: usize) -> Result<(), String> {
        self.peers[at].disk.mend();
        let options = self.options(at);
        match Replica::open(options, &self.model) {
            Ok(replica) => self.opened(at, replica),
            Err(error) => match Failure::of_start(&error) {
                Failure::Refused(what) => {
                    self.trace.note(format_args!("  unfinished: {what}"));
                    let disk = self.new_disk();
                    let peer = &mut self.peers[at];
                    peer.recover(&mut self.faults);
                    peer.begin_anew(disk);
                    Ok(())
                }
                failure => self.failed_to_start(at, failure),
            },
        }
    }

    /// What can be read of a refused directory goes into the peer's new one.
    fn salvage(&mut self, at: usize, damaged: &crate::SimDisk) -> Result<(), String> {
        let replica = self.replica(at);
        let header = FileHeader { purpose: Purpose::Log, dataset: replica.dataset() }.encode();
        let files = damaged.files().into_iter().filter(|name| name.starts_with("segments/"));
        for name in files.collect::<Vec<_>>() {
            let before = replica.snapshot();
            let mut bytes = damaged.bytes(&name).unwrap_or_default();
            if bytes.len() < FILE_HEADER_BYTES {
                continue;
            }
            bytes[..FILE_HEADER_BYTES].copy_from_slice(&header);
            match replica.merge(&bytes[..]) {
                Ok(merged) => {
                    self.trace.note(format_args!("  saved of {name}: {}", merged.admitted));
                    self.totals.salvaged += merged.admitted as u64;
                    self.peers[at].waiting = merged.waiting;
                    self.acknowledge(at, &before, Durability::Durable)?;
                }
                Err(error) => return self.failed_merge(at, &error, &before),
            }
        }
        Ok(())
    }
}
