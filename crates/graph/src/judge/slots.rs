//! The ops on the parts of an object that hold foreign keys: from them follows what ends a link.
//!
//! ```text
//!   put a ──── put b ──── end ──── put c        one generation, in order
//!   a is shown up to b, b up to the end, c never
//! ```
//!
//! **Invariants**
//! - The ops of a part ascend by generation; in one, ends stand before puts, and each ascend in
//!   order.
//! - A put is shown up to the next put or the first end of its generation. An addition is shown up
//!   to the first removal that saw it; removals are not kept, for an addition arrives before them.
//!
//! What this does not do: hold the links. An op names them by their numbers.

use crate::judge::series::Series;
use crate::kind::{Part, Writing, Written};
use crate::past::{Past, Stamp, order};
use crate::rest::{read_map, write_map};
use std::cmp::Ordering;
use std::ops::Range;
use woodland_log::Log;
use woodland_page::{self as page, Reading, Stored};

/// The ops on one object, by part.
#[derive(Debug, Clone)]
pub(crate) enum Slots {
    /// Of an object that is one part.
    Whole(Series<SlotOp>),
    /// Ascending; a tree of a few parts would be mostly air.
    Few(Vec<(Part, Series<SlotOp>)>),
    Many(im::OrdMap<Part, Series<SlotOp>>),
}

const FEW_MAX: usize = 16;

/// One op on one part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SlotOp {
    pub(crate) stamp: Stamp,
    /// The numbers of its links among those of the op.
    first: u32,
    end: u32,
    generation: u32,
    /// Whether it writes; otherwise it ends the generation.
    writes: bool,
}

/// What an op does to links.
#[derive(Debug, Default)]
pub(crate) struct Placed {
    /// What ended its own links before it arrived.
    pub(crate) end: Option<Stamp>,
    /// The ops whose links it ends, unless they ended before.
    pub(crate) ends: Vec<SlotOp>,
}

impl SlotOp {
    pub(crate) fn numbers(&self) -> Range<u32> {
        self.first..self.end
    }

    fn compare(&self, log: &Log, other: &SlotOp) -> Ordering {
        let key = |op: &SlotOp| (op.generation, op.writes);
        key(self).cmp(&key(other)).then_with(|| order(log, self.stamp, other.stamp))
    }
}

impl Slots {
    pub(crate) fn for_part(part: &Part) -> Self {
        match part {
            Part::Whole => Slots::Whole(Series::default()),
            _ => Slots::Few(Vec::new()),
        }
    }

    fn get(&self, part: &Part) -> Option<&Series<SlotOp>> {
        match self {
            Slots::Whole(series) => Some(series),
            Slots::Few(parts) => {
                let at = parts.binary_search_by(|(one, _)| one.cmp(part)).ok()?;
                parts.get(at).map(|(_, series)| series)
            }
            Slots::Many(parts) => parts.get(part),
        }
    }

    /// The ops on a part, to be added to.
    fn of(&mut self, part: &Part) -> &mut Series<SlotOp> {
        if let Slots::Few(parts) = self
            && parts.len() == FEW_MAX
        {
            *self = Slots::Many(std::mem::take(parts).into_iter().collect());
        }
        match self {
            Slots::Whole(series) => series,
            Slots::Few(parts) => {
                let at = parts.binary_search_by(|(one, _)| one.cmp(part)).unwrap_or_else(|at| {
                    parts.insert(at, (part.clone(), Series::default()));
                    at
                });
                &mut parts[at].1
            }
            Slots::Many(parts) => parts.entry(part.clone()).or_default(),
        }
    }

