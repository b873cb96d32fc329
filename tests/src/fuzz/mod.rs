//! Attacks on everything that decodes bytes from outside: seeded, structured, on stable.
//!
//! ```text
//!  corpus ──► input ──► edit ──► mutate ──► mend? ──► decode ──► report
//!  histories,           by its   bytes      checksums, panics, heap,
//!  recorded logs        structure           ids, sigs  errors by name
//! ```
//!
//! **Invariants**
//! - A target, a seed and a number give one input, on every machine: a failure can be run alone.
//! - In every second execution all that guards is put right after the bytes were bent, so that what
//!   lies behind the guard is met too; in the others nothing is.
//! - What a decode takes at its peak is compared with [`HEAP_TIMES`] its input and the target's
//!   spare bytes.
//! - No time is part of a verdict.
//!
//! What this does not do: watch which code an input reaches, or keep what it found interesting.

mod corpus;
mod doors;
mod edits;
mod errors;
mod kinds;
mod mending;
mod messages;
mod migrations;
mod mutation;
mod pages;
mod proofs;
mod report;
mod run;
mod segments;
mod shapes;
mod stores;
mod targets;

pub use crate::fuzz::corpus::Corpus;
pub use crate::fuzz::errors::Told;
pub use crate::fuzz::report::{Failure, Report};
pub use crate::fuzz::run::{Heap, Settings, run};
pub use crate::fuzz::targets::{Target, targets};

/// What a decode may take at its peak, in lengths of its input.
pub const HEAP_TIMES: usize = 8;
