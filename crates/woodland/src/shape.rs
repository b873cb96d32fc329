//! What a value may be, before the types that it points to have their numbers.
//!
//! **Invariants**
//! - A shape says what a `ValueType` says, with names of records in place of their numbers.
//!
//! What this does not do: keep the rules of types. `Define::schema` checks them, once the numbers
//! are there.

use std::fmt;
use woodland_format::{MemberDefinition, OnDelete, TypeId, Value, ValueType};

/// What a place, an item or a key may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// True or false.
    Bool,
    /// A signed integer.
    Int,
    /// A floating-point number.
    Float,
    /// UTF-8 text, replaced as a whole.
    String,
    /// Bytes, replaced as a whole.
    Bytes,
    /// A node of the record type with this name.
    Pointer(&'static str),
    /// A node of the record type with this name, whose deletion it has a say in.
    ForeignKey(&'static str, OnDelete),
    /// A list, replaced as a whole.
    List(Box<Shape>),
    /// This one scalar.
    Literal(Value),
    /// One of these; no value is of two.
    Union(Vec<Shape>),
    /// These members, as one value.
    Composite(Vec<MemberShape>),
    /// A primitive that programs read as something richer.
    Derivation(&'static str, Box<Shape>),
    /// At a place: this, or nothing.
    Optional(Box<Shape>),
    /// At a place: this; while nothing is written, the value is read.
    Default(Box<Shape>, Value),
}

/// One member of a composite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberShape {
    /// Stable number, ascending in the composite.
    pub number: u32,
    /// Name, unique in the composite.
    pub name: &'static str,
    /// What may stand there.
    pub place: Shape,
}

impl Shape {
    /// The value type, with the numbers that `number` gives to names of records.
    ///
    /// # Errors
    /// The name that has no number.
    pub(crate) fn resolve(
        &self,
        number: &dyn Fn(&str) -> Option<TypeId>,
    ) -> Result<ValueType, &'static str> {
        let boxed = |of: &Shape| of.resolve(number).map(Box::new);
        Ok(match self {
            Shape::Bool => ValueType::Bool,
            Shape::Int => ValueType::Int,
            Shape::Float => ValueType::Float,
            Shape::String => ValueType::String,
            Shape::Bytes => ValueType::Bytes,
            Shape::Pointer(name) => ValueType::Pointer(number(name).ok_or(*name)?),
            Shape::ForeignKey(name, on_delete) => {
                let (target, on_delete) = (number(name).ok_or(*name)?, *on_delete);
                ValueType::ForeignKey { target, on_delete }
            }
            Shape::List(item) => ValueType::List(boxed(item)?),
            Shape::Literal(value) => ValueType::Literal(value.clone()),
            Shape::Union(members) => ValueType::Union(
                members.iter().map(|one| one.resolve(number)).collect::<Result<_, _>>()?,
            ),
            Shape::Composite(members) => ValueType::Composite(resolve_members(members, number)?),
            Shape::Derivation(name, over) => {
                ValueType::Derivation { name: (*name).to_owned(), over: boxed(over)? }
            }
            Shape::Optional(of) => ValueType::Optional(boxed(of)?),
            Shape::Default(of, value) => {
                ValueType::Default { of: boxed(of)?, value: value.clone() }
            }
        })
    }
}

/// The members, with numbers in place of names of records.
///
/// # Errors
/// The name that has no number.
pub(crate) fn resolve_members(
    members: &[MemberShape],
    number: &dyn Fn(&str) -> Option<TypeId>,
) -> Result<Vec<MemberDefinition>, &'static str> {
    let resolve = |one: &MemberShape| {
        let (name, value) = (one.name.to_owned(), one.place.resolve(number)?);
        Ok(MemberDefinition { number: one.number, name, value })
    };
    members.iter().map(resolve).collect()
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Bool => f.write_str("bool"),
            Shape::Int => f.write_str("int"),
            Shape::Float => f.write_str("float"),
            Shape::String => f.write_str("string"),
            Shape::Bytes => f.write_str("bytes"),
            Shape::Pointer(name) => write!(f, "pointer to {name}"),
            Shape::ForeignKey(name, on_delete) => write!(f, "pointer to {name}, {on_delete}"),
            Shape::List(item) => write!(f, "list of {item}"),
            Shape::Literal(value) => write!(f, "{value}"),
            Shape::Union(members) => {
                let members: Vec<String> = members.iter().map(Shape::to_string).collect();
                f.write_str(&members.join(" or "))
            }
            Shape::Composite(members) => {
                let told = |one: &MemberShape| format!("{}: {}", one.name, one.place);
                let members: Vec<String> = members.iter().map(told).collect();
                write!(f, "{{{}}}", members.join(", "))
            }
            Shape::Derivation(name, over) => write!(f, "{name} (over {over})"),
            Shape::Optional(of) => write!(f, "optional {of}"),
            Shape::Default(of, value) => write!(f, "{of}, or else {value}"),
        }
    }
}
