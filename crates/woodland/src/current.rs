//! The current version: the one mutable cell of an open dataset, and who is told when it changes.
//!
//! ```text
//!   staged ──► publish ──► latest ───► tell ──┬─ threads that wait
//!   1, 2, 3 …      └─────► durable            └─ listeners, held weakly
//! ```
//!
//! **Invariants**
//! - Versions are counted as they are staged, and each holds those counted before it: of two, the
//!   one with the higher count is shown, whoever comes first. What is told is the highest count,
//!   never a queue.
//! - The latest version holds the durable one. They differ only while something is buffered.
//! - Listeners are told outside of all locks, the writer's included. A panic in one stays there.
//!
//! What this does not do: keep a listener, or any version but these two; make anything durable.

use crate::durability::Durability;
use crate::snapshot::Snapshot;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, Weak};
use std::time::Duration;
use woodland_store::Ticket;

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
    held: RwLock<Held>,
    board: Mutex<Board>,
    changed: Condvar,
}

struct Held {
    latest: Version,
    durable: Version,
}

/// A version, and which one it is, counted from when the dataset was opened.
#[derive(Clone)]
pub(crate) struct Version {
    pub(crate) count: u64,
    pub(crate) snapshot: Snapshot,
    /// Where it stands in the store's queue; none for what was durable when it came.
    pub(crate) ticket: Option<Ticket>,
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
    pub(crate) fn of(first: Version) -> Arc<Self> {
        let held = RwLock::new(Held { durable: first.clone(), latest: first });
        Arc::new(Current { held, board: Mutex::default(), changed: Condvar::new() })
    }

    pub(crate) fn latest(&self) -> Version {
        self.held().latest.clone()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.held().latest.snapshot.clone()
    }

    /// The newest version that no power cut takes.
    pub(crate) fn durable(&self) -> Version {
        self.held().durable.clone()
    }

    /// Whether the version with this count is durable.
    pub(crate) fn is_durable(&self, count: u64) -> bool {
        self.held().durable.count >= count
    }

    /// The latest version, if it is not durable.
    pub(crate) fn buffered(&self) -> Option<Version> {
        let held = self.held();
        (held.latest.count > held.durable.count).then(|| held.latest.clone())
    }

    /// Shows this version, unless a later one is shown already; others are told of it once the
    /// right to write is given back.
    pub(crate) fn publish(&self, version: Version, durability: Durability) -> News<'_> {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let (mut hidden, mut passed) = (None, None);
        if durability == Durability::Durable && version.count > held.durable.count {
            passed = Some(std::mem::replace(&mut held.durable, version.clone()));
        }
        if version.count > held.latest.count {
            hidden = Some(std::mem::replace(&mut held.latest, version));
        }
        let count = held.latest.count;
        drop(held);
        // A version may be large, and what it was made of goes with the last who holds it.
        drop((hidden, passed));
        News { current: self, count }
    }

    /// Puts an equal version in place of the one with this count, which is durable.
    pub(crate) fn renew(&self, count: u64, snapshot: &Snapshot) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let mut left = Vec::new();
        let Held { latest, durable } = &mut *held;
        for version in [latest, durable] {
            if version.count == count {
                left.push(std::mem::replace(&mut version.snapshot, snapshot.clone()));
            }
        }
        drop(held);
        drop(left);
    }

    fn held(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
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
