//! Branches: a run in which its author forked, so that several lines share one turn.
//!
//! ```text
//!  line 0   4 ─ 5 ─ 6 ─ 7          order: 4, 5, then of each seq the smaller id first
//!  line 1            6 ─ 7 ─ 8
//! ```
//!
//! **Invariants**
//! - One stretch for each line; stretches ascend by first seq, then by line.
//! - Ids are asked for only where two stretches have one seq.
//!
//! What this does not do: hurry. Its questions cost the number of branches: an author that forks a
//! thousand times in one turn makes them cost that.

use crate::order::{Lines, Stretch};
use crate::place::Place;
use std::collections::VecDeque;
use woodland_format::CommitId;
use woodland_page::{Reading, Stored, Writing};

/// The stretches of one run.
#[derive(Debug, Clone)]
pub(crate) struct Branches(Vec<Stretch>);

impl Stored for Branches {
    fn write(&self, to: &mut Writing<'_>) {
        self.0.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Stored::read(from).map(Branches)
    }
}

impl Branches {
    pub(crate) fn of(stretch: Stretch) -> Self {
        Branches(vec![stretch])
    }

    /// Stretches that ascend by first seq, then by line.
    pub(crate) fn of_all(stretches: Vec<Stretch>) -> Self {
        Branches(stretches)
    }

    /// Adds the commit at `place`: the next of its line, or the first of its line here.
    pub(crate) fn add(&mut self, place: Place) {
        let held = self.0.iter_mut().find(|stretch| stretch.line == place.line);
        if let Some(stretch) = held {
            stretch.end += 1;
            return;
        }
        let (line, first) = (place.line, place.seq);
        let at = self.0.partition_point(|one| (one.first, one.line) < (first, line));
        self.0.insert(at, Stretch { line, first, end: first + 1 });
    }

    /// How many commits they hold.
    pub(crate) fn len(&self) -> u64 {
        self.0.iter().map(Stretch::len).sum()
    }

    /// How many commits stand before this seq and id.
    pub(crate) fn below(&self, lines: &Lines, bound: (u64, CommitId)) -> u64 {
        self.0.iter().map(|stretch| stretch.seq_from(lines, bound) - stretch.first).sum()
    }

    /// How many commits have a lower seq.
    fn below_seq(&self, seq: u64) -> u64 {
        self.0.iter().map(|stretch| seq.clamp(stretch.first, stretch.end) - stretch.first).sum()
    }

    /// The commit before which there are `index` others.
    pub(crate) fn at(&self, lines: &Lines, index: u64) -> Option<Place> {
        let (mut low, mut high) = (self.0.first()?.first, self.0.iter().map(|one| one.end).max()?);
        // The highest seq below which there are no more than `index`.
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.below_seq(middle) <= index { low = middle } else { high = middle }
        }
        let within = usize::try_from(index - self.below_seq(low)).ok()?;
        self.rivals(lines, low).get(within).map(|(_, place)| *place)
    }

    /// The commits with this seq, by id.
    fn rivals(&self, lines: &Lines, seq: u64) -> Vec<(CommitId, Place)> {
        let holding = self.0.iter().filter(|stretch| (stretch.first..stretch.end).contains(&seq));
        rivals(lines, holding.map(|stretch| stretch.line), seq)
    }

    /// The commits from `lower` on and below `upper`, from either end.
    pub(crate) fn walk<'a>(
        &self,
        lines: &'a Lines,
        lower: Option<(u64, CommitId)>,
        upper: Option<(u64, CommitId)>,
    ) -> Walk<'a> {
        let cut = |stretch: &Stretch| {
            let first = lower.map_or(stretch.first, |bound| stretch.seq_from(lines, bound));
            let end = upper.map_or(stretch.end, |bound| stretch.seq_from(lines, bound));
            Stretch { line: stretch.line, first, end }
        };
        let stretches: Vec<_> = self.0.iter().map(cut).filter(|one| one.first < one.end).collect();
        let (mut by_first, mut by_end) = (stretches.clone(), stretches);
        // Taken from their ends, what comes first from there last.
        by_first.sort_by_key(|one| std::cmp::Reverse(one.first));
        by_end.sort_by_key(|one| one.end);
        let left = by_first.iter().map(Stretch::len).sum();
        Walk { lines, left, front: Side::over(by_first), back: Side::over(by_end) }
    }
}

/// The commits of these lines with this seq, by id.
fn rivals(lines: &Lines, of: impl Iterator<Item = u32>, seq: u64) -> Vec<(CommitId, Place)> {
    let mut rivals: Vec<_> = of
        .filter_map(|line| Some((lines.get(&line)?.get().id(seq)?, Place { line, seq })))
        .collect();
    rivals.sort_unstable();
    rivals
}

/// Commits of branches in order, from either end.
#[derive(Clone)]
pub(crate) struct Walk<'a> {
    lines: &'a Lines,
    left: u64,
    front: Side,
    back: Side,
}

/// How far one end has come.
#[derive(Clone)]
struct Side {
    /// Stretches not reached, the next one last.
    ahead: Vec<Stretch>,
    active: Vec<Stretch>,
    /// What has been put in order and not handed out.
    ready: VecDeque<Place>,
    /// The seq that comes next.
    seq: u64,
}

impl Side {
    fn over(ahead: Vec<Stretch>) -> Self {
        Side { ahead, active: Vec::new(), ready: VecDeque::new(), seq: 0 }
    }

    /// Puts the commits of the active stretches with the next seq in order.
    fn ready(&mut self, lines: &Lines) {
        let seq = self.seq;
        if let [only] = self.active.as_slice() {
            self.ready.push_back(Place { line: only.line, seq });
            return;
        }
        let of = self.active.iter().map(|stretch| stretch.line);
        self.ready.extend(rivals(lines, of, seq).into_iter().map(|(_, place)| place));
    }
}

impl Walk<'_> {
    pub(crate) fn next(&mut self) -> Option<Place> {
        self.left = self.left.checked_sub(1)?;
        let front = &mut self.front;
        if front.ready.is_empty() {
            if front.active.is_empty() {
                front.seq = front.ahead.last()?.first;
            }
            while let Some(next) = front.ahead.pop_if(|next| next.first == front.seq) {
                front.active.push(next);
            }
            front.ready(self.lines);
            front.seq += 1;
            let seq = front.seq;
            front.active.retain(|stretch| stretch.end > seq);
        }
        front.ready.pop_front()
    }

    pub(crate) fn next_back(&mut self) -> Option<Place> {
        self.left = self.left.checked_sub(1)?;
        let back = &mut self.back;
        if back.ready.is_empty() {
            if back.active.is_empty() {
                back.seq = back.ahead.last()?.end - 1;
            }
            while let Some(next) = back.ahead.pop_if(|next| next.end - 1 == back.seq) {
                back.active.push(next);
            }
            back.ready(self.lines);
            let seq = back.seq;
            back.active.retain(|stretch| stretch.first < seq);
            back.seq = seq.saturating_sub(1);
        }
        back.ready.pop_back()
    }
}
