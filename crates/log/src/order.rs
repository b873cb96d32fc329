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
//! - A run costs one entry, and one more for each branch of a fork in it. It weighs its commits.
//! - A key needs no hash but where a fork gives two commits one turn, author and seq.
//!
//! What this does not do: decide who wins; the order only says who is later.

use crate::branches::{Branches, Walk};
use crate::line::Line;
use crate::place::{OrderKey, Place};
use crate::reader::CommitReader;
use std::ops::Bound;
use std::sync::Arc;
use woodland_format::{AuthorKey, Commit, CommitId};
use woodland_page::{Entries, Own, Reading, Stored, Tree, Weigh, Writing};

/// What a log's commits are held in, by line number.
pub(crate) type Lines = Tree<u32, Own<Line>>;

type RunKey = (u64, AuthorKey);

/// The index of the order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Runs(Tree<RunKey, Run>);

/// What one author wrote in one turn.
#[derive(Debug, Clone)]
enum Run {
    /// A stretch of one line.
    Plain(Stretch),
    /// The stretches of a fork's branches, interleaved by seq and id.
    Forked(Arc<Branches>),
}

/// Commits of one line: seqs from `first` up to but without `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) line: u32,
    pub(crate) first: u64,
    pub(crate) end: u64,
}

impl Weigh for Run {
    fn weight(&self) -> u64 {
        match self {
            Run::Plain(Stretch { first, end, .. }) => end - first,
            Run::Forked(branches) => branches.len(),
        }
    }
}

impl Stored for Stretch {
    fn write(&self, to: &mut Writing<'_>) {
        (self.line, self.first, self.end).write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (line, first, end) = Stored::read(from)?;
        Some(Stretch { line, first, end })
    }
}

impl Stored for Run {
    fn write(&self, to: &mut Writing<'_>) {
        match self {
            Run::Plain(stretch) => Some(*stretch).write(to),
            Run::Forked(branches) => {
                None::<Stretch>.write(to);
                branches.write(to);
            }
        }
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Some(match Stored::read(from)? {
            Some(stretch) => Run::Plain(stretch),
            None => Run::Forked(Stored::read(from)?),
        })
    }
}

impl Stored for Runs {
    fn write(&self, to: &mut Writing<'_>) {
        self.0.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Stored::read(from).map(Runs)
    }
}

impl Runs {
    /// Adds the commit at `place`.
    pub(crate) fn add(&mut self, turn: u64, author: AuthorKey, place: Place) {
        self.0.alter((turn, author), |run| {
            let Some(run) = run else {
                let (line, first) = (place.line, place.seq);
                return Some(Run::Plain(Stretch { line, first, end: first + 1 }));
            };
            match run {
                Run::Plain(Stretch { line, end, .. })
                    if *line == place.line && *end == place.seq =>
                {
                    *end += 1;
                }
                Run::Plain(stretch) => {
                    let mut branches = Branches::of(*stretch);
                    branches.add(place);
                    *run = Run::Forked(Arc::new(branches));
                }
                Run::Forked(branches) => Arc::make_mut(branches).add(place),
            }
            None
        });
    }

    /// How many commits they hold.
    pub(crate) fn commits(&self) -> u64 {
        self.0.weight()
    }

    /// How many commits of the log have a key below this one.
    pub(crate) fn position(&self, lines: &Lines, key: &OrderKey) -> u64 {
        let run_key = (key.turn, key.author);
        let before = self.0.weight_below(&run_key);
        let bound = (key.seq, key.id);
        before + self.0.get(&run_key).map_or(0, |run| run.below(lines, bound))
    }

    /// The position of the commit at this place, which has this turn and author.
    pub(crate) fn position_of(&self, lines: &Lines, run_key: RunKey, place: Place) -> Option<u64> {
        let within = match self.0.get(&run_key)?.value() {
            Run::Plain(stretch) => place.seq.checked_sub(stretch.first)?,
            Run::Forked(branches) => {
                let id = lines.get(&place.line)?.get().id(place.seq)?;
                branches.below(lines, (place.seq, id))
            }
        };
        Some(self.0.weight_below(&run_key) + within)
    }

