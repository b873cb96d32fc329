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
        let is_in = |item: &Item| {
            let is_removed = |add| item.removed.iter().any(|remove| past.saw(*remove, add));
            item.added.iter().any(|add| !is_removed(*add))
        };
        let items = self.items.iter().filter(|(_, item)| is_in(item));
        Value::List(items.map(|(value, _)| value.clone()).collect())
    }
}
