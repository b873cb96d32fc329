//! Types of values: what a register, a member, an item or a key may hold.
//!
//! ```text
//!  place (of a register, a member)  =  type  |  optional<type>  |  default<type, value>
//!  type                             =  bool | int | float | string | bytes | literal | pointer
//!                                      | list<type> | composite{place…} | union(type…)
//!                                      | derivation(name, primitive) | foreign key
//! ```
//!
//! **Invariants**
//! - A value carries no tag of its type: so any two members of a union are *apart*, that is, no
//!   value is of both ([`ValueType::is_apart`]).
//! - Optional and default stand at a place, never inside a type: there is no value that says
//!   "nothing".
//! - What decodes keeps the limits on depth and on how many types one is made of; `check` holds a
//!   type that was built here to the same, so that it decodes wherever it goes.
//!
//! What this does not do: know what a derivation derives. A date over a string is a string here,
//! whoever reads it.

mod decoding;
mod reading;
mod rules;
mod words;

pub(crate) use crate::value_type::decoding::members;
pub use crate::value_type::rules::TypeError;
pub(crate) use crate::value_type::rules::check_record;

use crate::id::{NodeId, TypeId};
use crate::value::Value;
use serde::{Deserialize, Serialize};

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
    /// [`Value::Float`].
    Float,
    /// This one scalar.
    Literal(Value),
    /// A value of one of these types. No value is of two.
    Union(Vec<ValueType>),
    /// [`Value::Record`] with these members: those that are neither optional nor have a default
    /// are there, others may be, and nothing else is.
    Composite(Vec<MemberDefinition>),
    /// A primitive that programs may read as something richer, such as a date over a string.
    Derivation {
        /// What it is read as.
        name: String,
        /// What it is.
        over: Box<ValueType>,
    },
    /// At a place: a value of this type, or nothing.
    Optional(Box<ValueType>),
    /// At a place: a value of this type; while there is none, this value is read.
    Default {
        /// The type.
        of: Box<ValueType>,
        /// What is read while nothing is written.
        value: Value,
    },
    /// [`Value::Pointer`] to a node of this type, which has a say when that is deleted.
    ForeignKey {
        /// The type of the node.
        target: TypeId,
        /// What becomes of a deletion of the node.
        on_delete: OnDelete,
    },
}

/// What a foreign key says to the deletion of the node that it points to (`docs/meaning.md`,
/// *Existence*). A plain [`ValueType::Pointer`] says nothing, and is absent while there is no such
/// node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OnDelete {
    /// Forbids it.
    Restrict,
    /// The node with the key goes, too.
    Cascade,
    /// Forbids it, and a key to a deleted node brings that back.
    Revive,
}

/// One member of a record or of a composite.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct MemberDefinition {
    /// Stable number.
    pub number: u32,
    /// Name, unique among the members.
    pub name: String,
    /// What the member may hold: a place.
    pub value: ValueType,
}

impl ValueType {
    /// Whether the value is of this type. Whom a pointer points to is not looked at: that is a
    /// matter of the graph, not of the value.
    pub fn admits(&self, value: &Value) -> bool {
        match (self, value) {
            (ValueType::Bool, Value::Bool(_))
            | (ValueType::Int, Value::Int(_))
            | (ValueType::Float, Value::Float(_))
            | (ValueType::String, Value::String(_))
            | (ValueType::Bytes, Value::Bytes(_))
            | (ValueType::Pointer(_) | ValueType::ForeignKey { .. }, Value::Pointer(_)) => true,
            (ValueType::List(item), Value::List(values)) => values.iter().all(|v| item.admits(v)),
            (ValueType::Literal(literal), value) => literal == value,
            (ValueType::Union(members), value) => members.iter().any(|one| one.admits(value)),
            (ValueType::Composite(members), Value::Record(values)) => fits(members, values),
            (ValueType::Derivation { over, .. }, value) => over.admits(value),
            (ValueType::Optional(of) | ValueType::Default { of, .. }, value) => of.admits(value),
            _ => false,
        }
    }

    /// Whether nothing may stand at this place.
    pub fn is_optional(&self) -> bool {
        matches!(self, ValueType::Optional(_))
    }

    /// What is read at this place while nothing is written there.
    pub fn default(&self) -> Option<&Value> {
        match self {
            ValueType::Default { value, .. } => Some(value),
            _ => None,
        }
    }

    /// The type of a place without what it says about nothing being there.
    pub fn of_place(&self) -> &ValueType {
        match self {
            ValueType::Optional(of) | ValueType::Default { of, .. } => of,
            other => other,
        }
    }

