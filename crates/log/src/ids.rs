//! Ids: from the id of a commit to where it stands.
//!
//! ```text
//!  fresh   the last marks, as they came          at most 256
//!  runs    sorted; eight of one size become one  256 … 256, 2,048 … 2,048, 16,384 …
//!  rested  the marks that stand in pages         a tree
//! ```
//!
//! A log does not keep ids: they are the hashes of what it keeps. The index has four bytes of each
//! id and a place; whoever looks one up compares the whole id with that of the commit there, which
//! costs the hashes of some commits before it. Marks come in no order, so a tree would touch
//! another leaf for each; runs are merged from end to end, and need no room to grow. Marks that are
//! put to rest do so together, and are a tree from then on.
//!
//! **Invariants**
//! - Every commit of the log has one mark.
//! - Runs stand by level, highest first; of one level there are fewer than [`RUNS_MAX`].
//! - Marks with equal bytes of different ids are ordinary: all of them are looked at.
//!
//! Adding is amortised: one mark in 256 sorts, one in 2,048 merges, and so on. No hash map, which
//! would need randomness against chosen ids. Ids that share four bytes can be searched for, at some
//! 2³² hashes each, and cost a look-up a few microseconds more, each.
//!
//! What this does not do: take a mark out, or know whether a place is still held.

use crate::place::Place;
use std::sync::Arc;
use woodland_format::CommitId;
use woodland_page::{Reading, Stored, Tree, Writing};

/// Most marks that are not sorted yet.
const FRESH_MAX: usize = 256;
/// So many runs of one level become one of the next.
const RUNS_MAX: usize = 8;

/// Some bytes of an id, and where its commit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    bytes: u32,
    line: u32,
    /// Counted from the line's first commit.
    index: u32,
}

/// Sorted marks.
#[derive(Debug, Clone)]
struct Run {
    level: u32,
    marks: Arc<[Mark]>,
}

/// The index of one log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ids {
    rested: Tree<Mark, ()>,
    fresh: Arc<Vec<Mark>>,
    runs: Arc<Vec<Run>>,
}

impl Ids {
    /// Adds the commit with this id, the line's `index`th.
    pub(crate) fn add(&mut self, id: &CommitId, line: u32, index: u64) {
        let index = u32::try_from(index).expect("fewer than 2^32 commits of one author in memory");
        let fresh = Arc::make_mut(&mut self.fresh);
        fresh.push(Mark { bytes: bytes_of(id), line, index });
        if fresh.len() >= FRESH_MAX {
            fresh.sort_unstable();
            let marks = fresh.as_slice().into();
            fresh.clear();
            add_run(Arc::make_mut(&mut self.runs), marks);
        }
    }

    /// Where a commit with this id may stand: line, and index in it.
    pub(crate) fn candidates(&self, id: &CommitId) -> impl Iterator<Item = (u32, u64)> + '_ {
        let bytes = bytes_of(id);
        let is_like = move |mark: &&Mark| mark.bytes == bytes;
        let fresh = self.fresh.iter().rev().filter(is_like);
        // What came last is asked for most, and stands in the last runs.
        let sorted = self.runs.iter().rev().flat_map(move |run| {
            run.marks[first_of(&run.marks, bytes)..].iter().take_while(is_like)
        });
        let all = |line| Mark { bytes, line, index: line };
        let rested = self.rested.range(all(0)..=all(u32::MAX)).map(|(mark, ())| mark);
        let all = fresh.chain(sorted).copied().chain(rested);
        all.map(|mark| (mark.line, u64::from(mark.index)))
    }
}

impl Stored for Mark {
    fn write(&self, to: &mut Writing<'_>) {
        to.raw(&self.bytes.to_be_bytes());
        (self.line, self.index).write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let bytes = u32::from_be_bytes(from.array()?);
        let (line, index) = Stored::read(from)?;
        Some(Mark { bytes, line, index })
    }
}

