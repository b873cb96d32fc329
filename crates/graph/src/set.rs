//! `set`: items that are there or not.
//!
//! **Invariants**
//! - Held are, for each item, the ops that added it and that no op adding or removing it saw. The
//!   item is there while there is one: a removal takes what its author had seen, a concurrent
//!   addition survives.
//! - Nothing is kept of an item that is not there. An op arrives after all that it saw, so an
//!   addition that a removal saw is always there before it.
//!
//! What this does not do: keep an order of its own. Items ascend by value.

use crate::kind::{Fate, IsThere, Kind, Part, Writing, Written};
use crate::past::{Past, Stamp};
use crate::rest::{read_all, read_map, write_all, write_map};
use crate::void::Void;
use std::collections::BTreeSet;
use std::sync::Arc;
use woodland_format::limits::{CONFIG_BYTES_MAX, OP_BYTES_MAX};
use woodland_format::{NodeId, SetConfig, SetOp, TypeId, Value, decode};
use woodland_page::{self as page, Reading, Stored};

/// The kind `set`. Configured by [`SetConfig`], written by [`SetOp`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Set;

/// The items that are there, each with the additions that keep it.
#[derive(Debug, Clone, Default)]
pub struct SetState {
    items: im::OrdMap<Value, Arc<[Stamp]>>,
    is_written: bool,
}

impl Stored for SetState {
    fn write(&self, to: &mut page::Writing<'_>) {
        self.is_written.write(to);
        write_map(&self.items, to, |additions, to| write_all(additions.iter(), to));
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let is_written = Stored::read(from)?;
        let items = read_map(from, |from| read_all::<Stamp, Vec<_>>(from).map(Arc::from))?;
        Some(SetState { items, is_written })
    }
}

impl Kind for Set {
    const NAME: &'static str = "set";
    type Config = SetConfig;
    type Op = SetOp;
    type Resolved = SetOp;
    type State = SetState;

    fn config(&self, bytes: &[u8]) -> Result<SetConfig, Void> {
        let config: SetConfig =
            decode::<_, CONFIG_BYTES_MAX>("a set", bytes).map_err(|_| Void::BadConfig)?;
        config.check().map_err(|_| Void::BadConfig)?;
        Ok(config)
    }

    fn decode(&self, config: &SetConfig, bytes: &[u8]) -> Result<SetOp, Void> {
        let op: SetOp =
            decode::<_, OP_BYTES_MAX>("a set's op", bytes).map_err(|_| Void::Undecodable)?;
        let items = items(&op);
        if items.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(Void::Undecodable);
        }
        if items.is_empty() {
            return Err(Void::EmptyEdit);
        }
        if !items.iter().all(|item| config.item.admits(item)) {
            return Err(Void::WrongValue);
        }
        Ok(op)
    }

    fn pointers(&self, config: &SetConfig, op: &SetOp, found: &mut dyn FnMut(NodeId, TypeId)) {
        if let SetOp::Add(items) = op {
            items.iter().for_each(|item| config.item.pointers(item, found));
        }
    }

    fn has_foreign_keys(&self, config: &SetConfig) -> bool {
        config.item.has_foreign_key()
    }

    fn writes(&self, config: &SetConfig, _: &SetState, _: &Past<'_>, op: &SetOp) -> Vec<Written> {
        let written = |item: &Value| {
            let part = Part::Key(item.clone());
            match op {
                SetOp::Add(_) => Written::of(part, Writing::Add).with(&config.item, item),
                SetOp::Remove(_) => Written::of(part, Writing::Remove),
            }
        };
        items(op).iter().map(written).collect()
    }

    fn resolve(&self, _: &mut SetState, _: &Past<'_>, op: SetOp) -> Result<SetOp, Void> {
        Ok(op)
    }

    fn apply(&self, state: &mut SetState, past: &Past<'_>, op: SetOp) {
        state.is_written = true;
        let (items, adds) = match op {
            SetOp::Add(items) => (items, true),
            SetOp::Remove(items) => (items, false),
        };
        for item in items {
            let before = state.items.get(&item).map_or(&[][..], |additions| additions);
            let unseen = before.iter().copied().filter(|addition| !past.saw(*addition));
            let after: Arc<[Stamp]> = unseen.chain(adds.then_some(past.at())).collect();
            if after.is_empty() {
                state.items.remove(&item);
            } else {
                state.items.insert(item, after);
            }
        }
    }

    fn show(&self, state: &SetState) -> Option<Value> {
        state.is_written.then(|| Value::List(state.items.keys().cloned().collect()))
    }

    fn entry(&self, state: &SetState, key: &Value) -> Option<Value> {
        state.items.contains_key(key).then(|| key.clone())
    }

    fn has_pointers(&self, config: &SetConfig) -> bool {
        config.item.has_pointer()
    }

    fn view(&self, config: &SetConfig, shown: Value, there: IsThere<'_>) -> Option<Value> {
        let Value::List(items) = shown else { return Some(shown) };
        let read = items.iter().filter_map(|item| config.item.convert(item, there));
        let read: BTreeSet<Value> = read.collect();
        Some(Value::List(read.into_iter().collect()))
    }

    fn view_part(
        &self,
        config: &SetConfig,
        _: Part,
        value: Option<Value>,
        there: IsThere<'_>,
    ) -> Option<(Part, Option<Value>)> {
        let item = config.item.convert(&value?, there)?;
        Some((Part::Key(item.clone()), Some(item)))
    }

    fn fates(&self, state: &SetState, past: &Past<'_>, op: &SetOp) -> Vec<(Part, Fate)> {
        let fate = |item: &Value| match (op, state.items.get(item)) {
            (SetOp::Remove(_), _) => Fate::Counts,
            (SetOp::Add(_), Some(additions)) if additions.contains(&past.at()) => Fate::Won,
            (SetOp::Add(_), Some(_)) => Fate::Replaced,
            (SetOp::Add(_), None) => Fate::Ended,
        };
        items(op).iter().map(|item| (Part::Key(item.clone()), fate(item))).collect()
    }
}

fn items(op: &SetOp) -> &[Value] {
    let (SetOp::Add(items) | SetOp::Remove(items)) = op;
    items
}
