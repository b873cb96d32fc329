//! What was read of one file of segments: its header, and its bytes from some place on.
//!
//! **Invariants**
//! - No range of it panics: what is asked for and not there is empty.
//! - Where the disk gives out no byte stands a zero, and `gaps` says so.
//!
//! What this does not do: judge a byte.

use super::{read_range, segment_file_bytes, zeros};
use crate::disk::Disk;
use crate::limits::{READ_PIECE_BYTES, READS_FAILED_MAX};
use crate::problem::Problem;
use std::ops::Range;
use woodland_format::{FILE_HEADER_BYTES, Segment};

/// A file of segments, from `start` on.
pub(super) struct Content {
    /// As much of the header as is there.
    pub(super) header: Vec<u8>,
    /// Where `body` begins in the file.
    pub(super) start: u64,
    pub(super) body: Vec<u8>,
    /// Length of the whole file.
    pub(super) length: u64,
    /// Stretches of the file that the disk does not give out, ascending.
    pub(super) gaps: Vec<Range<u64>>,
}

impl Content {
    /// Reads the header, and all that lies from `start` on, which is behind it.
    pub(super) fn read(disk: &dyn Disk, name: &str, start: u64) -> Result<Self, Problem> {
        let length = segment_file_bytes(disk, name)?;
        let header = read_range(disk, name, 0, length.min(FILE_HEADER_BYTES as u64))?;
        let body = match length.checked_sub(start) {
            None | Some(0) => Vec::new(),
            Some(bytes) => read_range(disk, name, start, bytes)?,
        };
        Ok(Content { header, start, body, length, gaps: Vec::new() })
    }

    /// Reads what can be read, around what cannot.
    pub(super) fn read_around(disk: &dyn Disk, name: &str, start: u64) -> Result<Self, Problem> {
        let length = segment_file_bytes(disk, name)?;
        let mut bytes = zeros(name, length)?;
        let gaps = fill(disk, name, &mut bytes);
        let size = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let header = bytes[..size(FILE_HEADER_BYTES as u64)].to_vec();
        let body = bytes[size(start)..].to_vec();
        Ok(Content { header, start, body, length, gaps })
    }

    /// Whether the disk gave out all of this.
    pub(super) fn is_given(&self, stretch: &Range<u64>) -> bool {
        self.gaps.iter().all(|gap| gap.end <= stretch.start || stretch.end <= gap.start)
    }

    /// What lies before `end`, an offset in the file.
    pub(super) fn up_to(&self, end: u64) -> &[u8] {
        self.body.get(..self.index(end)).unwrap_or_default()
    }

    /// What lies from `offset` on.
    pub(super) fn from(&self, offset: u64) -> &[u8] {
        self.body.get(self.index(offset)..).unwrap_or_default()
    }

    /// The bytes of a segment that was read from it.
    pub(super) fn of(&self, segment: &Segment) -> &[u8] {
        let (start, end) = (segment.offset, segment.offset + segment.bytes);
        self.body.get(self.index(start)..self.index(end)).unwrap_or_default()
    }

    /// Where an offset in the file lies in the body, or the nearest end of it.
    fn index(&self, offset: u64) -> usize {
        let index = offset.saturating_sub(self.start);
        usize::try_from(index).unwrap_or(usize::MAX).min(self.body.len())
    }
}

/// Fills in what the disk gives out, halving what it does not, down to a piece; the stretches that
/// are left.
fn fill(disk: &dyn Disk, name: &str, bytes: &mut [u8]) -> Vec<Range<u64>> {
    let mut gaps: Vec<Range<u64>> = Vec::new();
    let whole = 0..bytes.len();
    let (mut waiting, mut failed) = (Vec::from([whole]), 0);
    while let Some(piece) = waiting.pop() {
        let (from, to) = (piece.start as u64, piece.end as u64);
        if failed < READS_FAILED_MAX {
            if disk.read_at(name, from, &mut bytes[piece.clone()]).is_ok() {
                continue;
            }
            failed += 1;
            if piece.len() > READ_PIECE_BYTES {
                let half = (piece.len() / 2).next_multiple_of(READ_PIECE_BYTES);
                waiting.extend([piece.start + half..piece.end, piece.start..piece.start + half]);
                continue;
            }
        }
        bytes[piece].fill(0);
        match gaps.last_mut() {
            Some(gap) if gap.end == from => gap.end = to,
            _ => gaps.push(from..to),
        }
    }
    gaps
}
