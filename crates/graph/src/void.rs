//! Why an op had no effect.
//!
//! **Invariants**
//! - A void is a verdict of the serial run (`docs/meaning.md`): it depends on the set of commits,
//!   never on arrival order, and never makes a commit invalid.
//!
//! What this does not do: report a caller's mistake. A writer's batch is checked before it is
//! signed.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use woodland_format::CommitId;
use woodland_page::{Reading, Stored, Weigh, Writing};

/// How many reasons of kinds of one's own are read from pages.
const CUSTOM_REASONS_MAX: usize = 4096;

/// The first reason that holds, in the order of `docs/meaning.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Void {
    /// The commit's payload is erased or does not decode.
    Unreadable,
    /// A schema that the commit's header does not introduce.
    StraySchema,
    /// The commit's schema is not carried by anything in its past.
    UnknownSchema,
    /// No such type in the commit's schema.
    UnknownType,
    /// The node was created before, in order, with another type.
    TypeDiffers,
    /// No such field in the commit's schema.
    UnknownField,
    /// The author had not seen a node of the generation before.
    UnseenGeneration,
    /// The steps do not fit the schema that is current at their place.
    Misfit,
    /// The node is dead at the op's place.
    DeadNode,
    /// The node has an edit that the deletion did not see, and its type says that it lives.
    Edited,
    /// Something that lives points to what would die, and its foreign key forbids that.
    Restricted,
    /// A foreign key to a node that is dead at the op's place.
    DeadTarget,
    /// The author had not seen the node's creation.
    UnknownNode,
    /// The node that the author had seen has no such field.
    WrongType,
    /// The type's nodes are named by a key, and the creation has none.
    NeedsKey,
    /// The type's nodes have no key, and the creation has one.
    NoKey,
    /// A key is written by creating its node, and never again.
    ReadOnly,
    /// The field's configuration is not one of its kind.
    BadConfig,
    /// Not the canonical bytes of an op of this kind.
    Undecodable,
    /// The author had not seen what a removal names.
    UnknownKey,
    /// No such member in the record.
    UnknownMember,
    /// The field's type does not admit the value.
    WrongValue,
    /// A pointer to a node that the author had not seen, or of another type.
    UnknownTarget,
    /// Nothing to insert or delete.
    EmptyEdit,
    /// Past the end, or inside a character, of the text or list that the author saw.
    BadPosition,
    /// The op's author lost the right to write, beside the op.
    Revoked,
    /// A reason of a kind that is not built in.
    Custom(&'static str),
}

impl Void {
    /// Whether it is a verdict of the judge of existence: then what the op wrote is there.
    pub(crate) fn is_of_existence(self) -> bool {
        matches!(self, Void::DeadNode | Void::Edited | Void::Restricted | Void::DeadTarget)
    }

    /// The reason's name in dumps and in `docs/meaning.md`.
    pub fn name(self) -> &'static str {
        match self {
            Void::Unreadable => "unreadable",
            Void::StraySchema => "stray-schema",
            Void::UnknownSchema => "unknown-schema",
            Void::UnknownType => "unknown-type",
            Void::TypeDiffers => "type-differs",
            Void::UnknownField => "unknown-field",
            Void::UnseenGeneration => "unseen-generation",
            Void::Misfit => "misfit",
            Void::DeadNode => "dead-node",
            Void::Edited => "edited",
            Void::Restricted => "restricted",
            Void::DeadTarget => "dead-target",
            Void::UnknownNode => "unknown-node",
            Void::WrongType => "wrong-type",
            Void::NeedsKey => "needs-key",
            Void::NoKey => "no-key",
            Void::ReadOnly => "read-only",
            Void::BadConfig => "bad-config",
            Void::Undecodable => "undecodable",
            Void::UnknownKey => "unknown-key",
            Void::UnknownMember => "unknown-member",
            Void::WrongValue => "wrong-value",
            Void::UnknownTarget => "unknown-target",
            Void::EmptyEdit => "empty-edit",
            Void::BadPosition => "bad-position",
            Void::Revoked => "revoked",
            Void::Custom(name) => name,
        }
    }
}

