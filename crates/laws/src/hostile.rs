//! Bytes that nobody sensible writes.
//!
//! **Invariants**
//! - Never longer than a few hundred bytes: what is hostile is what they claim.

use crate::random::Random;

/// Hostile bytes; where there is something sensible to spoil, mostly that, spoilt.
pub(crate) fn bytes(random: &mut Random, sensible: &[u8]) -> Vec<u8> {
    let mut bytes = sensible.to_vec();
    let at = random.below(bytes.len());
    match random.below(9) {
        0 => Vec::new(),
        1 => {
            let count = random.below(40);
            random.bytes(count)
        }
        2 => {
            // A tag that exists, and a length that does not.
            let tag = random.below(4) as u32;
            let mut huge = tag.to_le_bytes().to_vec();
            huge.extend((u64::MAX >> random.below(40)).to_le_bytes());
            huge.extend(bytes);
            huge
        }
        3 => {
            bytes.truncate(at);
            bytes
        }
        4 => {
            let count = 1 + random.below(8);
            bytes.extend(random.bytes(count));
            bytes
        }
        5 => {
            let spoilt = [0xff; 8];
            let end = bytes.len().min(at + 8);
            bytes[at..end].copy_from_slice(&spoilt[..end - at]);
            bytes
        }
        6 => {
            bytes.extend_from_within(at..);
            bytes
        }
        7 if !bytes.is_empty() => {
            bytes[at] = random.number() as u8;
            bytes
        }
        _ if !bytes.is_empty() => {
            bytes[at] ^= 1 << random.below(8);
            bytes
        }
        _ => vec![0xff; 1 + random.below(200)],
    }
}
