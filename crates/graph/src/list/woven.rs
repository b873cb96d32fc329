//! A list whose history forked: its items, and the slots in which they stand or stood.
//!
//! ```text
//!   insertion of a, b, c      a ─ b ─ c          a run of slots, the first of their items
//!   move of b behind c        a ─ b̶ ─ c ─ b      a run of one; it hides the slot that b had
//! ```
//!
//! **Invariants**
//! - A slot is hidden by removals of its item, and by placements of it that are later in order than
//!   the slot's own. Whoever saw two placements of an item has seen something that hides the slot
//!   of the earlier one; whoever saw a removal and a placement, something that hides its slot.
//! - So an item stands nowhere once it was removed, and otherwise in the slot that was placed last
//!   in order: one place, whatever was moved at the same time.
//! - Slots are hidden by as few ops as that takes. An op saw the last placement `v` before its
//!   own, and whoever sees the op sees `v`: it hides only the slot of `v` and of what stands
//!   between in order.
//!
//! What this does not do: hold the list as one piece; what it answers keeps that beside it.

use crate::kind::Fate;
use crate::past::{Past, Stamp};
use crate::void::Void;
use crate::weave::{Content, Element, Origins, Spot, Stretch, Weave};
use std::ops::Range;
use std::sync::Arc;
use woodland_format::{ListOp, Value};

/// The slots of one run.
#[derive(Debug, Clone)]
enum Slots {
    /// The first slots of items, which are named by them.
    First(Arc<[Value]>),
    /// The slot that a move made for an item.
    Moved(Element),
}

impl Content for Slots {
    fn count(&self) -> u32 {
        match self {
            Slots::First(items) => u32::try_from(items.len()).expect("OP_BYTES_MAX items fit u32"),
            Slots::Moved(_) => 1,
        }
    }
}

/// What happened to an item after it was inserted.
#[derive(Debug, Clone, Default)]
struct Item {
    /// Ascending in order.
    moves: Vec<Stamp>,
    removals: Vec<Stamp>,
    /// What the last `set` in order gave it.
    value: Option<(Stamp, Value)>,
}

/// The woven list.
#[derive(Debug, Clone, Default)]
pub(super) struct Woven {
    weave: Weave<Slots>,
    /// By their first slot; those to which nothing happened are left out.
    items: im::HashMap<Element, Item>,
    /// Which item each `set` gave a value.
    sets: im::HashMap<Stamp, Element>,
}

/// A list op by ids.
#[derive(Debug)]
pub(super) enum ById {
    Insert { origins: Origins, items: Arc<[Value]> },
    Remove(Stretch),
    Move { slot: Spot, origins: Origins },
    Set { slot: Spot, item: Value },
}

/// What a list op does to the visible list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Splice {
    Insert { at: usize, items: Vec<Value> },
    Remove(Range<usize>),
    Replace { at: usize, item: Value },
}

impl Woven {
    /// What the op means by ids, with the eyes of its author.
    pub(super) fn resolve(&mut self, past: &Past<'_>, op: ListOp) -> Result<ById, Void> {
        let weave = &mut self.weave;
        weave.stand(past);
        Ok(match op {
            ListOp::Insert { at, items } => {
                ById::Insert { origins: weave.origins(at as usize)?, items: items.into() }
            }
            ListOp::Remove { at, count } => ById::Remove(weave.stretch(at, count)?),
            ListOp::Move { from, to } => {
                let slot = weave.spot(from as usize)?;
                // `to` counts the others; here the item is still among them.
                let behind = if to > from { to as usize + 1 } else { to as usize };
                ById::Move { slot, origins: weave.origins(behind)? }
            }
            ListOp::Set { at, item } => ById::Set { slot: weave.spot(at as usize)?, item },
        })
    }

    /// Adds a resolved op; answers what it does to the visible list, one after the other.
    pub(super) fn apply(&mut self, past: &Past<'_>, op: ById) -> Vec<Splice> {
        match op {
            ById::Insert { origins, items } => {
                let shown = items.to_vec();
                let at = self.weave.insert(past, &origins, Slots::First(items), Vec::new());
                vec![Splice::Insert { at, items: shown }]
            }
            ById::Remove(stretch) => self.remove(past, &stretch),
            ById::Move { slot, origins } => self.move_to(past, slot, &origins),
            ById::Set { slot, item } => self.set(past, slot, item).into_iter().collect(),
        }
    }

    fn remove(&mut self, past: &Past<'_>, stretch: &Stretch) -> Vec<Splice> {
        let mut splices: Vec<Splice> =
            self.weave.hide(past.at(), stretch).into_iter().map(Splice::Remove).collect();
        for (first, count) in &stretch.ranges {
            for offset in first.offset..first.offset + count {
                let slot = Element { offset, ..*first };
                let name = self.item_in(slot);
                let item = self.items.entry(name).or_default();
                item.removals.push(past.at());
                let later = item.moves[item.placed(past, slot)..].to_vec();
                splices.extend(self.hide(past.at(), &later));
            }
        }
        splices
    }

