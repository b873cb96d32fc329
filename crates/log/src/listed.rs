//! Chosen commits of a log in order: what arrived, what another lacks, what a past holds.
//!
//! **Invariants**
//! - Chosen is a suffix or a prefix of each line, so it is sorted by stretches, not by commits.
//! - Nothing is decoded before it is asked for.
//!
//! What this does not do: choose. Whoever asks says from where each line is meant.

use crate::branches::Branches;
use crate::log::Log;
use crate::merge::UnknownHead;
use crate::order::Stretch;
use crate::place::Place;
use crate::reader::CommitReader;
use std::collections::VecDeque;
use woodland_format::{AuthorKey, Commit, CommitId};

/// Commits of a log, in order, from either end.
#[derive(Clone)]
pub struct Listed<'a> {
    /// What one author wrote in one turn, in order.
    runs: VecDeque<VecDeque<Piece>>,
    left: u64,
    reader: CommitReader<'a>,
}

/// Commits of one line that follow each other in order.
#[derive(Debug, Clone, Copy)]
struct Piece {
    turn: u64,
    stretch: Stretch,
}

/// Commits that stand next to each other in the order of a version, and that an earlier version
/// lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inserted {
    /// How many commits stand before the first.
    pub position: u64,
    /// How many they are.
    pub commits: u64,
}

impl Log {
    /// The commits of these stretches, in order.
    pub(crate) fn listed(&self, stretches: &[Stretch]) -> Listed<'_> {
        let mut pieces: Vec<(AuthorKey, Piece)> = Vec::new();
        for stretch in stretches.iter().filter(|stretch| stretch.first < stretch.end) {
            let Some(line) = self.line(stretch.line) else { continue };
            let mut first = stretch.first;
            let mut turn = line.turn_at(first);
            for (seq, epoch) in line.epochs.within(first + 1..stretch.end) {
                if epoch.turn != turn {
                    let part = Stretch { line: stretch.line, first, end: seq };
                    pieces.push((line.author, Piece { turn, stretch: part }));
                    (first, turn) = (seq, epoch.turn);
                }
            }
            let part = Stretch { line: stretch.line, first, end: stretch.end };
            pieces.push((line.author, Piece { turn, stretch: part }));
        }
        pieces.sort_unstable_by_key(|(author, piece)| {
            (piece.turn, *author, piece.stretch.first, piece.stretch.line)
        });
        let mut runs: VecDeque<VecDeque<Piece>> = VecDeque::new();
        for same in pieces.chunk_by(|one, other| (one.1.turn, one.0) == (other.1.turn, other.0)) {
            let pieces = same.iter().map(|(_, piece)| *piece);
            runs.push_back(if same.len() == 1 { pieces.collect() } else { self.woven(pieces) });
        }
        let left = stretches.iter().map(|it| it.end.saturating_sub(it.first)).sum();
        Listed { runs, left, reader: CommitReader::new(&self.lines) }
    }

    /// Pieces of a forked run, cut where another branch comes between.
    fn woven(&self, pieces: impl Iterator<Item = Piece>) -> VecDeque<Piece> {
        let mut turn = 0;
        let stretches = pieces.map(|piece| {
            turn = piece.turn;
            piece.stretch
        });
        let branches = Branches::of_all(stretches.collect());
        let mut walk = branches.walk(&self.lines, None, None);
        let mut woven: VecDeque<Piece> = VecDeque::new();
        while let Some(Place { line, seq }) = walk.next() {
            match woven.back_mut() {
                Some(Piece { stretch, .. }) if stretch.line == line && stretch.end == seq => {
                    stretch.end += 1;
                }
                _ => {
                    let stretch = Stretch { line, first: seq, end: seq + 1 };
                    woven.push_back(Piece { turn, stretch });
                }
            }
        }
        woven
    }

    /// These commits and their causal past, in order. Reversed, it walks back from them.
    ///
    /// # Errors
    /// [`UnknownHead`] when one is not held, or none is given.
    pub fn past(&self, heads: &[CommitId]) -> Result<Listed<'_>, UnknownHead> {
        if heads.is_empty() {
            return Err(UnknownHead::NoHeads);
        }
        if let Some(head) = heads.iter().find(|head| !self.contains(head)) {
            return Err(UnknownHead::NotHeld { head: *head });
        }
        let past = self.past_of(heads.iter().copied());
        let stretches = past.iter().filter_map(|(line, last)| {
            let first = self.line(line)?.first_seq;
            Some(Stretch { line, first, end: last + 1 })
        });
        Ok(self.listed(&stretches.collect::<Vec<_>>()))
    }

    /// Where the commits that `earlier` lacks stand in the order of this version. Costs as
    /// [`Log::arrived`] does, and O(log runs) for each run that arrived.
    pub fn inserted(&self, earlier: &Log) -> Vec<Inserted> {
        let mut inserted: Vec<Inserted> = Vec::new();
        for Piece { stretch, .. } in self.arrived(earlier).runs.into_iter().flatten() {
            let Stretch { line, mut first, end } = stretch;
            while first < end {
                let position = self.position(Place { line, seq: first });
                let position = position.expect("what arrived is held");
                // Between two commits of one line stand only others of a fork, in the same turn.
                let last = self.position(Place { line, seq: end - 1 }).unwrap_or(position);
                let is_unbroken = last - position == end - 1 - first;
                let commits = if is_unbroken { end - first } else { 1 };
                match inserted.last_mut() {
                    Some(last) if last.position + last.commits == position => {
                        last.commits += commits;
                    }
                    _ => inserted.push(Inserted { position, commits }),
                }
                first += commits;
            }
        }
        inserted
    }
}

impl Listed<'_> {
    /// How many commits there are.
    pub fn len(&self) -> usize {
        usize::try_from(self.left).unwrap_or(usize::MAX)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// The place of the next commit from the front; decodes nothing.
    pub fn next_place(&mut self) -> Option<Place> {
        self.left = self.left.checked_sub(1)?;
        loop {
            let run = self.runs.front_mut()?;
            let Some(piece) = run.front_mut() else {
                self.runs.pop_front();
                continue;
            };
            let Stretch { line, first, end } = &mut piece.stretch;
            let place = Place { line: *line, seq: *first };
            *first += 1;
            if first == end {
                run.pop_front();
            }
            return Some(place);
        }
    }

    /// The place of the next commit from the back; decodes nothing.
    pub fn next_place_back(&mut self) -> Option<Place> {
        self.left = self.left.checked_sub(1)?;
        loop {
            let run = self.runs.back_mut()?;
            let Some(piece) = run.back_mut() else {
                self.runs.pop_back();
                continue;
            };
            let Stretch { line, first, end } = &mut piece.stretch;
            *end -= 1;
            let place = Place { line: *line, seq: *end };
            if first == end {
                run.pop_back();
            }
            return Some(place);
        }
    }
}

impl Iterator for Listed<'_> {
    type Item = (Place, Commit);

    fn next(&mut self) -> Option<Self::Item> {
        let place = self.next_place()?;
        Some((place, self.reader.read(place)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

impl DoubleEndedIterator for Listed<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let place = self.next_place_back()?;
        Some((place, self.reader.read_back(place)))
    }
}

impl ExactSizeIterator for Listed<'_> {}
impl std::iter::FusedIterator for Listed<'_> {}

impl std::fmt::Debug for Listed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listed").field("left", &self.left).finish()
    }
}
