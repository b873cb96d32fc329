//! Making a dataset directory.
//!
//! **Invariants**
//! - Nothing that is there is written over: the place must be empty or absent.
//! - `heads` comes last, by a rename, when all else is durable: a directory without it is no
//!   dataset, and a creation cut short never passes for one.
//!
//! What this does not do: clean up after a creation that was cut short; `open` and `create` name
//! it.

use crate::disk::{Access, Disk, DiskError};
use crate::heads::{HEADS_BYTES, Heads, SLOT_BYTES};
use crate::limits::{SEGMENT_FILE_BYTES_DEFAULT, SEGMENT_FILE_BYTES_LIMIT};
use crate::place::Place;
use crate::store::Store;
use crate::writer::{Writer, begin_file};
use crate::{key, names};
use std::io::ErrorKind;
use std::sync::Arc;
use woodland_format::{DatasetId, FILE_HEADER_BYTES, SecretKey};

/// What a creator may choose; it is kept in `heads`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreOptions {
    /// A segment file that has reached this length is followed by another.
    pub segment_file_bytes_max: u64,
}

impl Default for StoreOptions {
    fn default() -> Self {
        StoreOptions { segment_file_bytes_max: SEGMENT_FILE_BYTES_DEFAULT }
    }
}

/// No dataset directory was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// The caller's mistake: the place holds something, which stays as it is.
    #[error("the place is not empty, it holds `{found}`: open it, or choose another place")]
    NotEmpty {
        /// The first of what is there.
        found: String,
    },
    /// The caller's mistake: the place is a file.
    #[error("the place is a file, expected a folder or nothing: choose another place")]
    NotAFolder,
    /// The caller's mistake: the folder that the place is to stand in is missing.
    #[error("the folder that the place is to stand in does not exist: make it first")]
    NoParent,
    /// The caller's mistake: a limit that cannot be kept.
    #[error("segment_file_bytes_max is {found}, choose from 1 to {SEGMENT_FILE_BYTES_LIMIT}")]
    SegmentFileBytes {
        /// What was chosen.
        found: u64,
    },
    /// The disk failed.
    #[error("{0}; nothing was created: empty the place before trying again")]
    Disk(#[source] DiskError),
}

impl Store {
    /// Makes an empty dataset directory and opens it.
    ///
    /// # Errors
    /// [`CreateError`]; after `Disk` parts may be there, which neither `create` nor `open` takes
    /// for a dataset.
    pub fn create(
        disk: Arc<dyn Disk>,
        dataset: DatasetId,
        key: &SecretKey,
        options: &StoreOptions,
    ) -> Result<Store, CreateError> {
        Store::claim(disk.as_ref(), options)?;
        let heads = Heads {
            generation: 1,
            file_number: 1,
            acknowledged_bytes: FILE_HEADER_BYTES as u64,
            segment_file_bytes_max: options.segment_file_bytes_max,
            dataset,
            root: [0; 32],
            layout: None,
        };
        fill(disk, heads, key).map_err(CreateError::Disk)
    }

    /// Checks that [`Store::create`] would begin, as far as can be known before it does: nothing is
    /// at the place, where the folder is made if it is absent, and the options can be kept.
    ///
    /// # Errors
    /// [`CreateError`].
    pub fn claim(disk: &dyn Disk, options: &StoreOptions) -> Result<(), CreateError> {
        let found = options.segment_file_bytes_max;
        if !(1..=SEGMENT_FILE_BYTES_LIMIT).contains(&found) {
            return Err(CreateError::SegmentFileBytes { found });
        }
        claim_place(disk)
    }
}

/// Checks that nothing is there, and makes the folder where it is absent.
fn claim_place(disk: &dyn Disk) -> Result<(), CreateError> {
    match disk.list("") {
        Ok(names) => match names.into_iter().next() {
            None => Ok(()),
            Some(found) => Err(CreateError::NotEmpty { found }),
        },
        Err(error) => match error.kind() {
            ErrorKind::NotFound => disk.create_folder("").map_err(|error| match error.kind() {
                ErrorKind::NotFound => CreateError::NoParent,
                _ => CreateError::Disk(error),
            }),
            ErrorKind::NotADirectory => Err(CreateError::NotAFolder),
            _ => Err(CreateError::Disk(error)),
        },
    }
}

fn fill(disk: Arc<dyn Disk>, heads: Heads, secret: &SecretKey) -> Result<Store, DiskError> {
    disk.create_file(names::LOCK, Access::Shared)?;
    let lock = disk.lock(names::LOCK)?;
    write_file(disk.as_ref(), names::AUTHOR_KEY, Access::OwnerOnly, &key::encode(secret))?;
    Place::of_key(disk.as_ref(), secret.author())?.create(disk.as_ref())?;
    write_file(disk.as_ref(), names::CLOSED, Access::Shared, &[])?;
    disk.create_folder(names::SEGMENTS)?;
    begin_file(disk.as_ref(), heads.dataset, heads.file_number)?;
    let mut slots = [0; HEADS_BYTES];
    let (even, odd) = slots.split_at_mut(SLOT_BYTES);
    even.copy_from_slice(&Heads { generation: heads.generation - 1, ..heads }.encode());
    odd.copy_from_slice(&heads.encode());
    write_file(disk.as_ref(), names::HEADS_MAKING, Access::Shared, &slots)?;
    // All names but that of heads, so that heads never stands without them.
    #[cfg(planted)]
    if woodland_format::planted::is("heads-before-other-names") {
        disk.rename(names::HEADS_MAKING, names::HEADS)?;
        disk.sync(names::HEADS)?;
        return Ok(Store::resume(disk, lock, Writer::resume(heads)));
    }
    disk.sync_folder("")?;
    disk.rename(names::HEADS_MAKING, names::HEADS)?;
    disk.sync_folder("")?;
    Ok(Store::resume(disk, lock, Writer::resume(heads)))
}

fn write_file(disk: &dyn Disk, name: &str, access: Access, bytes: &[u8]) -> Result<(), DiskError> {
    disk.create_file(name, access)?;
    disk.write_at(name, 0, bytes)?;
    disk.sync(name)
}
