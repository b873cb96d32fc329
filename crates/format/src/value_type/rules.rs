//! The rules of types: what a type must keep to stand in a configuration.
//!
//! **Invariants**
//! - A type that keeps the rules decodes from its bytes: its depth, its size and the numbers of its
//!   members are within the limits that decoding has.
//! - What it costs to check a type grows with the square of how many types it is made of, at most
//!   [`TYPE_NODES_MAX`]: two of them are compared once, in the union that has both.
//!
//! What this does not do: look at values, but for literals and defaults.

use super::{MemberDefinition, ValueType};
use crate::excerpt::excerpt;
use crate::limits::{
    FIELDS_MAX, NAME_BYTES_MAX, TYPE_NODES_MAX, UNION_MEMBERS_MAX, VALUE_DEPTH_MAX,
};
use crate::schema::good_name;
use std::collections::BTreeSet;

/// A type that breaks a rule of this module. What is wrong is told in words, cut where it is long:
/// an error does not grow with the bytes it is about.
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
        one: String,
        /// The other.
        other: String,
    },
    /// A union with fewer than two members, or too many.
    #[error(
        "a union has 2 to {UNION_MEMBERS_MAX} members, not {found}: where it is one type, name that \
         type itself"
    )]
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
        over: String,
    },
    /// Optional or default inside a type.
    #[error("{found} stands inside a type: only fields and members are optional or have a default")]
    NoPlace {
        /// What stands there.
        found: String,
    },
    /// A default that its own type does not admit, or that holds a pointer.
    #[error("{value} is no default of {of}: a default is a value of its type and holds no pointer")]
    Default {
        /// The type.
        of: String,
        /// The default.
        value: String,
    },
    /// Numbers of members do not ascend strictly.
    #[error(
        "member number {number} is used twice or out of order: numbers ascend, and each is one \
         member's"
    )]
    MemberTwice {
        /// The number.
        number: u32,
    },
    /// A name of a member or derivation is none, or two members share one.
    #[error(
        "'{}' is no name, or two members have it: names have 1 to {NAME_BYTES_MAX} bytes of ASCII \
         letters, digits and '_'",
        .name.escape_debug()
    )]
    MemberName {
        /// The name.
        name: String,
    },
    /// More members than a record or composite may have.
    #[error("{found} members, the limit is {FIELDS_MAX}: put some into another field")]
    TooManyMembers {
        /// How many there are.
        found: usize,
    },
    /// An atom that is no composite.
    #[error("an atom is a composite that is replaced as a whole; {found} is what a register holds")]
    NoComposite {
        /// What it is.
        found: String,
    },
    /// A pointer where none may be: in the type of a natural key.
    #[error("a natural key holds no pointer, and {found} does: point from another field")]
    PointerInKey {
        /// The type.
        found: String,
    },
    /// A foreign key in a list, whose items have positions and no say.
    #[error(
        "a list holds plain pointers, and {found} has a foreign key: give what is in the list the \
         foreign key, or use a set"
    )]
    ForeignKeyInList {
        /// The type.
        found: String,
    },
    /// More types inside one another than a field may have.
    #[error("a type is made of more than {TYPE_NODES_MAX} types: spread it over several fields")]
    TooLarge,
    /// Types nested deeper than values may be.
    #[error(
        "types nest at most {VALUE_DEPTH_MAX} deep: give what is inside a node of its own and point \
         to it"
    )]
    TooDeep,
}

impl ValueType {
    /// Checks every rule of a type that stands at a place: of a register, a member.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check_place(&self) -> Result<(), TypeError> {
        Rules::begin().place(self, 1)
    }

    /// Checks every rule of a type of items or keys, where there is always a value.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), TypeError> {
        Rules::begin().inside(self, 1)
    }

    /// Checks every rule of the type of a natural key.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check_key(&self) -> Result<(), TypeError> {
        self.check()?;
        if self.has_pointer() {
            return Err(TypeError::PointerInKey { found: excerpt(self) });
        }
        Ok(())
    }

    /// Whether a value of this type may hold pointers, at any depth.
    pub fn has_pointer(&self) -> bool {
        match self {
            ValueType::Pointer(_) | ValueType::ForeignKey { .. } => true,
            ValueType::List(of) | ValueType::Optional(of) | ValueType::Default { of, .. } => {
                of.has_pointer()
            }
            ValueType::Union(members) => members.iter().any(ValueType::has_pointer),
            ValueType::Composite(members) => members.iter().any(|one| one.value.has_pointer()),
            _ => false,
        }
    }

    /// Whether values of this type may hold foreign keys, at any depth.
    pub fn has_foreign_key(&self) -> bool {
        match self {
            ValueType::ForeignKey { .. } => true,
            ValueType::List(of) | ValueType::Optional(of) | ValueType::Default { of, .. } => {
                of.has_foreign_key()
            }
            ValueType::Union(members) => members.iter().any(ValueType::has_foreign_key),
            ValueType::Composite(members) => members.iter().any(|one| one.value.has_foreign_key()),
            _ => false,
        }
    }

    fn is_primitive(&self) -> bool {
        use ValueType::{Bool, Bytes, Float, Int, String};
        matches!(self, Bool | Int | Float | String | Bytes)
    }
}

