//! Types of values: what a register, a member, an item or a key may hold.
//!
//! ```text
//!  place (of a register, a member)  =  type  |  optional<type>  |  default<type, value>
//!  type                             =  bool | int | float | string | bytes | literal | pointer
//!                                      | list<type> | composite{place…} | union(type…)
//!                                      | derivation(name, primitive)
//! ```
//!
//! **Invariants**
//! - A value carries no tag of its type: so any two members of a union are *apart*, that is, no
//!   value is of both ([`ValueType::is_apart`]).
//! - Optional and default stand at a place, never inside a type: there is no value that says
//!   "nothing".
//! - Nesting is at most [`VALUE_DEPTH_MAX`](crate::limits::VALUE_DEPTH_MAX) deep, checked while decoding, before any recursion.
//!
//! What this does not do: know what a derivation derives. A date over a string is a string here,
//! whoever reads it.

use crate::canonical;
use crate::id::TypeId;
use crate::limits::{FIELDS_MAX, NAME_BYTES_MAX, TYPE_NODES_MAX, UNION_MEMBERS_MAX};
use crate::nested::{Nested, collect};
use crate::schema::good_name;
use crate::value::Value;
use serde::de::{DeserializeSeed, EnumAccess, Error as _, SeqAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeSet;
use std::fmt;

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

/// A type that breaks a rule of this module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TypeError {
    /// Some value would be of two members of a union.
    #[error(
        "a union has {one} and {other}, which a bare value cannot tell apart: drop one, or put \
         them into composites that differ in a literal member"
    )]
    Ambiguous {
        /// One member.
        one: ValueType,
        /// The other.
        other: ValueType,
    },
    /// A union with fewer than two members, or too many.
    #[error("a union has 2 to {UNION_MEMBERS_MAX} members, not {found}")]
    UnionSize {
        /// How many it has.
        found: usize,
    },
    /// A union within a union.
    #[error("a union stands in a union: name all its members in one")]
    NestedUnion,
    /// A literal that is no scalar.
    #[error("a {found} is no literal: literals are bool, int, float, string or bytes")]
    Literal {
        /// What it is.
        found: &'static str,
    },
    /// A derivation over something that is no primitive.
    #[error(
        "derivation '{name}' is over {over}: derivations are over bool, int, float, string or bytes"
    )]
    Derivation {
        /// The derivation.
        name: String,
        /// What it is over.
        over: ValueType,
    },
    /// Optional or default inside a type.
    #[error("{found} stands inside a type: only fields and members are optional or have a default")]
    NoPlace {
        /// What stands there.
        found: ValueType,
    },
    /// A default that its own type does not admit, or that holds a pointer.
    #[error("the default {value:?} is no {of} that every node could have")]
    Default {
        /// The type.
        of: ValueType,
        /// The default.
        value: Value,
    },
    /// Numbers of members do not ascend strictly.
    #[error("member number {number} is used twice or out of order")]
    MemberTwice {
        /// The number.
        number: u32,
    },
    /// A member's name is none, or is used twice.
    #[error("'{name}' is no name for a member, or is used twice")]
    MemberName {
        /// The name.
        name: String,
    },
    /// An atom that is no composite.
    #[error("an atom is a composite that is replaced as a whole; {found} is what a register holds")]
    NoComposite {
        /// What it is.
        found: ValueType,
    },
    /// A pointer where none may be: in the type of a natural key.
    #[error("a natural key holds no pointer, and {found} does")]
    PointerInKey {
        /// The type.
        found: ValueType,
    },
    /// More types inside one another than a field may have.
    #[error("a type is made of more than {TYPE_NODES_MAX} types")]
    TooLarge,
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
            | (ValueType::Pointer(_), Value::Pointer(_)) => true,
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
    pub fn pointers(&self, value: &Value, found: &mut dyn FnMut(crate::NodeId, TypeId)) {
        match (self, value) {
            (ValueType::Pointer(target), Value::Pointer(node)) => found(*node, *target),
            (ValueType::List(item), Value::List(values)) => {
                values.iter().for_each(|value| item.pointers(value, found));
            }
            (ValueType::Union(members), value) => {
                if let Some(one) = members.iter().find(|one| one.admits(value)) {
                    one.pointers(value, found);
                }
            }
            (ValueType::Composite(members), Value::Record(values)) => {
                for (number, value) in values {
                    if let Some(member) = member(members, *number) {
                        member.value.pointers(value, found);
                    }
                }
            }
            (ValueType::Optional(of) | ValueType::Default { of, .. }, value) => {
                of.pointers(value, found);
            }
            _ => {}
        }
    }

    /// Whether no value is of both types.
    pub fn is_apart(&self, other: &ValueType) -> bool {
        match (self.bare(), other.bare()) {
            (ValueType::Union(members), one) | (one, ValueType::Union(members)) => {
                members.iter().all(|member| member.is_apart(one))
            }
            (ValueType::Literal(literal), of) | (of, ValueType::Literal(literal)) => {
                !of.admits(literal)
            }
            (ValueType::Composite(one), ValueType::Composite(other)) => are_told_apart(one, other),
            (one, other) => std::mem::discriminant(one) != std::mem::discriminant(other),
        }
    }

    /// The type without what only programs make of it.
    fn bare(&self) -> &ValueType {
        match self {
            ValueType::Derivation { over, .. } => over.bare(),
            other => other.of_place(),
        }
    }

    /// Checks every rule of a type that stands at a place: of a register, a member.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check_place(&self) -> Result<(), TypeError> {
        let mut left = TYPE_NODES_MAX;
        self.place(&mut left)
    }

    /// Checks every rule of a type of items or keys, where there is always a value.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), TypeError> {
        let mut left = TYPE_NODES_MAX;
        self.inside(&mut left)
    }

    /// Checks every rule of the type of a natural key.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check_key(&self) -> Result<(), TypeError> {
        self.check()?;
        if self.has_pointer() {
            return Err(TypeError::PointerInKey { found: self.clone() });
        }
        Ok(())
    }

    fn has_pointer(&self) -> bool {
        match self {
            ValueType::Pointer(_) => true,
            ValueType::List(of) | ValueType::Optional(of) | ValueType::Default { of, .. } => {
                of.has_pointer()
            }
            ValueType::Union(members) => members.iter().any(ValueType::has_pointer),
            ValueType::Composite(members) => members.iter().any(|one| one.value.has_pointer()),
            _ => false,
        }
    }

    fn place(&self, left: &mut usize) -> Result<(), TypeError> {
        match self {
            ValueType::Optional(of) => of.inside(left),
            ValueType::Default { of, value } => {
                of.inside(left)?;
                let mut has_pointer = false;
                of.pointers(value, &mut |_, _| has_pointer = true);
                if has_pointer || !of.admits(value) {
                    return Err(TypeError::Default { of: (**of).clone(), value: value.clone() });
                }
                Ok(())
            }
            other => other.inside(left),
        }
    }

    fn inside(&self, left: &mut usize) -> Result<(), TypeError> {
        *left = left.checked_sub(1).ok_or(TypeError::TooLarge)?;
        match self {
            ValueType::Optional(_) | ValueType::Default { .. } => {
                Err(TypeError::NoPlace { found: self.clone() })
            }
            ValueType::List(item) => item.inside(left),
            ValueType::Literal(value) if !value.is_primitive() => {
                Err(TypeError::Literal { found: value.kind() })
            }
            ValueType::Union(members) => check_union(members, left),
            ValueType::Composite(members) => check_members(members, left),
            ValueType::Derivation { name, over } => {
                good_name(name).map_err(|_| TypeError::MemberName { name: name.clone() })?;
                if !over.is_primitive() {
                    let over = (**over).clone();
                    return Err(TypeError::Derivation { name: name.clone(), over });
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn is_primitive(&self) -> bool {
        use ValueType::{Bool, Bytes, Float, Int, String};
        matches!(self, Bool | Int | Float | String | Bytes)
    }
}

fn check_union(members: &[ValueType], left: &mut usize) -> Result<(), TypeError> {
    if !(2..=UNION_MEMBERS_MAX).contains(&members.len()) {
        return Err(TypeError::UnionSize { found: members.len() });
    }
    for (at, one) in members.iter().enumerate() {
        if matches!(one, ValueType::Union(_)) {
            return Err(TypeError::NestedUnion);
        }
        one.inside(left)?;
        if let Some(other) = members[..at].iter().find(|other| !one.is_apart(other)) {
            return Err(TypeError::Ambiguous { one: other.clone(), other: one.clone() });
        }
    }
    Ok(())
}

/// Checks the members of a record or composite.
///
/// # Errors
/// The first rule that is broken.
pub(crate) fn check_members(
    members: &[MemberDefinition],
    left: &mut usize,
) -> Result<(), TypeError> {
    let (mut last, mut names) = (None, BTreeSet::new());
    for MemberDefinition { number, name, value } in members {
        if last.is_some_and(|last| last >= *number) {
            return Err(TypeError::MemberTwice { number: *number });
        }
        last = Some(*number);
        if good_name(name).is_err() || !names.insert(name) {
            return Err(TypeError::MemberName { name: name.clone() });
        }
        value.place(left)?;
    }
    Ok(())
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
            None if member.value.of_place() == &member.value => return false,
            None => {}
        }
    }
    values.next().is_none()
}

/// Whether two composites have a member that both always have, with types that are apart.
fn are_told_apart(one: &[MemberDefinition], other: &[MemberDefinition]) -> bool {
    let is_always_there = |it: &MemberDefinition| it.value.of_place() == &it.value;
    one.iter().filter(|it| is_always_there(it)).any(|it| {
        let same = member(other, it.number).filter(|it| is_always_there(it));
        same.is_some_and(|same| it.value.is_apart(&same.value))
    })
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueType::Bool => f.write_str("bool"),
            ValueType::Int => f.write_str("int"),
            ValueType::Float => f.write_str("float"),
            ValueType::String => f.write_str("string"),
            ValueType::Bytes => f.write_str("bytes"),
            ValueType::Pointer(target) => write!(f, "pointer<{}>", target.0),
            ValueType::List(item) => write!(f, "list<{item}>"),
            ValueType::Literal(value) => write!(f, "{value}"),
            ValueType::Union(members) => {
                let members: Vec<String> = members.iter().map(ValueType::to_string).collect();
                f.write_str(&members.join(" | "))
            }
            ValueType::Composite(members) => {
                let member = |one: &MemberDefinition| format!("{}: {}", one.name, one.value);
                let members: Vec<String> = members.iter().map(member).collect();
                write!(f, "{{{}}}", members.join(", "))
            }
            ValueType::Derivation { name, over } => write!(f, "{name}({over})"),
            ValueType::Optional(of) => write!(f, "optional {of}"),
            ValueType::Default { of, value } => write!(f, "{of} = {value}"),
        }
    }
}

