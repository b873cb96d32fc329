//! The simulated world, with an application of many kinds in it and the oracle behind it.
//!
//! **Invariants**
//! - What examines a seed shares no code with what ran it: the oracle reads the commits anew, the
//!   dump reads the disks.

mod examine;
mod wood;

pub use examine::{EXAMINED_EVERY_SEEDS, examine, examine_sampled};
pub use wood::Wood;
