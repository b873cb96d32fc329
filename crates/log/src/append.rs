//! Appending: the rules that a commit must keep, and the one way into a log.
//!
//! **Invariants**
//! - Whether a commit is valid follows from the headers in its causal past alone, so every replica
//!   that holds the past says the same.
//! - A payload is never a reason to refuse.
//! - Nothing is changed before every rule has been checked.
//!
//! What this does not do: ask for signatures. Whoever appends vouches; commits from outside come
//! through [`crate::Pending`].

use crate::ids::Ids;
use crate::knowledge::Knowledge;
use crate::line::{Epoch, Line};
use crate::log::Log;
use crate::order::{Lines, Runs};
use crate::place::{OrderKey, Place};
use crate::rights::Rights;
use im::OrdMap;
use std::borrow::Borrow;
use std::collections::BTreeSet;
use woodland_format::{
    AuthorKey, Commit, CommitId, DatasetId, IdentityKey, Position, SchemaChange, SchemaId,
};
use woodland_page::{Own, Tree};

/// A commit that the log cannot take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// A log begins with a founding commit.
    #[error("commit {commit} founds no dataset: begin a log with the dataset's founding commit")]
    NotFounding {
        /// The commit.
        commit: CommitId,
    },
    /// The commit founds or joins another dataset.
    #[error(
        "commit {commit} belongs to dataset {found}, this log to {expected}: open that dataset"
    )]
    OtherDataset {
        /// The commit.
        commit: CommitId,
        /// The log's dataset.
        expected: DatasetId,
        /// The commit's.
        found: DatasetId,
    },
    /// The log lacks commits that this one refers to.
    #[error("commit {commit} refers to commits not held: {}; append them first", list(missing))]
    Missing {
        /// The commit.
        commit: CommitId,
        /// What is not held, ascending.
        missing: Vec<CommitId>,
    },
    /// The backlink is another author's.
    #[error(
        "commit {commit} claims author {found}, but continues the chain of {expected}: drop it"
    )]
    Author {
        /// The commit.
        commit: CommitId,
        /// Whose chain it continues.
        expected: AuthorKey,
        /// Who is said to have written it.
        found: AuthorKey,
    },
    /// The seq is not the one after the backlink's.
    #[error(
        "commit {commit} has seq {found}, expected {expected}, one after its backlink: drop it"
    )]
    Seq {
        /// The commit.
        commit: CommitId,
        /// One more than the backlink's.
        expected: u64,
        /// The header's.
        found: u64,
    },
    /// The turn is not what the formula gives.
    #[error(
        "commit {commit} has turn {found}, expected {expected} from its backlink \
         and parents: drop it"
    )]
    Turn {
        /// The commit.
        commit: CommitId,
        /// What the formula gives.
        expected: u64,
        /// The header's.
        found: u64,
    },
    /// No commit in the past introduces the schema.
    #[error(
        "commit {commit} adopts schema {schema}, which nothing in its past introduces: \
         introduce it first"
    )]
    SchemaNotIntroduced {
        /// The commit.
        commit: CommitId,
        /// What it adopts.
        schema: SchemaId,
    },
    /// The dataset has an owner, and the author may not write as far as the commit's past says.
    #[error(
        "commit {commit} is by {}, and nothing in its past lets that write here: \
         drop it, or ask the owner for a grant and write after that", name(identity.as_ref())
    )]
    NotAllowed {
        /// The commit.
        commit: CommitId,
        /// Who vouches for its author, if anybody does.
        identity: Option<IdentityKey>,
    },
    /// Only the owner of a dataset changes rights.
    #[error(
        "commit {commit} changes rights, which only the owner of a dataset may, here {}: drop it",
        owner.as_ref().map_or("nobody".to_owned(), ToString::to_string)
    )]
    NotOwner {
        /// The commit.
        commit: CommitId,
        /// Who may, if anybody.
        owner: Option<IdentityKey>,
    },
}

fn name(identity: Option<&IdentityKey>) -> String {
    identity.map_or("nobody's author".to_owned(), |identity| format!("identity {identity}"))
}

fn list(ids: &[CommitId]) -> String {
    ids.iter().map(CommitId::to_string).collect::<Vec<_>>().join(", ")
}

impl Log {
    /// The log that holds this founding commit alone.
    ///
    /// # Errors
    /// [`AppendError::NotFounding`] for any other commit.
    pub fn found(founding: Commit) -> Result<Log, AppendError> {
        if !founding.header().founds() {
            return Err(AppendError::NotFounding { commit: founding.id() });
        }
        let mut log = Log {
            founding,
            lines: Lines::default(),
            ids: Ids::default(),
            runs: Runs::default(),
            authors: Tree::default(),
            heads: Tree::default(),
            introductions: OrdMap::new(),
            rights: Rights::default(),
            pin: None,
        };
        log.place_commit(&log.founding.clone(), &Past::default());
        Ok(log)
    }

