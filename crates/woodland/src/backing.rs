//! What is below a replica: a store, a branch that has none yet, or nothing to write to.
//!
//! **Invariants**
//! - A store, once it is there, stays until the replica is closed: its lock is held so long.
//! - After a failure there is no way back to writing but to open the dataset again.
//!
//! What this does not do: append. `stage` does.

use std::sync::Arc;
use woodland_format::SecretKey;
use woodland_store::{AppendError, BranchStore, CreateError, Heads, Store};

/// What a replica comes about with.
pub(crate) enum Backing {
    /// A store; of a branch, with what holds its lock.
    Written(Arc<Store>, Option<BranchStore>),
    /// A branch that was never written.
    Begun(BranchStore),
    /// A dataset that another process writes, as its heads were when it was read.
    ReadOnly(Heads),
}

/// Where a replica's commits go.
pub(crate) enum Target {
    /// A store; of a branch, with what holds its lock.
    Written(Arc<Store>, Option<BranchStore>),
    /// A branch that was never written.
    Begun(BranchStore),
    /// Nowhere: another process writes. As its heads were when it was read last.
    ReadOnly(Heads),
    /// Nowhere any more: what of the last writes is on the disk is unknown.
    Lost(Option<BranchStore>),
}

/// What is to be stored was not, or it is not known whether it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackingError {
    /// The branch's store could not be made.
    #[error("the branch could not be begun: {0}; open it again")]
    Create(#[from] CreateError),
    /// The disk failed.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The caller's mistake: the replica was opened to read.
    #[error("the replica was opened read-only: write where the dataset is open for writing")]
    ReadOnly,
}

impl Target {
    pub(crate) fn of(backing: Backing) -> Self {
        match backing {
            Backing::Written(store, branch) => Target::Written(store, branch),
            Backing::Begun(branch) => Target::Begun(branch),
            Backing::ReadOnly(heads) => Target::ReadOnly(heads),
        }
    }

    /// The store, if there is one.
    pub(crate) fn written(&self) -> Option<&Arc<Store>> {
        match self {
            Target::Written(store, _) => Some(store),
            _ => None,
        }
    }

    /// Whether anything can be written.
    pub(crate) fn check(&self) -> Result<(), BackingError> {
        match self {
            Target::Written(..) | Target::Begun(_) => Ok(()),
            Target::ReadOnly(_) => Err(BackingError::ReadOnly),
            Target::Lost(_) => Err(AppendError::Poisoned.into()),
        }
    }

    /// Takes nothing more.
    pub(crate) fn lose(&mut self) {
        let branch = match std::mem::replace(self, Target::Lost(None)) {
            Target::Written(_, branch) | Target::Lost(branch) => branch,
            Target::Begun(branch) => Some(branch),
            Target::ReadOnly(_) => None,
        };
        *self = Target::Lost(branch);
    }

    /// The store, made for a branch's first write.
    pub(crate) fn store(&mut self, key: &SecretKey) -> Result<&Arc<Store>, BackingError> {
        self.check()?;
        if let Target::Begun(_) = self {
            let Target::Begun(branch) = std::mem::replace(self, Target::Lost(None)) else {
                unreachable!("it was compared");
            };
            let store = Arc::new(branch.create(key)?);
            *self = Target::Written(store, Some(branch));
        }
        match self {
            Target::Written(store, _) => Ok(store),
            _ => Err(AppendError::Poisoned.into()),
        }
    }
}
