//! Memory: what a peer is known to hold, as bytes that a program keeps until they meet again.
//!
//! ```text
//!  memory   1 u8, dataset 32, author 32, count u8, heads (32 each), check 8
//! ```
//!
//! **Invariants**
//! - It names commits of which the peer has shown that it holds them durably, with their past, and
//!   that were durable here: who sent them, told of them, or said that what was sent is durable.
//! - It has a bounded length and one form; bytes that are none, or are damaged, are no memory.
//! - A wrong one costs bytes and a message: whoever hears of it says so, and is asked as a
//!   stranger.
//!
//! What this does not do: name whom it is about. The program knows with whom it connects.

use crate::bytes::Bytes;
use woodland_format::{AuthorKey, CommitId, DatasetId};
use woodland_log::{Log, Place};

/// So many heads are remembered; of more, the latest. What only others have in their past is sent
/// once more.
pub(crate) const HEADS_MAX: usize = 32;
const FORMAT: u8 = 1;
const CHECK_BYTES: usize = 8;

/// What a peer was known to hold. Made by `Hub::memory` and `Exchange::memory`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    pub(crate) dataset: DatasetId,
    /// Under which key the peer wrote.
    pub(crate) author: AuthorKey,
    /// Ascending; at least one.
    pub(crate) heads: Vec<CommitId>,
}

impl Memory {
    /// The most bytes that one has.
    pub const BYTES_MAX: usize = 2 + 32 + 32 + HEADS_MAX * CommitId::BYTES + CHECK_BYTES;

    /// The bytes of it.
    pub fn encode(&self) -> Vec<u8> {
        let mut to = vec![FORMAT];
        to.extend(self.dataset.0);
        to.extend(self.author.0);
        to.push(u8::try_from(self.heads.len()).expect("no more heads than are remembered"));
        self.heads.iter().for_each(|head| to.extend(head.0));
        to.extend(check(&to));
        to
    }

    /// The memory that these bytes are; none where they are of another release, or damaged.
    pub fn decode(bytes: &[u8]) -> Option<Memory> {
        let (held, found) = bytes.split_last_chunk::<CHECK_BYTES>()?;
        let mut from = Bytes::of(held);
        if check(held) != *found || from.byte().ok()? != FORMAT {
            return None;
        }
        let (dataset, author) = (DatasetId(from.array().ok()?), AuthorKey(from.array().ok()?));
        let count = usize::from(from.byte().ok()?);
        let is_count = (1..=HEADS_MAX).contains(&count);
        let mut heads = Vec::new();
        while is_count && heads.len() < count {
            heads.push(CommitId(from.array().ok()?));
        }
        let is_whole = is_count && from.is_empty() && heads.is_sorted_by(|one, next| one < next);
        is_whole.then_some(Memory { dataset, author, heads })
    }

    /// Where its heads are in this log, if they all are.
    pub(crate) fn places(&self, log: &Log) -> Option<Vec<Place>> {
        if self.dataset != log.dataset() {
            return None;
        }
        self.heads.iter().map(|head| log.place(head)).collect()
    }
}

/// Against damage, not against people: whoever writes them may write what it likes.
fn check(bytes: &[u8]) -> [u8; CHECK_BYTES] {
    let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(bytes).as_bytes();
    [a, b, c, d, e, f, g, h]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(heads: u8) -> Memory {
        let heads = (0..heads).map(|head| CommitId([head; 32])).collect();
        Memory { dataset: DatasetId([1; 32]), author: AuthorKey([2; 32]), heads }
    }

    #[test]
    fn it_comes_back_as_it_was() {
        for heads in [1, 2, HEADS_MAX as u8] {
            let bytes = memory(heads).encode();
            assert!(bytes.len() <= Memory::BYTES_MAX);
            assert_eq!(Memory::decode(&bytes), Some(memory(heads)));
        }
    }

    #[test]
    fn damaged_at_any_bit_it_is_none() {
        let bytes = memory(3).encode();
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Memory::decode(&damaged), None, "bit {bit}");
        }
        for end in 0..bytes.len() {
            assert_eq!(Memory::decode(&bytes[..end]), None, "cut at {end}");
        }
    }

    /// With a check that is right, what nobody writes is none all the same.
    #[test]
    fn what_nobody_writes_is_none() {
        let sealed = |mut bytes: Vec<u8>| {
            bytes.truncate(bytes.len() - CHECK_BYTES);
            bytes
        };
        let decode = |mut bytes: Vec<u8>| {
            bytes.extend(check(&bytes));
            Memory::decode(&bytes)
        };
        assert_eq!(decode(sealed(memory(3).encode())), Some(memory(3)));
        let mut foreign = sealed(memory(3).encode());
        foreign[0] = FORMAT + 1;
        let (none, many) = (sealed(memory(0).encode()), sealed(memory(33).encode()));
        let mut twice = memory(2);
        twice.heads[0] = twice.heads[1];
        let mut longer = sealed(memory(3).encode());
        longer.push(0);
        for bytes in [foreign, none, many, sealed(twice.encode()), longer] {
            assert_eq!(decode(bytes), None);
        }
    }
}
