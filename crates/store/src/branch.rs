//! A branch's folder: where it begins, and the store that it has once it is written.
//!
//! ```text
//!  branches/NAME/lock     empty; whoever has the branch open holds a lock on it
//!  branches/NAME/base     the heads at which it begins, below
//!  branches/NAME/1/       a dataset directory with what the base lacks, once there is any
//!
//!  base  0          8       9     12     16       48     56
//!        "WOODBASE" format  0 0 0 crc32  dataset  count  heads, 32 each, ascending
//! ```
//!
//! **Invariants**
//! - `base` comes last, by a rename: a folder without it is no branch, and is made into one by
//!   whoever begins the branch again.
//! - At most one store of a branch was ever finished: the next number is used only where each one
//!   before is known never to have been.
//! - One handle at a time.
//!
//! What this does not do: know whether the dataset holds the base.

use crate::create::{CreateError, StoreOptions};
use crate::disk::{Access, Disk, DiskError, FolderDisk, LockGuard};
use crate::limits::BASE_HEADS_MAX;
use crate::names::HEADS;
use crate::open::{OpenError, Opened};
use crate::record::{self, Magic, RecordError};
use crate::store::Store;
use std::io::ErrorKind;
use std::sync::Arc;
use woodland_format::{CommitId, DatasetId, SecretKey};

const MAGIC: Magic = Magic(*b"WOODBASE");
const FOLDER: &str = "branches";
const LOCK: &str = "lock";
const BASE: &str = "base";
const BASE_MAKING: &str = "base.making";
const STORES_MAX: u64 = 1 << 16;

/// A branch was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BranchStoreError {
    /// The caller's mistake: another handle or process has it open.
    #[error("another handle or process has the branch open: use that one, or close it first")]
    Locked,
    /// The record of its base does not hold.
    #[error("{name}: {error}")]
    Base {
        /// The file.
        name: String,
        /// What is wrong with it.
        error: RecordError,
    },
    /// Its base is another dataset's.
    #[error("its base is of dataset {found}, expected {expected}: the folder was put there")]
    OtherDataset {
        /// The directory's.
        expected: DatasetId,
        /// The base's.
        found: DatasetId,
    },
    /// What was written to it could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The disk failed.
    #[error("{0}; try again once the disk works")]
    Disk(#[from] DiskError),
}

/// What stands in a branch's folder, read without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BranchInspection {
    /// The dataset that its base names.
    pub dataset: DatasetId,
    /// The heads at which it begins.
    pub base: Vec<CommitId>,
    /// The folder of its store; `None` while nothing was written to it.
    pub store: Option<String>,
}

/// An open branch. Holds its lock.
#[derive(Debug)]
pub struct BranchStore {
    disk: Arc<FolderDisk>,
    dataset: DatasetId,
    heads: Vec<CommitId>,
    /// Where its store will be, or is.
    number: u64,
    _lock: Box<dyn LockGuard>,
}

