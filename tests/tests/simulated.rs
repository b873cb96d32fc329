//! The short tier of the simulated world: fixed seeds, all examined, and some run twice.
//!
//! **Invariants**
//! - `cargo run --release -p woodland-tests --bin simulate -- --seeds 20000` runs the same for
//!   longer.

use woodland_sim::{FaultKind, Simulation, SimulationReport};
use woodland_tests::simulated::{Wood, examine};

/// Seeds of the short tier, in two halves for two cores.
const SEEDS: u64 = 60;
/// Acts that a seed has at least.
const ACTS_MIN: u64 = 200;

fn run(seeds: std::ops::Range<u64>) -> SimulationReport {
    let report = Simulation::of(&Wood).examine(&examine).run_all(seeds.clone());
    println!("{report}");
    assert!(report.is_well(), "{report}");
    let Totals { acts, crashes, partitions } = Totals::of(&report);
    assert!(acts >= ACTS_MIN * report.seeds, "every seed has its acts");
    assert!(crashes >= report.seeds && partitions >= report.seeds, "a crash and a partition each");
    report
}

struct Totals {
    acts: u64,
    crashes: u64,
    partitions: u64,
}

impl Totals {
    fn of(report: &SimulationReport) -> Totals {
        let totals = report.totals;
        Totals { acts: totals.acts, crashes: totals.crashes, partitions: totals.partitions }
    }
}

#[test]
fn promises_hold_in_the_first_seeds() {
    run(0..SEEDS / 2);
}

#[test]
fn promises_hold_in_the_next_seeds_and_all_faults_are_met() {
    let report = run(SEEDS / 2..SEEDS);
    for kind in FaultKind::ALL {
        let row = report.faults.0.get(&kind).copied().unwrap_or_default();
        assert!(row.injected > 0 && row.met > 0, "{kind}: {row:?}: nothing is learnt of it");
    }
}

#[test]
fn the_same_seed_goes_the_same_way() {
    let simulation = Simulation::of(&Wood);
    for seed in 100..106 {
        let (one, other) = (simulation.run(seed), simulation.run(seed));
        assert_eq!(one.trace_hash, other.trace_hash, "seed {seed} went two ways");
        assert_eq!(one, other);
    }
    assert_ne!(simulation.run(100).trace_hash, simulation.run(101).trace_hash);
}
