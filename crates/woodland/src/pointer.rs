//! Names of nodes, with the record that they are read as.
//!
//! **Invariants**
//! - A `Pointer<R>` names a node of `R`'s type; it is a name, not a promise that the node is there.
//!
//! What this does not do: reach the node. `Snapshot::read` does.

use crate::record::Record;
use crate::shape::Shape;
use crate::value::FieldValue;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use woodland_format::{NodeId, Value};

/// The name of a node of type `R`: usable in the batch that made the node and ever after.
pub struct Pointer<R> {
    id: NodeId,
    record: PhantomData<fn() -> R>,
}

impl<R> Pointer<R> {
    /// The pointer to the node with this id.
    pub fn to(id: NodeId) -> Self {
        Pointer { id, record: PhantomData }
    }

    /// The node's id.
    pub fn id(&self) -> NodeId {
        self.id
    }
}

impl<R: Record> FieldValue for Pointer<R> {
    fn shape() -> Shape {
        Shape::Pointer(R::TYPE)
    }

    fn to_value(&self) -> Value {
        Value::Pointer(self.id)
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Pointer(id) => Some(Pointer::to(*id)),
            _ => None,
        }
    }
}

impl<R> Clone for Pointer<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Pointer<R> {}

impl<R> PartialEq for Pointer<R> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<R> Eq for Pointer<R> {}

impl<R> PartialOrd for Pointer<R> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<R> Ord for Pointer<R> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.id.cmp(&other.id)
    }
}

impl<R> Hash for Pointer<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl<R> fmt::Debug for Pointer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pointer({})", self.id.short())
    }
}
