//! The life of a node: when it was deleted, when it died and came back, and what keeps it.
//!
//! ```text
//!   order ──────●───────────●───────────●──────►
//!            creation     shift       shift          between shifts nothing changes
//!              lives       dead       lives
//! ```
//!
//! **Invariants**
//! - Before its first shift a node lives; each shift is the outcome of the op at its stamp, but the
//!   first of a node whose first creation is masked: from there on it does not live *yet*.
//! - Deletions and shifts ascend in order, one shift a stamp. Edits are kept by line, where they
//!   ascend, too.
//!
//! What this does not do: decide who dies. `verdict` does.

use crate::judge::series::Series;
use crate::past::{Stamp, order};
use woodland_log::{Log, Place};
use woodland_page::{Reading, Stored, Writing};

/// From an op on, without it, up to another, with it; for ever, where there is none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    pub(crate) from: Stamp,
    pub(crate) until: Option<Stamp>,
}

impl Stretch {
    pub(crate) fn holds(&self, log: &Log, at: Stamp) -> bool {
        order(log, self.from, at).is_lt()
            && self.until.is_none_or(|until| order(log, at, until).is_le())
    }

    /// Whether it holds right after this op.
    pub(crate) fn holds_after(&self, log: &Log, at: Stamp) -> bool {
        order(log, self.from, at).is_le()
            && self.until.is_none_or(|until| order(log, at, until).is_lt())
    }

    /// Whether all of the other one is in this one.
    pub(crate) fn covers(&self, log: &Log, other: &Stretch) -> bool {
        order(log, self.from, other.from).is_le()
            && match (self.until, other.until) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(until), Some(other)) => order(log, other, until).is_le(),
            }
    }

    /// Whether there is an op in both of them, or could be.
    pub(crate) fn meets(&self, log: &Log, other: &Stretch) -> bool {
        let begins_before_end = |one: &Stretch, other: &Stretch| {
            other.until.is_none_or(|until| order(log, one.from, until).is_lt())
        };
        begins_before_end(self, self)
            && begins_before_end(other, other)
            && begins_before_end(self, other)
            && begins_before_end(other, self)
    }
}

/// What is kept of a node that was deleted once, or that an unseen edit keeps.
#[derive(Debug, Clone, Default)]
pub(crate) struct Life {
    /// All deletions of this very node, whatever became of them.
    deletions: Vec<Stamp>,
    shifts: Vec<Shift>,
    /// The revivable edits, creations among them.
    edits: Edits,
    /// The masked creation from which on the node is known and does not live yet.
    unborn: Option<Stamp>,
}

/// From the op there on the node lives, or does not.
#[derive(Debug, Clone, Copy)]
struct Shift {
    at: Stamp,
    lives: bool,
}

impl Life {
    /// Whether it lives now.
    pub(crate) fn lives(&self) -> bool {
        self.shifts.last().is_none_or(|last| last.lives)
    }

    /// Whether it lives right before this op.
    pub(crate) fn lives_before(&self, log: &Log, at: Stamp) -> bool {
        let earlier = self.shifts.partition_point(|one| order(log, one.at, at).is_lt());
        earlier == 0 || self.shifts[earlier - 1].lives
    }

    /// Whether it lives right after this op.
    pub(crate) fn lives_after(&self, log: &Log, at: Stamp) -> bool {
        let earlier = self.shifts.partition_point(|one| order(log, one.at, at).is_le());
        earlier == 0 || self.shifts[earlier - 1].lives
    }

    /// From where on it does not live yet.
    pub(crate) fn unborn_from(&self) -> Option<Stamp> {
        self.unborn
    }

    /// Whether it does not live yet right before this op.
    pub(crate) fn is_unborn_before(&self, log: &Log, at: Stamp) -> bool {
        let earlier = self.shifts.partition_point(|one| order(log, one.at, at).is_lt());
        let last = earlier.checked_sub(1).map(|last| self.shifts[last].at);
        self.unborn.is_some() && self.unborn == last
    }

    /// From this masked creation on it does not live yet, or it has none before what counts.
    pub(crate) fn unborn(&mut self, log: &Log, from: Option<Stamp>) {
        if let Some(before) = std::mem::replace(&mut self.unborn, from) {
            self.shift(log, before, None);
        }
        if let Some(from) = from {
            self.shift(log, from, Some(false));
        }
    }

    /// Whether it ever died, or lived only after it was seen.
    pub(crate) fn has_shifts(&self) -> bool {
        !self.shifts.is_empty()
    }

