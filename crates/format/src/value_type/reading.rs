//! Reading a value as a type: what a reader gets whose schema has another type at a place than the
//! one under which the value was written.
//!
//! ```text
//!   value ── convert ──► a value of the type ── mask ──► without pointers to what is not there
//!               │
//!               └─ cannot ──► nothing (optional) | the default | the type's zero
//! ```
//!
//! **Invariants**
//! - A fixed, total function of the value, the type and who is there: `docs/format.md`, *Reading a
//!   value as a type*, has it as a table.
//! - A value that the type admits is read as it is, but for pointers to what is not there.
//! - What is read is admitted by the type, where that keeps the rules, but for the pointers that
//!   are left out.
//! - What is filled in has an end: zeros and defaults that stand in for parts of a value have at
//!   most as many bytes as the value, and a fixed number more.
//! - Recursion goes down the type or the value with each step, and both have a greatest depth.
//!
//! What this does not do: know the type under which the value was written. Values are bare.

use super::{MemberDefinition, ValueType};
use crate::canonical;
use crate::id::{NodeId, TypeId};
use crate::limits::CONFIG_BYTES_MAX;
use crate::value::Value;
use std::cell::Cell;

/// What may be filled in at a place, in canonical bytes, beside as much as the value itself has. A
/// place is asked for by itself, and its type's own zero may have about as much.
const FILL_OF_PLACE: usize = CONFIG_BYTES_MAX;
/// The same of an item or a key, of which one answer has many.
const FILL_OF_ITEM: usize = 1024;

/// How much may still be filled in: a few bytes of a list could otherwise read as all that a type
/// can have, item by item.
struct Room(Cell<Option<usize>>);

impl Room {
    fn of(value: &Value, least: usize) -> Self {
        Room(Cell::new(Some(canonical::encode(value).len().saturating_add(least))))
    }

    fn takes(&self, filled: &Value) -> bool {
        let left = self.0.get().and_then(|left| left.checked_sub(canonical::encode(filled).len()));
        self.0.set(left);
        left.is_some()
    }

    fn is_over(&self) -> bool {
        self.0.get().is_none()
    }
}

/// Whether a node lives, and is of this type.
type IsThere<'a> = dyn Fn(NodeId, TypeId) -> bool + 'a;

impl ValueType {
    /// What a reader that has this type at a place reads of what was written there, `None` for
    /// nothing; `is_there` says whether a node lives and is of a type.
    ///
    /// Where the value does not convert, an optional place reads as nothing, one with a default as
    /// that, any other as the type's zero. A pointer to what is not there reads as nothing.
    pub fn read(
        &self,
        value: Option<&Value>,
        is_there: &dyn Fn(NodeId, TypeId) -> bool,
    ) -> Option<Value> {
        match value {
            None => self.default().cloned(),
            Some(value) => {
                let read = self.within(value, FILL_OF_PLACE).or_else(|| self.zero())?;
                self.masked(read, is_there)
            }
        }
    }

    /// The value as one of this type, where it is one or converts: an item, a key, a value at a
    /// key, which have no default and no zero.
    pub fn convert(
        &self,
        value: &Value,
        is_there: &dyn Fn(NodeId, TypeId) -> bool,
    ) -> Option<Value> {
        self.masked(self.within(value, FILL_OF_ITEM)?, is_there)
    }

    /// What the value converts to, if no more has to be filled in than it may have.
    fn within(&self, value: &Value, least: usize) -> Option<Value> {
        if self.admits(value) {
            return Some(value.clone());
        }
        let room = Room::of(value, least);
        self.converted(value, &room).filter(|_| !room.is_over())
    }

    /// What a written value is at this place, pointers not looked at.
    fn placed(&self, value: &Value, room: &Room) -> Option<Value> {
        self.converted(value, room).or_else(|| self.filled(room))
    }

    /// The zero, where there is room for it.
    fn filled(&self, room: &Room) -> Option<Value> {
        if room.is_over() {
            return None;
        }
        self.zero().filter(|zero| room.takes(zero))
    }

    fn converted(&self, value: &Value, room: &Room) -> Option<Value> {
        if room.is_over() {
            return None;
        }
        if self.admits(value) {
            return Some(value.clone());
        }
        match self {
            ValueType::Optional(of)
            | ValueType::Default { of, .. }
            | ValueType::Derivation { over: of, .. } => of.converted(value, room),
            ValueType::Union(members) => members.iter().find_map(|one| one.converted(value, room)),
            ValueType::List(item) => Some(Value::List(match value {
                Value::List(values) => {
                    values.iter().filter_map(|one| item.placed(one, room)).collect()
                }
                one => vec![item.converted(one, room)?],
            })),
            ValueType::Composite(members) if let Value::Record(values) = value => {
                Some(composite(members, values, room))
            }
            _ => match value {
                Value::List(values) => match &values[..] {
                    [one] => self.converted(one, room),
                    _ => None,
                },
                one => self.scalar(one, room),
            },
        }
    }

