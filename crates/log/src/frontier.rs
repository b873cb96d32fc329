//! A frontier: of each author, the tips that a version holds. The vector clock of a version.
//!
//! **Invariants**
//! - An author has one tip, or several after a fork; no tip is before another in its chain where
//!   the frontier is that of a log.
//! - Everything it lists, it lists ascending: authors by key, tips by seq and id.
//!
//! What this does not do: know chains. Whether a version holds what a frontier names, the version's
//! log says ([`Log::covers`]).

use crate::log::Log;
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{AuthorKey, CommitId};

/// The last commit held of one branch of an author's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tip {
    /// The author's number for it.
    pub seq: u64,
    /// Its id.
    pub id: CommitId,
}

/// Author → tips held.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Frontier {
    tips: BTreeMap<AuthorKey, BTreeSet<Tip>>,
}

impl Frontier {
    /// The frontier of nothing.
    pub fn new() -> Self {
        Frontier::default()
    }

    /// Adds a tip.
    pub fn insert(&mut self, author: AuthorKey, tip: Tip) {
        self.tips.entry(author).or_default().insert(tip);
    }

    /// Puts these tips in place of the author's.
    pub fn set(&mut self, author: AuthorKey, tips: impl IntoIterator<Item = Tip>) {
        self.tips.insert(author, tips.into_iter().collect());
    }

    /// How many tips it names, of all authors together.
    pub fn len(&self) -> usize {
        self.tips.values().map(BTreeSet::len).sum()
    }

    /// Whether it names none.
    pub fn is_empty(&self) -> bool {
        self.tips.is_empty()
    }

    /// The authors, ascending.
    pub fn authors(&self) -> impl Iterator<Item = AuthorKey> + '_ {
        self.tips.keys().copied()
    }

    /// The tips of one author, ascending.
    pub fn tips(&self, author: &AuthorKey) -> impl Iterator<Item = Tip> + use<'_> {
        self.tips.get(author).into_iter().flatten().copied()
    }

    /// All tips, by author, then by seq and id.
    pub fn iter(&self) -> impl Iterator<Item = (AuthorKey, Tip)> + '_ {
        self.tips.iter().flat_map(|(author, tips)| tips.iter().map(|tip| (*author, *tip)))
    }

    /// Whether it names this very tip.
    pub fn contains(&self, author: &AuthorKey, tip: &Tip) -> bool {
        self.tips.get(author).is_some_and(|tips| tips.contains(tip))
    }

    /// Whether every tip of `other` is named here too, or its author has a tip with a higher seq
    /// here.
    ///
    /// As far as frontiers can tell: of a branch that only `other` knows, a higher seq says
    /// nothing.
    pub fn covers(&self, other: &Frontier) -> bool {
        other.iter().all(|(author, tip)| {
            self.contains(&author, &tip) || self.tips(&author).any(|held| held.seq > tip.seq)
        })
    }
}

impl FromIterator<(AuthorKey, Tip)> for Frontier {
    fn from_iter<T: IntoIterator<Item = (AuthorKey, Tip)>>(tips: T) -> Self {
        let mut frontier = Frontier::new();
        for (author, tip) in tips {
            frontier.insert(author, tip);
        }
        frontier
    }
}

impl Log {
    /// Of each author, the tips held. Costs O(lines).
    pub fn frontier(&self) -> Frontier {
        let tips = self.lines();
        tips.map(|(_, line)| (line.author, Tip { seq: line.end_seq() - 1, id: line.tip() }))
            .collect()
    }

    /// The tips held of one author, ascending.
    pub fn tips(&self, author: &AuthorKey) -> Vec<Tip> {
        let lines = self.lines_of(author).filter_map(|number| self.line(number));
        let mut tips: Vec<_> =
            lines.map(|line| Tip { seq: line.end_seq() - 1, id: line.tip() }).collect();
        tips.sort_unstable();
        tips
    }

    /// Whether this log holds every tip that the frontier names, and so everything below.
    pub fn covers(&self, frontier: &Frontier) -> bool {
        frontier.iter().all(|(_, tip)| self.contains(&tip.id))
    }
}
