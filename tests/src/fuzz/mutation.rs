//! Bends bytes without knowing what they are.
//!
//! **Invariants**
//! - An input stays below [`INPUT_BYTES_MAX`]: what is slow by its length alone says nothing.

use crate::histories::Rng;
use woodland_format::limits;

/// The longest input.
pub(crate) const INPUT_BYTES_MAX: usize = 128 * 1024;

const BYTES: [u8; 12] = [0, 1, 2, 3, 7, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xfe, 0xff];

/// Lengths at which something may go wrong: each limit, what is beside it, and the ends of types.
const LENGTHS: [u64; 14] = [
    limits::PARENTS_MAX as u64,
    limits::HEADER_BYTES_MAX as u64,
    limits::PAYLOAD_BYTES_MAX as u64,
    limits::OPS_MAX as u64,
    limits::OP_BYTES_MAX as u64,
    limits::SCHEMA_BYTES_MAX as u64,
    limits::TYPES_MAX as u64,
    limits::FIELDS_MAX as u64,
    limits::NAME_BYTES_MAX as u64,
    limits::CONFIG_BYTES_MAX as u64,
    limits::LIST_ITEMS_MAX as u64,
    limits::FRAME_BYTES_MAX as u64,
    limits::BLOCK_BYTES_TARGET as u64,
    limits::SEGMENT_COMMITS_MAX as u64,
];
const ENDS: [u64; 10] =
    [0, 1, 255, 1 << 16, (1 << 31) - 1, 1 << 31, u32::MAX as u64, 1 << 63, u64::MAX - 1, u64::MAX];

/// A length that decoders should be careful with; `near` is one that is true.
pub(crate) fn length(rng: &mut Rng, near: u64) -> u64 {
    match rng.below(4) {
        0 => near.wrapping_add(rng.below(5) as u64).wrapping_sub(2),
        1 => ENDS[rng.below(ENDS.len())],
        _ => LENGTHS[rng.below(LENGTHS.len())].wrapping_add(rng.below(3) as u64).wrapping_sub(1),
    }
}

/// Bends the bytes, once or a few times.
pub(crate) fn mutate(rng: &mut Rng, bytes: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..1 + rng.below(8).saturating_sub(4) {
        once(rng, bytes, other);
    }
    bytes.truncate(INPUT_BYTES_MAX);
}

fn once(rng: &mut Rng, bytes: &mut Vec<u8>, other: &[u8]) {
    if bytes.is_empty() {
        bytes.extend_from_slice(&other[..rng.below(other.len() + 1)]);
        return;
    }
    let at = rng.below(bytes.len());
    match rng.below(16) {
        0..=2 => bytes[at] ^= 1 << rng.below(8),
        3 | 4 => bytes[at] = BYTES[rng.below(BYTES.len())],
        5 => bytes.truncate(at),
        6 => {
            let run = run(rng, bytes.len(), at);
            bytes.drain(run);
        }
        7 => {
            let copied = bytes[run(rng, bytes.len(), at)].to_vec();
            let into = rng.below(bytes.len() + 1);
            bytes.splice(into..into, copied);
        }
        8 => {
            let byte = BYTES[rng.below(BYTES.len())];
            let count = 1 + rng.below(9);
            bytes.splice(at..at, std::iter::repeat_n(byte, count));
        }
        9 => {
            let end = (at + 1 + rng.below(8)).min(bytes.len());
            bytes[at..end].iter_mut().for_each(|byte| *byte = rng.number().to_le_bytes()[0]);
        }
        10 | 11 => splice(rng, bytes, other, at),
        12 => {
            let run = run(rng, bytes.len(), at);
            bytes[run].fill(0);
        }
        13 => swap(rng, bytes, at),
        _ => put_length(rng, bytes),
    }
}

/// A range from `at` on, mostly short.
fn run(rng: &mut Rng, length: usize, at: usize) -> std::ops::Range<usize> {
    let most = if rng.chance(70) { 16 } else { length };
    at..(at + 1 + rng.below(most)).min(length)
}

/// Goes on, or over a stretch, with another input.
fn splice(rng: &mut Rng, bytes: &mut Vec<u8>, other: &[u8], at: usize) {
    if other.is_empty() {
        return;
    }
    let from = rng.below(other.len());
    let taken = &other[run(rng, other.len(), from)];
    if rng.chance(30) {
        bytes.truncate(at);
        bytes.extend_from_slice(&other[from.min(at)..]);
    } else {
        let end = if rng.chance(50) { at } else { (at + taken.len()).min(bytes.len()) };
        bytes.splice(at..end, taken.iter().copied());
    }
}

/// Two stretches of one length change places.
fn swap(rng: &mut Rng, bytes: &mut [u8], at: usize) {
    let width = [1, 4, 8, 32][rng.below(4)];
    let to = rng.below(bytes.len());
    let (low, high) = (at.min(to), at.max(to));
    if low + width <= high && high + width <= bytes.len() {
        let (left, right) = bytes.split_at_mut(high);
        left[low..low + width].swap_with_slice(&mut right[..width]);
    }
}

/// Puts a length where one seems to stand: a small number among zeros.
fn put_length(rng: &mut Rng, bytes: &mut [u8]) {
    let width = if rng.chance(50) { 4 } else { 8 };
    if bytes.len() < width {
        return;
    }
    let (mut at, mut found) = (0, 0);
    for _ in 0..16 {
        at = rng.below(bytes.len() - width + 1);
        found = bytes[at..at + width].iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        if found <= 1 << 20 {
            break;
        }
    }
    let length = length(rng, found).to_le_bytes();
    bytes[at..at + width].copy_from_slice(&length[..width]);
}