impl fmt::Display for Void {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Void::Unreadable => "the payload is erased or does not decode",
            Void::StraySchema => "the commit does not introduce the schema that it carries",
            Void::UnknownSchema => "no commit in its past carries the schema it is written under",
            Void::UnknownType => "the schema has no such type",
            Void::TypeDiffers => "the node was created before with another type",
            Void::UnknownField => "the schema has no such field",
            Void::UnseenGeneration => "its author had not seen the generation before",
            Void::Misfit => "its steps do not fit the schema that is current at its place",
            Void::DeadNode => "the node is deleted",
            Void::Edited => "the node has an edit that the deletion did not see, and lives",
            Void::Restricted => "a foreign key of a node that lives forbids the deletion",
            Void::DeadTarget => "the node that it points to is deleted",
            Void::UnknownNode => "its author had not seen the node's creation",
            Void::WrongType => "the node's type has no such field",
            Void::NeedsKey => "the type's nodes are named by a key, and this creation has none",
            Void::NoKey => "the type's nodes have no key, and this creation has one",
            Void::ReadOnly => "a key is written by creating its node, and never again",
            Void::BadConfig => "the schema configures the field's kind wrongly",
            Void::Undecodable => "it is no op of the field's kind",
            Void::UnknownKey => "its author had not seen anything at the key that it removes",
            Void::UnknownMember => "the record has no such member",
            Void::WrongValue => "the field's type does not admit the value",
            Void::UnknownTarget => "its author had not seen the node that it points to",
            Void::EmptyEdit => "there is nothing to insert or delete",
            Void::BadPosition => "the position is past the end or inside a character",
            Void::Revoked => "the owner had shut its author out, beside it",
            Void::Custom(name) => name,
        })
    }
}

/// An op without effect, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoidOp {
    /// The commit.
    pub commit: CommitId,
    /// The op's index in the batch; none where the whole payload is void.
    pub index: Option<u32>,
    /// Why.
    pub reason: Void,
}

impl Weigh for Void {}

const CUSTOM: u8 = u8::MAX;

macro_rules! stored_as_byte {
    ($($byte:literal $reason:ident)*) => {
        impl Stored for Void {
            fn write(&self, to: &mut Writing<'_>) {
                to.byte(match self {
                    $(Void::$reason => $byte,)*
                    Void::Custom(name) => {
                        to.byte(CUSTOM);
                        return to.bytes(name.as_bytes());
                    }
                });
            }

            fn read(from: &mut Reading<'_>) -> Option<Self> {
                match from.byte()? {
                    $($byte => Some(Void::$reason),)*
                    CUSTOM => kept(std::str::from_utf8(from.bytes()?).ok()?).map(Void::Custom),
                    _ => None,
                }
            }
        }
    };
}

stored_as_byte! {
    0 Unreadable
    1 StraySchema
    2 UnknownSchema
    3 UnknownType
    4 TypeDiffers
    5 UnknownField
    6 UnseenGeneration
    7 Misfit
    8 DeadNode
    9 Edited
    10 Restricted
    11 DeadTarget
    12 UnknownNode
    13 WrongType
    14 NeedsKey
    15 NoKey
    16 ReadOnly
    17 BadConfig
    18 Undecodable
    19 UnknownKey
    20 UnknownMember
    21 WrongValue
    22 UnknownTarget
    23 EmptyEdit
    24 BadPosition
    25 Revoked
}

/// The name as one that is there for ever, like that in the code of the kind which gave the reason:
/// of those there are few.
fn kept(name: &str) -> Option<&'static str> {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(name) {
        return Some(known);
    }
    if kept.len() >= CUSTOM_REASONS_MAX {
        return None;
    }
    let name: &'static str = Box::leak(name.into());
    kept.insert(name);
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use woodland_page::{MemoryPages, rest, wake};

    #[test]
    fn reasons_come_back() {
        let pages = MemoryPages::default();
        let custom = ["a", "b", ""].map(Void::Custom);
        let all: Vec<Void> = [Void::Unreadable, Void::BadPosition, Void::Revoked]
            .into_iter()
            .chain(custom)
            .collect();
        let at = rest(&all, &mut pages.clone());
        for _ in 0..2 {
            let woken: Vec<Void> = wake(&pages.pages(0, Arc::new(())), at).expect("it is there");
            assert_eq!(woken, all);
        }
        let none = rest(&200_u8, &mut pages.clone());
        assert!(wake::<Void>(&pages.pages(0, Arc::new(())), none).is_err());
    }
}
