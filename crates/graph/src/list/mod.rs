//! `list`: items in an order that people change: put in, taken out, moved, given another value.
//!
//! **Invariants**
//! - While every op saw all ops before it, the list is a plain sequence of values and nothing else.
//! - Once history forks, or an op is masked, a [`Woven`] stands beside the sequence: every slot
//!   that an item ever had, in FugueMax order. The sequence then shows what stands in it.
//! - `tips` are the ops that count and that no other such op saw; while none is masked, an op that
//!   saw them all saw everything.
//! - In a page the woven list is left out: the next op that did not see everything, or a question
//!   for what became of an op, builds it again; until then nothing needs it. Where something is
//!   masked, the next op does.
//!
//! What this does not do: merge the values of one item. The last one in order counts.

mod sequence;
mod woven;

use crate::kind::{Fate, History, IsThere, Kind, Part};
use crate::parts::within;
use crate::past::{Past, Stamp};
use crate::rest::read_all;
use crate::void::Void;
use crate::weave::is_sequential;
use sequence::Sequence;
use std::ops::Range;
use std::sync::Arc;
use woodland_format::limits::{CONFIG_BYTES_MAX, OP_BYTES_MAX};
use woodland_format::{ListConfig, ListOp, NodeId, TypeId, Value, decode};
use woodland_page::{Reading, Stored, Writing};
use woven::{ById, Splice, Woven};

/// The kind `list`. Configured by [`ListConfig`], written by [`ListOp`].
#[derive(Debug, Clone, Copy, Default)]
pub struct List;

/// One list.
#[derive(Debug, Clone, Default)]
pub struct ListState {
    items: Sequence<Value>,
    tips: Vec<Stamp>,
    woven: Option<Arc<Woven>>,
    /// Whether some op is masked.
    has_masked: bool,
}

/// A list op by id, or by position where the author saw all there is.
#[derive(Debug)]
pub struct ResolvedList(Resolved);

#[derive(Debug)]
enum Resolved {
    Plain(ListOp),
    ById(ById),
}

impl ListState {
    /// The list made again from its ops, with all that the order of its slots needs.
    fn woven(history: &History<'_>) -> Self {
        let mut woven = ListState { woven: Some(Arc::default()), ..ListState::default() };
        for stamp in history.stamps() {
            let past = Past::of(history.log(), stamp);
            let bytes = history.op(stamp).expect("an op that had an effect is still in the log");
            let resolved = read(&bytes)
                .and_then(|op| List.resolve(&mut woven, &past, op))
                .expect("an op that had an effect has it again");
            if past.is_masked() {
                List.mask(&mut woven, &past, resolved);
            } else {
                List.apply(&mut woven, &past, resolved);
            }
        }
        woven
    }

    fn splice(&mut self, splice: Splice) {
        match splice {
            Splice::Insert { at, items } => self.items.insert(at, items),
            Splice::Remove(range) => self.items.remove(range),
            Splice::Replace { at, item } => drop(self.items.replace(at, item)),
        }
    }

    /// Applies an op whose author saw all there is.
    fn play(&mut self, op: ListOp) {
        match op {
            ListOp::Insert { at, items } => self.items.insert(at as usize, items),
            ListOp::Remove { at, count } => {
                let at = at as usize;
                self.items.remove(at..at + count as usize);
            }
            ListOp::Move { from, to } => {
                let from = from as usize;
                let moved: Vec<Value> = self.items.range(from..from + 1).cloned().collect();
                self.items.remove(from..from + 1);
                self.items.insert(to as usize, moved);
            }
            ListOp::Set { at, item } => drop(self.items.replace(at as usize, item)),
        }
    }
}

impl Stored for ListState {
    fn write(&self, to: &mut Writing<'_>) {
        to.number(self.items.len() as u64);
        self.items.range(0..self.items.len()).for_each(|item| item.write(to));
        self.tips.write(to);
        self.has_masked.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let mut items = Sequence::default();
        items.insert(0, read_all(from)?);
        let (tips, has_masked) = (Stored::read(from)?, Stored::read(from)?);
        Some(ListState { items, tips, woven: None, has_masked })
    }
}

impl Kind for List {
    const NAME: &'static str = "list";
    const EDITION: u32 = 1;
    const KEEPS_HISTORY: bool = true;
    type Config = ListConfig;
    type Op = ListOp;
    type Resolved = ResolvedList;
    type State = ListState;

    fn config(&self, bytes: &[u8]) -> Result<ListConfig, Void> {
        let config: ListConfig =
            decode::<_, CONFIG_BYTES_MAX>("a list", bytes).map_err(|_| Void::BadConfig)?;
        config.check().map_err(|_| Void::BadConfig)?;
        Ok(config)
    }

    fn decode(&self, config: &ListConfig, bytes: &[u8]) -> Result<ListOp, Void> {
        let op = read(bytes)?;
        let is_empty = match &op {
            ListOp::Insert { items, .. } => items.is_empty(),
            ListOp::Remove { count, .. } => *count == 0,
            ListOp::Move { .. } | ListOp::Set { .. } => false,
        };
        if is_empty {
            return Err(Void::EmptyEdit);
        }
        if !written(&op).iter().all(|item| config.item.admits(item)) {
            return Err(Void::WrongValue);
        }
        Ok(op)
    }

