//! The current version: the one mutable cell of an open dataset, and who is told when it changes.
//!
//! ```text
//!   publish ──► latest ──► tell ──┬─ threads that wait
//!   (writer's turn)   (after it)  └─ listeners, held weakly
//! ```
//!
//! **Invariants**
//! - Versions are counted as they are published; what is told is the highest count, never a queue.
//! - Listeners are told outside of all locks, the writer's included. A panic in one stays there.
//!
//! What this does not do: keep a listener, or any version but the latest.

use crate::snapshot::Snapshot;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::time::Duration;

/// Who is told that there is a later version.
pub(crate) trait Listen: Send + Sync {
    /// There is one, or there will be no more.
    fn tell(&self);

    /// Whether it gave up listening.
    fn is_broken(&self) -> bool {
        false
    }
}

pub(crate) struct Current {
    latest: RwLock<Latest>,
    board: Mutex<Board>,
    changed: Condvar,
}

/// The current version, and which one it is, counted from when the dataset was opened.
#[derive(Clone)]
pub(crate) struct Latest {
    pub(crate) count: u64,
    pub(crate) snapshot: Snapshot,
}

#[derive(Default)]
struct Board {
    told: u64,
    is_closed: bool,
    listeners: Vec<Weak<dyn Listen>>,
}

/// Whether there is a later version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Later {
    Yes,
    NotYet,
    /// The replica was closed.
    Never,
}

impl Board {
    fn later(&self, than: u64) -> Later {
        match (self.told > than, self.is_closed) {
            (true, _) => Later::Yes,
            (false, false) => Later::NotYet,
            (false, true) => Later::Never,
        }
    }
}

impl Current {
    pub(crate) fn of(snapshot: Snapshot) -> Arc<Self> {
        let latest = RwLock::new(Latest { count: 0, snapshot });
        Arc::new(Current { latest, board: Mutex::default(), changed: Condvar::new() })
    }

    pub(crate) fn latest(&self) -> Latest {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).snapshot.clone()
    }

    /// Makes this the current version.
    pub(crate) fn publish(&self, snapshot: Snapshot) -> News<'_> {
        let mut latest = self.latest.write().unwrap_or_else(PoisonError::into_inner);
        latest.count += 1;
        latest.snapshot = snapshot;
        News { current: self, count: latest.count }
    }

    /// No version will follow.
    pub(crate) fn close(&self) {
        self.board().is_closed = true;
        self.tell();
    }

    pub(crate) fn listen(&self, listener: Weak<dyn Listen>) {
        let mut board = self.board();
        board.listeners.retain(|one| one.strong_count() > 0);
        board.listeners.push(listener);
    }

    pub(crate) fn later(&self, than: u64) -> Later {
        self.board().later(than)
    }

    /// Blocks while there is no later version, for so long at most.
    pub(crate) fn wait(&self, than: u64, at_most: Option<Duration>) -> Later {
        let (board, waits) = (self.board(), |board: &mut Board| board.later(than) == Later::NotYet);
        let board = match at_most {
            None => self.changed.wait_while(board, waits).unwrap_or_else(PoisonError::into_inner),
            Some(at_most) => {
                let waited = self.changed.wait_timeout_while(board, at_most, waits);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        board.later(than)
    }

    fn tell(&self) {
        self.changed.notify_all();
        let listeners: Vec<Arc<dyn Listen>> = {
            let mut board = self.board();
            board.listeners.retain(|one| one.strong_count() > 0);
            board.listeners.iter().filter_map(Weak::upgrade).collect()
        };
        for listener in listeners {
            // What a callback or a waker does is not the writer's fault, nor its neighbours'. This
            // may be the last to hold it: what it is made of goes here, too.
            let _ = catch_unwind(AssertUnwindSafe(move || listener.tell()));
        }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A version was published and nobody was told: to be done once the right to write is given back.
#[must_use = "tell of it, after dropping the writer"]
pub(crate) struct News<'a> {
    current: &'a Current,
    count: u64,
}

impl News<'_> {
    pub(crate) fn tell(self) {
        {
            let mut board = self.current.board();
            board.told = board.told.max(self.count);
        }
        self.current.tell();
    }
}
