//! The payload of a commit: one batch of ops.
//!
//! **Invariants**
//! - A payload that does not decode is no reason to refuse its commit: the run takes it as empty,
//!   the same way everywhere. Only its length and hash are the door's business.
//! - An edit's op is opaque here; its kind decodes it. So a new kind needs no change to this crate.
//!
//! What this does not do: look at a schema or a state.

use crate::canonical::{self, CanonicalError};
use crate::hash::{keyed_node_id, node_id, recreated_node_id};
use crate::id::{AuthorKey, NodeId, ObjectId, TypeId};
use crate::limits::OP_BYTES_MAX;
use crate::migration::Migration;
use crate::schema::Schema;
use crate::value::Value;
use serde::{Deserialize, Serialize};

/// The payload format that this release writes.
pub const PAYLOAD_FORMAT: u8 = 1;

/// One batch of ops: all of them become visible at once. May be empty: an acknowledgement, a join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payload {
    /// [`PAYLOAD_FORMAT`].
    pub format: u8,
    /// What the author did, in this order.
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
    /// Makes the node that a natural key names, [`crate::keyed_node_id`]: whoever makes it.
    CreateKeyed {
        /// The node's type, in the commit's schema: one with a field of kind `key`.
        node_type: TypeId,
        /// The key.
        key: Value,
    },
    /// Makes the next generation of a node that a natural key names,
    /// [`crate::recreated_node_id`]: its author saw the one before deleted.
    Recreate {
        /// The node's type, in the commit's schema: one with a field of kind `key`.
        node_type: TypeId,
        /// The key.
        key: Value,
        /// Counted from 0, which [`Op::CreateKeyed`] makes.
        generation: u32,
    },
    /// Deletes a node, if the judge of existence lets it (`docs/meaning.md`).
    Delete {
        /// The node; of a key, the generation that the author saw.
        node: NodeId,
    },
    /// Takes the current schema further.
    Migrate(Migration),
}

impl Op {
    /// The node that this op creates, as op `index` of the author's commit `seq`.
    pub fn creates(&self, author: &AuthorKey, seq: u64, index: u32) -> Option<NodeId> {
        match self {
            Op::Create { salt, .. } => Some(node_id(author, seq, index, *salt)),
            Op::CreateKeyed { node_type, key } => {
                Some(keyed_node_id(*node_type, &canonical::encode(key)))
            }
            Op::Recreate { node_type, key, generation } => {
                Some(recreated_node_id(*node_type, &canonical::encode(key), *generation))
            }
            Op::Schema(_) | Op::Edit { .. } | Op::Delete { .. } | Op::Migrate(_) => None,
        }
    }
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
        let ops = Payload::view(bytes)?.into_iter().map(Op::from).collect();
        Ok(Payload { format: PAYLOAD_FORMAT, ops })
    }
}
