//! Woodland: an embeddable, local-first graph database whose only truth is a replicated operation
//! log.
//!
//! Replicas write offline, exchange their logs in any order, and arrive at the same graph without a
//! server. Every version is an immutable value; the graph is derived from the log.
//!
//! ```
//! use woodland::{Pointer, Record, Replica, Set, Text, define};
//!
//! #[derive(Record)]
//! struct Tag { name: String }
//!
//! #[derive(Record)]
//! struct Note { title: String, body: Text, tags: Set<Pointer<Tag>> }
//!
//! let model = define().record::<Note>().record::<Tag>().model()?;
//! let laptop = Replica::in_memory(&model, 1)?;
//! let note = laptop.write(|b| {
//!     let rust = b.insert(&Tag { name: "rust".into() });
//!     b.insert(&Note { title: "Trip".into(), body: "Pack boots".into(), tags: [rust].into() })
//! })?;
//!
//! let (phone, _) = Replica::join_in_memory(&model, &laptop, 2)?;
//! phone.write(|b| b.edit(note, (Note::TITLE.set("Hike"), Note::BODY.insert(5, "warm "))))?;
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
//! - A write is visible whole and durable when it returns, or nothing has changed; [`Durability`]
//!   says what else a write may wait for.
//! - Equal sets of commits give equal snapshots, on every replica.
//! - Readers hold a version as long as they like and are never blocked.
//!
//! What this does not do: open sockets, or read a clock. One thread keeps a directory in shape
//! while it is open ([`Maintenance`]); nothing else is done in the background.

// The derive writes `::woodland`, in this crate's own tests too.
#[cfg(test)]
extern crate self as woodland;

mod backing;
mod batch;
mod binding;
mod branch;
mod change;
mod check;
mod current;
mod define;
mod derived;
mod durability;
#[cfg(feature = "net")]
mod exchange;
#[cfg(feature = "files")]
mod export;
mod field;
mod fit;
mod hint;
mod incarnation;
#[cfg(feature = "net")]
mod joining;
mod keys;
mod merge;
mod migrate;
mod model;
mod notice;
mod options;
mod pointer;
mod policy;
mod read;
mod reading;
mod record;
mod replica;
mod rights;
mod rule;
mod shape;
mod snapshot;
mod stage;
mod start;
mod subscribe;
mod targets;
mod typed;
mod upkeep;
mod value;
mod write;

pub use crate::define::{ConfigError, Define, DefineError, Fields, Types, define};
pub use crate::field::{AnyField, Field, FieldType, Unique};
pub use crate::model::Model;
pub use crate::record::{FieldError, Record, View, Writer};
pub use woodland_derive::{FieldValue, Record};
pub use woodland_format::{Loss, Migration, MigrationStep, Misfit, Proposal, Renames, StepNote};

pub use crate::pointer::Pointer;
pub use crate::policy::{Cascade, Plain, Policy, Restrict, Revive};
pub use crate::shape::{MemberShape, Shape};
pub use crate::typed::{
    Atom, Composite, Counter, Events, Key, Keyed, List, Map, Member, MemberChange, MemberChanges,
    Parts, Reducer, Set, Text,
};
pub use crate::value::{FieldValue, Misread, Place, ValueFor};

pub use crate::change::{Change, Changes};

pub use crate::backing::BackingError;
pub use crate::derived::RestError;
pub use crate::durability::{Durability, FlushError};
pub use crate::options::{MEMORY_BYTES_DEFAULT, Options};
pub use crate::reading::{RefreshError, Refreshed};
pub use crate::replica::Replica;
pub use crate::start::StartError;
pub use crate::upkeep::{Maintenance, UpkeepError};

pub use crate::batch::{Batch, Violation};
pub use crate::rights::RightsError;
pub use crate::write::WriteError;

pub use crate::read::{
    All, AtKeys, FieldOf, Lengths, Membership, Path, Points, Ranges, Reached, Request, all, from,
};
pub use crate::snapshot::{ReadError, Snapshot};

pub use crate::subscribe::{
    Between, Changed, ChangedField, Coverage, Diff, Listener, Nodes, Subscription, nodes,
};
pub use woodland_graph::NodeChange;

#[cfg(feature = "files")]
pub use crate::export::{ExportError, Exported};
pub use crate::incarnation::IncarnationError;
pub use crate::merge::{MergeError, Merged, Source};
pub use crate::notice::Notice;

/// Exchanging commits with other replicas, over whatever carries bytes.
#[cfg(feature = "net")]
pub mod sync {
    pub use crate::exchange::Exchange;
    pub use crate::joining::Joining;
    pub use woodland_sync::{
        Closed, Event, Limits, Memory, MessageError, PRESENCE_BYTES_MAX, Peer, Reason, TooLong,
    };
}

pub use crate::branch::{BranchError, BranchName};

pub use woodland_base::BaseError;
pub use woodland_format::{
    AuthorKey, CommitId, DatasetId, Digest, ForkProof, IdentityKey, NodeId, OnDelete, Right,
    Schema, SecretKey, UnseenEdits, Value, VersionId,
};
pub use woodland_graph::{CarriedSchema, LabelChange, LabelledType, MadeMigration, Migrated};
pub use woodland_graph::{Clash, Conflict, Graph, Node, Part, Tentative, Void, VoidOp, Write};
pub use woodland_graph::{Death, Referrer};
pub use woodland_graph::{Fate, History, Kind, Kinds, Past, Stamp, Standing, Told, Verdict};
pub use woodland_log::{Fork, Log, Refusal, Tip, UnknownHead};
pub use woodland_page::{FaultCause, PageFault, Reading, Stored, Writing, catch};
pub use woodland_store::{Disk, MaintainError, Maintained, MemoryDisk, Moved, PowerCut, Unsynced};
