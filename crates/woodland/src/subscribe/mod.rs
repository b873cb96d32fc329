//! Subscriptions: cursors over versions that yield what has changed of what they cover.
//!
//! ```text
//!   version   1 ── 2 ── 3 ── 4 ── 5         published
//!             ▲              │    ▲
//!             seen ──────────┼────┘ next(): one diff from 1 to 5
//!                            a slow subscriber holds version 1, and no queue
//! ```
//!
//! **Invariants**
//! - A subscription holds one version: the one that it yielded last. Dropping it frees that.
//! - Diffs follow each other without a gap: what one ends at, the next begins at.
//! - Nothing here holds a lock of the replica while the program's code runs.
//!
//! What this does not do: start a thread, need a runtime, or keep a dataset open.

mod calls;
mod coverage;
mod reading;
#[cfg(feature = "net")]
mod stream;

pub use calls::Listener;
pub use coverage::{Between, Changed, ChangedField, Coverage, Nodes, nodes};

use crate::current::{Current, Later};
use crate::replica::Replica;
use crate::snapshot::{ReadError, Snapshot};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What has changed from one version to a later one.
#[derive(Debug, Clone)]
pub struct Diff<D> {
    /// The earlier version.
    pub from: Snapshot,
    /// The later version.
    pub to: Snapshot,
    /// What differs, of what is covered.
    pub changes: D,
}

/// A cursor over a replica's versions. Made by [`Replica::subscribe`].
///
/// It does not keep the dataset open. With the feature `net` it is a `Stream` of diffs, too, which
/// ends when the replica is closed.
pub struct Subscription<C> {
    current: Arc<Current>,
    coverage: C,
    seen: Snapshot,
    count: u64,
    #[cfg(feature = "net")]
    waker: Option<Arc<stream::Waiting>>,
}

impl Replica {
    /// Follows what changes from now on, of what is covered: [`all`](crate::all) nodes of a type,
    /// some [`nodes`], one field of some nodes ([`Field::of`](crate::Field::of)), or a tuple of
    /// such.
    ///
    /// ```
    /// use woodland::{Record, Replica, all, define};
    ///
    /// #[derive(Record, Debug, PartialEq)]
    /// struct Note { title: String }
    ///
    /// let replica = Replica::in_memory(&define().record::<Note>().model()?, 1)?;
    /// let mut notes = replica.subscribe(all::<Note>());
    /// let note = replica.write(|b| b.insert(&Note { title: "Trip".into() }))?;
    /// replica.write(|b| b.edit(note, Note::TITLE.set("Hike")))?;
    ///
    /// let diff = notes.next()?.expect("a note came");
    /// assert_eq!(diff.changes.len(), 1, "two versions later, one change");
    /// assert_eq!(diff.changes[0].before, None);
    /// assert_eq!(diff.changes[0].after, Some(Note { title: "Hike".into() }));
    /// assert!(notes.next()?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn subscribe<C: Coverage>(&self, coverage: C) -> Subscription<C> {
        let current = Arc::clone(&self.0.current);
        let latest = current.latest();
        Subscription {
            current,
            coverage,
            seen: latest.snapshot,
            count: latest.count,
            #[cfg(feature = "net")]
            waker: None,
        }
    }
}

impl<C: Coverage> Subscription<C> {
    /// What has changed between the version that was yielded last and the current one; none if
    /// nothing did of what is covered. The cursor stands at the current version afterwards, in
    /// every case.
    ///
    /// # Errors
    /// [`ReadError`] when the program and the schema do not fit each other.
    #[expect(clippy::should_implement_trait, reason = "more may come after nothing")]
    pub fn next(&mut self) -> Result<Option<Diff<C::Changes>>, ReadError> {
        let latest = self.current.latest();
        if latest.count == self.count {
            return Ok(None);
        }
        self.count = latest.count;
        let (to, from) =
            (latest.snapshot.clone(), std::mem::replace(&mut self.seen, latest.snapshot));
        let changes = self.coverage.changes(&Between::of(&from, &to))?;
        Ok(changes.map(|changes| Diff { from, to, changes }))
    }

    /// Calls back after each version that changes what is covered, with the diff. The call comes
    /// from the thread that published, after its write is done and outside of all locks: it may
    /// read, write and merge. Calls of one listener never overlap; what changes during a call makes
    /// one call after it.
    ///
    /// If something has changed since the subscription began, the first call comes from here.
    ///
    /// A callback that panics is dropped ([`Listener::is_broken`]); neither the writer nor other
    /// listeners notice.
    pub fn on_change<F>(self, callback: F) -> Listener
    where
        C: Send + 'static,
        F: FnMut(Result<Diff<C::Changes>, ReadError>) + Send + 'static,
    {
        Listener::begin(self, callback)
    }
}

impl<C> Subscription<C> {
    /// The version that was yielded last; at first, the one at which the subscription began.
    pub fn seen(&self) -> &Snapshot {
        &self.seen
    }

    /// Blocks until there is a later version than the one that was yielded last. `false` when there
    /// will be none: the replica was closed.
    pub fn wait(&self) -> bool {
        self.current.wait(self.count, None) == Later::Yes
    }

    /// The same, for so long at most. `false` when there is no later version by then.
    pub fn wait_for(&self, at_most: Duration) -> bool {
        self.current.wait(self.count, Some(at_most)) == Later::Yes
    }

    /// Whether the replica was closed and its last version yielded.
    pub fn is_over(&self) -> bool {
        self.current.later(self.count) == Later::Never
    }
}

impl<C: fmt::Debug> fmt::Debug for Subscription<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscription({:?}, seen {:?})", self.coverage, self.seen)
    }
}
