//! The store: takes sealed segments and makes them durable before it says so, for many callers at
//! once.
//!
//! **Invariants**
//! - What `settle`, `flush` or `append` let pass survives a power cut; what `hand_over` let pass
//!   survives the end of the process. Both are prefixes of what was staged.
//! - After a failed write or sync nothing is tried again through this handle: which bytes are on
//!   the disk is unknown then, and only reading them anew tells.
//! - One caller alone makes the same calls to the disk every time.
//!
//! What this does not do: know what a segment means, or whether its commits belong to the log.

use crate::disk::{Disk, DiskError, LockGuard};
use crate::heads::Heads;
use crate::limits::{APPEND_BYTES_MAX, QUEUE_BYTES_MAX};
use crate::position::Position;
use crate::queue::{Append, Progress, Ticket, Turns};
use crate::writer::Writer;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use woodland_format::{Damage, DatasetId, Found, read_segments};

/// An open dataset directory. Holds its lock. Any number of threads may use it at once.
#[derive(Debug)]
pub struct Store {
    disk: Arc<dyn Disk>,
    dataset: DatasetId,
    turns: Turns,
    /// Held by whoever merges.
    maintenance: Mutex<()>,
    _lock: Box<dyn LockGuard>,
}

/// Segments were not appended, or it is not known whether they were.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The caller's mistake: bytes that are not one whole segment of this dataset. Nothing is
    /// written.
    #[error(
        "item {index} is not one whole segment of this dataset: {reason}; pass each segment alone"
    )]
    NotASegment {
        /// Which of the given ones.
        index: usize,
        /// What it is instead.
        reason: NotASegment,
    },
    /// The caller's mistake: more than one append may carry. Nothing is written.
    #[error(
        "an append of {found} bytes, the limit is {APPEND_BYTES_MAX}: append fewer segments at once"
    )]
    TooLarge {
        /// How many bytes were given.
        found: u64,
    },
    /// The caller's mistake: more is staged than may wait. Nothing of this is.
    #[error(
        "{queued} bytes wait for the disk, the limit is {QUEUE_BYTES_MAX}: settle or hand over \
         what is staged, then stage this again"
    )]
    QueueFull {
        /// How many bytes wait.
        queued: u64,
    },
    /// An earlier append failed.
    #[error(
        "an earlier write failed and what of it is on the disk is unknown: open the store again"
    )]
    Poisoned,
    /// The disk failed. Whether the segments are there, opening again tells.
    #[error("{0}; the store takes no more writes: open it again")]
    Disk(#[source] DiskError),
}

/// Why bytes are not one segment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotASegment {
    /// No bytes.
    #[error("it is empty")]
    Empty,
    /// Damaged, or of another dataset.
    #[error(transparent)]
    Damaged(Box<Damage>),
    /// More bytes than the first segment.
    #[error("after the first segment's {whole} bytes there are {more} more")]
    MoreFollows {
        /// Length of the first segment.
        whole: u64,
        /// What follows.
        more: u64,
    },
}

/// How far segments are to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Handed,
    Settled,
}

impl Store {
    /// The store whose files have come as far as `writer`.
    pub(crate) fn resume(disk: Arc<dyn Disk>, lock: Box<dyn LockGuard>, writer: Writer) -> Self {
        let dataset = writer.heads().dataset;
        Store { disk, dataset, turns: Turns::new(writer), maintenance: Mutex::new(()), _lock: lock }
    }

    pub(crate) fn disk(&self) -> &dyn Disk {
        self.disk.as_ref()
    }

    pub(crate) fn is_poisoned(&self) -> bool {
        self.turns.progress().is_poisoned
    }

    pub(crate) fn maintenance(&self) -> MutexGuard<'_, ()> {
        self.maintenance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose segments it holds.
    pub fn dataset(&self) -> DatasetId {
        self.dataset
    }

    /// How far it is acknowledged.
    pub fn heads(&self) -> Heads {
        self.turns.progress().heads
    }

    /// How far it is durable.
    pub fn position(&self) -> Position {
        self.heads().position()
    }

    /// Takes segments into the queue, in this order and behind all that were staged before. They
    /// are checked; nothing is on the disk yet. All of one call go into one file.
    ///
    /// # Errors
    /// [`AppendError`], and then nothing was staged.
    pub fn stage(&self, segments: Vec<Vec<u8>>) -> Result<Ticket, AppendError> {
        if self.turns.progress().is_poisoned {
            return Err(AppendError::Poisoned);
        }
        let bytes = segments.iter().map(|segment| segment.len() as u64).sum();
        if bytes > APPEND_BYTES_MAX {
            return Err(AppendError::TooLarge { found: bytes });
        }
        for (index, segment) in segments.iter().enumerate() {
            check_segment(self.dataset, segment)
                .map_err(|reason| AppendError::NotASegment { index, reason })?;
        }
        if segments.is_empty() {
            return Ok(Ticket(0));
        }
        let mut progress = self.turns.progress();
        let queued = progress.queued_bytes;
        if queued > 0 && queued + bytes > QUEUE_BYTES_MAX {
            return Err(AppendError::QueueFull { queued });
        }
        if progress.is_poisoned {
            return Err(AppendError::Poisoned);
        }
        Ok(progress.push(Append { segments, bytes }))
    }

