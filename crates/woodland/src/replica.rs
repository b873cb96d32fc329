//! A replica: one open dataset. The one mutable cell is which version is current.
//!
//! ```text
//!  Replica ──► shared ──┬─ upkeep                       a thread, if the dataset has one
//!                       └─ core ──┬─ current            readers clone it and go
//!                                 ├─ writer             one at a time, to derive and stage
//!                                 ├─ derived            what rests on disk
//!                                 └─ store              waited for under no lock of ours
//! ```
//!
//! **Locks**, in the order in which one thread may take them: `writer`, then that of `derived`,
//! then the store's own, then
//! those of `current`, `author`, `events` and `upkeep`, each of which is held for a few
//! instructions and under which nothing else is taken. Whoever waits for a sync holds `writer`
//! only to take another key. A program's code runs under `writer` (closures of `write`) or under
//! none (callbacks); reading, flushing and exporting take no `writer`.
//!
//! **Invariants**
//! - The current version only ever advances to supersets, and only after the store has
//!   acknowledged.
//! - A reader never waits for a writer's disk; a writer that fails changes nothing that readers
//!   see.
//!
//! What this does not do: merge by itself, or watch files.

use crate::backing::{Backing, Target};
use crate::current::{Current, Version};
use crate::derived::Derived;
use crate::incarnation::{IncarnationError, tip_of};
use crate::keys::Keys;
use crate::notice::Notice;
use crate::snapshot::Snapshot;
use crate::stage::Writer;
use crate::upkeep::Upkeep;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use woodland_format::{AuthorKey, Commit, DatasetId, SecretKey};
use woodland_store::{Disk, Moved, Store};

/// One open dataset. Clones share it; `Send` and `Sync`, blocking, without a runtime.
#[derive(Clone)]
pub struct Replica(pub(crate) Arc<Shared>);

/// What all clones share.
pub(crate) struct Shared {
    /// Its thread, if it may have one. Gone before the rest is.
    pub(crate) upkeep: OnceLock<Upkeep>,
    core: Arc<Core>,
}

impl Deref for Shared {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.core
    }
}

/// What the thread of a dataset has, too.
pub(crate) struct Core {
    /// What was derived, on disk. Gone before the store is, which has the lock.
    pub(crate) derived: OnceLock<Derived>,
    pub(crate) current: Arc<Current>,
    pub(crate) writer: Mutex<Writer>,
    pub(crate) author: RwLock<AuthorKey>,
    /// The dataset directory, or the branch's folder: where branches of this replica are.
    pub(crate) disk: Arc<dyn Disk>,
    /// Where commits go, once there is such a place; a branch has none before its first write.
    pub(crate) store: OnceLock<Arc<Store>>,
    /// Whether the disk has failed: from then on nothing is written.
    pub(crate) is_lost: AtomicBool,
    /// Why this replica took another key, since it was opened.
    pub(crate) events: Mutex<Vec<Notice>>,
}

impl Replica {
    pub(crate) fn assemble(
        backing: Backing,
        disk: Arc<dyn Disk>,
        key: SecretKey,
        mut keys: Keys,
        snapshot: Snapshot,
    ) -> std::io::Result<Replica> {
        let salt = u64::from_le_bytes(keys.bytes()?);
        let author = RwLock::new(key.author());
        let first = Version { count: 0, snapshot, ticket: None };
        let current = Current::of(first.clone());
        let target = Target::of(backing);
        let store = target.written().cloned().map_or_else(OnceLock::new, OnceLock::from);
        let writer = Mutex::new(Writer::of(target, key, salt, keys, first));
        let (is_lost, events) = (AtomicBool::new(false), Mutex::default());
        let (upkeep, derived) = (OnceLock::new(), OnceLock::new());
        let core =
            Arc::new(Core { current, writer, author, disk, derived, store, is_lost, events });
        Ok(Replica(Arc::new(Shared { upkeep, core })))
    }

    /// Gives up the key of a directory that is a copy, or whose log has a fork of that key, or
    /// another identity's.
    pub(crate) fn settle(&self, moved: Option<Moved>) -> Result<(), IncarnationError> {
        let mut writer = self.writer();
        let (retired, snapshot) = (writer.key.author(), self.snapshot());
        let log = snapshot.log();
        let tip = writer.tip.and_then(|id| tip_of(log, &id));
        let fork = || log.forks_of(&retired).into_iter().next();
        let notice = if let Some(moved) = moved {
            Notice::Copied { moved, retired, tip, author: writer.renew()? }
        } else if let Some(fork) = fork() {
            let proof = log.fork_proof(&fork).map(Box::new);
            Notice::ForkedSelf { fork, proof, tip, author: writer.renew()? }
        } else if let Some(identity) = writer.other_identity(log) {
            Notice::OtherIdentity { retired, tip, identity, author: writer.renew()? }
        } else {
            return Ok(());
        };
        self.note(notice);
        Ok(())
    }

    /// Tells of a new key.
    pub(crate) fn note(&self, notice: Notice) {
        if let Some(author) = notice.taken() {
            *self.0.author.write().unwrap_or_else(PoisonError::into_inner) = author;
        }
        self.0.events.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
    }

    /// What was noticed about author keys: first why this replica took another since it was opened,
    /// then every fork in its log. Costs O(authors and forks).
    pub fn notices(&self) -> Vec<Notice> {
        let mut events = self.0.events.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // A proof may be sent on: it is of what is durable.
        let snapshot = self.durable_snapshot();
        let mut forks = snapshot.log().forks();
        for event in &mut events {
            event.refresh(snapshot.log(), &mut forks);
        }
        let forks = forks.into_iter().map(|fork| Notice::forked(snapshot.log(), fork));
        events.into_iter().chain(forks).collect()
    }

    /// The graph as it is now. O(1).
    pub fn snapshot(&self) -> Snapshot {
        self.0.current.snapshot()
    }

    /// The dataset.
    pub fn dataset(&self) -> DatasetId {
        self.snapshot().log().dataset()
    }

    /// The key under which this replica writes; another from the moment on when the one before may
    /// be in use elsewhere, see [`Replica::notices`].
    pub fn author(&self) -> AuthorKey {
        *self.0.author.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// What the thread of the dataset holds of it.
    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }
}

/// Whoever waits for another version waits no longer. What was derived rests, if that is left to
/// the replica: so it opens at once the next time.
impl Drop for Shared {
    fn drop(&mut self) {
        self.current.close();
        if self.upkeep.take().is_some() {
            self.core.rest_at_close();
        }
    }
}

impl fmt::Debug for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replica({} by {})", self.dataset().short(), self.author().short())
    }
}

/// Whether this is a dataset's founding commit.
pub(crate) fn is_founding(commit: &Commit) -> bool {
    commit.header().founds()
}
