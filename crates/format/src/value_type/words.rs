//! Types of values in words: with the numbers of types of node, or with their names.
//!
//! **Invariants**
//! - One way to write a type, whatever types of node are called.

use super::{OnDelete, ValueType};
use crate::excerpt::joined;
use crate::id::TypeId;
use std::fmt;

impl fmt::Display for OnDelete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OnDelete::Restrict => "restrict",
            OnDelete::Cascade => "cascade",
            OnDelete::Revive => "revive",
        })
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tell(f, &|f, target| write!(f, "{}", target.0))
    }
}

/// Writes what a type of node is called.
pub(crate) type Called<'a> = dyn Fn(&mut fmt::Formatter<'_>, TypeId) -> fmt::Result + 'a;

impl ValueType {
    pub(crate) fn tell(&self, f: &mut fmt::Formatter<'_>, called: &Called<'_>) -> fmt::Result {
        match self {
            ValueType::Bool => f.write_str("bool"),
            ValueType::Int => f.write_str("int"),
            ValueType::Float => f.write_str("float"),
            ValueType::String => f.write_str("string"),
            ValueType::Bytes => f.write_str("bytes"),
            ValueType::Pointer(target) => {
                f.write_str("pointer<")?;
                called(f, *target)?;
                f.write_str(">")
            }
            ValueType::ForeignKey { target, on_delete } => {
                f.write_str("pointer<")?;
                called(f, *target)?;
                write!(f, ", {on_delete}>")
            }
            ValueType::List(item) => {
                f.write_str("list<")?;
                item.tell(f, called)?;
                f.write_str(">")
            }
            ValueType::Literal(value) => write!(f, "{value}"),
            ValueType::Union(members) => joined(f, " | ", members, |f, one| one.tell(f, called)),
            ValueType::Composite(members) => {
                f.write_str("{")?;
                joined(f, ", ", members, |f, one| {
                    write!(f, "{}: ", one.name)?;
                    one.value.tell(f, called)
                })?;
                f.write_str("}")
            }
            ValueType::Derivation { name, over } => {
                write!(f, "{name}(")?;
                over.tell(f, called)?;
                f.write_str(")")
            }
            ValueType::Optional(of) => {
                f.write_str("optional ")?;
                of.tell(f, called)
            }
            ValueType::Default { of, value } => {
                of.tell(f, called)?;
                write!(f, " = {value}")
            }
        }
    }
}
