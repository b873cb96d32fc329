//! Woodland's graph: what a log means.
//!
//! The graph is derived from the log by the serial run of `docs/meaning.md` and never written by
//! hand. [`Graph::of`] derives it from nothing, [`Graph::advance`] from what arrived; both give one
//! result. Every field of every node goes through the public [`Kind`] trait, the built-in kinds
//! too.
//!
//! **Invariants**
//! - Pure: no IO, no clock, no randomness, no threads.
//! - Equal logs give equal graphs: content, voids, conflicts, digest.

/// Tests of the inside write histories with what tests of the outside do.
#[cfg(test)]
extern crate self as woodland_graph;

mod changes;
mod claims;
mod counter;
mod derive;
mod digest;
mod erased;
mod events;
mod explain;
mod fields;
mod graph;
mod judge;
mod kind;
mod kinds;
mod ledger;
mod lens;
mod list;
mod map;
mod opaque;
mod parts;
mod past;
mod record;
mod register;
mod reread;
mod rest;
mod schemas;
mod set;
mod sight;
mod state;
mod tentative;
mod text;
mod touched;
mod void;
mod wake;
mod weave;
mod weigh;

pub use crate::changes::NodeChange;
pub use crate::claims::{Clash, Keyed};
pub use crate::explain::{Told, Verdict};
pub use crate::graph::{Conflict, Graph, Node, Work, Write};
pub use crate::judge::{Death, Referrer};
pub use crate::ledger::{LabelChange, MadeMigration, Migrated};
pub use crate::schemas::{CarriedSchema, LabelledType};
pub use crate::tentative::Tentative;
pub use crate::void::{Void, VoidOp};

pub use crate::kind::{Fate, History, IsThere, Kind, Part, Standing, Writing, Written};
pub use crate::kinds::Kinds;
pub use crate::past::{Past, Stamp};

pub use crate::counter::{Counter, CounterState};
pub use crate::events::{Events, EventsState};
pub use crate::list::{List, ListState, ResolvedList};
pub use crate::map::{Map, MapState};
pub use crate::record::{Record, RecordState};
pub use crate::register::{Atom, Register, RegisterState};
pub use crate::set::{Set, SetState};
pub use crate::text::{ResolvedText, Text, TextState};
