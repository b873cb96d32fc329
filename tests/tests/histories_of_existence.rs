//! Histories in which nodes die and schemas change: rich enough, honest where they say so, and the
//! same in every order.
//!
//! `WOODLAND_HISTORIES=2000 cargo test -p woodland-tests --test histories_of_existence -- --nocapture`
//! looks at more.

use woodland_format::{Commit, Op, Payload};
use woodland_tests::histories::{Distribution, History, Recipe, Rng};
use woodland_tests::oracle::Oracle;

/// How many histories of each recipe.
fn count() -> u64 {
    let wanted = std::env::var("WOODLAND_HISTORIES").ok();
    wanted.map_or(100, |text| text.parse().expect("WOODLAND_HISTORIES is a number"))
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

#[test]
fn verdicts_of_existence_meet() {
    let found = distribution("existence", &Recipe::existence(), count());
    println!("{found}");
}

#[test]
fn migrations_meet() {
    let found = distribution("migrations", &Recipe::migrations(), count());
    println!("{found}");
}

#[test]
fn everything_has_its_share() {
    let found = distribution("everything", &Recipe::everything(), count() / 4);
    println!("{found}");
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
