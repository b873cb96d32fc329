//! How a replica comes about: founded, joined, or opened again.
//!
//! **Invariants**
//! - No replica without a schema of the dataset that fits the program's (`fit`): one that is there,
//!   or one that a migration makes which the program agrees to.
//! - Every new replica writes under a new author key.
//!
//! What this does not do: repair. What is damaged, `woodland-dump verify` shows.

use crate::backing::Backing;
use crate::derived::{Derived, Woken};
use crate::incarnation::IncarnationError;
use crate::keys::Keys;
use crate::merge::{MergeError, Merged, Source};
use crate::model::Model;
use crate::options::{Memory, Mode, Options};
use crate::reading::beside;
use crate::replica::{Replica, is_founding};
use crate::snapshot::Snapshot;
use crate::stage::segments_of;
use crate::write::WriteError;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use woodland_format::{
    Commit, CommitError, CommitId, Draft, Misfit, Op, Payload, Position, Proposal, Right,
    SchemaError, SecretKey, Segment, SignedPoint, StepNote,
};
use woodland_graph::Graph;
use woodland_log::{AppendError, Log, OrderKey, Pending, PointError};
use woodland_page::{PageFault, catch};
use woodland_store::{Disk, MemoryDisk, OpenError, Store, StoreOptions, StoredSegment};

