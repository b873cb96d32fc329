//! A record: the small sealed values of a dataset directory, all begun alike.
//!
//! ```text
//!  0      8       9     12     16
//!  magic  format  0 0 0 crc32  body, then zeros up to the record's fixed length
//! ```
//!
//! **Invariants**
//! - Integers are little-endian. The checksum (CRC-32, IEEE) covers every byte of the record but
//!   itself.
//! - Format 0 was never given: zeros that a power cut left are damage, not a foreign format.
//!
//! What this does not do: know what a body means.

use std::fmt;

/// The format of every record but a slot of `heads` that names a layout.
pub const RECORD_FORMAT: u8 = 1;
/// The format of a slot of `heads` that names a layout. A directory is no newer than what it uses:
/// until its first merging, its slots have [`RECORD_FORMAT`], and earlier releases open it.
pub const HEADS_FORMAT: u8 = 2;

/// Length of what stands before a record's body.
pub(crate) const RECORD_HEADER_BYTES: usize = 16;

/// Bytes that are not the record that belongs there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The file ends inside the record.
    #[error("it ends after {found} of {expected} bytes")]
    Short {
        /// How long the record is.
        expected: usize,
        /// How much of it there is.
        found: usize,
    },
    /// Something else stands there.
    #[error("it begins with {found:?}, expected {expected:?}")]
    Magic {
        /// What a record begins with.
        expected: Magic,
        /// What stands there.
        found: Magic,
    },
    /// Written by a release with another format.
    #[error("format {found} is not known to this release, which knows {known}: upgrade it")]
    ForeignFormat {
        /// The format that the record names.
        found: u8,
        /// The newest format of this record that the release knows; it knows those below, too.
        known: u8,
    },
    /// The record is not the one that was written.
    #[error("it has checksum {found:08x}, expected {expected:08x}")]
    Checksum {
        /// What the record says.
        expected: u32,
        /// What its bytes give.
        found: u32,
    },
    /// The checksum holds, but a number is one that no writer writes.
    #[error("{what} is {found}, expected {expected}")]
    Value {
        /// Which number.
        what: &'static str,
        /// What belongs there, or the bound that it breaks.
        expected: u64,
        /// What stands there.
        found: u64,
    },
}

/// The first eight bytes of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Magic(pub [u8; 8]);

impl fmt::Debug for Magic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// The bytes of a record of `LENGTH` bytes.
pub(crate) fn seal<const LENGTH: usize>(magic: Magic, body: &[u8]) -> [u8; LENGTH] {
    seal_as(magic, RECORD_FORMAT, body)
}

/// The same, in this format.
pub(crate) fn seal_as<const LENGTH: usize>(magic: Magic, format: u8, body: &[u8]) -> [u8; LENGTH] {
    let mut record = [0; LENGTH];
    record[..8].copy_from_slice(&magic.0);
    record[8] = format;
    record[RECORD_HEADER_BYTES..RECORD_HEADER_BYTES + body.len()].copy_from_slice(body);
    let checksum = checksum(&record);
    record[12..16].copy_from_slice(&checksum.to_le_bytes());
    record
}

/// The bytes of a record that is as long as its body makes it.
pub(crate) fn seal_all(magic: Magic, body: &[u8]) -> Vec<u8> {
    let mut record: Vec<u8> = seal::<RECORD_HEADER_BYTES>(magic, &[]).to_vec();
    record.extend_from_slice(body);
    let checksum = checksum(&record);
    record[12..16].copy_from_slice(&checksum.to_le_bytes());
    record
}

/// The body of a record that `bytes` are, all of them.
pub(crate) fn unseal_all(magic: Magic, bytes: &[u8]) -> Result<&[u8], RecordError> {
    check(magic, RECORD_FORMAT, bytes, RECORD_HEADER_BYTES)
}

/// The body of the record at the beginning of `bytes`.
pub(crate) fn unseal<const LENGTH: usize>(
    magic: Magic,
    bytes: &[u8],
) -> Result<Body<'_>, RecordError> {
    unseal_as::<LENGTH>(magic, RECORD_FORMAT, bytes).map(|(_, body)| body)
}

/// The same for a record that has formats up to `known`, and which of them it has.
pub(crate) fn unseal_as<const LENGTH: usize>(
    magic: Magic,
    known: u8,
    bytes: &[u8],
) -> Result<(u8, Body<'_>), RecordError> {
    let record = bytes.first_chunk::<LENGTH>().map_or(bytes, |record| &record[..]);
    let body = check(magic, known, record, LENGTH)?;
    Ok((record[8], Body(body)))
}

/// The body of a record of at least `expected` bytes.
fn check(magic: Magic, known: u8, record: &[u8], expected: usize) -> Result<&[u8], RecordError> {
    if record.len() < expected {
        return Err(RecordError::Short { expected, found: record.len() });
    }
    let mut found = Magic([0; 8]);
    found.0.copy_from_slice(&record[..8]);
    if found != magic {
        return Err(RecordError::Magic { expected: magic, found });
    }
    let format = record[8];
    if format > known {
        return Err(RecordError::ForeignFormat { found: format, known });
    }
    let expected = u32::from_le_bytes([record[12], record[13], record[14], record[15]]);
    let found = checksum(record);
    if expected != found || format == 0 {
        return Err(RecordError::Checksum { expected, found });
    }
    Ok(&record[RECORD_HEADER_BYTES..])
}

fn checksum(record: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&record[..12]);
    hasher.update(&record[16..]);
    hasher.finalize()
}

/// Takes the parts of a body off its front.
///
/// Panics past the end: a body has its record's fixed length, and what is taken is fixed too.
pub(crate) struct Body<'a>(&'a [u8]);

impl<'a> Body<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Body(bytes)
    }
}

impl Body<'_> {
    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let (taken, rest) = self.0.split_first_chunk::<N>().expect("a record holds its parts");
        self.0 = rest;
        *taken
    }

    pub(crate) fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAGIC: Magic = Magic(*b"TESTTEST");

    #[test]
    fn a_record_gives_back_its_body_and_refuses_every_flipped_bit() {
        let record: [u8; 32] = seal(MAGIC, &7_u64.to_le_bytes());
        assert_eq!(unseal::<32>(MAGIC, &record).expect("sealed").u64(), 7);
        for bit in 0..32 * 8 {
            let mut bent = record;
            bent[bit / 8] ^= 1 << (bit % 8);
            assert!(unseal::<32>(MAGIC, &bent).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_format_of_zero_is_damage_even_under_a_checksum_that_holds() {
        let mut record: [u8; 32] = seal(MAGIC, &[]);
        record[8] = 0;
        let sum = checksum(&record);
        record[12..16].copy_from_slice(&sum.to_le_bytes());
        assert!(matches!(unseal::<32>(MAGIC, &record), Err(RecordError::Checksum { .. })));
    }
}