    /// Puts an op at its place; its links have these numbers. None where it says nothing about
    /// links, or stands there already.
    pub(crate) fn place(
        &mut self,
        log: &Log,
        past: &Past<'_>,
        written: &Written,
        numbers: Range<u32>,
    ) -> Option<Placed> {
        let is_moot = match written.writing {
            Writing::Remove => self.get(&written.part).is_none(),
            Writing::Add => numbers.is_empty(),
            Writing::Put { .. } | Writing::End { .. } => false,
        };
        if is_moot {
            return None;
        }
        let series = self.of(&written.part);
        let op = |generation, writes| SlotOp {
            stamp: past.at(),
            first: numbers.start,
            end: numbers.end,
            generation,
            writes,
        };
        match written.writing {
            Writing::Put { generation } => put(series, log, op(generation, true)),
            Writing::End { generation } => end(series, log, op(generation, false)),
            Writing::Add => {
                insert(series, log, op(0, true))?;
                Some(Placed::default())
            }
            Writing::Remove => {
                let seen = series.from(0).filter(|add| past.saw(add.stamp));
                Some(Placed { end: None, ends: seen.copied().collect() })
            }
        }
    }
}

const WHOLE: u8 = 0;
const FEW: u8 = 1;
const MANY: u8 = 2;

impl Stored for Slots {
    fn write(&self, to: &mut page::Writing<'_>) {
        match self {
            Slots::Whole(series) => {
                to.byte(WHOLE);
                series.write(to);
            }
            Slots::Few(parts) => {
                to.byte(FEW);
                parts.write(to);
            }
            Slots::Many(parts) => {
                to.byte(MANY);
                write_map(parts, to, Stored::write);
            }
        }
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        match from.byte()? {
            WHOLE => Stored::read(from).map(Slots::Whole),
            FEW => {
                let parts: Vec<(Part, Series<SlotOp>)> = Stored::read(from)?;
                parts.is_sorted_by(|(one, _), (other, _)| one < other).then_some(Slots::Few(parts))
            }
            MANY => read_map(from, Stored::read).map(Slots::Many),
            _ => None,
        }
    }
}

impl Stored for SlotOp {
    fn write(&self, to: &mut page::Writing<'_>) {
        let SlotOp { stamp, first, end, generation, writes } = self;
        stamp.write(to);
        (*first, *end).write(to);
        (*generation, *writes).write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (stamp, (first, end), (generation, writes)) = Stored::read(from)?;
        Some(SlotOp { stamp, first, end, generation, writes })
    }
}

/// Where the op stands now; none if it stood there before.
fn insert(series: &mut Series<SlotOp>, log: &Log, op: SlotOp) -> Option<usize> {
    let at = series.partition_point(|one| one.compare(log, &op).is_lt());
    if series.get(at).is_some_and(|one| one.compare(log, &op).is_eq()) {
        return None;
    }
    series.insert(at, op);
    Some(at)
}

fn put(series: &mut Series<SlotOp>, log: &Log, op: SlotOp) -> Option<Placed> {
    let at = insert(series, log, op)?;
    let is_put = |one: &&SlotOp| one.generation == op.generation && one.writes;
    let next = series.get(at + 1).filter(is_put).map(|next| next.stamp);
    let first = series.partition_point(|one| one.generation < op.generation);
    let first = series.get(first).filter(|one| !one.writes).map(|end| end.stamp);
    let before = at.checked_sub(1).and_then(|at| series.get(at)).filter(is_put);
    let end = next.into_iter().chain(first).min_by(|one, other| order(log, *one, *other));
    Some(Placed { end, ends: before.copied().into_iter().collect() })
}

fn end(series: &mut Series<SlotOp>, log: &Log, op: SlotOp) -> Option<Placed> {
    let at = insert(series, log, op)?;
    // Of the puts before it, all but the last ended before.
    let puts = series.from(at).filter(|one| one.writes);
    let puts: Vec<SlotOp> =
        puts.take_while(|one| one.generation == op.generation).copied().collect();
    let before = puts.partition_point(|put| order(log, put.stamp, op.stamp).is_lt());
    Some(Placed { end: None, ends: puts[before.saturating_sub(1)..].to_vec() })
}
