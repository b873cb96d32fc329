//! Where a commit stands: its address in memory, and its key in the order.
//!
//! **Invariants**
//! - An [`OrderKey`] is part of the commit for ever and the same everywhere.
//! - A [`Place`] depends on what arrived first: it holds in one log and in those made from it.

use woodland_format::{AuthorKey, Commit, CommitId};
use woodland_page::{Reading, Stored, Writing};

/// Address of a commit in this log and in every log made from it by append or merge.
///
/// It depends on the order of arrival: it may stand in pages that belong to this log, and is never
/// shown, sent or put elsewhere.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct Place {
    /// The unbranched stretch of one author's chain.
    pub line: u32,
    /// The author's number for the commit.
    pub seq: u64,
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

impl Stored for Place {
    fn write(&self, to: &mut Writing<'_>) {
        (self.line, self.seq).write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (line, seq) = Stored::read(from)?;
        Some(Place { line, seq })
    }
}

impl Stored for OrderKey {
    fn write(&self, to: &mut Writing<'_>) {
        (self.turn, self.author).write(to);
        (self.seq, self.id).write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let ((turn, author), (seq, id)) = (Stored::read(from)?, Stored::read(from)?);
        Some(OrderKey { turn, author, seq, id })
    }
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
