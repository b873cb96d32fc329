//! What a snapshot is asked and what it answers, against plain maps that hold the same.
//!
//! **Invariants**
//! - Every random case is made from a number, which its failure names.

mod answers;
mod model;
mod paths;
