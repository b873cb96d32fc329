//! Upkeep: what was derived is put to rest, and segments are merged, while peers write and read.
//!
//! **Invariants**
//! - Neither changes what is shown; where it fails there was a reason, and the peer goes on unless
//!   its store is lost.
//!
//! What this does not do: damage anything.

use crate::acting::{Failure, said};
use crate::world::World;
use woodland::{Durability, MaintainError, RestError, Snapshot, UpkeepError};

/// How many steps of upkeep a peer takes at once.
const STEPS_MAX: usize = 4;

impl World<'_> {
    /// What was derived is put to rest; what was buffered is durable by that.
    pub(crate) fn rest(&mut self, at: usize) -> Result<(), String> {
        let replica = self.replica(at);
        let before = replica.snapshot();
        let rested = replica.rest();
        self.trace.note(format_args!("peer {at} rests: {}", said(&rested)));
        drop(replica);
        match rested {
            Ok(()) => {
                self.totals.rests += 1;
                self.acknowledge(at, &before, Durability::Durable)
            }
            Err(error) => self.failed_rest(at, &error, &before),
        }
    }

    /// Some steps of upkeep.
    pub(crate) fn maintain(&mut self, at: usize) -> Result<(), String> {
        for _ in 0..STEPS_MAX {
            let replica = self.replica(at);
            let before = replica.snapshot();
            let maintained = replica.maintain();
            drop(replica);
            match maintained {
                Ok(maintained) => {
                    let files = maintained.files;
                    self.trace.note(format_args!("peer {at} merges {files} files"));
                    (self.totals.upkeeps, self.totals.merged_files) =
                        (self.totals.upkeeps + 1, self.totals.merged_files + files);
                    self.acknowledge(at, &before, Durability::Buffered)?;
                    if files == 0 {
                        return Ok(());
                    }
                }
                Err(error) => {
                    self.trace.note(format_args!("peer {at} merges: {error}"));
                    return match error {
                        UpkeepError::Rest(error) => self.failed_rest(at, &error, &before),
                        UpkeepError::Store(error) => self.failed_merging(at, &error, &before),
                        other => Err(other.to_string()),
                    };
                }
            }
        }
        Ok(())
    }

    fn failed_rest(
        &mut self,
        at: usize,
        error: &RestError,
        before: &Snapshot,
    ) -> Result<(), String> {
        match error {
            RestError::Store(error) => {
                self.unchanged(at, before)?;
                self.failed(at, Failure::of_append(error))
            }
            RestError::Page(fault) => self.failed(at, Failure::Derived(fault.to_string())),
            other => self.goes_on(at, &other.to_string(), before),
        }
    }

    fn failed_merging(
        &mut self,
        at: usize,
        error: &MaintainError,
        before: &Snapshot,
    ) -> Result<(), String> {
        let what = error.to_string();
        match error {
            MaintainError::Disk(_) => {
                self.unchanged(at, before)?;
                self.failed(at, Failure::Disk(what))
            }
            MaintainError::Damaged { .. } if self.peers[at].trust.may_refuse() => {
                let World { peers, faults, .. } = self;
                peers[at].meet_all(faults);
                peers[at].detect(|kind| kind.is_damage(), faults);
                self.unchanged(at, before)
            }
            MaintainError::Unprepared(_) => self.goes_on(at, &what, before),
            _ => Err(what),
        }
    }

    /// It failed for a reason, and the peer goes on.
    fn goes_on(&mut self, at: usize, what: &str, before: &Snapshot) -> Result<(), String> {
        let World { peers, faults, .. } = self;
        let peer = &mut peers[at];
        let is_met = peer.meet_all(faults) || peer.disk.dark().is_some();
        if !is_met && !peer.may_fault() {
            return Err(format!("failed without a reason: {what}"));
        }
        peer.detect(|kind| !kind.is_damage(), faults);
        self.unchanged(at, before)
    }
}
