//! Bytes of log files, bent by hand: frames whose checksums are made to hold again.

use woodland_format::{FILE_HEADER_BYTES, FRAME_HEADER_BYTES};

/// Where the frames of a log file begin. Their lengths must be true.
pub(crate) fn frames(bytes: &[u8]) -> Vec<usize> {
    let (mut at, mut found) = (FILE_HEADER_BYTES, Vec::new());
    while at < bytes.len() {
        found.push(at);
        at += FRAME_HEADER_BYTES + number(bytes, at + 4) as usize;
    }
    found
}

/// The little-endian number at `at`.
pub(crate) fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

/// The bytes, changed, every frame's checksum put right.
pub(crate) fn bent(bytes: &[u8], bend: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = bytes.to_owned();
    bend(&mut bytes);
    for at in frames(&bytes) {
        let end = at + FRAME_HEADER_BYTES + number(&bytes, at + 4) as usize;
        let covered = [&bytes[at..at + 8], &bytes[at + FRAME_HEADER_BYTES..end]].concat();
        bytes[at + 8..at + 12].copy_from_slice(&crc32(&covered).to_le_bytes());
    }
    bytes
}

/// Where `wanted` first stands in `bytes`.
pub(crate) fn find(bytes: &[u8], wanted: &[u8]) -> usize {
    let found = bytes.windows(wanted.len()).position(|window| window == wanted);
    found.expect("it stands in the bytes")
}

/// CRC-32 (IEEE), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}
