//! A commit: a header and its payload as one immutable, shared value, named by its id.
//!
//! **Invariants**
//! - The id is the hash of the header; header and payload fit each other. A `Commit` that breaks
//!   this cannot be made.
//! - Equality, order and hash are those of the id.
//! - A clone shares everything.
//!
//! What this does not do: vouch for the author of a commit that is not a chain's first (the chain
//! does), or for its place in a log.

use crate::hash;
use crate::header::{HEADER_FORMAT, Header, HeaderError, Position};
use crate::id::{AuthorKey, CommitId, PayloadHash, Signature};
use crate::limits::PAYLOAD_BYTES_MAX;
use crate::payload::Payload;
use crate::signature::{SecretKey, verify_commit};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// An immutable commit. Cheap to clone.
#[derive(Clone)]
pub struct Commit(Arc<Sealed>);

struct Sealed {
    id: CommitId,
    author: AuthorKey,
    header: Header,
    payload: Option<Box<[u8]>>,
}

/// A payload with its hash, or what is left of an erased one. Hashing makes it, so they fit.
pub(crate) struct HashedPayload {
    length: usize,
    hash: PayloadHash,
    bytes: Option<Box<[u8]>>,
}

impl HashedPayload {
    pub(crate) fn of(bytes: Box<[u8]>) -> Self {
        let (length, hash) = (bytes.len(), hash::payload_hash(&bytes));
        HashedPayload { length, hash, bytes: Some(bytes) }
    }

    pub(crate) fn erased(length: u32, hash: PayloadHash) -> Self {
        HashedPayload { length: length as usize, hash, bytes: None }
    }

    pub(crate) fn hash(&self) -> PayloadHash {
        self.hash
    }
}

/// What a writer says when it makes a commit; the rest follows.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Where in the author's chain it stands.
    pub position: Position,
    /// The logical clock.
    pub turn: u64,
    /// What the author has newly seen of others; sorted here.
    pub parents: Vec<CommitId>,
    /// The batch.
    pub payload: Payload,
}

/// A commit with a signature of its author: it vouches for the author's chain up to here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPoint {
    /// The signed commit.
    pub commit: CommitId,
    /// Its author's signature.
    pub signature: Signature,
}

/// Header and payload that do not make a commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// The header breaks a rule.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The payload is not as long as the header says.
    #[error("commit {commit}: its payload has {found} bytes, its header says {expected}")]
    PayloadLength {
        /// The commit.
        commit: CommitId,
        /// What the header says.
        expected: u32,
        /// What there is.
        found: usize,
    },
    /// The payload is not the one that the header names.
    #[error("commit {commit}: its payload has hash {found}, its header says {expected}")]
    PayloadHash {
        /// The commit.
        commit: CommitId,
        /// What the header says.
        expected: PayloadHash,
        /// What there is.
        found: PayloadHash,
    },
    /// The first commit of a chain names another author than its carrier claims.
    #[error("commit {commit} names author {found}, but stands in the chain of {expected}")]
    Author {
        /// The commit.
        commit: CommitId,
        /// Whose chain it was said to start.
        expected: AuthorKey,
        /// Whom its header names.
        found: AuthorKey,
    },
    /// A batch too large for one commit.
    #[error("a batch of {found} bytes, the limit is {PAYLOAD_BYTES_MAX}: write smaller batches")]
    BatchTooLarge {
        /// Its canonical length.
        found: usize,
    },
}

impl Commit {
    /// The commit of this author with this header and payload; `None` where the payload is erased.
    ///
    /// # Errors
    /// [`CommitError`] when the parts do not fit each other.
    pub fn new(
        author: AuthorKey,
        header: Header,
        payload: Option<Box<[u8]>>,
    ) -> Result<Self, CommitError> {
        header.check()?;
        let payload = match payload {
            Some(bytes) => HashedPayload::of(bytes),
            None => HashedPayload::erased(header.payload_bytes, header.payload_hash),
        };
        Self::of_checked(author, header, payload)
    }

