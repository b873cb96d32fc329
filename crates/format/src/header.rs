//! The header of a commit: all that the log needs in order to place it, and nothing that it says.
//!
//! ```text
//!  format ─ position ─ payload hash ─ payload bytes ─ turn ─ parents
//!             │
//!             ├ founding: author, nonce, schema, certificate?
//!             ├ first:    author, dataset, schema, certificate?
//!             ├ next:     backlink, seq, schema change
//!             ├ owned:    author, nonce, schema, certificate      founds a dataset with an owner
//!             └ rights:   backlink, seq, rights change
//! ```
//!
//! **Invariants**
//! - The commit id is the hash of these bytes and of nothing else.
//! - An ordinary header (`next`, schema kept, no parents) has 101 bytes: two blocks of BLAKE3.
//! - Parents ascend strictly, at most [`PARENTS_MAX`]; a header that founds has none and turn 0.
//!
//! What this does not do: say whether the past exists or the turn is right; that is the log's.

use crate::canonical::{self, CanonicalError};
use crate::hash;
use crate::id::{AuthorKey, CommitId, DatasetId, PayloadHash, SchemaId};
use crate::limits::{HEADER_BYTES_MAX, PARENTS_MAX, PAYLOAD_BYTES_MAX};
use crate::rights::RightsChange;
use crate::signature::Certificate;
use serde::{Deserialize, Serialize};

/// Length of an ordinary header.
const ORDINARY_BYTES: usize = 101;

/// The header format that this release writes.
pub const HEADER_FORMAT: u8 = 1;

/// Everything about a commit but its payload's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`HEADER_FORMAT`].
    pub format: u8,
    /// Where in its author's chain the commit stands.
    pub position: Position,
    /// Hash of the canonical payload.
    pub payload_hash: PayloadHash,
    /// Length of the canonical payload, at most [`PAYLOAD_BYTES_MAX`].
    pub payload_bytes: u32,
    /// The logical clock of the order key.
    pub turn: u64,
    /// What the author has newly seen of other authors, strictly ascending.
    #[serde(deserialize_with = "canonical::list::<_, _, PARENTS_MAX>")]
    pub parents: Vec<CommitId>,
}

/// Where in its author's chain a commit stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Position {
    /// The first commit of a dataset.
    Founding {
        /// Who founds.
        author: AuthorKey,
        /// Makes two datasets of one author and one schema different.
        nonce: [u8; 32],
        /// The schema that the payload carries.
        schema: SchemaId,
        /// For whom the author writes.
        certificate: Option<Certificate>,
    },
    /// The first commit of another author.
    First {
        /// Who starts to write.
        author: AuthorKey,
        /// The dataset; its founding commit counts as a parent.
        dataset: DatasetId,
        /// The schema that the author writes under from here on.
        schema: SchemaId,
        /// For whom the author writes.
        certificate: Option<Certificate>,
    },
    /// Any later commit.
    Next {
        /// The author's previous commit.
        backlink: CommitId,
        /// One more than the seq of the backlink.
        seq: u64,
        /// What becomes of the author's schema.
        schema: SchemaChange,
    },
    /// The first commit of a dataset that has an owner: only its owner, and whom the owner grants
    /// it, may write there.
    Owned {
        /// Who founds.
        author: AuthorKey,
        /// Makes two datasets of one author and one schema different.
        nonce: [u8; 32],
        /// The schema that the payload carries.
        schema: SchemaId,
        /// For whom the author writes: its identity is the owner.
        certificate: Certificate,
    },
    /// A later commit, by which the owner says who may write or read; it keeps the author's schema.
    Rights {
        /// The author's previous commit.
        backlink: CommitId,
        /// One more than the seq of the backlink.
        seq: u64,
        /// Who gets a right, or loses all.
        change: RightsChange,
    },
}