/// A replica did not come about. What was there before is unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The caller's mistake: a dataset that is to be made cannot be read-only.
    #[error("a dataset is not created or joined read-only: leave out `read_only`")]
    ReadOnly,
    /// The caller's mistake: a dataset that is owned needs an owner.
    #[error("a dataset is owned by an identity: give one, `Options::identity`")]
    NoIdentity,
    /// The caller's mistake: the schema breaks a rule.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The caller's mistake: the schema names a kind that the program does not have.
    #[error("field {field} is of kind {kind}, which this program lacks: add it by `Define::kind`")]
    UnknownKind {
        /// The field, with its type.
        field: String,
        /// The kind.
        kind: String,
    },
    /// No schema of the dataset fits the program's, and the program did not agree to migrate.
    #[error(
        "no schema of the dataset fits this program; it would have to be migrated: {}; review \
         this, and open it with a model that agrees, `model.migrate_if(|proposal| …)`: programs of \
         earlier releases go on working beside it",
        in_a_line(proposal)
    )]
    SchemaDiffers {
        /// What would be migrated.
        proposal: Box<Proposal>,
    },
    /// The caller's mistake: no migration makes the program's schema of the dataset's.
    #[error("no migration leads from the dataset's schema to this program's: {0}")]
    Misfit(#[from] Misfit),
    /// The migration that the program agreed to was not written. The dataset is as it was.
    #[error("the migration was not made: {0}")]
    Migrate(#[source] Box<WriteError>),
    /// The source holds no founding commit that its author signed, so there is nothing to join.
    #[error(
        "the source does not hold the signed founding commit of dataset {dataset}: \
             join from a replica or from a whole export"
    )]
    NoFounding {
        /// The dataset that the source names.
        dataset: woodland_format::DatasetId,
    },
    /// The caller's mistake: what a peer holds has not all come yet.
    #[error(
        "what the peer holds has not all come yet: go on talking until `Event::CaughtUp`, then \
         finish"
    )]
    NotCaughtUp,
    /// The caller's mistake: it was finished before.
    #[error("the replica was made before: use that one, and its exchange")]
    Finished,
    /// The founding commit's payload is erased, damaged, or of a newer release.
    #[error(
        "the founding commit carries no schema that this release can read: upgrade this program"
    )]
    NoSchema,
    /// The source could not be read.
    #[error(transparent)]
    Source(MergeError),
    /// A founding commit could not be made.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The directory was not created.
    #[error(transparent)]
    Create(#[from] woodland_store::CreateError),
    /// The directory was not opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The directory was created, but creating ended before the first commit was in it.
    #[error("the dataset was never finished: remove its directory and create or join it again")]
    Unfinished,
    /// The directory's bytes are whole, but make no log.
    #[error("the stored commits make no log: {0}; look at it with `woodland-dump verify`")]
    Log(#[from] AppendError),
    /// The directory's bytes are whole, but a stored signature is none.
    #[error("a stored signature does not hold: {0}; look at it with `woodland-dump verify`")]
    Signature(#[from] PointError),
    /// The disk failed.
    #[error("the first commits could not be stored: {0}")]
    Store(#[from] woodland_store::AppendError),
    /// The directory is a copy, or forked, and no other author key could be taken.
    #[error("the directory needs another author key: {0}")]
    Incarnation(#[from] IncarnationError),
    /// The derived state on disk cannot be read. It is derived anew when the dataset is opened
    /// again.
    #[error(transparent)]
    Derived(PageFault),
    /// The system gave no randomness.
    #[error("the system gave no randomness for a key: {0}")]
    Entropy(#[from] io::Error),
}

/// A proposal is made of lines: a step, and what it does.
fn in_a_line(proposal: &Proposal) -> String {
    let told = |note: &StepNote| match note.note.as_str() {
        "" => note.step.clone(),
        does => format!("{} ({does})", note.step),
    };
    proposal.notes.iter().map(told).collect::<Vec<_>>().join("; ")
}

impl Replica {
    /// Founds a dataset in a directory that does not exist yet, or is empty.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn create(
        place: impl Into<Options>,
        model: impl Into<Model>,
    ) -> Result<Replica, StartError> {
        let options = place.into().for_a_new_dataset()?;
        let (upkeep, model) = (options.upkeep(), model.into());
        let derived = Derived::none(Arc::clone(&options.disk), &model, options.memory);
        let replica = found(options.disk, &model, options.keys, options.is_owned, &options.store)?;
        Ok(replica.derived_by(derived).kept_by(upkeep))
    }

    /// Opens a dataset again.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn open(place: impl Into<Options>, model: impl Into<Model>) -> Result<Replica, StartError> {
        let options = place.into();
        if options.mode == Mode::Read {
            return beside(options.disk, &model.into(), options.keys);
        }
        let (upkeep, model) = (options.upkeep(), model.into());
        let replica = reopen(&options.disk, &model, options.keys, options.memory)?;
        Ok(replica.kept_by(upkeep))
    }

    /// Makes a new replica of another's dataset, in a directory that does not exist yet, or is
    /// empty.
    ///
    /// # Errors
    /// [`StartError`]. Damage in a log file is no error: what is whole is taken, the rest reported.
    pub fn join<'a>(
        place: impl Into<Options>,
        model: impl Into<Model>,
        source: impl Into<Source<'a>>,
    ) -> Result<(Replica, Merged), StartError> {
        let options = place.into().for_a_new_dataset()?;
        let (upkeep, model) = (options.upkeep(), model.into());
        let derived = Derived::none(Arc::clone(&options.disk), &model, options.memory);
        let Options { disk, keys, store, .. } = options;
        let (replica, merged) = join(disk, &model, source.into(), keys, &store)?;
        Ok((replica.derived_by(derived).kept_by(upkeep), merged))
    }

    /// Founds a dataset in memory. The same seed gives the same keys: two replicas of one dataset
    /// need two seeds. For tests and for what need not last.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn in_memory(model: impl Into<Model>, seed: u64) -> Result<Replica, StartError> {
        let store = StoreOptions::default();
        found(Arc::new(MemoryDisk::new()), &model.into(), Keys::seeded(seed), false, &store)
    }

    /// Makes a new replica in memory of another's dataset; see [`Replica::in_memory`] for the seed.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn join_in_memory<'a>(
        model: impl Into<Model>,
        source: impl Into<Source<'a>>,
        seed: u64,
    ) -> Result<(Replica, Merged), StartError> {
        let (disk, keys) = (Arc::new(MemoryDisk::new()), Keys::seeded(seed));
        join(disk, &model.into(), source.into(), keys, &StoreOptions::default())
    }
}

pub(crate) fn found(
    disk: Arc<dyn Disk>,
    model: &Model,
    mut keys: Keys,
    is_owned: bool,
    options: &StoreOptions,
) -> Result<Replica, StartError> {
    let schema = model.schema();
    schema.check()?;
    let key = keys.author()?;
    let (author, nonce, schema_id) = (key.author(), keys.bytes()?, schema.id());
    let position = match (keys.certify(&author), is_owned) {
        (Some(certificate), true) => {
            Position::Owned { author, nonce, schema: schema_id, certificate }
        }
        (None, true) => return Err(StartError::NoIdentity),
        (certificate, false) => {
            Position::Founding { author, nonce, schema: schema_id, certificate }
        }
    };
    let payload = Payload::of(vec![Op::Schema(schema.clone())]);
    let draft = Draft { position, turn: 0, parents: Vec::new(), payload };
    let founding = Commit::seal(key.author(), draft)?;
    let log = Log::found(founding.clone())?.with_point(&founding.sign(&key))?;
    let (snapshot, _) = snapshot_of(&log, model)?;
    let store = Store::create(disk.clone(), log.dataset(), &key, options)?;
    store.append(&segments_of(&log, &[founding]))?;
    Ok(Replica::assemble(Backing::Written(Arc::new(store), None), disk, key, keys, snapshot)?)
}

