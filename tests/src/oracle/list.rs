//! A list: items, and a sequence of the slots in which they stand or stood.
//!
//! **Invariants**
//! - An item stands in the slot that the last op in order made for it, of those that are asked for:
//!   all that count, or those that count for an op. The same goes for its value.
//! - A removal takes an item away for ever; its slots stay and order others.

use crate::oracle::content::op_of;
use crate::oracle::past::{Past, Stamp};
use crate::oracle::sequence::{ROOT, Sequence};
use crate::oracle::sight::{Sight, Verdict};
use woodland_format::{ListConfig, ListOp, Value};

/// One list and all that ever happened to it.
#[derive(Debug, Default)]
pub(crate) struct List {
    pub(crate) slots: Sequence,
    pub(crate) items: Vec<Item>,
}

/// One item. All ascending by stamp; the first placing and the first value are its insertion's.
#[derive(Debug)]
pub(crate) struct Item {
    /// The ops that made a slot for it.
    pub(crate) placed: Vec<(Stamp, usize)>,
    /// The ops that gave it a value.
    given: Vec<(Stamp, Value)>,
    pub(crate) removed: Vec<Stamp>,
}

impl Item {
    fn inserted(&self) -> Stamp {
        self.placed[0].0
    }
}

impl List {
    /// Applies an op, or says why it is void.
    pub(crate) fn edit(&mut self, sight: &Sight<'_>, config: &ListConfig, op: &[u8]) -> Verdict {
        let op: ListOp = op_of(op)?;
        let written: &[Value] = match &op {
            ListOp::Insert { items, .. } => items,
            ListOp::Set { item, .. } => std::slice::from_ref(item),
            ListOp::Remove { .. } | ListOp::Move { .. } => &[],
        };
        let is_empty = match &op {
            ListOp::Insert { items, .. } => items.is_empty(),
            ListOp::Remove { count, .. } => *count == 0,
            ListOp::Move { .. } | ListOp::Set { .. } => false,
        };
        if is_empty {
            return Err("empty-edit");
        }
        if !written.iter().all(|item| config.item.admits(item)) {
            return Err("wrong-value");
        }
        written.iter().try_for_each(|item| sight.check_targets(&config.item, item))?;
        let mut standing = self.standing(|stamp| sight.counts(stamp));
        self.apply(sight, op, &mut standing)
    }

    /// Applies an op to the items that its author saw, given with their slots.
    fn apply(
        &mut self,
        sight: &Sight<'_>,
        op: ListOp,
        standing: &mut Vec<(usize, usize)>,
    ) -> Verdict {
        let length = standing.len();
        match op {
            ListOp::Insert { at, items } => {
                let at = at as usize;
                if at > length {
                    return Err("bad-position");
                }
                let run = self.slots.insert(sight, left_origin(standing, at), items.len());
                for (slot, value) in run.zip(items) {
                    let (placed, given) = (vec![(sight.stamp, slot)], vec![(sight.stamp, value)]);
                    self.items.push(Item { placed, given, removed: vec![] });
                }
            }
            ListOp::Remove { at, count } => {
                let (at, count) = (at as usize, count as usize);
                if at + count > length {
                    return Err("bad-position");
                }
                for (item, _) in &standing[at..at + count] {
                    self.items[*item].removed.push(sight.stamp);
                }
            }
            ListOp::Move { from, to } => {
                let (from, to) = (from as usize, to as usize);
                if from >= length || to >= length {
                    return Err("bad-position");
                }
                let (item, _) = standing.remove(from);
                let run = self.slots.insert(sight, left_origin(standing, to), 1);
                self.items[item].placed.push((sight.stamp, run.start));
            }
            ListOp::Set { at, item: value } => {
                let (item, _) = *standing.get(at as usize).ok_or("bad-position")?;
                self.items[item].given.push((sight.stamp, value));
            }
        }
        Ok(())
    }

    /// The items that stand, by these ops alone, each with its slot, in the order of the slots.
    fn standing(&self, counts: impl Fn(Stamp) -> bool) -> Vec<(usize, usize)> {
        let mut standing = Vec::new();
        for slot in self.slots.list() {
            for (number, item) in self.items.iter().enumerate() {
                let last = item.placed.iter().rfind(|(stamp, _)| counts(*stamp));
                let is_inserted = counts(item.inserted());
                let is_removed = item.removed.iter().any(|stamp| counts(*stamp));
                if is_inserted && !is_removed && last.is_some_and(|(_, at)| at == slot) {
                    standing.push((number, *slot));
                }
            }
        }
        standing
    }

    /// The list as everybody sees it who holds the whole version.
    pub(crate) fn shown(&self, past: &Past) -> Value {
        let value = |(item, _): (usize, usize)| {
            let last = self.items[item].given.iter().rfind(|(stamp, _)| past.counts(*stamp));
            last.expect("its insertion gave it a value").1.clone()
        };
        let standing = self.standing(|stamp| past.counts(stamp));
        Value::List(standing.into_iter().map(value).collect())
    }
}

/// The slot right before this position.
fn left_origin(standing: &[(usize, usize)], at: usize) -> usize {
    at.checked_sub(1).map_or(ROOT, |before| standing[before].1)
}