const TYPE_VARIANTS: &[&str] = &[
    "Bool",
    "Int",
    "String",
    "Bytes",
    "Pointer",
    "List",
    "Float",
    "Literal",
    "Union",
    "Composite",
    "Derivation",
    "Optional",
    "Default",
];

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
            6 => ValueType::Float,
            4 => return Ok(ValueType::Pointer(variant.newtype_variant()?)),
            5 => {
                let item = variant.newtype_variant_seed(self.below()?)?;
                return Ok(ValueType::List(Box::new(item)));
            }
            7 => {
                let literal = Nested::<Value>::at(self.below::<A::Error>()?.depth());
                return Ok(ValueType::Literal(variant.newtype_variant_seed(literal)?));
            }
            8 => {
                let members = Types(self.below()?);
                return Ok(ValueType::Union(variant.newtype_variant_seed(members)?));
            }
            9 => {
                let members = Members(self.below()?);
                return Ok(ValueType::Composite(variant.newtype_variant_seed(members)?));
            }
            10 => return variant.struct_variant(&["name", "over"], Derivation(self.below()?)),
            11 => {
                let of = variant.newtype_variant_seed(self.below()?)?;
                return Ok(ValueType::Optional(Box::new(of)));
            }
            12 => return variant.struct_variant(&["of", "value"], Default(self.below()?)),
            _ => return Err(A::Error::custom(format!("{tag} is no type's tag"))),
        };
        variant.unit_variant()?;
        Ok(plain)
    }
}

