//! A log version: an immutable, causally closed set of commits, and what can be asked of it.
//!
//! ```text
//!  lines    number → stretch of one author's chain      the commits themselves
//!  ids      some bytes of an id → (line, seq)           an index
//!  runs     (turn, author) → stretches of lines         the order
//!  authors  author → lines                              where a chain goes on
//!  heads    ids that no held commit refers to           the version's name
//!  rights   identity → what it was granted              who may write
//! ```
//!
//! **Invariants**
//! - `ids`, `runs`, `authors`, `heads` and `rights` say of the commits in `lines` what can be
//!   computed from them.
//! - A commit's references are held, in places that were given before its own.
//! - Two logs are equal when they hold the same commits; signatures do not count.
//! - A commit is decoded when it is asked for; a log holds none but the founding one as a value.
//!
//! What this does not do: decode a payload, or say what is visible.

use crate::fork::Fork;
use crate::ids::Ids;
use crate::line::Line;
use crate::order::{Lines, Order, Runs};
use crate::place::{OrderKey, Place};
use crate::rights::Rights;
use im::OrdMap;
use std::any::Any;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;
use woodland_format::{AuthorKey, Commit, CommitId, DatasetId, SchemaId, VersionId, version_id};
use woodland_page::{Own, Seat, Tree};

/// A version of a dataset's log. Cheap to clone; whatever changes it makes another.
#[derive(Clone)]
pub struct Log {
    pub(crate) founding: Commit,
    pub(crate) lines: Lines,
    pub(crate) ids: Ids,
    pub(crate) runs: Runs,
    pub(crate) authors: Tree<(AuthorKey, u32), ()>,
    pub(crate) heads: Tree<CommitId, ()>,
    /// By schema, the commits whose header introduces it.
    pub(crate) introductions: OrdMap<SchemaId, OrdMap<OrderKey, Place>>,
    pub(crate) rights: Rights,
    /// Whatever keeps the pages of this log for as long as somebody has it.
    #[expect(dead_code, reason = "it is there to be dropped")]
    pub(crate) pin: Option<Pin>,
}

/// Whatever keeps pages: dropped with the last version that may read them.
pub type Pin = Arc<dyn Any + Send + Sync>;

impl Log {
    /// The dataset whose log this is.
    pub fn dataset(&self) -> DatasetId {
        DatasetId::from(self.founding.id())
    }

    /// The commit that founded the dataset; first in the order.
    pub fn founding(&self) -> &Commit {
        &self.founding
    }

    /// How many commits it holds, at least one.
    pub fn len(&self) -> u64 {
        self.runs.commits()
    }

    /// Never: every log holds its founding commit.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of this set of commits.
    pub fn version(&self) -> VersionId {
        version_id(self.heads().collect::<Vec<_>>().iter())
    }

