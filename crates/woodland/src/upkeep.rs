//! Upkeep: small segments are merged while the dataset is open, by a thread or by the caller.
//!
//! ```text
//!  writes ──count──► due ──► the thread: step, step, … until nothing is left ──► waits
//!                            └─ failed: kept for `maintain`, and no more steps until it is told
//! ```
//!
//! **Invariants**
//! - What is due is decided by a count of writes, never by time. The thread sleeps until then.
//! - A step changes no version and no commit; readers and writers go on beside it.
//! - The thread is joined before the replica is gone: the directory's lock is free then.
//!
//! What this does not do: know what a step is. The store does.

use crate::replica::Replica;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use woodland_store::{MaintainError, Maintained, Store};

/// After how many writes the thread looks whether there is something to merge.
const WRITES_BETWEEN: u64 = 64;

/// Who merges what many small writes leave behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Maintenance {
    /// A thread of the replica, begun once there is enough to do. The default for directories.
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
    /// How many writes there were since the last look.
    writes: u64,
    is_closed: bool,
    /// What the thread met, until somebody is told.
    failure: Option<MaintainError>,
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is something to do; `false` once the replica is closed.
    fn wait(&self) -> bool {
        let waits = |state: &mut State| {
            let is_idle = state.writes < WRITES_BETWEEN || state.failure.is_some();
            is_idle && !state.is_closed
        };
        let state = self.woken.wait_while(self.state(), waits);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        state.writes = 0;
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
}

impl Upkeep {

    /// Notes that something was written, and begins or wakes the thread where enough was.
    pub(crate) fn note(&self, store: &Arc<Store>) {
        let mut state = self.desk.state();
        state.writes += 1;
        let is_due = state.writes >= WRITES_BETWEEN && state.failure.is_none();
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

    fn failure(&self) -> Option<MaintainError> {
        self.desk.state().failure.take()
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
                Ok(maintained) => maintained.is_more,
                Err(error) => {
                    tracing::warn!(%error, "the upkeep of a dataset stopped; nothing is lost");
                    desk.state().failure = Some(error);
                    false
                }
            };
        }
    }
}