fn join(
    disk: Arc<dyn Disk>,
    model: &Model,
    source: Source<'_>,
    mut keys: Keys,
    options: &StoreOptions,
) -> Result<(Replica, Merged), StartError> {
    model.schema().check()?;
    // All that is read of the source is read before anything is made.
    let (beginning, merged) =
        catch(|| Beginning::from(source)).map_err(StartError::from).flatten()?;
    let key = keys.author()?;
    Ok((begin(disk, model, beginning, (key, keys), options)?, merged))
}

/// Makes a replica of what whoever joins begins with.
pub(crate) fn begin(
    disk: Arc<dyn Disk>,
    model: &Model,
    beginning: Beginning,
    (key, keys): (SecretKey, Keys),
    options: &StoreOptions,
) -> Result<Replica, StartError> {
    let Beginning { log, pending, segments } = beginning;
    let (snapshot, proposal) = snapshot_of(&log, model)?;
    // A migration that may not be written is refused while nothing is there yet.
    if let (Some(_), Some(owner)) = (&proposal, log.owner()) {
        let identity = keys.who();
        if !identity.is_some_and(|identity| log.may(&identity, Right::Write)) {
            let refused = WriteError::NotAllowed { identity, owner };
            return Err(StartError::Migrate(Box::new(refused)));
        }
    }
    let store = Store::create(disk.clone(), log.dataset(), &key, options)?;
    store.append(&segments)?;
    let replica =
        Replica::assemble(Backing::Written(Arc::new(store), None), disk, key, keys, snapshot)?;
    replica.writer().pending = pending;
    replica.settle_schema(proposal)?;
    Ok(replica)
}

/// What whoever joins begins with.
pub(crate) struct Beginning {
    log: Log,
    pending: Pending,
    segments: Vec<Vec<u8>>,
}

impl Beginning {
    /// This very version: all that it holds is in memory.
    pub(crate) fn of(log: Log, pending: Pending) -> Beginning {
        let commits: Vec<Commit> = log.order().map(|(_, commit)| commit).collect();
        let segments = segments_of(&log, &commits);
        Beginning { log, pending, segments }
    }

    fn from(source: Source<'_>) -> Result<(Beginning, Merged), StartError> {
        let mut arrival = source.read().map_err(StartError::Source)?;
        let dataset = arrival.dataset();
        let log = arrival.found().ok_or(StartError::NoFounding { dataset })?;
        let mut pending = Pending::default();
        let (log, mut merged) =
            arrival.merge_into(&log, &mut pending).map_err(StartError::Source)?;
        // To the door the founding commit was there before it came; to whoever joins it came with
        // the rest.
        merged.admitted += 1;
        merged.duplicates = merged.duplicates.saturating_sub(1);
        Ok((Beginning::of(log, pending), merged))
    }
}

pub(crate) fn reopen(
    disk: &Arc<dyn Disk>,
    model: &Model,
    keys: Keys,
    memory: Memory,
) -> Result<Replica, StartError> {
    model.schema().check()?;
    match wake(disk, model, keys.clone(), memory) {
        // What could not be read is gone now.
        Err(StartError::Derived(_)) => wake(disk, model, keys, memory),
        woken => woken,
    }
}

fn wake(
    disk: &Arc<dyn Disk>,
    model: &Model,
    keys: Keys,
    memory: Memory,
) -> Result<Replica, StartError> {
    let Woken { opened, graph, derived } = Derived::open(disk, model, memory)?;
    let backing = Backing::Written(Arc::new(opened.store), None);
    let begin = || -> Result<Replica, StartError> {
        let (snapshot, proposal) = Snapshot::agreed(&graph, Arc::new(model.clone()))?;
        let disk = Arc::clone(disk);
        let replica = Replica::assemble(backing, disk, opened.key, keys, snapshot)?;
        let replica = replica.derived_by(derived);
        replica.settle(opened.moved)?;
        replica.settle_schema(proposal)?;
        Ok(replica)
    };
    catch(begin).map_err(StartError::from).flatten()
}

