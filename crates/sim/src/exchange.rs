//! What peers send each other, and what becomes of it where it arrives.
//!
//! **Invariants**
//! - What is sent is durable: it is flushed first, or what is buffered stays behind.
//! - What arrives whole is taken without a complaint. Damage is named, and never enters.
//! - A peer sends what the other lacks as far as it knows; what it knows may be out of date.
//!
//! What this does not do: lose or delay anything; the links do.

use crate::acting::Failure;
use crate::fault::FaultKind;
use crate::net::Message;
use crate::world::World;
use woodland::{Durability, IncarnationError, MergeError, Merged, Notice, Snapshot};
use woodland_format::{Commit, FileHeader, Purpose, encode_segment};
use woodland_log::{Frontier, Log};
use woodland_store::RenewError;

/// How often everything is sent, whatever the other is known to hold, in a hundred.
const WHOLE_PERCENT: u64 = 6;
/// How many commits a part has at most.
const PART_COMMITS_MAX: usize = 4;

/// The bytes of a log file with these chains.
fn log_file(log: &Log, chains: &[Vec<Commit>]) -> Vec<u8> {
    let mut bytes = FileHeader { purpose: Purpose::Log, dataset: log.dataset() }.encode().to_vec();
    for chain in chains {
        bytes.extend(encode_segment(log.dataset(), chain, |one| log.signature(&one.id())));
    }
    bytes
}

impl World<'_> {
    /// What a peer holds and a version with this frontier does not; none where flushing it failed.
    pub(crate) fn export_since(
        &mut self,
        from: usize,
        since: &Frontier,
    ) -> Result<Option<Vec<u8>>, String> {
        if !self.flush(from)? {
            return Ok(None);
        }
        let snapshot = self.replica(from).durable_snapshot();
        let chains: Vec<Vec<Commit>> = snapshot.log().chains(since).collect();
        Ok(Some(log_file(snapshot.log(), &chains)))
    }

    /// A peer sends to another, whether or not that one hears it.
    pub(crate) fn send(&mut self, from: usize) -> Result<(), String> {
        if self.random.chance(50) && !self.flush(from)? {
            return Ok(());
        }
        let others: Vec<usize> = (0..self.peers.len()).filter(|to| *to != from).collect();
        let to = *self.random.pick(&others).expect("nobody is alone in the world");
        let snapshot = self.replica(from).durable_snapshot();
        let log = snapshot.log();
        let is_whole = self.random.chance(WHOLE_PERCENT);
        let since = self.peers[from].heard.get(&to).filter(|_| !is_whole).cloned();
        let mut chains: Vec<Vec<Commit>> = log.chains(&since.unwrap_or_default()).collect();
        let mut files = Vec::new();
        if self.swarm.faults.contains(&FaultKind::Parts) && self.random.chance(50) {
            let row = self.faults.row(FaultKind::Parts);
            (row.injected, row.met) = (row.injected + 1, row.met + 1);
            for chain in chains.drain(..) {
                let length = 1 + self.random.below(PART_COMMITS_MAX);
                files.extend(chain.chunks(length).map(|part| log_file(log, &[part.to_vec()])));
            }
        } else {
            files.push(log_file(log, &chains));
        }
        self.trace.note(format_args!("peer {from} sends {} files to peer {to}", files.len()));
        let held = log.frontier();
        for bytes in files {
            let (held, bytes) = (held.clone(), bytes.into());
            let message = Message { from, to, held, bytes, is_garbled: false };
            self.totals.messages += 1;
            self.net.send(self.now_milliseconds, message, &mut self.random);
        }
        Ok(())
    }

    /// Hands over all that has arrived.
    pub(crate) fn deliver(&mut self) -> Result<(), String> {
        while let Some(message) = self.net.arrived(self.now_milliseconds) {
            let (from, to) = (message.from, message.to);
            self.trace.note(format_args!("peer {to} is reached by peer {from}"));
            self.trace.bytes(&message.bytes);
            if self.peers[to].replica.is_none() {
                continue;
            }
            self.attempt(to, |world| world.merge(to, &message))?;
        }
        Ok(())
    }

    fn merge(&mut self, at: usize, message: &Message) -> Result<(), String> {
        let replica = self.replica(at);
        let (before, author) = (replica.snapshot(), replica.author());
        match replica.merge(&message.bytes[..]) {
            Ok(merged) => {
                let after = replica.snapshot();
                let mut arrived = after.log().arrived(before.log());
                let is_own = arrived.any(|(_, commit)| commit.author() == author);
                if is_own && replica.author() == author {
                    return Err(format!("{author} is in use elsewhere, and goes on being used"));
                }
                let (admitted, waiting) = (merged.admitted, merged.waiting);
                self.peers[at].waiting = waiting;
                self.trace.note(format_args!("  takes {admitted} commits, {waiting} wait"));
                if waiting > 0 {
                    let (missing, unsigned) = (&merged.missing, &merged.unsigned);
                    self.trace.note(format_args!("  for {missing:?}, signed {unsigned:?}"));
                }
                let is_spoilt = !merged.damage.is_empty() || !merged.refused.is_empty();
                if message.is_garbled && is_spoilt {
                    self.faults.row(FaultKind::Garble).detected += 1;
                } else if is_spoilt {
                    return Err(format!("what arrived whole is not taken whole: {merged:?}"));
                }
                if !message.is_garbled {
                    self.peers[at].heard.insert(message.from, message.held.clone());
                }
                self.notice(at, &merged);
                self.acknowledge(at, &before, Durability::Durable)
            }
            Err(
                MergeError::File { .. }
                | MergeError::OtherDataset { .. }
                | MergeError::NotALogFile { .. },
            ) if message.is_garbled => {
                self.trace.note(format_args!("  is no log file"));
                self.faults.row(FaultKind::Garble).detected += 1;
                self.unchanged(at, &before)
            }
            Err(error) => {
                drop(replica);
                self.failed_merge(at, &error, &before)
            }
        }
    }

    pub(crate) fn failed_merge(
        &mut self,
        at: usize,
        error: &MergeError,
        before: &Snapshot,
    ) -> Result<(), String> {
        self.trace.note(format_args!("  fails: {error}"));
        let failure = match error {
            MergeError::Store(error) => Failure::of_backing(error),
            MergeError::Derived(fault) => Failure::Derived(fault.to_string()),
            MergeError::Incarnation(IncarnationError::Store(RenewError::Disk(_))) => {
                Failure::Disk(error.to_string())
            }
            other => Failure::Other(other.to_string()),
        };
        if !matches!(failure, Failure::Derived(_)) {
            self.unchanged(at, before)?;
        }
        self.failed(at, failure)
    }

    /// What a merge told about keys.
    pub(crate) fn notice(&mut self, at: usize, merged: &Merged) {
        let World { peers, faults, totals, .. } = self;
        let peer = &mut peers[at];
        for notice in &merged.notices {
            match notice {
                Notice::Behind { .. } | Notice::ForkedSelf { .. } => {
                    totals.renewals += 1;
                    peer.meet(FaultKind::Restore, faults);
                    peer.detect(|kind| kind == FaultKind::Restore, faults);
                    peer.recover_if(|kind| kind == FaultKind::Restore, faults);
                }
                _ => totals.forks += 1,
            }
        }
    }
}
