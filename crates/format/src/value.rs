//! Values: what a register holds, and the types that say what it may hold.
//!
//! **Invariants**
//! - One value has one form in bytes; the derived order is total and the same everywhere.
//! - Nesting is at most [`VALUE_DEPTH_MAX`] deep, checked while decoding, before any recursion.
//!
//! What this does not do: floats, unions and derivations (they wait for the type system), or say
//! whether a pointer's target exists.

use crate::canonical;
use crate::id::{NodeId, TypeId};
use crate::limits::{FIELDS_MAX, LIST_ITEMS_MAX, VALUE_DEPTH_MAX};
use serde::de::{DeserializeSeed, EnumAccess, Error as _, SeqAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// A value of a register, a record's member or an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// UTF-8 text.
    String(String),
    /// Bytes.
    Bytes(#[serde(serialize_with = "canonical::put_bytes")] Vec<u8>),
    /// Another node.
    Pointer(NodeId),
    /// Values of one type, in this order, replaced as a whole.
    List(Vec<Value>),
    /// Named parts, ascending by member number: what a record shows.
    Record(Vec<(u32, Value)>),
}

/// What a value may be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub enum ValueType {
    /// [`Value::Bool`].
    Bool,
    /// [`Value::Int`].
    Int,
    /// [`Value::String`].
    String,
    /// [`Value::Bytes`].
    Bytes,
    /// [`Value::Pointer`] to a node of this type.
    Pointer(TypeId),
    /// [`Value::List`] of this type.
    List(Box<ValueType>),
}

impl Value {
    /// What kind of value this is, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::String(_) => "string",
            Value::Bytes(_) => "bytes",
            Value::Pointer(_) => "pointer",
            Value::List(_) => "list",
            Value::Record(_) => "record",
        }
    }
}

impl ValueType {
    /// Whether the value is of this type. Whom a pointer points to is not looked at: that is a
    /// matter of the graph, not of the value.
    pub fn admits(&self, value: &Value) -> bool {
        match (self, value) {
            (ValueType::Bool, Value::Bool(_))
            | (ValueType::Int, Value::Int(_))
            | (ValueType::String, Value::String(_))
            | (ValueType::Bytes, Value::Bytes(_))
            | (ValueType::Pointer(_), Value::Pointer(_)) => true,
            (ValueType::List(item), Value::List(values)) => values.iter().all(|v| item.admits(v)),
            _ => false,
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueType::Bool => f.write_str("bool"),
            ValueType::Int => f.write_str("int"),
            ValueType::String => f.write_str("string"),
            ValueType::Bytes => f.write_str("bytes"),
            ValueType::Pointer(target) => write!(f, "pointer<{}>", target.0),
            ValueType::List(item) => write!(f, "list<{item}>"),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::String(value.to_owned())
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::String(value)
    }
}
impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Value::Bytes(value)
    }
}
impl From<NodeId> for Value {
    fn from(value: NodeId) -> Self {
        Value::Pointer(value)
    }
}

/// Decodes a thing that nests, counting how deep it stands.
struct Nested<T> {
    depth: usize,
    thing: std::marker::PhantomData<T>,
}

impl<T> Nested<T> {
    fn at(depth: usize) -> Self {
        Nested { depth, thing: std::marker::PhantomData }
    }

    fn below<E: serde::de::Error>(&self) -> Result<Self, E> {
        if self.depth >= VALUE_DEPTH_MAX {
            return Err(E::custom(format!("nested deeper than {VALUE_DEPTH_MAX}")));
        }
        Ok(Nested::at(self.depth + 1))
    }
}

const VALUE_VARIANTS: &[&str] = &["Bool", "Int", "String", "Bytes", "Pointer", "List", "Record"];
const TYPE_VARIANTS: &[&str] = &["Bool", "Int", "String", "Bytes", "Pointer", "List"];

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Nested::<Value>::at(1).deserialize(deserializer)
    }
}

impl<'de> DeserializeSeed<'de> for Nested<Value> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_enum("Value", VALUE_VARIANTS, self)
    }
}