    /// This log and one more commit, whose past it holds. A commit already held gives an equal log.
    ///
    /// # Errors
    /// [`AppendError`] names the first rule that the commit breaks.
    pub fn append(&self, commit: &Commit) -> Result<Log, AppendError> {
        let mut log = self.clone();
        log.insert(commit)?;
        Ok(log)
    }

    /// This log and these commits, each after its past. Cheaper than appending one by one.
    ///
    /// # Errors
    /// [`AppendError`] of the first commit that breaks a rule; then none is taken.
    pub fn extend<C: Borrow<Commit>>(
        &self,
        commits: impl IntoIterator<Item = C>,
    ) -> Result<Log, AppendError> {
        let mut log = self.clone();
        for commit in commits {
            log.insert(commit.borrow())?;
        }
        Ok(log)
    }

    /// Takes a commit in; false where it was held already.
    pub(crate) fn insert(&mut self, commit: &Commit) -> Result<bool, AppendError> {
        let before = self.end_of_chain(commit);
        // What follows the last commit of a line is not held: it would be in that line.
        if before.is_none()
            && let Some(held) = self.place(&commit.id()).and_then(|place| self.author(place))
        {
            // The id does not name the author of a later commit: a false claim may carry a true id.
            same_author(commit, held)?;
            return Ok(false);
        }
        self.check_dataset(commit)?;
        let past = self.check_past(commit, before)?;
        self.check_schema(commit, &past)?;
        self.check_rights(commit, &past)?;
        self.place_commit(commit, &past);
        Ok(true)
    }

    /// Where the backlink of a commit stands, if it is the last commit of a line of its author.
    fn end_of_chain(&self, commit: &Commit) -> Option<Place> {
        /// Of an author that forked more often, the index of ids is asked.
        const LINES_MAX: usize = 4;
        let backlink = commit.backlink()?;
        self.lines_of(&commit.author()).take(LINES_MAX).find_map(|number| {
            let line = self.line(number)?;
            (line.tip() == backlink).then(|| Place { line: number, seq: line.end_seq() - 1 })
        })
    }

    /// The references of a commit that this log does not hold, ascending.
    pub(crate) fn missing(&self, commit: &Commit) -> BTreeSet<CommitId> {
        commit.references().filter(|id| !self.contains(id)).collect()
    }

    /// Whether the commit says of itself that it belongs elsewhere.
    pub(crate) fn check_dataset(&self, commit: &Commit) -> Result<(), AppendError> {
        let found = match commit.header().position {
            Position::Founding { .. } | Position::Owned { .. } => DatasetId::from(commit.id()),
            Position::First { dataset, .. } => dataset,
            Position::Next { .. } | Position::Rights { .. } => return Ok(()),
        };
        if found == self.dataset() {
            return Ok(());
        }
        let (commit, expected) = (commit.id(), self.dataset());
        Err(AppendError::OtherDataset { commit, expected, found })
    }

    /// Checks what a commit stands on, and finds it. `before` is the place of its backlink, where
    /// that is known.
    fn check_past(&self, commit: &Commit, before: Option<Place>) -> Result<Past, AppendError> {
        let mut missing = BTreeSet::new();
        let mut find = |id: CommitId| {
            let place = self.place(&id);
            if place.is_none() {
                missing.insert(id);
            }
            place
        };
        let before = before.or_else(|| commit.backlink().and_then(&mut find));
        let others = commit.references().skip(usize::from(commit.backlink().is_some()));
        let seen: Vec<Place> = others.filter_map(find).collect();
        if !missing.is_empty() {
            let missing = missing.into_iter().collect();
            return Err(AppendError::Missing { commit: commit.id(), missing });
        }
        if let Some(place) = before {
            same_author(commit, self.author(place).unwrap_or(commit.author()))?;
            let (expected, found) = (place.seq.saturating_add(1), commit.seq());
            if found != expected {
                return Err(AppendError::Seq { commit: commit.id(), expected, found });
            }
        }
        let turn = |place: Place| self.turn(place).unwrap_or(0);
        let above = seen.iter().map(|place| turn(*place).saturating_add(1)).max();
        let (expected, found) = (before.map_or(0, turn).max(above.unwrap_or(0)), commit.turn());
        if found != expected {
            return Err(AppendError::Turn { commit: commit.id(), expected, found });
        }
        Ok(Past { before, seen })
    }

