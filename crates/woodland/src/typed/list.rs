//! `list`: items in an order that several people rearrange.
//!
//! **Invariants**
//! - Positions count the items that the author sees, those of earlier changes of the batch
//!   included.

use super::{other, position};
use crate::change::Change;
use crate::define::{ConfigError, Types};
use crate::field::{Field, FieldType};
use crate::value::{FieldValue, Misread, ValueFor};
use std::ops::{Deref, DerefMut, Range};
use woodland_format::{ListConfig, ListOp, Value, encode};

/// Items in order. Moving one leaves it whole, however many people move it at once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct List<T>(pub Vec<T>);

impl<T: FieldValue> FieldType for List<T> {
    const KIND: &'static str = "list";

    fn config(types: &Types<'_>) -> Result<Vec<u8>, ConfigError> {
        let config = ListConfig { item: types.value_type(&T::shape())? };
        config.check()?;
        Ok(encode(&config))
    }

    fn write(&self, op: &mut dyn FnMut(Vec<u8>)) {
        insertion(0, self.0.iter().map(T::to_value).collect()).into_iter().for_each(op);
    }

    fn read(value: Option<&Value>) -> Result<Self, Misread> {
        match value {
            None => Ok(List::default()),
            Some(Value::List(items)) => {
                let item = |item| T::from_value(item).ok_or_else(|| Misread::of::<T>(item));
                Ok(List(items.iter().map(item).collect::<Result<_, _>>()?))
            }
            Some(found) => Err(other("list", found)),
        }
    }
}

fn insertion(at: usize, items: Vec<Value>) -> Option<Vec<u8>> {
    (!items.is_empty()).then(|| encode(&ListOp::Insert { at: position(at), items }))
}

impl<R, T: FieldValue> Field<R, List<T>> {
    /// Puts items behind the first `at`, in this order.
    pub fn insert(self, at: usize, items: impl IntoIterator<Item = impl ValueFor<T>>) -> Change<R> {
        let items = items.into_iter().map(|item| item.into_value_for().to_value());
        Change::of(self, [insertion(at, items.collect()), None])
    }

    /// Takes items away.
    pub fn remove(self, range: Range<usize>) -> Change<R> {
        let (at, count) = (position(range.start), position(range.len()));
        let op = (!range.is_empty()).then(|| encode(&ListOp::Remove { at, count }));
        Change::of(self, [op, None])
    }

    /// Gives the item at `from` another place: behind the first `to` of the others.
    pub fn move_item(self, from: usize, to: usize) -> Change<R> {
        let (from, to) = (position(from), position(to));
        Change::one(self, encode(&ListOp::Move { from, to }))
    }

    /// Puts another item in place of the one at `at`, where it stands.
    pub fn set(self, at: usize, item: impl ValueFor<T>) -> Change<R> {
        let (at, item) = (position(at), item.into_value_for().to_value());
        Change::one(self, encode(&ListOp::Set { at, item }))
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        List(Vec::new())
    }
}

impl<T> Deref for List<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T> DerefMut for List<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.0
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        List(items)
    }
}

impl<T, const N: usize> From<[T; N]> for List<T> {
    fn from(items: [T; N]) -> Self {
        List(items.into())
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        List(items.into_iter().collect())
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
