//! What can be wrong with a file of segments, by segment, author, byte and what was expected.
//!
//! **Invariants**
//! - A message stands on its own: where, what is there, what belongs there, and what is intact.
//!
//! What this does not do: find damage; that is the reader's.

use crate::canonical::CanonicalError;
use crate::commit::CommitError;
use crate::frame::FrameError;
use crate::id::{AuthorKey, CommitId, DatasetId};
use crate::segment::SEGMENT_FORMAT;
use std::fmt;

/// Something in a file of segments that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The segment, counted from 0 as they were met in the file.
    pub segment: u64,
    /// Its author, where the head could be read.
    pub author: Option<AuthorKey>,
    /// First byte of the damaged frame, from the beginning of the file.
    pub offset: u64,
    /// The first byte after the damage where reading went on.
    pub resumed: u64,
    /// The seqs of this segment's commits that are intact before it: first, and one past the last.
    /// None are known to be where the cause is [`DamageCause::Last`].
    pub intact: (u64, u64),
    /// What is wrong.
    pub cause: DamageCause,
}

/// What is wrong with a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DamageCause {
    /// A segment's head cannot be read.
    #[error("head at byte {offset}: {error}")]
    Head {
        /// Where.
        offset: u64,
        /// What is wrong with it.
        error: FrameError,
    },
    /// A block cannot be read.
    #[error("block at byte {offset}: {error}")]
    Block {
        /// Where.
        offset: u64,
        /// What is wrong with it.
        error: FrameError,
    },
    /// A head whose checksum holds does not decode.
    #[error("head at byte {offset}: {error}")]
    HeadBytes {
        /// Where.
        offset: u64,
        /// What is wrong with it.
        error: CanonicalError,
    },
    /// Written by a release with another segment format.
    #[error("head at byte {offset}: segment format {found} {}", foreign(*found))]
    ForeignFormat {
        /// Where.
        offset: u64,
        /// The format found.
        found: u8,
    },
    /// A segment of another dataset.
    #[error("head at byte {offset}: the segment is of dataset {found}, expected {expected}")]
    Dataset {
        /// Where.
        offset: u64,
        /// The file's dataset.
        expected: DatasetId,
        /// The segment's.
        found: DatasetId,
    },
    /// A head that no segment has.
    #[error("head at byte {offset}: {what} is {found}, expected {expected}")]
    HeadMismatch {
        /// Where.
        offset: u64,
        /// Of what.
        what: &'static str,
        /// What could stand there.
        expected: u64,
        /// What stands there.
        found: u64,
    },
    /// Head and blocks contradict each other.
    #[error("block at byte {offset}: {what} is {found}, expected {expected}")]
    Mismatch {
        /// Where.
        offset: u64,
        /// Of what.
        what: &'static str,
        /// What belongs there.
        expected: u64,
        /// What stands there.
        found: u64,
    },
    /// A row ends early or says what no row says.
    #[error("block at byte {offset}: commit {seq} {reason}")]
    Row {
        /// Where the block begins.
        offset: u64,
        /// The commit.
        seq: u64,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A row that is whole, but of no commit.
    #[error("block at byte {offset}: commit {seq}: {error}")]
    Commit {
        /// Where the block begins.
        offset: u64,
        /// The commit.
        seq: u64,
        /// What is wrong with it.
        error: CommitError,
    },
    /// All commits are whole, but they are not the ones that the head names.
    #[error("head at byte {offset}: the last commit is {found}, expected {expected}")]
    Last {
        /// Where.
        offset: u64,
        /// What the head says.
        expected: CommitId,
        /// What recomputing gives.
        found: CommitId,
    },
}

/// What a segment format is that is not [`SEGMENT_FORMAT`], and what to do about it.
fn foreign(found: u8) -> String {
    if found < SEGMENT_FORMAT {
        format!(
            "was written by a pre-release, this release reads {SEGMENT_FORMAT} alone: \
             only that one can read it, carry its content over from there"
        )
    } else {
        format!("is not known to this release, which knows {SEGMENT_FORMAT}: upgrade it")
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "segment {}", self.segment)?;
        if let Some(author) = &self.author {
            write!(f, " (author {}…)", author.short())?;
        }
        write!(f, ": {}; ", self.cause)?;
        match self.intact {
            _ if matches!(self.cause, DamageCause::Last { .. }) => {
                f.write_str("only signatures tell which of its commits are intact")
            }
            (first, end) if end > first + 1 => {
                write!(f, "commits {first}-{} before it are intact", end - 1)
            }
            (first, end) if end > first => write!(f, "commit {first} before it is intact"),
            _ => write!(f, "no commit of this segment is intact"),
        }
    }
}

impl std::error::Error for Damage {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}
