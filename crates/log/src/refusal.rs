//! What the door says when it does not let something in.
//!
//! **Invariants**
//! - A refusal names the author and the commit, and says what would help.
//!
//! What this does not do: remember. What was refused may be offered again.

use crate::append::AppendError;
use woodland_format::{AuthorKey, CommitId, DatasetId};

/// Something of an offered segment, or something that waited, that the door does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The segment is part of another dataset's log.
    #[error("a segment of dataset {found}, this log is of {expected}: offer it to that dataset")]
    OtherDataset {
        /// The log's.
        expected: DatasetId,
        /// The segment's.
        found: DatasetId,
    },
    /// A signature that is not the author's. It vouches for nothing.
    #[error(
        "the signature on commit {commit} is not that of its author {author}: \
         ask another peer for the commit's signature"
    )]
    Signature {
        /// Whose it should be.
        author: AuthorKey,
        /// The commit it stands on.
        commit: CommitId,
    },
    /// A commit that breaks a rule.
    #[error("refused for ever, from author {author}: {error}")]
    Invalid {
        /// Who is said to have written it.
        author: AuthorKey,
        /// The commit.
        commit: CommitId,
        /// The rule.
        #[source]
        error: AppendError,
    },
    /// A commit that stands on a refused one.
    #[error("commit {commit} by {author} stands on commit {refused}, which is refused: drop both")]
    Past {
        /// Who is said to have written it.
        author: AuthorKey,
        /// The commit.
        commit: CommitId,
        /// The refused commit that it refers to.
        refused: CommitId,
    },
    /// Commits that cannot be admitted yet, for which there is no room to wait. They are not kept.
    #[error(
        "no room to wait for {commits} commits by {author} from {first} on: \
         offer them again after {}",
        wanted(missing)
    )]
    Full {
        /// Who is said to have written them.
        author: AuthorKey,
        /// The first of them.
        first: CommitId,
        /// How many.
        commits: usize,
        /// What they refer to that neither is held nor waits, ascending, at most 4,096 of it. Where
        /// this is empty, they stand on commits that wait, or lack a signed point.
        missing: Vec<CommitId>,
    },
}

fn wanted(missing: &[CommitId]) -> String {
    if missing.is_empty() {
        return "a signed point at or after their last, or after what waits is admitted".to_owned();
    }
    missing.iter().map(CommitId::to_string).collect::<Vec<_>>().join(", ")
}
