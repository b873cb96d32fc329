//! Order and past: which commit comes before which, which op saw which, and which counts for which.
//!
//! **Invariants**
//! - A commit's *rank* is its place in the order; ranks compare as keys do.
//! - What a commit saw has lower ranks, because the key extends causality.

use crate::oracle::rights::masked_by;
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{AuthorKey, Commit, CommitId};

/// Names an op: the rank of its commit, which stands for the commit's key, and its index there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp {
    pub(crate) rank: usize,
    pub(crate) index: u32,
}

/// The commits in order, and who saw whom.
pub(crate) struct Past {
    /// Ascending by key.
    commits: Vec<Commit>,
    /// `saw[a][b]`: the commit of rank `a` has the commit of rank `b` in its past.
    saw: Vec<Vec<bool>>,
    /// By rank: the revocations that mask the commit.
    masked_by: Vec<Vec<usize>>,
}

/// The turn that a commit must have: at least its backlink's, and one more than any parent's. A
/// first commit's dataset counts as a parent (of turn 0); a founding commit has neither and turn 0.
pub fn turn_of(backlink: Option<u64>, parents: impl IntoIterator<Item = u64>) -> u64 {
    let parents = parents.into_iter().map(|turn| turn + 1).max();
    backlink.into_iter().chain(parents).max().unwrap_or(0)
}

fn key(commit: &Commit) -> (u64, AuthorKey, u64, CommitId) {
    (commit.turn(), commit.author(), commit.seq(), commit.id())
}

impl Past {
    pub(crate) fn of(commits: &[Commit]) -> Past {
        let held: BTreeMap<CommitId, &Commit> = commits.iter().map(|one| (one.id(), one)).collect();
        for commit in held.values() {
            check(commit, &held);
        }
        let mut commits: Vec<Commit> = held.into_values().cloned().collect();
        commits.sort_by_key(key);
        let rank_of: BTreeMap<CommitId, usize> =
            commits.iter().enumerate().map(|(rank, commit)| (commit.id(), rank)).collect();

        let mut saw: Vec<Vec<bool>> = Vec::new();
        for (rank, commit) in commits.iter().enumerate() {
            let mut mine = vec![false; commits.len()];
            for reference in commit.references() {
                let before = rank_of[&reference];
                assert!(before < rank, "the order extends causality: {commit:?}");
                mine[before] = true;
                for other in 0..before {
                    mine[other] |= saw[before][other];
                }
            }
            saw.push(mine);
        }
        let foundings = commits.iter().filter(|commit| is_founding(commit)).count();
        assert!(commits.is_empty() || foundings == 1, "a dataset has one founding commit");
        assert!(commits.first().is_none_or(is_founding), "the founding commit comes first");
        let masked_by = masked_by(&commits, &saw);
        Past { commits, saw, masked_by }
    }

    pub(crate) fn commits(&self) -> &[Commit] {
        &self.commits
    }

    pub(crate) fn of_commit(&self, id: CommitId) -> BTreeSet<CommitId> {
        let rank = self.commits.iter().position(|commit| commit.id() == id);
        let rank = rank.expect("the version holds the commit");
        self.ranks_seen_by(rank).map(|seen| self.commits[seen].id()).collect()
    }

    /// The past of a commit, the latest first.
    pub(crate) fn ranks_seen_by(&self, rank: usize) -> impl Iterator<Item = usize> + '_ {
        (0..rank).rev().filter(move |before| self.saw[rank][*before])
    }

    /// Whether op `viewer` saw op `seen`: in its commit's past, or before it in its own batch.
    pub(crate) fn saw(&self, viewer: Stamp, seen: Stamp) -> bool {
        if viewer.rank == seen.rank {
            return seen.index < viewer.index;
        }
        self.saw[viewer.rank][seen.rank]
    }

    /// Whether op `seen` counts for op `viewer`: that one saw it, and saw nothing that masks it.
    pub(crate) fn counts_for(&self, viewer: Stamp, seen: Stamp) -> bool {
        let is_masked = self.masked_by[seen.rank].iter().any(|by| self.saw[viewer.rank][*by]);
        self.saw(viewer, seen) && !is_masked
    }

    /// Whether the op counts for everybody who reads the version.
    pub(crate) fn counts(&self, op: Stamp) -> bool {
        self.masked_by[op.rank].is_empty()
    }

    pub(crate) fn are_concurrent(&self, one: Stamp, other: Stamp) -> bool {
        one != other && !self.saw(one, other) && !self.saw(other, one)
    }
}

fn is_founding(commit: &Commit) -> bool {
    commit.header().founds()
}

/// What a log's door would refuse, the oracle does not take.
fn check(commit: &Commit, held: &BTreeMap<CommitId, &Commit>) {
    for reference in commit.references() {
        assert!(held.contains_key(&reference), "{commit:?} refers to {reference:?}: not closed");
    }
    let backlink = commit.backlink().map(|id| held[&id]);
    if let Some(before) = backlink {
        assert_eq!(commit.author(), before.author(), "a chain has one author: {commit:?}");
        assert_eq!(commit.seq(), before.seq() + 1, "a chain has no gap: {commit:?}");
    }
    let others = commit.references().filter(|id| Some(*id) != commit.backlink());
    let turn = turn_of(backlink.map(Commit::turn), others.map(|id| held[&id].turn()));
    assert_eq!(commit.turn(), turn, "the turn follows the formula: {commit:?}");
}
