//! `author.key`: the secret under which this store writes.
//!
//! ```text
//!  0          8       9     12     16    48
//!  "WOODLKEY" format  0 0 0 crc32  seed
//! ```
//!
//! **Invariants**
//! - Created with access for its owner alone; never exported, logged or printed, not even in part:
//!   an error about it shows none of its bytes and no checksum of them.
//!
//! What this does not do: encrypt.

use crate::record::{self, Magic, RECORD_FORMAT, RecordError};
use woodland_format::SecretKey;

/// Length of the file.
pub(crate) const KEY_BYTES: usize = 48;

const MAGIC: Magic = Magic(*b"WOODLKEY");

/// A key file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Too few or too many bytes.
    #[error("it has {found} bytes, expected {KEY_BYTES}")]
    Length {
        /// How many there are.
        found: u64,
    },
    /// Not a key file.
    #[error("it does not begin with {MAGIC:?}")]
    Magic,
    /// Written by a release with another format.
    #[error("format {found} is not known to this release, which knows {RECORD_FORMAT}: upgrade it")]
    ForeignFormat {
        /// The format that byte 8 names.
        found: u8,
    },
    /// The bytes are not those that were written.
    #[error("its checksum does not hold")]
    Checksum,
}

pub(crate) fn encode(key: &SecretKey) -> [u8; KEY_BYTES] {
    record::seal(MAGIC, &key.to_seed())
}

pub(crate) fn decode(bytes: &[u8]) -> Result<SecretKey, KeyError> {
    let found = bytes.len() as u64;
    if found > KEY_BYTES as u64 {
        return Err(KeyError::Length { found });
    }
    match record::unseal::<KEY_BYTES>(MAGIC, bytes) {
        Ok(mut body) => Ok(SecretKey::from_seed(body.array())),
        Err(RecordError::Short { .. }) => Err(KeyError::Length { found }),
        Err(RecordError::Magic { .. }) => Err(KeyError::Magic),
        Err(RecordError::ForeignFormat { found, .. }) => Err(KeyError::ForeignFormat { found }),
        Err(_) => Err(KeyError::Checksum),
    }
}
