//! The reliability harness: faults put under the real store and facade, one class after another,
//! and what became of them counted for the scorecard.
//!
//! ```text
//!  workload ─► actor ─► store or facade ─► disk ─► journal ─► platter ─► crashes ─► judge ─► row
//!                                           │ Nth call fails, quota, bad sector ─────┘
//!                                           └ image ─► bent bits, swapped files ─────┘
//! ```
//!
//! **Invariants**
//! - Who injects, who judges and who counts are separate code.
//! - Nothing is drawn but from a seed that is named; a violation says how to see it again.
//! - A class that injects nothing fails the run.
//!
//! What this does not do: simulate peers and links. `network` runs crowds, which do; the report of
//! the simulated world is read.

mod actor;
mod arrivals;
mod bending;
mod beside;
mod crashes;
mod disk;
mod failing;
mod founding;
mod hunt;
mod image;
mod journal;
mod judge;
mod kernel;
mod lying;
mod mixing;
mod network;
mod platter;
mod racing;
mod reading;
mod rehearsal;
mod resting;
mod row;
mod run;
mod sample;
mod scorecard;
mod stress;
mod workload;

pub use crate::reliability::disk::{Fault, ScriptedDisk};
pub use crate::reliability::image::{Content, Entry, Image};
pub use crate::reliability::journal::{Change, Event, Mark, NameChange};
pub use crate::reliability::judge::{Depth, Met, Promise, Promises, Reference, judge, promise};
pub use crate::reliability::platter::{Lying, Platter, SECTOR_BYTES, Unit};
pub use crate::reliability::rehearsal::{Rehearsal, rehearse, rehearsed};
pub use crate::reliability::row::{Ring, Row, Tally, Tier};
pub use crate::reliability::sample::{Chain, Numbers, key};
pub use crate::reliability::workload::{Act, Workload, workloads};

pub use crate::reliability::bending::{Flips, Specimen, flips, formats, swaps};
pub use crate::reliability::crashes::{UNITS_MAX, Vary, power_cuts, torn};
pub use crate::reliability::failing::{Calls, failing_calls, quotas};
pub use crate::reliability::lying::lying_syncs;
pub use crate::reliability::reading::{Readable, failing_reads};
pub use crate::reliability::run::{Class, classes, run};

pub use crate::reliability::hunt::{Hunted, bugs, hunt};
pub use crate::reliability::kernel::{KERNEL_CLASSES, kernel};
pub use crate::reliability::network::{NETWORK_CLASSES, Network, NetworkClass};
pub use crate::reliability::scorecard::{Found, Scorecard, TRACK, merged};
pub use crate::reliability::stress::stress;
