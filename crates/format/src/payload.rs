//! The payload of a commit: one batch of ops, and the ops of the built-in kinds.
//!
//! **Invariants**
//! - A payload that does not decode is no reason to refuse its commit: the run takes it as empty,
//!   the same way everywhere. Only its length and hash are the door's business.
//! - An edit's op is opaque here; its kind decodes it. So a new kind needs no change to this crate.
//! - Positions and lengths in text are UTF-8 bytes of what the author saw, ops of the same batch
//!   before this one included.
//!
//! What this does not do: look at a schema or a state.

use crate::canonical::{self, CanonicalError};
use crate::id::{ObjectId, TypeId};
use crate::limits::{FIELDS_MAX, OP_BYTES_MAX, OPS_MAX, PAYLOAD_BYTES_MAX};
use crate::schema::Schema;
use crate::value::{self, Value, ValueType};
use serde::{Deserialize, Serialize};

/// The payload format that this release writes.
pub const PAYLOAD_FORMAT: u8 = 1;

/// One batch of ops: all of them become visible at once. May be empty: an acknowledgement, a join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// [`PAYLOAD_FORMAT`].
    pub format: u8,
    /// What the author did, in this order.
    #[serde(deserialize_with = "canonical::list::<_, _, OPS_MAX>")]
    pub ops: Vec<Op>,
}

/// One op.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// Carries the schema that the header introduces.
    Schema(Schema),
    /// Makes a node, named by [`crate::node_id`].
    Create {
        /// The node's type, in the commit's schema.
        node_type: TypeId,
        /// Keeps the nodes of a fork's branches apart.
        salt: u64,
    },
    /// Changes one field of one node.
    Edit {
        /// Which field of which node.
        object: ObjectId,
        /// The op of the field's kind, in that kind's canonical bytes.
        #[serde(
            serialize_with = "canonical::put_bytes",
            deserialize_with = "canonical::bytes::<_, OP_BYTES_MAX>"
        )]
        op: Vec<u8>,
    },
}

/// The op of kind `register`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RegisterOp {
    /// Puts this value in place of whatever is there.
    Set(Value),
}

/// The op of kind `record`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordOp {
    /// Puts values in place of these members, strictly ascending; the others stay.
    Set(#[serde(deserialize_with = "value::members")] Vec<(u32, Value)>),
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
    #[serde(deserialize_with = "canonical::list::<_, _, FIELDS_MAX>")]
    pub members: Vec<MemberDefinition>,
}

/// One member of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberDefinition {
    /// Stable number.
    pub number: u32,
    /// Name, unique in the record.
    #[serde(deserialize_with = "canonical::text::<_, { crate::limits::NAME_BYTES_MAX }>")]
    pub name: String,
    /// What the member may hold.
    pub value: ValueType,
}

/// Bytes that are no payload which this release can read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// The bytes are not canonical.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// Written by a release with another payload format.
    #[error(
        "payload format {found} is not known to this release, which knows {PAYLOAD_FORMAT}: upgrade it"
    )]
    ForeignFormat {
        /// The format that the bytes name.
        found: u8,
    },
}

impl Payload {
    /// A batch of these ops.
    pub fn of(ops: Vec<Op>) -> Self {
        Payload { format: PAYLOAD_FORMAT, ops }
    }

    /// Canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        canonical::encode(self)
    }

    /// The payload with these canonical bytes.
    ///
    /// # Errors
    /// [`PayloadError`], for bytes that are no payload of this format.
    pub fn decode(bytes: &[u8]) -> Result<Self, PayloadError> {
        // The format is the first byte in every release, so that a foreign one is called by its
        // name.
        if let Some(&found) = bytes.first()
            && found != PAYLOAD_FORMAT
        {
            return Err(PayloadError::ForeignFormat { found });
        }
        Ok(canonical::decode::<_, PAYLOAD_BYTES_MAX>("a payload", bytes)?)
    }
}
