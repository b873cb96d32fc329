//! Upkeep: what was derived is put to rest and small segments are merged while the dataset is open,
//! by a thread or by the caller.
//!
//! ```text
//!  a segment file is full,  ──► due ──► the thread: step, step, … until nothing is left ──► waits
//!  or much is not at rest               └─ failed: kept for `maintain`; tried again when next due
//! ```
//!
//! **Invariants**
//! - What is due is decided by what was written, never by time. The thread sleeps until then, and
//!   begins with the first that is due.
//! - A step changes no version and no commit; readers and writers go on beside it.
//! - The thread is joined before the replica is gone: the directory's lock is free then.
//!
//! What this does not do: merge, which is the store's, or rest, which is `derived`'s.

use crate::derived::{Derived, RestError};
use crate::replica::{Core, Replica};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use woodland_format::CommitId;
use woodland_page::catch;
use woodland_store::{MaintainError, Maintained, Store};

/// Who merges what many small writes leave behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Maintenance {
    /// A thread of the replica, begun once there is something to do. The default for directories.
    Background,
    /// The program, by [`Replica::maintain`]. The default for seeded datasets and other disks.
    ByCaller,
}

/// What keeps a replica's store in shape.
pub(crate) struct Upkeep {
    desk: Arc<Desk>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    woken: Condvar,
}

#[derive(Default)]
struct State {
    /// The number of the segment file that was written to when the thread looked last, and now.
    looked_at: u64,
    reached: u64,
    is_closed: bool,
    /// Whether what was derived is to be put to rest.
    is_rest_due: bool,
    /// What the thread met, until somebody is told.
    failure: Option<UpkeepError>,
}

impl State {
    /// Whether files were filled since the last look; the first file has none before it.
    fn is_due(&self) -> bool {
        self.is_rest_due || self.reached > self.looked_at.max(1)
    }
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is something to do; `false` once the replica is closed.
    fn wait(&self) -> bool {
        let waits = |state: &mut State| !state.is_due() && !state.is_closed;
        let state = self.woken.wait_while(self.state(), waits);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        state.looked_at = state.reached;
        state.is_rest_due = false;
        !state.is_closed
    }
}

impl Replica {
    /// Lets a thread keep the store in shape, if that was chosen.
    pub(crate) fn kept_by(self, maintenance: Maintenance) -> Self {
        if maintenance == Maintenance::Background {
            let _ = self.0.upkeep.set(Upkeep { desk: Arc::default(), thread: Mutex::default() });
            // Much may have been derived to open it.
            if let (Some(upkeep), Some(store)) = (self.0.upkeep.get(), self.0.store.get()) {
                upkeep.note(&self, store);
            }
        }
        self
    }

    /// Who keeps this replica's store in shape.
    pub(crate) fn upkeep(&self) -> Maintenance {
        match self.0.upkeep.get() {
            Some(_) => Maintenance::Background,
            None => Maintenance::ByCaller,
        }
    }

    /// Puts what was derived to rest, where that is due, and merges some of the small segments and
    /// files that many writes have left: a step of bounded work, beside readers and writers. There
    /// is nothing more to do when it read no file. Of a replica that is read-only, or a branch that
    /// was never written, it has nothing to do.
    ///
    /// Where a thread does so and failed, this tells of it first.
    ///
    /// # Errors
    /// [`UpkeepError`]. Nothing that was acknowledged is lost by it; after [`MaintainError::Disk`]
    /// the dataset has to be opened again.
    pub fn maintain(&self) -> Result<Maintained, UpkeepError> {
        let failure = self.0.upkeep.get().and_then(|upkeep| upkeep.desk.state().failure.take());
        if let Some(failure) = failure {
            return Err(failure);
        }
        self.0.keep_in_shape()
    }
}

/// A step of the upkeep did not come to its end. Nothing that was acknowledged is lost.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpkeepError {
    /// Segments were not merged.
    #[error(transparent)]
    Store(#[from] MaintainError),
    /// What was derived was not put to rest.
    #[error(transparent)]
    Rest(#[from] RestError),
}

impl Core {
    /// A step. Segments are merged no further than what rests reaches.
    fn keep_in_shape(&self) -> Result<Maintained, UpkeepError> {
        let Some(store) = self.store.get() else { return Ok(Maintained::default()) };
        let position = store.position();
        let rested = || self.derived.get().and_then(Derived::position);
        let is_behind = rested().is_some_and(|rested| rested.file_number < position.file_number);
        let is_due = self.is_rest_due() || is_behind;
        let told = match if is_due { self.rest() } else { Ok(()) } {
            // The store takes no more writes: this says why.
            Err(error @ RestError::Store(_)) => return Err(error.into()),
            // What else does not rest is no reason to leave small segments as they are.
            told => told,
        };
        // What the log keeps, it keeps because much stands on it. What cannot be asked stays.
        let version = self.current.latest();
        let log = version.snapshot.log();
        let is_needed =
            |commit: &CommitId| catch(|| log.signature(commit).is_some()).unwrap_or(true);
        let until = rested().unwrap_or(position);
        let maintained = store.maintain_keeping(&until, &is_needed).inspect_err(|error| {
            if matches!(error, MaintainError::Disk(_) | MaintainError::Poisoned) {
                self.is_lost.store(true, Ordering::Release);
            }
        })?;
        told?;
        Ok(maintained)
    }
}

impl Upkeep {
    /// Notes that something was written, and begins or wakes the thread where that filled a file.
    pub(crate) fn note(&self, replica: &Replica, store: &Arc<Store>) {
        let file_number = store.position().file_number;
        let core = replica.0.core();
        let mut state = self.desk.state();
        state.reached = state.reached.max(file_number);
        state.is_rest_due |= core.is_rest_due();
        let is_due = state.is_due();
        drop(state);
        if !is_due {
            return;
        }
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            let (desk, core) = (Arc::clone(&self.desk), Arc::clone(core));
            let named = std::thread::Builder::new().name("woodland-upkeep".to_owned());
            match named.spawn(move || work(&desk, &core)) {
                Ok(begun) => *thread = Some(begun),
                // It is tried again with the next write.
                Err(error) => tracing::warn!(%error, "no thread for the upkeep of a dataset"),
            }
        }
        self.desk.woken.notify_one();
    }
}

/// The thread goes, after the step that it is in.
impl Drop for Upkeep {
    fn drop(&mut self) {
        self.desk.state().is_closed = true;
        self.desk.woken.notify_one();
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        // A panic in a step has been printed; the dataset is as after any step cut short.
        let _ = thread.map(JoinHandle::join);
    }
}

fn work(desk: &Desk, core: &Core) {
    while desk.wait() {
        let mut is_more = true;
        while is_more && !desk.state().is_closed {
            is_more = match core.keep_in_shape() {
                Ok(maintained) => maintained.files > 0,
                Err(error) => {
                    tracing::warn!(%error, "the upkeep of a dataset stopped; nothing is lost");
                    desk.state().failure = Some(error);
                    false
                }
            };
        }
    }
}
