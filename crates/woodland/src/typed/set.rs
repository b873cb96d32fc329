//! `set`: items that are there or not.
//!
//! **Invariants**
//! - An op's items ascend strictly by value, whatever order the Rust type has.

use super::other;
use crate::change::Change;
use crate::define::{ConfigError, Types};
use crate::field::{Field, FieldType};
use crate::value::{FieldValue, Misread, ValueFor};
use std::collections::{BTreeSet, btree_set};
use std::ops::{Deref, DerefMut};
use woodland_format::{SetConfig, SetOp, Value, encode};

/// Items; a removal takes out what its author saw, a concurrent addition stays.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Set<T>(pub BTreeSet<T>);

impl<T: FieldValue + Ord> FieldType for Set<T> {
    const KIND: &'static str = "set";

    fn config(types: &Types<'_>) -> Result<Vec<u8>, ConfigError> {
        let config = SetConfig { item: types.value_type(&T::shape())? };
        config.check()?;
        Ok(encode(&config))
    }

    fn write(&self, op: &mut dyn FnMut(Vec<u8>)) {
        let items = sorted(self.0.iter().map(T::to_value).collect());
        encoded(items, SetOp::Add).into_iter().for_each(op);
    }

    fn read(value: Option<&Value>) -> Result<Self, Misread> {
        match value {
            None => Ok(Set::default()),
            Some(Value::List(items)) => {
                let item = |item| T::from_value(item).ok_or_else(|| Misread::of::<T>(item));
                Ok(Set(items.iter().map(item).collect::<Result<_, _>>()?))
            }
            Some(found) => Err(other("set", found)),
        }
    }
}

fn sorted(mut items: Vec<Value>) -> Vec<Value> {
    items.sort_unstable();
    items.dedup();
    items
}

fn encoded(items: Vec<Value>, op: fn(Vec<Value>) -> SetOp) -> Option<Vec<u8>> {
    (!items.is_empty()).then(|| encode(&op(items)))
}

impl<R, T: FieldValue + Ord> Field<R, Set<T>> {
    /// Puts items in.
    #[expect(clippy::should_implement_trait, reason = "it adds to what is stored")]
    pub fn add(self, items: impl IntoIterator<Item = impl ValueFor<T>>) -> Change<R> {
        self.edit(items, SetOp::Add)
    }

    /// Takes items out, as far as the author sees them in.
    pub fn remove(self, items: impl IntoIterator<Item = impl ValueFor<T>>) -> Change<R> {
        self.edit(items, SetOp::Remove)
    }

    fn edit(
        self,
        items: impl IntoIterator<Item = impl ValueFor<T>>,
        op: fn(Vec<Value>) -> SetOp,
    ) -> Change<R> {
        let items = items.into_iter().map(|item| item.into_value_for().to_value());
        Change::of(self, [encoded(sorted(items.collect()), op), None])
    }
}

impl<T> Default for Set<T> {
    fn default() -> Self {
        Set(BTreeSet::new())
    }
}

impl<T> Deref for Set<T> {
    type Target = BTreeSet<T>;

    fn deref(&self) -> &BTreeSet<T> {
        &self.0
    }
}

impl<T> DerefMut for Set<T> {
    fn deref_mut(&mut self) -> &mut BTreeSet<T> {
        &mut self.0
    }
}

impl<T: Ord, const N: usize> From<[T; N]> for Set<T> {
    fn from(items: [T; N]) -> Self {
        Set(items.into())
    }
}

impl<T: Ord> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Set(items.into_iter().collect())
    }
}

impl<T> IntoIterator for Set<T> {
    type Item = T;
    type IntoIter = btree_set::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Set<T> {
    type Item = &'a T;
    type IntoIter = btree_set::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
