//! Where a replica lives, where its randomness comes from, and how it is kept.
//!
//! **Invariants**
//! - Whatever is not set is what most programs want: a directory, read and written, the system's
//!   randomness, and upkeep in the background.
//! - A seeded replica begins no thread of its own.
//!
//! What this does not do: look at the disk. `create`, `open` and `join` do.

use crate::entropy::Entropy;
use crate::start::StartError;
use crate::upkeep::Maintenance;
use std::sync::Arc;
use woodland_store::Disk;

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
    pub(crate) entropy: Entropy,
    pub(crate) mode: Mode,
    /// What was chosen, and what it is otherwise.
    maintenance: Option<Maintenance>,
    usual: Maintenance,
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
        Options { disk, entropy: Entropy::System, mode: Mode::Write, maintenance, usual }
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
        Options { entropy: Entropy::Seeded(seed), usual: Maintenance::ByCaller, ..self }
    }

    /// Opens the dataset to read it, beside a process that writes it: without its lock, without its
    /// key, without the right to write its files. [`Replica::refresh`](crate::Replica::refresh)
    /// follows what is written.
    #[must_use]
    pub fn read_only(self) -> Self {
        Options { mode: Mode::Read, ..self }
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
