//! Nodes, fields, stretches, entries, and many of them in one call.

use crate::model::{Dice, Note, Tag, missing, written};
use std::collections::HashMap;
use woodland::{List, Map, Pointer, ReadError, Record, Replica, Text, all, define, nodes};

#[test]
fn nodes_and_fields_are_those_of_plain_maps() {
    for seed in 0..30 {
        let w = written(seed, 9);
        let dice = &mut Dice::of(seed + 1000);
        let mut asked = dice.some(&w.order, 12);
        asked.push(missing());
        let expected = |pointer: &Pointer<Note>| w.notes.get(pointer).cloned();
        let expected: Vec<Option<Note>> = asked.iter().map(expected).collect();
        assert_eq!(w.now.read(&asked).expect("readable"), expected, "seed {seed}");
        assert_eq!(w.now.read(asked.as_slice()).expect("readable"), expected, "seed {seed}");
        assert_eq!(w.now.read(nodes(&asked)).expect("readable"), expected, "seed {seed}");

        let found: HashMap<_, _> =
            w.now.read(all::<Note>()).expect("readable").into_iter().collect();
        assert_eq!(found, w.notes, "seed {seed}");

        let of = |read: fn(&Note) -> i64| -> Vec<Option<i64>> {
            expected.iter().map(|note| note.as_ref().map(read)).collect()
        };
        let (weights, titles, stars, votes) = w
            .now
            .read((
                Note::WEIGHT.of(&asked),
                Note::TITLE.of(&asked),
                Note::STARS.of(&asked),
                Note::VOTES.of(&asked),
            ))
            .expect("readable");
        assert_eq!(weights, of(|note| note.weight), "seed {seed}");
        assert_eq!(
            stars.iter().map(|one| one.map(|one| one.0)).collect::<Vec<_>>(),
            of(|n| n.stars.0)
        );
        for ((title, votes), note) in titles.iter().zip(&votes).zip(&expected) {
            assert_eq!(title.as_ref(), note.as_ref().map(|note| &note.title), "seed {seed}");
            assert_eq!(votes.as_ref(), note.as_ref().map(|note| &note.votes), "seed {seed}");
        }
    }
}

#[test]
fn entries_and_items_are_those_of_plain_maps() {
    for seed in 0..30 {
        let w = written(seed, 9);
        let mut nodes = w.order.clone();
        nodes.push(missing());
        for name in ["ada", "ben", "eve", "nobody"] {
            let asked: Vec<(Pointer<Note>, &str)> =
                nodes.iter().map(|node| (*node, name)).collect();
            let found = w.now.read(Note::VOTES.at_keys(&asked)).expect("readable");
            let vote = |node| w.notes.get(node)?.votes.get(name).copied();
            assert_eq!(found, nodes.iter().map(vote).collect::<Vec<_>>(), "seed {seed}");
        }
        for tag in &w.tags {
            let asked: Vec<(Pointer<Note>, Pointer<Tag>)> =
                nodes.iter().map(|node| (*node, *tag)).collect();
            let found = w.now.read(Note::TAGS.has(&asked)).expect("readable");
            let has = |node| w.notes.get(node).is_some_and(|note| note.tags.contains(tag));
            assert_eq!(found, nodes.iter().map(has).collect::<Vec<_>>(), "seed {seed}");
        }
        let lengths =
            (Note::BODY.lengths(&nodes), Note::VOTES.lengths(&nodes), Note::TAGS.lengths(&nodes));
        let (bodies, votes, tags) = w.now.read(lengths).expect("readable");
        let length = |of: fn(&Note) -> usize| -> Vec<Option<u64>> {
            nodes.iter().map(|node| Some(of(w.notes.get(node)?) as u64)).collect()
        };
        assert_eq!(bodies, length(|note| note.body.len()), "seed {seed}");
        assert_eq!(votes, length(|note| note.votes.len()), "seed {seed}");
        assert_eq!(tags, length(|note| note.tags.len()), "seed {seed}");
    }
}

#[test]
fn entries_that_were_taken_out_are_not_there() {
    #[derive(Record)]
    struct Poll {
        votes: Map<String, i64>,
        voters: woodland::Set<String>,
    }
    let model = define().record::<Poll>().model().expect("a model");
    let replica = Replica::in_memory(&model, 1).expect("founded");
    let (votes, voters) = ([("ada".to_owned(), 1)].into(), ["ada".to_owned()].into());
    let poll = replica.write(|b| b.insert(&Poll { votes, voters })).expect("written");
    let look = || {
        let asked = (Poll::VOTES.at_keys(&[(poll, "ada")]), Poll::VOTERS.has(&[(poll, "ada")]));
        replica.snapshot().read(asked).expect("readable")
    };
    assert_eq!(look(), (vec![Some(1)], vec![true]));
    replica
        .write(|b| b.edit(poll, (Poll::VOTES.remove(["ada"]), Poll::VOTERS.remove(["ada"]))))
        .expect("written");
    assert_eq!(look(), (vec![None], vec![false]));
    replica.write(|b| b.edit(poll, Poll::VOTES.put([("ada", 2)]))).expect("written");
    assert_eq!(look(), (vec![Some(2)], vec![false]));
}