/// The members of a union.
struct Types(Nested<ValueType>);

impl<'de> DeserializeSeed<'de> for Types {
    type Value = Vec<ValueType>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Types {
    type Value = Vec<ValueType>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("types of value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        collect(items, UNION_MEMBERS_MAX, || Nested::<ValueType>::at(self.0.depth()))
    }
}

/// The members of a composite.
struct Members(Nested<ValueType>);

impl<'de> DeserializeSeed<'de> for Members {
    type Value = Vec<MemberDefinition>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Vec<MemberDefinition>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("members of a composite")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        collect(items, FIELDS_MAX, || Member(Nested::at(self.0.depth())))
    }
}

impl<'de> Deserialize<'de> for MemberDefinition {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Member(Nested::at(1)).deserialize(from)
    }
}

/// One member, whose type stands at this depth.
struct Member(Nested<ValueType>);

impl<'de> DeserializeSeed<'de> for Member {
    type Value = MemberDefinition;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_tuple(3, self)
    }
}

impl<'de> Visitor<'de> for Member {
    type Value = MemberDefinition;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's number, name and type")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
        let missing = || A::Error::custom("a part of a member");
        let number = parts.next_element()?.ok_or_else(missing)?;
        let Name(name) = parts.next_element()?.ok_or_else(missing)?;
        let value = parts.next_element_seed(self.0)?.ok_or_else(missing)?;
        Ok(MemberDefinition { number, name, value })
    }
}

/// A name, within its limit.
#[derive(Deserialize)]
struct Name(#[serde(deserialize_with = "canonical::text::<_, NAME_BYTES_MAX>")] String);

/// What a derivation is called, and what it is over.
struct Derivation(Nested<ValueType>);

impl<'de> Visitor<'de> for Derivation {
    type Value = ValueType;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a derivation's name and primitive")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<ValueType, A::Error> {
        let missing = || A::Error::custom("a part of a derivation");
        let Name(name) = parts.next_element()?.ok_or_else(missing)?;
        let over = parts.next_element_seed(self.0)?.ok_or_else(missing)?;
        Ok(ValueType::Derivation { name, over: Box::new(over) })
    }
}

/// A type with its default.
struct Default(Nested<ValueType>);

impl<'de> Visitor<'de> for Default {
    type Value = ValueType;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a type and its default")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<ValueType, A::Error> {
        let missing = || A::Error::custom("a part of a default");
        let depth = self.0.depth();
        let of = parts.next_element_seed(self.0)?.ok_or_else(missing)?;
        let value = parts.next_element_seed(Nested::<Value>::at(depth))?.ok_or_else(missing)?;
        Ok(ValueType::Default { of: Box::new(of), value })
    }
}
