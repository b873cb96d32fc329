//! Where a replica lives, where its randomness comes from, and how it is kept.
//!
//! **Invariants**
//! - Whatever is not set is what most programs want: a directory, read and written, the system's
//!   randomness, and upkeep in the background.
//! - A seeded replica begins no thread of its own.
//!
//! What this does not do: look at the disk. `create`, `open` and `join` do.

use crate::keys::Keys;
use crate::start::StartError;
use crate::upkeep::Maintenance;
use std::sync::Arc;
use woodland_format::SecretKey;
use woodland_store::{Disk, StoreOptions};

/// Where a replica lives, where its randomness comes from, and how it is kept. A path is one, too.
///
/// ```
/// use std::sync::Arc;
/// use woodland::{MemoryDisk, Options, Record, Replica, define};
///
/// #[derive(Record)]
/// struct Note { title: String }
///
/// let model = define().record::<Note>().model()?;
/// let disk = Arc::new(MemoryDisk::new());
/// let replica = Replica::create(Options::on(disk.clone()).seed(1), &model)?;
/// drop(replica);
/// Replica::open(Options::on(disk).seed(2), &model)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Options {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) keys: Keys,
    pub(crate) mode: Mode,
    pub(crate) memory: Memory,
    pub(crate) store: StoreOptions,
    /// Whether a dataset that is created has an owner.
    pub(crate) is_owned: bool,
    /// What was chosen, and what it is otherwise.
    maintenance: Option<Maintenance>,
    usual: Maintenance,
}

/// How long a segment file becomes where nothing else is said: what is full can be merged.
const SEGMENT_FILE_BYTES_DEFAULT: u64 = 16 << 20;

/// How much memory what was derived may take where nothing else is said.
pub const MEMORY_BYTES_DEFAULT: usize = 256 << 20;

/// How much memory what was derived may take, and how it is shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory {
    bytes: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Memory { bytes: MEMORY_BYTES_DEFAULT }
    }
}

impl Memory {
    /// Of pages that are kept decoded: in memory they are some four times as large.
    pub(crate) fn pages_bytes(self) -> usize {
        self.bytes / 8
    }

    /// What is written and not at rest takes about so much, where the nodes that it is about lie
    /// apart: the leaf of each is in memory, and the paths to it (measured: 7 to 10 KiB a node).
    pub(crate) fn of_unrested(bytes: u64, nodes: u64) -> u64 {
        bytes * 4 + nodes * 8 * 1024
    }

    /// Of what the store of the pages keeps.
    pub(crate) fn store_bytes(self) -> usize {
        self.bytes / 8
    }

    /// Of what is written and not yet at rest.
    pub(crate) fn unrested_bytes(self) -> u64 {
        (self.bytes / 3) as u64
    }

    /// How many commits may be written and not yet at rest: each that is opened costs some
    /// microseconds.
    pub(crate) fn unrested_commits(self) -> u64 {
        16_384
    }
}

/// What a replica is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Write,
    Read,
}

impl Options {
    /// A dataset on this disk.
    pub fn on(disk: Arc<dyn Disk>) -> Self {
        let (maintenance, usual) = (None, Maintenance::ByCaller);
        let (keys, mode, memory) = (Keys::of_system(), Mode::Write, Memory::default());
        let segment_file_bytes_max = SEGMENT_FILE_BYTES_DEFAULT;
        let store = StoreOptions { segment_file_bytes_max };
        let is_owned = false;
        Options { disk, keys, mode, memory, store, is_owned, maintenance, usual }
    }

    /// A dataset in this directory.
    #[cfg(feature = "files")]
    pub fn at(path: impl AsRef<std::path::Path>) -> Self {
        let disk = Arc::new(woodland_store::FileDisk::at(path.as_ref()));
        Options { usual: Maintenance::Background, ..Options::on(disk) }
    }

    /// Takes all randomness from this seed: the same seed gives the same keys, so two replicas of
    /// one dataset need two seeds, and so does one that is opened again. For tests and simulations.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Options { keys: self.keys.seed(seed), usual: Maintenance::ByCaller, ..self }
    }

    /// For whom the replica writes: this identity vouches for each author key that the replica
    /// takes from here on, under this name, at most 128 bytes, which everybody can read. Give it
    /// whenever the dataset is opened: the secret key is nowhere kept.
    #[must_use]
    pub fn identity(self, key: SecretKey, name: impl Into<String>) -> Self {
        Options { keys: self.keys.identified(key, name.into()), ..self }
    }

    /// A dataset that is created belongs to this replica's identity: only that, and whom it grants
    /// it ([`Replica::grant`](crate::Replica::grant)), may write. It cannot be changed later.
    #[must_use]
    pub fn owned(self) -> Self {
        Options { is_owned: true, ..self }
    }

    /// Opens the dataset to read it, beside a process that writes it: without its lock, without its
    /// key, without the right to write its files. [`Replica::refresh`](crate::Replica::refresh)
    /// follows what is written.
    #[must_use]
    pub fn read_only(self) -> Self {
        Options { mode: Mode::Read, ..self }
    }

    /// How much memory what was derived may take, in bytes, beside what is written and not yet at
    /// rest: see [`MEMORY_BYTES_DEFAULT`]. A dataset may be many times larger.
    #[must_use]
    pub fn memory(self, bytes: usize) -> Self {
        Options { memory: Memory { bytes }, ..self }
    }

    /// A segment file of a dataset that is created or joined is followed by another once it has
    /// this many bytes; what is full can be merged. It is kept with the dataset, so opening looks
    /// at what was chosen then.
    #[must_use]
    pub fn segment_file_bytes_max(self, bytes: u64) -> Self {
        Options { store: StoreOptions { segment_file_bytes_max: bytes }, ..self }
    }

    /// Who merges what many small writes leave behind.
    #[must_use]
    pub fn maintenance(self, maintenance: Maintenance) -> Self {
        Options { maintenance: Some(maintenance), ..self }
    }

    /// These options, if a dataset can be made with them.
    pub(crate) fn for_a_new_dataset(self) -> Result<Self, StartError> {
        match self.mode {
            Mode::Write => Ok(self),
            Mode::Read => Err(StartError::ReadOnly),
        }
    }

    pub(crate) fn upkeep(&self) -> Maintenance {
        self.maintenance.unwrap_or(self.usual)
    }
}

#[cfg(feature = "files")]
impl<P: AsRef<std::path::Path>> From<P> for Options {
    fn from(path: P) -> Self {
        Options::at(path)
    }
}