impl BranchStore {
    /// The names of all branches of a dataset directory, ascending.
    ///
    /// # Errors
    /// [`DiskError`].
    pub fn list(whole: &dyn Disk) -> Result<Vec<String>, DiskError> {
        let mut names = match whole.list(FOLDER) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            names => names?,
        };
        names.retain(|name| whole.len(&format!("{FOLDER}/{name}/{BASE}")).is_ok());
        Ok(names)
    }

    /// Reads a branch's folder; `None` where it has no base, and so is no branch. Writes nothing,
    /// takes no lock.
    ///
    /// # Errors
    /// [`BranchStoreError::Base`] for a base that does not hold, `Disk` for one that is not given
    /// out.
    pub fn inspect(folder: &dyn Disk) -> Result<Option<BranchInspection>, BranchStoreError> {
        let Some((dataset, base)) = read(folder, BASE)? else { return Ok(None) };
        let is_finished = |folder_of: &String| folder.len(&format!("{folder_of}/{HEADS}")).is_ok();
        let has_folder = |folder_of: &String| folder.list(folder_of).is_ok();
        // Those below the one that has heads were never finished.
        let stores = (1..STORES_MAX).map(|number| number.to_string());
        let store = stores.take_while(has_folder).find(is_finished);
        Ok(Some(BranchInspection { dataset, base, store }))
    }

    /// Opens a branch, or begins it at these heads. The answer has what was written to it, if
    /// anything was.
    ///
    /// # Errors
    /// [`BranchStoreError`].
    pub fn open(
        whole: &Arc<dyn Disk>,
        name: &str,
        dataset: DatasetId,
        heads: &[CommitId],
    ) -> Result<(Self, Option<Opened>), BranchStoreError> {
        ensure(whole.create_folder(FOLDER))?;
        let disk = Arc::new(FolderDisk::of(whole.clone(), &format!("{FOLDER}/{name}")));
        ensure(disk.create_folder(""))?;
        ensure(disk.create_file(LOCK, Access::Shared))?;
        let lock = disk.lock(LOCK).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock => BranchStoreError::Locked,
            _ => BranchStoreError::Disk(error),
        })?;
        let heads = match read(disk.as_ref(), &disk.name(BASE))? {
            Some((found, heads)) if found == dataset => heads,
            Some((found, _)) => {
                return Err(BranchStoreError::OtherDataset { expected: dataset, found });
            }
            None => {
                begin(disk.as_ref(), dataset, heads)?;
                whole.sync_folder(FOLDER)?;
                whole.sync_folder("")?;
                heads.to_vec()
            }
        };
        let mut branch = BranchStore { disk, dataset, heads, number: 1, _lock: lock };
        let opened = branch.find()?;
        Ok((branch, opened))
    }

    /// The heads at which it begins.
    pub fn base(&self) -> &[CommitId] {
        &self.heads
    }

    /// The branch's folder, for branches of the branch.
    pub fn disk(&self) -> Arc<dyn Disk> {
        self.disk.clone()
    }

    /// Makes the branch's store, for its first write. Once this has failed, open the branch again.
    ///
    /// # Errors
    /// [`CreateError`].
    pub fn create(&self, key: &SecretKey) -> Result<Store, CreateError> {
        Store::create(self.store_disk(), self.dataset, key, &StoreOptions::default())
    }

    fn store_disk(&self) -> Arc<dyn Disk> {
        Arc::new(FolderDisk::of(self.disk.clone(), &self.number.to_string()))
    }

    /// Its store, behind those whose creation was cut short; `number` is then its own or the next.
    fn find(&mut self) -> Result<Option<Opened>, BranchStoreError> {
        while self.number < STORES_MAX {
            let disk = self.store_disk();
            match disk.list("") {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                listed => drop(listed?),
            }
            match Store::open(disk.clone()) {
                // Its creation may have failed in the last sync of its names.
                Ok(opened) => {
                    disk.sync_folder("")?;
                    return Ok(Some(opened));
                }
                Err(OpenError::Unfinished | OpenError::NothingHere) => self.number += 1,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }
}

/// Lets pass what is there already.
fn ensure(created: Result<(), DiskError>) -> Result<(), DiskError> {
    match created {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        created => created,
    }
}

/// Writes the base down, durable with its name.
fn begin(disk: &dyn Disk, dataset: DatasetId, heads: &[CommitId]) -> Result<(), DiskError> {
    match disk.remove(BASE_MAKING) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        removed => removed?,
    }
    let mut body = dataset.0.to_vec();
    body.extend_from_slice(&(heads.len() as u64).to_le_bytes());
    body.extend(heads.iter().flat_map(|head| head.0));
    disk.create_file(BASE_MAKING, Access::Shared)?;
    disk.write_at(BASE_MAKING, 0, &record::seal_all(MAGIC, &body))?;
    disk.sync(BASE_MAKING)?;
    disk.sync_folder("")?;
    disk.rename(BASE_MAKING, BASE)?;
    disk.sync_folder("")
}

/// `name` is what an error calls the file.
fn read(
    disk: &dyn Disk,
    name: &str,
) -> Result<Option<(DatasetId, Vec<CommitId>)>, BranchStoreError> {
    let length = match disk.len(BASE) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        length => length?,
    };
    let wrong = |error| BranchStoreError::Base { name: name.to_owned(), error };
    let most = 56 + 32 * BASE_HEADS_MAX;
    if length > most {
        let (what, expected, found) = ("the length", most, length);
        return Err(wrong(RecordError::Value { what, expected, found }));
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    disk.read_at(BASE, 0, &mut bytes)?;
    decode(&bytes).map(Some).map_err(wrong)
}

fn decode(bytes: &[u8]) -> Result<(DatasetId, Vec<CommitId>), RecordError> {
    let body = record::unseal_all(MAGIC, bytes)?;
    let (Some(dataset), Some(rest)) = (body.first_chunk::<32>(), body.get(40..)) else {
        return Err(RecordError::Short { expected: 56, found: bytes.len() });
    };
    let (heads, odd) = rest.as_chunks::<32>();
    let said = body.get(32..40).and_then(|said| said.first_chunk::<8>());
    let said = said.map_or(0, |said| u64::from_le_bytes(*said));
    if said != heads.len() as u64 || !odd.is_empty() || said == 0 {
        let (what, found) = ("the number of heads", said);
        return Err(RecordError::Value { what, expected: heads.len() as u64, found });
    }
    Ok((DatasetId(*dataset), heads.iter().copied().map(CommitId).collect()))
}
