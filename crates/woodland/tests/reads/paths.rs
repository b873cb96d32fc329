//! Paths along every sort of field, among cycles, against a walk over plain maps.

use crate::model::{Note, Pin, Written, missing, written};
use std::collections::{BTreeMap, HashSet, VecDeque};
use woodland::{Path, Pointer, Record, Replica, define, from};

type Notes = Pointer<Note>;

/// Breadth first with a queue, from a note's own fields.
fn walk(w: &Written, start: Notes, depth: u64, step: fn(&Note) -> Vec<Notes>) -> Vec<Notes> {
    let (mut reached, mut seen) = (Vec::new(), HashSet::new());
    let mut queue = VecDeque::from([(start, 0)]);
    while let Some((at, steps)) = queue.pop_front() {
        if steps == depth {
            continue;
        }
        for to in w.notes.get(&at).map(step).unwrap_or_default() {
            if seen.insert(to) {
                reached.push(to);
                queue.push_back((to, steps + 1));
            }
        }
    }
    reached
}

#[test]
fn paths_of_any_depth_are_those_of_plain_maps() {
    type Case = (fn(Path<(), Note>) -> Path<Note, Note>, fn(&Note) -> Vec<Notes>);
    let cases: [Case; 4] = [
        (|path| path.along(Note::PARENT), |note| note.parent.into_iter().collect()),
        (|path| path.along(Note::NEXT), |note| note.next.clone()),
        (|path| path.along(Note::FRIENDS), |note| note.friends.iter().copied().collect()),
        (|path| path.along(Note::SEATS), |note| note.seats.values().copied().collect()),
    ];
    for seed in 0..30 {
        let w = written(seed, 9);
        let mut starts = w.order.clone();
        starts.extend([missing(), w.order[0]]);
        for (case, (along, step)) in cases.into_iter().enumerate() {
            for depth in [0, 1, 2, 3, u64::MAX] {
                let path = along(from(&starts)).to_depth(depth);
                let found = w.now.read(path).expect("readable");
                let walked: Vec<Vec<Notes>> =
                    starts.iter().map(|start| walk(&w, *start, depth, step)).collect();
                assert_eq!(found.paths, walked, "seed {seed}, case {case}, depth {depth}");
                let nodes: BTreeMap<Notes, Note> = walked
                    .into_iter()
                    .flatten()
                    .map(|node| (node, w.notes[&node].clone()))
                    .collect();
                assert_eq!(found.nodes, nodes, "seed {seed}, case {case}, depth {depth}");
            }
            let once = w.now.read(along(from(&starts))).expect("readable");
            assert_eq!(once, w.now.read(along(from(&starts)).to_depth(1)).expect("readable"));
            let ever = w.now.read(along(from(&starts)).repeated()).expect("readable");
            assert_eq!(ever, w.now.read(along(from(&starts)).to_depth(9)).expect("readable"));
        }
    }
}

#[test]
fn steps_follow_each_other_over_types() {
    for seed in 0..30 {
        let w = written(seed, 9);
        let pins: Vec<Pointer<Pin>> = w.pins.keys().copied().collect();
        let path = from(&pins).along(Pin::ON).along(Note::PARENT).repeated().along(Note::TAGS);
        let found = w.now.read(path).expect("readable");
        for (pin, tags) in pins.iter().zip(&found.paths) {
            let mut expected = Vec::new();
            for parent in
                walk(&w, w.pins[pin].on, u64::MAX, |note| note.parent.into_iter().collect())
            {
                for tag in &w.notes[&parent].tags {
                    if !expected.contains(tag) {
                        expected.push(*tag);
                    }
                }
            }
            assert_eq!(*tags, expected, "seed {seed}");
        }
        let all = found.paths.iter().flatten().collect::<HashSet<_>>();
        assert_eq!(found.nodes.keys().collect::<HashSet<_>>(), all, "seed {seed}");
    }
}

#[test]
fn starts_alone_are_a_path() {
    let w = written(3, 4);
    let found = w.now.read(from(&[w.order[0], missing(), w.order[0]])).expect("readable");
    assert_eq!(found.paths, [vec![w.order[0]], vec![], vec![w.order[0]]]);
    assert_eq!(found.nodes.len(), 1);
}

/// A chain as long as this would end any recursion.
#[test]
fn a_long_chain_is_walked_without_recursion() {
    #[derive(Record, Debug, Clone, PartialEq)]
    struct Link {
        next: Option<Pointer<Link>>,
    }
    const LINKS: usize = 60_000;
    let model = define().record::<Link>().model().expect("a model");
    let replica = Replica::in_memory(&model, 1).expect("founded");
    let mut last = None;
    for _ in 0..LINKS / 10_000 {
        last = replica
            .write(|b| (0..10_000).fold(last, |next, _| Some(b.insert(&Link { next }))))
            .expect("written");
    }
    let first = last.expect("links");
    let found = replica.snapshot().read(from(&[first]).along(Link::NEXT).repeated());
    assert_eq!(found.expect("readable").paths[0].len(), LINKS - 1);
}
