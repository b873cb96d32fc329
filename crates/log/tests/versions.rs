//! Versions against the slow model: order, causality, differences, merges.

#![allow(missing_docs)]

mod history;

use history::{History, ids, introduces, model_key, schema, steps};
use proptest::prelude::*;
use std::collections::BTreeSet;
use woodland_format::version_id;
use woodland_log::{Frontier, Log, OrderKey, Place, Tip};

fn send_and_sync<T: Send + Sync + Clone>(_: &T) {}

fn places(log: &Log, history: &History) -> Vec<Place> {
    history.commits.iter().map(|one| log.place(&one.id()).unwrap()).collect()
}

fn assert_equal(left: &Log, right: &Log) {
    assert_eq!(left, right);
    assert_eq!(left.version(), right.version());
    assert_eq!(left.len(), right.len());
    assert_eq!(left.frontier(), right.frontier());
    assert_eq!(ids(left.order()), ids(right.order()));
    assert_eq!(left.forks(), right.forks());
}

proptest! {
    #[test]
    fn the_order_is_the_sorted_set(steps in steps(true), seed: u64) {
        let history = History::of(&steps);
        let log = history.shuffled(seed).log();
        send_and_sync(&log);
        let order = history.order();
        prop_assert_eq!(&ids(log.order()), &order);
        prop_assert_eq!(log.len(), order.len() as u64);
        prop_assert_eq!(log.at_position(log.len()), None);
        let backward: Vec<_> = order.iter().rev().copied().collect();
        prop_assert_eq!(ids(log.order().rev()), backward);
        for (at, id) in order.iter().enumerate() {
            let key = OrderKey::of(history.get(id));
            let place = log.place(id).unwrap();
            prop_assert_eq!(log.key(place), Some(key));
            prop_assert_eq!(log.position(place), Some(at as u64));
            prop_assert_eq!(log.at_position(at as u64), Some(place));
            for (other_at, other) in order.iter().enumerate() {
                prop_assert_eq!(log.compare(place, log.place(other).unwrap()), at.cmp(&other_at));
            }
            prop_assert_eq!(ids(log.order_from(&key)), &order[at..]);
            prop_assert_eq!(ids(log.order_until(&key)), &order[..at]);
            let before: Vec<_> = order[..at].iter().rev().copied().collect();
            prop_assert_eq!(ids(log.order_until(&key).rev()), before);
            // A key of a commit that the log does not hold: just below and just above this one.
            let mut near = key;
            near.id.0[31] ^= 1;
            let from = history.order().into_iter()
                .filter(|id| OrderKey::of(history.get(id)) >= near).collect::<Vec<_>>();
            prop_assert_eq!(ids(log.order_from(&near)), from);
        }
    }

    #[test]
    fn both_ends_of_a_range_meet(
        steps in steps(true), lower: usize, upper: usize, turns: Vec<bool>,
    ) {
        let history = History::of(&steps);
        let (log, order) = (history.log(), history.order());
        let (lower, upper) = (lower % order.len(), upper % order.len());
        let key = |at: usize| OrderKey::of(history.get(&order[at]));
        let mut range = log.order_range(Some(&key(lower)), Some(&key(upper)));
        let mut expected: std::collections::VecDeque<_> =
            order.get(lower..upper).unwrap_or_default().iter().copied().collect();
        for forward in turns.into_iter().chain([true; 64]) {
            let (found, expected) = if forward {
                (range.next(), expected.pop_front())
            } else {
                (range.next_back(), expected.pop_back())
            };
            prop_assert_eq!(found.map(|(_, commit)| commit.id()), expected);
        }
    }

    #[test]
    fn saw_is_the_causal_past(steps in steps(true), seed: u64) {
        let history = History::of(&steps);
        let log = history.shuffled(seed).log();
        let pasts = history.pasts();
        for later in &history.commits {
            for earlier in &history.commits {
                let place = |id| log.place(&id).unwrap();
                let saw = log.saw(place(later.id()), place(earlier.id()));
                prop_assert_eq!(saw, pasts[&later.id()].contains(&earlier.id()));
            }
        }
        let nowhere = Place { line: 99, seq: 0 };
        let founding = log.place(&history.commits[0].id()).unwrap();
        prop_assert!(!log.saw(nowhere, founding));
        prop_assert!(!log.saw(founding, nowhere));
    }

    #[test]
    fn heads_frontier_and_forks(steps in steps(true), seed: u64) {
        let history = History::of(&steps);
        let log = history.shuffled(seed).log();
        let heads = history.heads();
        prop_assert_eq!(log.heads().collect::<Vec<_>>(), heads.iter().copied().collect::<Vec<_>>());
        prop_assert_eq!(log.version(), version_id(&heads));
        let tips: Vec<_> =
            log.frontier().iter().map(|(author, tip)| (author, tip.seq, tip.id)).collect();
        prop_assert_eq!(tips, history.tips().into_iter().collect::<Vec<_>>());
        let forks: BTreeSet<_> =
            log.forks().into_iter().map(|fork| (fork.author, fork.backlink, fork.rivals)).collect();
        prop_assert_eq!(forks, history.forks());
        prop_assert!(log.covers(&log.frontier()));
        prop_assert!(log.frontier().covers(&log.frontier()));
    }

    #[test]
    fn schemas_follow_the_chain(steps in steps(true), seed: u64) {
        let history = History::of(&steps);
        let log = history.shuffled(seed).log();
        for (commit, place) in history.commits.iter().zip(places(&log, &history)) {
            prop_assert_eq!(log.schema(place), Some(history.schema(&commit.id())));
            prop_assert_eq!(log.commit(place), Some(commit.clone()));
            let backlink = commit.backlink();
            prop_assert!(
                commit.turn() == 0 && backlink.is_none()
                    || log.next_turn(backlink, commit.parents()) == Some(commit.turn())
            );
        }
        for number in 0..3 {
            let schema = schema(number).id();
            let order = history.order();
            let expected: Vec<_> =
                order.iter().filter(|id| introduces(history.get(id)) == Some(schema)).collect();
            let found: Vec<_> =
                log.introduced(&schema).map(|place| log.commit(place).unwrap().id()).collect();
            prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn since_is_the_difference(
        steps in steps(true), picks: Vec<usize>, more: Vec<usize>, drop in 0usize..8,
    ) {
        let whole = History::of(&steps);
        let (ours, theirs) = (whole.part(&picks), whole.part(&more));
        let log = ours.log();
        let frontier = theirs.log().frontier();
        // What they hold as far as we can know: the pasts of their tips that we hold.
        let known = theirs.tips().into_iter().filter(|(_, _, id)| ours.ids().contains(id));
        let held: BTreeSet<_> = known.flat_map(|(_, _, id)| whole.past(&id)).collect();
        let lacking: Vec<_> = ours.order().into_iter().filter(|id| !held.contains(id)).collect();
        prop_assert_eq!(ids(log.since(&frontier)), lacking);
        // Any frontier, not only that of a version.
        let some: Frontier = frontier.iter().skip(drop).collect();
        let known = some.iter().filter(|(_, tip)| log.contains(&tip.id));
        let held: BTreeSet<_> = known.flat_map(|(_, tip)| whole.past(&tip.id)).collect();
        let lacking: Vec<_> = ours.order().into_iter().filter(|id| !held.contains(id)).collect();
        prop_assert_eq!(ids(log.since(&some)), lacking);
        prop_assert_eq!(ids(log.since(&Frontier::new())), ours.order());
        prop_assert_eq!(log.since(&log.frontier()).count(), 0);
    }

    #[test]
    fn at_is_the_closure(steps in steps(true), picks in prop::collection::vec(0usize..4096, 1..4)) {
        let history = History::of(&steps);
        let part = history.part(&picks);
        let heads: Vec<_> =
            picks.iter().map(|pick| history.commits[pick % history.commits.len()].id()).collect();
        let log = history.log();
        let at = log.at(&heads).unwrap();
        assert_equal(&at, &part.log());
        let mut past = part.order();
        prop_assert_eq!(ids(log.past(&heads).unwrap()), past.clone());
        past.reverse();
        prop_assert_eq!(ids(log.past(&heads).unwrap().rev()), past);
    }

    #[test]
    fn merge_is_the_union(
        steps in steps(true), a: Vec<usize>, b: Vec<usize>, c: Vec<usize>, seed: u64,
    ) {
        let whole = History::of(&steps);
        let a = whole.part(&a).shuffled(seed).log();
        let b = whole.part(&b).shuffled(seed ^ 1).log();
        let c = whole.part(&c).shuffled(seed ^ 2).log();
        let ab = a.merge(&b).unwrap();
        assert_equal(&ab, &b.merge(&a).unwrap());
        assert_equal(&ab.merge(&c).unwrap(), &a.merge(&b.merge(&c).unwrap()).unwrap());
        assert_equal(&a.merge(&a).unwrap(), &a);
        assert_equal(&ab.merge(&b).unwrap(), &ab);
        assert_equal(&a.merge(&ab).unwrap(), &ab);
        // Places hold, and what arrived is what was lacking.
        for (place, commit) in a.order() {
            prop_assert_eq!(ab.commit(place), Some(commit.clone()));
            prop_assert_eq!(ab.place(&commit.id()), Some(place));
        }
        let lacking: Vec<_> = b.order().filter(|(_, one)| !a.contains(&one.id())).collect();
        let arrived = ab.arrived(&a);
        prop_assert_eq!(
            ids(arrived.clone()),
            lacking.iter().map(|(_, one)| one.id()).collect::<Vec<_>>()
        );
        prop_assert_eq!(arrived.len(), lacking.len());
        for (place, commit) in arrived {
            prop_assert_eq!(ab.commit(place), Some(commit));
        }
        // Where they were put into the order.
        let order = ids(ab.order());
        let put: Vec<_> = ab.inserted(&a).iter()
            .flat_map(|one| one.position..one.position + one.commits)
            .map(|at| order[usize::try_from(at).unwrap()])
            .collect();
        prop_assert_eq!(put, ids(ab.arrived(&a)));
        let stretches = ab.inserted(&a);
        let apart = stretches.windows(2).all(|two| {
            two[0].position + two[0].commits < two[1].position
        });
        prop_assert!(apart);
        // What both hold is closed; its heads name it.
        let both: BTreeSet<_> = ids(a.order()).into_iter().filter(|id| b.contains(id)).collect();
        let common = a.common(&b).unwrap();
        prop_assert_eq!(&common, &b.common(&a).unwrap());
        let past: Vec<_> = ids(ab.past(&common).unwrap());
        prop_assert_eq!(past.iter().copied().collect::<BTreeSet<_>>(), both);
        prop_assert_eq!(a.at(&common).unwrap().heads().collect::<Vec<_>>(), common);
        // Also of logs that were not made from one another.
        let apart: Vec<_> = ids(b.arrived(&a));
        prop_assert_eq!(apart, lacking.iter().map(|(_, one)| one.id()).collect::<Vec<_>>());
    }

    #[test]
    fn arrival_does_not_matter(steps in steps(true), seed: u64) {
        let history = History::of(&steps);
        assert_equal(&history.log(), &history.shuffled(seed).log());
        let all = history.shuffled(seed).commits;
        let log = Log::found(all[0].clone()).unwrap();
        assert_equal(&history.log(), &log.extend(&all).unwrap());
    }

    /// Properties 1 and 2 of the order.
    #[test]
    fn the_order_extends_causality_and_never_changes(steps in steps(true), picks: Vec<usize>) {
        let history = History::of(&steps);
        let log = history.log();
        for (_, commit) in log.order() {
            for reference in commit.references() {
                prop_assert!(model_key(history.get(&reference)) < model_key(&commit));
            }
        }
        prop_assert_eq!(log.order().next().map(|(_, one)| one.id()), Some(history.commits[0].id()));
        let part = history.part(&picks);
        let held: Vec<_> =
            ids(log.order()).into_iter().filter(|id| part.ids().contains(id)).collect();
        prop_assert_eq!(ids(part.log().order()), held);
    }

    /// Properties 3 and 4 of the order, for authors that do not fork.
    #[test]
    fn an_offline_run_is_contiguous_and_sorts_after_what_was_seen(steps in steps(false)) {
        let history = History::of(&steps);
        let log = history.log();
        let order = ids(log.order());
        let at = |id| order.iter().position(|one| *one == id).unwrap();
        for commit in &history.commits {
            if let Some(backlink) = commit.backlink().filter(|_| commit.parents().is_empty()) {
                prop_assert_eq!(at(commit.id()), at(backlink) + 1);
            }
        }
        // Whatever an author writes next comes after its last commit and all that one had seen.
        for (author, tip) in log.frontier().iter() {
            let past = history.past(&tip.id);
            prop_assert!(past.iter().all(|id| at(*id) <= at(tip.id)), "{author:?}");
            let number = (0..4).find(|number| history::key(*number).author() == author).unwrap();
            let before = history.get(&tip.id);
            let next = history::next(number, before, before.turn(), vec![]);
            let grown = log.append(&next).unwrap();
            let key = OrderKey::of(&next);
            prop_assert!(past.iter().all(|id| OrderKey::of(history.get(id)) < key));
            prop_assert_eq!(grown.len(), log.len() + 1);
            prop_assert!(!log.contains(&next.id()));
        }
    }
}

#[test]
fn a_frontier_covers_as_far_as_it_can_tell() {
    let history = History::of(&[]);
    let (author, id) = (history::key(1).author(), history.commits[0].id());
    let mut low = Frontier::new();
    low.insert(author, Tip { seq: 3, id });
    let mut high = Frontier::new();
    high.insert(author, Tip { seq: 4, id });
    assert!(high.covers(&low) && !low.covers(&high) && low.covers(&Frontier::new()));
    assert!(low.contains(&author, &Tip { seq: 3, id }));
    assert_eq!(low.tips(&author).count(), low.len());
    assert!(Frontier::new().is_empty());
}