    pub(crate) fn shifts(&self) -> impl Iterator<Item = Stamp> + '_ {
        self.shifts.iter().map(|shift| shift.at)
    }

    pub(crate) fn last_shift(&self) -> Option<Stamp> {
        self.shifts.last().map(|last| last.at)
    }

    /// The first shift after this op.
    pub(crate) fn next_shift(&self, log: &Log, after: Stamp) -> Option<Stamp> {
        let earlier = self.shifts.partition_point(|one| order(log, one.at, after).is_le());
        self.shifts.get(earlier).map(|shift| shift.at)
    }

    /// The ops of a stretch that brought it back.
    pub(crate) fn returns(&self, log: &Log, stretch: &Stretch) -> impl Iterator<Item = Stamp> {
        let returns = self.shifts.iter().filter(|shift| shift.lives).map(|shift| shift.at);
        returns.filter(|at| stretch.holds(log, *at))
    }

    /// Puts a shift at this op, or takes the one there away.
    pub(crate) fn shift(&mut self, log: &Log, at: Stamp, lives: Option<bool>) {
        let place = self.shifts.partition_point(|one| order(log, one.at, at).is_lt());
        let is_there = self.shifts.get(place).is_some_and(|one| one.at == at);
        match lives {
            Some(lives) if is_there => self.shifts[place].lives = lives,
            Some(lives) => self.shifts.insert(place, Shift { at, lives }),
            None if is_there => drop(self.shifts.remove(place)),
            None => {}
        }
    }

    pub(crate) fn delete(&mut self, log: &Log, at: Stamp) {
        let place = self.deletions.partition_point(|one| order(log, *one, at).is_lt());
        self.deletions.insert(place, at);
    }

    /// The deletions of a stretch; ascending.
    pub(crate) fn deletions<'a>(
        &'a self,
        log: &'a Log,
        stretch: Stretch,
    ) -> impl Iterator<Item = Stamp> + 'a {
        let first = self.deletions.partition_point(|one| order(log, *one, stretch.from).is_le());
        self.deletions[first..].iter().copied().take_while(move |one| stretch.holds(log, *one))
    }

    /// The revivable edits.
    pub(crate) fn edits(&self) -> &Edits {
        &self.edits
    }

    pub(crate) fn edits_mut(&mut self) -> &mut Edits {
        &mut self.edits
    }
}

impl Stored for Life {
    fn write(&self, to: &mut Writing<'_>) {
        self.deletions.write(to);
        self.shifts.write(to);
        self.edits.0.write(to);
        self.unborn.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (deletions, shifts, edits) = Stored::read(from)?;
        Some(Life { deletions, shifts, edits: Edits(edits), unborn: Stored::read(from)? })
    }
}

impl Stored for Shift {
    fn write(&self, to: &mut Writing<'_>) {
        (self.at, self.lives).write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (at, lives) = Stored::read(from)?;
        Some(Shift { at, lives })
    }
}

/// Edits of one node, by line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edits(Vec<(u32, Series<(u64, u32)>)>);

impl Edits {
    fn line(&self, line: u32) -> Result<usize, usize> {
        self.0.binary_search_by_key(&line, |(line, _)| *line)
    }

    pub(crate) fn contains(&self, at: Stamp) -> bool {
        let Ok(line) = self.line(at.place.line) else { return false };
        let (edits, one) = (&self.0[line].1, (at.place.seq, at.index));
        edits.get(edits.partition_point(|edit| *edit < one)) == Some(&one)
    }

    pub(crate) fn insert(&mut self, at: Stamp) {
        let line = self.line(at.place.line).unwrap_or_else(|place| {
            self.0.insert(place, (at.place.line, Series::default()));
            place
        });
        let (edits, one) = (&mut self.0[line].1, (at.place.seq, at.index));
        let place = edits.partition_point(|edit| *edit < one);
        edits.insert(place, one);
    }

    pub(crate) fn remove(&mut self, at: Stamp) {
        let Ok(line) = self.line(at.place.line) else { return };
        let (edits, one) = (&mut self.0[line].1, (at.place.seq, at.index));
        let place = edits.partition_point(|edit| *edit < one);
        if edits.get(place) == Some(&one) {
            edits.remove(place);
        }
    }

    /// Whether there is one that stands before this op and that the op did not see. Costs
    /// O(log n) for each line that edited the node.
    pub(crate) fn has_unseen(&self, log: &Log, by: Stamp) -> bool {
        self.0.iter().any(|(line, edits)| {
            // What stands before an op in its own line it saw.
            *line != by.place.line && {
                let end = log.seen(by.place, *line).map_or(0, |last| last + 1);
                let first = edits.get(edits.partition_point(|(seq, _)| *seq < end));
                first.is_some_and(|first| order(log, stamp(*line, *first), by).is_lt())
            }
        })
    }

    /// The first one after this op.
    pub(crate) fn next(&self, log: &Log, after: Stamp) -> Option<Stamp> {
        let next = self.0.iter().filter_map(|(line, edits)| {
            let is_earlier = |edit: &(u64, u32)| order(log, stamp(*line, *edit), after).is_le();
            edits.get(edits.partition_point(is_earlier)).map(|edit| stamp(*line, *edit))
        });
        next.min_by(|one, other| order(log, *one, *other))
    }
}

fn stamp(line: u32, (seq, index): (u64, u32)) -> Stamp {
    Stamp { place: Place { line, seq }, index }
}
