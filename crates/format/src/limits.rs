//! Every limit on what the format can hold, in one place.
//!
//! **Invariants**
//! - A decoder checks a count against its limit before it reserves memory for it.
//! - A value that an encoder lets through, the decoder lets through, and the other way round.
//!
//! What this does not do: limits of queues and caches belong to the crates that own those.

/// Most parents that one commit may name; with more heads than this, empty join commits come first.
pub const PARENTS_MAX: usize = 256;
/// Longest canonical header, in bytes.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;
/// Longest canonical payload, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most ops in one payload.
pub const OPS_MAX: usize = 1024 * 1024;
/// Longest op of one kind, in bytes, inside an edit.
pub const OP_BYTES_MAX: usize = 15 * 1024 * 1024;
/// Longest canonical schema, in bytes.
pub const SCHEMA_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most types in one schema.
pub const TYPES_MAX: usize = 4096;
/// Most fields in one type, and most members in one record.
pub const FIELDS_MAX: usize = 1024;
/// Most steps in one migration.
pub const MIGRATION_STEPS_MAX: usize = 4096;
/// Longest name of a type, field, member, kind or identity, in bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// Longest configuration of one field's kind, in bytes.
pub const CONFIG_BYTES_MAX: usize = 64 * 1024;
/// Deepest nesting of a value or of a value type; a scalar has depth 1.
pub const VALUE_DEPTH_MAX: usize = 16;
/// Most types that one type is made of: what it costs to check whether a union is ambiguous grows
/// with the square of it.
pub const TYPE_NODES_MAX: usize = 2048;
/// Most members of one union.
pub const UNION_MEMBERS_MAX: usize = 256;
/// Most items in one list value, entries in one map.
pub const LIST_ITEMS_MAX: usize = 1024 * 1024;
/// Longest body of one frame, in bytes: one commit at its largest, and what frames it.
pub const FRAME_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + HEADER_BYTES_MAX + 1024;
/// A block that holds more than one commit has at most this many bytes of rows: damage takes little
/// with it.
pub const BLOCK_BYTES_TARGET: usize = 64 * 1024;
/// Longest payload that a row may give by how it differs from the one before it: what a few bytes
/// of a row can make a reader hash.
pub const LIKE_BYTES_MAX: usize = 512;
/// Most commits in one segment.
pub const SEGMENT_COMMITS_MAX: u32 = 1 << 24;
/// A writer signs at least once in this many commits, and these signatures are kept for ever.
pub const SIGN_EVERY_COMMITS: u64 = 1024;
/// A writer signs at least once in this many payload bytes, and these signatures are kept for ever.
pub const SIGN_EVERY_BYTES: u64 = 256 * 1024;
/// Most headers in one branch of a fork proof: from a commit to a signed point behind it, where the
/// writer signs as often as it must.
pub const PROOF_HEADERS_MAX: usize = 1024;
/// Longest canonical fork proof, in bytes: two branches at their largest.
pub const PROOF_BYTES_MAX: usize = 2 * PROOF_HEADERS_MAX * HEADER_BYTES_MAX + 1024;
