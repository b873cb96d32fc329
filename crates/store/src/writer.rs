//! The writer: what is done to the files by one caller at a time, and how far that has come.
//!
//! ```text
//!  put:    [ roll ] write segments
//!  settle: sync the file ─ write the older slot of heads ─ sync heads            acknowledged
//!  roll:   settle ─ write `closed` ─ sync ─ create the file ─ write its header ─ sync ─ sync its
//!          folder
//! ```
//!
//! **Invariants**
//! - `heads` never speaks of a byte or a name that is not synced; `end` is at or behind where heads
//!   end, in the same file or, at its beginning, the next.
//! - A file is begun only when all of the one before is acknowledged.
//! - A slot that this handle only read is written again, unchanged, before anything else: the sync
//!   of whoever wrote it may have failed, and then memory shows what the disk does not have.
//!
//! What this does not do: decide who writes when, or go on after a failure; whoever holds it stops.

use crate::closed::Closed;
use crate::disk::{Access, Disk, DiskError};
use crate::heads::Heads;
use crate::names;
use crate::position::Position;
use woodland_format::{DatasetId, FILE_HEADER_BYTES, FileHeader, Purpose, segment_root};

/// How far the files have come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer {
    /// What the newest slot says.
    heads: Heads,
    /// Up to where segments were given to the system.
    end: Position,
    slot: Slot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// The newest slot was read, not written, by this handle.
    Read,
    /// The newest slot is durable.
    Written,
}

impl Writer {
    /// The writer that stands where `heads` say, read from the disk.
    pub(crate) fn resume(heads: Heads) -> Self {
        Writer { heads, end: heads.position(), slot: Slot::Read }
    }

    pub(crate) fn heads(&self) -> &Heads {
        &self.heads
    }

    /// How long the file will be before the next segment is written to it.
    pub(crate) fn next_offset(&self) -> u64 {
        if self.is_full() { FILE_HEADER_BYTES as u64 } else { self.end.bytes }
    }

    fn is_full(&self) -> bool {
        let holds_segments = self.end.bytes > FILE_HEADER_BYTES as u64;
        holds_segments && self.end.bytes >= self.heads.segment_file_bytes_max
    }

    /// Writes the newest slot again, where this handle has not written it. Its name is synced
    /// first: whoever made the directory may have ended between the renaming and the sync of it.
    pub(crate) fn own_slot(&mut self, disk: &dyn Disk) -> Result<(), DiskError> {
        if self.slot == Slot::Read {
            #[cfg(planted)]
            if woodland_format::planted::is("slot-not-written-again") {
                self.slot = Slot::Written;
                return disk.sync_folder("");
            }
            #[cfg(planted)]
            if woodland_format::planted::is("heads-name-not-synced") {
                self.slot = Slot::Written;
                return self.write_slot(disk);
            }
            disk.sync_folder("")?;
            self.write_slot(disk)?;
            self.slot = Slot::Written;
        }
        Ok(())
    }

    /// Gives segments to the system, all into one file.
    pub(crate) fn put<'a>(
        &mut self,
        disk: &dyn Disk,
        segments: impl Iterator<Item = &'a [u8]> + Clone,
    ) -> Result<(), DiskError> {
        if self.is_full() {
            self.settle(disk)?;
            self.roll(disk)?;
        }
        let mut bytes = Vec::with_capacity(segments.clone().map(<[u8]>::len).sum());
        for segment in segments {
            bytes.extend_from_slice(segment);
            self.end.root = segment_root(&self.end.root, segment);
        }
        let written =
            disk.write_at(&names::segment_file(self.end.file_number), self.end.bytes, &bytes);
        #[cfg(planted)]
        if woodland_format::planted::is("full-disk-ignored") {
            self.end.bytes += bytes.len() as u64;
            return match written {
                Err(error) if error.kind() != std::io::ErrorKind::StorageFull => Err(error),
                _ => Ok(()),
            };
        }
        written?;
        self.end.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Makes all that was put durable, and acknowledges it.
    pub(crate) fn settle(&mut self, disk: &dyn Disk) -> Result<(), DiskError> {
        if self.end == self.heads.position() {
            return Ok(());
        }
        #[cfg(planted)]
        if woodland_format::planted::is("acknowledged-before-sync") {
            self.heads = self.heads.at(self.end);
            return Ok(());
        }
        #[cfg(planted)]
        if woodland_format::planted::is("flipped-before-sync") {
            self.flip(disk, self.heads.at(self.end))?;
            return disk.sync(&names::segment_file(self.end.file_number));
        }
        #[cfg(planted)]
        if woodland_format::planted::is("failed-sync-tried-again") {
            let name = names::segment_file(self.end.file_number);
            disk.sync(&name).or_else(|_| disk.sync(&name))?;
            return self.flip(disk, self.heads.at(self.end));
        }
        disk.sync(&names::segment_file(self.end.file_number))?;
        self.flip(disk, self.heads.at(self.end))
    }

    /// Closes the current file, all of which is acknowledged, and begins the next.
    fn roll(&mut self, disk: &dyn Disk) -> Result<(), DiskError> {
        self.close_file(disk)?;
        self.end.file_number += 1;
        self.end.bytes = FILE_HEADER_BYTES as u64;
        begin_file(disk, self.heads.dataset, self.end.file_number)
    }

    /// Makes the record of the file that heads name, all of which is acknowledged, durable.
    pub(crate) fn close_file(&self, disk: &dyn Disk) -> Result<(), DiskError> {
        let Position { file_number: number, bytes, root } = self.heads.position();
        let record = Closed { number, bytes, root }.encode();
        disk.write_at(names::CLOSED, Closed::offset(number), &record)?;
        #[cfg(planted)]
        if woodland_format::planted::is("closed-not-synced") {
            return Ok(());
        }
        disk.sync(names::CLOSED)
    }

    /// Makes `next` what heads say, all of which must be durable.
    pub(crate) fn flip(&mut self, disk: &dyn Disk, next: Heads) -> Result<(), DiskError> {
        self.heads = Heads { generation: self.heads.generation + 1, ..next };
        self.write_slot(disk)
    }

    /// Acknowledges what opening found whole, all of which must be durable, and goes on behind it.
    pub(crate) fn acknowledge(&mut self, disk: &dyn Disk, end: Position) -> Result<(), DiskError> {
        self.end = end;
        self.flip(disk, self.heads.at(end))
    }

    fn write_slot(&self, disk: &dyn Disk) -> Result<(), DiskError> {
        disk.write_at(names::HEADS, self.heads.offset(), &self.heads.encode())?;
        disk.sync(names::HEADS)
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
    #[cfg(planted)]
    if woodland_format::planted::is("segment-name-not-synced") {
        return Ok(());
    }
    disk.sync_folder(names::SEGMENTS)
}
