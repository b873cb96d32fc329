//! Types from bytes, with a count of how deep they stand and of how many there are.
//!
//! **Invariants**
//! - A type is made of at most [`TYPE_NODES_MAX`] types, all members of a record together: the
//!   smallest takes four bytes and becomes ten times as much, so that what a few bytes cost has an
//!   end.
//!
//! What this does not do: hold a type to its rules. Bytes of a type that breaks one decode.

use super::{MemberDefinition, ValueType};
use crate::canonical;
use crate::limits::{
    FIELDS_MAX, NAME_BYTES_MAX, TYPE_NODES_MAX, UNION_MEMBERS_MAX, VALUE_DEPTH_MAX,
};
use crate::nested::{Nested, collect};
use crate::value::Value;
use serde::de::{DeserializeSeed, EnumAccess, Error as _, SeqAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::cell::Cell;
use std::fmt;

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
    "ForeignKey",
];

impl<'de> Deserialize<'de> for ValueType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let left = Cell::new(TYPE_NODES_MAX);
        Type { depth: 1, left: &left }.deserialize(deserializer)
    }
}

/// The members of a record's configuration; for `#[serde(deserialize_with)]`.
pub(crate) fn members<'de, D>(deserializer: D) -> Result<Vec<MemberDefinition>, D::Error>
where
    D: Deserializer<'de>,
{
    let left = Cell::new(TYPE_NODES_MAX);
    Members(Type { depth: 1, left: &left }).deserialize(deserializer)
}

/// A type at a depth.
#[derive(Clone, Copy)]
struct Type<'c> {
    depth: usize,
    /// How many types may still come, this one included.
    left: &'c Cell<usize>,
}

impl Type<'_> {
    /// What stands inside.
    fn below<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= VALUE_DEPTH_MAX {
            return Err(E::custom(format!("nested deeper than {VALUE_DEPTH_MAX}")));
        }
        Ok(Type { depth: self.depth + 1, left: self.left })
    }

    fn value(self) -> Nested<Value> {
        Nested::at(self.depth)
    }
}

impl<'de> DeserializeSeed<'de> for Type<'_> {
    type Value = ValueType;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<ValueType, D::Error> {
        deserializer.deserialize_enum("ValueType", TYPE_VARIANTS, self)
    }
}

impl<'de> Visitor<'de> for Type<'_> {
    type Value = ValueType;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a type of value")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<ValueType, A::Error> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(A::Error::custom(format!("more than {TYPE_NODES_MAX} types in one")));
        };
        self.left.set(left);
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
                let literal = self.below::<A::Error>()?.value();
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
            13 => return variant.struct_variant(&["target", "on_delete"], ForeignKey),
            _ => return Err(A::Error::custom(format!("{tag} is no type's tag"))),
        };
        variant.unit_variant()?;
        Ok(plain)
    }
}

/// The members of a union.
struct Types<'c>(Type<'c>);

impl<'de> DeserializeSeed<'de> for Types<'_> {
    type Value = Vec<ValueType>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Types<'_> {
    type Value = Vec<ValueType>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("types of value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        collect(items, UNION_MEMBERS_MAX, || self.0)
    }
}

/// The members of a composite.
struct Members<'c>(Type<'c>);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Vec<MemberDefinition>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Vec<MemberDefinition>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("members of a composite")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        collect(items, FIELDS_MAX, || Member(self.0))
    }
}

/// One member, whose type stands at this depth.
struct Member<'c>(Type<'c>);

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = MemberDefinition;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_tuple(3, self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
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
struct Derivation<'c>(Type<'c>);

impl<'de> Visitor<'de> for Derivation<'_> {
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

/// What a foreign key points to, and what it says to a deletion.
struct ForeignKey;

impl<'de> Visitor<'de> for ForeignKey {
    type Value = ValueType;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a foreign key's target and policy")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<ValueType, A::Error> {
        let missing = || A::Error::custom("a part of a foreign key");
        let target = parts.next_element()?.ok_or_else(missing)?;
        let on_delete = parts.next_element()?.ok_or_else(missing)?;
        Ok(ValueType::ForeignKey { target, on_delete })
    }
}

/// A type with its default.
struct Default<'c>(Type<'c>);

impl<'de> Visitor<'de> for Default<'_> {
    type Value = ValueType;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a type and its default")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<ValueType, A::Error> {
        let missing = || A::Error::custom("a part of a default");
        let of = parts.next_element_seed(self.0)?.ok_or_else(missing)?;
        let value = parts.next_element_seed(self.0.value())?.ok_or_else(missing)?;
        Ok(ValueType::Default { of: Box::new(of), value })
    }
}
