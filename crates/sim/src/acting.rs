//! What peers do when nothing is wrong: write, flush, read, hold versions. And how an act ends.
//!
//! **Invariants**
//! - An act that fails had a reason that the world knows; what readers see is then as before.
//! - After a failed write, the handle takes none: nobody is told that it did.
//!
//! What this does not do: choose faults, or judge what an application writes.

use crate::application::Pen;
use crate::fault::FaultKind;
use crate::peer::Held;
use crate::world::World;
use woodland::{BackingError, Durability, FlushError, Replica, Snapshot, WriteError, catch};
use woodland_store::AppendError;

/// How many versions a peer holds at most.
const HELD_MAX: usize = 4;

/// Why an act did not happen.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The disk failed.
    Disk(String),
    /// The bytes there were refused.
    Refused(String),
    /// What rests could not be read.
    Derived(String),
    /// Anything else is a violation.
    Other(String),
}

impl Failure {
    pub(crate) fn of_write(error: &WriteError) -> Failure {
        match error {
            WriteError::Store(error) => Failure::of_backing(error),
            WriteError::Derived(fault) => Failure::Derived(fault.to_string()),
            other => Failure::Other(other.to_string()),
        }
    }

    pub(crate) fn of_backing(error: &BackingError) -> Failure {
        match error {
            BackingError::Append(error) => Failure::of_append(error),
            other => Failure::Other(other.to_string()),
        }
    }

    pub(crate) fn of_append(error: &AppendError) -> Failure {
        match error {
            AppendError::Disk(_) => Failure::Disk(error.to_string()),
            other => Failure::Other(other.to_string()),
        }
    }
}

