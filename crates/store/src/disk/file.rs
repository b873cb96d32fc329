//! A disk that is a folder of the file system; `std` only.
//!
//! **Invariants**
//! - A file is written and synced through one kept handle, so a failed write-back is reported to
//!   the handle that asks for it. Reading uses it where there is one, and else opens anew,
//!   read-only: inspecting needs no right to write.
//! - A handle whose file has bytes that were not synced is never given up for another.
//! - The lock is the system's (`flock` and its like): a killed process leaves none behind.
//!
//! What this does not do: create missing parents of the dataset directory. Where the system has no
//! sync for folders (Windows), `sync_folder` does nothing and the system orders names itself.
//!
//! **Network file systems.** A lock is worth what the system's is. Over NFS, Linux passes `flock`
//! on to the server, which keeps other machines out and lets go when the client is gone for its
//! lease; mounted with `nolock` or `local_lock`, and on file systems that know no lock between
//! machines, two machines can write at once, and what that leaves is damage that opening names.
//! Nor does every server sync when it says so. A dataset belongs on a disk of the machine that
//! writes to it; between machines, sync commits, not files.

use super::{Access, Disk, DiskAct, DiskError, FileIdentity, LockGuard};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// More handles than one store writes at a time: a segment file, `heads`, `closed`, and of a
/// merging its file and its layout.
const WRITERS_MAX: usize = 8;

/// A dataset directory in the file system.
#[derive(Debug)]
pub struct FileDisk {
    root: PathBuf,
    writers: Mutex<BTreeMap<String, Writer>>,
}

/// A handle that is kept.
#[derive(Debug)]
struct Writer {
    file: Arc<File>,
    state: WriterState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WriterState {
    Synced,
    Unsynced,
}

impl FileDisk {
    /// The directory at `root`, which need not exist yet; its parent must.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        FileDisk { root: root.into(), writers: Mutex::new(BTreeMap::new()) }
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() { self.root.clone() } else { self.root.join(name) }
    }

    /// The handle that is kept for this file, which is then in this state.
    fn writer(&self, name: &str, state: WriterState) -> io::Result<Arc<File>> {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(writer) = writers.get_mut(name) {
            writer.state = state;
            return Ok(writer.file.clone());
        }
        let file = Arc::new(OpenOptions::new().read(true).write(true).open(self.path(name))?);
        if writers.len() >= WRITERS_MAX {
            writers.retain(|_, writer| writer.state == WriterState::Unsynced);
        }
        writers.insert(name.to_owned(), Writer { file: file.clone(), state });
        Ok(file)
    }

    /// The handle that is kept for this file, or another to read.
    fn reader(&self, name: &str) -> io::Result<Arc<File>> {
        let writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(writer) = writers.get(name) {
            return Ok(writer.file.clone());
        }
        drop(writers);
        File::open(self.path(name)).map(Arc::new)
    }

    fn forget(&self, name: &str) {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

#[derive(Debug)]
struct FileLock {
    _file: File,
}

impl LockGuard for FileLock {}

impl Disk for FileDisk {
    fn len(&self, name: &str) -> Result<u64, DiskError> {
        let metadata = fs::metadata(self.path(name));
        metadata.map(|data| data.len()).map_err(|e| DiskError::new(DiskAct::Length, name, e))
    }

    fn read_at(&self, name: &str, offset: u64, into: &mut [u8]) -> Result<(), DiskError> {
        self.reader(name)
            .and_then(|file| read_exact_at(&file, into, offset))
            .map_err(|e| DiskError::new(DiskAct::Read, name, e))
    }

    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        self.writer(name, WriterState::Unsynced)
            .and_then(|file| write_all_at(&file, bytes, offset))
            .map_err(|e| DiskError::new(DiskAct::Write, name, e))
    }

    fn truncate(&self, name: &str, length: u64) -> Result<(), DiskError> {
        self.writer(name, WriterState::Unsynced)
            .and_then(|file| file.set_len(length))
            .map_err(|e| DiskError::new(DiskAct::Truncate, name, e))
    }

    fn sync(&self, name: &str) -> Result<(), DiskError> {
        // Whoever writes while this runs makes it unsynced again.
        self.writer(name, WriterState::Synced)
            .and_then(|file| file.sync_data())
            .map_err(|e| DiskError::new(DiskAct::Sync, name, e))
    }

    fn create_folder(&self, folder: &str) -> Result<(), DiskError> {
        let created = fs::create_dir(self.path(folder));
        created.map_err(|e| DiskError::new(DiskAct::CreateFolder, folder, e))?;
        if !folder.is_empty() {
            return Ok(());
        }
        let parent = match self.root.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        sync_directory(parent).map_err(|e| DiskError::new(DiskAct::CreateFolder, folder, e))
    }

    fn sync_folder(&self, folder: &str) -> Result<(), DiskError> {
        sync_directory(&self.path(folder))
            .map_err(|e| DiskError::new(DiskAct::SyncFolder, folder, e))
    }

    fn create_file(&self, name: &str, access: Access) -> Result<(), DiskError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        restrict(&mut options, access);
        options
            .open(self.path(name))
            .map(drop)
            .map_err(|e| DiskError::new(DiskAct::CreateFile, name, e))
    }

