//! Woodland: an embeddable, local-first graph database whose only truth is a replicated operation
//! log.
//!
//! Replicas write offline, exchange their logs in any order, and arrive at the same graph without a
//! server. Every version is an immutable value; the graph is derived from the log.
//!
//! ```
//! use woodland::{define, Editor, FieldError, Fields, Pointer, Record, Replica, View};
//!
//! struct Tag { name: String }
//! struct Note { title: String, body: String, tags: Vec<Pointer<Tag>> }
//!
//! impl Record for Tag {
//!     const TYPE: &'static str = "Tag";
//!     fn define(fields: &mut Fields) {
//!         fields.register::<String>("name");
//!     }
//!     fn write(&self, fields: &mut Editor<'_>) {
//!         fields.set("name", &self.name);
//!     }
//!     fn read(fields: &View<'_>) -> Result<Self, FieldError> {
//!         Ok(Tag { name: fields.get("name")? })
//!     }
//! }
//!
//! impl Record for Note {
//!     const TYPE: &'static str = "Note";
//!     fn define(fields: &mut Fields) {
//!         fields.register::<String>("title").text("body").register::<Vec<Pointer<Tag>>>("tags");
//!     }
//!     fn write(&self, fields: &mut Editor<'_>) {
//!         fields.set("title", &self.title).insert("body", 0, &self.body).set("tags", &self.tags);
//!     }
//!     fn read(fields: &View<'_>) -> Result<Self, FieldError> {
//!         Ok(Note {
//!             title: fields.get("title")?,
//!             body: fields.text("body")?,
//!             tags: fields.get("tags")?,
//!         })
//!     }
//! }
//!
//! let schema = define().record::<Note>().record::<Tag>().schema()?;
//! let laptop = Replica::in_memory(&schema, 1)?;
//! let note = laptop.write(|b| {
//!     let rust = b.insert(&Tag { name: "rust".into() });
//!     b.insert(&Note { title: "Trip".into(), body: "Pack boots".into(), tags: vec![rust] })
//! })?;
//!
//! let (phone, _) = Replica::join_in_memory(&schema, &laptop, 2)?;
//! phone.write(|b| {
//!     b.edit(note).set("title", &"Hike".to_owned()).insert("body", 5, "warm ");
//! })?;
//! laptop.merge(&phone)?;
//!
//! let now = laptop.snapshot();
//! let notes: Vec<Option<Note>> = now.read(&[note])?;
//! let hike = notes[0].as_ref().expect("the note is there");
//! assert_eq!((hike.title.as_str(), hike.body.as_str()), ("Hike", "Pack warm boots"));
//! assert_eq!(now.digest(), phone.snapshot().digest());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Invariants**
//! - A write is visible whole and durable when it returns, or nothing has changed.
//! - Equal sets of commits give equal snapshots, on every replica.
//! - Readers hold a version as long as they like and are never blocked.
//!
//! What this does not do: open sockets, start threads, or read a clock.

mod batch;
mod branch;
mod define;
mod entropy;
#[cfg(feature = "files")]
mod export;
mod incarnation;
mod merge;
mod notice;
mod record;
mod replica;
mod snapshot;
mod start;
mod value;
mod write;

pub use crate::define::{Define, DefineError, Fields, define};
pub use crate::record::{Editor, FieldError, Record, View};
pub use crate::value::{FieldValue, Pointer, Shape};

pub use crate::replica::{BackingError, Replica};
pub use crate::start::StartError;

pub use crate::batch::{Batch, Violation};
pub use crate::write::WriteError;

pub use crate::snapshot::{ReadError, Snapshot};

#[cfg(feature = "files")]
pub use crate::export::{ExportError, Exported};
pub use crate::incarnation::IncarnationError;
pub use crate::merge::{MergeError, Merged, Source};
pub use crate::notice::Notice;

pub use crate::branch::{BranchError, BranchName};

pub use woodland_format::{
    AuthorKey, CommitId, DatasetId, Digest, ForkProof, NodeId, Schema, Value, VersionId,
};
pub use woodland_graph::{Conflict, Graph, Node, Void, VoidOp, Write};
pub use woodland_log::{Fork, Log, Refusal, Tip, UnknownHead};
pub use woodland_store::Moved;
