//! `place`: on which file of which device the author's key was put, so that a copy is noticed.
//!
//! ```text
//!  0          8       9     12     16       24     32     40      72
//!  "WOODPLAC" format  0 0 0 crc32  is known device inode  author  end
//!                                  u64, 0/1 u64    u64    32
//! ```
//!
//! A copied, unpacked or restored directory has another key file. Whoever opens it must not write
//! under its key: the original may go on writing under it.
//!
//! **Invariants**
//! - The record is written when the key file it speaks of is durable under its name. So a crash
//!   leaves a record that does not fit the key, never one that fits a key of somewhere else.
//! - What is missing or damaged counts as a copy: the mistake on that side costs one new key.
//!
//! What this does not do: notice what keeps device and inode, such as a disk image that was rolled
//! back, files written back in place, or hard links. Then a peer that knows more tells, or a fork.

use crate::disk::{Access, Disk, DiskError, FileIdentity};
use crate::names;
use crate::record::{self, Magic, RecordError};
use std::fmt;
use woodland_format::AuthorKey;

/// Length of the file.
pub(crate) const PLACE_BYTES: usize = 72;

const MAGIC: Magic = Magic(*b"WOODPLAC");

/// Where a key was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) identity: Option<FileIdentity>,
    pub(crate) author: AuthorKey,
}

/// Why the key of a directory may be in use elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moved {
    /// The key stands in another file than the one it was put in: the directory is a copy.
    Elsewhere {
        /// Where the key was put; `None` where that system does not tell.
        expected: Option<FileIdentity>,
        /// Where it stands.
        found: Option<FileIdentity>,
    },
    /// The record speaks of another key: a change of the key was cut short, or files are mixed.
    OtherKey {
        /// The author that the record names.
        expected: AuthorKey,
        /// The author whose key is there.
        found: AuthorKey,
    },
    /// There is no record.
    Missing,
    /// The record does not hold.
    Damaged(RecordError),
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |identity: &Option<FileIdentity>| {
            identity.map_or_else(|| "a file without a number".to_owned(), |it| it.to_string())
        };
        match self {
            Moved::Elsewhere { expected, found } => {
                write!(f, "its key was put in {}, found in {}", shown(expected), shown(found))
            }
            Moved::OtherKey { expected, found } => {
                let (expected, found) = (expected.short(), found.short());
                write!(f, "its place was noted for author {expected}, found the key of {found}")
            }
            Moved::Missing => f.write_str("where its key was put is not noted"),
            Moved::Damaged(error) => write!(f, "where its key was put cannot be read: {error}"),
        }
    }
}

impl Place {
    /// Where the key file stands that has its name now.
    pub(crate) fn of_key(disk: &dyn Disk, author: AuthorKey) -> Result<Self, DiskError> {
        Ok(Place { identity: disk.identity(names::AUTHOR_KEY)?, author })
    }

    pub(crate) fn encode(&self) -> [u8; PLACE_BYTES] {
        let FileIdentity { device, inode } = self.identity.unwrap_or_default();
        let mut body = Vec::with_capacity(PLACE_BYTES);
        body.extend_from_slice(&u64::from(self.identity.is_some()).to_le_bytes());
        body.extend_from_slice(&device.to_le_bytes());
        body.extend_from_slice(&inode.to_le_bytes());
        body.extend_from_slice(&self.author.0);
        record::seal(MAGIC, &body)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let mut body = record::unseal::<PLACE_BYTES>(MAGIC, bytes)?;
        let (known, device, inode) = (body.u64(), body.u64(), body.u64());
        let identity = match known {
            0 => None,
            1 => Some(FileIdentity { device, inode }),
            found => {
                let what = "whether the file is known";
                return Err(RecordError::Value { what, expected: 1, found });
            }
        };
        Ok(Place { identity, author: AuthorKey(body.array()) })
    }

    /// Makes the record durable, in place of the one that is there. The file must exist.
    ///
    /// It is written over in place: torn, it does not hold, and that counts as a copy.
    pub(crate) fn write(&self, disk: &dyn Disk) -> Result<(), DiskError> {
        disk.write_at(names::PLACE, 0, &self.encode())?;
        disk.sync(names::PLACE)
    }

    /// Makes the file and the record; the name is durable once its folder is synced.
    pub(crate) fn create(&self, disk: &dyn Disk) -> Result<(), DiskError> {
        disk.create_file(names::PLACE, Access::Shared)?;
        self.write(disk)
    }

    /// What there is against writing under the key that was found.
    pub(crate) fn compare(recorded: Option<&Place>, found: &Place) -> Option<Moved> {
        let Some(recorded) = recorded else { return Some(Moved::Missing) };
        if recorded.author != found.author {
            let (expected, found) = (recorded.author, found.author);
            return Some(Moved::OtherKey { expected, found });
        }
        let (expected, found) = (recorded.identity, found.identity);
        (expected != found).then_some(Moved::Elsewhere { expected, found })
    }
}
