//! Woodland's log: immutable versions, causality, the linear order, and the door for what comes in.
//!
//! ```text
//!  segment ──► Pending ──► Log ──► order, since, saw, runs
//!              the door    a version: a causally closed set of commits
//! ```
//!
//! **Invariants**
//! - A log is a value: whatever makes a new version leaves the one it was made from as it was.
//! - A log holds a commit only with its whole past, and only where its header fits that past.
//! - What a log answers depends on its set of commits alone; a [`Place`], which does not, is in
//!   memory only. Signatures are evidence beside the set: they take no part in comparing two logs.
//! - No recursion along a chain, and no panic on anything that comes from outside.
//!
//! What this does not do: read or write bytes, make or sign commits, look inside a payload.

mod admission;
mod append;
mod bare;
mod branches;
mod door;
mod fork;
mod frontier;
mod held_back;
mod ids;
mod knowledge;
mod line;
mod listed;
mod log;
mod merge;
mod order;
mod place;
mod points;
mod reader;
mod refusal;
mod rest;
mod rights;
mod since;
mod waiting;

pub use crate::place::{OrderKey, Place};

pub use crate::append::AppendError;
pub use crate::fork::Fork;
pub use crate::frontier::{Frontier, Tip};
pub use crate::listed::{Inserted, Listed};
pub use crate::log::{Log, Pin};
pub use crate::merge::{MergeError, UnknownHead, Work};
pub use crate::order::Order;
pub use crate::points::PointError;
pub use crate::reader::PayloadReader;

pub use crate::door::{Offered, Pending, Verify};
pub use crate::refusal::Refusal;
pub use crate::waiting::PendingLimits;
