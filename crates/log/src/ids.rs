//! Ids: from the id of a commit to where it stands.
//!
//! A log does not keep ids: they are the hashes of what it keeps. The index has four bytes of each
//! id and a place; whoever looks one up compares the whole id with that of the commit there, which
//! costs the hashes of some commits before it.
//!
//! **Invariants**
//! - Every commit of the log has one mark.
//! - Marks with equal bytes of different ids are ordinary: all of them are looked at.
//!
//! An ordered index, because a hash map would need randomness against chosen ids. Ids that share
//! four bytes can be searched for, at some 2³² hashes each, and cost a look-up a few microseconds
//! more, each.

use crate::place::Place;
use crate::tree::Tree;
use woodland_format::CommitId;

/// Some bytes of an id, and where its commit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    bytes: u32,
    line: u32,
    /// Counted from the line's first commit.
    index: u32,
}

/// The index of one log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ids(Tree<Mark, ()>);

impl Ids {
    /// Adds the commit with this id, the line's `index`th.
    pub(crate) fn add(&mut self, id: &CommitId, line: u32, index: u64) {
        let index = u32::try_from(index).expect("fewer than 2^32 commits of one author in memory");
        self.0.insert(Mark { bytes: bytes_of(id), line, index }, ());
    }

    /// Where a commit with this id may stand: line, and index in it.
    pub(crate) fn candidates(&self, id: &CommitId) -> impl Iterator<Item = (u32, u64)> + '_ {
        let bytes = bytes_of(id);
        let least = Mark { bytes, line: 0, index: 0 };
        let most = Mark { bytes, line: u32::MAX, index: u32::MAX };
        self.0.range(least..=most).map(|(mark, ())| (mark.line, u64::from(mark.index)))
    }
}

fn bytes_of(id: &CommitId) -> u32 {
    let [a, b, c, d, ..] = id.0;
    u32::from_be_bytes([a, b, c, d])
}

impl Place {
    /// The place of the commit with this index in a line that begins with this seq.
    pub(crate) fn in_line(line: u32, first_seq: u64, index: u64) -> Self {
        Place { line, seq: first_seq + index }
    }
}
