//! Merging versions, what a merge brought, and going back to an earlier version.
//!
//! **Invariants**
//! - A merge is the union of two sets of commits: commutative, associative, idempotent.
//! - Where one log was made from the other, what both share is not looked at: a merge costs what
//!   arrived and the lines that it is in. [`Work`] counts that.
//! - The places of the log that was merged into hold in the result.
//!
//! What this does not do: verify. What is in a log came through its door.

use crate::line::Line;
use crate::listed::Listed;
use crate::log::Log;
use crate::order::Stretch;
use std::sync::Arc;
use woodland_format::{CommitId, DatasetId};
use woodland_page::{Own, Seat};

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

/// What a merge looked at. The same for the same logs, on any machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Work {
    /// Lines (unbranched stretches of an author's chain) that the two logs do not share.
    pub lines: u64,
    /// Commits whose id was asked for, in order to find where such a line begins to differ.
    pub probes: u64,
    /// Commits that were taken in.
    pub commits: u64,
}

impl Log {
    /// The version that holds what this one or the other holds, with both logs' signed points.
    ///
    /// # Errors
    /// [`MergeError`] for the log of another dataset.
    pub fn merge(&self, other: &Log) -> Result<Log, MergeError> {
        self.merge_counted(other).map(|(merged, _)| merged)
    }

    /// The same, and what was looked at for it.
    ///
    /// # Errors
    /// [`MergeError`] for the log of another dataset.
    pub fn merge_counted(&self, other: &Log) -> Result<(Log, Work), MergeError> {
        if self.dataset() != other.dataset() {
            let (expected, found) = (self.dataset(), other.dataset());
            return Err(MergeError::OtherDataset { expected, found });
        }
        let mut work = Work::default();
        let differing: Vec<_> = other.differing(self).collect();
        let mut lacking = Vec::new();
        for (number, line) in &differing {
            work.lines += 1;
            let held = self.held_to(*number, line, &mut work);
            let stretch = Stretch { line: *number, first: held, end: line.end_seq() };
            lacking.extend((held < line.end_seq()).then_some(stretch));
        }
        let mut merged = self.clone();
        for (_, commit) in other.listed(&lacking) {
            // The order extends causality, so the past of each commit is in by now.
            merged.insert(&commit).expect("what is valid in one log is valid in every log");
            work.commits += 1;
        }
        for (_, line) in differing {
            for (seq, signature) in line.points.iter() {
                if let Some(place) = line.id(seq).and_then(|id| merged.place(&id)) {
                    merged.keep_point(place, signature);
                }
            }
        }
        Ok((merged, work))
    }

    /// The commits of this log that `earlier` does not hold, in order.
    ///
    /// Costs what arrived and the lines that it is in, where this log was made from `earlier` by
    /// append and merge; otherwise it looks at every line.
    pub fn arrived(&self, earlier: &Log) -> Listed<'_> {
        let mut work = Work::default();
        let lacking = self.differing(earlier).filter_map(|(number, line)| {
            let first = earlier.held_to(number, &line, &mut work);
            (first < line.end_seq()).then(|| Stretch { line: number, first, end: line.end_seq() })
        });
        self.listed(&lacking.collect::<Vec<_>>())
    }

    /// The version with these heads: they and their causal past. Costs what that holds.
    ///
    /// Signed points come along where their commit does.
    ///
    /// # Errors
    /// [`UnknownHead`] when a head is not held, or none is given.
    pub fn at(&self, heads: &[CommitId]) -> Result<Log, UnknownHead> {
        let mut log = Log::found(self.founding().clone()).expect("a log's founding commit founds");
        for (_, commit) in self.past(heads)? {
            log.insert(&commit).expect("what is valid in one log is valid in every log");
        }
        for (commit, signature) in self.points() {
            if let Some(place) = log.place(&commit) {
                log.keep_point(place, signature);
            }
        }
        Ok(log)
    }

    /// The heads of what both versions hold, ascending: where their histories part.
    ///
    /// # Errors
    /// [`MergeError`] for the log of another dataset.
    pub fn common(&self, other: &Log) -> Result<Vec<CommitId>, MergeError> {
        if self.dataset() != other.dataset() {
            let (expected, found) = (self.dataset(), other.dataset());
            return Err(MergeError::OtherDataset { expected, found });
        }
        let mut work = Work::default();
        let tips = self.lines.iter().filter_map(|(number, line)| {
            let shared = other.shares(number, &line);
            let line = line.get();
            let held =
                if shared { line.end_seq() } else { other.held_to(number, &line, &mut work) };
            (held > line.first_seq).then(|| line.id(held - 1)).flatten()
        });
        let tips: Vec<_> = tips.collect();
        let mut heads = self.maximal(tips.into_iter());
        heads.sort_unstable();
        Ok(heads)
    }

    /// Whether every place of `earlier` holds here the commit that it holds there.
    pub(crate) fn is_made_from(&self, earlier: &Log) -> bool {
        self.lines.len() >= earlier.lines.len()
            && earlier.differing(self).all(|(number, line)| {
                // A line is a chain: with one commit all before it are the same.
                self.line(number).is_some_and(|own| {
                    own.first_seq == line.first_seq && own.is_at(line.end_seq() - 1, &line.tip())
                })
            })
    }

    /// The lines of this log that are not, as one value in memory, the other's of that number.
    pub(crate) fn differing<'a>(
        &self,
        other: &'a Log,
    ) -> impl Iterator<Item = (u32, Arc<Seat<Line>>)> + use<'a> {
        let unshared = self.lines.unshared(&other.lines).into_iter();
        unshared
            .filter(|(number, line)| !other.shares(*number, line))
            .map(|(number, line)| (number, line.get()))
    }

    /// Whether this log's line of that number is the other's, as one value in memory.
    fn shares(&self, number: u32, line: &Own<Line>) -> bool {
        self.lines.get(&number).is_some_and(|own| own.is(line))
    }

    /// The first seq of another log's line, with this number there, that this log does not hold.
    fn held_to(&self, number: u32, line: &Line, work: &mut Work) -> u64 {
        // The same line, some commits ago or later: the usual case.
        if let Some(own) = self.line(number)
            && (own.author, own.first_seq) == (line.author, line.first_seq)
        {
            let end = own.end_seq().min(line.end_seq());
            work.probes += 1;
            if own.id(end - 1) == line.id(end - 1) {
                // What follows the end of a line would be in that line.
                return end;
            }
        }
        // What is held of a chain is a prefix of it.
        let (mut held, mut lacking) = (line.first_seq, line.end_seq());
        while held < lacking {
            let middle = held + (lacking - held) / 2;
            work.probes += 1;
            if line.id(middle).is_some_and(|id| self.contains(&id)) {
                held = middle + 1;
            } else {
                lacking = middle;
            }
        }
        held
    }
}
