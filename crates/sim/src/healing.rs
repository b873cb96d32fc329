//! Healing: faults stop, everybody comes up and exchanges with the others; all have to agree.
//!
//! **Invariants**
//! - Within the rounds of the topology, all hold the same commits, with one version and one digest,
//!   and all forks are named (P5, P6, P8).
//! - What stands on each disk then is whole, and opens as it was.
//! - The rounds are those that news takes from one end of the topology to the other. What waits at
//!   a door is in no export: it is news once its past has come, and rounds are counted from there.
//!   That can happen at one peer after another, and no more often than what waited is let in.
//!
//! What this does not do: look into payloads; whoever examines the end of a seed does.

use crate::disk::Survival;
use crate::fault::FaultKind;
use crate::ledger::Owed;
use crate::net::{LinkRates, Message};
use crate::world::World;
use std::collections::BTreeSet;
use woodland_log::Frontier;
use woodland_store::Store;

/// How many times a peer is turned on before it counts as down for good.
const OPENINGS_MAX: usize = 4;

impl World<'_> {
    /// Faults stop, and all agree.
    pub(crate) fn heal(&mut self) -> Result<(), String> {
        self.trace.note(format_args!("healing"));
        self.net.rates = LinkRates::default();
        self.net.partition = None;
        if let Some(last) = self.net.last_arrival() {
            self.now_milliseconds = self.now_milliseconds.max(last);
            self.deliver()?;
        }
        // Each time, somebody throws away what was derived and cannot be read.
        for _ in 0..OPENINGS_MAX * self.peers.len() {
            let faults = self.totals.derived_faults;
            self.attempt(0, World::agree)?;
            if self.totals.derived_faults == faults {
                self.count_recovered();
                return self.all_up();
            }
        }
        Err("what rests is not read, however often it is derived anew".to_owned())
    }

    fn agree(&mut self) -> Result<(), String> {
        self.bring_all_up()?;
        for at in 0..self.peers.len() {
            self.write(at)?;
        }
        let Some(rounds) = self.exchange()? else { return Ok(()) };
        self.totals.rounds_to_agree = rounds as u64;
        self.check_agreement()?;
        self.check_disks()
    }

    fn all_up(&self) -> Result<(), String> {
        match self.peers.iter().position(|peer| peer.replica.is_none()) {
            Some(at) => Err(format!("peer {at} is not up after faults have stopped")),
            None => Ok(()),
        }
    }

    fn bring_all_up(&mut self) -> Result<(), String> {
        for at in 0..self.peers.len() {
            if self.peers[at].disk.dark() == Some(FaultKind::PowerCut) {
                self.crash(at)?;
            }
            self.peers[at].disk.mend();
        }
        for _ in 0..OPENINGS_MAX {
            for at in 0..self.peers.len() {
                match &self.peers[at] {
                    peer if peer.replica.is_some() => {}
                    peer if peer.is_member => self.reopen(at)?,
                    _ => self.join(at)?,
                }
            }
        }
        self.all_up()?;
        self.look_at_damaged_disks()
    }

    /// Opening by what rests does not read what lies before that: whoever's disk was damaged looks
    /// at all of it now, and begins anew where it has to.
    fn look_at_damaged_disks(&mut self) -> Result<(), String> {
        for at in 0..self.peers.len() {
            if !self.peers[at].trust.may_refuse() {
                continue;
            }
            let inspected = Store::inspect(&self.peers[at].disk);
            if let Some(problem) = inspected.problems.first() {
                self.close(at)?;
                self.refused(at, &problem.to_string())?;
            }
        }
        Ok(())
    }

    /// How many commits wait at each door.
    fn waiting(&self) -> Vec<usize> {
        self.peers.iter().map(|peer| peer.waiting).collect()
    }

    fn do_agree(&self) -> bool {
        let mut names = self.peers.iter().map(|peer| peer.directory.name());
        let first = names.next();
        names.all(|name| Some(name) == first)
    }

    /// Rounds in which all send at once what the others lack; how many it took. None where somebody
    /// went down meanwhile.
    fn exchange(&mut self) -> Result<Option<usize>, String> {
        let (topology, count) = (self.swarm.topology, self.peers.len());
        let rounds_max = topology.rounds_max(count);
        let (mut round, mut end) = (0, rounds_max);
        let most = rounds_max * (1 + self.waiting().into_iter().sum::<usize>());
        loop {
            if self.all_up().is_err() {
                return Ok(None);
            }
            if self.do_agree() {
                return Ok(Some(round));
            }
            if round == end.min(most) {
                break;
            }
            self.trace.note(format_args!("round {round}"));
            let frontiers: Vec<Frontier> =
                (0..count).map(|at| self.replica(at).snapshot().log().frontier()).collect();
            for from in 0..count {
                for to in (0..count).filter(|to| topology.links(from, *to, count)) {
                    let exported = self.export_since(from, &frontiers[to])?;
                    let bytes = exported.ok_or("flushing fails when faults have stopped")?.into();
                    let held = frontiers[from].clone();
                    let message = Message { from, to, held, bytes, is_garbled: false };
                    self.net.send(self.now_milliseconds, message, &mut self.random);
                }
            }
            let last = self.net.last_arrival().unwrap_or(self.now_milliseconds);
            self.now_milliseconds = self.now_milliseconds.max(last);
            let before = self.waiting();
            self.deliver()?;
            round += 1;
            let are_let_in =
                before.iter().zip(self.waiting()).any(|(before, after)| after < *before);
            if are_let_in {
                end = round + rounds_max;
            }
        }
        let held: Vec<usize> = self.peers.iter().map(|peer| peer.directory.len()).collect();
        let withheld: Vec<u64> = (0..count).map(|at| self.withheld(at)).collect();
        Err(format!(
            "no agreement after {round} rounds of {topology:?}: peers hold {held:?} commits, \
             of which they cannot pass on {withheld:?}"
        ))
    }

    /// How many commits a peer holds that are in no export, for want of a signature.
    fn withheld(&self, at: usize) -> u64 {
        let snapshot = self.replica(at).snapshot();
        let exported = snapshot.log().chains(&Frontier::new()).map(|chain| chain.len() as u64);
        snapshot.log().len() - exported.sum::<u64>()
    }

    fn check_agreement(&mut self) -> Result<(), String> {
        let snapshots: Vec<_> =
            (0..self.peers.len()).map(|at| self.replica(at).snapshot()).collect();
        let first = &snapshots[0];
        self.reading.set(0);
        let first_digest = first.digest();
        let named = self.ledger.forks(&self.peers[0].directory);
        for (at, snapshot) in snapshots.iter().enumerate() {
            self.reading.set(at);
            let digest = self.ledger.compare(&self.peers[at].directory, snapshot)?;
            if (snapshot.version(), digest) != (first.version(), first_digest) {
                return Err(format!("peer {at} holds the same commits as another version"));
            }
            let forks: BTreeSet<_> = snapshot
                .log()
                .forks()
                .into_iter()
                .map(|fork| (fork.author, fork.backlink))
                .collect();
            if forks != named {
                return Err(format!("peer {at} names forks {forks:?}, there are {named:?}"));
            }
            self.check(snapshot)?;
        }
        self.totals.commits = first.log().len();
        self.trace.note(format_args!("all agree on {first_digest}"));
        Ok(())
    }

    /// Each disk by itself: nothing is wrong on it, and it opens as it was.
    fn check_disks(&mut self) -> Result<(), String> {
        for at in 0..self.peers.len() {
            if !self.flush(at)? {
                return Err("flushing fails when faults have stopped".to_owned());
            }
            let (version, digest) = {
                let before = self.replica(at).snapshot();
                (before.version(), before.digest())
            };
            self.close(at)?;
            let World { peers, random, .. } = self;
            let peer = &mut peers[at];
            // Whoever examines the end is not to be told of a page that cannot be read.
            if peer.trust.derived_damages > 0 {
                peer.disk.lose_derived();
            }
            // Nothing of what all agree on is left to chance.
            if !peer.trust.is_lied_to {
                peer.disk = peer.disk.crash(Survival::Nothing, random);
            }
            let inspected = Store::inspect(&peer.disk);
            let is_damaged = peer.disk.damages().into_iter().any(FaultKind::is_damage);
            if let Some(problem) = inspected.problems.first().filter(|_| !is_damaged) {
                return Err(format!("the disk of peer {at} is left damaged: {problem}"));
            }
            self.reopen(at)?;
            let Some(replica) = &self.peers[at].replica else {
                return Err(format!("peer {at} does not open again"));
            };
            let after = replica.snapshot();
            let is_owed = self.peers[at].trust.owed() == Owed::All;
            if is_owed && (after.version(), after.digest()) != (version, digest) {
                return Err(format!("peer {at} opens as another version than it was"));
            }
        }
        Ok(())
    }

    /// All agree: what links did has come to nothing, and so has all that peers met.
    fn count_recovered(&mut self) {
        self.faults.add(&self.net.faults);
        for (kind, row) in &mut self.faults.0 {
            if kind.is_of_links() {
                row.recovered = row.met;
            }
        }
        for peer in &mut self.peers {
            peer.recover(&mut self.faults);
        }
    }
}
