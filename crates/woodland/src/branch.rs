//! Named branches: heads in a dataset directory that go their own way.
//!
//! ```text
//!  main     ── a ── b ── c ────── m ──         main.merge(&draft) makes m
//!  draft          └─ (b) ── x ── y ┘           begun at b; its first write takes its own author
//! ```
//!
//! **Invariants**
//! - A branch that is not written costs one small record, and has no author key on the disk.
//! - Writing to a branch changes nothing of what it was begun from; what it was begun from goes on
//!   without it. Merging either way is the merge of any two replicas.
//! - A branch begins at a version that is durable.
//! - What a branch holds is the closure of its base in what it was begun from, and its own store.
//!
//! What this does not do: delete a branch; remove its folder while nobody has it open.

use crate::backing::{Backing, Target};
use crate::durability::FlushError;
use crate::replica::Replica;
use crate::snapshot::Snapshot;
use crate::start::{StartError, log_of};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use woodland_format::CommitId;
use woodland_graph::Graph;
use woodland_log::{Log, UnknownHead};
use woodland_page::catch;
use woodland_store::{BranchStore, BranchStoreError, DiskError};

/// Longest name of a branch, in characters.
const NAME_MAX: usize = 64;

/// A branch's name: 1 to 64 of `a`–`z`, `0`–`9`, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BranchName(String);

impl BranchName {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BranchName {
    type Err = BranchError;

    fn from_str(name: &str) -> Result<Self, BranchError> {
        let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if (1..=NAME_MAX).contains(&name.len()) && name.chars().all(is_allowed) {
            return Ok(BranchName(name.to_owned()));
        }
        Err(BranchError::Name { found: name.chars().take(NAME_MAX + 1).collect() })
    }
}

/// A branch was not opened, or branches were not listed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BranchError {
    /// The caller's mistake: no name for a branch.
    #[error("{found:?} is no branch name: choose 1 to {NAME_MAX} of a-z, 0-9, - and _")]
    Name {
        /// The beginning of what was given.
        found: String,
    },
    /// What the branch was begun from does not hold its base: it was put back to an earlier state.
    #[error("branch {name} begins at a commit that is not here: {error}")]
    Base {
        /// The branch.
        name: BranchName,
        /// The commit.
        #[source]
        error: UnknownHead,
    },
    /// Its folder could not be opened.
    #[error("branch {name}: {error}")]
    Store {
        /// The branch.
        name: BranchName,
        /// Why.
        #[source]
        error: Box<BranchStoreError>,
    },
    /// What was written to it makes no log on its base.
    #[error("branch {name}: {error}")]
    Start {
        /// The branch.
        name: BranchName,
        /// Why.
        #[source]
        error: Box<StartError>,
    },
    /// The caller's mistake: the replica was opened read-only, and a branch is to be written.
    #[error(
        "the replica was opened read-only: open branches where the dataset is open for writing"
    )]
    ReadOnly,
    /// The version at which it would begin is not durable, and could not be made so.
    #[error("no branch is begun: {0}")]
    Flush(#[from] FlushError),
    /// The branches could not be listed.
    #[error(transparent)]
    List(#[from] DiskError),
}

impl Replica {
    /// Opens the branch of this name, or begins one at the current version. Not of a replica that
    /// was opened read-only.
    ///
    /// It is read-only in effect until it is written: its first write or merge makes its store and
    /// its author. One handle at a time; clones of it share it.
    ///
    /// # Errors
    /// [`BranchError`].
    pub fn branch(&self, name: &str) -> Result<Replica, BranchError> {
        let name: BranchName = name.parse()?;
        let is_read_only = matches!(self.writer().target, Target::ReadOnly(_));
        if is_read_only {
            return Err(BranchError::ReadOnly);
        }
        let current = self.flushed()?;
        let heads: Vec<CommitId> = current.log().heads().collect();
        let whole = &self.0.disk;
        let opened = BranchStore::open(whole, name.as_str(), current.log().dataset(), &heads);
        let (store, opened) = match opened {
            Ok(opened) => opened,
            Err(error) => return Err(BranchError::Store { name, error: Box::new(error) }),
        };
        let in_start = |error: StartError| Box::new(error);
        let base = match catch(|| at(&current, store.base())) {
            Ok(Ok(base)) => base,
            Ok(Err(error)) => return Err(BranchError::Base { name, error }),
            Err(fault) => return Err(BranchError::Start { name, error: in_start(fault.into()) }),
        };
        let begun = || -> Result<Replica, StartError> {
            let mut keys = self.writer().keys.branch()?;
            let disk = store.disk();
            let Some(opened) = opened else {
                let key = keys.author()?;
                return Ok(Replica::assemble(Backing::Begun(store), disk, key, keys, base)?);
            };
            let log = log_of(&opened.segments, Some(base.log().clone()))?;
            let graph = base.graph.advance(&log);
            let backing = Backing::Written(Arc::new(opened.store), Some(store));
            let (snapshot, proposal) = Snapshot::agreed(&graph, Arc::clone(&base.model))?;
            let replica = Replica::assemble(backing, disk, opened.key, keys, snapshot)?;
            replica.settle(opened.moved)?;
            replica.settle_schema(proposal)?;
            Ok(replica)
        };
        let upkeep = self.upkeep();
        let begun = catch(begun).map_err(StartError::from).flatten();
        begun
            .map(|branch| branch.kept_by(upkeep))
            .map_err(|error| BranchError::Start { name, error: in_start(error) })
    }

    /// The names of the branches begun here, ascending.
    ///
    /// # Errors
    /// [`BranchError::List`].
    pub fn branches(&self) -> Result<Vec<BranchName>, BranchError> {
        let names = BranchStore::list(self.0.disk.as_ref())?;
        // What is no name of a branch is none of ours.
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// The graph at an older version, named by its heads: read-only, for as long as one holds it.
    /// Costs what that version holds.
    ///
    /// # Errors
    /// [`UnknownHead`] when a head is not held, or none is given.
    pub fn at(&self, heads: &[CommitId]) -> Result<Snapshot, UnknownHead> {
        at(&self.snapshot(), heads)
    }
}

fn at(current: &Snapshot, heads: &[CommitId]) -> Result<Snapshot, UnknownHead> {
    let mut sorted = heads.to_vec();
    sorted.sort_unstable();
    if !sorted.is_empty() && current.log().heads().eq(sorted) {
        return Ok(current.clone());
    }
    let log: Log = current.log().at(heads)?;
    Ok(current.of_version(&Graph::of(&log, current.model.kinds().clone())))
}
