//! The reliability harness in CI: a part of every fault class over every workload, and the real
//! kernel where the machine lets it. All of it: `--bin scorecard -- long`.
//!
//! A class of ring 2 that cannot run says so aloud; where `WOODLAND_REQUIRE` names `kernel`, it
//! fails instead.

mod exchanging;
mod network;
mod promises;

use std::path::Path;
use woodland_tests::reliability::{
    Class, KERNEL_CLASSES, Row, Tier, classes, kernel, rehearsed, run, workloads,
};

/// Fails on a broken promise and on a class that has injected nothing.
fn check(rows: &[Row]) {
    for row in rows {
        if let Some(reason) = &row.not_run {
            eprintln!("NOT RUN: {}: {reason}", row.class);
            continue;
        }
        println!("{}: {} injected, {:.1} s {}", row.class, row.injected, row.seconds, row.note);
        assert!(row.injected > 0, "{}: nothing was injected", row.class);
        assert!(row.violations.is_empty(), "{}: {:#?}", row.class, row.violations);
    }
}

fn of_memory(is_asked: impl Fn(&Class) -> bool) {
    let classes: Vec<Class> = classes().into_iter().filter(is_asked).collect();
    assert!(!classes.is_empty(), "a class has this name");
    check(&run(&classes, &rehearsed(), Tier::Ci));
}

// Two tests, so that two cores share them.
#[test]
fn in_memory_no_promise_is_broken_by_crashes_and_bent_bytes() {
    of_memory(|class| !class.name.starts_with("failed"));
}

#[test]
fn in_memory_no_promise_is_broken_by_failing_calls() {
    of_memory(|class| class.name.starts_with("failed"));
}

#[test]
fn on_the_kernel_no_promise_is_broken() {
    let program = Path::new(env!("CARGO_BIN_EXE_stress"));
    let rows = KERNEL_CLASSES.map(|class| kernel(class, program, &[], Tier::Ci, 1));
    check(&rows);
    let required = std::env::var("WOODLAND_REQUIRE").unwrap_or_default();
    if required.split(',').any(|one| one == "kernel") {
        assert!(rows.iter().all(|row| row.not_run.is_none()), "all of ring 2 must run here");
    }
}

#[test]
fn there_are_workloads_enough_and_no_two_of_one_name() {
    let mut names: Vec<_> = workloads().iter().map(|one| one.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert!(count >= 10 && names.len() == count, "{names:?}");
}
