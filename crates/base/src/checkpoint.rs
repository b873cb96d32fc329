//! The checkpoint record: which version rests in the pages.
//!
//! ```text
//!  0        4           8         16     24           32          40
//!  crc32    format u32  page u64  check  needed u64   added u64   covers …
//! ```
//!
//! **Invariants**
//! - A record that does not hold, or has another format, is none.
//! - `covers` is the owner's: the point of the log up to which the version was derived.
//!
//! What this does not do: say whether the log still has that point.

use woodland_page::PageRef;

/// Another format is derived anew.
const CHECKPOINT_FORMAT: u32 = 1;

/// A version at rest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checkpoint {
    /// The page that all others are reached from.
    pub root: PageRef,
    /// What the owner said of it.
    pub covers: Vec<u8>,
}

/// A checkpoint, and what is known of the pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) checkpoint: Checkpoint,
    /// How many pages were needed when pages were collected last.
    pub(crate) needed: u64,
    /// How many were added since.
    pub(crate) added: u64,
}

impl Record {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let Checkpoint { root, covers } = &self.checkpoint;
        let mut bytes = vec![0; 4];
        bytes.extend_from_slice(&CHECKPOINT_FORMAT.to_le_bytes());
        for number in [root.page, root.check, self.needed, self.added] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(covers);
        let sum = crc32fast::hash(&bytes[4..]);
        bytes[..4].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (sum, rest) = bytes.split_first_chunk::<4>()?;
        (u32::from_le_bytes(*sum) == crc32fast::hash(rest)).then_some(())?;
        let (format, mut rest) = rest.split_first_chunk::<4>()?;
        (u32::from_le_bytes(*format) == CHECKPOINT_FORMAT).then_some(())?;
        let mut number = || {
            let (number, after) = rest.split_first_chunk::<8>()?;
            rest = after;
            Some(u64::from_le_bytes(*number))
        };
        let (page, check, needed, added) = (number()?, number()?, number()?, number()?);
        let (root, covers) = (PageRef { page, check }, rest.to_vec());
        Some(Record { checkpoint: Checkpoint { root, covers }, needed, added })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_and_no_flipped_bit_of_it_does() {
        let root = PageRef { page: 7, check: 1 << 60 };
        let checkpoint = Checkpoint { root, covers: b"up to here".to_vec() };
        let record = Record { checkpoint, needed: 3, added: 4 };
        let bytes = record.encode();
        assert_eq!(Record::decode(&bytes), Some(record));
        for bit in 0..bytes.len() * 8 {
            let mut bent = bytes.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Record::decode(&bent), None, "bit {bit}");
        }
        assert_eq!(Record::decode(&bytes[..20]), None);
    }
}
