//! Upkeep: small segments are merged while the dataset is open, by a thread or by the caller.
//!
//! ```text
//!  a segment file is full ──► due ──► the thread: step, step, … until nothing is left ──► waits
//!                                     └─ failed: kept for `maintain`; due again with the next file
//! ```
//!
//! **Invariants**
//! - What is due is decided by how many files there are, never by time. The thread sleeps until
//!   then; a dataset of one file has no thread.
//! - A step changes no version and no commit; readers and writers go on beside it.
//! - The thread is joined before the replica is gone: the directory's lock is free then.
//!
//! What this does not do: know what a step is. The store does.

use crate::replica::Replica;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
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
    /// What the thread met, until somebody is told.
    failure: Option<MaintainError>,
}

impl State {
    /// Whether files were filled since the last look; the first file has none before it.
    fn is_due(&self) -> bool {
        self.reached > self.looked_at.max(1)
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
        !state.is_closed
    }
}

impl Replica {
    /// Lets a thread keep the store in shape, if that was chosen.
    pub(crate) fn kept_by(self, maintenance: Maintenance) -> Self {
        if maintenance == Maintenance::Background {
            let _ = self.0.upkeep.set(Upkeep { desk: Arc::default(), thread: Mutex::default() });
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

    /// Merges some of the small segments and files that many writes have left: a step of bounded
    /// work, beside readers and writers. There is nothing more to do when it read no file. Of a
    /// replica that is read-only, or a branch that was never written, it has nothing to do.
    ///
    /// Where a thread does so and failed, this tells of it first.
    ///
    /// # Errors
    /// [`MaintainError`]. Nothing that was acknowledged is lost by it; after `Disk` the dataset has
    /// to be opened again.
    pub fn maintain(&self) -> Result<Maintained, MaintainError> {
        let failure = self.0.upkeep.get().and_then(|upkeep| upkeep.desk.state().failure.take());
        if let Some(failure) = failure {
            return Err(failure);
        }
        match self.0.store.get() {
            Some(store) => store.maintain(&store.position()).inspect_err(|error| {
                if matches!(error, MaintainError::Disk(_) | MaintainError::Poisoned) {
                    self.0.is_lost.store(true, Ordering::Release);
                }
            }),
            None => Ok(Maintained::default()),
        }
    }
}

impl Upkeep {
    /// Notes that something was written, and begins or wakes the thread where that filled a file.
    pub(crate) fn note(&self, store: &Arc<Store>) {
        let file_number = store.position().file_number;
        let mut state = self.desk.state();
        state.reached = state.reached.max(file_number);
        let is_due = state.is_due();
        drop(state);
        if !is_due {
            return;
        }
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            let (desk, store) = (Arc::clone(&self.desk), Arc::clone(store));
            let named = std::thread::Builder::new().name("woodland-upkeep".to_owned());
            match named.spawn(move || work(&desk, &store)) {
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

fn work(desk: &Desk, store: &Store) {
    while desk.wait() {
        let mut is_more = true;
        while is_more && !desk.state().is_closed {
            is_more = match store.maintain(&store.position()) {
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
