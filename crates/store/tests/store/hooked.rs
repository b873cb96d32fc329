//! A disk on which something happens before each act, from outside of the store.

use std::fmt;
use std::sync::Arc;
use woodland_store::{Access, Disk, DiskAct, DiskError, FileIdentity, LockGuard, MemoryDisk};

type Hook = Arc<dyn Fn(DiskAct, &str) + Send + Sync>;

/// A memory disk that tells of each act before it does it.
#[derive(Clone)]
pub(crate) struct HookedDisk {
    inner: MemoryDisk,
    hook: Hook,
}

impl HookedDisk {
    pub(crate) fn of(
        inner: &MemoryDisk,
        hook: impl Fn(DiskAct, &str) + Send + Sync + 'static,
    ) -> Self {
        HookedDisk { inner: inner.clone(), hook: Arc::new(hook) }
    }

    fn told(&self, act: DiskAct, name: &str) -> &MemoryDisk {
        (self.hook)(act, name);
        &self.inner
    }
}

impl fmt::Debug for HookedDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HookedDisk({:?})", self.inner)
    }
}

impl Disk for HookedDisk {
    fn len(&self, name: &str) -> Result<u64, DiskError> {
        self.told(DiskAct::Length, name).len(name)
    }

    fn read_at(&self, name: &str, offset: u64, into: &mut [u8]) -> Result<(), DiskError> {
        self.told(DiskAct::Read, name).read_at(name, offset, into)
    }

    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        self.told(DiskAct::Write, name).write_at(name, offset, bytes)
    }

    fn truncate(&self, name: &str, length: u64) -> Result<(), DiskError> {
        self.told(DiskAct::Truncate, name).truncate(name, length)
    }

    fn sync(&self, name: &str) -> Result<(), DiskError> {
        self.told(DiskAct::Sync, name).sync(name)
    }

    fn create_folder(&self, folder: &str) -> Result<(), DiskError> {
        self.told(DiskAct::CreateFolder, folder).create_folder(folder)
    }

    fn sync_folder(&self, folder: &str) -> Result<(), DiskError> {
        self.told(DiskAct::SyncFolder, folder).sync_folder(folder)
    }

    fn create_file(&self, name: &str, access: Access) -> Result<(), DiskError> {
        self.told(DiskAct::CreateFile, name).create_file(name, access)
    }

    fn access(&self, name: &str) -> Result<Access, DiskError> {
        self.told(DiskAct::Access, name).access(name)
    }

    fn identity(&self, name: &str) -> Result<Option<FileIdentity>, DiskError> {
        self.told(DiskAct::Identity, name).identity(name)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        self.told(DiskAct::Rename, from).rename(from, to)
    }

    fn remove(&self, name: &str) -> Result<(), DiskError> {
        self.told(DiskAct::Remove, name).remove(name)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        self.told(DiskAct::List, folder).list(folder)
    }

    fn lock(&self, name: &str) -> Result<Box<dyn LockGuard>, DiskError> {
        self.told(DiskAct::Lock, name).lock(name)
    }
}
