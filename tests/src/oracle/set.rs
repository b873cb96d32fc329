//! A set: every addition and every removal of each item.

use crate::oracle::content::{check_ascending, op_of};
use crate::oracle::past::{Past, Stamp};
use crate::oracle::sight::{Sight, Verdict};
use std::collections::BTreeMap;
use woodland_format::{SetConfig, SetOp, Value};

/// What was done to one item, ascending by stamp.
#[derive(Debug, Default)]
pub(crate) struct Item {
    pub(crate) added: Vec<Stamp>,
    pub(crate) removed: Vec<Stamp>,
}

/// All items that an op ever named.
#[derive(Debug, Default)]
pub(crate) struct Set {
    pub(crate) items: BTreeMap<Value, Item>,
}

impl Set {
    pub(crate) fn edit(&mut self, sight: &Sight<'_>, config: &SetConfig, op: &[u8]) -> Verdict {
        let (items, is_addition) = match op_of(op)? {
            SetOp::Add(items) => (items, true),
            SetOp::Remove(items) => (items, false),
        };
        check_ascending(&items.iter().collect::<Vec<_>>())?;
        if items.is_empty() {
            return Err("empty-edit");
        }
        if !items.iter().all(|item| config.item.admits(item)) {
            return Err("wrong-value");
        }
        if is_addition {
            items.iter().try_for_each(|item| sight.check_targets(&config.item, item))?;
        }
        for item in items {
            let item = self.items.entry(item).or_default();
            if is_addition { &mut item.added } else { &mut item.removed }.push(sight.stamp);
        }
        Ok(())
    }

    pub(crate) fn shown(&self, past: &Past) -> Value {
        let items = self.items.iter().filter(|(_, item)| !item.standing(past).is_empty());
        Value::List(items.map(|(value, _)| value.clone()).collect())
    }

    /// The items, each once for every addition by which it is there.
    pub(crate) fn standing(&self, past: &Past) -> Vec<(Stamp, Value)> {
        let additions = |(value, item): (&Value, &Item)| -> Vec<(Stamp, Value)> {
            item.standing(past).into_iter().map(|add| (add, value.clone())).collect()
        };
        self.items.iter().flat_map(additions).collect()
    }

    /// The set as the ops before this point made it.
    pub(crate) fn before(&self, point: Stamp) -> Set {
        let items = self.items.iter().map(|(value, item)| (value.clone(), item.before(point)));
        Set { items: items.collect() }
    }
}

impl Item {
    /// The additions that no removal saw.
    fn standing(&self, past: &Past) -> Vec<Stamp> {
        let removed = || self.removed.iter().filter(|remove| past.counts(**remove));
        let is_removed = |add| removed().any(|remove| past.saw(*remove, add));
        let added = self.added.iter().copied().filter(|add| past.counts(*add));
        added.filter(|add| !is_removed(*add)).collect()
    }

    fn before(&self, point: Stamp) -> Item {
        let earlier = |all: &[Stamp]| all.iter().copied().filter(|stamp| *stamp < point).collect();
        Item { added: earlier(&self.added), removed: earlier(&self.removed) }
    }
}
