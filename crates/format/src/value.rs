//! Values: what a register holds, and what every kind shows.
//!
//! **Invariants**
//! - One value has one form in bytes; the derived order is total and the same everywhere.
//! - Nesting is at most [`VALUE_DEPTH_MAX`](crate::limits::VALUE_DEPTH_MAX) deep, checked while
//!   decoding, before any recursion.
//!
//! What this does not do: say which type a value is of (`value_type`), or whether a pointer's
//! target exists.

use crate::canonical;
use crate::excerpt::joined;
use crate::float::Float;
use crate::id::NodeId;
use crate::limits::{FIELDS_MAX, LIST_ITEMS_MAX};
use crate::nested::{Nested, collect};
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
    /// Named parts, ascending by member number: a composite, and what a record shows.
    Record(Vec<(u32, Value)>),
    /// A floating-point number.
    Float(Float),
    /// Entries, ascending strictly by key: what a map shows. No field holds one as a value.
    Map(Vec<(Value, Value)>),
    /// The place in a list of what is not to be read any more: a pointer whose target is deleted.
    /// Only ever an answer: no bytes decode to it.
    Gone,
}

impl Value {
    /// Names every pointer in it, whatever type it is of.
    pub fn pointers(&self, found: &mut dyn FnMut(NodeId)) {
        match self {
            Value::Pointer(node) => found(*node),
            Value::List(items) => items.iter().for_each(|item| item.pointers(found)),
            Value::Record(members) => members.iter().for_each(|(_, part)| part.pointers(found)),
            Value::Map(entries) => {
                for (key, value) in entries {
                    key.pointers(found);
                    value.pointers(found);
                }
            }
            _ => {}
        }
    }

    /// Whether it is a bool, an int, a float, a string or bytes.
    pub fn is_primitive(&self) -> bool {
        use Value::{Bool, Bytes, Float, Int, String};
        matches!(self, Bool(_) | Int(_) | Float(_) | String(_) | Bytes(_))
    }

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
            Value::Float(_) => "float",
            Value::Map(_) => "map",
            Value::Gone => "gone",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(value) => write!(f, "{value}"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Float(value) => write!(f, "{value}"),
            Value::String(value) => write!(f, "{value:?}"),
            Value::Bytes(value) => {
                f.write_str("0x")?;
                value.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Value::Pointer(node) => write!(f, "{node}"),
            Value::List(items) => {
                f.write_str("[")?;
                joined(f, ", ", items, |f, item| write!(f, "{item}"))?;
                f.write_str("]")
            }
            Value::Record(members) => {
                f.write_str("{")?;
                joined(f, ", ", members, |f, (number, value)| write!(f, "{number}: {value}"))?;
                f.write_str("}")
            }
            Value::Gone => f.write_str("gone"),
            Value::Map(entries) => {
                f.write_str("{")?;
                joined(f, ", ", entries, |f, (key, value)| write!(f, "{key}: {value}"))?;
                f.write_str("}")
            }
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
impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value::Float(Float::new(value))
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

const VALUE_VARIANTS: &[&str] =
    &["Bool", "Int", "String", "Bytes", "Pointer", "List", "Record", "Float", "Map"];

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
            7 => Value::Float(variant.newtype_variant()?),
            8 => Value::Map(variant.newtype_variant_seed(Entries(self.below()?))?),
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

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Vec<Value>, A::Error> {
        collect(items, LIST_ITEMS_MAX, || Nested::<Value>::at(self.0.depth()))
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

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        let members = collect(items, FIELDS_MAX, || Member(Nested::at(self.0.depth())))?;
        if members.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Err(A::Error::custom("members of a record must ascend"));
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

/// The numbers of members that a record's op clears; for `#[serde(deserialize_with)]`.
pub(crate) fn numbers<'de, D>(deserializer: D) -> Result<Vec<u32>, D::Error>
where
    D: Deserializer<'de>,
{
    let numbers = canonical::list::<_, u32, FIELDS_MAX>(deserializer)?;
    if numbers.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(D::Error::custom("members of a record must ascend"));
    }
    Ok(numbers)
}

/// The items of an op, each once, ascending; for `#[serde(deserialize_with)]`.
pub(crate) fn ascending<'de, D>(deserializer: D) -> Result<Vec<Value>, D::Error>
where
    D: Deserializer<'de>,
{
    let items = items(deserializer)?;
    if items.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(D::Error::custom("items must ascend"));
    }
    Ok(items)
}

/// The value of these bytes where it is an int, a bool, a pointer or a string, and these are its
/// canonical bytes: a short cut, which the decoder above agrees with.
pub(crate) fn plain(bytes: &[u8]) -> Option<Value> {
    let (tag, rest) = bytes.split_first_chunk::<4>()?;
    match u32::from_le_bytes(*tag) {
        0 => match rest {
            [0] => Some(Value::Bool(false)),
            [1] => Some(Value::Bool(true)),
            _ => None,
        },
        1 => Some(Value::Int(i64::from_le_bytes(rest.try_into().ok()?))),
        2 => {
            let (length, text) = rest.split_first_chunk::<8>()?;
            let is_whole = u64::from_le_bytes(*length) == text.len() as u64;
            let text = std::str::from_utf8(text).ok().filter(|_| is_whole)?;
            Some(Value::String(text.to_owned()))
        }
        4 => Some(Value::Pointer(NodeId(rest.try_into().ok()?))),
        _ => None,
    }
}

/// The items of an op, in any order; for `#[serde(deserialize_with)]`.
pub(crate) fn items<'de, D>(deserializer: D) -> Result<Vec<Value>, D::Error>
where
    D: Deserializer<'de>,
{
    Items(Nested::at(1)).deserialize(deserializer)
}

/// The entries that a map's op puts; for `#[serde(deserialize_with)]`.
pub(crate) fn entries<'de, D>(deserializer: D) -> Result<Vec<(Value, Value)>, D::Error>
where
    D: Deserializer<'de>,
{
    Entries(Nested::at(1)).deserialize(deserializer)
}

struct Entries(Nested<Value>);

impl<'de> DeserializeSeed<'de> for Entries {
    type Value = Vec<(Value, Value)>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(Value, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("entries of a map, strictly ascending by key")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        let entries = collect(items, LIST_ITEMS_MAX, || EntrySeed(self.0.depth()))?;
        if entries.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Err(A::Error::custom("entries of a map must ascend"));
        }
        Ok(entries)
    }
}

/// One entry, key and value at this depth.
struct EntrySeed(usize);

impl<'de> DeserializeSeed<'de> for EntrySeed {
    type Value = (Value, Value);

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_tuple(2, self)
    }
}

impl<'de> Visitor<'de> for EntrySeed {
    type Value = (Value, Value);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key and its value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<Self::Value, A::Error> {
        let missing = || A::Error::custom("half an entry");
        let key = pair.next_element_seed(Nested::<Value>::at(self.0))?.ok_or_else(missing)?;
        let value = pair.next_element_seed(Nested::<Value>::at(self.0))?.ok_or_else(missing)?;
        Ok((key, value))
    }
}
