//! Heads: how far the store is acknowledged, in one file of two slots of which the newer valid
//! wins.
//!
//! ```text
//!  heads = slot 0, slot 1, 512 bytes each; generation g stands in slot g mod 2
//!
//!  slot  0           8            9           12               16         24           32
//!        "WOODHEAD"  format       0 0 0       crc32            generation file number acknowledged
//!                                                              u64        u64         bytes u64
//!
//!        40          48           80          112              120        152          512
//!        file bytes  dataset 32   root 32     layout           layout     0 …          end
//!        max u64                              number u64       hash 32
//! ```
//!
//! *acknowledged bytes* is a length of the file with that number, its header included. *root* is
//! `segment_root` folded over all segments from the first file's first to the end of those bytes,
//! begun with 32 zeros: over the history as it was appended, whatever was merged since.
//!
//! Format 1 names no layout and has zeros there, format 2 names one (see `layout`).
//!
//! **Invariants**
//! - A slot is written only after everything it speaks of is synced, and only over the older slot;
//!   a torn write therefore leaves the newer one.
//! - At creation both slots are written, so a slot that does not hold is always worth a word.
//!
//! What this does not do: tell a torn slot from a rotten one. If the newer slot rots, the older one
//! speaks; what it does not cover is read on as segments that were never acknowledged: nothing
//! whole is lost.

use crate::layout::LayoutName;
use crate::limits::{FILE_BYTES_MAX, FILE_NUMBER_MAX};
use crate::position::Position;
use crate::record::{self, HEADS_FORMAT, Magic, RecordError};
use woodland_format::{DatasetId, FILE_HEADER_BYTES};

/// Length of one slot.
pub const SLOT_BYTES: usize = 512;
/// Length of the file.
pub(crate) const HEADS_BYTES: usize = 2 * SLOT_BYTES;

const MAGIC: Magic = Magic(*b"WOODHEAD");

/// What a slot says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    /// Counts the writes of the record.
    pub generation: u64,
    /// The segment file that is appended to.
    pub file_number: u64,
    /// How many of that file's bytes are acknowledged, its header included.
    pub acknowledged_bytes: u64,
    /// From this length on, a file is followed by another.
    pub segment_file_bytes_max: u64,
    /// Whose segments these are.
    pub dataset: DatasetId,
    /// The root over all segments up to there, as they were appended.
    pub root: [u8; 32],
    /// Which files stand for the first part of them; `None` while nothing was merged.
    pub layout: Option<LayoutName>,
}

impl Heads {
    /// Which slot this generation stands in.
    pub fn slot(&self) -> usize {
        usize::from(self.generation % 2 == 1)
    }

    /// Up to where all is acknowledged.
    pub fn position(&self) -> Position {
        Position { file_number: self.file_number, bytes: self.acknowledged_bytes, root: self.root }
    }

    /// These heads, but that all up to `end` is acknowledged.
    pub(crate) fn at(&self, end: Position) -> Heads {
        let Position { file_number, bytes: acknowledged_bytes, root } = end;
        Heads { file_number, acknowledged_bytes, root, ..*self }
    }

    pub(crate) fn offset(&self) -> u64 {
        (self.slot() * SLOT_BYTES) as u64
    }

    pub(crate) fn encode(&self) -> [u8; SLOT_BYTES] {
        let mut body = Vec::with_capacity(SLOT_BYTES);
        body.extend_from_slice(&self.generation.to_le_bytes());
        body.extend_from_slice(&self.file_number.to_le_bytes());
        body.extend_from_slice(&self.acknowledged_bytes.to_le_bytes());
        body.extend_from_slice(&self.segment_file_bytes_max.to_le_bytes());
        body.extend_from_slice(&self.dataset.0);
        body.extend_from_slice(&self.root);
        let Some(LayoutName { number, hash }) = &self.layout else {
            return record::seal(MAGIC, &body);
        };
        body.extend_from_slice(&number.to_le_bytes());
        body.extend_from_slice(hash);
        record::seal_as(MAGIC, HEADS_FORMAT, &body)
    }

    /// Reads slot `slot` from `bytes`, which begin with it.
    pub(crate) fn decode(slot: usize, bytes: &[u8]) -> Result<Self, RecordError> {
        let (format, mut body) = record::unseal_as::<SLOT_BYTES>(MAGIC, HEADS_FORMAT, bytes)?;
        let mut heads = Heads {
            generation: body.u64(),
            file_number: body.u64(),
            acknowledged_bytes: body.u64(),
            segment_file_bytes_max: body.u64(),
            dataset: DatasetId(body.array()),
            root: body.array(),
            layout: None,
        };
        if format == HEADS_FORMAT {
            heads.layout = Some(LayoutName { number: body.u64(), hash: body.array() });
        }
        let Heads { generation, file_number: number, acknowledged_bytes: bytes, .. } = heads;
        let wrong = |what, expected, found| Err(RecordError::Value { what, expected, found });
        if heads.slot() != slot {
            return wrong("the slot of its generation", slot as u64, heads.slot() as u64);
        }
        if generation == u64::MAX {
            return wrong("the generation", u64::MAX - 1, generation);
        }
        if !(1..=FILE_NUMBER_MAX).contains(&number) {
            return wrong("the file number", number.clamp(1, FILE_NUMBER_MAX), number);
        }
        let least = FILE_HEADER_BYTES as u64;
        if !(least..=FILE_BYTES_MAX).contains(&bytes) {
            return wrong("the acknowledged length", bytes.clamp(least, FILE_BYTES_MAX), bytes);
        }
        Ok(heads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_with_a_number_that_no_writer_writes_is_refused() {
        let heads = Heads {
            generation: 4,
            file_number: 2,
            acknowledged_bytes: 48,
            segment_file_bytes_max: 1,
            dataset: DatasetId([1; 32]),
            root: [2; 32],
            layout: None,
        };
        assert_eq!(Heads::decode(0, &heads.encode()), Ok(heads));
        let layout = Some(LayoutName { number: 7, hash: [3; 32] });
        let merged = Heads { layout, ..heads };
        assert_eq!(Heads::decode(0, &merged.encode()), Ok(merged));
        assert_eq!((heads.encode()[8], merged.encode()[8]), (1, 2));
        let refused = |heads: Heads, slot| match Heads::decode(slot, &heads.encode()) {
            Err(RecordError::Value { what, .. }) => what,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(heads, 1), "the slot of its generation");
        assert_eq!(refused(Heads { generation: u64::MAX, ..heads }, 1), "the generation");
        for file_number in [0, FILE_NUMBER_MAX + 1, u64::MAX] {
            assert_eq!(refused(Heads { file_number, ..heads }, 0), "the file number");
        }
        for acknowledged_bytes in [0, 47, FILE_BYTES_MAX + 1, u64::MAX] {
            let heads = Heads { acknowledged_bytes, ..heads };
            assert_eq!(refused(heads, 0), "the acknowledged length");
        }
    }
}
