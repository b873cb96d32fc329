//! Who lives: against a slow serial judge, by hand, and what it costs.
//!
//! **Invariants**
//! - What lives depends on the set of commits alone, and is what one serial run says.
//!
//! What this does not do: compare with the oracle. The tests of the workspace do.

mod random;
mod serial;
mod world;