/// Checks the members of a record.
///
/// # Errors
/// The first rule that is broken.
pub(crate) fn check_record(members: &[MemberDefinition]) -> Result<(), TypeError> {
    Rules::begin().members(members, 1)
}

/// One walk through a type.
struct Rules {
    /// How many types it may still be made of. Decoding counts the same ones.
    left: usize,
}

impl Rules {
    fn begin() -> Self {
        Rules { left: TYPE_NODES_MAX }
    }

    fn enter(&mut self) -> Result<(), TypeError> {
        self.left = self.left.checked_sub(1).ok_or(TypeError::TooLarge)?;
        Ok(())
    }

    /// A type that stands at a place.
    fn place(&mut self, one: &ValueType, depth: usize) -> Result<(), TypeError> {
        match one {
            ValueType::Optional(of) => {
                self.enter()?;
                self.inside(of, below(depth)?)
            }
            ValueType::Default { of, value } => {
                self.enter()?;
                self.inside(of, below(depth)?)?;
                let mut has_pointer = false;
                of.pointers(value, &mut |_, _| has_pointer = true);
                if has_pointer || !of.admits(value) {
                    return Err(TypeError::Default { of: excerpt(of), value: excerpt(value) });
                }
                Ok(())
            }
            other => self.inside(other, depth),
        }
    }

    /// A type of which there is always a value.
    fn inside(&mut self, one: &ValueType, depth: usize) -> Result<(), TypeError> {
        self.enter()?;
        match one {
            ValueType::Optional(_) | ValueType::Default { .. } => {
                Err(TypeError::NoPlace { found: excerpt(one) })
            }
            ValueType::List(item) => self.inside(item, below(depth)?),
            ValueType::Literal(value) => {
                below(depth)?;
                match value.is_primitive() {
                    true => Ok(()),
                    false => Err(TypeError::Literal { found: value.kind() }),
                }
            }
            ValueType::Union(members) => self.union(members, below(depth)?),
            ValueType::Composite(members) => self.members(members, below(depth)?),
            ValueType::Derivation { name, over } => {
                below(depth)?;
                good_name(name).map_err(|_| TypeError::MemberName { name: name.clone() })?;
                if !over.is_primitive() {
                    let over = excerpt(over);
                    return Err(TypeError::Derivation { name: name.clone(), over });
                }
                self.enter()
            }
            ValueType::Bool
            | ValueType::Int
            | ValueType::Float
            | ValueType::String
            | ValueType::Bytes
            | ValueType::Pointer(_)
            | ValueType::ForeignKey { .. } => Ok(()),
        }
    }

    fn union(&mut self, members: &[ValueType], depth: usize) -> Result<(), TypeError> {
        if !(2..=UNION_MEMBERS_MAX).contains(&members.len()) {
            return Err(TypeError::UnionSize { found: members.len() });
        }
        for (at, one) in members.iter().enumerate() {
            if matches!(one, ValueType::Union(_)) {
                return Err(TypeError::NestedUnion);
            }
            self.inside(one, depth)?;
            if let Some(other) = members[..at].iter().find(|other| !one.is_apart(other)) {
                return Err(TypeError::Ambiguous { one: excerpt(other), other: excerpt(one) });
            }
        }
        Ok(())
    }

    fn members(&mut self, members: &[MemberDefinition], depth: usize) -> Result<(), TypeError> {
        if members.len() > FIELDS_MAX {
            return Err(TypeError::TooManyMembers { found: members.len() });
        }
        let (mut last, mut names) = (None, BTreeSet::new());
        for MemberDefinition { number, name, value } in members {
            if last.is_some_and(|last| last >= *number) {
                return Err(TypeError::MemberTwice { number: *number });
            }
            last = Some(*number);
            if good_name(name).is_err() || !names.insert(name) {
                return Err(TypeError::MemberName { name: name.clone() });
            }
            self.place(value, depth)?;
        }
        Ok(())
    }
}

/// Where stands what is inside a type at this depth.
fn below(depth: usize) -> Result<usize, TypeError> {
    if depth >= VALUE_DEPTH_MAX { Err(TypeError::TooDeep) } else { Ok(depth + 1) }
}
