//! Woodland's bytes: ids, commits, payloads, signatures, segments and their limits.
//!
//! The ground on which everything stands. Two kinds of bytes live here: **canonical** bytes, which
//! are hashed or signed and fixed for ever (`canonical`, `header`, `payload`, `proof`, `schema`,
//! `value`), and **stored** bytes, which carry commits compactly and may change with a format
//! number (`frame`, `segment`, `rows`, `block`, `reader`). `docs/format.md` draws both, with golden
//! vectors.
//!
//! **Invariants**
//! - Pure: no IO, no clock, no randomness, no threads.
//! - Bytes from outside never panic, never recurse without a limit, never reserve what they only
//!   claim.
//!
//! ```
//! use woodland_format::{Commit, Draft, Payload, Position, Op, Schema, SecretKey};
//!
//! let key = SecretKey::from_seed([1; 32]);
//! let schema = Schema { types: vec![] };
//! let founding = Commit::seal(key.author(), Draft {
//!     position: Position::Founding {
//!         author: key.author(),
//!         nonce: [7; 32],
//!         schema: schema.id(),
//!         certificate: None,
//!     },
//!     turn: 0,
//!     parents: vec![],
//!     payload: Payload::of(vec![Op::Schema(schema)]),
//! })?;
//! let point = founding.sign(&key);
//! assert!(founding.is_signed_by_author(&point.signature));
//! # Ok::<(), woodland_format::CommitError>(())
//! ```

mod block;
mod canonical;
mod commit;
mod damage;
mod excerpt;
mod float;
mod frame;
mod hash;
mod header;
mod id;
pub mod limits;
mod migration;
mod nested;
mod op;
mod payload;
#[cfg(planted)]
pub mod planted;
mod proof;
mod reader;
mod rights;
mod rows;
mod schema;
mod segment;
mod signature;
mod stretch;
mod value;
mod value_type;
mod varint;
mod view;

pub use crate::id::{
    AuthorKey, CommitId, DatasetId, Digest, FieldId, IdParseError, IdentityKey, NodeId, ObjectId,
    PayloadHash, SchemaId, Signature, TypeId, VersionId,
};

pub use crate::commit::{Commit, CommitError, Draft, SignedPoint};
pub use crate::header::{HEADER_FORMAT, Header, HeaderError, Position, SchemaChange};
pub use crate::migration::{
    Loss, Migration, MigrationStep, Misfit, Proposal, Renames, StepNote, same_shape,
};
pub use crate::op::{
    AtomConfig, CounterOp, DeletionConfig, EventsConfig, KeyConfig, ListConfig, ListOp, MapConfig,
    MapOp, RecordConfig, RecordOp, RegisterConfig, RegisterOp, SetConfig, SetOp, TextOp,
    UniqueConfig, UnseenEdits,
};
pub use crate::payload::{Op, PAYLOAD_FORMAT, Payload, PayloadError};
pub use crate::rights::{Right, RightsChange};
pub use crate::schema::{FieldDefinition, Schema, SchemaError, TypeDefinition};
pub use crate::view::OpView;

pub use crate::float::Float;
pub use crate::value::Value;
pub use crate::value_type::{MemberDefinition, OnDelete, TypeError, ValueType};

pub use crate::proof::{ForkProof, PROOF_FORMAT, ProofError, ProvenBranch, ProvenFork};
pub use crate::signature::{Certificate, SecretKey, verify_commit, verify_peer};

pub use crate::block::{Block, BlockParts, Commits, OpenBlock, Payloads};
pub use crate::damage::{Damage, DamageCause};
pub use crate::frame::{
    FILE_FORMAT, FILE_HEADER_BYTES, FRAME_HEADER_BYTES, FileError, FileHeader, FrameError, Purpose,
};
pub use crate::reader::{Found, Segment, Segments, read_segments};
pub use crate::segment::{SEGMENT_FORMAT, SegmentHead, encode_segment};
pub use crate::stretch::{StretchStart, encode_stretch, read_stretch};

pub use crate::canonical::{CanonicalError, decode, encode};
pub use crate::hash::{
    commit_id, digest_branch, digest_key, digest_leaf, keyed_node_id, node_id, payload_hash,
    recreated_node_id, schema_id, segment_root, type_digest, version_id,
};
pub use crate::varint::{NoVarint, put_varint, take_varint};
