//! Random histories of one list. Built with `WOODLAND_SEED=n` they begin at another seed; a failure
//! names its own.
//!
//! **Invariants**
//! - An item is told by its value, which no other item has.
//!
//! What this does not do: say in which order concurrent items stand; the oracle does.

use super::replicas::{Numbers, Replica, insert, items_of, merged, move_to, remove, replicas, set};
use std::collections::BTreeSet;
use woodland_format::{Commit, ListOp, Value};
use woodland_graph::{Graph, Kinds, VoidOp};
use woodland_log::Log;

/// An item is told by its value: sets keep what stands above the last three digits.
const ITEM: i64 = 1_000;

fn first_seed() -> u64 {
    let seed = option_env!("WOODLAND_SEED");
    seed.map_or(1, |seed| seed.parse().expect("WOODLAND_SEED is a number"))
}

/// A random op for a list that shows these items; now and then one past the end.
fn op(numbers: &mut Numbers, shown: &[i64], fresh: &mut i64) -> ListOp {
    let length = shown.len();
    if numbers.below(20) == 0 {
        return move_to(0, length as u32);
    }
    match numbers.below(if length == 0 { 1 } else { 8 }) {
        0..3 => {
            let count = 1 + numbers.below(3);
            let items: Vec<i64> = (1..=count as i64).map(|more| (*fresh + more) * ITEM).collect();
            *fresh += count as i64;
            insert(numbers.below(length + 1) as u32, &items)
        }
        3 => {
            let at = numbers.below(length);
            remove(at as u32, (1 + numbers.below(3)).min(length - at) as u32)
        }
        4..7 => move_to(numbers.below(length) as u32, numbers.below(length) as u32),
        _ => {
            let at = numbers.below(length);
            let item = shown[at] / ITEM * ITEM;
            set(at as u32, item + 1 + numbers.below(ITEM as usize - 1) as i64)
        }
    }
}

/// The same on a plain vector.
fn play(model: &mut Vec<i64>, op: &ListOp) {
    let int = |value: &_| match value {
        Value::Int(item) => *item,
        other => panic!("{other} is no int"),
    };
    match op {
        ListOp::Insert { at, items } => {
            let at = *at as usize;
            model.splice(at..at, items.iter().map(int)).for_each(drop);
        }
        ListOp::Remove { at, count } => drop(model.drain(*at as usize..(at + count) as usize)),
        ListOp::Move { from, to } if *to as usize == model.len() => assert_eq!(*from, 0),
        ListOp::Move { from, to } => {
            let item = model.remove(*from as usize);
            model.insert(*to as usize, item);
        }
        ListOp::Set { at, item } => model[*at as usize] = int(item),
    }
}

#[test]
fn a_list_of_one_author_is_a_vector() {
    for seed in first_seed()..first_seed() + 20 {
        let mut numbers = Numbers::from_seed(seed);
        let mut fresh = 0;
        let begin: Vec<i64> = (0..numbers.below(300) as i64).map(|item| -item * ITEM).collect();
        let mut model = begin.clone();
        let mut replica = replicas(1, &begin).remove(0);
        for step in 0..60 {
            let mut ops = Vec::new();
            for _ in 0..1 + numbers.below(3) {
                let op = op(&mut numbers, &model, &mut fresh);
                play(&mut model, &op);
                ops.push(op);
            }
            replica.write(&ops);
            assert_eq!(replica.items(), model, "WOODLAND_SEED={seed}, step {step}");
            let graph = &replica.graph;
            assert_eq!(graph.sizes(&[replica.list]), [Some(model.len() as u64)]);
            let (start, end) = (numbers.below(model.len() + 2), numbers.below(model.len() + 2));
            let stretch = (replica.list, start as u64..end as u64);
            let part = model.get(start..end.min(model.len())).unwrap_or_default();
            let part = Value::List(part.iter().copied().map(Value::Int).collect());
            assert_eq!(
                graph.parts(&[stretch]),
                [Some(part)],
                "WOODLAND_SEED={seed}, {start}..{end}"
            );
        }
    }
}

/// A history in which three authors write and read each other, and the items that they removed.
fn history(numbers: &mut Numbers, name: &str) -> (Vec<Replica>, i64, BTreeSet<i64>) {
    let begin: Vec<i64> = (1..=6).map(|item| item * ITEM).collect();
    let mut all = replicas(3, &begin);
    let (mut fresh, mut removed) = (6, BTreeSet::new());
    for _ in 0..40 + numbers.below(60) {
        let at = numbers.below(3);
        if numbers.below(4) == 0 {
            let other = all[numbers.below(3)].clone();
            all[at].read(&other);
        }
        let mut model = all[at].items();
        let mut ops = Vec::new();
        for _ in 0..1 + numbers.below(3) {
            let op = op(numbers, &model, &mut fresh);
            let before: BTreeSet<i64> = model.iter().map(|item| item / ITEM).collect();
            play(&mut model, &op);
            let after: BTreeSet<i64> = model.iter().map(|item| item / ITEM).collect();
            removed.extend(&before - &after);
            ops.push(op);
        }
        all[at].write(&ops);
        assert_eq!(all[at].items(), model, "{name}: an author sees what it did");
    }
    (all, fresh, removed)
}

#[test]
fn nothing_is_lost_or_doubled_whatever_arrives_when() {
    for seed in first_seed()..first_seed() + 40 {
        let mut numbers = Numbers::from_seed(seed);
        let name = format!("WOODLAND_SEED={seed}");
        let (mut all, fresh, removed) = history(&mut numbers, &name);
        let items = merged(&mut all, &name);
        let mut held: Vec<i64> = items.iter().map(|item| item / ITEM).collect();
        held.sort_unstable();
        let expected: Vec<i64> = (1..=fresh).filter(|item| !removed.contains(item)).collect();
        assert_eq!(held, expected, "{name}");

        let list = all[0].list;
        let whole = Graph::of(&all[0].log, Kinds::standard());
        let voids: Vec<VoidOp> = whole.voids().collect();
        let founding = all[0].log.founding().clone();
        for _ in 0..4 {
            let mut log = Log::found(founding.clone()).expect("it founds");
            let mut graph = Graph::of(&log, Kinds::standard());
            let mut left: Vec<Commit> = all.iter().flat_map(|one| one.written.clone()).collect();
            while !left.is_empty() {
                for _ in 0..1 + numbers.below(4) {
                    log = arrive(&mut numbers, &log, &mut left);
                }
                graph = graph.advance(&log);
            }
            assert_eq!(items_of(&graph, list), items, "{name}");
            assert_eq!(graph.digest(), whole.digest(), "{name}");
            assert_eq!(graph.voids().collect::<Vec<_>>(), voids, "{name}");
        }
    }
}

/// Lets one commit arrive whose past is there.
fn arrive(numbers: &mut Numbers, log: &Log, left: &mut Vec<Commit>) -> Log {
    while !left.is_empty() {
        let at = numbers.below(left.len());
        if let Ok(more) = log.append(&left[at]) {
            left.swap_remove(at);
            return more;
        }
    }
    log.clone()
}
