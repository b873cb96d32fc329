//! Random histories: the same for one seed, rich enough, and kept in order by the oracle.

use std::collections::BTreeSet;
use woodland_format::{Commit, Op, Payload, TextOp, decode};
use woodland_tests::histories::{ALL_KINDS, Distribution, HAS_LISTS, History, Recipe, Rng};
use woodland_tests::oracle::Oracle;

/// Every reason of `docs/meaning.md`.
const REASONS: [&str; 19] = [
    "unreadable",
    "stray-schema",
    "unknown-schema",
    "unknown-type",
    "needs-key",
    "no-key",
    "type-differs",
    "unknown-field",
    "unknown-node",
    "wrong-type",
    "read-only",
    "bad-config",
    "undecodable",
    "wrong-value",
    "unknown-target",
    "unknown-member",
    "unknown-key",
    "empty-edit",
    "bad-position",
];

/// How ops meet where nothing dies and nothing is migrated.
const MEETINGS: [&str; 7] = [
    "moves of one item",
    "moves of items removed",
    "slots at one place",
    "puts into ended keys",
    "later generations",
    "additions to a set, removed",
    "creations of one key",
];

#[test]
fn histories_with_an_owner_have_masked_ops_of_every_sort() {
    let mut distribution = Distribution::default();
    for seed in 0..200 {
        let history = History::by(&Recipe::rights(), seed);
        distribution.add(&history, &Oracle::of(&history.commits));
    }
    println!("{distribution}");
    let sorts = ["create", "create keyed", "recreate", "delete", "migrate"];
    for name in ALL_KINDS.iter().map(|(kind, _)| *kind).chain(sorts) {
        let count = distribution.masked.get(name).copied().unwrap_or(0);
        assert!(count >= 5, "{count} masked ops of sort {name}: {distribution}");
    }
}

#[test]
fn a_seed_gives_one_history() {
    for seed in 0..20 {
        let (one, other) = (History::of(seed), History::of(seed));
        assert_eq!(one.commits, other.commits, "seed {seed}");
        assert_ne!(one.commits, History::of(seed + 1000).commits, "seed {seed}");
    }
}

#[test]
fn many_histories_have_something_of_everything() {
    let mut distribution = Distribution::default();
    for seed in 0..400 {
        let history = History::of(seed);
        distribution.add(&history, &Oracle::of(&history.commits));
    }
    println!("{distribution}");
    assert!(distribution.batches_median() >= 20, "{distribution}");
    assert!(distribution.one_place_percent() >= 30, "{distribution}");
    assert!(distribution.with_forks >= 20, "{distribution}");
    assert!(distribution.with_conflicts >= 200, "{distribution}");
    for (kind, _) in ALL_KINDS.iter().filter(|(kind, _)| HAS_LISTS || *kind != "list") {
        assert!(distribution.ops_median(kind) >= 6, "too few ops of kind {kind}: {distribution}");
    }
    for what in MEETINGS {
        let is_of_lists = what.contains("move") || what.contains("slot");
        let enough = if is_of_lists && !HAS_LISTS { 0 } else { 20 };
        assert!(distribution.meetings_of(what) >= enough, "too few {what}: {distribution}");
    }
    for reason in REASONS {
        assert!(distribution.voids.contains_key(reason), "no {reason} in\n{distribution}");
    }
    let known: BTreeSet<_> = REASONS.into_iter().collect();
    let found: BTreeSet<_> = distribution.voids.keys().copied().collect();
    assert_eq!(found, known, "a reason that meaning.md does not name");
}

#[test]
fn the_order_keeps_its_four_promises() {
    for seed in 0..60 {
        let history = History::by(&Recipe { fork_percent: 0, ..Recipe::default() }, seed);
        let oracle = Oracle::of(&history.commits);
        let order = oracle.order();
        assert_eq!(order[0], history.commits[0].id(), "seed {seed}: the founding commit is first");
        let place = |id| order.iter().position(|other| *other == id).expect("held");
        for commit in &history.commits {
            let past = oracle.past_of(commit.id());
            assert!(past.iter().all(|seen| place(*seen) < place(commit.id())), "seed {seed}");
            // One author's commits of one turn are one piece.
            if let Some(backlink) = commit.backlink()
                && let Some(before) = history.commits.iter().find(|one| one.id() == backlink)
                && before.turn() == commit.turn()
            {
                assert_eq!(place(backlink) + 1, place(commit.id()), "seed {seed}");
            }
        }
        let part = Oracle::of(history.prefix(history.commits.len() / 2)).order();
        let mut whole = order.clone();
        whole.retain(|id| part.contains(id));
        assert_eq!(whole, part, "seed {seed}: what arrives later moves nothing");
    }
}

#[test]
fn an_author_reads_back_what_it_wrote() {
    for seed in 0..8 {
        let history = History::by(&Recipe::texts(), seed);
        let whole = Oracle::of(&history.commits);
        for commit in &history.commits {
            let seen = whole.past_of(commit.id());
            let before: Vec<Commit> =
                history.commits.iter().filter(|one| seen.contains(&one.id())).cloned().collect();
            let mut texts = Oracle::of(&before).texts();
            for op in Payload::decode(commit.payload().unwrap()).unwrap().ops {
                let Op::Edit { object, op } = op else { continue };
                if history.schema.field_with(object.field).unwrap().1.kind != "text" {
                    continue;
                }
                let text = texts.entry(object).or_default();
                match decode::<TextOp, 100>("a text's op", &op).unwrap() {
                    TextOp::Insert { at, text: put } => text.insert_str(at as usize, &put),
                    TextOp::Delete { at, bytes } => {
                        text.replace_range(at as usize..(at + bytes) as usize, "");
                    }
                }
            }
            let after = [before, vec![commit.clone()]].concat();
            assert_eq!(Oracle::of(&after).texts(), texts, "seed {seed}, {commit:?}");
        }
    }
}

#[test]
fn a_newer_format_makes_a_version_relay_only() {
    let recipe = Recipe { newer_format_percent: 20, ..Recipe::default() };
    let oracle = Oracle::of(&History::by(&recipe, 1).commits);
    assert!(oracle.is_relay_only());
    assert!(!oracle.order().is_empty() && oracle.nodes().is_empty() && oracle.voids().is_empty());
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
