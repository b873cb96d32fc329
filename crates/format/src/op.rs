//! The ops and configurations of the built-in kinds, in canonical bytes.
//!
//! **Invariants**
//! - An op says what its author did, by position and value; what that means by id is resolved
//!   against what the author saw (`docs/meaning.md`).
//! - Positions and lengths in text are UTF-8 bytes of what the author saw, ops of the same batch
//!   before this one included.
//! - Where members, items, entries or keys ascend strictly, other bytes do not decode.
//! - Kind `events` has no op type: its ops are the application's own bytes.
//!
//! What this does not do: check an op against its configuration. Its kind does.

use crate::canonical::{self, CanonicalError};
use crate::excerpt::excerpt;
use crate::id::FieldId;
use crate::limits::{FIELDS_MAX, NAME_BYTES_MAX, OP_BYTES_MAX};
use crate::value::{self, Value};
use crate::value_type::{self, MemberDefinition, TypeError, ValueType};
use serde::{Deserialize, Serialize};

/// The op of kind `register`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RegisterOp {
    /// Puts this value in place of whatever is there.
    Set(Value),
    /// Leaves nothing there; only where the place is optional.
    Clear,
}

/// The op of kind `record`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordOp {
    /// Puts values in place of these members, strictly ascending; the others stay.
    Set(#[serde(deserialize_with = "value::members")] Vec<(u32, Value)>),
    /// Leaves nothing at these members, strictly ascending; only where they are optional.
    Clear(#[serde(deserialize_with = "value::numbers")] Vec<u32>),
}

/// The op of kind `counter`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CounterOp {
    /// Adds this much, which may be negative.
    Add(i64),
}

/// The op of kind `set`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SetOp {
    /// Puts these items in, strictly ascending.
    Add(#[serde(deserialize_with = "value::ascending")] Vec<Value>),
    /// Takes these items out, strictly ascending, as far as the author saw them put in.
    Remove(#[serde(deserialize_with = "value::ascending")] Vec<Value>),
}

/// The op of kind `map`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MapOp {
    /// Puts values at keys, strictly ascending by key.
    Put(#[serde(deserialize_with = "value::entries")] Vec<(Value, Value)>),
    /// Takes keys out, strictly ascending.
    Remove(#[serde(deserialize_with = "value::ascending")] Vec<Value>),
}

/// The op of kind `list`. Positions count the items that the author saw, those of earlier ops of
/// the batch included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ListOp {
    /// Puts items at a position, in this order.
    Insert {
        /// Items before the insertion.
        at: u32,
        /// What is put there, not empty.
        #[serde(deserialize_with = "value::items")]
        items: Vec<Value>,
    },
    /// Takes items away for ever.
    Remove {
        /// Items before the first that goes.
        at: u32,
        /// How many go, at least one.
        count: u32,
    },
    /// Gives one item another place.
    Move {
        /// Items before it.
        from: u32,
        /// Items before its new place, itself not counted.
        to: u32,
    },
    /// Puts another value in place of one item's, where it stands.
    Set {
        /// Items before it.
        at: u32,
        /// Its new value.
        item: Value,
    },
}

/// The op of kind `text`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextOp {
    /// Puts text at a position.
    Insert {
        /// Bytes before the insertion, on a character boundary.
        at: u32,
        /// What is put there, not empty.
        #[serde(deserialize_with = "canonical::text::<_, OP_BYTES_MAX>")]
        text: String,
    },
    /// Takes text away.
    Delete {
        /// Bytes before the deletion, on a character boundary.
        at: u32,
        /// How many bytes go, at least one, up to a character boundary.
        bytes: u32,
    },
}

/// The configuration of kind `register`: the type of its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterConfig {
    /// What the register may hold.
    pub value: ValueType,
}

/// The configuration of kind `record`: its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordConfig {
    /// Strictly ascending by number; names are unique.
    #[serde(deserialize_with = "value_type::members")]
    pub members: Vec<MemberDefinition>,
}

/// The configuration of kind `atom`: the composite that is replaced as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtomConfig {
    /// A composite; at a place, so it may be optional or have a default.
    pub value: ValueType,
}

/// The configuration of kind `set`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetConfig {
    /// What an item may be.
    pub item: ValueType,
}

/// The configuration of kind `map`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapConfig {
    /// What a key may be.
    pub key: ValueType,
    /// What stands at a key.
    pub value: ValueType,
}

/// The configuration of kind `list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListConfig {
    /// What an item may be.
    pub item: ValueType,
}

/// The configuration of kind `events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsConfig {
    /// What the application calls its reducer.
    #[serde(deserialize_with = "canonical::text::<_, NAME_BYTES_MAX>")]
    pub reducer: String,
}

/// The configuration of kind `key`: a field that is its node's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyConfig {
    /// What a key may be: no pointers.
    pub value: ValueType,
}

/// The configuration of kind `deletion`: a field without content, which says how the nodes of its
/// type are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionConfig {
    /// What becomes of an edit that the deletion did not see.
    pub edits: UnseenEdits,
}

/// What becomes of an edit that a deletion of its node did not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UnseenEdits {
    /// It goes with the node; as if there were no field of kind `deletion`.
    Lose,
    /// The node lives.
    Revive,
}

/// The configuration of kind `unique`: a field without content, whose name is that of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UniqueConfig {
    /// Registers of the same type, strictly ascending, at least one: no two nodes should have equal
    /// values in all of them.
    #[serde(deserialize_with = "canonical::list::<_, _, FIELDS_MAX>")]
    pub fields: Vec<FieldId>,
}

impl RegisterOp {
    /// The op with these canonical bytes.
    ///
    /// # Errors
    /// [`CanonicalError`], for bytes that are no op.
    pub fn decode(bytes: &[u8]) -> Result<Self, CanonicalError> {
        // Nearly all registers hold a number, a string or a pointer, whose bytes have one form.
        if bytes.len() <= OP_BYTES_MAX
            && let Some((&[0, 0, 0, 0], value)) = bytes.split_first_chunk::<4>()
            && let Some(value) = value::plain(value)
        {
            return Ok(RegisterOp::Set(value));
        }
        canonical::decode::<_, OP_BYTES_MAX>("a register's op", bytes)
    }
}

impl RegisterConfig {
    /// Checks the rules of its type.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), TypeError> {
        self.value.check_place()
    }
}

impl AtomConfig {
    /// Checks the rules of its type, and that it is a composite.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), TypeError> {
        self.value.check_place()?;
        match self.value.of_place() {
            ValueType::Composite(_) => Ok(()),
            other => Err(TypeError::NoComposite { found: excerpt(other) }),
        }
    }
}

impl RecordConfig {
    /// Checks the rules of its members.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), TypeError> {
        value_type::check_record(&self.members)
    }

    /// The member with this number, in a configuration that keeps the rules.
    pub fn member(&self, number: u32) -> Option<&MemberDefinition> {
        value_type::member(&self.members, number)
    }
}

impl SetConfig {
    /// Checks the rules of its type.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), TypeError> {
        self.item.check()
    }
}

impl MapConfig {
    /// Checks the rules of its types.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), TypeError> {
        self.key.check()?;
        self.value.check()
    }
}

impl ListConfig {
    /// Checks the rules of its type.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), TypeError> {
        self.item.check()?;
        if self.item.has_foreign_key() {
            return Err(TypeError::ForeignKeyInList { found: excerpt(&self.item) });
        }
        Ok(())
    }
}

impl KeyConfig {
    /// Checks the rules of its type.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), TypeError> {
        self.value.check_key()
    }
}
