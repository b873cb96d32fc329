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

use crate::line::{Line, learn};
use crate::log::Log;
use crate::order::Runs;
use crate::place::{OrderKey, Place};
use im::{OrdMap, OrdSet, Vector};
use std::collections::BTreeSet;
use std::sync::Arc;
use woodland_format::{AuthorKey, Commit, CommitId, DatasetId, Position, SchemaChange, SchemaId};

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
}

fn list(ids: &[CommitId]) -> String {
    ids.iter().map(CommitId::to_string).collect::<Vec<_>>().join(", ")
}

impl Log {
    /// The log that holds this founding commit alone.
    ///
    /// # Errors
    /// [`AppendError::NotFounding`] for any other commit.
    #[expect(clippy::needless_pass_by_value, reason = "the log keeps it")]
    pub fn found(founding: Commit) -> Result<Log, AppendError> {
        let Position::Founding { .. } = founding.header().position else {
            return Err(AppendError::NotFounding { commit: founding.id() });
        };
        let mut log = Log {
            dataset: DatasetId::from(founding.id()),
            lines: Vector::new(),
            places: OrdMap::new(),
            runs: Runs::default(),
            heads: OrdSet::new(),
            introductions: OrdMap::new(),
        };
        log.place_commit(&founding);
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
    pub fn extend<'a>(
        &self,
        commits: impl IntoIterator<Item = &'a Commit>,
    ) -> Result<Log, AppendError> {
        let mut log = self.clone();
        for commit in commits {
            log.insert(commit)?;
        }
        Ok(log)
    }

    /// Takes a commit in; false where it was held already.
    pub(crate) fn insert(&mut self, commit: &Commit) -> Result<bool, AppendError> {
        if let Some(held) = self.get(&commit.id()) {
            // The id does not name the author of a later commit: a false claim may carry a true id.
            same_author(commit, held.author())?;
            return Ok(false);
        }
        self.check_dataset(commit)?;
        self.check_past(commit)?;
        self.check_schema(commit)?;
        self.place_commit(commit);
        Ok(true)
    }

    /// The references of a commit that this log does not hold, ascending.
    pub(crate) fn missing(&self, commit: &Commit) -> BTreeSet<CommitId> {
        commit.references().filter(|id| !self.contains(id)).collect()
    }

    /// Whether the commit says of itself that it belongs elsewhere.
    pub(crate) fn check_dataset(&self, commit: &Commit) -> Result<(), AppendError> {
        let found = match commit.header().position {
            Position::Founding { .. } => DatasetId::from(commit.id()),
            Position::First { dataset, .. } => dataset,
            Position::Next { .. } => return Ok(()),
        };
        if found == self.dataset {
            return Ok(());
        }
        let (commit, expected) = (commit.id(), self.dataset);
        Err(AppendError::OtherDataset { commit, expected, found })
    }

    fn check_past(&self, commit: &Commit) -> Result<(), AppendError> {
        let missing = self.missing(commit);
        if !missing.is_empty() {
            let missing = missing.into_iter().collect();
            return Err(AppendError::Missing { commit: commit.id(), missing });
        }
        if let Some(before) = commit.backlink().and_then(|id| self.get(&id)) {
            same_author(commit, before.author())?;
            let (expected, found) = (before.seq().saturating_add(1), commit.seq());
            if found != expected {
                return Err(AppendError::Seq { commit: commit.id(), expected, found });
            }
        }
        let expected = self.next_turn(commit.backlink(), commit.parents());
        let (expected, found) = (expected.expect("all references are held"), commit.turn());
        if found != expected {
            return Err(AppendError::Turn { commit: commit.id(), expected, found });
        }
        Ok(())
    }

    fn check_schema(&self, commit: &Commit) -> Result<(), AppendError> {
        let schema = match commit.header().position {
            Position::First { schema, .. } => schema,
            Position::Next { schema: SchemaChange::Adopt(schema), .. } => schema,
            _ => return Ok(()),
        };
        // In the past of the commit is what one of its references is or saw.
        let mut references = commit.references().filter_map(|id| self.place(&id));
        let seen = |later| self.introduced(&schema).any(|earlier| self.saw(later, earlier));
        if references.any(seen) {
            return Ok(());
        }
        Err(AppendError::SchemaNotIntroduced { commit: commit.id(), schema })
    }

    /// Puts a valid commit into every index.
    fn place_commit(&mut self, commit: &Commit) {
        let before = commit.backlink().and_then(|id| self.place(&id));
        let place = self.line_for(commit, before);
        self.note_past(commit, place);
        self.note_schema(commit, place);
        self.places.insert(commit.id(), place);
        let line = Arc::make_mut(&mut self.lines[place.line as usize]);
        line.commits.push_back(commit.clone());
        self.runs.add(&self.lines, commit, place);
        for reference in commit.references() {
            self.heads.remove(&reference);
        }
        self.heads.insert(commit.id());
    }

    /// Where the commit goes: the end of its chain's line, or a line of its own.
    fn line_for(&mut self, commit: &Commit, before: Option<Place>) -> Place {
        let seq = commit.seq();
        if let Some(before) = before
            && self.lines[before.line as usize].end_seq() == seq
        {
            return Place { line: before.line, seq };
        }
        let number = u32::try_from(self.lines.len()).expect("fewer than 2^32 authors and forks");
        let mut line = Line::starting(commit.author(), before, seq);
        let (mut known, mut schema) = Default::default();
        if let Some(before) = before {
            let base = &self.lines[before.line as usize];
            known = base.knowledge_at(before.seq).cloned().unwrap_or_default();
            known.insert(before.line, before.seq);
            schema = base.schema_at(before.seq);
        }
        line.knowledge.insert(seq, known);
        line.schemas.extend(schema.map(|schema| (seq, schema)));
        self.lines.push_back(Arc::new(line));
        Place { line: number, seq }
    }

    fn note_past(&mut self, commit: &Commit, place: Place) {
        let backlink = commit.backlink();
        let mut seen = commit.references().filter(|id| Some(*id) != backlink).peekable();
        if seen.peek().is_none() {
            return;
        }
        let line = &self.lines[place.line as usize];
        let mut known = line.knowledge_at(place.seq).cloned().unwrap_or_default();
        for parent in seen.filter_map(|id| self.place(&id)).filter(|at| at.line != place.line) {
            let past = self.lines[parent.line as usize].knowledge_at(parent.seq);
            learn(&mut known, parent, past.expect("a line's first commit notes what it knew"));
        }
        Arc::make_mut(&mut self.lines[place.line as usize]).knowledge.insert(place.seq, known);
    }

    fn note_schema(&mut self, commit: &Commit, place: Place) {
        let (schema, introduces) = match commit.header().position {
            Position::Founding { schema, .. } => (schema, true),
            Position::First { schema, .. } => (schema, false),
            Position::Next { schema: SchemaChange::Introduce(schema), .. } => (schema, true),
            Position::Next { schema: SchemaChange::Adopt(schema), .. } => (schema, false),
            Position::Next { schema: SchemaChange::Keep, .. } => return,
        };
        Arc::make_mut(&mut self.lines[place.line as usize]).schemas.insert(place.seq, schema);
        if introduces {
            let by_key = self.introductions.entry(schema).or_default();
            by_key.insert(OrderKey::of(commit), place);
        }
    }
}

fn same_author(commit: &Commit, expected: AuthorKey) -> Result<(), AppendError> {
    let found = commit.author();
    if found == expected {
        return Ok(());
    }
    Err(AppendError::Author { commit: commit.id(), expected, found })
}
