//! x
//!
//! **Invariants**
mod disk;
mod fault;
mod trace;
pub use crate::disk::{Lasting, SECTOR_BYTES, SimDisk, Survival};
pub use crate::fault::{FaultCounts, FaultKind, FaultTable};
pub use crate::trace::Keep;
pub use woodland_laws::Random;
