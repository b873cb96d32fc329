//! The short tier of the crowd: small ones, of fixed seeds.
//!
//! **Invariants**
//! - `cargo run --release -p woodland-tests --bin crowd` runs the same with thousands of members.

use woodland_sim::{Crowd, CrowdFault, CrowdReport};

fn run(crowd: &Crowd, seed: u64) -> CrowdReport {
    let report = crowd.run(seed);
    println!("{report}");
    assert!(report.is_well(), "{report}");
    report
}

/// The crowd while everything fails.
#[test]
fn all_agree_once_faults_have_stopped() {
    for seed in 0..6 {
        let report = run(&Crowd::of(60, 12, 150), seed);
        let counts = &report.counts;
        assert!(counts.crashes > 0 && counts.partitions > 1 && counts.cuts > 0, "{report}");
        assert!(counts.commits + counts.lost_writes >= 150, "{report}");
        assert!(report.percent_of_least() < 400, "{report}");
        assert!(counts.twice * 20 < counts.delivered, "hardly anything is sent twice: {report}");
    }
}

/// Everybody writes at once, and then connects.
#[test]
fn all_who_wrote_at_once_agree() {
    let report = run(&Crowd::at_once(40), 0);
    assert_eq!(report.counts.commits, 40, "{report}");
    assert_eq!(report.counts.closed.values().sum::<u64>(), 0, "{report}");
    assert!(report.percent_of_least() < 250, "{report}");
}

/// One comes back after thirty days.
#[test]
fn who_was_away_for_long_rejoins_at_the_cost_of_what_differs() {
    let report = run(&Crowd::rejoining(400), 0);
    assert_eq!(report.counts.closed.values().sum::<u64>(), 0, "{report}");
    assert!(report.percent_of_least() < 130, "{report}");
    assert_eq!(report.counts.twice, 0, "nothing is sent twice: {report}");
}

#[test]
fn the_same_seed_goes_the_same_way() {
    let crowd = Crowd::of(20, 5, 40);
    assert_eq!(crowd.run(7), crowd.run(7), "seed 7 went two ways");
    assert_ne!(crowd.run(7).trace_hash, crowd.run(8).trace_hash);
}

/// With all that can go wrong; and what is written stays as it is without.
#[test]
fn a_small_crowd_goes_the_same_way_with_all_faults() {
    let crowd = Crowd::small(CrowdFault::ALL);
    let report = run(&crowd, 3);
    assert_eq!(report, crowd.run(3), "seed 3 went two ways");
    let counts = &report.counts;
    assert!(counts.crashes > 0 && counts.slow > 2 && counts.forks_proven > 0, "{report}");
    assert_eq!(counts.attacks.values().sum::<u64>(), counts.repelled.values().sum::<u64>());
    assert!(counts.attacks.len() > 10 && counts.faults.len() > 4, "{counts:#?}");
    let calm = Crowd::small([CrowdFault::Fork]).run(3);
    assert_eq!(calm.order_hash, report.order_hash);
    assert_ne!(calm.trace_hash, report.trace_hash);
}
