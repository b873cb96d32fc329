//! What a run went through, so that a green one says something.

use std::fmt;

/// What a run of the suite went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Report {
    /// Histories that were made.
    pub histories: u64,
    /// Orders of arrival in which they were derived.
    pub arrivals: u64,
    /// Ops of the maker.
    pub ops: u64,
    /// Those of them that were void.
    pub voids: u64,
    /// Ops and configurations of hostile bytes that were tried besides.
    pub hostile: u64,
    /// How often a state was put to rest and woken.
    pub rests: u64,
    /// Pairs of batches in which two authors wrote one object without seeing each other.
    pub concurrent: u64,
}

impl Report {
    /// Least part of the maker's ops that has to count, in percent.
    const COUNT_PERCENT_MIN: u64 = 10;

    /// Whether so little happened that nothing was learnt.
    pub(crate) fn is_too_calm(&self) -> bool {
        let counted = self.ops - self.voids;
        self.concurrent == 0 || counted * 100 < self.ops * Self::COUNT_PERCENT_MIN
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { histories, arrivals, ops, voids, hostile, rests, concurrent } = self;
        write!(
            f,
            "{histories} histories in {arrivals} orders of arrival: {ops} ops, {voids} of them void, \
             {hostile} hostile ones, {rests} states put to rest, {concurrent} pairs of concurrent batches"
        )
    }
}
