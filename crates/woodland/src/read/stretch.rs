//! Stretches of texts and lists, and how long they are.
//!
//! **Invariants**
//! - A stretch past the end ends at the end. In a text it counts bytes, and where it begins or ends
//!   inside a character it is moved to where that character begins: stretches that meet leave
//!   nothing out, and say nothing twice.
//!
//! What this does not do: number characters or lines. Positions are those of the changes of texts
//! and lists.

use super::Request;
use super::field::{FieldReader, aligned};
use crate::field::{Field, FieldType};
use crate::pointer::Pointer;
use crate::record::Record;
use crate::snapshot::{ReadError, Snapshot};
use crate::typed::{List, Map, Set, Text};
use crate::value::FieldValue;
use std::fmt;
use std::ops::Range;
use woodland_format::{NodeId, ObjectId, Value};

/// Stretches of texts or lists. Made by `Field::ranges`.
pub struct Ranges<R, T> {
    field: Field<R, T>,
    stretches: Vec<(Pointer<R>, Range<usize>)>,
}

impl<R> Field<R, Text> {
    /// Bytes of texts. Past the end is the end; an end inside a character moves to where that
    /// character begins.
    ///
    /// ```
    /// # use woodland::{Record, Replica, Text, define};
    /// #[derive(Record)]
    /// struct Note { body: Text }
    ///
    /// # let replica = Replica::in_memory(&define().record::<Note>().model()?, 1)?;
    /// let note = replica.write(|b| b.insert(&Note { body: "Füße".into() }))?;
    /// let read = |range| replica.snapshot().read(Note::BODY.ranges(&[(note, range)]));
    /// assert_eq!(read(0..3)?, [Some("Fü".to_owned())]);
    /// assert_eq!(read(0..2)?, [Some("F".to_owned())], "inside of ü");
    /// assert_eq!(read(2..99)?, [Some("üße".to_owned())]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ranges(self, stretches: &[(Pointer<R>, Range<usize>)]) -> Ranges<R, Text> {
        Ranges { field: self, stretches: stretches.to_vec() }
    }
}

impl<R, T> Field<R, List<T>> {
    /// Items of lists. Past the end is the end.
    pub fn ranges(self, stretches: &[(Pointer<R>, Range<usize>)]) -> Ranges<R, List<T>> {
        Ranges { field: self, stretches: stretches.to_vec() }
    }
}

impl<R: Record, T: FieldType> Ranges<R, T> {
    fn parts<P>(
        self,
        snapshot: &Snapshot,
        part: impl Fn(T) -> P,
    ) -> Result<Vec<Option<P>>, ReadError> {
        let reader = FieldReader::bind(snapshot, self.field)?;
        let nodes: Vec<NodeId> = self.stretches.iter().map(|(node, _)| node.id()).collect();
        let objects = reader.objects(&nodes)?;
        let stretch = |((_, range), object): (&(_, Range<usize>), &Option<ObjectId>)| {
            Some(((*object)?, range.start as u64..range.end as u64))
        };
        let asked: Vec<_> = self.stretches.iter().zip(&objects).filter_map(stretch).collect();
        let parts: Vec<_> = aligned(&objects, snapshot.graph.parts(&asked)).collect();
        let read = |(node, found): (&NodeId, Option<Option<Value>>)| {
            let read = |value: Option<Value>| reader.read(*node, value.as_ref()).map(&part);
            found.map(read).transpose()
        };
        nodes.iter().zip(parts).map(read).collect()
    }
}

/// `None` where the node is not visible.
impl<R: Record> Request for Ranges<R, Text> {
    type Answer = Vec<Option<String>>;

    fn answer(self, snapshot: &Snapshot) -> Result<Vec<Option<String>>, ReadError> {
        self.parts(snapshot, |text| text.0)
    }
}

/// `None` where the node is not visible. Positions count from where the stretch begins.
impl<R: Record, T: FieldValue> Request for Ranges<R, List<T>> {
    type Answer = Vec<Option<List<T>>>;

    fn answer(self, snapshot: &Snapshot) -> Result<Vec<Option<List<T>>>, ReadError> {
        self.parts(snapshot, |list| list)
    }
}

impl<R, T> Clone for Ranges<R, T> {
    fn clone(&self) -> Self {
        Ranges { field: self.field, stretches: self.stretches.clone() }
    }
}

impl<R, T> fmt::Debug for Ranges<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} stretches of {:?}", self.stretches.len(), self.field)
    }
}

/// How long fields are. Made by `Field::lengths`.
pub struct Lengths<R, T> {
    field: Field<R, T>,
    nodes: Vec<Pointer<R>>,
}

impl<R, T> Lengths<R, T> {
    fn of(field: Field<R, T>, nodes: &[Pointer<R>]) -> Self {
        Lengths { field, nodes: nodes.to_vec() }
    }
}

impl<R> Field<R, Text> {
    /// How many bytes texts have.
    pub fn lengths(self, nodes: &[Pointer<R>]) -> Lengths<R, Text> {
        Lengths::of(self, nodes)
    }
}

impl<R, T> Field<R, List<T>> {
    /// How many items lists have.
    pub fn lengths(self, nodes: &[Pointer<R>]) -> Lengths<R, List<T>> {
        Lengths::of(self, nodes)
    }
}

impl<R, T> Field<R, Set<T>> {
    /// How many items sets have.
    pub fn lengths(self, nodes: &[Pointer<R>]) -> Lengths<R, Set<T>> {
        Lengths::of(self, nodes)
    }
}

impl<R, K, V> Field<R, Map<K, V>> {
    /// How many entries maps have.
    pub fn lengths(self, nodes: &[Pointer<R>]) -> Lengths<R, Map<K, V>> {
        Lengths::of(self, nodes)
    }
}

/// `None` where the node is not visible.
impl<R: Record, T: FieldType> Request for Lengths<R, T> {
    type Answer = Vec<Option<u64>>;

    fn answer(self, snapshot: &Snapshot) -> Result<Vec<Option<u64>>, ReadError> {
        let reader = FieldReader::bind(snapshot, self.field)?;
        let nodes: Vec<NodeId> = self.nodes.iter().map(Pointer::id).collect();
        let objects = reader.objects(&nodes)?;
        let asked: Vec<ObjectId> = objects.iter().flatten().copied().collect();
        let sizes = aligned(&objects, snapshot.graph.sizes(&asked));
        // Nothing written is nothing long.
        Ok(sizes.map(|size| Some(size?.unwrap_or(0))).collect())
    }
}

impl<R, T> Clone for Lengths<R, T> {
    fn clone(&self) -> Self {
        Lengths { field: self.field, nodes: self.nodes.clone() }
    }
}

impl<R, T> fmt::Debug for Lengths<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lengths of {:?} of {} nodes", self.field, self.nodes.len())
    }
}