/// The log that these segments make, on a base or from the founding commit on.
pub(crate) fn log_of(segments: &[StoredSegment], base: Option<Log>) -> Result<Log, StartError> {
    let segments = || segments.iter().map(|stored| &stored.segment);
    let founding = || segments().filter_map(Segment::first).find(is_founding);
    let is_whole = base.is_none();
    let base = match base {
        Some(base) => base,
        None => Log::found(founding().ok_or(StartError::Unfinished)?)?,
    };
    let mut log = base.extend(merged_by_key(segments().map(|one| one.commits())))?;
    let points: Vec<_> = segments().flat_map(|segment| segment.points.clone()).collect();
    for point in &points {
        log = log.with_verified_point(point)?;
    }
    let authors: BTreeSet<_> = segments().map(|segment| segment.head.author).collect();
    let is_vouched = authors.iter().all(|author| log.is_vouched(author));
    #[cfg(planted)]
    let is_vouched =
        is_vouched || !is_whole && woodland_format::planted::is("bare-kept-behind-checkpoint");
    if !is_vouched {
        let founding = is_whole.then(|| base.founding().id());
        log = without_bare(&base, founding, segments(), &points)?;
    }
    // Signatures were verified at the door; of each author the newest is verified again.
    let mut newest = BTreeMap::new();
    for point in points {
        if let Some(place) = log.place(&point.commit) {
            let seq = place.seq;
            let last = newest.entry(log.author(place)).or_insert((seq, point.clone()));
            if seq >= last.0 {
                *last = (seq, point);
            }
        }
    }
    // Not by `with_point`: it takes a signature that the log keeps already for a verified one.
    for (_, point) in newest.values() {
        let held = log.get(&point.commit);
        if let Some(forged) = held.filter(|held| !held.is_signed_by_author(&point.signature)) {
            let (author, commit) = (forged.author(), point.commit);
            return Err(PointError::Signature { author, commit }.into());
        }
    }
    Ok(log)
}

/// The same without what an append that was cut short has left without its signature, and what
/// stands on that. Nobody was told that it came in, so it may come again. Where the founding commit
/// is one of them, joining was cut short.
///
/// A signature counts here though what it stands on is left out: when segments were merged, it may
/// have made up for that of an earlier commit, which was acknowledged and stays.
fn without_bare<'a>(
    base: &Log,
    founding: Option<CommitId>,
    segments: impl Iterator<Item = &'a Segment> + Clone,
    points: &[SignedPoint],
) -> Result<Log, StartError> {
    let commits = merged_by_key(segments.map(|one| one.commits()));
    let is_asked = |id: CommitId| Some(id) == founding || !base.contains(&id);
    let mut commits: Vec<Commit> = commits.filter(|commit| is_asked(commit.id())).collect();
    commits.dedup();
    let signed: BTreeSet<_> = points.iter().map(|point| point.commit).collect();
    let (mut vouched, mut bare) = (BTreeSet::new(), BTreeSet::new());
    for commit in commits.iter().rev() {
        let id = commit.id();
        if signed.contains(&id) || vouched.contains(&id) {
            vouched.extend(commit.backlink());
        } else {
            bare.insert(id);
        }
    }
    for commit in &commits {
        if commit.references().any(|past| bare.contains(&past)) {
            bare.insert(commit.id());
        }
    }
    if founding.is_some_and(|founding| bare.contains(&founding)) {
        return Err(StartError::Unfinished);
    }
    let mut log = base.extend(commits.iter().filter(|commit| !bare.contains(&commit.id())))?;
    for point in points {
        if log.contains(&point.commit) {
            log = log.with_verified_point(point)?;
        }
    }
    Ok(log)
}

/// Commits of many chains by order key, which puts the past of each before it: like a merge of
/// sorted lists.
fn merged_by_key<C: Iterator<Item = Commit>>(
    chains: impl Iterator<Item = C>,
) -> impl Iterator<Item = Commit> {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;
    let mut chains: Vec<C> = chains.collect();
    let mut next = BinaryHeap::new();
    for (number, chain) in chains.iter_mut().enumerate() {
        next.extend(chain.next().map(|commit| Reverse((OrderKey::of(&commit), number, commit))));
    }
    std::iter::from_fn(move || {
        let Reverse((_, number, commit)) = next.pop()?;
        let after = chains[number].next();
        next.extend(after.map(|commit| Reverse((OrderKey::of(&commit), number, commit))));
        Some(commit)
    })
}

/// The graph as the program sees it, and the migration that it agrees to.
pub(crate) fn snapshot_of(
    log: &Log,
    model: &Model,
) -> Result<(Snapshot, Option<Box<Proposal>>), StartError> {
    let graph = Graph::of(log, model.kinds().clone());
    Snapshot::agreed(&graph, Arc::new(model.clone()))
}
