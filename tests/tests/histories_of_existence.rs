//! Histories in which nodes die and schemas change: rich enough, honest where they say so, and the
//! same in every order.
//!
//! `WOODLAND_HISTORIES=2000 cargo test -p woodland-tests --test histories_of_existence` looks at
//! more; `-- --nocapture` prints what they are made of.

use woodland_format::{Commit, Op, Payload};
use woodland_tests::histories::{ALL_KINDS, Distribution, History, Recipe, Rng};
use woodland_tests::oracle::Oracle;

/// How many histories of each recipe.
fn count() -> u64 {
    let wanted = std::env::var("WOODLAND_HISTORIES").ok();
    wanted.map_or(60, |text| text.parse().expect("WOODLAND_HISTORIES is a number"))
}

fn distribution(name: &str, recipe: &Recipe, count: u64) -> Distribution {
    let mut distribution = Distribution::default();
    for seed in 0..count {
        let history = History::by(recipe, seed);
        distribution.add(&history, &Oracle::of(&history.commits));
    }
    println!("{name}\n{distribution}");
    distribution
}

/// Asserts that ops met often enough, for so many histories as there are by default.
fn assert_met(found: &Distribution, least: &[(&str, usize)]) {
    for (name, least) in least {
        let met = found.meetings_of(name);
        assert!(met >= *least, "{name}: {met}, and there should be {least}\n{found}");
    }
}

fn assert_listed(found: &Distribution, reasons: &[&str]) {
    for reason in reasons {
        assert!(found.voids.contains_key(reason), "nothing is listed as {reason}\n{found}");
    }
}

#[test]
fn verdicts_of_existence_meet() {
    let found = distribution("existence", &Recipe::existence(), count());
    let least = [
        ("deletions that took", 200),
        ("cascades", 15),
        ("deletions restricted", 15),
        ("deletions edited", 25),
        ("comings back", 40),
        ("dead targets", 20),
        ("creations anew", 30),
        ("clashes", 10),
    ];
    assert_met(&found, &least);
    assert!(found.ops_median("delete") >= 4, "too few deletions in a history: {found}");
    let reasons =
        ["dead-node", "edited", "restricted", "dead-target", "unseen-generation", "misfit"];
    assert_listed(&found, &reasons);
}

#[test]
fn migrations_meet() {
    let found = distribution("migrations", &Recipe::migrations(), count());
    let least = [("migrations applied", 150), ("misfits", 6), ("reads converted", 40)];
    assert_met(&found, &least);
    assert!(found.meetings_median("migrations applied") >= 2, "too few in a history: {found}");
    assert_eq!(found.steps.len(), 10, "not every step is drawn: {found}");
}

#[test]
fn everything_has_its_share() {
    let found = distribution("everything", &Recipe::everything(), count() / 3);
    let least = [
        ("deletions that took", 40),
        ("deletions edited", 3),
        ("comings back", 3),
        ("migrations applied", 10),
        ("reads converted", 10),
    ];
    assert_met(&found, &least);
    for (kind, _) in ALL_KINDS {
        assert!(found.ops_median(kind) >= 2, "too few ops of kind {kind}: {found}");
    }
}

/// What an honest author writes is not listed where only that is there which it saw.
#[test]
fn honest_authors_are_heard_in_what_they_see() {
    for (recipe, count) in [(Recipe::existence().honest(), 30), (Recipe::migrations().honest(), 30)]
    {
        let mut writes = 0;
        for seed in 0..count {
            let history = History::by(&recipe, seed);
            let whole = Oracle::of(&history.commits);
            for commit in &history.commits {
                let past = whole.past_of(commit.id());
                let is_seen = |one: &&Commit| past.contains(&one.id()) || one.id() == commit.id();
                let seen: Vec<Commit> = history.commits.iter().filter(is_seen).cloned().collect();
                let voids = Oracle::of(&seen).voids().into_iter();
                let voids: Vec<_> = voids.filter(|void| void.commit == commit.id()).collect();
                let ops = Payload::decode(commit.payload().expect("kept")).expect("decodes").ops;
                let listed: Vec<(&Op, &str)> = voids
                    .iter()
                    .map(|void| (&ops[void.index.unwrap() as usize], void.reason))
                    .collect();
                assert!(listed.is_empty(), "seed {seed}: {listed:#?}");
                writes += ops.len();
            }
        }
        assert!(writes > 1000, "too few ops: {writes}");
    }
}

#[test]
fn the_set_decides_and_not_its_order() {
    for recipe in [Recipe::existence(), Recipe::migrations()] {
        for seed in 0..20 {
            let history = History::by(&recipe, seed);
            assert_eq!(history.commits, History::by(&recipe, seed).commits, "seed {seed}");
            let oracle = Oracle::of(&history.commits);
            let other = Oracle::of(&history.any_arrival(&mut Rng::from_seed(seed)));
            assert_eq!(oracle.digest(), other.digest(), "seed {seed}");
            assert_eq!(oracle.voids(), other.voids(), "seed {seed}");
            assert_eq!(oracle.current_schema(), other.current_schema(), "seed {seed}");
            assert_eq!(oracle.values(), other.values(), "seed {seed}");
            assert_eq!(oracle.clashes(), other.clashes(), "seed {seed}");
        }
    }
}
