//! `list`: items in an order that several people rearrange.
//!
//! **Invariants**
//! - Positions count the places that the author sees, those of earlier changes of the batch
//!   included. An item that points to what was deleted keeps its place, though it cannot be read.
//!
//! What this does not do: take out places that are empty. Who wants them gone removes them.

use super::{other, position};
use crate::change::Change;
use crate::define::{ConfigError, Types};
use crate::field::{Field, FieldType};
use crate::value::{FieldValue, Misread, ValueFor};
use std::ops::{Deref, DerefMut, Range};
use woodland_format::{ListConfig, ListOp, Value, encode};

/// Items in order. Moving one leaves it whole, however many people move it at once.
///
/// What is read are the items that are there. A pointer whose target was deleted is not, but its
/// place counts in the positions of changes: [`List::positions`] has those of the items.
///
/// ```
/// use woodland::{List, Pointer, Record, Replica, define};
///
/// #[derive(Record)]
/// struct Song { title: String }
///
/// #[derive(Record)]
/// struct Playlist { songs: List<Pointer<Song>> }
///
/// # let model = define().record::<Song>().record::<Playlist>().model()?;
/// # let replica = Replica::in_memory(&model, 1)?;
/// let (list, songs) = replica.write(|b| {
///     let songs = ["a", "b", "c"].map(|title| b.insert(&Song { title: title.into() }));
///     (b.insert(&Playlist { songs: songs.into() }), songs)
/// })?;
/// replica.write(|b| b.delete(songs[1]))?;
/// let read = replica.snapshot().read(&[list])?.remove(0).expect("the list is there").songs;
/// assert_eq!(*read, [songs[0], songs[2]]);
/// assert_eq!(read.positions().collect::<Vec<_>>(), [0, 2]);
/// replica.write(|b| b.edit(list, Playlist::SONGS.remove(1..2)))?;
/// # let read = replica.snapshot().read(&[list])?.remove(0).expect("the list is there").songs;
/// # assert_eq!((read.places(), read.gone()), (2, &[][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct List<T>(pub Vec<T>, Gone);

/// The positions of what cannot be read, ascending.
type Gone = Vec<usize>;

impl<T> List<T> {
    /// The position of each item, as changes count them.
    pub fn positions(&self) -> impl Iterator<Item = usize> {
        let mut gone = self.gone().iter().copied().peekable();
        let mut next = 0..;
        self.0.iter().filter_map(move |_| next.find(|place| gone.next_if_eq(place).is_none()))
    }

    /// The positions of what is not there to be read, ascending: pointers to what was deleted.
    pub fn gone(&self) -> &[usize] {
        &self.1
    }

    /// How many places there are, with those that cannot be read.
    pub fn places(&self) -> usize {
        self.0.len() + self.1.len()
    }

    /// The item at a position, as changes count them.
    pub fn at(&self, position: usize) -> Option<&T> {
        let before = self.1.partition_point(|gone| *gone < position);
        if self.1.get(before) == Some(&position) {
            return None;
        }
        self.0.get(position.checked_sub(before)?)
    }
}

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

    fn tell(&self, op: &mut dyn FnMut(Vec<u8>)) {
        self.write(op);
        // An item that keeps its neighbours may have another position.
        self.1.iter().for_each(|position| op(encode(&(*position as u64))));
    }

    fn read(value: Option<&Value>) -> Result<Self, Misread> {
        match value {
            None => Ok(List::default()),
            Some(Value::List(items)) => {
                let mut list = List::default();
                for (position, item) in items.iter().enumerate() {
                    match item {
                        Value::Gone => list.1.push(position),
                        item => {
                            let read = T::from_value(item);
                            list.0.push(read.ok_or_else(|| Misread::of::<T>(item))?);
                        }
                    }
                }
                Ok(list)
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
        List(Vec::new(), Gone::new())
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
        items.into_iter().collect()
    }
}

impl<T, const N: usize> From<[T; N]> for List<T> {
    fn from(items: [T; N]) -> Self {
        items.into_iter().collect()
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        List(items.into_iter().collect(), Gone::new())
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
