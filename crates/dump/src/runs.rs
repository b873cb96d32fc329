//! The causal graph as it is drawn: commits, or runs where there are many, and what refers to what.
//!
//! **Invariants**
//! - Knots come in the order; each refers only to knots before it.
//! - A run that is one knot is a chain: consecutive commits of one author and one turn. A fork
//!   within a turn makes a knot for each branch.
//! - References to commits that are not chosen are counted, not drawn.

use crate::page::Contents;
use std::collections::{BTreeSet, HashMap};
use woodland_format::{AuthorKey, Commit, CommitId, Position};

/// What one knot stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grain {
    Commit,
    Run,
}

/// A commit, or a run.
pub(crate) struct Knot {
    pub(crate) author: AuthorKey,
    pub(crate) turn: u64,
    pub(crate) first_seq: u64,
    pub(crate) last_seq: u64,
    pub(crate) last: CommitId,
    pub(crate) commits: u64,
    /// The knot with the commit before its first.
    pub(crate) before: Option<usize>,
    /// The knots of other authors that its parents are in.
    pub(crate) seen: BTreeSet<usize>,
    pub(crate) heads: u64,
    pub(crate) is_founding: bool,
}

/// All that is drawn.
pub(crate) struct Knots {
    pub(crate) grain: Grain,
    pub(crate) knots: Vec<Knot>,
    pub(crate) commits: u64,
    /// How many references lead out of what is chosen.
    pub(crate) outside: u64,
}

impl Knots {
    /// The chosen commits one by one, or in runs where there are more than `commits_max`.
    pub(crate) fn of(contents: &Contents, commits_max: u64) -> Self {
        let few = usize::try_from(commits_max).unwrap_or(usize::MAX).saturating_add(1);
        let is_few = contents.selected().take(few).count() < few;
        let grain = if is_few { Grain::Commit } else { Grain::Run };
        let heads: BTreeSet<CommitId> =
            contents.log.iter().flat_map(|log| log.heads().collect::<Vec<_>>()).collect();
        let mut knots = Knots { grain, knots: Vec::new(), commits: 0, outside: 0 };
        let mut places = HashMap::new();
        for (_, commit) in contents.selected() {
            knots.take(&commit, &mut places, heads.contains(&commit.id()));
        }
        knots
    }

    fn take(&mut self, commit: &Commit, places: &mut HashMap<CommitId, usize>, is_head: bool) {
        let place = |id: &CommitId| places.get(id).copied();
        let before = commit.backlink().and_then(|id| place(&id));
        // The dataset counts as a parent of a first commit; drawn where nothing later was seen.
        let founding = match commit.header().position {
            Position::First { dataset, .. } if commit.parents().is_empty() => {
                Some(dataset.founding())
            }
            _ => None,
        };
        let parents = || commit.parents().iter().chain(&founding);
        let seen: BTreeSet<usize> = parents().filter_map(place).collect();
        let absent = parents().filter(|id| place(id).is_none()).count() as u64;
        self.outside += absent + u64::from(commit.backlink().is_some() && before.is_none());
        self.commits += 1;
        let (id, author, turn) = (commit.id(), commit.author(), commit.turn());
        let (grain, next) = (self.grain, self.knots.len());
        let goes_on = |knot: &Knot| {
            grain == Grain::Run && knot.turn == turn && Some(knot.last) == commit.backlink()
        };
        match before.and_then(|before| Some((before, self.knots.get_mut(before)?))) {
            Some((number, knot)) if goes_on(knot) => {
                knot.last = id;
                knot.last_seq = commit.seq();
                knot.commits += 1;
                knot.heads += u64::from(is_head);
                knot.seen.extend(seen);
                places.insert(id, number);
            }
            _ => {
                self.knots.push(Knot {
                    author,
                    turn,
                    first_seq: commit.seq(),
                    last_seq: commit.seq(),
                    last: id,
                    commits: 1,
                    before,
                    seen,
                    heads: u64::from(is_head),
                    is_founding: turn == 0 && commit.seq() == 0,
                });
                places.insert(id, next);
            }
        }
    }

    /// Each author's commits, in the order of first appearance.
    pub(crate) fn authors(&self) -> Vec<(AuthorKey, u64)> {
        let (mut found, mut places): (Vec<(AuthorKey, u64)>, HashMap<_, usize>) =
            Default::default();
        for knot in &self.knots {
            let place = *places.entry(knot.author).or_insert(found.len());
            match found.get_mut(place) {
                Some((_, commits)) => *commits += knot.commits,
                None => found.push((knot.author, knot.commits)),
            }
        }
        found
    }
}

impl Knot {
    /// `seq 3` or `seq 3-9`
    pub(crate) fn seqs(&self) -> String {
        match self.commits {
            1 => format!("seq {}", self.first_seq),
            _ => format!("seq {}-{}", self.first_seq, self.last_seq),
        }
    }
}
