//! Where an op stands, and what its author had seen there.
//!
//! **Invariants**
//! - An op saw every op of the commits in its commit's past, and those before it in its own batch.
//! - An op counts for another that saw it and saw nothing that masks it. Along an author's own ops
//!   what counts changes by what the author newly saw of others alone: what it saw before it
//!   revoked somebody's rights, the revocation saw, too, and does not mask.
//! - Stamps order like (order key, index): the one order of the serial run.
//!
//! What this does not do: hold content. It answers questions about ops by their stamps alone.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use woodland_log::{Log, OrderKey, Place};
use woodland_page::{Reading, Stored, Writing};

/// The name of an op in one log: its commit's place and its index in the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Where the commit stands in the log.
    pub place: Place,
    /// The op's index in its batch.
    pub index: u32,
}

impl Stored for Stamp {
    fn write(&self, to: &mut Writing<'_>) {
        (self.place, self.index).write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (place, index) = Stored::read(from)?;
        Some(Stamp { place, index })
    }
}

/// What the author of one op had seen when writing it.
#[derive(Debug)]
pub struct Past<'a> {
    log: &'a Log,
    at: Stamp,
    /// By line: one more than the last seq seen, or 0; none while nobody has asked.
    seen: RefCell<Vec<Option<u64>>>,
    /// Whether the op's commit is masked; none while nobody has asked.
    is_masked: Cell<Option<bool>>,
}

impl<'a> Past<'a> {
    /// The past of the op at this stamp.
    pub fn of(log: &'a Log, at: Stamp) -> Self {
        Past { log, at, seen: RefCell::default(), is_masked: Cell::default() }
    }

    /// The same commit's op at another index; keeps what is known of the commit's past.
    pub fn move_to(&mut self, at: Stamp) {
        if at.place != self.at.place {
            self.seen.get_mut().clear();
            self.is_masked.set(None);
        }
        self.at = at;
    }

    /// The op whose past this is.
    pub fn at(&self) -> Stamp {
        self.at
    }

    /// Whether the author had seen that op.
    pub fn saw(&self, other: Stamp) -> bool {
        if other.place == self.at.place {
            return other.index < self.at.index;
        }
        let line = other.place.line as usize;
        let mut seen = self.seen.borrow_mut();
        if seen.len() <= line {
            seen.resize(line + 1, None);
        }
        let end = *seen[line].get_or_insert_with(|| {
            self.log.seen(self.at.place, other.place.line).map_or(0, |last| last + 1)
        });
        other.place.seq < end
    }

    /// Whether a revocation masks the op.
    pub(crate) fn is_masked(&self) -> bool {
        let is_masked = self.is_masked.get().unwrap_or_else(|| self.log.is_masked(self.at.place));
        self.is_masked.set(Some(is_masked));
        is_masked
    }

    /// Whether that op counts for this one: its author had seen it, and nothing that masks it.
    /// Of an op that nothing masks it is enough to ask whether it was seen.
    pub(crate) fn counts(&self, other: Stamp) -> bool {
        self.saw(other) && !self.log.is_masked_for(self.at.place, other.place)
    }

    /// Whether the author of `earlier` wrote this op too and had seen nothing newer of others
    /// between: then the past is that of `earlier` and the author's own ops since.
    pub(crate) fn continues(&self, earlier: Stamp) -> bool {
        let (from, to) = (earlier.place, self.at.place);
        if from == to {
            return earlier.index < self.at.index;
        }
        self.log.is_sequel(from, to)
    }

    /// Whether the author of that op had seen this one.
    pub(crate) fn is_seen_by(&self, other: Stamp) -> bool {
        Past::of(self.log, other).saw(self.at)
    }

    /// How two ops stand in order.
    pub fn order(&self, one: Stamp, other: Stamp) -> Ordering {
        order(self.log, one, other)
    }
}

/// How two ops stand in order.
pub(crate) fn order(log: &Log, one: Stamp, other: Stamp) -> Ordering {
    if one.place == other.place {
        return one.index.cmp(&other.index);
    }
    log.compare(one.place, other.place)
}

/// The order key of an op's commit.
pub(crate) fn key(log: &Log, stamp: Stamp) -> OrderKey {
    log.key(stamp.place).expect("a stamp's place is in the log that it was made from")
}
