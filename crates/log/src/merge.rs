//! Merging versions, what a merge brought, and going back to an earlier version.
//!
//! **Invariants**
//! - A merge is the union of two sets of commits: commutative, associative, idempotent.
//! - It costs what arrived and the number of lines; a line that both share is not looked at.
//! - The places of the log that was merged into hold in the result.
//!
//! What this does not do: verify. What is in a log came through its door.

use crate::line::Line;
use crate::log::Log;
use crate::place::{OrderKey, Place};
use std::sync::Arc;
use woodland_format::{Commit, CommitId, DatasetId};

/// Two logs that cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// The logs belong to two datasets.
    #[error(
        "the other log belongs to dataset {found}, this one to {expected}: \
         merge logs of one dataset"
    )]
    OtherDataset {
        /// This log's.
        expected: DatasetId,
        /// The other's.
        found: DatasetId,
    },
}

/// Heads that name no version of this log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownHead {
    /// The log does not hold this commit.
    #[error("commit {head} is not held: merge a log that holds it first")]
    NotHeld {
        /// The first head that is not held.
        head: CommitId,
    },
    /// No heads at all: no version is without its founding commit.
    #[error("no heads are given: name at least one commit, such as the founding one")]
    NoHeads,
}

impl Log {
    /// The version that holds what this one or the other holds, with both logs' signed points.
    ///
    /// # Errors
    /// [`MergeError`] for the log of another dataset.
    pub fn merge(&self, other: &Log) -> Result<Log, MergeError> {
        if self.dataset != other.dataset {
            let (expected, found) = (self.dataset, other.dataset);
            return Err(MergeError::OtherDataset { expected, found });
        }
        let mut merged = self.clone();
        let mut arrived = Vec::new();
        for (number, line) in other.lines.iter().enumerate() {
            if !self.shares(number, line) {
                arrived
                    .extend((self.held_to(line)..line.end_seq()).filter_map(|seq| line.get(seq)));
            }
        }
        arrived.sort_by_cached_key(|commit| OrderKey::of(commit));
        for commit in arrived {
            // The order extends causality, so the past of each commit is in by now.
            merged.insert(commit).expect("what is valid in one log is valid in every log");
        }
        for (number, line) in other.lines.iter().enumerate() {
            if self.shares(number, line) {
                continue;
            }
            for (seq, signature) in line.points.iter() {
                if let Some(place) = line.get(seq).and_then(|commit| merged.place(&commit.id())) {
                    merged.keep_point(place, signature);
                }
            }
        }
        Ok(merged)
    }

    /// The commits of this log that `earlier` does not hold, in order.
    ///
    /// Costs what arrived and the number of lines, where this log was made from `earlier` by append
    /// and merge; otherwise it looks at every commit.
    pub fn arrived<'a>(&'a self, earlier: &Log) -> Vec<(Place, Commit)> {
        let owned = |(place, commit): (Place, &'a Commit)| (place, commit.clone());
        if self.is_made_from(earlier) {
            let end = |line| earlier.line(line).map_or(0, Line::end_seq);
            return self.beyond(end).into_iter().map(owned).collect();
        }
        self.order().filter(|(_, commit)| !earlier.contains(&commit.id())).map(owned).collect()
    }

    /// The version with these heads: they and their causal past. Costs what that holds.
    ///
    /// Signed points come along where their commit does.
    ///
    /// # Errors
    /// [`UnknownHead`] when a head is not held, or none is given.
    pub fn at(&self, heads: &[CommitId]) -> Result<Log, UnknownHead> {
        if heads.is_empty() {
            return Err(UnknownHead::NoHeads);
        }
        if let Some(head) = heads.iter().find(|head| !self.contains(head)) {
            return Err(UnknownHead::NotHeld { head: *head });
        }
        let past = self.past_of(heads.iter().copied());
        let mut log = Log::found(self.founding().clone()).expect("a log's founding commit founds");
        for (place, commit) in self.order() {
            if past.get(&place.line).is_some_and(|last| place.seq <= *last) {
                log.insert(commit).expect("what is valid in one log is valid in every log");
            }
        }
        for (commit, signature) in self.points() {
            if let Some(place) = log.place(&commit) {
                log.keep_point(place, signature);
            }
        }
        Ok(log)
    }

    /// Whether every place of `earlier` holds here the commit that it holds there.
    pub(crate) fn is_made_from(&self, earlier: &Log) -> bool {
        self.lines.len() >= earlier.lines.len()
            && earlier.lines.iter().zip(&self.lines).all(|(earlier, line)| {
                // A line is a chain: with one commit all before it are the same.
                Arc::ptr_eq(earlier, line)
                    || line.first_seq == earlier.first_seq
                        && line.get(earlier.end_seq() - 1) == Some(earlier.tip())
            })
    }

    /// Whether this log's line of that number is the other's, as one value in memory.
    fn shares(&self, number: usize, line: &Arc<Line>) -> bool {
        self.lines.get(number).is_some_and(|own| Arc::ptr_eq(own, line))
    }

    /// The first seq of another log's line that this log does not hold.
    fn held_to(&self, line: &Line) -> u64 {
        // What is held of a chain is a prefix of it.
        let (mut held, mut lacking) = (line.first_seq, line.end_seq());
        if self.contains(&line.tip().id()) {
            return lacking;
        }
        while held < lacking {
            let middle = held + (lacking - held) / 2;
            if line.get(middle).is_some_and(|commit| self.contains(&commit.id())) {
                held = middle + 1;
            } else {
                lacking = middle;
            }
        }
        held
    }
}
