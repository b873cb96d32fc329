//! The one linear order of a version's commits, indexed by runs.
//!
//! Key = (turn, author, seq, id), where
//! `turn(c) = max(turn(backlink(c)), 1 + max over parents p of turn(p))`. A *run* is what one
//! author wrote in one turn. The four properties, for authors that do not fork in 3 and 4:
//!
//! 1. *Total, and extends causality.* The id ends every tie. A parent has a lower turn; a backlink
//!    has no higher turn, and in the same turn a lower seq. Every other first commit has the
//!    founding one as a parent, so only the founder's first run has turn 0.
//! 2. *Adding changes nothing.* The key is a function of the commit alone.
//! 3. *An offline run is contiguous.* Without parents the turn stays, so such commits share (turn,
//!    author), and between two keys that share it lie only keys that share it.
//! 4. *A commit sorts after all that its author had seen.* All of it is in the commit's past; see
//!    1.
//!
//! **Invariants**
//! - Every commit of the log is in exactly one run: the one of its turn and author.
//! - A run of an author that did not fork in it is one stretch of one line, and costs one entry.
//!
//! What this does not do: decide who wins; the order only says who is later.

use crate::line::Line;
use crate::place::{OrderKey, Place};
use im::{OrdMap, Vector};
use std::ops::Bound;
use std::sync::Arc;
use woodland_format::{AuthorKey, Commit, CommitId};

/// What a log's commits are held in, by line number.
pub(crate) type Lines = Vector<Arc<Line>>;

type RunKey = (u64, AuthorKey);

/// The index of the order.
#[derive(Clone, Default)]
pub(crate) struct Runs(OrdMap<RunKey, Run>);

/// What one author wrote in one turn.
#[derive(Clone)]
enum Run {
    /// A stretch of one line: seqs from `first` up to but without `end`.
    Plain { line: u32, first: u64, end: u64 },
    /// The stretches of a fork's branches, interleaved by seq and id.
    Forked(OrdMap<(u64, CommitId), Place>),
}

impl Runs {
    /// Adds the commit at `place`, which is in `lines` already.
    pub(crate) fn add(&mut self, lines: &Lines, commit: &Commit, place: Place) {
        let key = (commit.turn(), commit.author());
        let Some(run) = self.0.get_mut(&key) else {
            let run = Run::Plain { line: place.line, first: place.seq, end: place.seq + 1 };
            self.0.insert(key, run);
            return;
        };
        if let Run::Plain { line, first, end } = run {
            if *line == place.line && *end == place.seq {
                *end += 1;
                return;
            }
            let held = &lines[*line as usize];
            let entries = (*first..*end).filter_map(|seq| {
                let id = held.get(seq)?.id();
                Some(((seq, id), Place { line: *line, seq }))
            });
            *run = Run::Forked(entries.collect());
        }
        if let Run::Forked(entries) = run {
            entries.insert((place.seq, commit.id()), place);
        }
    }

    /// The commits with keys from `lower` on and below `upper`.
    pub(crate) fn range<'a>(
        &'a self,
        lines: &'a Lines,
        lower: Option<&OrderKey>,
        upper: Option<&OrderKey>,
    ) -> Order<'a> {
        let run_of = |key: &OrderKey| (key.turn, key.author);
        let empty = matches!((lower, upper), (Some(lower), Some(upper)) if lower >= upper);
        let runs = (!empty).then(|| {
            let from = lower.map_or(Bound::Unbounded, |key| Bound::Included(run_of(key)));
            let to = upper.map_or(Bound::Unbounded, |key| Bound::Included(run_of(key)));
            self.0.range((from, to))
        });
        Order { lines, lower: lower.copied(), upper: upper.copied(), runs, front: None, back: None }
    }
}

/// Commits in order-key order, from either end.
#[derive(Clone)]
pub struct Order<'a> {
    lines: &'a Lines,
    lower: Option<OrderKey>,
    upper: Option<OrderKey>,
    /// The runs that neither end has reached.
    runs: Option<im::ordmap::RangedIter<'a, RunKey, Run, im::shared_ptr::DefaultSharedPtr>>,
    front: Option<Opened<'a>>,
    back: Option<Opened<'a>>,
}

/// What is left of a run.
#[derive(Clone)]
enum Opened<'a> {
    Plain { line: u32, first: u64, end: u64 },
    Forked(im::ordmap::RangedIter<'a, (u64, CommitId), Place, im::shared_ptr::DefaultSharedPtr>),
}

impl<'a> Order<'a> {
    fn open(&self, (key, run): (&'a RunKey, &'a Run)) -> Opened<'a> {
        let bound = |bound: &Option<OrderKey>| {
            bound
                .filter(|bound| (bound.turn, bound.author) == *key)
                .map(|bound| (bound.seq, bound.id))
        };
        let (lower, upper) = (bound(&self.lower), bound(&self.upper));
        match run {
            Run::Plain { line, first, end } => {
                let held = &self.lines[*line as usize];
                // The first seq whose commit is not below the bound.
                let seq_at = |(seq, id): (u64, CommitId)| match held.get(seq) {
                    Some(commit) if commit.id() < id => seq + 1,
                    _ => seq,
                };
                let first = lower.map_or(*first, |bound| seq_at(bound).max(*first));
                let end = upper.map_or(*end, |bound| seq_at(bound).min(*end));
                Opened::Plain { line: *line, first, end }
            }
            Run::Forked(entries) => Opened::Forked(entries.range((
                lower.map_or(Bound::Unbounded, Bound::Included),
                upper.map_or(Bound::Unbounded, Bound::Excluded),
            ))),
        }
    }

    fn held(&self, place: Place) -> (Place, &'a Commit) {
        let commit = self.lines[place.line as usize].get(place.seq);
        (place, commit.expect("the order names only commits that a line holds"))
    }
}

impl Opened<'_> {
    fn next(&mut self) -> Option<Place> {
        match self {
            Opened::Plain { line, first, end } if *first < *end => {
                *first += 1;
                Some(Place { line: *line, seq: *first - 1 })
            }
            Opened::Plain { .. } => None,
            Opened::Forked(entries) => entries.next().map(|(_, place)| *place),
        }
    }

    fn next_back(&mut self) -> Option<Place> {
        match self {
            Opened::Plain { line, first, end } if *first < *end => {
                *end -= 1;
                Some(Place { line: *line, seq: *end })
            }
            Opened::Plain { .. } => None,
            Opened::Forked(entries) => entries.next_back().map(|(_, place)| *place),
        }
    }
}

impl<'a> Iterator for Order<'a> {
    type Item = (Place, &'a Commit);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(place) = self.front.as_mut().and_then(Opened::next) {
                return Some(self.held(place));
            }
            let Some(run) = self.runs.as_mut().and_then(Iterator::next) else {
                return self.back.as_mut().and_then(Opened::next).map(|place| self.held(place));
            };
            self.front = Some(self.open(run));
        }
    }
}

impl DoubleEndedIterator for Order<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(place) = self.back.as_mut().and_then(Opened::next_back) {
                return Some(self.held(place));
            }
            let Some(run) = self.runs.as_mut().and_then(DoubleEndedIterator::next_back) else {
                return self
                    .front
                    .as_mut()
                    .and_then(Opened::next_back)
                    .map(|place| self.held(place));
            };
            self.back = Some(self.open(run));
        }
    }
}

impl std::iter::FusedIterator for Order<'_> {}

impl std::fmt::Debug for Order<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Order").field("lower", &self.lower).field("upper", &self.upper).finish()
    }
}
