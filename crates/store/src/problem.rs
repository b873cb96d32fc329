//! Problem: one thing that is wrong with a dataset directory, and where.
//!
//! **Invariants**
//! - Every problem names its file and, inside it, the byte; what was expected and what was found.
//! - Nothing of the author's key is in any of them.
//!
//! What this does not do: decide what to do about it; `open` refuses, `inspect` lists.

use crate::disk::DiskError;
use crate::key::KeyError;
use crate::limits::FILE_BYTES_MAX;
use crate::names;
use crate::record::RecordError;
use std::fmt::{self, Write as _};
use woodland_format::{Damage, DamageCause, DatasetId, FileError};

/// Something wrong with a dataset directory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Something that every dataset directory has is not there.
    #[error("{name}: it is missing")]
    Missing {
        /// What.
        name: String,
    },
    /// A file where a folder belongs.
    #[error("{name}: it is a file, expected a folder")]
    NotAFolder {
        /// What.
        name: String,
    },
    /// The disk does not give it out.
    #[error(transparent)]
    Unreadable(DiskError),
    /// A slot of `heads` or a record of `closed` does not hold.
    #[error("{name}: record at byte {offset}: {error}")]
    Record {
        /// The file.
        name: String,
        /// Where the record begins.
        offset: u64,
        /// What is wrong with it.
        error: RecordError,
    },
    /// The author's key cannot be used.
    #[error("{name}: {error}")]
    Key {
        /// The file.
        name: String,
        /// What is wrong with it.
        error: KeyError,
    },
    /// Others than its owner may read the author's key.
    #[error("{name}: others than its owner may read it; take that right from them (mode 0600)")]
    Exposed {
        /// The file.
        name: String,
    },
    /// A file of segments does not begin like one.
    #[error("{name}: {error}")]
    Header {
        /// The file.
        name: String,
        /// What is wrong with its header.
        error: FileError,
    },
    /// A log file where a file of the store belongs.
    #[error("{name}: byte 9 says that it is a log file, expected a store's file; merge it instead")]
    Purpose {
        /// The file.
        name: String,
    },
    /// A file of another dataset.
    #[error("{name}: byte {offset} names dataset {found}, expected {expected}")]
    Dataset {
        /// The file.
        name: String,
        /// Where the dataset is named.
        offset: u64,
        /// The directory's dataset.
        expected: DatasetId,
        /// The file's.
        found: DatasetId,
    },
    /// A file ends before what is known to have been written to it.
    #[error("{name}: it ends at byte {found}, expected at least {expected} bytes")]
    Short {
        /// The file.
        name: String,
        /// How long it must be.
        expected: u64,
        /// How long it is.
        found: u64,
    },
    /// A file goes on after its known end.
    #[error("{name}: it has {found} bytes, expected {expected}")]
    Long {
        /// The file.
        name: String,
        /// How long it was left.
        expected: u64,
        /// How long it is.
        found: u64,
    },
    /// A file longer than any that a store writes.
    #[error("{name}: it claims {found} bytes, the limit is {FILE_BYTES_MAX}")]
    TooLong {
        /// The file.
        name: String,
        /// How long it claims to be.
        found: u64,
    },
    /// A segment is damaged.
    #[error("{name}: {damage}")]
    Segment {
        /// The file.
        name: String,
        /// What is wrong, where, and what before it is intact.
        damage: Box<Damage>,
    },
    /// Every segment is whole, but they are not those that were written.
    #[error("{name}: the root at byte {offset} is {}, expected {}", Hex(found), Hex(expected))]
    Root {
        /// The file.
        name: String,
        /// Up to where it was computed.
        offset: u64,
        /// What the records say.
        expected: [u8; 32],
        /// What the segments give.
        found: [u8; 32],
    },
    /// A segment file that cannot be there yet.
    #[error("{name}: heads end in {last}, so it cannot be there; move it away if it was put there")]
    Unexpected {
        /// The file.
        name: String,
        /// The file that heads name.
        last: String,
    },
}

impl Problem {
    /// Whether a newer release wrote what this one does not know: nothing is damaged then.
    pub fn is_foreign_format(&self) -> bool {
        match self {
            Problem::Record { error, .. } => matches!(error, RecordError::ForeignFormat { .. }),
            Problem::Key { error, .. } => matches!(error, KeyError::ForeignFormat { .. }),
            Problem::Header { error, .. } => matches!(error, FileError::ForeignFormat { .. }),
            Problem::Segment { damage, .. } => {
                matches!(damage.cause, DamageCause::ForeignFormat { .. })
            }
            _ => false,
        }
    }

    /// Whether files that were copied at different moments look like this.
    pub(crate) fn is_mixed(&self) -> bool {
        match self {
            Problem::Short { .. } | Problem::Long { .. } | Problem::Unexpected { .. } => true,
            Problem::Missing { name } => names::is_segment_file(name),
            _ => false,
        }
    }

    /// The problem that an act on `name` met.
    pub(crate) fn of_disk(name: &str, error: DiskError) -> Self {
        let name = name.to_owned();
        match error.kind() {
            std::io::ErrorKind::NotFound => Problem::Missing { name },
            std::io::ErrorKind::NotADirectory => Problem::NotAFolder { name },
            _ => Problem::Unreadable(error),
        }
    }
}

struct Hex<'a>(&'a [u8; 32]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in &self.0[..4] {
            write!(f, "{byte:02x}")?;
        }
        f.write_char('…')
    }
}
