//! A log version: an immutable, causally closed set of commits, and what can be asked of it.
//!
//! ```text
//!  lines    number → stretch of one author's chain      the commits themselves
//!  places   id → (line, seq)                            an index
//!  runs     (turn, author) → stretches of lines         the order
//!  heads    ids that no held commit refers to           the version's name
//! ```
//!
//! **Invariants**
//! - `places`, `runs` and `heads` say of the commits in `lines` what can be computed from them.
//! - A commit's references are held, in places that were given before its own.
//! - Two logs are equal when they hold the same commits; signatures do not count.
//!
//! `places` is an ordered map because a hash map would need randomness against chosen ids.
//!
//! What this does not do: decode a payload, or say what is visible.

use crate::fork::Fork;
use crate::line::Line;
use crate::order::{Lines, Order, Runs};
use crate::place::{OrderKey, Place};
use im::{OrdMap, OrdSet};
use std::fmt;
use woodland_format::{Commit, CommitId, DatasetId, SchemaId, VersionId, version_id};

/// A version of a dataset's log. Cheap to clone; whatever changes it makes another.
#[derive(Clone)]
pub struct Log {
    pub(crate) dataset: DatasetId,
    pub(crate) lines: Lines,
    pub(crate) places: OrdMap<CommitId, Place>,
    pub(crate) runs: Runs,
    pub(crate) heads: OrdSet<CommitId>,
    /// By schema, the commits whose header introduces it.
    pub(crate) introductions: OrdMap<SchemaId, OrdMap<OrderKey, Place>>,
}

impl Log {
    /// The dataset whose log this is.
    pub fn dataset(&self) -> DatasetId {
        self.dataset
    }

    /// The commit that founded the dataset; first in the order.
    pub fn founding(&self) -> &Commit {
        let commit = self.get(&self.dataset.founding());
        commit.expect("every log holds its founding commit")
    }

    /// How many commits it holds, at least one.
    pub fn len(&self) -> u64 {
        self.places.len() as u64
    }

    /// Never: every log holds its founding commit.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The name of this set of commits.
    pub fn version(&self) -> VersionId {
        version_id(&self.heads)
    }

    /// The commits that no other held commit refers to, ascending.
    pub fn heads(&self) -> impl Iterator<Item = CommitId> + '_ {
        self.heads.iter().copied()
    }

    /// Whether it holds this commit.
    pub fn contains(&self, id: &CommitId) -> bool {
        self.places.contains_key(id)
    }

    /// The commit with this id.
    pub fn get(&self, id: &CommitId) -> Option<&Commit> {
        self.commit(self.place(id)?)
    }

    /// Where the commit with this id stands.
    pub fn place(&self, id: &CommitId) -> Option<Place> {
        self.places.get(id).copied()
    }

    /// The commit at this place.
    pub fn commit(&self, place: Place) -> Option<&Commit> {
        self.line(place.line)?.get(place.seq)
    }

    /// The order key of the commit at this place.
    pub fn key(&self, place: Place) -> Option<OrderKey> {
        self.commit(place).map(OrderKey::of)
    }

    /// Whether `earlier` is `later` itself or in its causal past. Costs O(log lines).
    pub fn saw(&self, later: Place, earlier: Place) -> bool {
        if self.commit(later).is_none() || self.commit(earlier).is_none() {
            return false;
        }
        if later.line == earlier.line {
            return earlier.seq <= later.seq;
        }
        let known = self.line(later.line).and_then(|line| line.knowledge_at(later.seq));
        known.and_then(|known| known.get(&earlier.line)).is_some_and(|seq| earlier.seq <= *seq)
    }

    /// The highest seq of a line that the commit at `later` is or has in its past.
    ///
    /// With it, many questions of [`Log::saw`] about one commit become comparisons.
    pub fn seen(&self, later: Place, line: u32) -> Option<u64> {
        self.commit(later)?;
        if later.line == line {
            return Some(later.seq);
        }
        self.line(later.line)?.knowledge_at(later.seq)?.get(&line).copied()
    }

    /// All commits in order-key order, from either end.
    pub fn order(&self) -> Order<'_> {
        self.order_range(None, None)
    }

    /// The order from the first commit on whose key is not below `from`.
    pub fn order_from(&self, from: &OrderKey) -> Order<'_> {
        self.order_range(Some(from), None)
    }

    /// The order up to, and without, the first commit whose key is not below `until`. Reversed, it
    /// walks back from there.
    pub fn order_until(&self, until: &OrderKey) -> Order<'_> {
        self.order_range(None, Some(until))
    }

    /// The commits whose keys are not below `lower` and are below `upper`.
    pub fn order_range(&self, lower: Option<&OrderKey>, upper: Option<&OrderKey>) -> Order<'_> {
        self.runs.range(&self.lines, lower, upper)
    }

    /// The schema that the commit is written under: the last that its author's chain named up to
    /// it.
    pub fn schema(&self, place: Place) -> Option<SchemaId> {
        self.commit(place)?;
        self.line(place.line)?.schema_at(place.seq)
    }

    /// The commits whose header introduces this schema, in order.
    pub fn introduced<'a>(&'a self, schema: &SchemaId) -> impl Iterator<Item = Place> + use<'a> {
        self.introductions.get(schema).into_iter().flat_map(|by_key| by_key.values().copied())
    }

    /// The turn of a commit with this backlink and these parents; `None` where one is not held.
    ///
    /// Without a backlink it is a first commit, for which the dataset counts as a parent.
    pub fn next_turn(&self, backlink: Option<CommitId>, parents: &[CommitId]) -> Option<u64> {
        let founding = backlink.is_none().then(|| self.dataset.founding());
        let mut turn = match &backlink {
            Some(id) => self.get(id)?.turn(),
            None => 0,
        };
        for parent in parents.iter().chain(&founding) {
            turn = turn.max(self.get(parent)?.turn().checked_add(1)?);
        }
        Some(turn)
    }

    /// Every place where an author's chain branches.
    pub fn forks(&self) -> Vec<Fork> {
        crate::fork::forks(self)
    }

    pub(crate) fn line(&self, number: u32) -> Option<&Line> {
        self.lines.get(number as usize).map(AsRef::as_ref)
    }
}

impl PartialEq for Log {
    fn eq(&self, other: &Self) -> bool {
        self.dataset == other.dataset && self.heads == other.heads
    }
}

impl Eq for Log {}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dataset, heads) = (self.dataset.short(), self.heads.len());
        write!(f, "Log({} commits of {dataset}, {heads} heads)", self.len())
    }
}
