//! Packing: rows as they travel, deflated (RFC 1951) where that saves something.
//!
//! **Invariants**
//! - What is unpacked has exactly the length that was said, and no more room is made than that.
//! - Who says a length is held to it before anything is unpacked: the credit is for that length.
//!
//! What this does not do: choose how much is sent.

use crate::message::Stretch;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use std::borrow::Cow;

/// Fewer bytes are not worth the tables that packing takes, some 320 KiB.
const BYTES_LEAST: usize = 512;
/// Fast, and half of what there is to gain; a higher one gains little on rows.
const LEVEL: u8 = 6;

/// The rows, packed or not, and their length where they are.
pub(crate) fn pack(rows: Vec<u8>) -> (Vec<u8>, Option<u64>) {
    if rows.len() < BYTES_LEAST {
        return (rows, None);
    }
    let packed = compress_to_vec(&rows, LEVEL);
    // An eighth, or it is not worth the other side's time.
    match packed.len() < rows.len() - rows.len() / 8 {
        true => (packed, Some(rows.len() as u64)),
        false => (rows, None),
    }
}

impl Stretch {
    /// How long its rows are, unpacked: what they take of the credit.
    pub fn length(&self) -> u64 {
        self.unpacked.unwrap_or(self.rows.len() as u64)
    }

    /// Its rows; none where they are not what they are said to be.
    pub(crate) fn unpack(&self) -> Option<Cow<'_, [u8]>> {
        let Some(length) = self.unpacked else { return Some(Cow::Borrowed(&self.rows)) };
        let limit = usize::try_from(length).ok()?;
        let rows = decompress_to_vec_with_limit(&self.rows, limit).ok()?;
        (rows.len() == limit).then_some(Cow::Owned(rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{AuthorRef, Introduced};

    fn stretch(rows: Vec<u8>, unpacked: Option<u64>) -> Stretch {
        let author = AuthorRef { number: 0, introduced: Introduced::Before };
        let (first_seq, previous, commits, is_new) = (0, None, 1, false);
        Stretch { author, first_seq, previous, commits, is_new, unpacked, rows }
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let plain: Vec<u8> = (0..5_000_u32).flat_map(|at| (at / 7).to_le_bytes()).collect();
        for rows in [Vec::new(), vec![7; 100], vec![7; 70_000], plain] {
            let (packed, length) = pack(rows.clone());
            assert!(packed.len() <= rows.len());
            let stretch = stretch(packed, length);
            assert_eq!(stretch.length(), rows.len() as u64);
            assert_eq!(stretch.unpack().as_deref(), Some(rows.as_slice()));
        }
    }

    #[test]
    fn a_length_that_is_not_the_true_one_unpacks_to_nothing() {
        let (packed, length) = pack(vec![7; 70_000]);
        let length = length.expect("it is packed");
        for wrong in [0, 1, length - 1, length + 1, u64::MAX] {
            assert_eq!(stretch(packed.clone(), Some(wrong)).unpack(), None, "{wrong}");
        }
        for end in [0, 1, packed.len() / 2, packed.len() - 1] {
            assert_eq!(stretch(packed[..end].to_vec(), Some(length)).unpack(), None, "{end}");
        }
    }
}