    /// Names every pointer in a value of this type, with the type of node it must point to.
    pub fn pointers(&self, value: &Value, found: &mut dyn FnMut(NodeId, TypeId)) {
        self.links(value, &mut |node, target, _| found(node, target));
    }

    /// Names every pointer in a value of this type, with the type of node it must point to; of
    /// foreign keys also what they say to a deletion. In the order of lists and members.
    pub fn links(&self, value: &Value, found: &mut dyn FnMut(NodeId, TypeId, Option<OnDelete>)) {
        match (self, value) {
            (ValueType::Pointer(target), Value::Pointer(node)) => found(*node, *target, None),
            (ValueType::ForeignKey { target, on_delete }, Value::Pointer(node)) => {
                found(*node, *target, Some(*on_delete));
            }
            (ValueType::List(item), Value::List(values)) => {
                values.iter().for_each(|value| item.links(value, found));
            }
            (ValueType::Union(members), value) => {
                if let Some(one) = members.iter().find(|one| one.admits(value)) {
                    one.links(value, found);
                }
            }
            (ValueType::Composite(members), Value::Record(values)) => {
                for (number, value) in values {
                    if let Some(member) = member(members, *number) {
                        member.value.links(value, found);
                    }
                }
            }
            (ValueType::Optional(of) | ValueType::Default { of, .. }, value) => {
                of.links(value, found);
            }
            _ => {}
        }
    }

    /// Whether the two can stand in one union: what they show on their faces says that no value is
    /// of both.
    ///
    /// Two lists share the empty one. Two composites are apart where a member that both always have
    /// is; that one has a member which the other lacks does not count.
    pub fn is_apart(&self, other: &ValueType) -> bool {
        match (self.bare(), other.bare()) {
            (ValueType::Union(members), one) | (one, ValueType::Union(members)) => {
                members.iter().all(|member| member.is_apart(one))
            }
            (ValueType::Literal(literal), of) | (of, ValueType::Literal(literal)) => {
                !of.admits(literal)
            }
            (ValueType::Composite(one), ValueType::Composite(other)) => are_told_apart(one, other),
            (
                ValueType::Pointer(_) | ValueType::ForeignKey { .. },
                ValueType::Pointer(_) | ValueType::ForeignKey { .. },
            ) => false,
            (one, other) => std::mem::discriminant(one) != std::mem::discriminant(other),
        }
    }

    /// Puts other types of node in the place of those that values may point to.
    pub(crate) fn retarget(&mut self, to: &dyn Fn(TypeId) -> TypeId) {
        match self {
            ValueType::Pointer(target) | ValueType::ForeignKey { target, .. } => {
                *target = to(*target);
            }
            ValueType::List(of) | ValueType::Optional(of) | ValueType::Default { of, .. } => {
                of.retarget(to);
            }
            ValueType::Union(members) => members.iter_mut().for_each(|one| one.retarget(to)),
            ValueType::Composite(members) => {
                members.iter_mut().for_each(|one| one.value.retarget(to));
            }
            _ => {}
        }
    }

    /// The type without what only programs make of it, and without what a place says.
    pub(crate) fn bare(&self) -> &ValueType {
        match self {
            ValueType::Derivation { over: of, .. }
            | ValueType::Optional(of)
            | ValueType::Default { of, .. } => of.bare(),
            other => other,
        }
    }

    /// Whether there may be no value at this place.
    pub(crate) fn may_lack(&self) -> bool {
        matches!(self, ValueType::Optional(_) | ValueType::Default { .. })
    }
}

/// The member with this number; members ascend.
pub(crate) fn member(members: &[MemberDefinition], number: u32) -> Option<&MemberDefinition> {
    let at = members.binary_search_by_key(&number, |member| member.number).ok()?;
    members.get(at)
}

/// Whether the values, ascending by number, are those of a composite with these members.
fn fits(members: &[MemberDefinition], values: &[(u32, Value)]) -> bool {
    let mut values = values.iter().peekable();
    for member in members {
        match values.next_if(|(number, _)| *number == member.number) {
            Some((_, value)) if member.value.admits(value) => {}
            Some(_) => return false,
            None if member.value.may_lack() => {}
            None => return false,
        }
    }
    values.next().is_none()
}

/// Whether two composites have a member that both always have, with types that are apart.
fn are_told_apart(one: &[MemberDefinition], other: &[MemberDefinition]) -> bool {
    let is_always_there = |it: &MemberDefinition| !it.value.may_lack();
    one.iter().filter(|it| is_always_there(it)).any(|it| {
        let same = member(other, it.number).filter(|it| is_always_there(it));
        same.is_some_and(|same| it.value.is_apart(&same.value))
    })
}
