//! BLAKE3 in its key-derivation mode: one context for each kind of thing that is hashed.
//!
//! **Invariants**
//! - No two kinds of thing share a context, so no bytes can pass as another kind.
//! - A context, once released, never changes; `docs/format.md` lists them.

use crate::id::{
    AuthorKey, CommitId, Digest, FieldId, NodeId, PayloadHash, SchemaId, TypeId, VersionId,
};
use blake3::Hasher;
use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};
use std::sync::LazyLock;

macro_rules! contexts {
    ($($name:ident = $context:literal;)*) => {
        $(static $name: LazyLock<ContextKey> =
            LazyLock::new(|| hash_derive_key_context($context));)*
    };
}

contexts! {
    HEADER = "woodland 2026-11 commit header";
    PAYLOAD = "woodland 2026-11 commit payload";
    SCHEMA = "woodland 2026-11 schema";
    NODE = "woodland 2026-11 node";
    KEYED_NODE = "woodland 2026-11 keyed node";
    RECREATED_NODE = "woodland 2026-11 recreated node";
    TYPE = "woodland 2026-11 type";
    NEW_TYPE = "woodland 2026-11 new type";
    NEW_FIELD = "woodland 2026-11 new field";
    VERSION = "woodland 2026-11 version";
    DIGEST_LEAF = "woodland 2026-11 digest leaf";
    DIGEST_KEY = "woodland 2026-11 digest key";
    DIGEST_BRANCH = "woodland 2026-11 digest branch";
    SEGMENT_ROOT = "woodland 2026-11 segment root";
}

fn hash(context: &ContextKey, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Hasher::new_from_context_key(context);
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

/// The id of the commit with these canonical header bytes.
pub fn commit_id(header: &[u8]) -> CommitId {
    CommitId(hash(&HEADER, &[header]))
}

/// The hash of these canonical payload bytes.
pub fn payload_hash(payload: &[u8]) -> PayloadHash {
    PayloadHash(hash(&PAYLOAD, &[payload]))
}

/// The id of the schema with these canonical bytes.
pub fn schema_id(schema: &[u8]) -> SchemaId {
    SchemaId(hash(&SCHEMA, &[schema]))
}

/// The id of the node that the op at `index` of the author's commit `seq` creates.
///
/// `salt` is drawn by the writer when it opens its store, so that two branches of a fork, which
/// share author and seq, do not give two nodes one id (decision 0003).
pub fn node_id(author: &AuthorKey, seq: u64, index: u32, salt: u64) -> NodeId {
    let full =
        hash(&NODE, &[&author.0, &seq.to_le_bytes(), &index.to_le_bytes(), &salt.to_le_bytes()]);
    node(&full)
}

/// The id of the node of this type that is named by a natural key, in the key's canonical bytes.
/// The same for every author.
pub fn keyed_node_id(node_type: TypeId, key: &[u8]) -> NodeId {
    node(&hash(&KEYED_NODE, &[&node_type.0.to_le_bytes(), key]))
}

/// The id of a later generation of that node, counted from 1 (decision 0015).
pub fn recreated_node_id(node_type: TypeId, key: &[u8], generation: u32) -> NodeId {
    let parts: [&[u8]; 3] = [&node_type.0.to_le_bytes(), &generation.to_le_bytes(), key];
    node(&hash(&RECREATED_NODE, &parts))
}

fn node(full: &[u8; 32]) -> NodeId {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&full[..16]);
    NodeId(bytes)
}

/// The digest of a type's definition, in its canonical bytes: what a label `Name@version` stands
/// for. Types refer to each other by id, so cycles need no care.
pub fn type_digest(definition: &[u8]) -> Digest {
    Digest(hash(&TYPE, &[definition]))
}

/// The id that a migration proposes for a new type of this name, in canonical bytes; `attempt`
/// counts the ids before it that are taken.
pub(crate) fn new_type_id(name: &[u8], attempt: u32) -> TypeId {
    TypeId(number(&hash(&NEW_TYPE, &[name, &attempt.to_le_bytes()])))
}

/// The id that a migration proposes for a new field: of this type, and what its name, kind and
/// configuration are, in canonical bytes.
pub(crate) fn new_field_id(owner: TypeId, field: &[u8], attempt: u32) -> FieldId {
    let parts: [&[u8]; 3] = [&owner.0.to_le_bytes(), field, &attempt.to_le_bytes()];
    FieldId(number(&hash(&NEW_FIELD, &parts)))
}

fn number(full: &[u8; 32]) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&full[..8]);
    u64::from_le_bytes(bytes)
}

/// The id of the version with these heads, which must be strictly ascending.
pub fn version_id<'a>(heads: impl IntoIterator<Item = &'a CommitId>) -> VersionId {
    let mut hasher = Hasher::new_from_context_key(&VERSION);
    for head in heads {
        hasher.update(&head.0);
    }
    VersionId(*hasher.finalize().as_bytes())
}

/// The place of a canonical key in the digest's tree.
pub fn digest_key(key: &[u8]) -> Digest {
    Digest(hash(&DIGEST_KEY, &[key]))
}

/// The digest of one visible entry: its place in the tree and its canonical value.
pub fn digest_leaf(place: &Digest, value: &[u8]) -> Digest {
    Digest(hash(&DIGEST_LEAF, &[&place.0, value]))
}

/// The digest of a branch with these two sides.
pub fn digest_branch(left: &Digest, right: &Digest) -> Digest {
    Digest(hash(&DIGEST_BRANCH, &[&left.0, &right.0]))
}

/// The root of a file whose root was `before` and to which these segment bytes were appended.
pub fn segment_root(before: &[u8; 32], segment: &[u8]) -> [u8; 32] {
    hash(&SEGMENT_ROOT, &[before, segment])
}
