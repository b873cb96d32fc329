//! A folder of a disk as a disk of its own.
//!
//! **Invariants**
//! - Nothing outside the folder is touched, but that creating the folder also syncs the one it
//!   stands in.
//!
//! What this does not do: create the folders on the way.

use super::{Access, Disk, DiskError, FileIdentity, LockGuard};
use std::sync::Arc;

/// One folder of another disk.
#[derive(Debug, Clone)]
pub struct FolderDisk {
    whole: Arc<dyn Disk>,
    folder: String,
}

impl FolderDisk {
    /// The folder with this name, which need not exist yet.
    pub fn of(whole: Arc<dyn Disk>, folder: &str) -> Self {
        FolderDisk { whole, folder: folder.to_owned() }
    }

    /// The name as the whole disk knows it.
    pub(crate) fn name(&self, name: &str) -> String {
        if name.is_empty() { self.folder.clone() } else { format!("{}/{name}", self.folder) }
    }
}

impl Disk for FolderDisk {
    fn len(&self, name: &str) -> Result<u64, DiskError> {
        self.whole.len(&self.name(name))
    }

    fn read_at(&self, name: &str, offset: u64, into: &mut [u8]) -> Result<(), DiskError> {
        self.whole.read_at(&self.name(name), offset, into)
    }

    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        self.whole.write_at(&self.name(name), offset, bytes)
    }

    fn truncate(&self, name: &str, length: u64) -> Result<(), DiskError> {
        self.whole.truncate(&self.name(name), length)
    }

    fn sync(&self, name: &str) -> Result<(), DiskError> {
        self.whole.sync(&self.name(name))
    }

    fn create_folder(&self, folder: &str) -> Result<(), DiskError> {
        self.whole.create_folder(&self.name(folder))?;
        if !folder.is_empty() {
            return Ok(());
        }
        self.whole.sync_folder(self.folder.rsplit_once('/').map_or("", |(parent, _)| parent))
    }

    fn sync_folder(&self, folder: &str) -> Result<(), DiskError> {
        self.whole.sync_folder(&self.name(folder))
    }

    fn create_file(&self, name: &str, access: Access) -> Result<(), DiskError> {
        self.whole.create_file(&self.name(name), access)
    }

    fn access(&self, name: &str) -> Result<Access, DiskError> {
        self.whole.access(&self.name(name))
    }

    fn identity(&self, name: &str) -> Result<Option<FileIdentity>, DiskError> {
        self.whole.identity(&self.name(name))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        self.whole.rename(&self.name(from), &self.name(to))
    }

    fn remove(&self, name: &str) -> Result<(), DiskError> {
        self.whole.remove(&self.name(name))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        self.whole.list(&self.name(folder))
    }

    fn lock(&self, name: &str) -> Result<Box<dyn LockGuard>, DiskError> {
        self.whole.lock(&self.name(name))
    }
}
