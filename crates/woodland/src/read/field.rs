//! One field of many nodes.
//!
//! **Invariants**
//! - A field reads as it does in its record: where nothing was written, what an optional place, a
//!   default or the kind says.
//!
//! What this does not do: read what is not asked for. The other fields of a node are not touched.

use super::Request;
use crate::binding::{Binding, Outcome};
use crate::field::{Field, FieldType};
use crate::pointer::Pointer;
use crate::record::{FieldError, Record, View};
use crate::snapshot::{ReadError, Snapshot, bound};
use crate::value::Misread;
use std::fmt;
use std::marker::PhantomData;
use woodland_format::limits::CONFIG_BYTES_MAX;
use woodland_format::{FieldId, NodeId, ObjectId, RegisterConfig, Value, ValueType, decode};

/// One field of many nodes. Made by [`Field::of`].
pub struct FieldOf<R, T> {
    pub(crate) field: Field<R, T>,
    pub(crate) nodes: Vec<Pointer<R>>,
}

impl<R: Record, T: FieldType> Field<R, T> {
    /// This field of these nodes: as a request, and as what a subscription covers.
    pub fn of(self, nodes: &[Pointer<R>]) -> FieldOf<R, T> {
        FieldOf { field: self, nodes: nodes.to_vec() }
    }
}

/// For each node the field; `None` where the node is not visible.
impl<R: Record, T: FieldType> Request for FieldOf<R, T> {
    type Answer = Vec<Option<T>>;

    fn answer(self, snapshot: &Snapshot) -> Result<Vec<Option<T>>, ReadError> {
        FieldReader::bind(snapshot, self.field)?.values(&self.nodes)
    }
}

impl<R, T> Clone for FieldOf<R, T> {
    fn clone(&self) -> Self {
        FieldOf { field: self.field, nodes: self.nodes.clone() }
    }
}

impl<R, T> fmt::Debug for FieldOf<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {} nodes", self.field, self.nodes.len())
    }
}

/// A field of a record, as one snapshot has it.
pub(crate) struct FieldReader<'a, R, T> {
    snapshot: &'a Snapshot,
    outcome: Outcome,
    index: u16,
    of: PhantomData<fn() -> (R, T)>,
}

impl<'a, R: Record, T: FieldType> FieldReader<'a, R, T> {
    pub(crate) fn bind(snapshot: &'a Snapshot, field: Field<R, T>) -> Result<Self, ReadError> {
        let outcome = snapshot.bind::<R>()?;
        bound(&outcome)?;
        Ok(FieldReader { snapshot, outcome, index: field.index(), of: PhantomData })
    }

    fn binding(&self) -> &Binding {
        self.outcome.as_ref().as_ref().expect("it was bound")
    }

    /// The field's number in the schema, if the schema has it as the program does.
    pub(crate) fn id(&self) -> Option<FieldId> {
        self.binding().field(self.index, T::KIND).ok()
    }

    /// The field's objects; none where the node is not visible.
    pub(crate) fn objects(&self, nodes: &[NodeId]) -> Result<Vec<Option<ObjectId>>, ReadError> {
        let binding = self.binding();
        let types = self.snapshot.graph.types(nodes).into_iter();
        let object = |(node, found): (&NodeId, Option<_>)| {
            let (node, Some(found)) = (*node, found) else { return Ok(None) };
            if found != binding.node_type {
                return Err(self.snapshot.other_type::<R>(node, found));
            }
            match binding.field(self.index, T::KIND) {
                Ok(field) => Ok(Some(ObjectId { node, field })),
                Err(reason) => {
                    Err(ReadError::Field { node, error: FieldError::Differs { reason } })
                }
            }
        };
        nodes.iter().zip(types).map(object).collect()
    }

    /// The field of each node.
    pub(crate) fn values(&self, nodes: &[Pointer<R>]) -> Result<Vec<Option<T>>, ReadError> {
        let ids: Vec<NodeId> = nodes.iter().map(Pointer::id).collect();
        let objects = self.objects(&ids)?;
        let asked: Vec<ObjectId> = objects.iter().flatten().copied().collect();
        let answers = aligned(&objects, self.snapshot.graph.values(&asked));
        let default = self.id().and_then(|field| self.default(field));
        let read = |(node, answer): (&NodeId, Option<Option<Value>>)| {
            let Some(value) = answer else { return Ok(None) };
            self.read(*node, value.as_ref().or(default.as_ref())).map(Some)
        };
        ids.iter().zip(answers).map(read).collect()
    }

    /// The field of this node, from what is visible of it.
    pub(super) fn read(&self, node: NodeId, value: Option<&Value>) -> Result<T, ReadError> {
        T::read(value).map_err(|misread| self.fault(node, misread))
    }

    pub(super) fn fault(&self, node: NodeId, misread: Misread) -> ReadError {
        let error = View::<R>::fault(self.binding(), self.index, misread);
        ReadError::Field { node, error }
    }

    /// What a register reads as while nothing is written, by its configuration: that of the schema
    /// and that of the program are equal.
    fn default(&self, field: FieldId) -> Option<Value> {
        let (_, found) = self.snapshot.bindings.schema.field_with(field)?;
        if found.kind != "register" {
            return None;
        }
        let config = decode::<RegisterConfig, CONFIG_BYTES_MAX>("a register", &found.config);
        match config.ok()?.value {
            ValueType::Default { value, .. } => Some(value),
            _ => None,
        }
    }
}

/// Answers about those that are there, among all that were asked about.
pub(super) fn aligned<A, B>(
    asked: &[Option<A>],
    answers: Vec<B>,
) -> impl Iterator<Item = Option<B>> {
    let mut answers = answers.into_iter();
    asked.iter().map(move |one| one.as_ref().and_then(|_| answers.next()))
}
