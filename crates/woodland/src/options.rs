//! Where a replica lives, and where its randomness comes from.
//!
//! **Invariants**
//! - Whatever is not set is what most programs want: a directory, and the system's randomness.
//!
//! What this does not do: look at the disk. `create`, `open` and `join` do.

use crate::entropy::Entropy;
use std::sync::Arc;
use woodland_store::Disk;

/// Where a replica lives, and where its randomness comes from. A path is one, too.
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
}

impl Options {
    /// A dataset on this disk.
    pub fn on(disk: Arc<dyn Disk>) -> Self {
        Options { disk, entropy: Entropy::System }
    }

    /// A dataset in this directory.
    #[cfg(feature = "files")]
    pub fn at(path: impl AsRef<std::path::Path>) -> Self {
        Options::on(Arc::new(woodland_store::FileDisk::at(path.as_ref())))
    }

    /// Takes all randomness from this seed: the same seed gives the same keys, so two replicas of
    /// one dataset need two seeds, and so does one that is opened again. For tests and simulations.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Options { entropy: Entropy::Seeded(seed), ..self }
    }
}

#[cfg(feature = "files")]
impl<P: AsRef<std::path::Path>> From<P> for Options {
    fn from(path: P) -> Self {
        Options::at(path)
    }
}
