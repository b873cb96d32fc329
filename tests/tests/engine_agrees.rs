//! The engine equals the oracle, over random histories of all kinds at once.
//!
//! `WOODLAND_HISTORIES=10000 cargo test -p woodland-tests --test engine_agrees -- --nocapture` runs
//! more; `WOODLAND_SEED=n` starts at another seed. A failure names its seed.

use woodland_tests::agreement::check;
use woodland_tests::histories::{Distribution, History, Recipe};
use woodland_tests::oracle::Oracle;

fn setting(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn agree(name: &str, recipe: &Recipe, share: u64) {
    let (seed, count) = (setting("WOODLAND_SEED", 1), setting("WOODLAND_HISTORIES", 400) / share);
    let mut distribution = Distribution::default();
    for seed in seed..seed + count {
        let history = History::by(recipe, seed);
        let oracle = Oracle::of(&history.commits);
        if let Err(difference) = check(&history, &oracle) {
            panic!("{name}, WOODLAND_SEED={seed}: {difference}");
        }
        distribution.add(&history, &oracle);
    }
    println!("{name}, {count} histories from seed {seed}\n{distribution}");
    assert!(distribution.batches_median() >= 20, "histories are too short: {distribution}");
    // What a newer format hides cannot be counted.
    let is_counted = recipe.newer_format_percent == 0;
    assert!(!is_counted || distribution.one_place_percent() >= 30, "too calm: {distribution}");
}

#[test]
fn on_histories_of_everything() {
    agree("everything", &Recipe::default(), 2);
}

#[test]
fn on_histories_of_text() {
    agree("text", &Recipe::texts(), 4);
}

#[test]
fn on_histories_full_of_oddities() {
    let recipe = Recipe {
        odd_op_percent: 40,
        unreadable_percent: 5,
        schema_change_percent: 10,
        fork_percent: 10,
        ..Recipe::default()
    };
    agree("oddities", &recipe, 4);
}

#[test]
fn on_payloads_of_a_newer_format() {
    let recipe = Recipe { newer_format_percent: 4, ..Recipe::default() };
    agree("newer formats", &recipe, 8);
}