    fn scalar(&self, value: &Value, room: &Room) -> Option<Value> {
        match self {
            ValueType::Bool => truth(value).map(Value::Bool),
            ValueType::Int => whole(value).map(Value::Int),
            ValueType::Float => number(value).map(Value::from),
            ValueType::String => text(value).map(Value::String),
            ValueType::Bytes => match value {
                Value::String(text) => Some(Value::Bytes(text.as_bytes().to_vec())),
                _ => None,
            },
            ValueType::Literal(literal) => {
                let same = primitive(literal)?.converted(value, room)?;
                (same == *literal).then_some(same)
            }
            _ => None,
        }
    }

    /// What stands where there must be a value, and none converts.
    pub(crate) fn zero(&self) -> Option<Value> {
        match self {
            ValueType::Bool => Some(Value::Bool(false)),
            ValueType::Int => Some(Value::Int(0)),
            ValueType::Float => Some(Value::from(0.0)),
            ValueType::String => Some(Value::from("")),
            ValueType::Bytes => Some(Value::Bytes(vec![])),
            ValueType::List(_) => Some(Value::List(vec![])),
            ValueType::Literal(literal) => Some(literal.clone()),
            ValueType::Union(members) => members.iter().find_map(ValueType::zero),
            ValueType::Composite(members) => {
                let always = members.iter().filter(|member| !member.value.may_lack());
                let zeros = always.filter_map(|one| Some((one.number, one.value.zero()?)));
                Some(Value::Record(zeros.collect()))
            }
            ValueType::Derivation { over, .. } => over.zero(),
            ValueType::Default { value, .. } => Some(value.clone()),
            ValueType::Pointer(_) | ValueType::ForeignKey { .. } | ValueType::Optional(_) => None,
        }
    }

    fn masked(&self, value: Value, is_there: &IsThere<'_>) -> Option<Value> {
        if self.has_pointer() { self.mask(value, is_there) } else { Some(value) }
    }

    /// A value of this type without the pointers to what is not there.
    fn mask(&self, value: Value, is_there: &IsThere<'_>) -> Option<Value> {
        match (self, value) {
            (
                ValueType::Pointer(target) | ValueType::ForeignKey { target, .. },
                Value::Pointer(node),
            ) => is_there(node, *target).then_some(Value::Pointer(node)),
            (ValueType::Optional(of) | ValueType::Default { of, .. }, value) => {
                of.mask(value, is_there)
            }
            (ValueType::List(item), Value::List(values)) => {
                let kept = values.into_iter().filter_map(|one| item.mask(one, is_there));
                Some(Value::List(kept.collect()))
            }
            (ValueType::Union(members), value) => {
                match members.iter().find(|one| one.admits(&value)) {
                    Some(one) => one.mask(value, is_there),
                    None => Some(value),
                }
            }
            (ValueType::Composite(members), Value::Record(values)) => {
                let kept = values.into_iter().filter_map(|(number, value)| {
                    match super::member(members, number) {
                        Some(member) => Some((number, member.value.mask(value, is_there)?)),
                        None => Some((number, value)),
                    }
                });
                Some(Value::Record(kept.collect()))
            }
            (_, value) => Some(value),
        }
    }
}

/// The members, ascending by number, of what stands under their numbers. One that is not there and
/// may not lack is its zero; others that are not there stay so.
fn composite(members: &[MemberDefinition], values: &[(u32, Value)], room: &Room) -> Value {
    let read = members.iter().filter_map(|member| {
        let there = values.binary_search_by_key(&member.number, |(number, _)| *number);
        let value = match there.ok().and_then(|at| values.get(at)) {
            Some((_, value)) => member.value.placed(value, room)?,
            None if member.value.may_lack() => return None,
            None => member.value.filled(room)?,
        };
        Some((member.number, value))
    });
    let mut read: Vec<_> = read.collect();
    // Of a list of small ones, the room for more members would be most of it.
    read.shrink_to_fit();
    Value::Record(read)
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Int(value) => Some(*value != 0),
        Value::Float(value) => Some(value.get() != 0.0 && !value.get().is_nan()),
        Value::String(text) => Some(!matches!(text.as_str(), "" | "0" | "false")),
        _ => None,
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Bool(value) => Some(i64::from(*value)),
        Value::Int(value) => Some(*value),
        Value::Float(value) => Some(toward_zero(value.get())),
        Value::String(text) => {
            let whole = text.trim_ascii().parse().ok();
            whole.or_else(|| parsed(text).map(toward_zero))
        }
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::Int(value) => Some(*value as f64),
        Value::Float(value) => Some(value.get()),
        Value::String(text) => parsed(text),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Int(value) => Some(value.to_string()),
        Value::Float(value) => Some(value.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Bytes(bytes) => std::str::from_utf8(bytes).ok().map(str::to_owned),
        _ => None,
    }
}

/// The nearest number to what the text says.
fn parsed(text: &str) -> Option<f64> {
    text.trim_ascii().parse().ok()
}

/// Past either end it is that end; what is no number is 0.
fn toward_zero(number: f64) -> i64 {
    number as i64
}

/// The type of a literal's scalar.
fn primitive(literal: &Value) -> Option<ValueType> {
    match literal {
        Value::Bool(_) => Some(ValueType::Bool),
        Value::Int(_) => Some(ValueType::Int),
        Value::Float(_) => Some(ValueType::Float),
        Value::String(_) => Some(ValueType::String),
        Value::Bytes(_) => Some(ValueType::Bytes),
        _ => None,
    }
}