    fn move_to(&mut self, past: &Past<'_>, slot: Spot, origins: &Origins) -> Vec<Splice> {
        let op = past.at();
        let name = self.item_in(slot.element);
        let value = self.value(name).clone();
        let item = self.items.entry(name).or_default();
        let place = item.moves.partition_point(|one| past.order(*one, op).is_lt());
        let between = item.moves[item.placed(past, slot.element)..place].to_vec();
        let later = first_of_each_line(&item.moves[place..]);
        let hidden_by: Vec<Stamp> = item.removals.iter().copied().chain(later).collect();
        item.moves.insert(place, op);

        let mut splices = Vec::new();
        let is_visible = hidden_by.is_empty();
        let at = self.weave.insert(past, origins, Slots::Moved(name), hidden_by);
        if is_visible {
            splices.push(Splice::Insert { at, items: vec![value] });
        }
        let left = self.weave.hide_one(op, slot);
        splices.extend(left.map(|at| Splice::Remove(at..at + 1)));
        splices.extend(self.hide(op, &between));
        splices
    }

    fn set(&mut self, past: &Past<'_>, slot: Spot, value: Value) -> Option<Splice> {
        let op = past.at();
        let name = self.item_in(slot.element);
        self.sets.insert(op, name);
        let item = self.items.entry(name).or_default();
        if item.value.as_ref().is_some_and(|(last, _)| past.order(op, *last).is_lt()) {
            return None;
        }
        item.value = Some((op, value.clone()));
        let element = item.moves.last().map_or(name, |last| Element { run: *last, offset: 0 });
        let at = self.weave.position(slot.near(element))?;
        Some(Splice::Replace { at, item: value })
    }

    /// Hides the slots that these moves made.
    fn hide(&mut self, op: Stamp, moves: &[Stamp]) -> Vec<Splice> {
        let slots = moves.iter().map(|run| Spot::of(Element { run: *run, offset: 0 }));
        slots
            .filter_map(|slot| self.weave.hide_one(op, slot))
            .map(|at| Splice::Remove(at..at + 1))
            .collect()
    }

    /// The item that stands or stood in a slot.
    fn item_in(&self, slot: Element) -> Element {
        match self.weave.content(slot.run) {
            Slots::First(_) => slot,
            Slots::Moved(item) => *item,
        }
    }

    /// The value that counts.
    fn value(&self, name: Element) -> &Value {
        if let Some((_, value)) = self.items.get(&name).and_then(|item| item.value.as_ref()) {
            return value;
        }
        let Slots::First(items) = self.weave.content(name.run) else {
            panic!("an item is named by its first slot")
        };
        &items[name.offset as usize]
    }

    /// What became of an inserted item.
    pub(super) fn fate_of_inserted(&self, past: &Past<'_>, offset: u32) -> Fate {
        let item = self.items.get(&Element { run: past.at(), offset });
        match item {
            Some(item) if !item.removals.is_empty() => Fate::Ended,
            Some(Item { value: Some(_), .. }) => Fate::Replaced,
            _ => Fate::Won,
        }
    }

    /// What became of a place that was given to an item.
    pub(super) fn fate_of_move(&self, past: &Past<'_>) -> Fate {
        let name = self.item_in(Element { run: past.at(), offset: 0 });
        let item = &self.items[&name];
        item.fate(past, item.moves.last().copied())
    }

    /// What became of a value that was given to an item.
    pub(super) fn fate_of_set(&self, past: &Past<'_>) -> Fate {
        let item = &self.items[&self.sets[&past.at()]];
        item.fate(past, item.value.as_ref().map(|(last, _)| *last))
    }
}

impl Item {
    /// How many moves are not later in order than the one that made this slot.
    fn placed(&self, past: &Past<'_>, slot: Element) -> usize {
        match self.moves.binary_search_by(|one| past.order(*one, slot.run)) {
            Ok(at) => at + 1,
            // Not moved there but inserted: before all moves.
            Err(_) => 0,
        }
    }

    fn fate(&self, past: &Past<'_>, winner: Option<Stamp>) -> Fate {
        match winner {
            _ if !self.removals.is_empty() => Fate::Ended,
            Some(winner) if winner == past.at() => Fate::Won,
            Some(winner) if past.is_seen_by(winner) => Fate::Replaced,
            _ => Fate::Lost,
        }
    }
}

/// Of ops of one line the later ones saw the first: whoever saw any of them saw that.
fn first_of_each_line(ops: &[Stamp]) -> Vec<Stamp> {
    let mut first: Vec<Stamp> = Vec::new();
    for op in ops {
        if first.iter().all(|one| one.place.line != op.place.line) {
            first.push(*op);
        }
    }
    first
}