impl<'de> Visitor<'de> for Nested<Value> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Value, A::Error> {
        let (tag, variant) = data.variant::<u32>()?;
        Ok(match tag {
            0 => Value::Bool(variant.newtype_variant()?),
            1 => Value::Int(variant.newtype_variant()?),
            2 => Value::String(variant.newtype_variant::<&'de str>()?.to_owned()),
            3 => Value::Bytes(variant.newtype_variant::<&'de [u8]>()?.to_owned()),
            4 => Value::Pointer(variant.newtype_variant()?),
            5 => Value::List(variant.newtype_variant_seed(Items(self.below()?))?),
            6 => Value::Record(variant.newtype_variant_seed(Members(self.below()?))?),
            _ => return Err(A::Error::custom(format!("{tag} is no value's tag"))),
        })
    }
}

/// The members that a record's op sets; for `#[serde(deserialize_with)]`.
pub(crate) fn members<'de, D>(deserializer: D) -> Result<Vec<(u32, Value)>, D::Error>
where
    D: Deserializer<'de>,
{
    Members(Nested::at(1)).deserialize(deserializer)
}

struct Items(Nested<Value>);

impl<'de> DeserializeSeed<'de> for Items {
    type Value = Vec<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Value>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items {
    type Value = Vec<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<Value>, A::Error> {
        let claimed = items.size_hint().unwrap_or(0);
        canonical::check_length::<A::Error>(claimed, LIST_ITEMS_MAX)?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Nested::<Value>::at(self.0.depth))? {
            if list.len() == LIST_ITEMS_MAX {
                return Err(A::Error::custom(format!("more than {LIST_ITEMS_MAX} items")));
            }
            canonical::push(&mut list, item, claimed);
        }
        Ok(list)
    }
}

struct Members(Nested<Value>);

impl<'de> DeserializeSeed<'de> for Members {
    type Value = Vec<(u32, Value)>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(u32, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("members of a record, strictly ascending")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let claimed = items.size_hint().unwrap_or(0);
        canonical::check_length::<A::Error>(claimed, FIELDS_MAX)?;
        let mut members: Vec<(u32, Value)> = Vec::new();
        while let Some(member) = items.next_element_seed(Member(Nested::at(self.0.depth)))? {
            if members.last().is_some_and(|(last, _)| *last >= member.0) {
                return Err(A::Error::custom("members of a record must ascend"));
            }
            if members.len() == FIELDS_MAX {
                return Err(A::Error::custom(format!("more than {FIELDS_MAX} members")));
            }
            canonical::push(&mut members, member, claimed);
        }
        Ok(members)
    }
}

struct Member(Nested<Value>);

impl<'de> DeserializeSeed<'de> for Member {
    type Value = (u32, Value);

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_tuple(2, self)
    }
}

impl<'de> Visitor<'de> for Member {
    type Value = (u32, Value);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's number and value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<Self::Value, A::Error> {
        let missing = || A::Error::custom("half a member");
        let number = pair.next_element()?.ok_or_else(missing)?;
        let value = pair.next_element_seed(self.0)?.ok_or_else(missing)?;
        Ok((number, value))
    }
}

impl<'de> Deserialize<'de> for ValueType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Nested::<ValueType>::at(1).deserialize(deserializer)
    }
}

impl<'de> DeserializeSeed<'de> for Nested<ValueType> {
    type Value = ValueType;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<ValueType, D::Error> {
        deserializer.deserialize_enum("ValueType", TYPE_VARIANTS, self)
    }
}

impl<'de> Visitor<'de> for Nested<ValueType> {
    type Value = ValueType;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a type of value")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<ValueType, A::Error> {
        let (tag, variant) = data.variant::<u32>()?;
        let plain = match tag {
            0 => ValueType::Bool,
            1 => ValueType::Int,
            2 => ValueType::String,
            3 => ValueType::Bytes,
            4 => return Ok(ValueType::Pointer(variant.newtype_variant()?)),
            5 => {
                let item = variant.newtype_variant_seed(self.below::<A::Error>()?)?;
                return Ok(ValueType::List(Box::new(item)));
            }
            _ => return Err(A::Error::custom(format!("{tag} is no type's tag"))),
        };
        variant.unit_variant()?;
        Ok(plain)
    }
}