    fn access(&self, name: &str) -> Result<Access, DiskError> {
        let metadata = fs::metadata(self.path(name));
        metadata.map(|data| access_of(&data)).map_err(|e| DiskError::new(DiskAct::Access, name, e))
    }

    fn identity(&self, name: &str) -> Result<Option<FileIdentity>, DiskError> {
        let metadata = fs::metadata(self.path(name));
        metadata
            .map(|data| identity_of(&data))
            .map_err(|e| DiskError::new(DiskAct::Identity, name, e))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        self.forget(from);
        self.forget(to);
        fs::rename(self.path(from), self.path(to))
            .map_err(|e| DiskError::new(DiskAct::Rename, from, e))
    }

    fn remove(&self, name: &str) -> Result<(), DiskError> {
        self.forget(name);
        fs::remove_file(self.path(name)).map_err(|e| DiskError::new(DiskAct::Remove, name, e))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        let names = || -> io::Result<Vec<String>> {
            let mut names = Vec::new();
            for entry in fs::read_dir(self.path(folder))? {
                // A name that is not UTF-8 is none of ours; it is shown as well as it can be.
                names.push(entry?.file_name().to_string_lossy().into_owned());
            }
            names.sort_unstable();
            Ok(names)
        };
        names().map_err(|e| DiskError::new(DiskAct::List, folder, e))
    }

    fn lock(&self, name: &str) -> Result<Box<dyn LockGuard>, DiskError> {
        let lock = || -> io::Result<File> {
            let file = OpenOptions::new().read(true).write(true).open(self.path(name))?;
            match file.try_lock() {
                Ok(()) => Ok(file),
                Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
                Err(TryLockError::Error(error)) => Err(error),
            }
        };
        match lock() {
            Ok(file) => Ok(Box::new(FileLock { _file: file })),
            Err(error) => Err(DiskError::new(DiskAct::Lock, name, error)),
        }
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, into: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, offset)
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn read_exact_at(mut file: &File, into: &mut [u8], offset: u64) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    let _alone = SEEKING.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(into)
}

// Readers and the writer share a handle, so no other seek may come between these two calls.
#[cfg(not(unix))]
static SEEKING: Mutex<()> = Mutex::new(());

#[cfg(not(unix))]
fn write_all_at(mut file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    let _alone = SEEKING.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn restrict(options: &mut OpenOptions, access: Access) {
    use std::os::unix::fs::OpenOptionsExt;
    if access == Access::OwnerOnly {
        options.mode(0o600);
    }
}

#[cfg(not(unix))]
fn restrict(_options: &mut OpenOptions, _access: Access) {}

#[cfg(unix)]
fn access_of(metadata: &fs::Metadata) -> Access {
    use std::os::unix::fs::PermissionsExt;
    let others = metadata.permissions().mode() & 0o077;
    if others == 0 { Access::OwnerOnly } else { Access::Shared }
}

// Elsewhere the profile folder's own rules protect the file, and std shows no more of them.
#[cfg(not(unix))]
fn access_of(_metadata: &fs::Metadata) -> Access {
    Access::OwnerOnly
}

#[cfg(unix)]
fn identity_of(metadata: &fs::Metadata) -> Option<FileIdentity> {
    use std::os::unix::fs::MetadataExt;
    Some(FileIdentity { device: metadata.dev(), inode: metadata.ino() })
}

#[cfg(not(unix))]
fn identity_of(_metadata: &fs::Metadata) -> Option<FileIdentity> {
    None
}
