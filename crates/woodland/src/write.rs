//! Writing: a batch becomes a signed commit, on disk, and then the current version.
//!
//! ```text
//!  closure ─► ops ─► commit ─► derived, every op must count ─► signed ─► staged ─► published
//!                       └─ any void, any mistake: one error that lists them all; nothing has
//!                       changed
//! ```
//!
//! **Invariants**
//! - A batch is validated whole, against the version that it will stand on, before it is signed:
//!   the version staged last, which others may still wait for (`stage`).
//! - What is published is durable, or with the system where the writer chose that.
//! - A commit names what is newly seen of others: the heads that are not the author's own tip.
//! - Ops are written under the schema that the replica works through: the header says so where the
//!   author's chain had another before, and the payload carries it where no other does.
//! - The log has no commit of the author but those that it wrote here: whatever shows another has
//!   made the replica take a new key (`incarnation`).
//!
//! What this does not do: retry. A failed disk poisons the store; open the dataset again.

use crate::backing::BackingError;
use crate::batch::{Batch, Violation};
use crate::binding::Bindings;
use crate::check::Check;
use crate::durability::Durability;
use crate::replica::Replica;
use crate::snapshot::Snapshot;
use crate::stage::{Staged, Writer};
use std::sync::Arc;
use woodland_format::limits::PARENTS_MAX;
use woodland_format::{
    Commit, CommitError, CommitId, Draft, IdentityKey, Op, Payload, Position, Right, RightsChange,
    SchemaChange, SchemaId,
};
use woodland_log::{AppendError, Log};
use woodland_page::{PageFault, catch};

