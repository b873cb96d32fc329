//! Where a commit stands: its address in memory, and its key in the order.
//!
//! **Invariants**
//! - An [`OrderKey`] is part of the commit for ever and the same everywhere.
//! - A [`Place`] depends on what arrived first: it holds in one log and in those made from it.

use woodland_format::{AuthorKey, Commit, CommitId};
use woodland_page::{Reading, Stored, Writing};

/// Address of a commit in this log and in every log made from it by append or merge.
///
/// It depends on the order of arrival: keep it in memory, never show, store or send it.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct Place {
    /// The unbranched stretch of one author's chain.
    pub line: u32,
    /// The author's number for the commit.
    pub seq: u64,
}

impl Stored for Place {
    fn write(&self, to: &mut Writing<'_>) {
        self.line.write(to);
        self.seq.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Some(Place { line: Stored::read(from)?, seq: Stored::read(from)? })
    }
}

/// What commits are ordered by. The fields compare in the order in which they stand here.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct OrderKey {
    /// The logical clock.
    pub turn: u64,
    /// Who wrote the commit.
    pub author: AuthorKey,
    /// The author's number for it.
    pub seq: u64,
    /// Its id, which only tells the branches of a fork apart.
    pub id: CommitId,
}

impl OrderKey {
    /// The key of a commit.
    pub fn of(commit: &Commit) -> Self {
        OrderKey {
            turn: commit.turn(),
            author: commit.author(),
            seq: commit.seq(),
            id: commit.id(),
        }
    }
}