    /// Returns when all that was staged up to the ticket is durable. Whoever comes first writes and
    /// syncs for everybody, once; the others wait.
    ///
    /// # Errors
    /// `Disk` for the one whose act failed, `Poisoned` for all others whose segments are not known
    /// to be durable. Only then may a part of them be there, and that is a prefix.
    pub fn settle(&self, ticket: Ticket) -> Result<(), AppendError> {
        self.bring(ticket, Reach::Settled)
    }

    /// Gives all that was staged up to the ticket to the system, without a sync: it survives the
    /// end of this process, not a power cut. [`Store::flush`] makes it durable; so does whoever
    /// settles a later ticket, and closing. Where the file is full, what is in it is made durable
    /// before the next is begun.
    ///
    /// # Errors
    /// As for [`Store::settle`].
    pub fn hand_over(&self, ticket: Ticket) -> Result<(), AppendError> {
        self.bring(ticket, Reach::Handed)
    }

    /// Makes all that was staged or handed over durable.
    ///
    /// # Errors
    /// As for [`Store::settle`].
    pub fn flush(&self) -> Result<(), AppendError> {
        let staged = Ticket(self.turns.progress().staged);
        self.settle(staged)
    }

    /// Appends segments, in this order. When it returns, they are durable. All of one append go
    /// into one file.
    ///
    /// # Errors
    /// [`AppendError`]; only after `Disk` may a part of the segments be there, and then it is a
    /// prefix.
    pub fn append(&self, segments: &[Vec<u8>]) -> Result<(), AppendError> {
        let ticket = self.stage(segments.to_vec())?;
        self.settle(ticket)
    }

    fn bring(&self, ticket: Ticket, to: Reach) -> Result<(), AppendError> {
        let mut progress = self.turns.progress();
        loop {
            if progress.settled >= ticket.0 {
                return Ok(());
            }
            if progress.is_poisoned {
                return Err(AppendError::Poisoned);
            }
            #[cfg(planted)]
            if woodland_format::planted::is("handed-over-counts-as-durable") {
                if progress.handed >= ticket.0 {
                    return Ok(());
                }
            }
            if to == Reach::Handed && progress.handed >= ticket.0 {
                return Ok(());
            }
            if !progress.is_free() {
                progress = self.turns.wait(progress);
                continue;
            }
            progress = self.bring_group(progress, to)?;
        }
    }

    /// Brings the next group, and in front of it all that was handed over, as far as `to`.
    fn bring_group<'a>(
        &'a self,
        mut progress: MutexGuard<'a, Progress>,
        to: Reach,
    ) -> Result<MutexGuard<'a, Progress>, AppendError> {
        let group = progress.take_group();
        let (mut progress, result) = self.turns.turn(progress, self.disk(), |writer| {
            if !group.is_empty() {
                let segments = group.iter().flat_map(|append| &append.segments);
                writer.put(self.disk(), segments.map(Vec::as_slice))?;
            }
            if to == Reach::Settled { writer.settle(self.disk()) } else { Ok(()) }
        });
        #[cfg(planted)]
        if result.is_err() && woodland_format::planted::is("poison-forgotten") {
            progress.handed += group.len() as u64;
        }
        result.map_err(AppendError::Disk)?;
        progress.handed += group.len() as u64;
        if to == Reach::Settled {
            progress.settled = progress.handed;
        }
        Ok(progress)
    }

    /// Does something to the disk when nobody else does; the store is poisoned unless it succeeds.
    pub(crate) fn alone<T>(
        &self,
        act: impl FnOnce(&mut Writer) -> Result<T, DiskError>,
    ) -> Result<T, TurnError> {
        let mut progress = self.turns.progress();
        while !progress.is_poisoned && !progress.is_free() {
            progress = self.turns.wait(progress);
        }
        if progress.is_poisoned {
            return Err(TurnError::Poisoned);
        }
        self.turns.turn(progress, self.disk(), act).1.map_err(TurnError::Disk)
    }
}

/// Something was not done to the disk.
pub(crate) enum TurnError {
    Poisoned,
    Disk(DiskError),
}

impl Drop for Store {
    fn drop(&mut self) {
        let progress = self.turns.progress();
        let (handed, settled, is_poisoned) =
            (progress.handed, progress.settled, progress.is_poisoned);
        drop(progress);
        if handed == settled || is_poisoned {
            return;
        }
        if let Err(error) = self.settle(Ticket(handed)) {
            tracing::error!(%error, "what was handed over to the system may not be on the disk");
        }
    }
}

/// What is appended is what opening will read: nothing enters that could not come out again.
fn check_segment(dataset: DatasetId, bytes: &[u8]) -> Result<(), NotASegment> {
    match read_segments(dataset, bytes, 0).next() {
        None => Err(NotASegment::Empty),
        Some(Found { segment: Some(segment), damage: None }) => {
            let more = bytes.len() as u64 - segment.bytes;
            match more {
                0 => Ok(()),
                more => Err(NotASegment::MoreFollows { whole: segment.bytes, more }),
            }
        }
        Some(Found { damage: Some(damage), .. }) => Err(NotASegment::Damaged(Box::new(damage))),
        Some(Found { segment: None, damage: None }) => Err(NotASegment::Empty),
    }
}