    fn pointers(&self, config: &ListConfig, op: &ListOp, found: &mut dyn FnMut(NodeId, TypeId)) {
        written(op).iter().for_each(|item| config.item.pointers(item, found));
    }

    fn resolve(
        &self,
        state: &mut ListState,
        past: &Past<'_>,
        op: ListOp,
    ) -> Result<ResolvedList, Void> {
        let Some(woven) = &mut state.woven else {
            assert!(
                state.tips.iter().all(|tip| past.saw(*tip)),
                "a concurrent op is resolved after `prepare` has built the weave"
            );
            check(state.items.len(), &op)?;
            return Ok(ResolvedList(Resolved::Plain(op)));
        };
        let by_id = Arc::make_mut(woven).resolve(past, op)?;
        Ok(ResolvedList(Resolved::ById(by_id)))
    }

    fn apply(&self, state: &mut ListState, past: &Past<'_>, op: ResolvedList) {
        match op.0 {
            Resolved::Plain(op) => state.play(op),
            Resolved::ById(op) => {
                let woven = state.woven.as_mut().expect("an op by id comes from the weave");
                for splice in Arc::make_mut(woven).apply(past, op) {
                    state.splice(splice);
                }
            }
        }
        state.tips.retain(|tip| !past.saw(*tip));
        state.tips.push(past.at());
    }

    fn mask(&self, state: &mut ListState, past: &Past<'_>, op: ResolvedList) {
        state.has_masked = true;
        let Resolved::ById(op) = op.0 else {
            unreachable!("`prepare` builds the weave for a masked op");
        };
        let woven = state.woven.as_mut().expect("an op by id comes from the weave");
        let shown = Arc::make_mut(woven).apply(past, op);
        debug_assert!(shown.is_empty(), "nobody reads what a masked op did");
    }

    fn prepare(&self, state: &mut ListState, arrived: &[Stamp], history: &History<'_>) {
        let is_plain = || !state.has_masked && is_sequential(state.tips.clone(), arrived, history);
        if state.woven.is_none() && !is_plain() {
            *state = ListState::woven(history);
        }
    }

    fn show(&self, state: &ListState) -> Option<Value> {
        let all = || state.items.range(0..state.items.len()).cloned().collect();
        (!state.tips.is_empty()).then(|| Value::List(all()))
    }

    fn size(&self, state: &ListState) -> Option<u64> {
        (!state.tips.is_empty()).then_some(state.items.len() as u64)
    }

    fn part(&self, state: &ListState, range: &Range<u64>) -> Option<Value> {
        let range = within(range, state.items.len());
        let items = || state.items.range(range).cloned().collect();
        (!state.tips.is_empty()).then(|| Value::List(items()))
    }

    fn has_pointers(&self, config: &ListConfig) -> bool {
        config.item.has_pointer()
    }

    fn view(&self, config: &ListConfig, shown: Value, there: IsThere<'_>) -> Option<Value> {
        let Value::List(items) = shown else { return Some(shown) };
        let read = |item: &Value| config.item.convert(item, there).unwrap_or(Value::Gone);
        Some(Value::List(items.iter().map(read).collect()))
    }

    fn recall(&self, state: &mut ListState, history: &History<'_>) {
        if state.woven.is_none() {
            *state = ListState::woven(history);
        }
    }

    fn fates(&self, state: &ListState, past: &Past<'_>, op: &ListOp) -> Vec<(Part, Fate)> {
        let woven = state.woven.as_ref().expect("fates are asked for after `recall`");
        match op {
            ListOp::Insert { at, items } => (0..items.len() as u32)
                .map(|offset| (Part::Item(at + offset), woven.fate_of_inserted(past, offset)))
                .collect(),
            ListOp::Remove { .. } => vec![(Part::Whole, Fate::Counts)],
            ListOp::Move { to, .. } => vec![(Part::Item(*to), woven.fate_of_move(past))],
            ListOp::Set { at, .. } => vec![(Part::Item(*at), woven.fate_of_set(past))],
        }
    }
}

fn read(bytes: &[u8]) -> Result<ListOp, Void> {
    decode::<_, OP_BYTES_MAX>("a list's op", bytes).map_err(|_| Void::Undecodable)
}

/// The values that an op writes.
fn written(op: &ListOp) -> &[Value] {
    match op {
        ListOp::Insert { items, .. } => items,
        ListOp::Set { item, .. } => std::slice::from_ref(item),
        ListOp::Remove { .. } | ListOp::Move { .. } => &[],
    }
}

/// Checks the positions of an op whose author saw a list of this length.
fn check(length: usize, op: &ListOp) -> Result<(), Void> {
    let fits = match op {
        ListOp::Insert { at, .. } => *at as usize <= length,
        ListOp::Remove { at, count } => {
            at.checked_add(*count).is_some_and(|end| end as usize <= length)
        }
        ListOp::Move { from, to } => (*from.max(to) as usize) < length,
        ListOp::Set { at, .. } => (*at as usize) < length,
    };
    if fits { Ok(()) } else { Err(Void::BadPosition) }
}