    /// The commit before which there are `position` others.
    pub(crate) fn at(&self, lines: &Lines, position: u64) -> Option<Place> {
        let (run, before) = self.0.at_weight(position)?;
        let within = position - before;
        match run.value() {
            Run::Plain(Stretch { line, first, .. }) => {
                Some(Place { line: *line, seq: first + within })
            }
            Run::Forked(branches) => branches.at(lines, within),
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
        let from = lower.map_or(Bound::Unbounded, |key| Bound::Included(run_of(key)));
        let to = upper.map_or(Bound::Unbounded, |key| Bound::Included(run_of(key)));
        let start = lower.map_or(0, |key| self.position(lines, key));
        let end = upper.map_or(self.commits(), |key| self.position(lines, key));
        Order {
            lines,
            lower: lower.copied(),
            upper: upper.copied(),
            runs: self.0.range((from, to)),
            left: end.saturating_sub(start),
            front: None,
            back: None,
            reader: CommitReader::new(lines),
        }
    }
}

impl Run {
    /// How many of its commits stand before this seq and id.
    fn below(&self, lines: &Lines, bound: (u64, CommitId)) -> u64 {
        match self {
            Run::Plain(stretch) => stretch.seq_from(lines, bound) - stretch.first,
            Run::Forked(branches) => branches.below(lines, bound),
        }
    }
}

impl Stretch {
    pub(crate) fn len(&self) -> u64 {
        self.end - self.first
    }

    /// The first of its seqs, or its end, whose commit does not stand before this seq and id.
    pub(crate) fn seq_from(&self, lines: &Lines, (seq, id): (u64, CommitId)) -> u64 {
        let held = if (self.first..self.end).contains(&seq) {
            lines.get(&self.line).and_then(|line| line.get().id(seq))
        } else {
            None
        };
        let seq = if held.is_some_and(|held| held < id) { seq + 1 } else { seq };
        seq.clamp(self.first, self.end)
    }
}

/// Commits in order-key order, from either end.
#[derive(Clone)]
pub struct Order<'a> {
    lines: &'a Lines,
    lower: Option<OrderKey>,
    upper: Option<OrderKey>,
    /// The runs that neither end has opened.
    runs: Entries<'a, RunKey, Run>,
    /// How many commits neither end has handed out.
    left: u64,
    front: Option<Opened<'a>>,
    back: Option<Opened<'a>>,
    reader: CommitReader<'a>,
}

/// What is left of a run.
#[derive(Clone)]
enum Opened<'a> {
    Plain(Stretch),
    Forked(Walk<'a>),
}

impl<'a> Order<'a> {
    fn open(&self, (key, run): (RunKey, Run)) -> Opened<'a> {
        let bound = |bound: &Option<OrderKey>| {
            bound
                .filter(|bound| (bound.turn, bound.author) == key)
                .map(|bound| (bound.seq, bound.id))
        };
        let (lower, upper) = (bound(&self.lower), bound(&self.upper));
        match run {
            Run::Plain(stretch) => {
                let at = |bound| stretch.seq_from(self.lines, bound);
                let (first, end) = (lower.map_or(stretch.first, at), upper.map_or(stretch.end, at));
                Opened::Plain(Stretch { line: stretch.line, first, end: end.max(first) })
            }
            Run::Forked(branches) => Opened::Forked(branches.walk(self.lines, lower, upper)),
        }
    }

    /// The place of the next commit from the front; decodes nothing.
    pub fn next_place(&mut self) -> Option<Place> {
        self.left = self.left.checked_sub(1)?;
        loop {
            if let Some(place) = self.front.as_mut().and_then(Opened::next) {
                return Some(place);
            }
            self.front = Some(match self.runs.next() {
                Some(run) => self.open(run),
                None => self.back.take()?,
            });
        }
    }

    /// The place of the next commit from the back; decodes nothing.
    pub fn next_place_back(&mut self) -> Option<Place> {
        self.left = self.left.checked_sub(1)?;
        loop {
            if let Some(place) = self.back.as_mut().and_then(Opened::next_back) {
                return Some(place);
            }
            self.back = Some(match self.runs.next_back() {
                Some(run) => self.open(run),
                None => self.front.take()?,
            });
        }
    }
}

impl Opened<'_> {
    fn next(&mut self) -> Option<Place> {
        match self {
            Opened::Plain(Stretch { line, first, end }) => {
                let seq = *first;
                *first += 1;
                (seq < *end).then_some(Place { line: *line, seq })
            }
            Opened::Forked(walk) => walk.next(),
        }
    }

    fn next_back(&mut self) -> Option<Place> {
        match self {
            Opened::Plain(Stretch { line, first, end }) if *first < *end => {
                *end -= 1;
                Some(Place { line: *line, seq: *end })
            }
            Opened::Plain(_) => None,
            Opened::Forked(walk) => walk.next_back(),
        }
    }
}

impl Iterator for Order<'_> {
    type Item = (Place, Commit);

    fn next(&mut self) -> Option<Self::Item> {
        let place = self.next_place()?;
        Some((place, self.reader.read(place)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        (left, Some(left))
    }
}

impl DoubleEndedIterator for Order<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let place = self.next_place_back()?;
        Some((place, self.reader.read_back(place)))
    }
}

impl ExactSizeIterator for Order<'_> {}
impl std::iter::FusedIterator for Order<'_> {}

impl std::fmt::Debug for Order<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Order").field("lower", &self.lower).field("upper", &self.upper).finish()
    }
}
