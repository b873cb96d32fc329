//! What a version holds and another does not: for whoever lacks it.
//!
//! **Invariants**
//! - Answers come in order-key order, so the past of each commit comes before it.
//! - The cost follows the answer and the number of lines, not the length of the log.

use crate::frontier::Frontier;
use crate::knowledge::Knowledge;
use crate::listed::Listed;
use crate::log::Log;
use crate::order::Stretch;
use crate::place::Place;
use woodland_format::limits::SEGMENT_COMMITS_MAX;
use woodland_format::{Commit, CommitId};

impl Log {
    /// The commits of this log that a version with the frontier `earlier` does not hold, in order.
    ///
    /// A tip that this log does not hold is passed over: what lies below it is not known here. So
    /// the answer may name commits that the other side holds, never the other way round.
    pub fn since(&self, earlier: &Frontier) -> Listed<'_> {
        self.listed(&self.lacking(earlier))
    }

    /// What [`Log::since`] gives, cut into chains of consecutive commits of one author, each ending
    /// at the last commit that a signed point vouches for: ready for `format::encode_segment`.
    ///
    /// Commits after the last signed point of their chain are left out. Chains come in the order of
    /// their first commits.
    pub fn chains(&self, since: &Frontier) -> impl ExactSizeIterator<Item = Vec<Commit>> + '_ {
        let mut chains: Vec<Stretch> = Vec::new();
        for Stretch { line, first, end } in self.vouched_lacking(since) {
            let cut = (first..end).step_by(SEGMENT_COMMITS_MAX as usize);
            chains.extend(cut.map(|first| {
                let end = end.min(first.saturating_add(u64::from(SEGMENT_COMMITS_MAX)));
                Stretch { line, first, end }
            }));
        }
        let first = |chain: &Stretch| Place { line: chain.line, seq: chain.first };
        chains.sort_by(|one, other| self.compare(first(one), first(other)));
        chains.into_iter().map(|chain| self.listed(&[chain]).map(|(_, commit)| commit).collect())
    }

    /// What [`Log::since`] gives, without the commits after the last signed point of their chain:
    /// ready to be passed on.
    pub fn offered(&self, since: &Frontier) -> Listed<'_> {
        self.listed(&self.vouched_lacking(since))
    }

    /// The chain of one author up to `tip`, without what the chain of `known` holds of it. Nothing
    /// where `tip` is not held; all of it where `known` is not.
    pub fn chain(&self, tip: Place, known: Option<Place>) -> Listed<'_> {
        let (mut stretches, mut at) = (Vec::new(), Some(tip));
        while let Some(Place { line, seq }) = at {
            let Some(own) = self.line(line).filter(|own| own.holds(seq)) else { break };
            let known = known.and_then(|known| self.seen(known, line));
            let first = known.map_or(own.first_seq, |seq| seq + 1);
            stretches.push(Stretch { line, first, end: seq + 1 });
            at = own.base.filter(|_| known.is_none());
        }
        self.listed(&stretches)
    }

    /// What is lacking, up to the last signed point of each line.
    fn vouched_lacking(&self, since: &Frontier) -> Vec<Stretch> {
        let vouched = self.vouched();
        let cut = |stretch: Stretch| {
            let vouched = vouched.get(stretch.line as usize).copied().flatten();
            Stretch { end: stretch.end.min(vouched.map_or(0, |last| last + 1)), ..stretch }
        };
        let lacking = self.lacking(since).into_iter().map(cut);
        lacking.filter(|stretch| stretch.first < stretch.end).collect()
    }

    fn lacking(&self, earlier: &Frontier) -> Vec<Stretch> {
        let held = self.past_of(earlier.iter().map(|(_, tip)| tip.id));
        #[cfg(planted)]
        let held = match woodland_format::planted::is("since-forgotten") {
            true => self.past_of(self.heads()),
            false => held,
        };
        let lacking = self.lines().map(|(number, line)| {
            let first = held.get(number).map_or(line.first_seq, |seq| seq + 1);
            Stretch { line: number, first, end: line.end_seq() }
        });
        lacking.filter(|stretch| stretch.first < stretch.end).collect()
    }

    /// Of each line, the highest seq among these commits and their pasts. Ids not held are ignored.
    pub(crate) fn past_of(&self, tips: impl Iterator<Item = CommitId>) -> Knowledge {
        self.gather(tips).0
    }

    /// Those of these commits that are not in the past of another. Ids not held are left out.
    pub(crate) fn maximal(&self, tips: impl Iterator<Item = CommitId>) -> Vec<CommitId> {
        self.gather(tips).1
    }

    fn gather(&self, tips: impl Iterator<Item = CommitId>) -> (Knowledge, Vec<CommitId>) {
        let mut places: Vec<_> = tips.filter_map(|id| Some((self.place(&id)?, id))).collect();
        // Latest first: most of the others are then in a past that is known already.
        places.sort_by(|(one, _), (other, _)| self.compare(*other, *one));
        let mut known = Knowledge::default();
        let mut maximal = Vec::new();
        for (place, id) in places {
            if known.get(place.line).is_some_and(|seq| seq >= place.seq) {
                continue;
            }
            let line = self.line(place.line).expect("a place that was found has its line");
            known.learn(place, &line.past_at(place.seq));
            maximal.push(id);
        }
        (known, maximal)
    }
}
