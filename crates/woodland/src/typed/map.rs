//! `map`: values at keys that are data.
//!
//! **Invariants**
//! - An op's keys ascend strictly by value, whatever order the Rust type has; of two entries with
//!   one key the later counts.

use super::other;
use crate::change::Change;
use crate::define::{ConfigError, Types};
use crate::field::{Field, FieldType};
use crate::value::{FieldValue, Misread, ValueFor};
use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::ops::{Deref, DerefMut};
use woodland_format::{MapConfig, MapOp, Value, encode};

/// Entries; each key merges by itself, like a register.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Map<K, V>(pub BTreeMap<K, V>);

impl<K: FieldValue + Ord, V: FieldValue> FieldType for Map<K, V> {
    const KIND: &'static str = "map";

    fn config(types: &Types<'_>) -> Result<Vec<u8>, ConfigError> {
        let (key, value) = (types.value_type(&K::shape())?, types.value_type(&V::shape())?);
        let config = MapConfig { key, value };
        config.check()?;
        Ok(encode(&config))
    }

    fn write(&self, op: &mut dyn FnMut(Vec<u8>)) {
        let entries = self.0.iter().map(|(key, value)| (key.to_value(), value.to_value()));
        puts(entries.collect()).into_iter().for_each(op);
    }

    fn read(value: Option<&Value>) -> Result<Self, Misread> {
        match value {
            None => Ok(Map::default()),
            Some(Value::Map(entries)) => {
                let entry = |(key, value): &(Value, Value)| {
                    let read = K::from_value(key).ok_or_else(|| Misread::of::<K>(key))?;
                    Ok((read, V::from_value(value).ok_or_else(|| Misread::of::<V>(value))?))
                };
                Ok(Map(entries.iter().map(entry).collect::<Result<_, Misread>>()?))
            }
            Some(found) => Err(other("map", found)),
        }
    }
}

fn puts(entries: BTreeMap<Value, Value>) -> Option<Vec<u8>> {
    (!entries.is_empty()).then(|| encode(&MapOp::Put(entries.into_iter().collect())))
}

impl<R, K: FieldValue + Ord, V: FieldValue> Field<R, Map<K, V>> {
    /// Puts values at keys.
    pub fn put(
        self,
        entries: impl IntoIterator<Item = (impl ValueFor<K>, impl ValueFor<V>)>,
    ) -> Change<R> {
        let entries = entries.into_iter().map(|(key, value)| {
            (key.into_value_for().to_value(), value.into_value_for().to_value())
        });
        Change::of(self, [puts(entries.collect()), None])
    }

    /// Takes keys out, which the author must see there.
    pub fn remove(self, keys: impl IntoIterator<Item = impl ValueFor<K>>) -> Change<R> {
        let keys = keys.into_iter().map(|key| key.into_value_for().to_value());
        let keys: Vec<Value> = keys.collect::<BTreeSet<_>>().into_iter().collect();
        let op = (!keys.is_empty()).then(|| encode(&MapOp::Remove(keys)));
        Change::of(self, [op, None])
    }
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Map(BTreeMap::new())
    }
}

impl<K, V> Deref for Map<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &BTreeMap<K, V> {
        &self.0
    }
}

impl<K, V> DerefMut for Map<K, V> {
    fn deref_mut(&mut self) -> &mut BTreeMap<K, V> {
        &mut self.0
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for Map<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        Map(entries.into())
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        Map(entries.into_iter().collect())
    }
}

impl<K, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = btree_map::IntoIter<K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, K, V> IntoIterator for &'a Map<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = btree_map::Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
