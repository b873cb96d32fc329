//! The derived state on disk: what was derived rests beside the log, and a dataset opens by it.
//!
//! ```text
//!  write, write, … ──► due ──► rest: log and graph into pages, one transaction
//!                              └─► the current version, woken from there: it reads what it needs
//!
//!  open ──► a checkpoint of this history? ──┬─ yes: wake, and derive what was appended after it
//!                                           └─ no, or damaged: throw it away, derive all
//! ```
//!
//! **Invariants**
//! - A checkpoint covers exactly what the store held at its position: nothing that is not durable
//!   ever rests.
//! - Resting changes no answer: the version stays, what it stands on becomes pages.
//! - Segments are merged up to the newest checkpoint alone, so that its position stays one of the
//!   store's history.
//! - Whatever is wrong with the derived state costs deriving anew when the dataset is opened, and
//!   no more.
//!
//! What this does not do: decide when. Writes count, the upkeep's thread or the caller acts.

use crate::model::Model;
use crate::options::Memory;
use crate::replica::{Core, Replica};
use crate::start::{StartError, log_of};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use woodland_base::{Base, BaseError, Checkpoint};
use woodland_graph::{Graph, Kinds};
use woodland_log::Log;
use woodland_page::{OpenPages, PageFault, PageRef, Reading, Stored, Writing, catch, rest, wake};
use woodland_store::{Disk, OpenError, Opened, Position, Store};

/// So much is derived again when a dataset is opened, rather than put to rest when it is closed.
const UNRESTED_AT_CLOSE_COMMITS_MAX: u64 = 512;

