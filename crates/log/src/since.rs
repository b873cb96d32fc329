//! What a version holds and another does not: for whoever lacks it.
//!
//! **Invariants**
//! - Answers come in order-key order, so the past of each commit comes before it.
//! - The cost follows the answer and the number of lines, not the length of the log.

use crate::frontier::Frontier;
use crate::line::{Knowledge, learn};
use crate::log::Log;
use crate::place::{OrderKey, Place};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use woodland_format::limits::SEGMENT_COMMITS_MAX;
use woodland_format::{Commit, CommitId};

impl Log {
    /// The commits of this log that a version with the frontier `earlier` does not hold, in order.
    ///
    /// A tip that this log does not hold is passed over: what lies below it is not known here. So
    /// the answer may name commits that the other side holds, never the other way round.
    pub fn since<'a>(
        &'a self,
        earlier: &Frontier,
    ) -> impl DoubleEndedIterator<Item = (Place, &'a Commit)> + ExactSizeIterator + use<'a> {
        let held = self.past_of(earlier.iter().map(|(_, tip)| tip.id));
        self.beyond(|line| held.get(&line).map_or(0, |seq| seq + 1)).into_iter()
    }

    /// What [`Log::since`] gives, cut into chains of consecutive commits of one author, each ending
    /// at the last commit that a signed point vouches for: ready for `format::encode_segment`.
    ///
    /// Commits after the last signed point of their chain are left out. Chains come in the order of
    /// their first commits.
    pub fn runs(&self, since: &Frontier) -> Vec<Vec<Commit>> {
        let vouched = self.vouched();
        let mut chains = BTreeMap::<u32, Vec<Commit>>::new();
        for (place, commit) in self.since(since) {
            let vouched = vouched.get(place.line as usize).copied().flatten();
            if vouched.is_some_and(|last| place.seq <= last) {
                chains.entry(place.line).or_default().push(commit.clone());
            }
        }
        let segment_max = usize::try_from(SEGMENT_COMMITS_MAX).unwrap_or(usize::MAX);
        let mut runs: Vec<_> = chains
            .values()
            .flat_map(|chain| chain.chunks(segment_max))
            .map(<[Commit]>::to_vec)
            .collect();
        runs.sort_by_key(|run| run.first().map(OrderKey::of));
        runs
    }

    /// Of each line, the highest seq among these commits and their pasts. Ids not held are ignored.
    pub(crate) fn past_of(&self, tips: impl Iterator<Item = CommitId>) -> Knowledge {
        let mut places: Vec<_> = tips.filter_map(|id| self.place(&id)).collect();
        // Latest first: most of the others are then in a past that is known already.
        places.sort_by_key(|place| Reverse(self.key(*place)));
        let mut known = Knowledge::new();
        for place in places {
            let past = self.line(place.line).and_then(|line| line.knowledge_at(place.seq));
            learn(&mut known, place, past.expect("a line's first commit notes what it knew"));
        }
        known
    }

    /// The commits of each line from the seq that `first` gives on, in order.
    pub(crate) fn beyond(&self, first: impl Fn(u32) -> u64) -> Vec<(Place, &Commit)> {
        let mut beyond = Vec::new();
        for (number, line) in (0u32..).zip(&self.lines) {
            for seq in first(number).max(line.first_seq)..line.end_seq() {
                beyond.extend(line.get(seq).map(|commit| (Place { line: number, seq }, commit)));
            }
        }
        beyond.sort_by_cached_key(|(_, commit)| OrderKey::of(commit));
        beyond
    }
}
