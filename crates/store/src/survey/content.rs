//! What was read of one file of segments: its header, and its bytes from some place on.
//!
//! **Invariants**
//! - No range of it panics: what is asked for and not there is empty.
//!
//! What this does not do: judge a byte.

use super::{read_range, segment_file_bytes};
use crate::disk::Disk;
use crate::problem::Problem;
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
        Ok(Content { header, start, body, length })
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
