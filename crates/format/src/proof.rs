//! A fork proof: what convinces anybody, without a log, that one author's chain branches.
//!
//! ```text
//!                  ┌─ rival ─ … ─ signed point      headers only, each the backlink of the next
//!  (backlink) ─────┤
//!                  └─ rival ─ … ─ signed point      payloads take no part
//! ```
//!
//! **Invariants**
//! - A proof that decodes or is made holds: nobody but the holder of the author's key can have
//!   made both branches. It accuses nobody of intent: a restored backup forks in the same way.
//! - Every bit counts: the last headers are signed, and each names the one before by hash.
//! - The branches stand in the order of their rivals' ids, so one pair of branches has one form.
//!
//! What this does not do: say why the chain branches, or name the dataset where the rivals do not.

use crate::canonical::{self, CanonicalError};
use crate::hash::commit_id;
use crate::header::{Header, HeaderError, Position};
use crate::id::{AuthorKey, CommitId, DatasetId, Signature};
use crate::limits::{PROOF_BYTES_MAX, PROOF_HEADERS_MAX};
use crate::signature::verify_commit;
use serde::{Deserialize, Serialize};

/// The format of fork proofs that this release writes.
pub const PROOF_FORMAT: u8 = 1;

/// Two signed branches of one author's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForkProof {
    format: u8,
    author: AuthorKey,
    branches: [ProvenBranch; 2],
}

/// One of the two: the headers from the rival to a signed point, and that point's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenBranch {
    /// From the rival on, each the backlink of the next; 1 to [`PROOF_HEADERS_MAX`].
    #[serde(deserialize_with = "canonical::list::<_, _, PROOF_HEADERS_MAX>")]
    pub headers: Vec<Header>,
    /// The author's signature over the last.
    pub signature: Signature,
}

/// What a proof proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProvenFork {
    /// Whose chain branches.
    pub author: AuthorKey,
    /// The backlink that the rivals share; none where they are first commits.
    pub backlink: Option<CommitId>,
    /// The rivals, ascending.
    pub rivals: [CommitId; 2],
}

/// Headers and signatures that prove no fork.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The bytes are not canonical.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// Written by a release with another format.
    #[error(
        "proof format {found} is not known to this release, which knows {PROOF_FORMAT}: upgrade it"
    )]
    ForeignFormat {
        /// The format that the bytes name.
        found: u8,
    },
    /// Too many headers, or none.
    #[error("branch {branch} has {found} headers, expected 1 to {PROOF_HEADERS_MAX}")]
    Length {
        /// Which branch, 0 or 1.
        branch: usize,
        /// How many headers it has.
        found: usize,
    },
    /// A header that no chain could hold.
    #[error("branch {branch}, header {index}: {error}")]
    Header {
        /// Which branch, 0 or 1.
        branch: usize,
        /// Which header, from the rival on.
        index: usize,
        /// The rule that it breaks.
        #[source]
        error: HeaderError,
    },
    /// A header that does not continue the one before it.
    #[error("branch {branch}: header {index} does not continue commit {before} at the next seq")]
    Broken {
        /// Which branch, 0 or 1.
        branch: usize,
        /// Which header, from the rival on.
        index: usize,
        /// The id of the header before it.
        before: CommitId,
    },
    /// The rivals do not ascend, or are one commit.
    #[error("the rivals must be two and ascend; {first} stands before {second}")]
    Order {
        /// The first branch's rival.
        first: CommitId,
        /// The second branch's.
        second: CommitId,
    },
    /// The rivals do not stand in one place of one author's chain.
    #[error("commits {first} and {second} do not compete for one place in the chain of {author}")]
    NotRivals {
        /// The accused.
        author: AuthorKey,
        /// The first branch's rival.
        first: CommitId,
        /// The second branch's.
        second: CommitId,
    },
    /// A branch that the author did not sign.
    #[error("branch {branch}: the signature on commit {commit} is not that of author {author}")]
    Signature {
        /// Which branch, 0 or 1.
        branch: usize,
        /// Its last commit.
        commit: CommitId,
        /// The accused.
        author: AuthorKey,
    },
}

