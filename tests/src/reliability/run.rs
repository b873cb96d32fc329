//! A run over the fault classes of ring 1, and what each cost.
//!
//! **Invariants**
//! - Each class meets every workload that it concerns.
//!
//! What this does not do: know a promise; the classes do.

use super::arrivals::arrivals;
use super::bending::{Specimen, flips, formats, swaps};
use super::beside::reading_beside;
use super::crashes::{Vary, power_cuts, torn};
use super::failing::{Calls, failing_calls, quotas};
use super::lying::lying_syncs;
use super::mixing::merged_folders;
use super::racing::racing;
use super::reading::failing_reads;
use super::rehearsal::Rehearsal;
use super::resting;
use super::row::{Ring, Row, Tally, Tier};

/// A fault class of ring 1.
pub struct Class {
    /// Its name in the scorecard.
    pub name: &'static str,
    /// The promises that it attacks.
    pub promises: &'static str,
    /// Whether each workload is met alone; else the class brings its own.
    pub is_by_workload: bool,
    run: Act,
}

impl Class {
    /// Runs it over these workloads.
    pub fn run(&self, all: &[Rehearsal], tier: Tier, tally: &mut Tally) {
        (self.run)(all, tier, tally);
    }
}

type Act = fn(&[Rehearsal], Tier, &mut Tally);

/// Meets each workload by itself.
fn of(name: &'static str, promises: &'static str, run: Act) -> Class {
    Class { name, promises, is_by_workload: true, run }
}

/// Brings its own.
fn alone(name: &'static str, promises: &'static str, run: Act) -> Class {
    Class { name, promises, is_by_workload: false, run }
}

/// All of them, in the order of the scorecard.
pub fn classes() -> Vec<Class> {
    [of_crashes(), of_calls(), of_bytes(), of_derived_state()].into_iter().flatten().collect()
}

fn of_crashes() -> Vec<Class> {
    vec![
        of("power cut at every byte", "P1 P2", |all, tier, tally| {
            all.iter().for_each(|one| power_cuts(one, tier, tally));
            tally.note(&format!("{} workloads", all.len()));
        }),
        of("torn write", "P2", |all, tier, tally| torn_all(all, tier, Vary::Bytes, tally)),
        of("folder entry lost", "P2", |all, tier, tally| torn_all(all, tier, Vary::Names, tally)),
        of("lost sync (the disk lies)", "P2 P3", |all, tier, tally| {
            all.iter().for_each(|one| lying_syncs(one, tier, tally));
        }),
    ]
}

fn of_calls() -> Vec<Class> {
    vec![
        of("failed sync", "P1 P2", |all, tier, tally| {
            all.iter().for_each(|one| failing_calls(one, Calls::Syncs, tier, tally));
        }),
        of("failed call", "P1 P2", |all, tier, tally| {
            all.iter().for_each(|one| failing_calls(one, Calls::Others, tier, tally));
        }),
        of("no room", "P1 P2", |all, tier, tally| {
            all.iter().for_each(|one| quotas(one, tier, tally));
        }),
        of("failed read", "P3", |all, _, tally| {
            let (mut read, mut whole) = (0, 0);
            for one in all {
                let found = failing_reads(one, tally);
                (read, whole) = (read + found.read, whole + found.whole);
            }
            let share = percent(read, whole);
            tally.note(&format!(
                "opened, read beside, opened after a position; {share} of what lies around a sector \
                 that fails for ever was read"
            ));
        }),
        of("read beside the writer", "P1 P2", |all, _, tally| {
            all.iter().for_each(|one| reading_beside(one, tally));
        }),
        alone("durable and buffered writers race", "P1", |_, tier, tally| racing(tier, tally)),
    ]
}

fn of_bytes() -> Vec<Class> {
    vec![
        alone("flipped bit", "P3", |_, tier, tally| {
            let whole = flips(&Specimen::whole(), tier, tally);
            let merged = flips(&Specimen::merged(), tier, tally);
            let readable = percent(whole.read + merged.read, whole.whole + merged.whole);
            let unnoticed = whole.unnoticed + merged.unnoticed;
            tally.note(&format!("{unnoticed} unnoticed; {readable} of the rest readable"));
        }),
        alone("misdirected or stale block", "P3", |_, _, tally| {
            swaps(&Specimen::whole(), tally);
            swaps(&Specimen::merged(), tally);
        }),
        alone("merged folders", "P2 P3", |_, tier, tally| merged_folders(tier, tally)),
        alone("arrival order, with a forked author", "P5 P6", |_, tier, tally| {
            arrivals(tier, tally);
        }),
        alone("foreign format", "P9", |_, _, tally| formats(&Specimen::small(), tally)),
    ]
}

fn of_derived_state() -> Vec<Class> {
    vec![
        alone("derived state: power cut", "P1 P2 P3", |_, tier, tally| resting::cuts(tier, tally)),
        alone("derived state: failed call", "P1 P3", |_, tier, tally| {
            resting::failed_calls(tier, tally);
        }),
        alone("derived state: no room", "P1 P3", |_, tier, tally| resting::no_room(tier, tally)),
        alone("derived state: held versions", "P1 P3", |_, tier, tally| {
            resting::held(tier, tally);
        }),
        alone("derived state: bent, old or another's", "P3", |_, tier, tally| {
            resting::bent(tier, tally);
        }),
    ]
}

fn torn_all(all: &[Rehearsal], tier: Tier, vary: Vary, tally: &mut Tally) {
    let (mut exhaustive, mut moments) = (0, 0);
    for one in all {
        let (some, of) = torn(one, tier, vary, tally);
        (exhaustive, moments) = (exhaustive + some, moments + of);
    }
    tally.note(&format!("every subset at {exhaustive} of {moments} moments"));
}

fn percent(part: u64, whole: u64) -> String {
    match whole {
        0 => "nothing".to_owned(),
        _ => format!("{:.2} %", part as f64 * 100.0 / whole as f64),
    }
}

/// Runs these classes over these workloads.
pub fn run(classes: &[Class], all: &[Rehearsal], tier: Tier) -> Vec<Row> {
    let each = |class: &Class| {
        let mut tally = Tally::of(class.name, Ring::Simulated, class.promises);
        class.run(all, tier, &mut tally);
        tally.end()
    };
    classes.iter().map(each).collect()
}
