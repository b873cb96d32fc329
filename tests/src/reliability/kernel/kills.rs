//! `kill -9` at random moments, and two processes that race for one store.
//!
//! **Invariants**
//! - Of two that race one opens, the other finds it locked; after the death of the one the next
//!   opens at once.
//!
//! What this does not do: cut the power; what the killed process gave to the system is there.

use super::child::{Program, Running};
use super::{Row, Tally, Tier, folder, tally};
use crate::reliability::sample::Numbers;
use std::path::Path;

/// So often a dataset is killed; then another is begun, so that opening does not become the work.
const ROUNDS_A_DATASET: u64 = 100;

/// Rounds of open, write, die.
pub(super) fn kills(program: &Program, tier: Tier, seed: u64) -> Row {
    let mut tally = tally("kill -9, two processes racing", "P1 P2");
    let mut numbers = Numbers(seed);
    let mut folder = folder();
    let (mut acknowledged, mut total) = (0, 0);
    let (mut races, mut double_writers, mut stuck_locks) = (0, 0, 0);
    for round in 0..tier.choose(40, 2_000) {
        if round % ROUNDS_A_DATASET == ROUNDS_A_DATASET - 1 {
            checked(program, &folder.path().join("dataset"), acknowledged, &mut tally);
            folder = super::folder();
            (total, acknowledged) = (total + acknowledged, 0);
        }
        let place = folder.path().join("dataset").to_string_lossy().into_owned();
        let start = || Running::of(program.command(&["write", &place, "--rest-every", "9"]));
        let (mut one, mut other) = (start(), numbers.below(2).eq(&0).then(start));
        one.step();
        if let Some(other) = &mut other {
            other.step();
            races += 1;
            // The one that lost may have ended before the other began.
            if one.said.opened.is_some() && other.said.opened.is_some() {
                double_writers += 1;
                tally.broken(format!("round {round}: both opened it"));
            }
        }
        if one.said.opened.is_none()
            && let Some(winner) = other.take()
        {
            one = winner;
        }
        match one.said.opened {
            Some(present) if present < acknowledged => tally.broken(format!(
                "seed {seed}, round {round}: {present} numbers, {acknowledged} were acknowledged"
            )),
            Some(_) => {}
            None => {
                stuck_locks += u64::from(one.said.is_locked);
                tally.broken(format!("seed {seed}, round {round}: nobody opened: {:?}", one.said));
            }
        }
        for _ in 0..numbers.below(6) {
            one.step();
        }
        for _ in 0..numbers.below(4_000_000) {
            std::hint::spin_loop();
        }
        let said = one.kill();
        if let Some(text) = said.broken.or(said.unrested) {
            tally.broken(format!("seed {seed}, round {round}: {text}"));
        }
        acknowledged = acknowledged.max(said.acknowledged);
        tally.counted(true, true);
        if tally.is_over() {
            break;
        }
    }
    checked(program, &folder.path().join("dataset"), acknowledged, &mut tally);
    total += acknowledged;
    tally.note(&format!(
        "{total} numbers, {races} races, double writers {double_writers}, stuck locks \
         {stuck_locks}, seed {seed}"
    ));
    tally.end()
}

fn checked(program: &Program, dataset: &Path, acknowledged: u64, tally: &mut Tally) {
    if let Err(text) = program.check(dataset, acknowledged) {
        tally.broken(text);
    }
}
