//! One newtype for each thing that has a name made of bytes.
//!
//! **Invariants**
//! - Ids compare and sort by their bytes; text is lower-case hex of all bytes (`Display`) or of the
//!   first four (`short`).
//! - Nothing converts one id into another without saying so.
//!
//! What this does not do: say whether the thing named exists.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A text that should have been the hex form of an id was something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not an id: expected {digits} hex digits")]
pub struct IdParseError {
    /// What was given.
    pub text: String,
    /// How many hex digits the id has.
    pub digits: usize,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $length]);

        impl $name {
            /// Length in bytes.
            pub const BYTES: usize = $length;

            /// The first four bytes in hex, for people.
            pub fn short(&self) -> String {
                hex(&self.0[..4])
            }

            /// The bytes.
            pub fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.short())
            }
        }

        impl FromStr for $name {
            type Err = IdParseError;

            fn from_str(text: &str) -> Result<Self, IdParseError> {
                unhex(text).map($name).ok_or_else(|| IdParseError {
                    text: text.to_owned(),
                    digits: 2 * $length,
                })
            }
        }
    };
}

/// Serde: the bytes in a row, without a length. They go as little-endian words, which are the same
/// bytes and an eighth of the calls.
macro_rules! plain_serde {
    ($($name:ident),*) => {
        $(
            impl Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, into: S) -> Result<S::Ok, S::Error> {
                    let mut words = [0; $name::BYTES / 8];
                    for (word, bytes) in words.iter_mut().zip(self.0.as_chunks::<8>().0) {
                        *word = u64::from_le_bytes(*bytes);
                    }
                    words.serialize(into)
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                    let words: [u64; $name::BYTES / 8] = Deserialize::deserialize(from)?;
                    let mut id = $name([0; $name::BYTES]);
                    for (bytes, word) in id.0.as_chunks_mut::<8>().0.iter_mut().zip(words) {
                        *bytes = word.to_le_bytes();
                    }
                    Ok(id)
                }
            }
        )*
    };
}

plain_serde!(CommitId, DatasetId, AuthorKey, IdentityKey, PayloadHash, SchemaId, VersionId);
plain_serde!(Digest, NodeId);

id! {
    /// BLAKE3 of a commit's canonical header.
    CommitId, 32
}
id! {
    /// The id of a dataset's founding commit.
    DatasetId, 32
}
id! {
    /// Ed25519 public key of one incarnation of one branch of one store.
    AuthorKey, 32
}
id! {
    /// Ed25519 public key of a person or a device; it certifies author keys.
    IdentityKey, 32
}
id! {
    /// BLAKE3 of a commit's canonical payload.
    PayloadHash, 32
}
id! {
    /// BLAKE3 of a schema's canonical bytes.
    SchemaId, 32
}
id! {
    /// BLAKE3 of the sorted head ids of a log version.
    VersionId, 32
}
id! {
    /// Root hash of what is visible in a snapshot.
    Digest, 32
}
id! {
    /// The name of a node: a hash of where its creation stands, see [`crate::node_id`].
    NodeId, 16
}
id! {
    /// An Ed25519 signature. Evidence beside the log: part of no id.
    Signature, 64
}

impl From<CommitId> for DatasetId {
    fn from(founding: CommitId) -> Self {
        DatasetId(founding.0)
    }
}

impl DatasetId {
    /// The dataset's founding commit.
    pub fn founding(self) -> CommitId {
        CommitId(self.0)
    }
}

impl Default for Signature {
    fn default() -> Self {
        Signature([0; 64])
    }
}

/// A type's number in a schema, stable for as long as the type lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TypeId(pub u64);

/// A field's number, unique in a schema and stable for as long as the field lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FieldId(pub u64);

/// One field of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectId {
    /// The node.
    pub node: NodeId,
    /// The field of the node's type.
    pub field: FieldId,
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(bytes)
}

// serde's own arrays end at 32: a signature goes as its two halves, R and s.
impl Serialize for Signature {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (left, right) = self.0.split_at(32);
        let halves: ([u8; 32], [u8; 32]) = (
            left.try_into().map_err(serde::ser::Error::custom)?,
            right.try_into().map_err(serde::ser::Error::custom)?,
        );
        halves.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (left, right) = <([u8; 32], [u8; 32])>::deserialize(deserializer)?;
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&left);
        bytes[32..].copy_from_slice(&right);
        Ok(Signature(bytes))
    }
}
