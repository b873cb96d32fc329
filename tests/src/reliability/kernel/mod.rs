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

/// The classes of ring 2, in the order of the scorecard.
pub const KERNEL_CLASSES: [&str; 6] = [
    "kill -9, two processes racing",
    "failed sync (strace)",
    "failed write (strace)",
    "lost sync (strace), then kill -9",
    "no room (tmpfs)",
    "power cut (loop-mounted ext4)",
];

/// The row of one of [`KERNEL_CLASSES`]. `program` with `leading` arguments is the stress program;
/// `seed` draws the moments.
///
/// # Panics
/// When there is no class of this name.
pub fn kernel(class: &str, program: &Path, leading: &[&str], tier: Tier, seed: u64) -> Row {
    let program = Program::at(program, leading);
    match KERNEL_CLASSES.iter().position(|one| *one == class) {
        Some(0) => kills::kills(&program, tier, seed),
        Some(1) => injected::failed_syncs(&program, tier),
        Some(2) => injected::failed_writes(&program, tier),
        Some(3) => injected::lying_syncs(&program, tier, seed),
        Some(4) => full::full_disks(&program, tier),
        Some(5) => power::power_cuts(&program, tier, seed),
        _ => panic!("ring 2 has no class named {class}"),
    }
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
