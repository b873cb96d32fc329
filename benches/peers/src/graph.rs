//! The graph suite: nodes of five fields, written, read, walked, saved and loaded.
//!
//! **Invariants**
//! - A peer is asked for the same acts in the same order, through [`Graph`]; no case knows which
//!   peer it measures.
//! - The file that `prepare` writes has this history: all nodes inserted, then each updated once,
//!   both in batches of 1,000.
//!
//! What this does not do: the acts themselves. Each peer has them in a file of its own.

mod cases;

use crate::data::{Book, Update};
use crate::peers::{Peer, automerge, loro, woodland, yrs};
use crate::suite::{Case, Suite};
use anyhow::Result;
use std::path::Path;

/// A peer's graph of books.
pub(crate) trait Graph: Sized {
    /// What a node is called in every replica and after every opening.
    type Name;
    /// What was read, with its sum as far as that can be taken without a look into other nodes.
    type Seen;

    /// An empty one, in memory.
    fn begin() -> Result<Self>;
    /// Inserts books, in one batch.
    fn insert(&mut self, books: &[Book]) -> Result<()>;
    /// Sets years, in one batch.
    fn update(&mut self, updates: &[Update]) -> Result<()>;
    /// The sum of the titles of these books.
    fn titles(&self, numbers: &[u32]) -> Result<u64>;
    /// All fields of one book.
    fn book(&self, number: u32) -> Result<Self::Seen>;
    /// All fields of all books.
    fn walk(&self) -> Result<Self::Seen>;
    /// The sum of what was seen.
    fn checksum(&self, seen: Self::Seen) -> Result<u64>;

    /// Writes the whole history as one file.
    fn save(&self, path: &Path) -> Result<()>;
    /// From such a file; the names are those of its books, by number.
    fn load(saved: &Saved<'_>, names: Vec<Self::Name>) -> Result<Self>;

    /// The names of the first so many books, of the kind that the peer finds fastest.
    fn names(&self, books: usize) -> Result<Vec<Self::Name>>;
    /// From now on, books are found by these names.
    fn use_names(&mut self, names: Vec<Self::Name>);
    /// From now on, books are found by what only this process has: references into the peer's
    /// memory. A peer that hands out none keeps to its names.
    fn hold(&mut self) -> Result<()>;

    fn name_to_text(name: &Self::Name) -> String;
    fn name_from_text(text: &str) -> Result<Self::Name>;
}

/// A saved graph: its bytes in memory, and the file that has the same.
pub(crate) struct Saved<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) path: &'a Path,
}

/// An act of `cases`, by whichever peer it is.
macro_rules! by_peer {
    ($act:ident) => {
        |peer, setting| match peer {
            Peer::Automerge => cases::$act::<automerge::Document>(setting),
            Peer::Loro => cases::$act::<loro::Document>(setting),
            Peer::Yrs => cases::$act::<yrs::Document>(setting),
            Peer::Woodland => cases::$act::<woodland::Dataset>(setting),
        }
    };
}

macro_rules! case {
    ($name:literal, $act:ident) => {
        Case { name: $name, loads: false, measure: by_peer!($act) }
    };
    ($name:literal, loads, $act:ident) => {
        Case { name: $name, loads: true, measure: by_peer!($act) }
    };
}

/// The suite.
pub(crate) static GRAPH: Suite = Suite {
    name: "graph",
    of: "nodes",
    prepare: by_peer!(prepare),
    cases: &[
        case!("insert all, one batch", insert_at_once),
        case!("insert, 1,000 nodes a batch", insert_in_batches),
        case!("update a field of each, one batch", update_at_once),
        case!("update a field of each, 1,000 a batch", update_in_batches),
        case!("the same, handles held", update_held),
        case!("update a field of every tenth, one a batch", update_singly),
        case!("read a field of each, random order", read),
        case!("read the same, handles held", read_held),
        case!("walk all nodes and fields", walk),
        case!("full-history file", loads, size),
        case!("load, read one node", loads, load_and_read),
        case!("load, update one field", loads, load_and_update),
        case!("load, walk everything", loads, load_and_walk),
        case!("live after load and walk", loads, load_and_weigh),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Setting;

    /// Every peer does every case, with the checksum of the others: each verifies itself.
    #[test]
    fn all_peers_agree_in_every_case() {
        let folder = tempfile::tempdir().expect("a folder for saved files");
        // More than a batch, so that the second one meets a graph that is not empty.
        let setting = |peer: Peer| Setting {
            nodes: crate::data::BATCH + 200,
            saved: folder.path().join(peer.name()).with_extension("saved"),
        };
        let mut sums: Vec<Vec<u64>> = Vec::new();
        for peer in Peer::ALL {
            let setting = setting(peer);
            let prepared = (GRAPH.prepare)(peer, &setting).expect("a saved file");
            let sum = |case: &Case| match (case.measure)(peer, &setting) {
                Ok((sum, readings)) => {
                    assert!(readings.iter().all(|reading| reading.value >= 0.0));
                    sum
                }
                Err(error) => panic!("{peer}, {}: {error:#}", case.name),
            };
            sums.push([prepared.0].into_iter().chain(GRAPH.cases.iter().map(sum)).collect());
        }
        assert!(sums.iter().all(|sum| *sum == sums[0]), "{sums:?}");
    }
}
