//! Forks: places where one author's chain branches.
//!
//! **Invariants**
//! - All branches count; a fork is something to report, never a reason to refuse.
//!
//! What this does not do: say why. The usual cause is a restored backup or a copied store.

use crate::log::Log;
use std::collections::BTreeMap;
use woodland_format::{AuthorKey, CommitId};

/// Commits of one author with one backlink, or more than one first commit of an author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// Who forked.
    pub author: AuthorKey,
    /// The backlink that the rivals share; none where they are first commits.
    pub backlink: Option<CommitId>,
    /// The rival commits, at least two, ascending.
    pub rivals: Vec<CommitId>,
}

/// Every fork, by author, then by the seq and the id of the shared backlink. Costs O(lines).
pub(crate) fn forks(log: &Log) -> Vec<Fork> {
    let mut branches = BTreeMap::<_, Vec<CommitId>>::new();
    for line in &log.lines {
        let shared = line.base.and_then(|base| log.commit(base));
        let key = (line.author, shared.map(|commit| (commit.seq(), commit.id())));
        let first = line.commits.front().expect("a line of a log is never empty");
        let rivals = branches.entry(key).or_default();
        if let Some(base) = line.base
            && rivals.is_empty()
        {
            // The branch that came first goes on in the base line itself.
            let next = log.line(base.line).and_then(|base_line| base_line.get(base.seq + 1));
            rivals.extend(next.map(|commit| commit.id()));
        }
        rivals.push(first.id());
    }
    branches.retain(|_, rivals| rivals.len() > 1);
    let fork = |((author, shared), mut rivals): ((_, Option<(u64, _)>), Vec<CommitId>)| {
        rivals.sort_unstable();
        Fork { author, backlink: shared.map(|(_, id)| id), rivals }
    };
    branches.into_iter().map(fork).collect()
}