    /// The commits that no other held commit refers to, ascending.
    pub fn heads(&self) -> impl ExactSizeIterator<Item = CommitId> + '_ {
        self.heads.iter().map(|(head, ())| head)
    }

    /// Whether it holds this commit.
    pub fn contains(&self, id: &CommitId) -> bool {
        self.place(id).is_some()
    }

    /// The commit with this id.
    pub fn get(&self, id: &CommitId) -> Option<Commit> {
        self.commit(self.place(id)?)
    }

    /// Where the commit with this id stands.
    pub fn place(&self, id: &CommitId) -> Option<Place> {
        self.ids.candidates(id).find_map(|(number, index)| {
            let line = self.line(number)?;
            let place = Place::in_line(number, line.first_seq, index);
            line.is_at(place.seq, id).then_some(place)
        })
    }

    /// The commit at this place.
    pub fn commit(&self, place: Place) -> Option<Commit> {
        self.line(place.line)?.get(place.seq)
    }

    /// The id of the commit at this place.
    pub fn id(&self, place: Place) -> Option<CommitId> {
        self.line(place.line)?.id(place.seq)
    }

    /// Where an author's commits with this seq stand: one, and more after a fork. Costs no hash.
    pub fn with_seq(&self, author: &AuthorKey, seq: u64) -> impl Iterator<Item = Place> + '_ {
        let holds = move |line: &u32| self.line(*line).is_some_and(|line| line.holds(seq));
        self.lines_of(author).filter(holds).map(move |line| Place { line, seq })
    }

    /// Who wrote the commit at this place.
    pub fn author(&self, place: Place) -> Option<AuthorKey> {
        self.line(place.line).filter(|line| line.holds(place.seq)).map(|line| line.author)
    }

    /// The logical clock of the commit at this place.
    pub fn turn(&self, place: Place) -> Option<u64> {
        let line = self.line(place.line).filter(|line| line.holds(place.seq))?;
        Some(line.turn_at(place.seq))
    }

    /// The order key of the commit at this place. Where only the order of two commits is asked for,
    /// [`Log::compare`] costs less.
    pub fn key(&self, place: Place) -> Option<OrderKey> {
        let (turn, author, id) = (self.turn(place)?, self.author(place)?, self.id(place)?);
        Some(OrderKey { turn, author, seq: place.seq, id })
    }

    /// How the commits at two places stand in order. Costs no hash but between branches of a fork.
    ///
    /// # Panics
    /// When nothing is held at one of them.
    pub fn compare(&self, one: Place, other: Place) -> Ordering {
        if one.line == other.line {
            return one.seq.cmp(&other.seq);
        }
        let key = |place| (self.turn(place), self.author(place), place.seq);
        let (key, its_key) = (key(one), key(other));
        assert!(key.0.is_some() && its_key.0.is_some(), "nothing is held there");
        key.cmp(&its_key).then_with(|| self.id(one).cmp(&self.id(other)))
    }

    /// How many commits stand before this one in the order. Costs O(log runs).
    pub fn position(&self, place: Place) -> Option<u64> {
        let run = (self.turn(place)?, self.author(place)?);
        self.runs.position_of(&self.lines, run, place)
    }

    /// The commit before which `position` others stand. Costs O(log runs).
    pub fn at_position(&self, position: u64) -> Option<Place> {
        self.runs.at(&self.lines, position)
    }

    /// Whether `earlier` is `later` itself or in its causal past. Costs O(log lines).
    pub fn saw(&self, later: Place, earlier: Place) -> bool {
        let is_held = self.author(earlier).is_some();
        is_held && self.seen(later, earlier.line).is_some_and(|seq| earlier.seq <= seq)
    }

    /// The highest seq of a line that the commit at `later` is or has in its past.
    ///
    /// With it, many questions of [`Log::saw`] about one commit become comparisons.
    pub fn seen(&self, later: Place, line: u32) -> Option<u64> {
        let own = self.line(later.line).filter(|own| own.holds(later.seq))?;
        if later.line == line {
            return Some(later.seq);
        }
        own.known_at(later.seq, line)
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

    /// Whether two commits stand in one unbranched stretch of a chain, and their author saw nothing
    /// newer of others after the first, up to and with the second. Costs O(log epochs).
    pub fn is_sequel(&self, earlier: Place, later: Place) -> bool {
        let line = self.line(earlier.line).filter(|_| earlier.line == later.line);
        line.is_some_and(|line| {
            let are_held = line.holds(earlier.seq) && line.holds(later.seq);
            let mut between = line.epochs.within(earlier.seq.saturating_add(1)..=later.seq);
            are_held && earlier.seq <= later.seq && between.next().is_none()
        })
    }

    /// The schema that the commit is written under: the last that its author's chain named up to
    /// it.
    pub fn schema(&self, place: Place) -> Option<SchemaId> {
        self.line(place.line).filter(|line| line.holds(place.seq))?.schema_at(place.seq)
    }

    /// The commits whose header introduces this schema, in order.
    pub fn introduced<'a>(&'a self, schema: &SchemaId) -> impl Iterator<Item = Place> + use<'a> {
        self.introductions.get(schema).into_iter().flat_map(|by_key| by_key.values().copied())
    }

    /// The turn of a commit with this backlink and these parents; `None` where one is not held.
    ///
    /// Without a backlink it is a first commit, for which the dataset counts as a parent.
    pub fn next_turn(&self, backlink: Option<CommitId>, parents: &[CommitId]) -> Option<u64> {
        let turn_of = |id: &CommitId| self.turn(self.place(id)?);
        let mut turn = match &backlink {
            Some(id) => turn_of(id)?,
            // The founding commit has turn 0.
            None => 1,
        };
        for parent in parents {
            turn = turn.max(turn_of(parent)?.checked_add(1)?);
        }
        Some(turn)
    }

    /// Every place where an author's chain branches.
    pub fn forks(&self) -> Vec<Fork> {
        crate::fork::forks(self)
    }

    /// Every place where this author's chain branches. Costs the author's lines.
    pub fn forks_of(&self, author: &AuthorKey) -> Vec<Fork> {
        crate::fork::forks_of(self, author)
    }

    pub(crate) fn line(&self, number: u32) -> Option<Arc<Seat<Line>>> {
        self.lines.get(&number).map(|line| line.get())
    }

    /// Every line, with its number.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u32, Arc<Seat<Line>>)> + '_ {
        self.lines.iter().map(|(number, line): (u32, Own<Line>)| (number, line.get()))
    }

    /// The numbers of an author's lines.
    pub(crate) fn lines_of(&self, author: &AuthorKey) -> impl Iterator<Item = u32> + '_ {
        let range = (*author, 0)..=(*author, u32::MAX);
        self.authors.range(range).map(|((_, line), ())| line)
    }
}

impl PartialEq for Log {
    fn eq(&self, other: &Self) -> bool {
        self.dataset() == other.dataset()
            && (self.heads.is(&other.heads) || self.heads().eq(other.heads()))
    }
}

impl Eq for Log {}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dataset, heads) = (self.dataset(), self.heads.len());
        let dataset = dataset.short();
        write!(f, "Log({} commits of {dataset}, {heads} heads)", self.len())
    }
}
