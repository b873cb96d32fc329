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
//! - Slots are hidden by as few ops as that takes. An op saw a placement `v` before its own, the
//!   last that is not masked, and for whomever the op counts `v` counts, too: it hides only the
//!   slot of `v` and of what stands between in order. Of later placements its own slot is hidden
//!   by the first of each line that is not masked, which all behind it saw, and by the masked ones
//!   before that.
//! - A slot whose own placement is masked, or whose item's insertion is, is there for those for
//!   whom these count.
//!
//! What this does not do: hold the list as one piece; what it answers keeps that beside it.

use crate::kind::Fate;
use crate::past::{Past, Stamp};
use crate::void::Void;
use crate::weave::{Content, Element, Hiders, Origins, Spot, Stretch, Weave};
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
    removals: Hiders,
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
    /// The masked insertions and moves.
    masked: im::HashSet<Stamp>,
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

    /// Adds a resolved op; answers what it does to the visible list, one after the other: nothing,
    /// where it is masked.
    pub(super) fn apply(&mut self, past: &Past<'_>, op: ById) -> Vec<Splice> {
        match op {
            ById::Insert { origins, items } => {
                if past.is_masked() {
                    self.masked.insert(past.at());
                }
                let (shown, hiders) = (items.to_vec(), Hiders::default());
                let at = self.weave.insert(past, &origins, Slots::First(items), None, hiders);
                at.map(|at| Splice::Insert { at, items: shown }).into_iter().collect()
            }
            ById::Remove(stretch) => self.remove(past, &stretch),
            ById::Move { slot, origins } => self.move_to(past, slot, &origins),
            ById::Set { slot, item } => self.set(past, slot, item).into_iter().collect(),
        }
    }

    fn remove(&mut self, past: &Past<'_>, stretch: &Stretch) -> Vec<Splice> {
        let mut splices: Vec<Splice> =
            self.weave.hide(past, stretch).into_iter().map(Splice::Remove).collect();
        for (first, count) in &stretch.ranges {
            for offset in first.offset..first.offset + count {
                let slot = Element { offset, ..*first };
                let name = self.item_in(slot);
                self.items.entry(name).or_default().removals.add(past.at(), past.is_masked());
                let (mut others, placed) = self.seen_before(past, name, slot);
                others.extend(self.items[&name].moves[placed..].iter().copied().map(Some));
                splices.extend(self.hide(past, name, &others));
            }
        }
        splices
    }

    fn move_to(&mut self, past: &Past<'_>, slot: Spot, origins: &Origins) -> Vec<Splice> {
        let op = past.at();
        let name = self.item_in(slot.element);
        let value = self.value(name).clone();
        let (mut others, placed) = self.seen_before(past, name, slot.element);
        let item = self.items.entry(name).or_default();
        let place = item.moves.partition_point(|one| past.order(*one, op).is_lt());
        others.extend(item.moves[placed..place].iter().copied().map(Some));
        let mut hiders = item.removals.clone();
        let is_masked = |op: &Stamp| self.masked.contains(op);
        for later in first_of_each_line(&item.moves[place..], is_masked) {
            hiders.add(later, is_masked(&later));
        }
        item.moves.insert(place, op);
        if past.is_masked() {
            self.masked.insert(op);
        }

        let mut splices = Vec::new();
        let about = self.masked.contains(&name.run).then_some(name.run);
        let at = self.weave.insert(past, origins, Slots::Moved(name), about, hiders);
        splices.extend(at.map(|at| Splice::Insert { at, items: vec![value] }));
        let left = self.weave.hide_one(past, slot);
        splices.extend(left.map(|at| Splice::Remove(at..at + 1)));
        splices.extend(self.hide(past, name, &others));
        splices
    }

    /// The placements of an item that stand before the one whose slot an op sees, from the last on
    /// that is not masked and that the op saw, if the one it sees is masked; and how many moves
    /// stand up to that one. None is the insertion.
    fn seen_before(
        &self,
        past: &Past<'_>,
        name: Element,
        slot: Element,
    ) -> (Vec<Option<Stamp>>, usize) {
        let moves = self.items.get(&name).map_or(&[][..], |item| &item.moves);
        let placed = placed(moves, past, slot);
        let Some(seen) = placed.checked_sub(1) else { return (Vec::new(), 0) };
        if !self.masked.contains(&moves[seen]) {
            return (Vec::new(), placed);
        }
        let counts = |op: &Stamp| !self.masked.contains(op) && past.saw(*op);
        let first = moves[..seen].iter().rposition(counts);
        let others = moves[first.unwrap_or(0)..seen].iter().copied().map(Some);
        (first.is_none().then_some(None).into_iter().chain(others).collect(), placed)
    }

    fn set(&mut self, past: &Past<'_>, slot: Spot, value: Value) -> Option<Splice> {
        if past.is_masked() {
            return None;
        }
        let op = past.at();
        let name = self.item_in(slot.element);
        self.sets.insert(op, name);
        let item = self.items.entry(name).or_default();
        if item.value.as_ref().is_some_and(|(last, _)| past.order(op, *last).is_lt()) {
            return None;
        }
        item.value = Some((op, value.clone()));
        let last = item.moves.iter().rfind(|op| !self.masked.contains(*op));
        let element = last.map_or(name, |last| Element { run: *last, offset: 0 });
        let at = self.weave.position(slot.near(element))?;
        Some(Splice::Replace { at, item: value })
    }

    /// Hides the slots that these placements of an item made; none is its insertion.
    fn hide(
        &mut self,
        past: &Past<'_>,
        name: Element,
        placements: &[Option<Stamp>],
    ) -> Vec<Splice> {
        let slot = |move_: &Option<Stamp>| move_.map_or(name, |run| Element { run, offset: 0 });
        let hidden = placements
            .iter()
            .filter_map(|one| self.weave.hide_one(past, Spot::of(slot(one))))
            .map(|at| Splice::Remove(at..at + 1));
        hidden.collect()
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
            Some(item) if !item.removals.counting.is_empty() => Fate::Ended,
            Some(Item { value: Some(_), .. }) => Fate::Replaced,
            _ => Fate::Won,
        }
    }

    /// What became of a place that was given to an item.
    pub(super) fn fate_of_move(&self, past: &Past<'_>) -> Fate {
        let name = self.item_in(Element { run: past.at(), offset: 0 });
        let item = &self.items[&name];
        let last = item.moves.iter().rfind(|op| !self.masked.contains(*op));
        item.fate(past, last.copied())
    }

    /// What became of a value that was given to an item.
    pub(super) fn fate_of_set(&self, past: &Past<'_>) -> Fate {
        let item = &self.items[&self.sets[&past.at()]];
        item.fate(past, item.value.as_ref().map(|(last, _)| *last))
    }
}