/// What a commit does to the schema that its author writes under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SchemaChange {
    /// As in the author's previous commit.
    Keep,
    /// From here on, this schema, which the commit's past introduces.
    Adopt(SchemaId),
    /// From here on, this schema, which the commit's own payload carries.
    Introduce(SchemaId),
}

/// A header that no chain of commits could hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// The bytes are not canonical.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// Written by a release with another format.
    #[error(
        "header format {found} is not known to this release, which knows {HEADER_FORMAT}: upgrade it"
    )]
    ForeignFormat {
        /// The format that the bytes name.
        found: u8,
    },
    /// A founding header has parents or a turn.
    #[error(
        "a founding header has turn 0 and no parents; this one has turn {turn} and {parents} parents"
    )]
    Founding {
        /// The turn found.
        turn: u64,
        /// How many parents were found.
        parents: usize,
    },
    /// A `next` header claims seq 0, which is the first commit's.
    #[error("seq 0 belongs to an author's first commit, which has no backlink")]
    SeqZero,
    /// Too many parents.
    #[error("{found} parents, the limit is {PARENTS_MAX}: join heads with empty commits first")]
    TooManyParents {
        /// How many parents were found.
        found: usize,
    },
    /// Parents that do not ascend, or one of them twice.
    #[error("parents must ascend strictly; {parent} does not stand after the one before it")]
    ParentsUnsorted {
        /// The first parent out of order.
        parent: CommitId,
    },
    /// A payload longer than any may be.
    #[error("a payload of {found} bytes, the limit is {PAYLOAD_BYTES_MAX}: write smaller batches")]
    PayloadTooLong {
        /// The length found.
        found: u64,
    },
    /// The certificate is not the identity's word for this author.
    #[error("the certificate of author {author} does not carry a valid signature of its identity")]
    Certificate {
        /// The author.
        author: AuthorKey,
    },
}

