//! Waiting: commits that were read and are not part of the log, and what would let them in.
//!
//! **Invariants**
//! - A group is a run of one author's commits that wait for the same kind of thing; groups are
//!   sorted.
//! - What waits for a signature alone is told from what waits for its past.

use crate::authors::Authors;
use crate::finding::Finding;
use crate::held::Claims;
use crate::shown::{Joined, counted};
use crate::source::Source;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use woodland_format::{AuthorKey, Commit, CommitId, verify_commit};
use woodland_log::Log;

/// A run of commits that wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) author: AuthorKey,
    pub(crate) first_seq: u64,
    pub(crate) last: CommitId,
    pub(crate) commits: u64,
    /// What they refer to that is nowhere in the source, ascending.
    pub(crate) missing: Vec<CommitId>,
    /// Whether no signature of their author stands on or after them.
    pub(crate) is_unsigned: bool,
}

/// Every commit of the source that is neither held nor refused, in groups.
pub(crate) fn waiting(source: &Source, log: Option<&Log>, refused: &Claims) -> Vec<Waiting> {
    let mut commits: BTreeMap<(AuthorKey, u64, CommitId), Commit> = BTreeMap::new();
    let mut signed: HashSet<CommitId> = HashSet::new();
    for piece in &source.pieces {
        let mut waits = false;
        for commit in piece.segment.commits() {
            let (id, author) = (commit.id(), commit.author());
            if !log.is_some_and(|log| log.contains(&id)) && !refused.contains(&(id, author)) {
                commits.insert((author, commit.seq(), id), commit);
                waits = true;
            }
        }
        if waits {
            let author = piece.segment.head.author;
            let points = piece.segment.points.iter();
            let valid = points.filter(|at| verify_commit(&author, &at.commit, &at.signature));
            signed.extend(valid.map(|point| point.commit));
        }
    }
    let ids: HashSet<CommitId> = commits.keys().map(|(_, _, id)| *id).collect();
    let is_here = |id: &CommitId| ids.contains(id) || log.is_some_and(|log| log.contains(id));
    let mut groups = Vec::new();
    for run in runs(commits.into_values().collect()) {
        let vouched = run.iter().rposition(|commit| signed.contains(&commit.id()));
        let (signed, unsigned) = run.split_at(vouched.map_or(0, |at| at + 1));
        groups.extend(group(signed, false, is_here));
        groups.extend(group(unsigned, true, is_here));
    }
    groups
}

/// Sorted commits, cut where one does not follow the one before.
fn runs(commits: Vec<Commit>) -> Vec<Vec<Commit>> {
    let mut runs: Vec<Vec<Commit>> = Vec::new();
    for commit in commits {
        match runs.last_mut() {
            Some(run) if run.last().map(Commit::id) == commit.backlink() => run.push(commit),
            _ => runs.push(vec![commit]),
        }
    }
    runs
}

fn group(
    run: &[Commit],
    is_unsigned: bool,
    is_here: impl Fn(&CommitId) -> bool,
) -> Option<Waiting> {
    let (first, last) = (run.first()?, run.last()?);
    let missing: BTreeSet<CommitId> =
        run.iter().flat_map(|commit| commit.references()).filter(|id| !is_here(id)).collect();
    Some(Waiting {
        author: first.author(),
        first_seq: first.seq(),
        last: last.id(),
        commits: run.len() as u64,
        missing: missing.into_iter().collect(),
        is_unsigned,
    })
}

/// Most ids that a line of text names; JSON names all.
const MISSING_SHOWN_MAX: usize = 8;

impl Waiting {
    fn last_seq(&self) -> u64 {
        self.first_seq.saturating_add(self.commits.saturating_sub(1))
    }

    /// What it would take, in words.
    pub(crate) fn wants(&self) -> String {
        let mut wants = Vec::new();
        if !self.missing.is_empty() {
            let named = Joined(self.missing.iter().take(MISSING_SHOWN_MAX));
            let more = match self.missing.len().saturating_sub(MISSING_SHOWN_MAX) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            wants.push(format!("past not here: {named}{more}"));
        }
        if self.is_unsigned {
            wants.push(format!("no signature of the author at or after seq {}", self.last_seq()));
        }
        if wants.is_empty() {
            wants.push("past is here, but waits itself".to_owned());
        }
        wants.join("; ")
    }

    /// `author ada·7c1e…: 3 commits, seq 4-6`
    pub(crate) fn who(&self, authors: &Authors) -> String {
        let seqs = match self.commits {
            1 => format!("seq {}", self.first_seq),
            _ => format!("seq {}-{}", self.first_seq, self.last_seq()),
        };
        format!(
            "author {}…: {}, {seqs}",
            authors.label(&self.author),
            counted(self.commits, "commit")
        )
    }

    pub(crate) fn finding(&self, authors: &Authors) -> Finding {
        Finding::new("waiting", &format!("waiting: {}: {}", self.who(authors), self.wants()))
    }

    pub(crate) fn json(&self, authors: &Authors) -> Json {
        json!({
            "author": self.author.to_string(),
            "author_name": authors.name(&self.author),
            "first_seq": self.first_seq,
            "commits": self.commits,
            "last": self.last.to_string(),
            "missing": self.missing.iter().map(CommitId::to_string).collect::<Vec<_>>(),
            "unsigned": self.is_unsigned,
        })
    }
}
