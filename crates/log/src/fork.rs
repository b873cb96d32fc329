//! Forks: places where one author's chain branches.
//!
//! **Invariants**
//! - All branches count; a fork is something to report, never a reason to refuse.
//!
//! What this does not do: say why. The usual cause is a restored backup or a copied store.

use crate::log::Log;
use crate::place::Place;
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
    for (_, line) in log.lines.iter() {
        let shared = line.base.and_then(|base| Some((base.seq, log.id(base)?)));
        let rivals = branches.entry((line.author, shared)).or_default();
        if let Some(base) = line.base
            && rivals.is_empty()
        {
            // The branch that came first goes on in the base line itself.
            rivals.extend(log.id(Place { seq: base.seq + 1, ..base }));
        }
        rivals.push(line.id(line.first_seq).expect("a line of a log is never empty"));
    }
    branches.retain(|_, rivals| rivals.len() > 1);
    let fork = |((author, shared), mut rivals): ((_, Option<(u64, _)>), Vec<CommitId>)| {
        rivals.sort_unstable();
        Fork { author, backlink: shared.map(|(_, id)| id), rivals }
    };
    branches.into_iter().map(fork).collect()
}
