//! The base: the derived state of a dataset on disk, beside the log that it is derived from.
//!
//! ```text
//!  derived/pages.redb    blocks (`blocks`) of an embedded ordered store, which has two tables:
//!                        page number → page          of `woodland-page`
//!                        0 → checkpoint              which page is the root, and what it covers
//! ```
//!
//! Putting a version to rest is one transaction: its new pages and the record that names its root
//! are there together, or not at all. What a checkpoint no longer needs is collected later, when no
//! version that stands on an earlier one is left.
//!
//! **Invariants**
//! - A page number is given once. A page that a held version may read is not collected.
//! - A block that is not what was written is noticed before it is decoded, and so is a page.
//! - All of it can be thrown away at any time: whoever opens without it derives anew. So whatever is
//!   wrong with it is a reason to throw it away, never one to refuse a dataset.
//! - After a failed write nothing more is written through the handle; what was checkpointed can
//!   still be read.
//!
//! What this does not do: know what stands in a page, derive, or be opened twice at once: whoever
//! opens it has the lock of the dataset directory.

mod base;
mod blocks;
mod checkpoint;
mod collect;
mod sink;
mod source;

pub use crate::base::{Base, BaseError, OpenedBase, Pin};
pub use crate::checkpoint::Checkpoint;
pub use crate::collect::Collected;
