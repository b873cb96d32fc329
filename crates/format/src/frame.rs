//! Framing: the header of a file of segments, and the checksummed frames that fill it.
//!
//! ```text
//!  file  = file header, segment, segment, …           segment = head frame, block frame, …
//!
//!  file header   0        8       9        10  12     16       48
//!                "WOODLAND" format  purpose  0   crc32  dataset
//!  frame         0     4             8      12
//!                tag   body length   crc32  body
//! ```
//!
//! **Invariants**
//! - Integers are little-endian. A frame's checksum (CRC-32, IEEE) covers tag, length and body.
//! - A claimed length is compared with its limit and with the bytes that are there before it is
//!   used.
//!
//! What this does not do: say what a body means.

use crate::id::DatasetId;
use crate::limits::FRAME_BYTES_MAX;

/// The file format that this release writes.
pub const FILE_FORMAT: u8 = 1;
/// Length of the header of a file of segments.
pub const FILE_HEADER_BYTES: usize = 48;
/// Length of what stands before a frame's body.
pub const FRAME_HEADER_BYTES: usize = 12;

const MAGIC: &[u8; 8] = b"WOODLAND";

/// What a file of segments is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// Exported, to be merged elsewhere.
    Log = 1,
    /// Part of a dataset directory.
    Store = 2,
}

/// The first bytes of a file of segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileHeader {
    /// What the file is for.
    pub purpose: Purpose,
    /// Whose segments it holds.
    pub dataset: DatasetId,
}

/// Bytes that do not begin a file of segments which this release reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// No bytes at all.
    #[error("the file is empty; a Woodland file begins with {FILE_HEADER_BYTES} bytes of header")]
    Empty,
    /// Too few bytes for a header.
    #[error("the file ends at byte {found}, inside its header of {FILE_HEADER_BYTES} bytes")]
    Short {
        /// How many bytes there are.
        found: usize,
    },
    /// Not a Woodland file.
    #[error("not a Woodland file: byte 0 begins \"{found}\", expected \"WOODLAND\"")]
    Magic {
        /// What stands there, made printable.
        found: String,
    },
    /// Written by a release with another file format.
    #[error(
        "file format {found} is not known to this release, which knows {FILE_FORMAT}: upgrade it"
    )]
    ForeignFormat {
        /// The format that byte 8 names.
        found: u8,
    },
    /// Neither a log file nor a store's.
    #[error("byte 9 says purpose {found}, expected 1 (log file) or 2 (store)")]
    Purpose {
        /// What byte 9 says.
        found: u8,
    },
    /// The header is damaged.
    #[error("the file header has checksum {found:08x}, expected {expected:08x}")]
    Checksum {
        /// What byte 12 says.
        expected: u32,
        /// What the bytes give.
        found: u32,
    },
}

impl FileHeader {
    /// The header's bytes.
    pub fn encode(&self) -> [u8; FILE_HEADER_BYTES] {
        let mut bytes = [0; FILE_HEADER_BYTES];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8] = FILE_FORMAT;
        bytes[9] = self.purpose as u8;
        bytes[16..48].copy_from_slice(&self.dataset.0);
        let checksum = header_checksum(&bytes);
        bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads the header at the beginning of `bytes`.
    ///
    /// # Errors
    /// [`FileError`] says what stands there instead.
    pub fn decode(bytes: &[u8]) -> Result<Self, FileError> {
        if bytes.is_empty() {
            return Err(FileError::Empty);
        }
        let shared = bytes.len().min(8);
        if bytes[..shared] != MAGIC[..shared] {
            let found = String::from_utf8_lossy(&bytes[..shared]).escape_debug().to_string();
            return Err(FileError::Magic { found });
        }
        if let Some(&found) = bytes.get(8)
            && found != FILE_FORMAT
        {
            return Err(FileError::ForeignFormat { found });
        }
        let header: &[u8; FILE_HEADER_BYTES] =
            bytes.first_chunk().ok_or(FileError::Short { found: bytes.len() })?;
        let (expected, found) = (le_u32(&header[12..16]), header_checksum(header));
        if expected != found {
            return Err(FileError::Checksum { expected, found });
        }
        let purpose = match header[9] {
            1 => Purpose::Log,
            2 => Purpose::Store,
            found => return Err(FileError::Purpose { found }),
        };
        let mut dataset = DatasetId([0; 32]);
        dataset.0.copy_from_slice(&header[16..48]);
        Ok(FileHeader { purpose, dataset })
    }
}

