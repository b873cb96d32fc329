//! Forks: places where one author's chain branches.
//!
//! **Invariants**
//! - All branches count; a fork is something to report, never a reason to refuse.
//!
//! What this does not do: say why. The usual cause is a restored backup or a copied store.

use crate::line::Line;
use crate::log::Log;
use crate::place::Place;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use woodland_format::limits::PROOF_HEADERS_MAX;
use woodland_format::{AuthorKey, CommitId, ForkProof, ProvenBranch};
use woodland_page::Seat;

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
    forks_among(log, log.lines().map(|(_, line)| line))
}

/// The forks of one author.
pub(crate) fn forks_of(log: &Log, author: &AuthorKey) -> Vec<Fork> {
    forks_among(log, log.lines_of(author).filter_map(|number| log.line(number)))
}

/// The forks of which these lines, all that their authors have, are the branches.
fn forks_among(log: &Log, lines: impl Iterator<Item = Arc<Seat<Line>>>) -> Vec<Fork> {
    let mut branches = BTreeMap::<_, Vec<CommitId>>::new();
    for line in lines {
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

impl Log {
    /// The forks that this log knows, or knows more rivals of, and `earlier` does not. Costs the
    /// lines that are new in this log and those of their authors.
    pub fn new_forks(&self, earlier: &Log) -> Vec<Fork> {
        let new = self.differing(earlier).filter(|(number, _)| earlier.line(*number).is_none());
        let authors: BTreeSet<_> = new.map(|(_, line)| line.author).collect();
        let mut forks = Vec::new();
        for author in authors.iter().filter(|author| self.lines_of(author).nth(1).is_some()) {
            let known = forks_of(earlier, author);
            forks.extend(forks_of(self, author).into_iter().filter(|one| !known.contains(one)));
        }
        forks
    }

    /// A proof of this fork that convinces without a log: of two of its rivals.
    ///
    /// Which two, and how far their branches reach, depends on the signatures that are held.
    /// `None` where fewer than two rivals have a held signature on them or at most
    /// [`PROOF_HEADERS_MAX`] commits on, which a writer that signs as often as it must never
    /// leaves open for long, or where the fork is not of this log.
    pub fn fork_proof(&self, fork: &Fork) -> Option<ForkProof> {
        let mut branches = fork.rivals.iter().filter_map(|rival| self.proven_branch(*rival));
        ForkProof::new(fork.author, [branches.next()?, branches.next()?]).ok()
    }

    /// The headers from a commit to the nearest signed point found behind it.
    fn proven_branch(&self, rival: CommitId) -> Option<ProvenBranch> {
        let from = self.place(&rival)?;
        // Of the lines that stand on the rival's branch, the first seq of each that counts.
        let mut above = BTreeMap::from([(from.line, from.seq)]);
        for (number, line) in self.lines() {
            // A base has a lower number than what stands on it.
            let stands = |base: Place| above.get(&base.line).is_some_and(|seq| base.seq >= *seq);
            if line.base.is_some_and(stands) {
                above.insert(number, line.first_seq);
            }
        }
        let nearest = above.into_iter().filter_map(|(number, first_seq)| {
            let line = self.line(number)?;
            let (seq, signature) = line.points.iter().find(|(seq, _)| *seq >= first_seq)?;
            Some((seq, line.id(seq)?, signature))
        });
        let (_, signed, signature) = nearest.min_by_key(|(seq, id, _)| (*seq, *id))?;
        let mut headers = Vec::new();
        let mut at = signed;
        while headers.len() < PROOF_HEADERS_MAX {
            let commit = self.get(&at)?;
            headers.push(commit.header().clone());
            if at == rival {
                headers.reverse();
                return Some(ProvenBranch { headers, signature });
            }
            at = commit.backlink()?;
        }
        None
    }
}
