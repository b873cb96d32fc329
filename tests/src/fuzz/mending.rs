//! Puts right what guards bytes, by `docs/format.md`: formats, checksums, records.
//!
//! **Invariants**
//! - Written from the page, not with the code under attack: a mistake there is not made here too.
//! - Any bytes can be mended; what is not there is left out.

use std::ops::Range;

/// Length of a file header, and where its parts stand.
pub(crate) const FILE_HEADER: usize = 48;
const FRAME_HEADER: usize = 12;
const HEAD_BYTES_MAX: usize = 256;
const BLOCK_BYTES_MAX: usize = 16_794_624;

fn crc32(parts: &[&[u8]]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().to_le_bytes()
}

/// The little-endian number at `at`, which must be there.
pub(crate) fn number(bytes: &[u8], at: usize) -> usize {
    bytes[at..at + 4].iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

/// Puts a file header right, if there is room for one: magic, format, checksum.
pub(crate) fn mend_file_header(bytes: &mut [u8]) {
    if bytes.len() >= FILE_HEADER {
        bytes[..8].copy_from_slice(b"WOODLAND");
        bytes[8] = 1;
        let sum = crc32(&[&bytes[..12], &bytes[16..FILE_HEADER]]);
        bytes[12..16].copy_from_slice(&sum);
    }
}

/// Puts a record right, if there is room for one: magic, format, checksum.
pub(crate) fn mend_record(magic: &[u8; 8], record: &mut [u8]) {
    if record.len() >= 16 {
        record[..8].copy_from_slice(magic);
        record[8] = 1;
        let sum = crc32(&[&record[..12], &record[16..]]);
        record[12..16].copy_from_slice(&sum);
    }
}

/// Puts the frames right that begin at `start` and follow on each other: a length that cannot be
/// becomes that up to the next tag, and every checksum holds. Gives their ranges.
pub(crate) fn mend_frames(bytes: &mut [u8], start: usize) -> Vec<Range<usize>> {
    let (mut at, mut frames) = (start, Vec::new());
    while let Some(found) = next_tag(bytes, at) {
        at = found;
        if at + FRAME_HEADER > bytes.len() {
            break;
        }
        let is_head = &bytes[at..at + 4] == b"SEGH";
        let most = if is_head { HEAD_BYTES_MAX } else { BLOCK_BYTES_MAX };
        let body = at + FRAME_HEADER;
        let claimed = number(bytes, at + 4);
        let fits = claimed <= most && body + claimed <= bytes.len() && {
            let end = body + claimed;
            end == bytes.len() || is_tag(bytes, end)
        };
        if !fits {
            let end = next_tag(bytes, body).unwrap_or(bytes.len());
            let length = u32::try_from((end - body).min(most)).expect("a frame's limit fits u32");
            bytes[at + 4..at + 8].copy_from_slice(&length.to_le_bytes());
        }
        let end = body + number(bytes, at + 4);
        put_checksum(bytes, at..end);
        frames.push(at..end);
        at = end;
    }
    frames
}

/// Puts the checksum of one frame right.
pub(crate) fn put_checksum(bytes: &mut [u8], frame: Range<usize>) {
    let Range { start, end } = frame;
    let sum = crc32(&[&bytes[start..start + 8], &bytes[start + FRAME_HEADER..end]]);
    bytes[start + 8..start + 12].copy_from_slice(&sum);
}

fn is_tag(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at..at + 4), Some(b"SEGH" | b"SEGB"))
}

fn next_tag(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let found = rest.windows(4).position(|tag| matches!(tag, b"SEGH" | b"SEGB"));
    found.map(|found| from + found)
}