impl ForkProof {
    /// The proof that these two branches of the author's chain make, given in any order.
    ///
    /// # Errors
    /// [`ProofError`] when they prove nothing.
    pub fn new(author: AuthorKey, mut branches: [ProvenBranch; 2]) -> Result<Self, ProofError> {
        let rival = |branch: &ProvenBranch| branch.headers.first().map(Header::id);
        branches.sort_by_cached_key(rival);
        let proof = ForkProof { format: PROOF_FORMAT, author, branches };
        proof.verify()?;
        Ok(proof)
    }

    /// Canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        canonical::encode(self)
    }

    /// The proof with these canonical bytes, verified.
    ///
    /// # Errors
    /// [`ProofError`], for bytes that are no proof and for proofs that prove nothing.
    pub fn decode(bytes: &[u8]) -> Result<Self, ProofError> {
        // The format is the first byte in every release, so that a foreign one is called by its
        // name.
        if let Some(&found) = bytes.first()
            && found != PROOF_FORMAT
        {
            return Err(ProofError::ForeignFormat { found });
        }
        let proof: ForkProof = canonical::decode::<_, PROOF_BYTES_MAX>("a fork proof", bytes)?;
        proof.verify()?;
        Ok(proof)
    }

    /// Whose chain branches.
    pub fn author(&self) -> AuthorKey {
        self.author
    }

    /// The two branches, ascending by rival.
    pub fn branches(&self) -> &[ProvenBranch; 2] {
        &self.branches
    }

    /// Checks everything; no log is needed.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn verify(&self) -> Result<ProvenFork, ProofError> {
        let [left, right] = &self.branches;
        let (first, first_last) = walk(0, left)?;
        let (second, second_last) = walk(1, right)?;
        if first >= second {
            return Err(ProofError::Order { first, second });
        }
        let author = self.author;
        let (place, other) = (self.place(left, first), self.place(right, second));
        let (Some(place), true) = (place, place == other) else {
            return Err(ProofError::NotRivals { author, first, second });
        };
        for (branch, commit) in [first_last, second_last].into_iter().enumerate() {
            if !verify_commit(&author, &commit, &self.branches[branch].signature) {
                return Err(ProofError::Signature { branch, commit, author });
            }
        }
        let backlink = match place {
            Place::First(_) => None,
            Place::Next(backlink, _) => Some(backlink),
        };
        Ok(ProvenFork { author, backlink, rivals: [first, second] })
    }

    /// Which place of the accused's chain a rival claims; `None` where it claims another's.
    fn place(&self, branch: &ProvenBranch, id: CommitId) -> Option<Place> {
        match branch.headers.first()?.position {
            Position::Founding { author, .. } | Position::Owned { author, .. } => {
                (author == self.author).then_some(Place::First(DatasetId::from(id)))
            }
            Position::First { author, dataset, .. } => {
                (author == self.author).then_some(Place::First(dataset))
            }
            Position::Next { backlink, seq, .. } | Position::Rights { backlink, seq, .. } => {
                Some(Place::Next(backlink, seq))
            }
        }
    }
}

/// What only one commit of an author may claim.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    First(DatasetId),
    Next(CommitId, u64),
}

/// The ids of the first and the last commit of a branch whose headers make one chain.
fn walk(branch: usize, of: &ProvenBranch) -> Result<(CommitId, CommitId), ProofError> {
    let found = of.headers.len();
    let mut ends = None;
    for (index, header) in of.headers.iter().take(PROOF_HEADERS_MAX).enumerate() {
        header.check().map_err(|error| ProofError::Header { branch, index, error })?;
        let id = header.id();
        let Some((first, before, seq)) = ends.replace((id, id, header.seq())) else { continue };
        if header.backlink() != Some(before) || seq.checked_add(1) != Some(header.seq()) {
            return Err(ProofError::Broken { branch, index, before });
        }
        ends = Some((first, id, header.seq()));
    }
    match ends {
        Some((first, last, _)) if found <= PROOF_HEADERS_MAX => Ok((first, last)),
        _ => Err(ProofError::Length { branch, found }),
    }
}

impl Header {
    fn id(&self) -> CommitId {
        commit_id(&self.encode())
    }
}
