//! How a history reaches a replica: in which order, how often, and in which pieces.
//!
//! **Invariants**
//! - The set of commits stays the same, whatever happens on the way.

use crate::histories::{History, Rng};
use std::collections::BTreeSet;
use woodland_format::{Commit, CommitId};

impl History {
    /// All commits in a random order in which each stands after all that it refers to.
    pub fn causal_arrival(&self, rng: &mut Rng) -> Vec<Commit> {
        let mut waiting: Vec<&Commit> = self.commits.iter().collect();
        let mut held: BTreeSet<CommitId> = BTreeSet::new();
        let mut arrival = Vec::new();
        while !waiting.is_empty() {
            let is_ready = |at: &usize| waiting[*at].references().all(|id| held.contains(&id));
            let ready: Vec<usize> = (0..waiting.len()).filter(is_ready).collect();
            let at = *rng.pick(&ready).expect("a history is causally closed");
            let commit = waiting.swap_remove(at);
            held.insert(commit.id());
            arrival.push(commit.clone());
        }
        arrival
    }

    /// All commits in any order, about one in five twice.
    pub fn any_arrival(&self, rng: &mut Rng) -> Vec<Commit> {
        let mut arrival = self.commits.clone();
        for commit in &self.commits {
            if rng.chance(20) {
                arrival.push(commit.clone());
            }
        }
        rng.shuffle(&mut arrival);
        arrival
    }

    /// All commits as runs of one author each, cut at random, the runs in any order. A fork's
    /// branches are runs of their own.
    pub fn segments(&self, rng: &mut Rng) -> Vec<Vec<Commit>> {
        let mut runs: Vec<Vec<Commit>> = Vec::new();
        for commit in &self.commits {
            let continued = runs
                .iter_mut()
                .find(|run| run.last().is_some_and(|last| Some(last.id()) == commit.backlink()));
            match continued {
                Some(run) if !rng.chance(25) => run.push(commit.clone()),
                _ => runs.push(vec![commit.clone()]),
            }
        }
        rng.shuffle(&mut runs);
        runs
    }

    /// The first commits of the history, as many as there are in `count`: also a closed set.
    pub fn prefix(&self, count: usize) -> &[Commit] {
        &self.commits[..count.min(self.commits.len())]
    }
}
