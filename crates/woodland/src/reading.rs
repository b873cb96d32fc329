//! Reading beside a writer: a replica without lock, key or the right to write, which follows what
//! another process acknowledges.
//!
//! ```text
//!  writer   ── a ── b ── c ── d        acknowledged, in the directory
//!  reader   ── a ── b ·········· refresh ── d
//! ```
//!
//! **Invariants**
//! - What is shown was acknowledged by the writer, so it is durable: it may be given away. What the
//!   writer has buffered is not shown here.
//! - The current version only ever advances, as everywhere; subscribers are told.
//!
//! What this does not do: notice that there is more (call `refresh`), read branches, migrate.

use crate::backing::{Backing, Target};
use crate::current::Version;
use crate::durability::Durability;
use crate::keys::Keys;
use crate::model::Model;
use crate::replica::Replica;
use crate::snapshot::Snapshot;
use crate::start::{StartError, log_of, snapshot_of};
use std::sync::Arc;
use woodland_store::{Disk, OpenError, Store};

/// What a call of [`Replica::refresh`] brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Refreshed {
    /// How many commits.
    pub commits: u64,
}

/// A replica was not refreshed: it shows what it showed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// The directory could not be read.
    #[error(transparent)]
    Read(#[from] OpenError),
    /// What is there makes no log together with what was there before.
    #[error("{0}; the directory is not the one that was opened: open it again")]
    Log(#[source] Box<StartError>),
}

pub(crate) fn beside(
    disk: Arc<dyn Disk>,
    model: &Model,
    mut keys: Keys,
) -> Result<Replica, StartError> {
    model.schema().check()?;
    let read = Store::read(disk.as_ref())?;
    let log = log_of(&read.segments, None)?;
    let (snapshot, proposal) = snapshot_of(&log, model)?;
    // Nothing is ever written under it.
    let key = keys.author()?;
    let backing = Backing::ReadOnly(read.heads);
    let replica = Replica::assemble(backing, disk, key, keys, snapshot)?;
    replica.settle_schema(proposal)?;
    Ok(replica)
}

impl Replica {
    /// Advances a replica that was opened [`read_only`](crate::Options::read_only) to what the
    /// writer of its directory has acknowledged since. Where nothing was, it reads one small
    /// record; otherwise what was appended, or the directory where files were merged. Any other
    /// replica is as it should be always.
    ///
    /// # Errors
    /// [`RefreshError`]; the replica shows what it showed, and may be refreshed later.
    pub fn refresh(&self) -> Result<Refreshed, RefreshError> {
        let mut writer = self.writer();
        let Target::ReadOnly(heads) = &writer.target else { return Ok(Refreshed::default()) };
        let disk = self.0.disk.as_ref();
        if !Store::has_moved(disk, heads).map_err(OpenError::Disk)? {
            return Ok(Refreshed::default());
        }
        let read = match Store::read_after(disk, &heads.position()) {
            // What lies behind was merged since, or it is another history.
            Err(OpenError::NotAPrefix { .. }) => Store::read(disk)?,
            read => read?,
        };
        let current = writer.newest.snapshot.clone();
        let held = current.log().clone();
        let made = log_of(&read.segments, Some(held.clone()));
        let log = made.map_err(|error| RefreshError::Log(Box::new(error)))?;
        let refreshed = Refreshed { commits: log.len() - held.len() };
        writer.target = Target::ReadOnly(read.heads);
        if refreshed.commits == 0 {
            return Ok(refreshed);
        }
        let snapshot = Snapshot { graph: Arc::new(current.graph.advance(&log)), ..current };
        let version = Version { count: writer.newest.count + 1, snapshot, ticket: None };
        writer.newest = version.clone();
        let news = self.0.current.publish(version, Durability::Durable);
        drop(writer);
        news.tell();
        Ok(refreshed)
    }
}
