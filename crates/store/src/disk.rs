//! The disk: all that the store asks of the world, so that a test can own it.
//!
//! Names are relative paths inside the dataset directory with `/` between the parts; the directory
//! itself is the folder `""`.
//!
//! **Invariants** that an implementation keeps
//! - `read_at` fills the whole buffer or fails; `write_at` writes all or fails, and then anything
//!   between nothing and all of it may be there. Writing past the end makes the file longer.
//! - After `sync` of a file its bytes and length survive a power cut; its *name* does only after
//!   `sync_folder` of its folder.
//! - A lock is exclusive among all that open the directory, and ends with its guard or the process.
//!
//! What this does not do: retry, cache or interpret.

mod file;
mod memory;
mod within;

pub use file::FileDisk;
pub use memory::{MemoryDisk, PowerCut, Unsynced};
pub use within::FolderDisk;

use std::fmt::{self, Debug};
use std::io;

/// The disk failed, or refused.
#[derive(Debug, thiserror::Error)]
#[error("cannot {act} `{name}`: {source}")]
pub struct DiskError {
    /// What was tried.
    pub act: DiskAct,
    /// On what, inside the dataset directory; `.` is the directory itself.
    pub name: String,
    /// What the system said.
    pub source: io::Error,
}

impl DiskError {
    /// The error of this act on this name.
    pub fn new(act: DiskAct, name: &str, source: io::Error) -> Self {
        let name = if name.is_empty() { "." } else { name }.to_owned();
        DiskError { act, name, source }
    }

    /// What kind of failure the system named.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

/// What is asked of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the method of Disk with its name")]
pub enum DiskAct {
    Length,
    Read,
    Write,
    Truncate,
    Sync,
    CreateFolder,
    SyncFolder,
    CreateFile,
    Access,
    Rename,
    Remove,
    List,
    Lock,
    Identity,
}

impl fmt::Display for DiskAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DiskAct::Length => "get the length of",
            DiskAct::Read => "read",
            DiskAct::Write => "write",
            DiskAct::Truncate => "truncate",
            DiskAct::Sync => "sync",
            DiskAct::CreateFolder => "create the folder",
            DiskAct::SyncFolder => "sync the folder",
            DiskAct::CreateFile => "create",
            DiskAct::Access => "get the permissions of",
            DiskAct::Rename => "rename",
            DiskAct::Remove => "remove",
            DiskAct::List => "list",
            DiskAct::Lock => "lock",
            DiskAct::Identity => "get the number of",
        })
    }
}

/// Which file a name leads to, as the system tells files apart: a copy is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileIdentity {
    /// The device that holds it.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
}

impl fmt::Display for FileIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "file {} of device {}", self.inode, self.device)
    }
}

/// Who may open a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Its owner alone (mode 0600).
    OwnerOnly,
    /// Whoever the system's defaults let in.
    Shared,
}

/// Holds a lock until it is dropped.
pub trait LockGuard: Send + Sync + Debug {}

/// A place that keeps one dataset directory. Every error is a [`DiskError`].
#[allow(clippy::missing_errors_doc, reason = "said once, above")]
pub trait Disk: Send + Sync + Debug {
    /// Length of a file, in bytes.
    fn len(&self, name: &str) -> Result<u64, DiskError>;
    /// Fills `into` from the file's bytes at `offset`.
    fn read_at(&self, name: &str, offset: u64, into: &mut [u8]) -> Result<(), DiskError>;
    /// Writes `bytes` at `offset`; what lies between the end and `offset` becomes zero.
    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), DiskError>;
    /// Makes the file this long.
    fn truncate(&self, name: &str, length: u64) -> Result<(), DiskError>;
    /// Makes the file's bytes and length durable.
    fn sync(&self, name: &str) -> Result<(), DiskError>;
    /// Creates a folder, which must not exist. Creating `""` also makes its own entry durable.
    fn create_folder(&self, folder: &str) -> Result<(), DiskError>;
    /// Makes the names in a folder durable.
    fn sync_folder(&self, folder: &str) -> Result<(), DiskError>;
    /// Creates an empty file, which must not exist.
    fn create_file(&self, name: &str, access: Access) -> Result<(), DiskError>;
    /// Who may open a file.
    fn access(&self, name: &str) -> Result<Access, DiskError>;
    /// Which file this is; `None` where the system does not tell. A renamed file stays the same.
    fn identity(&self, name: &str) -> Result<Option<FileIdentity>, DiskError>;
    /// Gives a file another name, in place of what had it.
    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError>;
    /// Removes a file.
    fn remove(&self, name: &str) -> Result<(), DiskError>;
    /// The names in a folder, without its path, sorted.
    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError>;
    /// Locks an existing file; [`io::ErrorKind::WouldBlock`] when another holds it.
    fn lock(&self, name: &str) -> Result<Box<dyn LockGuard>, DiskError>;
}