/// A batch was not written; nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The caller's mistake: all that is wrong with the batch.
    #[error("the batch was not written: {}", list(violations))]
    Invalid {
        /// By position in the batch.
        violations: Vec<Violation>,
    },
    /// The caller's mistake: the batch is too large for one commit.
    #[error(transparent)]
    TooLarge(CommitError),
    /// The dataset was written by a newer release: it is kept and passed on, but not written.
    #[error(
        "commit {commit} has a payload that only a newer release can read: upgrade this program"
    )]
    NewerFormat {
        /// The first such commit.
        commit: CommitId,
    },
    /// The dataset has an owner, who has not granted this replica's identity to write, as far as
    /// this replica knows.
    #[error(
        "{} may not write this dataset: open it with the identity that may, `Options::identity`, \
         or ask its owner, {owner}, for a grant, and merge that first",
        identity.map_or("a replica without an identity".to_owned(), |it| format!("identity {it}"))
    )]
    NotAllowed {
        /// For whom the replica writes.
        identity: Option<IdentityKey>,
        /// Who may grant it.
        owner: IdentityKey,
    },
    /// The derived state on disk cannot be read. It is derived anew when the dataset is opened
    /// again.
    #[error(transparent)]
    Derived(#[from] PageFault),
    /// What was written could not be stored. Once the disk has failed, open the dataset again.
    #[error("the batch could not be stored: {0}")]
    Store(#[from] BackingError),
}

fn list(violations: &[Violation]) -> String {
    violations.iter().map(Violation::to_string).collect::<Vec<_>>().join("; ")
}

impl Replica {
    /// Writes all that the closure does, as one batch: visible and durable at once when this
    /// returns, or not at all. A closure that does nothing writes nothing; what was buffered before
    /// is durable then, too. [`Replica::write_with`] waits for less.
    ///
    /// Closures of many threads run one after the other, and then share one sync of the disk. Do
    /// not write to the same replica within the closure.
    ///
    /// # Errors
    /// [`WriteError`] lists everything that is wrong with the batch.
    pub fn write<T>(&self, closure: impl FnOnce(&mut Batch<'_>) -> T) -> Result<T, WriteError> {
        self.write_under(None, Durability::Durable, closure)
    }

    /// The same, under a schema that the replica works through from then on.
    pub(crate) fn write_under<T>(
        &self,
        made: Option<Arc<Bindings>>,
        durability: Durability,
        closure: impl FnOnce(&mut Batch<'_>) -> T,
    ) -> Result<T, WriteError> {
        let (staged, answer) = catch(|| self.stage_batch(made, durability, closure))??;
        staged.map_or(Ok(()), |staged| self.acknowledge(staged))?;
        Ok(answer)
    }

    /// Derives what the closure does, checks it, and puts it into the store's queue.
    fn stage_batch<T>(
        &self,
        made: Option<Arc<Bindings>>,
        durability: Durability,
        closure: impl FnOnce(&mut Batch<'_>) -> T,
    ) -> Result<(Option<Staged>, T), WriteError> {
        let mut writer = self.writer();
        writer.target.check()?;
        let current = writer.newest.snapshot.clone();
        if let Some(commit) = current.graph.foreign() {
            return Err(WriteError::NewerFormat { commit });
        }
        let bindings = made.unwrap_or_else(|| Arc::clone(&current.bindings));
        let mut chain = Chain::at(&writer, &current, &bindings);
        chain.check_right()?;
        chain.begin(false)?;
        let (author, seq) = (writer.key.author(), chain.next_seq());
        let mut batch = Batch::begin(&current, author, seq, writer.salt);
        let answer = closure(&mut batch);
        if batch.is_empty() {
            // Nothing is written; who asked for durable is not told that it is while it is not.
            let is_durable = durability == Durability::Durable;
            return Ok((is_durable.then(|| self.awaited(&writer)).flatten(), answer));
        }
        let mut collected = batch.collected;
        let commit = chain.add(std::mem::take(&mut collected.ops))?;
        let graph = current.graph.advance(&chain.log);
        Check { before: &current, after: &graph, commit: &commit }.all(collected)?;
        let (log, arrived) = chain.signed();
        let next = current.with(graph.with_signatures_of(&log), bindings);
        let staged = self.stage(&mut writer, next, (&log, &arrived), durability)?;
        #[cfg(planted)]
        if woodland_format::planted::is("published-before-durable") {
            let (version, durable) = (writer.newest.clone(), Durability::Durable);
            self.0.current.publish(version, durable).tell();
        }
        writer.tip = Some(commit.id());
        Ok((Some(staged), answer))
    }
}

/// What a commit changes beside what its ops say.
pub(crate) enum Changes {
    Schema(SchemaChange),
    Rights(RightsChange),
}

/// The author's chain while it grows.
pub(crate) struct Chain<'a> {
    writer: &'a Writer,
    /// What is written under.
    bindings: &'a Bindings,
    /// Whether a commit of the log carries that.
    is_carried: bool,
    pub(crate) log: Log,
    tip: Option<CommitId>,
    commits: Vec<Commit>,
}

impl<'a> Chain<'a> {
    pub(crate) fn at(writer: &'a Writer, current: &Snapshot, bindings: &'a Bindings) -> Self {
        let (log, tip) = (current.log().clone(), writer.tip);
        let mut chain = Chain { writer, bindings, is_carried: true, log, tip, commits: Vec::new() };
        // Who wrote under it has seen who carries it.
        if chain.written_under() != Some(bindings.id) {
            chain.is_carried = current.graph.schemas().iter().any(|one| one.id == bindings.id);
        }
        chain
    }

    /// The schema that the author's last commit is written under.
    fn written_under(&self) -> Option<SchemaId> {
        self.log.schema(self.log.place(&self.tip?)?)
    }

    fn next_seq(&self) -> u64 {
        let tip = self.tip.and_then(|tip| self.log.get(&tip));
        tip.map_or(0, |tip| tip.seq() + 1)
    }

    /// What the author has newly seen of others.
    fn news(&self) -> Vec<CommitId> {
        let founding = self.log.dataset().founding();
        // A first commit names the dataset, which counts as its founding commit.
        let implied = |head: &CommitId| Some(*head) == self.tip || *head == founding;
        self.log.heads().filter(|head| !implied(head)).collect()
    }

    /// Whether the author may write, as far as this replica knows.
    fn check_right(&self) -> Result<(), WriteError> {
        let Some(owner) = self.log.owner() else { return Ok(()) };
        let identity = self.identity();
        match identity {
            Some(identity) if self.log.may(&identity, Right::Write) => Ok(()),
            _ => Err(WriteError::NotAllowed { identity, owner }),
        }
    }

    /// Puts a head to the front by which the author may write: a commit that sees a part of the
    /// others has to see that.
    fn put_grant_first(&self, news: &mut [CommitId]) {
        let grant = self.identity().and_then(|it| self.log.grant_of(&it, Right::Write));
        let Some(grant) = grant else { return };
        let sees =
            |head: &CommitId| self.log.place(head).is_some_and(|head| self.log.saw(head, grant));
        if let Some(at) = news.iter().position(sees) {
            news[..=at].rotate_right(1);
        }
    }

    /// Who vouches for the author, or would for its first commit.
    pub(crate) fn identity(&self) -> Option<IdentityKey> {
        match self.tip {
            Some(tip) => self.log.identity(self.log.place(&tip)?),
            None => self.writer.keys.who(),
        }
    }

    /// Empty commits, until what is newly seen fits into one, and where a first commit cannot
    /// say what the next one will: it cannot introduce the schema, or change rights.
    pub(crate) fn begin(&mut self, is_change_of_rights: bool) -> Result<(), WriteError> {
        loop {
            let mut news = self.news();
            let fits = news.len() <= PARENTS_MAX;
            let may_be_first = self.is_carried && !is_change_of_rights;
            if fits && (self.tip.is_some() || may_be_first) {
                return Ok(());
            }
            self.put_grant_first(&mut news);
            news.truncate(PARENTS_MAX);
            self.seal(news, None, Vec::new())?;
        }
    }

    fn add(&mut self, mut ops: Vec<Op>) -> Result<Commit, WriteError> {
        let (news, id) = (self.news(), self.bindings.id);
        let is_other = self.written_under() != Some(id);
        let change = match self.is_carried {
            _ if !is_other => SchemaChange::Keep,
            true => SchemaChange::Adopt(id),
            false => {
                // Behind the others, whose indices name nodes.
                ops.push(Op::Schema((*self.bindings.schema).clone()));
                SchemaChange::Introduce(id)
            }
        };
        self.seal(news, Some(Changes::Schema(change)), ops)
    }

    /// A commit that changes rights and says nothing else.
    pub(crate) fn add_rights(&mut self, change: RightsChange) -> Result<Commit, WriteError> {
        let news = self.news();
        self.seal(news, Some(Changes::Rights(change)), Vec::new())
    }

    /// A commit with this change; without one, under a schema that is carried.
    fn seal(
        &mut self,
        parents: Vec<CommitId>,
        change: Option<Changes>,
        ops: Vec<Op>,
    ) -> Result<Commit, WriteError> {
        const OWN: &str = "a commit of this replica stands on its own log";
        let author = self.writer.key.author();
        let position = match self.tip {
            Some(backlink) => {
                let seq = self.next_seq();
                match change.unwrap_or(Changes::Schema(SchemaChange::Keep)) {
                    Changes::Schema(schema) => Position::Next { backlink, seq, schema },
                    Changes::Rights(change) => Position::Rights { backlink, seq, change },
                }
            }
            None => {
                let dataset = self.log.dataset();
                let founding = self.log.place(&dataset.founding());
                let founding = founding.and_then(|place| self.log.schema(place)).expect(OWN);
                let schema = if self.is_carried { self.bindings.id } else { founding };
                let certificate = self.writer.keys.certify(&author);
                Position::First { author, dataset, schema, certificate }
            }
        };
        let turn = self.log.next_turn(self.tip, &parents).expect(OWN);
        let draft = Draft { position, turn, parents, payload: Payload::of(ops) };
        let commit = Commit::seal(author, draft).map_err(WriteError::TooLarge)?;
        let appended: Result<Log, AppendError> = self.log.append(&commit);
        self.log = appended.expect(OWN);
        self.tip = Some(commit.id());
        self.commits.push(commit.clone());
        Ok(commit)
    }

    /// The log with a signature on the newest commit, and the commits that were added.
    pub(crate) fn signed(self) -> (Log, Vec<Commit>) {
        let newest = self.commits.last().expect("a commit was added");
        let point = newest.sign(&self.writer.key);
        let log = self.log.with_verified_point(&point).expect("the commit is in the log");
        (log, self.commits)
    }
}
