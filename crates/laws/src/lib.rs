//! The laws of kinds, as a suite that any kind can be run through.
//!
//! A [`Kind`](woodland_graph::Kind) promises a few things that no compiler checks: that it never
//! panics, that the order in which ops arrive does not show, that what an op does depends on what
//! its author saw. [`Laws`] makes small histories as real commits, with several authors, forks and
//! hostile bytes, derives them in many ways, and says which law is broken, by which history, and
//! how to see that one again.
//!
//! ```
//! use woodland_format::{CounterOp, encode};
//! use woodland_graph::Counter;
//! use woodland_laws::Laws;
//!
//! let report = Laws::of(Counter)
//!     .ops(|maker| encode(&CounterOp::Add(maker.random.below(9) as i64 - 4)))
//!     .histories(20)
//!     .check()?;
//! assert_eq!(report.histories, 20);
//! # Ok::<(), woodland_laws::Broken>(())
//! ```
//!
//! **Invariants**
//! - The same kind, maker of ops and seed give the same histories and the same answer, on any
//!   machine.
//! - Pure: no IO, no clock, no randomness but from the seed, no threads.
//!
//! What this does not do: prove. It also cannot see a kind that never returns, and a program whose
//! panics abort cannot be told of them.

mod arrival;
mod broken;
mod caught;
mod history;
mod hostile;
mod law;
mod laws;
mod maker;
mod plan;
mod random;
mod report;
mod rest;
mod seat;
mod view;
mod world;

pub use crate::laws::Laws;
pub use crate::maker::{Maker, NODE_TYPE};
pub use crate::random::Random;

pub use crate::broken::{Breach, Broken, Law};
pub use crate::report::Report;