impl Header {
    /// Canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        canonical::encode(self)
    }

    /// The commit id that this header makes.
    pub(crate) fn commit_id(&self) -> CommitId {
        match self.ordinary_bytes() {
            Some(bytes) => hash::commit_id(&bytes),
            None => hash::commit_id(&self.encode()),
        }
    }

    /// The canonical bytes of an ordinary header, written in place: almost every commit has one,
    /// and its id is asked for most.
    fn ordinary_bytes(&self) -> Option<[u8; ORDINARY_BYTES]> {
        let Position::Next { backlink, seq, schema: SchemaChange::Keep } = &self.position else {
            return None;
        };
        if !self.parents.is_empty() {
            return None;
        }
        let mut bytes = [0; ORDINARY_BYTES];
        bytes[0] = self.format;
        bytes[1..5].copy_from_slice(&2u32.to_le_bytes());
        bytes[5..37].copy_from_slice(&backlink.0);
        bytes[37..45].copy_from_slice(&seq.to_le_bytes());
        bytes[49..81].copy_from_slice(&self.payload_hash.0);
        bytes[81..85].copy_from_slice(&self.payload_bytes.to_le_bytes());
        bytes[85..93].copy_from_slice(&self.turn.to_le_bytes());
        Some(bytes)
    }

    /// The header with these canonical bytes, checked.
    ///
    /// # Errors
    /// [`HeaderError`], for bytes that are no header and for headers that break a rule.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        // The format is the first byte in every release, so that a foreign one is called by its
        // name.
        if let Some(&found) = bytes.first()
            && found != HEADER_FORMAT
        {
            return Err(HeaderError::ForeignFormat { found });
        }
        let header: Header = canonical::decode::<_, HEADER_BYTES_MAX>("a header", bytes)?;
        header.check()?;
        Ok(header)
    }

    /// Checks every rule that the header alone decides.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), HeaderError> {
        if self.format != HEADER_FORMAT {
            return Err(HeaderError::ForeignFormat { found: self.format });
        }
        if self.payload_bytes as usize > PAYLOAD_BYTES_MAX {
            return Err(HeaderError::PayloadTooLong { found: u64::from(self.payload_bytes) });
        }
        if self.parents.len() > PARENTS_MAX {
            return Err(HeaderError::TooManyParents { found: self.parents.len() });
        }
        if let Some(pair) = self.parents.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(HeaderError::ParentsUnsorted { parent: pair[1] });
        }
        if self.founds() && (self.turn != 0 || !self.parents.is_empty()) {
            let (turn, parents) = (self.turn, self.parents.len());
            return Err(HeaderError::Founding { turn, parents });
        }
        match &self.position {
            Position::Next { seq: 0, .. } | Position::Rights { seq: 0, .. } => {
                Err(HeaderError::SeqZero)
            }
            _ => self.check_certificate(),
        }
    }

    fn check_certificate(&self) -> Result<(), HeaderError> {
        let Some((author, word)) = self.first_author().zip(self.certificate()) else {
            return Ok(());
        };
        if word.vouches_for(&author) { Ok(()) } else { Err(HeaderError::Certificate { author }) }
    }

    /// Whether it founds a dataset.
    pub fn founds(&self) -> bool {
        matches!(self.position, Position::Founding { .. } | Position::Owned { .. })
    }

    /// The schema that it says its author writes under from here on: none where that stays.
    pub fn names_schema(&self) -> Option<SchemaId> {
        match self.position {
            Position::Founding { schema, .. }
            | Position::Owned { schema, .. }
            | Position::First { schema, .. }
            | Position::Next {
                schema: SchemaChange::Adopt(schema) | SchemaChange::Introduce(schema),
                ..
            } => Some(schema),
            Position::Next { schema: SchemaChange::Keep, .. } | Position::Rights { .. } => None,
        }
    }

    /// The schema that it says its own payload carries.
    pub fn introduces(&self) -> Option<SchemaId> {
        match self.position {
            Position::Founding { schema, .. }
            | Position::Owned { schema, .. }
            | Position::Next { schema: SchemaChange::Introduce(schema), .. } => Some(schema),
            _ => None,
        }
    }

    /// The author's number for this commit: 0, 1, 2, …
    pub fn seq(&self) -> u64 {
        match self.position {
            Position::Next { seq, .. } | Position::Rights { seq, .. } => seq,
            _ => 0,
        }
    }

    /// The author's previous commit.
    pub fn backlink(&self) -> Option<CommitId> {
        match self.position {
            Position::Next { backlink, .. } | Position::Rights { backlink, .. } => Some(backlink),
            _ => None,
        }
    }

    /// The author, where the header names it: in a chain's first commit.
    pub fn first_author(&self) -> Option<AuthorKey> {
        match self.position {
            Position::Founding { author, .. }
            | Position::Owned { author, .. }
            | Position::First { author, .. } => Some(author),
            Position::Next { .. } | Position::Rights { .. } => None,
        }
    }

    /// The certificate of a chain's first commit.
    pub fn certificate(&self) -> Option<&Certificate> {
        match &self.position {
            Position::Founding { certificate, .. } | Position::First { certificate, .. } => {
                certificate.as_ref()
            }
            Position::Owned { certificate, .. } => Some(certificate),
            Position::Next { .. } | Position::Rights { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_ordinary_header_is_written_in_place_as_it_is_encoded(
            backlink: [u8; 32], seq: u64, payload_hash: [u8; 32], payload_bytes: u32, turn: u64,
        ) {
            let schema = SchemaChange::Keep;
            let header = Header {
                format: HEADER_FORMAT,
                position: Position::Next { backlink: CommitId(backlink), seq, schema },
                payload_hash: PayloadHash(payload_hash),
                payload_bytes,
                turn,
                parents: Vec::new(),
            };
            prop_assert_eq!(header.ordinary_bytes().map(|it| it.to_vec()), Some(header.encode()));
            let parents = vec![CommitId(backlink)];
            prop_assert_eq!(Header { parents, ..header }.ordinary_bytes(), None);
        }
    }
}