impl Stored for Ids {
    fn write(&self, to: &mut Writing<'_>) {
        let runs = self.runs.iter().flat_map(|run| run.marks.iter());
        let mut marks: Vec<Mark> = runs.chain(self.fresh.iter()).copied().collect();
        marks.sort_unstable();
        let mut rested = self.rested.clone();
        marks.into_iter().for_each(|mark| rested.insert(mark, ()));
        rested.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Some(Ids { rested: Stored::read(from)?, ..Ids::default() })
    }
}

/// Adds a run of the lowest level, and merges what has become too many.
fn add_run(runs: &mut Vec<Run>, marks: Arc<[Mark]>) {
    let mut next = Run { level: 0, marks };
    loop {
        let same = runs.iter().rev().take_while(|run| run.level == next.level).count();
        if same + 1 < RUNS_MAX {
            runs.push(next);
            return;
        }
        let mut merged: Vec<Mark> = Vec::with_capacity((same + 1) * next.marks.len());
        for run in runs.drain(runs.len() - same..) {
            merged.extend_from_slice(&run.marks);
        }
        merged.extend_from_slice(&next.marks);
        // A stable sort merges the runs that it finds.
        merged.sort();
        next = Run { level: next.level + 1, marks: merged.into() };
    }
}

/// Where the marks with these bytes begin. Hashes are spread evenly, so it is near where they say;
/// from there on in steps that double, so that ids chosen to lie otherwise cost a logarithm.
fn first_of(marks: &[Mark], bytes: u32) -> usize {
    let is_below = |at: usize| marks.get(at).is_some_and(|mark| mark.bytes < bytes);
    let guess = (u64::from(bytes) * marks.len() as u64) >> 32;
    let guess = usize::try_from(guess).unwrap_or(0);
    let mut step = 8;
    let (mut low, mut high) = (guess, guess);
    while low > 0 && !is_below(low) {
        low = low.saturating_sub(step);
        step *= 2;
    }
    step = 8;
    while is_below(high) {
        high = (high + step).min(marks.len());
        step *= 2;
    }
    low + marks[low..high].partition_point(|mark| mark.bytes < bytes)
}

fn bytes_of(id: &CommitId) -> u32 {
    let [a, b, c, d, ..] = id.0;
    u32::from_be_bytes([a, b, c, d])
}

impl Place {
    /// The place of the commit with this index in a line that begins with this seq.
    pub(crate) fn in_line(line: u32, first_seq: u64, index: u64) -> Self {
        Place { line, seq: first_seq + index }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(bytes: u32, rest: u8) -> CommitId {
        let mut id = CommitId([rest; 32]);
        id.0[..4].copy_from_slice(&bytes.to_be_bytes());
        id
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        /// Whether ids are spread evenly or lie together.
        #[test]
        fn every_mark_is_found_and_clones_stay_as_they_are(
            shift in 0u32..32, seed: u32, count in 1u32..6000, kept in 0u32..6000,
        ) {
            let bytes = |number: u32| (number.wrapping_mul(2_654_435_769) ^ seed) >> shift;
            let (mut ids, mut earlier) = (Ids::default(), Ids::default());
            for number in 0..count {
                if number == kept {
                    earlier = ids.clone();
                }
                ids.add(&id(bytes(number), 0), number, u64::from(number));
            }
            for number in 0..count {
                let place = (number, u64::from(number));
                let of = |ids: &Ids| ids.candidates(&id(bytes(number), 1)).collect::<Vec<_>>();
                prop_assert_eq!(of(&ids).iter().filter(|one| **one == place).count(), 1);
                prop_assert!(of(&ids).iter().all(|(other, _)| bytes(*other) == bytes(number)));
                prop_assert_eq!(of(&earlier).contains(&place), number < kept && kept < count);
            }
            let absent = bytes(0).wrapping_add(1);
            let expected = (0..count).filter(|number| bytes(*number) == absent).count();
            prop_assert_eq!(ids.candidates(&id(absent, 0)).count(), expected);
            for two in ids.runs.windows(2) {
                prop_assert!(two[0].level >= two[1].level);
            }
        }
    }
}
