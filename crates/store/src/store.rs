//! The store: appends sealed segments and makes them durable before it says so.
//!
//! ```text
//!  append:      write segments ─ sync file ─ write the older slot of heads ─ sync heads ─
//!  acknowledged begin file:  write `closed` ─ sync ─ create the file ─ write its header ─ sync ─
//!  sync its folder
//! ```
//!
//! **Invariants**
//! - `heads` never speaks of a byte or a name that is not synced.
//! - After a failed write or sync nothing is tried again through this handle: which bytes are on
//!   the disk is unknown then, and only reading them anew tells.
//! - A slot that this handle only read is written again, unchanged, before the first flip: the sync
//!   of whoever wrote it may have failed, and then memory shows what the disk does not have.
//!
//! What this does not do: know what a segment means, or whether its commits belong to the log.

use crate::closed::Closed;
use crate::disk::{Access, Disk, DiskError, LockGuard};
use crate::heads::Heads;
use crate::limits::APPEND_BYTES_MAX;
use crate::names;
use std::sync::Arc;
use woodland_format::{
    Damage, DatasetId, FILE_HEADER_BYTES, FileHeader, Found, Purpose, read_segments, segment_root,
};

/// An open dataset directory. Holds its lock.
#[derive(Debug)]
pub struct Store {
    disk: Arc<dyn Disk>,
    heads: Heads,
    condition: Condition,
    _lock: Box<dyn LockGuard>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    /// The newest slot was read, not written, by this handle.
    Read,
    /// The newest slot is durable.
    Settled,
    /// A write or a sync failed.
    Poisoned,
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

impl Store {
    /// The store that stands where `heads` say, read from the disk.
    pub(crate) fn resume(disk: Arc<dyn Disk>, lock: Box<dyn LockGuard>, heads: Heads) -> Self {
        Store { disk, heads, condition: Condition::Read, _lock: lock }
    }

    pub(crate) fn disk(&self) -> &dyn Disk {
        self.disk.as_ref()
    }

    pub(crate) fn is_poisoned(&self) -> bool {
        self.condition == Condition::Poisoned
    }

    /// Whose segments it holds.
    pub fn dataset(&self) -> DatasetId {
        self.heads.dataset
    }

    /// How far it is acknowledged.
    pub fn heads(&self) -> &Heads {
        &self.heads
    }

    /// Appends segments, in this order. When it returns, they are durable. All of one append go
    /// into one file.
    ///
    /// # Errors
    /// [`AppendError`]; only after `Disk` may a part of the segments be there, and then it is a
    /// prefix.
    pub fn append(&mut self, segments: &[Vec<u8>]) -> Result<(), AppendError> {
        if self.is_poisoned() {
            return Err(AppendError::Poisoned);
        }
        let found = segments.iter().map(|segment| segment.len() as u64).sum();
        if found > APPEND_BYTES_MAX {
            return Err(AppendError::TooLarge { found });
        }
        for (index, segment) in segments.iter().enumerate() {
            check_segment(self.heads.dataset, segment)
                .map_err(|reason| AppendError::NotASegment { index, reason })?;
        }
        if segments.is_empty() {
            return Ok(());
        }
        self.guarded(|store| store.write(segments)).map_err(AppendError::Disk)
    }

    /// Does something to the disk; the store is poisoned unless it succeeds.
    pub(crate) fn guarded(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<(), DiskError>,
    ) -> Result<(), DiskError> {
        let before = std::mem::replace(&mut self.condition, Condition::Poisoned);
        if before == Condition::Read {
            self.write_slot()?;
        }
        act(self)?;
        self.condition = Condition::Settled;
        Ok(())
    }

    fn write(&mut self, segments: &[Vec<u8>]) -> Result<(), DiskError> {
        let mut next = self.heads;
        let holds_segments = next.acknowledged_bytes > FILE_HEADER_BYTES as u64;
        if holds_segments && next.acknowledged_bytes >= next.segment_file_bytes_max {
            self.close_file()?;
            next.file_number += 1;
            next.acknowledged_bytes = FILE_HEADER_BYTES as u64;
            begin_file(self.disk.as_ref(), next.dataset, next.file_number)?;
        }
        let name = names::segment_file(next.file_number);
        let bytes = segments.concat();
        self.disk.write_at(&name, next.acknowledged_bytes, &bytes)?;
        self.disk.sync(&name)?;
        next.acknowledged_bytes += bytes.len() as u64;
        next.root = segments.iter().fold(next.root, |root, segment| segment_root(&root, segment));
        self.flip(next)
    }

    /// Makes the record of the current file, all of which is acknowledged, durable.
    pub(crate) fn close_file(&self) -> Result<(), DiskError> {
        let Heads { file_number: number, acknowledged_bytes: bytes, root, .. } = self.heads;
        let record = Closed { number, bytes, root }.encode();
        self.disk.write_at(names::CLOSED, Closed::offset(number), &record)?;
        self.disk.sync(names::CLOSED)
    }

    /// Acknowledges what `next` says, all of which must be durable.
    pub(crate) fn flip(&mut self, next: Heads) -> Result<(), DiskError> {
        self.heads = Heads { generation: self.heads.generation + 1, ..next };
        self.write_slot()
    }

    fn write_slot(&self) -> Result<(), DiskError> {
        self.disk.write_at(names::HEADS, self.heads.offset(), &self.heads.encode())?;
        self.disk.sync(names::HEADS)
    }
}

/// Creates segment file `number` with its header, durable with its name.
pub(crate) fn begin_file(
    disk: &dyn Disk,
    dataset: DatasetId,
    number: u64,
) -> Result<(), DiskError> {
    let name = names::segment_file(number);
    let header = FileHeader { purpose: Purpose::Store, dataset };
    disk.create_file(&name, Access::Shared)?;
    disk.write_at(&name, 0, &header.encode())?;
    disk.sync(&name)?;
    disk.sync_folder(names::SEGMENTS)
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
