//! A map: for each key its generations, and in each a register over its puts.

use crate::oracle::content::{check_ascending, op_of};
use crate::oracle::past::{Past, Stamp};
use crate::oracle::register::Register;
use crate::oracle::sight::{Sight, Verdict};
use std::collections::BTreeMap;
use woodland_format::{MapConfig, MapOp, Value};

/// What was put at one key, and what ended it. All ascending by stamp.
#[derive(Debug, Default)]
pub(crate) struct Key {
    /// Each put: its op, its generation, its value.
    pub(crate) puts: Vec<(Stamp, usize, Value)>,
    /// Each removal: its op, and the generation that it ended.
    pub(crate) removals: Vec<(Stamp, usize)>,
}

/// All keys that a put ever named.
#[derive(Debug, Default)]
pub(crate) struct Map {
    pub(crate) keys: BTreeMap<Value, Key>,
}

impl Map {
    pub(crate) fn edit(&mut self, sight: &Sight<'_>, config: &MapConfig, op: &[u8]) -> Verdict {
        match op_of(op)? {
            MapOp::Put(entries) => self.put(sight, config, entries),
            MapOp::Remove(keys) => self.remove(sight, config, &keys),
        }
    }

    fn put(
        &mut self,
        sight: &Sight<'_>,
        config: &MapConfig,
        entries: Vec<(Value, Value)>,
    ) -> Verdict {
        check_ascending(&entries.iter().map(|(key, _)| key).collect::<Vec<_>>())?;
        if entries.is_empty() {
            return Err("empty-edit");
        }
        let fits =
            |(key, value): &(Value, Value)| config.key.admits(key) && config.value.admits(value);
        if !entries.iter().all(fits) {
            return Err("wrong-value");
        }
        for (key, value) in &entries {
            sight.check_targets(&config.key, key)?;
            sight.check_targets(&config.value, value)?;
        }
        for (key, value) in entries {
            let key = self.keys.entry(key).or_default();
            let generation = key.generation(sight);
            key.puts.push((sight.stamp, generation, value));
        }
        Ok(())
    }

    fn remove(&mut self, sight: &Sight<'_>, config: &MapConfig, keys: &[Value]) -> Verdict {
        check_ascending(&keys.iter().collect::<Vec<_>>())?;
        if keys.is_empty() {
            return Err("empty-edit");
        }
        if !keys.iter().all(|key| config.key.admits(key)) {
            return Err("wrong-value");
        }
        let saw_it = |key: &Value| {
            self.keys.get(key).is_some_and(|key| {
                let ended = key.generation(sight);
                key.puts.iter().any(|(put, at, _)| *at == ended && sight.counts(*put))
            })
        };
        if !keys.iter().all(saw_it) {
            return Err("unknown-key");
        }
        for key in keys {
            let key = self.keys.get_mut(key).expect("the op saw a put of it");
            let ended = key.generation(sight);
            key.removals.push((sight.stamp, ended));
        }
        Ok(())
    }

    /// The keys that are there, with the register of each.
    pub(crate) fn present(&self, past: &Past) -> impl Iterator<Item = (&Value, Register)> {
        self.keys.iter().filter_map(|(key, held)| Some((key, held.present(past)?)))
    }

    /// The map as the ops before this point made it.
    pub(crate) fn before(&self, point: Stamp) -> Map {
        let keys = self.keys.iter().map(|(key, held)| (key.clone(), held.before(point)));
        Map { keys: keys.collect() }
    }

    pub(crate) fn shown(&self, past: &Past) -> Value {
        let entry = |(key, register): (&Value, Register)| {
            (key.clone(), register.shown(past).expect("a put puts a value"))
        };
        Value::Map(self.present(past).map(entry).collect())
    }
}

impl Key {
    /// The generation in which this op writes, or which it ends.
    fn generation(&self, sight: &Sight<'_>) -> usize {
        let removals = self.removals.iter().filter(|(removal, _)| sight.counts(*removal));
        let puts = self.puts.iter().filter(|(put, ..)| sight.counts(*put));
        let begun = removals.map(|(_, ended)| ended + 1);
        begun.chain(puts.map(|(_, generation, _)| *generation)).max().unwrap_or(0)
    }

    fn before(&self, point: Stamp) -> Key {
        let puts = self.puts.iter().filter(|(put, ..)| *put < point);
        let removals = self.removals.iter().filter(|(removal, _)| *removal < point);
        Key { puts: puts.cloned().collect(), removals: removals.copied().collect() }
    }

    /// The puts of the highest generation that a put made, unless an op ended it, or a later one.
    fn present(&self, past: &Past) -> Option<Register> {
        let puts = || self.puts.iter().filter(|(put, ..)| past.counts(*put));
        let mut removals = self.removals.iter().filter(|(removal, _)| past.counts(*removal));
        let highest = puts().map(|(_, generation, _)| *generation).max()?;
        if removals.any(|(_, ended)| *ended >= highest) {
            return None;
        }
        let mut register = Register::default();
        for (put, generation, value) in puts() {
            if *generation == highest {
                register.write(*put, Some(value.clone()));
            }
        }
        Some(register)
    }
}