    fn check_schema(&self, commit: &Commit, past: &Past) -> Result<(), AppendError> {
        let schema = match commit.header().position {
            Position::First { schema, .. } => schema,
            Position::Next { schema: SchemaChange::Adopt(schema), .. } => schema,
            _ => return Ok(()),
        };
        // In the past of the commit is what one of its references is or saw.
        let mut references = past.before.iter().chain(&past.seen);
        let seen =
            |later: &Place| self.introduced(&schema).any(|earlier| self.saw(*later, earlier));
        if references.any(seen) {
            return Ok(());
        }
        Err(AppendError::SchemaNotIntroduced { commit: commit.id(), schema })
    }

    /// Puts a valid commit into every index.
    fn place_commit(&mut self, commit: &Commit, past: &Past) {
        let place = self.line_for(commit, past.before);
        self.note_past(commit, place, &past.seen);
        self.note_schema(commit, place);
        if let Position::Rights { change, .. } = &commit.header().position {
            self.rights.note_change(place, change);
        }
        let id = commit.id();
        let mut index = 0;
        self.line_mut(place.line, |line| {
            line.push(commit);
            index = place.seq - line.first_seq;
        });
        self.ids.add(&id, place.line, index);
        self.runs.add(commit.turn(), commit.author(), place);
        for reference in commit.references() {
            self.heads.remove(&reference);
        }
        self.heads.insert(id, ());
    }

    pub(crate) fn line_mut(&mut self, number: u32, change: impl FnOnce(&mut Line)) {
        self.lines.alter(number, |line| {
            change(line.expect("a place that was given has its line").get_mut());
            None
        });
    }

    /// Where the commit goes: the end of its chain's line, or a line of its own.
    fn line_for(&mut self, commit: &Commit, before: Option<Place>) -> Place {
        let (seq, author) = (commit.seq(), commit.author());
        let base = before.and_then(|before| Some((before, self.line(before.line)?)));
        if let Some((before, base)) = &base
            && base.end_seq() == seq
        {
            return Place { line: before.line, seq };
        }
        let number = u32::try_from(self.lines.len()).expect("fewer than 2^32 authors and forks");
        let mut line = Line::starting(author, before, seq, commit.backlink());
        let mut epoch = Epoch { turn: commit.turn(), known: Knowledge::default() };
        if let Some((before, base)) = base {
            let past = base.past_at(before.seq);
            #[cfg(planted)]
            let past = match woodland_format::planted::is("fork-knows-what-its-rival-saw") {
                true => base.epochs.last().known,
                false => past,
            };
            epoch.known.learn(before, &past);
            if let Some(schema) = base.schema_at(before.seq) {
                line.note_schema(seq, schema);
            }
        }
        line.note_epoch(seq, epoch);
        self.lines.insert(number, Own::new(line));
        self.rights.note_line(commit, number, before);
        self.authors.insert((author, number), ());
        Place { line: number, seq }
    }

    /// Notes what the commit, which stands at the end of its line, has newly seen.
    fn note_past(&mut self, commit: &Commit, place: Place, seen: &[Place]) {
        // A parent that is the backlink, too, tells nothing new, and yet makes a turn.
        if seen.is_empty() {
            return;
        }
        let mut seen: Vec<Place> =
            seen.iter().filter(|at| at.line != place.line).copied().collect();
        // Latest first: most of the others are then in a past that is known already.
        seen.sort_by(|one, other| self.compare(*other, *one));
        let line = self.line(place.line).expect("the commit has its line");
        let mut known = line.epochs.last().known;
        for parent in seen {
            let line = self.line(parent.line).expect("the parent has its line");
            known.learn(parent, &line.past_at(parent.seq));
        }
        let epoch = Epoch { turn: commit.turn(), known };
        self.line_mut(place.line, |line| line.note_epoch(place.seq, epoch));
    }

    fn note_schema(&mut self, commit: &Commit, place: Place) {
        let Some(schema) = commit.header().names_schema() else { return };
        self.line_mut(place.line, |line| line.note_schema(place.seq, schema));
        if commit.header().introduces().is_some() {
            let by_key = self.introductions.entry(schema).or_default();
            by_key.insert(OrderKey::of(commit), place);
        }
    }
}

/// Where what a commit refers to stands.
#[derive(Default)]
pub(crate) struct Past {
    pub(crate) before: Option<Place>,
    /// The parents, and of a first commit the founding one.
    pub(crate) seen: Vec<Place>,
}

fn same_author(commit: &Commit, expected: AuthorKey) -> Result<(), AppendError> {
    let found = commit.author();
    if found == expected {
        return Ok(());
    }
    Err(AppendError::Author { commit: commit.id(), expected, found })
}
