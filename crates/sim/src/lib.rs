//! A simulated world for Woodland's replicas: disks, links, clocks and power that fail, in one
//! thread, out of one seed.
//!
//! Peers run real replicas on simulated disks and exchange real exports over simulated links. First
//! comes chaos, in which what was acknowledged has to stay and nothing wrong may be shown; then
//! faults stop, and all have to agree. An application runs its own schema and its own acts in it:
//!
//! ```
//! use std::error::Error;
//! use woodland::{Counter, Model, Record, Snapshot, WriteError, define};
//! use woodland_sim::{Application, Pen, Random, Simulation};
//!
//! #[derive(Record)]
//! struct Account { name: String, visits: Counter }
//!
//! struct Visits;
//!
//! impl Application for Visits {
//!     fn model(&self) -> Result<Model, Box<dyn Error>> {
//!         Ok(define().record::<Account>().model()?)
//!     }
//!
//!     fn act(&self, pen: &Pen<'_>, random: &mut Random) -> Result<(), WriteError> {
//!         let accounts = pen.snapshot().all::<Account>().unwrap_or_default();
//!         match random.pick(&accounts) {
//!             Some((account, _)) if random.chance(80) => {
//!                 pen.write(|b| b.edit(*account, Account::VISITS.add(1)))
//!             }
//!             _ => pen.write(|b| {
//!                 b.insert(&Account { name: "somebody".into(), visits: 0.into() });
//!             }),
//!         }
//!     }
//!
//!     fn check(&self, snapshot: &Snapshot) -> Result<(), String> {
//!         let accounts = snapshot.all::<Account>().unwrap_or_default();
//!         let is_well = accounts.iter().all(|(_, account)| account.visits.0 >= 0);
//!         if is_well { Ok(()) } else { Err("visits are never taken back".to_owned()) }
//!     }
//! }
//!
//! let report = Simulation::of(&Visits).run_all(0..3);
//! assert!(report.is_well(), "{report}");
//! assert!(report.totals.crashes >= 3 && report.totals.partitions >= 3);
//! ```
//!
//! A [`Crowd`] is another world: thousands of members that have a log and a hub and no disk.
//!
//! **Invariants**
//! - One seed, one world: the same seed gives the same trace hash, on any machine.
//! - Every seed has at least 200 acts, a power cut and a partition.
//! - What checks is separate from what is checked: a slow model of what each directory
//!   acknowledged, digests of equal sets of commits, and whatever else the caller examines.
//!
//! What this does not do: shrink a seed that fails, or simulate threads. The kernel, and what it
//! really does with a power cut, is for tests on real files.

mod acting;
mod application;
mod crowd;
mod disk;
mod exchange;
mod fault;
mod healing;
mod ledger;
mod net;
mod opening;
mod peer;
mod report;
mod simulation;
mod swarm;
mod trace;
mod trouble;
mod upkeep;
mod violation;
mod world;

pub use crate::application::{Application, Pen};
pub use crate::simulation::{Ended, Run, Simulation};
pub use woodland_laws::Random;

pub use crate::crowd::{Crowd, CrowdCounts, CrowdFault, CrowdReport};
pub use crate::report::{SimulationReport, Totals};
pub use crate::violation::Violation;

pub use crate::fault::{FaultCounts, FaultKind, FaultTable};
pub use crate::trace::Keep;

pub use crate::disk::{Lasting, SECTOR_BYTES, SimDisk, Survival};