impl World<'_> {
    pub(crate) fn replica(&self, at: usize) -> Replica {
        self.reading.set(at);
        self.peers[at].replica.clone().expect("who acts is up")
    }

    /// Does something that reads what rests on this peer's disk, mostly: where that cannot be read,
    /// there was a reason, and the peer goes down.
    pub(crate) fn attempt(
        &mut self,
        at: usize,
        act: impl FnOnce(&mut Self) -> Result<(), String>,
    ) -> Result<(), String> {
        self.reading.set(at);
        let mut attempted = catch(|| act(self));
        loop {
            let fault = match attempted {
                Ok(outcome) => return outcome,
                Err(fault) => fault,
            };
            self.trace.note(format_args!("  {fault}"));
            // Whoever goes down may be opened again at once, and meet another.
            let (at, failure) = (self.reading.get(), Failure::Derived(fault.to_string()));
            attempted = catch(|| self.failed(at, failure));
        }
    }

    /// The peer writes one batch.
    pub(crate) fn write(&mut self, at: usize) -> Result<(), String> {
        let replica = self.replica(at);
        let before = replica.snapshot();
        let wall = self.now_milliseconds as i64 + self.peers[at].skew_milliseconds;
        if self.peers[at].skew_milliseconds != 0 {
            let peer = &mut self.peers[at];
            peer.meet(FaultKind::SkewedClock, &mut self.faults);
            peer.recover_if(|kind| kind == FaultKind::SkewedClock, &mut self.faults);
        }
        let is_buffered = self.random.chance(self.swarm.buffered);
        let durability = if is_buffered { Durability::Buffered } else { Durability::Durable };
        let pen = Pen::of(&replica, wall, durability);
        let outcome = self.application.act(&pen, &mut self.random);
        self.trace.note(format_args!("peer {at} writes, {durability:?}: {}", said(&outcome)));
        match outcome {
            Ok(()) => {
                self.totals.writes += 1;
                self.totals.buffered_writes += u64::from(is_buffered);
                self.acknowledge(at, &before, durability)
            }
            // The rules of the schema are the application's affair.
            Err(WriteError::Invalid { .. }) => {
                self.totals.refused_writes += 1;
                self.acknowledge(at, &before, Durability::Buffered)
            }
            Err(error) => {
                let failure = Failure::of_write(&error);
                if let Failure::Derived(_) = failure {
                    drop(replica);
                    return self.failed(at, failure);
                }
                self.unchanged(at, &before)?;
                let again = self.application.act(&pen, &mut self.random);
                self.unchanged(at, &before)?;
                drop(replica);
                self.trace.note(format_args!("  and again: {}", said(&again)));
                self.failed(at, failure)
            }
        }
    }

    /// What an act acknowledged, checked against all that is known.
    pub(crate) fn acknowledge(
        &mut self,
        at: usize,
        before: &Snapshot,
        durability: Durability,
    ) -> Result<(), String> {
        let World { peers, ledger, faults, .. } = self;
        let peer = &mut peers[at];
        let replica = peer.replica.as_ref().expect("who acts is up");
        peer.keys.insert(replica.author());
        let after = replica.snapshot();
        let arrived = after.log().arrived(before.log()).map(|(_, commit)| commit);
        ledger.acknowledged(&mut peer.directory, arrived, &peer.keys)?;
        if durability == Durability::Durable {
            peer.directory.settle();
        }
        ledger.compare(&peer.directory, &after)?;
        peer.meet_all(faults);
        Ok(())
    }

    /// A failed act shows nothing.
    pub(crate) fn unchanged(&mut self, at: usize, before: &Snapshot) -> Result<(), String> {
        let peer = &mut self.peers[at];
        let replica = peer.replica.as_ref().expect("who acts is up");
        peer.keys.insert(replica.author());
        let after = replica.snapshot();
        if after.version() != before.version() || after.log().len() != before.log().len() {
            return Err("an act that failed is shown".to_owned());
        }
        Ok(())
    }

    /// An act failed: the peer goes down, if there was a reason.
    pub(crate) fn failed(&mut self, at: usize, failure: Failure) -> Result<(), String> {
        let peer = &mut self.peers[at];
        let is_met = peer.meet_all(&mut self.faults) || peer.disk.dark().is_some();
        match failure {
            Failure::Disk(what) if !is_met => Err(format!("failed without a reason: {what}")),
            Failure::Disk(_) => {
                peer.trust.is_failed = true;
                peer.detect(|kind| !kind.is_damage(), &mut self.faults);
                self.down(at)
            }
            Failure::Derived(what) if !is_met && !peer.may_fault() => {
                Err(format!("what rests is not read, without a reason: {what}"))
            }
            Failure::Derived(_) => {
                self.totals.derived_faults += 1;
                peer.detect(|kind| !kind.is_damage(), &mut self.faults);
                self.down(at)
            }
            Failure::Refused(what) | Failure::Other(what) => Err(what),
        }
    }

    /// The peer's process ends.
    pub(crate) fn down(&mut self, at: usize) -> Result<(), String> {
        match self.peers[at].disk.dark() {
            Some(FaultKind::PowerCut) => self.crash(at),
            Some(_) => {
                self.peers[at].let_go();
                self.totals.kills += 1;
                self.peers[at].disk.mend();
                Ok(())
            }
            None => {
                self.end_process(at);
                Ok(())
            }
        }
    }

    /// What is buffered becomes durable. Whether it did.
    pub(crate) fn flush(&mut self, at: usize) -> Result<bool, String> {
        let replica = self.replica(at);
        let before = replica.snapshot();
        let flushed = replica.flush();
        self.trace.note(format_args!("peer {at} flushes: {}", said(&flushed)));
        let failure = match flushed {
            Ok(()) => {
                self.totals.flushes += 1;
                self.acknowledge(at, &before, Durability::Durable)?;
                return Ok(true);
            }
            Err(FlushError::Store(error)) => Failure::of_append(&error),
            Err(other) => Failure::Other(other.to_string()),
        };
        self.unchanged(at, &before)?;
        drop(replica);
        self.failed(at, failure)?;
        Ok(false)
    }

    /// The peer reads, and what it sees has to hold.
    pub(crate) fn read(&mut self, at: usize) -> Result<(), String> {
        let snapshot = self.replica(at).snapshot();
        self.trace.note(format_args!("peer {at} reads"));
        self.totals.reads += 1;
        self.check(&snapshot)?;
        let held = std::mem::take(&mut self.peers[at].held);
        for one in &held {
            if one.snapshot.digest() != one.digest {
                return Err("a version that is held has changed".to_owned());
            }
            self.check(&one.snapshot)?;
        }
        self.peers[at].held = held;
        Ok(())
    }

    pub(crate) fn check(&self, snapshot: &Snapshot) -> Result<(), String> {
        let told = |what| format!("the application's check: {what}");
        self.application.check(snapshot).map_err(told)
    }

    /// The peer holds what it sees for later, or lets the first of what it holds go.
    pub(crate) fn hold(&mut self, at: usize) -> Result<(), String> {
        self.trace.note(format_args!("peer {at} holds a version"));
        let snapshot = self.replica(at).snapshot();
        let digest = self.ledger.compare(&self.peers[at].directory, &snapshot)?;
        let held = &mut self.peers[at].held;
        held.push(Held { snapshot, digest });
        if held.len() > HELD_MAX {
            let first = held.remove(0);
            if first.snapshot.digest() != first.digest {
                return Err("a version that was held has changed".to_owned());
            }
        }
        Ok(())
    }
}

pub(crate) fn said<T, E: std::fmt::Display>(outcome: &Result<T, E>) -> String {
    outcome.as_ref().map_or_else(|error| error.to_string(), |_| "done".to_owned())
}