    /// The same, of a header whose `check` held and a payload that is hashed already.
    pub(crate) fn of_checked(
        author: AuthorKey,
        header: Header,
        payload: HashedPayload,
    ) -> Result<Self, CommitError> {
        let id = header.commit_id();
        if let Some(named) = header.first_author()
            && named != author
        {
            return Err(CommitError::Author { commit: id, expected: author, found: named });
        }
        let (expected, found) = (header.payload_bytes, payload.length);
        if found != expected as usize {
            return Err(CommitError::PayloadLength { commit: id, expected, found });
        }
        let (expected, found) = (header.payload_hash, payload.hash);
        if found != expected {
            return Err(CommitError::PayloadHash { commit: id, expected, found });
        }
        let payload = payload.bytes;
        Ok(Commit(Arc::new(Sealed { id, author, header, payload })))
    }

    /// Seals a draft: hashes the payload, completes the header.
    ///
    /// # Errors
    /// [`CommitError`] when the draft breaks a rule or a limit.
    pub fn seal(author: AuthorKey, draft: Draft) -> Result<Self, CommitError> {
        let bytes = draft.payload.encode();
        if bytes.len() > PAYLOAD_BYTES_MAX {
            return Err(CommitError::BatchTooLarge { found: bytes.len() });
        }
        let payload = HashedPayload::of(bytes.into_boxed_slice());
        let mut parents = draft.parents;
        parents.sort_unstable();
        let header = Header {
            format: HEADER_FORMAT,
            position: draft.position,
            payload_hash: payload.hash,
            payload_bytes: u32::try_from(payload.length).expect("PAYLOAD_BYTES_MAX fits u32"),
            turn: draft.turn,
            parents,
        };
        header.check()?;
        Self::of_checked(author, header, payload)
    }

    /// The commit's name.
    pub fn id(&self) -> CommitId {
        self.0.id
    }

    /// Who wrote it.
    pub fn author(&self) -> AuthorKey {
        self.0.author
    }

    /// The author's number for it: 0, 1, 2, …
    pub fn seq(&self) -> u64 {
        self.0.header.seq()
    }

    /// The logical clock of the order key.
    pub fn turn(&self) -> u64 {
        self.0.header.turn
    }

    /// The author's previous commit.
    pub fn backlink(&self) -> Option<CommitId> {
        self.0.header.backlink()
    }

    /// What the author had newly seen of others, as written: a first commit's dataset is not
    /// listed.
    pub fn parents(&self) -> &[CommitId] {
        &self.0.header.parents
    }

    /// Every commit that this one refers to: backlink, parents, and a first commit's dataset.
    pub fn references(&self) -> impl Iterator<Item = CommitId> + '_ {
        let founding = match self.0.header.position {
            Position::First { dataset, .. } => Some(dataset.founding()),
            _ => None,
        };
        self.backlink().into_iter().chain(founding).chain(self.parents().iter().copied())
    }

    /// The whole header.
    pub fn header(&self) -> &Header {
        &self.0.header
    }

    /// The canonical payload; `None` where it is erased.
    pub fn payload(&self) -> Option<&[u8]> {
        self.0.payload.as_deref()
    }

    /// Signs the commit and with it its author's chain up to here.
    pub fn sign(&self, key: &SecretKey) -> SignedPoint {
        SignedPoint { commit: self.id(), signature: key.sign_commit(&self.id()) }
    }

    /// Whether `signature` is the author's over this commit.
    pub fn is_signed_by_author(&self, signature: &Signature) -> bool {
        verify_commit(&self.author(), &self.id(), signature)
    }
}

impl PartialEq for Commit {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Commit {}

impl PartialOrd for Commit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Commit {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id().cmp(&other.id())
    }
}

impl Hash for Commit {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl fmt::Debug for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Commit({} by {} #{})", self.id().short(), self.author().short(), self.seq())
    }
}
