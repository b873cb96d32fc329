//! Random histories: the same for one seed, rich enough, and kept in order by the oracle.

use std::collections::BTreeSet;
use woodland_tests::histories::{Distribution, History, Recipe, Rng};
use woodland_tests::oracle::Oracle;

/// Every reason of `docs/meaning.md`.
const REASONS: [&str; 17] = [
    "unreadable",
    "stray-schema",
    "unknown-schema",
    "unknown-type",
    "type-differs",
    "unknown-field",
    "unknown-node",
    "wrong-type",
    "unknown-kind",
    "bad-config",
    "undecodable",
    "wrong-value",
    "unknown-target",
    "unknown-member",
    "empty-edit",
    "bad-position",
    "bad-position",
];

#[test]
fn a_seed_gives_one_history() {
    for seed in 0..20 {
        let (one, other) = (History::of(seed), History::of(seed));
        assert_eq!(one.commits, other.commits, "seed {seed}");
        assert_ne!(one.commits, History::of(seed + 1000).commits, "seed {seed}");
    }
}

#[test]
fn a_thousand_histories_have_something_of_everything() {
    let mut distribution = Distribution::default();
    for seed in 0..1000 {
        let history = History::of(seed);
        distribution.add(&history, &Oracle::of(&history.commits));
    }
    println!("{distribution}");
    assert!(distribution.batches_median() >= 20, "{distribution}");
    assert!(distribution.one_place_percent() >= 30, "{distribution}");
    assert!(distribution.with_forks >= 50, "{distribution}");
    assert!(distribution.with_conflicts >= 300, "{distribution}");
    for reason in REASONS {
        assert!(distribution.voids.contains_key(reason), "no {reason} in\n{distribution}");
    }
    let known: BTreeSet<_> = REASONS.into_iter().collect();
    let found: BTreeSet<_> = distribution.voids.keys().copied().collect();
    assert_eq!(found, known, "a reason that meaning.md does not name");
}

#[test]
fn a_calm_history_has_no_voids() {
    for recipe in [Recipe::calm(), Recipe::texts()] {
        for seed in 0..100 {
            let history = History::by(&recipe, seed);
            assert_eq!(Oracle::of(&history.commits).voids(), [], "seed {seed}");
        }
    }
}

#[test]
fn the_set_decides_and_not_its_order() {
    for seed in 0..50 {
        let history = History::of(seed);
        let oracle = Oracle::of(&history.commits);
        let mut rng = Rng::from_seed(seed);
        let causal = history.causal_arrival(&mut rng);
        let any = history.any_arrival(&mut rng);
        let cut: Vec<_> = history.segments(&mut rng).concat();
        assert_eq!(cut.len(), history.commits.len(), "seed {seed}");
        for arrival in [causal, any, cut] {
            let other = Oracle::of(&arrival);
            assert_eq!(oracle.order(), other.order(), "seed {seed}");
            assert_eq!(oracle.digest(), other.digest(), "seed {seed}");
            assert_eq!(oracle.voids(), other.voids(), "seed {seed}");
            assert_eq!(oracle.conflicts(), other.conflicts(), "seed {seed}");
        }
    }
}
