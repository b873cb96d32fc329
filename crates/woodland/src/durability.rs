//! What a write waits for, and what may be given away.
//!
//! ```text
//!             staged ──► written to the system ──► synced
//!  Durable                                         returns, is shown
//!  Buffered              returns, is shown
//!  given away                                      only this
//! ```
//!
//! **Invariants**
//! - No commit, signature or frontier that names it leaves the process before it is durable. Who
//!   gives something away begins with [`Replica::flushed`] (`export`, a merge *from* this replica, a
//!   join, the base of a branch), or shows only the durable version (proofs, in `notices`).
//! - A durable write is shown only once it is durable, also where a buffered one stands on it.
//!
//! What this does not do: guard what a program takes out of a [`Snapshot`] by hand; see
//! [`Replica::durable_snapshot`].

use crate::batch::Batch;
use crate::current::Version;
use crate::replica::Replica;
use crate::snapshot::Snapshot;
use crate::write::WriteError;
use woodland_store::AppendError;

/// What a write waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Durability {
    /// It survives a power cut, if the disk honours sync. Writes of many threads share one sync.
    #[default]
    Durable,
    /// It is with the system: it survives the end of the process, also by a kill, and a power cut
    /// perhaps. A later durable write, [`Replica::flush`], or giving it away makes it durable.
    Buffered,
}

/// What is buffered was not made durable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FlushError {
    /// The disk failed, now or earlier. Open the dataset again.
    #[error("what is buffered could not be made durable: {0}")]
    Store(#[from] AppendError),
}

impl Replica {
    /// Writes like [`Replica::write`], and returns once what `durability` says holds.
    ///
    /// ```
    /// # use woodland::{Durability, Record, Replica, define};
    /// # #[derive(Record)]
    /// # struct Note { title: String }
    /// # let replica = Replica::in_memory(&define().record::<Note>().model()?, 1)?;
    /// for title in ["Trip", "Hike", "Walk"] {
    ///     replica.write_with(Durability::Buffered, |b| b.insert(&Note { title: title.into() }))?;
    /// }
    /// replica.flush()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`WriteError`] lists everything that is wrong with the batch.
    pub fn write_with<T>(
        &self,
        durability: Durability,
        closure: impl FnOnce(&mut Batch<'_>) -> T,
    ) -> Result<T, WriteError> {
        self.write_under(None, durability, closure)
    }

    /// Makes all durable that is visible now. Without anything buffered it does nothing.
    ///
    /// # Errors
    /// [`FlushError`].
    pub fn flush(&self) -> Result<(), FlushError> {
        self.flushed().map(drop)
    }

    /// The newest version that is durable: what may leave the process. It is what
    /// [`Replica::snapshot`] shows, without what is buffered on top.
    ///
    /// Whatever this crate gives away is durable. A program that takes commits or signatures out of
    /// a snapshot's log by itself, to send them, takes them from here, or flushes first.
    pub fn durable_snapshot(&self) -> Snapshot {
        self.0.current.durable().snapshot
    }

    /// The visible version, made durable. Takes no lock that a closure of `write` may be under.
    pub(crate) fn flushed(&self) -> Result<Snapshot, FlushError> {
        let Some(version) = self.0.current.buffered() else {
            return Ok(self.durable_snapshot());
        };
        let Version { snapshot, ticket, .. } = version.clone();
        if let (Some(store), Some(ticket)) = (self.0.store.get(), ticket) {
            self.kept(store.settle(ticket))?;
        }
        // It was shown already: there is nothing to tell.
        let _ = self.0.current.publish(version, Durability::Durable);
        Ok(snapshot)
    }
}