impl Item {
    fn fate(&self, past: &Past<'_>, winner: Option<Stamp>) -> Fate {
        match winner {
            _ if !self.removals.counting.is_empty() => Fate::Ended,
            Some(winner) if winner == past.at() => Fate::Won,
            Some(winner) if past.is_seen_by(winner) => Fate::Replaced,
            _ => Fate::Lost,
        }
    }
}

/// How many of an item's moves are not later in order than the one that made this slot.
fn placed(moves: &[Stamp], past: &Past<'_>, slot: Element) -> usize {
    match moves.binary_search_by(|one| past.order(*one, slot.run)) {
        Ok(at) => at + 1,
        // Not moved there but inserted: before all moves.
        Err(_) => 0,
    }
}

/// Of ops of one line the later ones saw the first: for whomever one of them counts, that counts,
/// unless it is masked. So of each line the ops up to the first that is not.
fn first_of_each_line(ops: &[Stamp], is_masked: impl Fn(&Stamp) -> bool) -> Vec<Stamp> {
    let (mut first, mut done): (Vec<Stamp>, Vec<u32>) = (Vec::new(), Vec::new());
    for op in ops {
        if done.contains(&op.place.line) {
            continue;
        }
        first.push(*op);
        if !is_masked(op) {
            done.push(op.place.line);
        }
    }
    first
}