fn header_checksum(header: &[u8; FILE_HEADER_BYTES]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&header[..12]);
    hasher.update(&header[16..]);
    hasher.finalize()
}

/// What the body of a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    /// The head of a segment.
    Head,
    /// Some commits of a segment.
    Block,
}

impl Tag {
    pub(crate) fn bytes(self) -> [u8; 4] {
        match self {
            Tag::Head => *b"SEGH",
            Tag::Block => *b"SEGB",
        }
    }
}

/// A frame that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The bytes end inside the frame.
    #[error("the bytes end {missing} bytes before its end")]
    Truncated {
        /// How many bytes are missing, as far as can be known.
        missing: usize,
    },
    /// Another tag than belongs there.
    #[error("it begins with {found:02x?}, expected {expected:02x?}")]
    Tag {
        /// The tag that belongs there.
        expected: [u8; 4],
        /// What stands there.
        found: [u8; 4],
    },
    /// A length that no frame has.
    #[error("it claims {found} bytes, the limit is {limit}")]
    TooLong {
        /// The claim.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The body is not the one that was written.
    #[error("it has checksum {found:08x}, expected {expected:08x}")]
    Checksum {
        /// What the frame says.
        expected: u32,
        /// What its bytes give.
        found: u32,
    },
}

impl FrameError {
    /// Whether something else begins there, which may be whole.
    pub(crate) fn is_other_tag(&self) -> bool {
        matches!(self, FrameError::Tag { .. })
    }
}

/// Appends a frame.
pub(crate) fn put(out: &mut Vec<u8>, tag: Tag, body: &[u8]) {
    assert!(body.len() <= FRAME_BYTES_MAX, "a frame holds at most FRAME_BYTES_MAX");
    let length = u32::try_from(body.len()).expect("FRAME_BYTES_MAX fits u32").to_le_bytes();
    let checksum = frame_checksum(tag.bytes(), length, body);
    out.extend_from_slice(&tag.bytes());
    out.extend_from_slice(&length);
    out.extend_from_slice(&checksum.to_le_bytes());
    out.extend_from_slice(body);
}

/// The body of the frame at the beginning of `bytes`.
pub(crate) fn take(bytes: &[u8], tag: Tag, limit: usize) -> Result<&[u8], FrameError> {
    let shared = bytes.len().min(4);
    if bytes[..shared] != tag.bytes()[..shared] {
        let mut found = [0; 4];
        found[..shared].copy_from_slice(&bytes[..shared]);
        return Err(FrameError::Tag { expected: tag.bytes(), found });
    }
    let Some((header, rest)) = bytes.split_first_chunk::<FRAME_HEADER_BYTES>() else {
        return Err(FrameError::Truncated { missing: FRAME_HEADER_BYTES - bytes.len() });
    };
    let length = le_u32(&header[4..8]) as usize;
    if length > limit {
        return Err(FrameError::TooLong { found: length, limit });
    }
    let body =
        rest.get(..length).ok_or_else(|| FrameError::Truncated { missing: length - rest.len() })?;
    let expected = le_u32(&header[8..12]);
    let found = frame_checksum(tag.bytes(), le_u32(&header[4..8]).to_le_bytes(), body);
    #[cfg(planted)]
    if crate::planted::is("frame-checksum-skipped") {
        return Ok(body);
    }
    if expected != found {
        return Err(FrameError::Checksum { expected, found });
    }
    Ok(body)
}

/// The length that the frame at the beginning of `bytes` claims for its body; 0 where there is
/// none.
pub(crate) fn claimed_length(bytes: &[u8]) -> usize {
    bytes.get(4..8).map_or(0, |length| le_u32(length) as usize)
}

fn frame_checksum(tag: [u8; 4], length: [u8; 4], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&tag);
    hasher.update(&length);
    hasher.update(body);
    hasher.finalize()
}

fn le_u32(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte))
}
