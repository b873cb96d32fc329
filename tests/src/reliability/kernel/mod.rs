//! Ring 2: the real program on the real kernel. It is killed, its calls are made to fail, its file
//! system is filled, and its power is cut.
//!
//! **Invariants**
//! - What a machine cannot do is a row that says why, never one that passed.
//! - What was acknowledged is what the program printed, not what it holds.
//!
//! What this does not do: networks; those are simulated.

mod child;
mod full;
mod injected;
mod kills;
mod power;

use super::row::{Ring, Row, Tally, Tier};
use child::Program;
use std::path::Path;

/// All rows of ring 2. `program` with `leading` arguments is the stress program; `seed` draws the
/// moments.
pub fn kernel(program: &Path, leading: &[&str], tier: Tier, seed: u64) -> Vec<Row> {
    let program = Program::at(program, leading);
    vec![
        kills::kills(&program, tier, seed),
        injected::failed_syncs(&program, tier),
        injected::failed_writes(&program, tier),
        injected::lying_syncs(&program, tier, seed),
        full::full_disks(&program, tier),
        power::power_cuts(&program, tier, seed),
    ]
}

/// A row of this ring.
fn tally(class: &str, promises: &str) -> Tally {
    Tally::of(class, Ring::Kernel, promises)
}

fn not_run(class: &str, promises: &str, reason: impl Into<String>) -> Row {
    Row::not_run(class, Ring::Kernel, promises, reason)
}

/// A folder of one's own that is gone in the end.
fn folder() -> tempfile::TempDir {
    tempfile::Builder::new()
        .prefix("woodland-ring-")
        .tempdir()
        .expect("the system has room for a temporary folder")
}
