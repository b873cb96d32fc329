//! Rust types as values.
//!
//! **Invariants**
//! - `from_value` of `to_value` is the same again, and `shape` admits it.
//! - There is no value that says "nothing": `Option` stands at a place ([`Place`]), never inside.
//!
//! What this does not do: types of the application's own. `#[derive(FieldValue)]` writes them.

use crate::shape::Shape;
use woodland_format::{Float, Value};

/// A Rust type whose values are values of the database.
///
/// Derive it for a struct (a composite), for an enum (a union), or for a type that is a
/// *derivation* over a primitive, such as a date over a string. A type cannot hold a value of
/// itself: point to a record instead.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is no value that a field can hold",
    label = "no `FieldValue`",
    note = "values are bool, integers, f64, String, Vec<T>, Pointer<R>, and what derives FieldValue",
    note = "a Text, Counter, Set, Map, List, Atom, Parts or Events is a field, and no value in one",
    note = "`Option` stands directly at a field or member: inside a set, leave the item out"
)]
pub trait FieldValue: Sized + 'static {
    /// What it is in a schema.
    fn shape() -> Shape;

    /// The value.
    fn to_value(&self) -> Value;

    /// From the value; none if it is none of this type.
    fn from_value(value: &Value) -> Option<Self>;

    /// Why there is none where one has to be.
    #[doc(hidden)]
    fn absent() -> Misread {
        Misread::Absent
    }

    /// What a `Vec` of these is: bytes for `u8`, a list for everything else.
    #[doc(hidden)]
    fn shape_of_many() -> Shape {
        Shape::List(Box::new(Self::shape()))
    }

    #[doc(hidden)]
    fn many_to_value(items: &[Self]) -> Value {
        Value::List(items.iter().map(Self::to_value).collect())
    }

    #[doc(hidden)]
    fn many_from_value(value: &Value) -> Option<Vec<Self>> {
        match value {
            Value::List(items) => items.iter().map(Self::from_value).collect(),
            _ => None,
        }
    }
}

macro_rules! scalar {
    ($type:ty, $variant:ident) => {
        impl FieldValue for $type {
            fn shape() -> Shape {
                Shape::$variant
            }

            fn to_value(&self) -> Value {
                Value::from(self.clone())
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

impl FieldValue for f64 {
    fn shape() -> Shape {
        Shape::Float
    }

    fn to_value(&self) -> Value {
        Value::Float(Float::new(*self))
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Float(number) => Some(number.get()),
            _ => None,
        }
    }
}

/// Integers of other widths are ints; one that another program wrote may not fit and is then none
/// of this type.
macro_rules! narrow {
    ($($type:ty)*) => {$(
        impl FieldValue for $type {
            fn shape() -> Shape {
                Shape::Int
            }

            fn to_value(&self) -> Value {
                Value::Int(i64::from(*self))
            }

            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Int(number) => Self::try_from(*number).ok(),
                    _ => None,
                }
            }
        }
    )*};
}

narrow!(i8 i16 i32 u16 u32);

impl FieldValue for u8 {
    fn shape() -> Shape {
        Shape::Int
    }

    fn to_value(&self) -> Value {
        Value::Int(i64::from(*self))
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Int(number) => Self::try_from(*number).ok(),
            _ => None,
        }
    }

    fn shape_of_many() -> Shape {
        Shape::Bytes
    }

    fn many_to_value(items: &[Self]) -> Value {
        Value::Bytes(items.to_vec())
    }

    fn many_from_value(value: &Value) -> Option<Vec<Self>> {
        match value {
            Value::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }
}

impl<T: FieldValue> FieldValue for Vec<T> {
    fn shape() -> Shape {
        T::shape_of_many()
    }

    fn to_value(&self) -> Value {
        T::many_to_value(self)
    }

    fn from_value(value: &Value) -> Option<Self> {
        T::many_from_value(value)
    }
}

/// What stands at a field of kind `register` or at a member: a value, or `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand at a member",
    note = "members hold values: bool, integers, f64, String, Vec<T>, Pointer<R>, what derives FieldValue",
    note = "or `Option` of a value",
    note = "texts, counters, sets, maps and lists merge in their own way: they are fields of a record"
)]
pub trait Place: Sized + 'static {
    /// What may stand there.
    fn shape() -> Shape;

    /// The value; none where nothing stands.
    fn to_place(&self) -> Option<Value>;

    /// From what stands there.
    ///
    /// # Errors
    /// [`Misread`].
    fn from_place(value: Option<&Value>) -> Result<Self, Misread>;
}

impl<T: FieldValue> Place for T {
    fn shape() -> Shape {
        <T as FieldValue>::shape()
    }

    fn to_place(&self) -> Option<Value> {
        Some(self.to_value())
    }

    fn from_place(value: Option<&Value>) -> Result<Self, Misread> {
        let value = value.ok_or_else(T::absent)?;
        T::from_value(value).ok_or_else(|| Misread::of::<T>(value))
    }
}

impl<T: FieldValue> Place for Option<T> {
    fn shape() -> Shape {
        Shape::Optional(Box::new(T::shape()))
    }

    fn to_place(&self) -> Option<Value> {
        self.as_ref().map(T::to_value)
    }

    fn from_place(value: Option<&Value>) -> Result<Self, Misread> {
        value.map(|value| T::from_place(Some(value))).transpose()
    }
}

/// What is stored cannot be read as the program's type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misread {
    /// Nothing is stored, and the type wants something.
    Absent,
    /// The type wants a pointer, and nothing is stored, or what it points to is not there.
    NoTarget {
        /// The record that it points to.
        target: &'static str,
    },
    /// Another type of value, or none that a derivation takes.
    Type {
        /// What the program reads.
        expected: String,
        /// What is there.
        found: &'static str,
    },
    /// In one member.
    Member {
        /// Its name.
        name: &'static str,
        /// What is wrong with it.
        fault: Box<Misread>,
    },
}

impl Misread {
    /// A value that is no `T`.
    pub fn of<T: FieldValue>(found: &Value) -> Self {
        Misread::Type { expected: T::shape().to_string(), found: found.kind() }
    }
}

/// What can be given where a value of type `T` is wanted: a `T`, a `&T`, `&str` for `String`.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is no value for a field of type `{T}`",
    label = "expected `{T}`",
    note = "give a `{T}` or a reference to one"
)]
pub trait ValueFor<T> {
    /// The value.
    fn into_value_for(self) -> T;
}

impl<T> ValueFor<T> for T {
    fn into_value_for(self) -> T {
        self
    }
}

impl<T: Clone> ValueFor<T> for &T {
    fn into_value_for(self) -> T {
        self.clone()
    }
}

impl ValueFor<String> for &str {
    fn into_value_for(self) -> String {
        self.to_owned()
    }
}

impl ValueFor<Vec<u8>> for &[u8] {
    fn into_value_for(self) -> Vec<u8> {
        self.to_vec()
    }
}
