//! Rust types as values of fields.
//!
//! **Invariants**
//! - `from_value` of `to_value` is the same again.
//! - A `Pointer<R>` names a node of `R`'s type; it is a name, not a promise that the node is there.
//!
//! What this does not do: floats, unions, or types of the application's own; records do those.

use crate::record::Record;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use woodland_format::{NodeId, TypeId, Value, ValueType};

/// What a register can hold, before the types that it points to have their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// True or false.
    Bool,
    /// A signed integer.
    Int,
    /// UTF-8 text, replaced as a whole.
    String,
    /// Bytes, replaced as a whole.
    Bytes,
    /// A node of the type with this name.
    Pointer(&'static str),
    /// A list, replaced as a whole.
    List(Box<Shape>),
}

impl Shape {
    /// The value type, with the numbers that `number` gives to type names.
    pub(crate) fn resolve(
        &self,
        number: &impl Fn(&'static str) -> Option<TypeId>,
    ) -> Result<ValueType, &'static str> {
        Ok(match self {
            Shape::Bool => ValueType::Bool,
            Shape::Int => ValueType::Int,
            Shape::String => ValueType::String,
            Shape::Bytes => ValueType::Bytes,
            Shape::Pointer(name) => ValueType::Pointer(number(name).ok_or(*name)?),
            Shape::List(item) => ValueType::List(Box::new(item.resolve(number)?)),
        })
    }
}

/// A Rust type that a register or a record's member can hold.
pub trait FieldValue: Sized {
    /// What it is in a schema.
    fn shape() -> Shape;
    /// The value.
    fn to_value(&self) -> Value;
    /// From the value; none if it is of another type.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! scalar {
    ($type:ty, $variant:ident) => {
        impl FieldValue for $type {
            fn shape() -> Shape {
                Shape::$variant
            }

            fn to_value(&self) -> Value {
                Value::$variant(self.clone())
            }

            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::$variant(value) => Some(value.clone()),
                    _ => None,
                }
            }
        }
    };
}

scalar!(bool, Bool);
scalar!(i64, Int);
scalar!(String, String);
scalar!(Vec<u8>, Bytes);

impl<T: FieldValue> FieldValue for Vec<T> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }

    fn to_value(&self) -> Value {
        Value::List(self.iter().map(T::to_value).collect())
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::List(items) => items.iter().map(T::from_value).collect(),
            _ => None,
        }
    }
}

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
