//! A position: a point in the history of a store's appends, small enough to keep beside what was
//! derived up to there.
//!
//! ```text
//!  0          8       9     12     16           24         32    64
//!  "WOODPOSN" format  0 0 0 crc32  file number  bytes u64  root  end
//!                                  u64                     32
//! ```
//!
//! **Invariants**
//! - The root binds every segment before it: of two histories that differ anywhere before, no
//!   position of one is a position of the other.
//! - A position lies between two segments, never inside one.
//!
//! What this does not do: say what was derived, or stay of use once what lies behind it was merged.

use crate::record::{self, Magic, RecordError};

/// Length of an encoded position.
pub const POSITION_BYTES: usize = 64;

const MAGIC: Magic = Magic(*b"WOODPOSN");

/// A point in the history of a store's appends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The segment file in which it lies.
    pub file_number: u64,
    /// How many of that file's bytes lie before it, its header included.
    pub bytes: u64,
    /// The root over all segments before it.
    pub root: [u8; 32],
}

impl Position {
    /// Its bytes, sealed.
    pub fn encode(&self) -> [u8; POSITION_BYTES] {
        let mut body = Vec::with_capacity(POSITION_BYTES);
        body.extend_from_slice(&self.file_number.to_le_bytes());
        body.extend_from_slice(&self.bytes.to_le_bytes());
        body.extend_from_slice(&self.root);
        record::seal(MAGIC, &body)
    }

    /// Reads one back.
    ///
    /// # Errors
    /// [`RecordError`] for other bytes than [`Position::encode`] gave.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let mut body = record::unseal::<POSITION_BYTES>(MAGIC, bytes)?;
        Ok(Position { file_number: body.u64(), bytes: body.u64(), root: body.array() })
    }

    /// Where its file and its place in that lie, to compare positions of one history.
    pub(crate) fn place(&self) -> (u64, u64) {
        (self.file_number, self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_comes_back_and_no_bent_one_does() {
        let position = Position { file_number: 3, bytes: 77, root: [5; 32] };
        let bytes = position.encode();
        assert_eq!(Position::decode(&bytes), Ok(position));
        for bit in 0..POSITION_BYTES * 8 {
            let mut bent = bytes;
            bent[bit / 8] ^= 1 << (bit % 8);
            assert!(Position::decode(&bent).is_err(), "bit {bit}");
        }
        assert!(Position::decode(&bytes[..63]).is_err());
    }
}