/// What was derived was not put to rest. The dataset is as it was, and goes on in memory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestError {
    /// What keeps the pages failed.
    #[error(transparent)]
    Base(#[from] BaseError),
    /// A page that was put to rest earlier cannot be read.
    #[error(transparent)]
    Page(#[from] PageFault),
    /// What is buffered could not be made durable first.
    #[error("what is buffered could not be made durable: {0}")]
    Store(#[from] woodland_store::AppendError),
}

/// Log and graph, as one value in pages.
struct Rested {
    graph: Graph,
}

impl Stored for Rested {
    fn write(&self, to: &mut Writing<'_>) {
        self.graph.log().write(to);
        self.graph.rest(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let log = Log::read(from)?;
        let kinds = from.context::<Kinds>()?.clone();
        Graph::wake(log, kinds, from).map(|graph| Rested { graph })
    }
}

/// The derived state of an open dataset.
pub(crate) struct Derived {
    disk: Arc<dyn Disk>,
    kinds: Kinds,
    memory: Memory,
    /// None before the first checkpoint.
    open: Mutex<Option<OpenBase>>,
    /// What was written since the newest checkpoint: what it is thought to take in memory, and how
    /// many commits.
    bytes: AtomicU64,
    commits: AtomicU64,
}

struct OpenBase {
    base: Base,
    pages: OpenPages,
}

impl OpenBase {
    fn of(base: Base, kinds: &Kinds, memory: Memory) -> Self {
        let pages = OpenPages::new(base.source(), memory.pages_bytes(), Arc::new(kinds.clone()));
        OpenBase { base, pages }
    }

    /// The version at rest, keeping its pages.
    fn wake(&self, root: PageRef) -> Result<Graph, PageFault> {
        let Rested { graph } = wake(&self.pages, root)?;
        let pin = self.base.pin();
        #[cfg(planted)]
        let pin = match woodland_format::planted::is("pin-forgotten") {
            true => Arc::new(()) as woodland_base::Pin,
            false => pin,
        };
        let log = graph.log().clone().pinned(Arc::clone(&pin));
        Ok(graph.with_signatures_of(&log).pinned(pin))
    }
}

/// What rests in a directory.
enum Found {
    Nothing,
    /// Something that cannot be used.
    Useless,
    Checkpoint {
        root: PageRef,
        position: Position,
    },
}

/// A dataset directory, opened, and its graph.
pub(crate) struct Woken {
    pub(crate) opened: Opened,
    pub(crate) graph: Graph,
    pub(crate) derived: Derived,
}

impl Derived {
    /// Of a dataset that has none yet.
    pub(crate) fn none(disk: Arc<dyn Disk>, model: &Model, memory: Memory) -> Self {
        let (kinds, open) = (model.kinds().clone(), Mutex::new(None));
        let (bytes, commits) = (AtomicU64::new(0), AtomicU64::new(0));
        Derived { disk, kinds, memory, open, bytes, commits }
    }

    /// Opens a dataset directory by what rests in it, or by deriving all.
    pub(crate) fn open(
        disk: &Arc<dyn Disk>,
        model: &Model,
        memory: Memory,
    ) -> Result<Woken, StartError> {
        let derived = Derived::none(Arc::clone(disk), model, memory);
        let woken = derived.try_open()?;
        let (opened, graph) = match woken {
            Some(woken) => woken,
            None => derived.derive_anew()?,
        };
        derived.note(&opened);
        Ok(Woken { opened, graph, derived })
    }

    /// None where something rests, and it is of no use.
    fn try_open(&self) -> Result<Option<(Opened, Graph)>, StartError> {
        let mut found = Found::Nothing;
        let opened = Store::open_derived(Arc::clone(&self.disk), || {
            found = self.find();
            match found {
                Found::Checkpoint { position, .. } => Some(position),
                Found::Nothing | Found::Useless => None,
            }
        });
        let opened = match opened {
            Err(OpenError::NotAPrefix { .. }) => return Ok(None),
            opened => opened?,
        };
        match found {
            Found::Useless => Ok(None),
            Found::Nothing => {
                let graph = self.derive(&opened)?;
                Ok(Some((opened, graph)))
            }
            Found::Checkpoint { root, .. } => match self.wake(root, &opened) {
                Ok(graph) => Ok(Some((opened, graph))),
                Err(StartError::Derived(fault)) => {
                    tracing::warn!(%fault, "derived state that cannot be read is derived anew");
                    Ok(None)
                }
                Err(error) => Err(error),
            },
        }
    }

    /// What rests in the directory, which is locked.
    fn find(&self) -> Found {
        if !Base::is_there(self.disk.as_ref()) {
            return Found::Nothing;
        }
        let opened = match Base::open(Arc::clone(&self.disk), self.memory.store_bytes()) {
            Ok(opened) => opened,
            Err(error) => {
                tracing::warn!(%error, "derived state that cannot be opened is derived anew");
                return Found::Useless;
            }
        };
        *self.held() = Some(OpenBase::of(opened.base, &self.kinds, self.memory));
        let Some(Checkpoint { root, covers, .. }) = opened.checkpoint else {
            return Found::Nothing;
        };
        match Position::decode(&covers) {
            Ok(position) => Found::Checkpoint { root, position },
            Err(_) => Found::Useless,
        }
    }

    /// The graph that rests, and what was appended since.
    fn wake(&self, root: PageRef, opened: &Opened) -> Result<Graph, StartError> {
        let woken = catch(|| -> Result<Graph, StartError> {
            let held = self.held();
            let open = held.as_ref().expect("what holds a checkpoint is open");
            let graph = open.wake(root)?;
            let log = log_of(&opened.segments, Some(graph.log().clone()))?;
            Ok(graph.advance(&log))
        });
        woken.map_err(StartError::from).flatten()
    }

    /// Opens the directory without what rests in it, which goes.
    fn derive_anew(&self) -> Result<(Opened, Graph), StartError> {
        *self.held() = None;
        let opened = Store::open_derived(Arc::clone(&self.disk), || {
            // Nobody else has it open: the dataset is locked.
            if let Err(error) = Base::discard(self.disk.as_ref()) {
                tracing::warn!(%error, "derived state that is of no use stays");
            }
            None
        })?;
        let graph = self.derive(&opened)?;
        Ok((opened, graph))
    }

    fn derive(&self, opened: &Opened) -> Result<Graph, StartError> {
        let log = log_of(&opened.segments, None)?;
        Ok(Graph::of(&log, self.kinds.clone()))
    }

    fn note(&self, opened: &Opened) {
        for stored in &opened.segments {
            let commits = u64::from(stored.segment.head.commits);
            self.add(commits, stored.segment.bytes, 0);
        }
    }

    /// Counts what was appended.
    pub(crate) fn add(&self, commits: u64, bytes: u64, nodes: u64) {
        self.commits.fetch_add(commits, Ordering::Relaxed);
        self.bytes.fetch_add(Memory::of_unrested(bytes, nodes), Ordering::Relaxed);
    }

    /// Whether enough was written since the newest checkpoint that another is worth it.
    pub(crate) fn is_due(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) >= self.memory.unrested_bytes()
            || self.commits.load(Ordering::Relaxed) >= self.memory.unrested_commits()
    }

    /// Whether anything was written since the newest checkpoint.
    fn is_behind(&self) -> bool {
        self.commits.load(Ordering::Relaxed) > 0
    }

    /// Up to where segments may be merged; none while nothing rests.
    pub(crate) fn position(&self) -> Option<Position> {
        let held = self.held();
        let checkpoint = held.as_ref()?.base.checkpoint()?;
        Position::decode(&checkpoint.covers).ok()
    }

    /// Puts a graph to rest that has all that the store holds up to there, and wakes it.
    fn rest(&self, graph: &Graph, position: &Position) -> Result<Graph, RestError> {
        let mut held = self.held();
        let open = match held.take() {
            Some(open) => open,
            None => {
                let opened = Base::open(Arc::clone(&self.disk), self.memory.store_bytes())?;
                OpenBase::of(opened.base, &self.kinds, self.memory)
            }
        };
        let open = held.insert(open);
        let value = Rested { graph: graph.clone() };
        let checkpoint = catch(|| open.base.rest(&position.encode(), |sink| rest(&value, sink)))??;
        self.bytes.store(0, Ordering::Relaxed);
        self.commits.store(0, Ordering::Relaxed);
        Ok(open.wake(checkpoint.root)?)
    }

    /// Takes out pages that no version needs, if that is worth it.
    fn collect(&self) -> Result<(), RestError> {
        match &*self.held() {
            Some(open) if open.base.is_collecting_due() => {
                let collected = open.base.collect()?;
                tracing::debug!(collected.needed, collected.taken, "collected pages");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Throws away what could not be read, so that it is derived anew. The dataset is locked.
    fn close(&self) {
        let Some(open) = self.held().take() else { return };
        if open.pages.has_failed() || open.base.is_damaged() {
            drop(open);
            if let Err(error) = Base::discard(self.disk.as_ref()) {
                tracing::warn!(%error, "derived state that cannot be read stays");
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<OpenBase>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Before the store gives its lock back.
impl Drop for Derived {
    fn drop(&mut self) {
        self.close();
    }
}

impl Replica {
    /// Puts what was derived to rest, if anything was written since the last time: the dataset then
    /// opens without deriving that again, and the current version holds no more of it in memory
    /// than it reads. Writers wait meanwhile; readers do not.
    ///
    /// A thread of the replica, or [`Replica::maintain`], does so when it is due.
    ///
    /// # Errors
    /// [`RestError`]: the replica goes on, with all of it in memory.
    pub fn rest(&self) -> Result<(), RestError> {
        self.0.rest()
    }

    pub(crate) fn derived_by(self, derived: Derived) -> Self {
        let _ = self.0.derived.set(derived);
        self
    }
}

impl Core {
    /// Whether so much was written that it is time to put what was derived to rest.
    pub(crate) fn is_rest_due(&self) -> bool {
        self.derived.get().is_some_and(Derived::is_due)
    }

    /// Puts what was derived to rest before the dataset is closed, where opening it would cost.
    pub(crate) fn rest_at_close(&self) {
        let is_worth_it = |derived: &&Derived| {
            derived.commits.load(Ordering::Relaxed) >= UNRESTED_AT_CLOSE_COMMITS_MAX
        };
        if self.derived.get().filter(is_worth_it).is_some()
            && let Err(error) = self.rest()
        {
            tracing::warn!(%error, "what was derived does not rest: the next opening derives it");
        }
    }

    /// See [`Replica::rest`].
    pub(crate) fn rest(&self) -> Result<(), RestError> {
        let Some(derived) = self.derived.get().filter(|derived| derived.is_behind()) else {
            return Ok(());
        };
        let mut writer = self.writer();
        let Some(store) = writer.target.written().cloned() else { return Ok(()) };
        let flush = || self.kept(store.flush());
        #[cfg(planted)]
        let flush = || match woodland_format::planted::is("rested-before-flushed") {
            true => Ok(()),
            false => flush(),
        };
        flush()?;
        let newest = writer.newest.clone();
        let graph = derived.rest(newest.snapshot.graph(), &store.position())?;
        let woken = catch(|| newest.snapshot.of_version(&graph))?;
        writer.newest.snapshot = woken.clone();
        self.current.renew(newest.count, &woken);
        drop(writer);
        derived.collect()
    }
}

impl From<PageFault> for StartError {
    fn from(fault: PageFault) -> Self {
        StartError::Derived(fault)
    }
}
