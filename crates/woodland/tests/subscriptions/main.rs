//! Subscriptions: what they yield, when they are told, and what becomes of those that misbehave.
//!
//! **Invariants**
//! - Nothing sleeps: threads wait for what they are told.

mod diffs;
mod model;
mod told;