#[test]
fn stretches_that_meet_tile_a_text() {
    for seed in 0..40 {
        let w = written(seed, 6);
        let dice = &mut Dice::of(seed + 2000);
        for (node, note) in &w.notes {
            let mut cuts: Vec<usize> = (0..3).map(|_| dice.below(note.body.len() + 3)).collect();
            cuts.extend([0, usize::MAX]);
            cuts.sort_unstable();
            let asked: Vec<_> = cuts.windows(2).map(|pair| (*node, pair[0]..pair[1])).collect();
            let found = w.now.read(Note::BODY.ranges(&asked)).expect("readable");
            let found: Vec<String> = found.into_iter().map(|one| one.expect("visible")).collect();
            assert_eq!(found.concat(), note.body.0, "seed {seed}, cuts {cuts:?}");
            for ((_, range), found) in asked.iter().zip(&found) {
                let exact = note.body.get(range.start..range.end.min(note.body.len()));
                assert!(exact.is_none_or(|exact| exact == found), "seed {seed}, {range:?}");
            }
        }
        let nothing = w.now.read(Note::BODY.ranges(&[(missing(), 0..1)])).expect("readable");
        assert_eq!(nothing, [None]);
    }
}

#[test]
fn stretches_of_lists_are_clamped() {
    #[derive(Record)]
    struct Plan {
        steps: List<String>,
    }
    let model = define().record::<Plan>().model().expect("a model");
    let replica = Replica::in_memory(&model, 1).expect("founded");
    let all: Vec<String> = ["pack", "walk", "rest"].map(String::from).into();
    let (plan, empty) = replica
        .write(|b| {
            let plan = b.insert(&Plan { steps: all.clone().into() });
            (plan, b.insert(&Plan { steps: List::default() }))
        })
        .expect("written");
    let asked = [(plan, 0..2), (plan, 1..99), (plan, 7..9), (empty, 0..1), (missing(), 0..1)];
    let now = replica.snapshot();
    let (found, lengths) = now
        .read((Plan::STEPS.ranges(&asked), Plan::STEPS.lengths(&[plan, empty, missing()])))
        .expect("readable");
    let expected =
        [Some(all[..2].to_vec()), Some(all[1..].to_vec()), Some(vec![]), Some(vec![]), None]
            .map(|one| one.map(List::from));
    assert_eq!(found, expected);
    assert_eq!(lengths, [Some(3), Some(0), None]);
}

#[test]
fn what_was_never_written_reads_as_the_record_says() {
    #[derive(Record, Debug, PartialEq, Default)]
    struct Empty {
        #[woodland(default = 7)]
        weight: i64,
        name: Option<String>,
        body: Text,
        votes: Map<String, i64>,
    }
    let model = define().record::<Empty>().model().expect("a model");
    let replica = Replica::in_memory(&model, 1).expect("founded");
    let empty = Empty { weight: 7, ..Empty::default() };
    let node = replica.write(|b| b.insert(&empty)).expect("written");
    let asked = (
        Empty::WEIGHT.of(&[node]),
        Empty::NAME.of(&[node]),
        Empty::BODY.ranges(&[(node, 0..9)]),
        Empty::BODY.lengths(&[node, missing()]),
        Empty::VOTES.at_keys(&[(node, "ada")]),
    );
    let expected = (
        vec![Some(7)],
        vec![Some(None)],
        vec![Some(String::new())],
        vec![Some(0), None],
        vec![None],
    );
    assert_eq!(replica.snapshot().read(asked).expect("readable"), expected);
}

#[test]
fn one_call_is_one_version_and_many_requests() {
    let w = written(5, 6);
    let (a, b) = (w.order[0], w.order[1]);
    let many = vec![Note::WEIGHT.of(&[a]), Note::WEIGHT.of(&[b, missing()]), Note::WEIGHT.of(&[])];
    let weight = |node| Some(w.notes[&node].weight);
    let expected = vec![vec![weight(a)], vec![weight(b), None], vec![]];
    assert_eq!(w.now.read(many).expect("readable"), expected);
    let eight = w.now.read((&[a], &[b], &[a], &[b], &[a], &[b], &w.tags, all::<Tag>()));
    let eight = eight.expect("readable");
    assert_eq!(
        (eight.0, eight.5),
        (vec![Some(w.notes[&a].clone())], vec![Some(w.notes[&b].clone())])
    );
    assert_eq!((eight.6.len(), eight.7.len()), (4, 4));
}

#[test]
fn what_does_not_fit_is_said() {
    let w = written(6, 3);
    let tag: Pointer<Note> = Pointer::to(w.tags[0].id());
    let is_other =
        |error: ReadError| matches!(error, ReadError::OtherType { expected: "Note", .. });
    assert!(w.now.read(&[tag]).is_err_and(is_other));
    assert!(w.now.read(Note::TITLE.of(&[tag])).is_err_and(is_other));
    assert!(w.now.read(Note::BODY.ranges(&[(tag, 0..1)])).is_err_and(is_other));
    assert!(w.now.read(Note::VOTES.at_keys(&[(tag, "ada")])).is_err_and(is_other));
    assert!(w.now.read(woodland::from(&[tag]).along(Note::TAGS)).is_err_and(is_other));

    /// The same name, another type of title.
    mod other {
        #[derive(woodland::Record)]
        pub(super) struct Note {
            pub(super) title: i64,
        }
    }
    let differs = w.now.read(other::Note::TITLE.of(&[Pointer::to(w.order[0].id())]));
    let error = differs.expect_err("it has another type").to_string();
    assert!(error.contains("Note@1.title has another type"), "{error}");
    let nothing = w.now.read(other::Note::TITLE.of(&[missing()])).expect("nothing to read");
    assert_eq!(nothing, [None]);
}
