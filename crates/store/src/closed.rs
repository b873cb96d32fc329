//! What is known of the segment files that are no longer appended to.
//!
//! ```text
//!  closed = record of file 1, record of file 2, …, 64 bytes each
//!
//!  record  0          8       9     12     16          24         32    64
//!          "WOODDONE" format  0 0 0 crc32  number u64  bytes u64  root
//! ```
//!
//! **Invariants**
//! - The record of file n stands at byte 64 (n - 1) and is durable before heads name a later file.
//! - *root* is the running root (see `heads`) at the end of that file.
//! - A record at or past the file that heads name says nothing: it is left from a cut and written
//!   over.
//!
//! What this does not do: hold what the segments say. They can be checked without it, from the
//! first file on; it names the file that is wrong.

use crate::record::{self, Magic, RecordError};

/// Length of one record.
pub(crate) const CLOSED_BYTES: usize = 64;

const MAGIC: Magic = Magic(*b"WOODDONE");

/// What is known of one closed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed {
    pub(crate) number: u64,
    pub(crate) bytes: u64,
    pub(crate) root: [u8; 32],
}

impl Closed {
    /// Where the record of file `number` stands.
    pub(crate) fn offset(number: u64) -> u64 {
        (number - 1) * CLOSED_BYTES as u64
    }

    pub(crate) fn encode(&self) -> [u8; CLOSED_BYTES] {
        let mut body = Vec::with_capacity(CLOSED_BYTES);
        body.extend_from_slice(&self.number.to_le_bytes());
        body.extend_from_slice(&self.bytes.to_le_bytes());
        body.extend_from_slice(&self.root);
        record::seal(MAGIC, &body)
    }

    /// Reads the record of file `number` from `bytes`, which begin with it.
    pub(crate) fn decode(number: u64, bytes: &[u8]) -> Result<Self, RecordError> {
        let mut body = record::unseal::<CLOSED_BYTES>(MAGIC, bytes)?;
        let closed = Closed { number: body.u64(), bytes: body.u64(), root: body.array() };
        if closed.number != number {
            let (expected, found) = (number, closed.number);
            return Err(RecordError::Value { what: "the file number", expected, found });
        }
        Ok(closed)
    }
}
