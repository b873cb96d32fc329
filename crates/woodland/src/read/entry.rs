//! What stands at keys of maps, and which items are in sets.
//!
//! **Invariants**
//! - A map or a set is not read as a whole: each question costs one look into it.
//!
//! What this does not do: tell a node that is not visible from a key that is not there.

use super::Request;
use super::field::{FieldReader, aligned};
use crate::field::{Field, FieldType};
use crate::pointer::Pointer;
use crate::record::Record;
use crate::snapshot::{ReadError, Snapshot};
use crate::typed::{Map, Set};
use crate::value::{FieldValue, Misread, ValueFor};
use std::fmt;
use woodland_format::{NodeId, ObjectId, Value};

/// Keys of fields, each with its node.
struct Keys<R, T> {
    field: Field<R, T>,
    keys: Vec<(Pointer<R>, Value)>,
}

impl<R, T> Keys<R, T> {
    fn of<K: FieldValue>(
        field: Field<R, T>,
        keys: &[(Pointer<R>, impl ValueFor<K> + Clone)],
    ) -> Self {
        let key = |(node, key): &(Pointer<R>, _)| {
            let key: K = ValueFor::<K>::into_value_for(Clone::clone(key));
            (*node, key.to_value())
        };
        Keys { field, keys: keys.iter().map(key).collect() }
    }

    /// What is found, as `read` has it.
    fn look<A>(
        self,
        snapshot: &Snapshot,
        read: impl Fn(&Value) -> Result<A, Misread>,
    ) -> Result<Vec<Option<A>>, ReadError>
    where
        R: Record,
        T: FieldType,
    {
        let reader = FieldReader::bind(snapshot, self.field)?;
        let nodes: Vec<NodeId> = self.keys.iter().map(|(node, _)| node.id()).collect();
        let objects = reader.objects(&nodes)?;
        let asked = self.keys.iter().zip(&objects);
        let asked: Vec<(ObjectId, &Value)> =
            asked.filter_map(|((_, key), object)| Some(((*object)?, key))).collect();
        let found = aligned(&objects, snapshot.graph.entries(&asked));
        let read = |(node, found): (&NodeId, Option<Option<Value>>)| {
            let read = |value: &Value| read(value).map_err(|misread| reader.fault(*node, misread));
            found.flatten().as_ref().map(read).transpose()
        };
        nodes.iter().zip(found).map(read).collect()
    }
}

impl<R, T> Clone for Keys<R, T> {
    fn clone(&self) -> Self {
        Keys { field: self.field, keys: self.keys.clone() }
    }
}

impl<R, T> fmt::Debug for Keys<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} keys of {:?}", self.keys.len(), self.field)
    }
}

/// What stands at keys of maps. Made by `Field::at_keys`.
#[derive(Debug)]
pub struct AtKeys<R, K, V>(Keys<R, Map<K, V>>);

impl<R, K, V> Clone for AtKeys<R, K, V> {
    fn clone(&self) -> Self {
        AtKeys(self.0.clone())
    }
}

impl<R, K: FieldValue + Ord, V: FieldValue> Field<R, Map<K, V>> {
    /// What stands at keys of maps.
    ///
    /// ```
    /// # use woodland::{Map, Record, Replica, define};
    /// #[derive(Record)]
    /// struct Poll { votes: Map<String, i64> }
    ///
    /// # let replica = Replica::in_memory(&define().record::<Poll>().model()?, 1)?;
    /// let votes = [("ada".to_owned(), 2)].into();
    /// let poll = replica.write(|b| b.insert(&Poll { votes }))?;
    /// let asked = Poll::VOTES.at_keys(&[(poll, "ada"), (poll, "ben")]);
    /// assert_eq!(replica.snapshot().read(asked)?, [Some(2), None]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn at_keys(self, keys: &[(Pointer<R>, impl ValueFor<K> + Clone)]) -> AtKeys<R, K, V> {
        AtKeys(Keys::of::<K>(self, keys))
    }
}

/// `None` where the node or the key is not there.
impl<R: Record, K: FieldValue + Ord, V: FieldValue> Request for AtKeys<R, K, V> {
    type Answer = Vec<Option<V>>;

    fn answer(self, snapshot: &Snapshot) -> Result<Vec<Option<V>>, ReadError> {
        self.0.look(snapshot, |value| V::from_value(value).ok_or_else(|| Misread::of::<V>(value)))
    }
}

/// Whether items are in sets. Made by `Field::has`.
#[derive(Debug)]
pub struct Membership<R, T>(Keys<R, Set<T>>);

impl<R, T> Clone for Membership<R, T> {
    fn clone(&self) -> Self {
        Membership(self.0.clone())
    }
}

impl<R, T: FieldValue + Ord> Field<R, Set<T>> {
    /// Whether items are in sets.
    pub fn has(self, items: &[(Pointer<R>, impl ValueFor<T> + Clone)]) -> Membership<R, T> {
        Membership(Keys::of::<T>(self, items))
    }
}

/// `false` also where the node is not there.
impl<R: Record, T: FieldValue + Ord> Request for Membership<R, T> {
    type Answer = Vec<bool>;

    fn answer(self, snapshot: &Snapshot) -> Result<Vec<bool>, ReadError> {
        let found = self.0.look(snapshot, |_| Ok(()))?;
        Ok(found.into_iter().map(|one| one.is_some()).collect())
    }
}
