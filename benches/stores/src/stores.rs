//! The stores, and what each of them can be asked to do.
//!
//! **Invariants**
//! - What [`Writer`] and [`Store::edit`] did survives a power cut once they return.
//! - Whoever writes, one call is one transaction.
//!
//! What this does not do: choose how a store is used; each store's file says how and why.

mod floor;
mod redb;
mod sqlite;
mod woodland;

pub(crate) use self::floor::Floor;
pub(crate) use self::redb::Redb;
pub(crate) use self::sqlite::{Sqlite, SqliteShared};
pub(crate) use self::woodland::Woodland;

use crate::data::{Entry, Key};
use anyhow::Result;
use std::ops::Range;
use std::path::Path;

/// Which store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Name {
    Woodland,
    Sqlite,
    Redb,
    /// An append and a sync, and no store at all.
    Floor,
}

impl Name {
    pub(crate) const ALL: [Name; 4] = [Name::Woodland, Name::Sqlite, Name::Redb, Name::Floor];

    pub(crate) fn text(self) -> &'static str {
        match self {
            Name::Woodland => "woodland",
            Name::Sqlite => "sqlite",
            Name::Redb => "redb",
            Name::Floor => "floor",
        }
    }
}

/// What a store keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// Every transaction, as a commit: a dataset differs by how many there were.
    Commits,
    /// The records.
    Records,
}

/// The records of these numbers, so many at a time.
pub(crate) fn batches(numbers: Range<u64>, at_once: u64) -> impl Iterator<Item = Vec<Entry>> {
    let starts = numbers.clone().step_by(at_once as usize);
    starts.map(move |start| (start..numbers.end.min(start + at_once)).map(Entry::of).collect())
}

/// Writes records durably, all of a call in one transaction; of one thread.
pub(crate) type Writer<'a> = Box<dyn FnMut(&[Entry]) -> Result<()> + Send + 'a>;

/// A store in a folder.
pub(crate) trait Store: Sync + Sized {
    /// What is left of a transaction once it is done.
    const KEEPS: Keeps;

    /// An empty one.
    fn create(folder: &Path) -> Result<Self>;

    /// One that is there, with so much memory for what it caches.
    fn open(folder: &Path, memory_bytes: usize) -> Result<Self>;

    /// For a thread.
    fn writer(&self) -> Result<Writer<'_>>;

    /// The records of these numbers, so many in a transaction; all durable at the end, and the
    /// store at rest.
    fn fill(&self, numbers: Range<u64>, at_once: u64) -> Result<()>;

    /// The record with this key.
    fn get(&self, key: &Key) -> Result<Option<Entry>>;

    /// The sum over all records, one after the other.
    fn scan(&self) -> Result<u64>;

    /// All records at once.
    fn collect(&self) -> Result<Vec<Entry>>;

    /// Turns the numbers of these records over.
    fn edit(&self, keys: &[Key]) -> Result<()>;

    /// Writes out what waits in memory.
    fn rest(&self) -> Result<()>;
}
