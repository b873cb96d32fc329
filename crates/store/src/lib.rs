//! Woodland's dataset directory: append-only segment files, heads, the author's key, a lock.
//!
//! ```text
//!  lock                     empty; whoever has the dataset open holds a lock on it
//!  author.key               48 bytes, mode 0600: the secret under which this store writes
//!  place                    72 bytes: on which file of which device the key was put
//!  heads                    1,024 bytes, two slots: how far the store is acknowledged
//!  closed                   64 bytes for each segment file but the last: its length and root
//!  segments/00000001.wls    file header (purpose store), segments back to back; append-only
//!  segments/00000002.wls    begun when the one before has reached its length
//!  segments/00000001.wlm    merged: what earlier files held, in fewer and larger segments
//!  segments/00000001.layout which files stand for the part of the history that was merged
//!  branches/NAME/           a named branch, drawn in `branch`
//! ```
//!
//! `heads`, `closed`, `author.key`, `place` and layouts are made of records, drawn in their
//! modules. The store moves sealed bytes: it knows the framing of `woodland-format` and checks it,
//! and knows nothing of logs.
//!
//! **Invariants**
//! - What `settle`, `flush` or `append` acknowledged survives a power cut, if the disk honours
//!   sync; after any cut the store opens at a prefix of what was staged that holds at least that.
//!   Callers who come at once share the syncs.
//! - Merging changes neither the set of commits nor any position behind what was merged.
//! - A byte is checked before it is handed out. Damage among the acknowledged bytes is refused and
//!   named; a directory that is refused is not changed.
//! - A name is synced in its folder before anything relies on it.
//! - A failed write or sync poisons the handle; reopening recovers.
//! - One handle at a time, used by any number of threads; readers need none.
//!
//! What this does not do: place commits, forget any, or notice that a whole directory was put back
//! into the same files at an earlier state (a position that was kept elsewhere, or the log, sees
//! that later).
//!
//! ```
//! use std::sync::Arc;
//! use woodland_format::{DatasetId, SecretKey};
//! use woodland_store::{MemoryDisk, Store, StoreOptions};
//!
//! let disk = Arc::new(MemoryDisk::new());
//! let (dataset, key) = (DatasetId([7; 32]), SecretKey::from_seed([1; 32]));
//! let store = Store::create(disk.clone(), dataset, &key, &StoreOptions::default())?;
//! drop(store);
//! let opened = Store::open(disk.clone())?;
//! assert_eq!(opened.dataset, dataset);
//! assert!(opened.segments.is_empty());
//!
//! // Segments go in by a ticket, which says when they are safe.
//! let ticket = opened.store.stage(vec![])?;
//! opened.store.settle(ticket)?;
//! let position = opened.store.position();
//! assert_eq!(Store::read(disk.as_ref())?.heads.position(), position);
//! drop(opened);
//! assert!(Store::open_after(disk, &position)?.segments.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod branch;
mod closed;
mod create;
mod disk;
mod heads;
mod key;
mod layout;
pub mod limits;
mod maintain;
mod names;
mod open;
mod place;
mod position;
mod problem;
mod queue;
mod read;
mod record;
mod renew;
mod store;
mod survey;
mod writer;

pub use crate::create::{CreateError, StoreOptions};
pub use crate::maintain::{MaintainError, Maintained};
pub use crate::open::{OpenError, Opened, StoredSegment};
pub use crate::place::Moved;
pub use crate::position::{POSITION_BYTES, Position};
pub use crate::queue::Ticket;
pub use crate::read::ReadOnly;
pub use crate::renew::RenewError;
pub use crate::store::{AppendError, NotASegment, Store};

pub use crate::survey::{FileReport, Inspection, TornTail};

pub use crate::branch::{BranchInspection, BranchStore, BranchStoreError};

pub use crate::heads::{Heads, SLOT_BYTES};
pub use crate::key::KeyError;
pub use crate::layout::LayoutName;
pub use crate::problem::Problem;
pub use crate::record::{HEADS_FORMAT, Magic, RECORD_FORMAT, RecordError};

pub use crate::disk::{
    Access, Disk, DiskAct, DiskError, FileDisk, FileIdentity, FolderDisk, LockGuard, MemoryDisk,
    PowerCut, Unsynced,
};
