//! What a disk was asked to do, in order: from it every crash is made without running anything
//! again.
//!
//! **Invariants**
//! - Only what changes the disk stands here, and what the workload marked between.
//! - A write that failed stands here with as much of it as was done.
//!
//! What this does not do: say what is durable after it; `platter` reads it for that.

use super::image::Entry;
use std::sync::Arc;
use woodland_format::{AuthorKey, CommitId};
use woodland_store::Access;

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// Bytes of one file changed.
    Bytes {
        /// The file.
        number: u64,
        /// How.
        change: Change,
    },
    /// A file was synced.
    Sync {
        /// The file.
        number: u64,
    },
    /// A sync failed: what it should have saved is lost, though memory goes on to show it.
    SyncFailed {
        /// The file.
        number: u64,
    },
    /// A name changed.
    Name(NameChange),
    /// A folder was synced.
    SyncFolder {
        /// The folder.
        folder: String,
    },
    /// The directory was copied to another device.
    Device(u64),
    /// The workload says what it knows.
    Mark(Mark),
}

/// A change of a file's bytes.
#[derive(Debug, Clone)]
pub enum Change {
    /// Bytes at an offset; what lies between the end and the offset is zero.
    Write {
        /// Where.
        offset: u64,
        /// What.
        bytes: Arc<[u8]>,
    },
    /// Another length.
    Length(u64),
}

/// A change of names.
#[derive(Debug, Clone)]
pub enum NameChange {
    /// A name that was not there.
    Create {
        /// The name.
        name: String,
        /// Where it leads.
        entry: Entry,
        /// Who may open the file.
        access: Access,
    },
    /// Another name for a file, in place of what had it.
    Rename {
        /// From this name.
        from: String,
        /// To this one.
        to: String,
        /// The file, which the new name leads to even where the crash never saw the first name.
        entry: Entry,
    },
    /// A name that is gone.
    Remove {
        /// The name.
        name: String,
    },
}

impl NameChange {
    /// The name in whose folder it happens.
    pub(super) fn name(&self) -> &str {
        match self {
            NameChange::Create { name, .. } | NameChange::Remove { name } => name,
            NameChange::Rename { to, .. } => to,
        }
    }
}

/// What a workload knows at some moment.
#[derive(Debug, Clone)]
pub enum Mark {
    /// The store in this folder exists, acknowledged.
    Created {
        /// The folder.
        folder: String,
    },
    /// These commits were appended to it and are visible; durable, when the next mark says so.
    Appended {
        /// The folder.
        folder: String,
        /// In the order in which the store keeps them.
        ids: Vec<CommitId>,
    },
    /// All that was appended to it is acknowledged as durable.
    Durable {
        /// The folder.
        folder: String,
    },
    /// Another key is about to be taken; from the next `Durable` on it alone is expected.
    Key {
        /// The folder.
        folder: String,
        /// The key's author.
        author: AuthorKey,
    },
}

/// Bytes after a change of which only the first `bytes_max` bytes were done.
pub(super) fn apply(to: &mut Vec<u8>, change: &Change, bytes_max: usize) {
    let size = |length: u64| usize::try_from(length).expect("a file in memory fits memory");
    match change {
        Change::Length(length) => to.resize(size(*length), 0),
        Change::Write { offset, bytes } => {
            let bytes = &bytes[..bytes.len().min(bytes_max)];
            let start = size(*offset);
            if to.len() < start + bytes.len() {
                to.resize(start + bytes.len(), 0);
            }
            to[start..start + bytes.len()].copy_from_slice(bytes);
        }
    }
}
