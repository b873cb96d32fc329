//! The sync suite: two replicas meet, and hold the same afterwards.
//!
//! ```text
//!  history ──► two sides that hold the shared part ──► they meet ──► one or both change something
//!                                                                            │
//!            table ◄── readings ◄── messages, bytes, time ◄── they meet again ◄┘
//! ```
//!
//! **Invariants**
//! - A peer is asked for the same acts in the same order, through [`Side`] and what builds on it;
//!   no case knows which peer it measures.
//! - First contact is a meeting of two that have met before and forgot it, reconnect of two that
//!   did not forget.
//!
//! What this does not do: the protocols. Each peer has its own in a file of its own.

mod cases;
pub(crate) mod history;
mod meeting;
pub(crate) mod table;
pub(crate) mod vectors;

use crate::peers::{Peer, automerge, loro, woodland, yrs};
use crate::suite::{Case, Suite};
use crate::sync::history::{Change, History, Insertion, Typing};
use anyhow::Result;
use std::path::Path;

/// What a side is in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It connects, and speaks first.
    Opens,
    /// It is connected to.
    Accepts,
}

/// A replica that can meet another.
pub(crate) trait Side: Sized {
    /// What it holds: equal where two sides hold the same.
    type Version: PartialEq;

    fn version(&self) -> Self::Version;
    /// A new connection. What it remembers of the other side it makes use of.
    fn connect(&mut self, role: Role) -> Result<()>;
    /// The next message, if it has one.
    fn say(&mut self) -> Result<Option<Vec<u8>>>;
    fn hear(&mut self, message: &[u8]) -> Result<()>;
    /// A second passes, after which it may have something to say by itself.
    fn tick(&mut self) -> Result<()> {
        Ok(())
    }
    /// It has never met the other side.
    fn forget(&mut self);

    /// Where the bytes of these messages went, for a peer whose messages can be taken apart; and
    /// first the bytes that had to move. The versions are the two sides' before, and both's after.
    fn anatomy(
        _messages: &[Vec<u8>],
        _before: [&Self::Version; 2],
        _after: &Self::Version,
    ) -> Result<Vec<(&'static str, usize)>> {
        Ok(Vec::new())
    }
}

/// A side that holds one map, in which many authors set keys.
pub(crate) trait Keyed: Side {
    /// Writes the shared part of this history to a file.
    fn prepare(history: &History, path: &Path) -> Result<()>;
    /// Two sides that hold the shared part.
    fn load(history: &History, path: &Path) -> Result<(Self, Self)>;
    /// Makes these changes, each as its author, who has seen all before it.
    fn set(&mut self, history: &History, changes: &[Change]) -> Result<()>;
    /// The sum of all keys and values.
    fn sum(&self) -> Result<u64>;
}

/// A side that holds one text.
pub(crate) trait Typed: Side {
    /// Writes a text to a file, each letter typed by itself.
    fn prepare(typing: &Typing, path: &Path) -> Result<()>;
    /// From such a file, as an author who has typed nothing yet.
    fn load(path: &Path, author: u32) -> Result<Self>;
    /// Types all of this at once.
    fn type_in(&mut self, insertions: &[Insertion]) -> Result<()>;
    fn text(&self) -> Result<String>;
}

/// A case of a map, by whichever peer it is.
macro_rules! keyed {
    ($name:literal, $authors:literal, $differences:literal) => {
        Case {
            name: $name,
            loads: true,
            measure: |peer, setting| {
                let size = cases::Size { authors: $authors, differences: $differences };
                match peer {
                    Peer::Automerge => cases::keyed::<automerge::sync::Map>(setting, size),
                    Peer::Loro => cases::keyed::<loro::sync::Map>(setting, size),
                    Peer::Yrs => cases::keyed::<yrs::sync::Map>(setting, size),
                    Peer::Woodland => cases::keyed::<woodland::chains::Chains>(setting, size),
                }
            },
        }
    };
}

/// The case of 1,000 letters a side.
pub(crate) const TYPED: &str = "text, 1,000 letters a side";

/// The suite.
pub(crate) static SYNC: Suite = Suite {
    name: "sync",
    of: "shared changes",
    prepare: |peer, setting| match peer {
        Peer::Automerge => cases::prepare::<automerge::sync::Map, automerge::sync::Text>(setting),
        Peer::Loro => cases::prepare::<loro::sync::Map, loro::sync::Text>(setting),
        Peer::Yrs => cases::prepare::<yrs::sync::Map, yrs::sync::Text>(setting),
        Peer::Woodland => {
            cases::prepare::<woodland::chains::Chains, woodland::typing::Text>(setting)
        }
    },
    cases: &[
        keyed!("10 authors, 0 differences", 10, 0),
        keyed!("10 authors, 1 difference", 10, 1),
        keyed!("10 authors, 20 differences", 10, 20),
        keyed!("10 authors, 200 differences", 10, 200),
        keyed!("10 authors, 2,000 differences", 10, 2_000),
        keyed!("1,000 authors, 0 differences", 1_000, 0),
        keyed!("1,000 authors, 1 difference", 1_000, 1),
        keyed!("1,000 authors, 20 differences", 1_000, 20),
        keyed!("1,000 authors, 200 differences", 1_000, 200),
        keyed!("1,000 authors, 2,000 differences", 1_000, 2_000),
        keyed!("10,000 authors, 0 differences", 10_000, 0),
        keyed!("10,000 authors, 1 difference", 10_000, 1),
        keyed!("10,000 authors, 20 differences", 10_000, 20),
        keyed!("10,000 authors, 200 differences", 10_000, 200),
        keyed!("10,000 authors, 2,000 differences", 10_000, 2_000),
        Case {
            name: TYPED,
            loads: true,
            measure: |peer, setting| match peer {
                Peer::Automerge => cases::typed::<automerge::sync::Text>(setting),
                Peer::Loro => cases::typed::<loro::sync::Text>(setting),
                Peer::Yrs => cases::typed::<yrs::sync::Text>(setting),
                Peer::Woodland => cases::typed::<woodland::typing::Text>(setting),
            },
        },
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
        let mut sums: Vec<Vec<u64>> = Vec::new();
        for peer in Peer::ALL {
            let saved = folder.path().join(peer.name()).with_extension("saved");
            let setting = Setting { nodes: history::SHARED_QUICK, saved };
            (SYNC.prepare)(peer, &setting).expect("saved files");
            let sum = |case: &Case| match (case.measure)(peer, &setting) {
                Ok((sum, readings)) => {
                    assert!(readings.len() >= 12, "{peer}, {}", case.name);
                    sum
                }
                Err(error) => panic!("{peer}, {}: {error:#}", case.name),
            };
            sums.push(SYNC.cases.iter().map(sum).collect());
        }
        assert!(sums.iter().all(|sum| *sum == sums[0]), "{sums:?}");
    }
}
