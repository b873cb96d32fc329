//! A register: all its writes, and which of them stand.

use crate::oracle::past::{Past, Stamp};
use woodland_format::Value;

/// Every write that was not void, ascending by stamp.
#[derive(Default)]
pub(crate) struct Register {
    writes: Vec<(Stamp, Value)>,
}

impl Register {
    pub(crate) fn write(&mut self, stamp: Stamp, value: Value) {
        self.writes.push((stamp, value));
    }

    /// The writes that no other write saw; the last is the winner, the others are its conflicts.
    pub(crate) fn standing(&self, past: &Past) -> Vec<&(Stamp, Value)> {
        let is_seen = |stamp| self.writes.iter().any(|(other, _)| past.saw(*other, stamp));
        self.writes.iter().filter(|(stamp, _)| !is_seen(*stamp)).collect()
    }
}
