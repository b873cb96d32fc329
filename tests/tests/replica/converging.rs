//! Replicas that write offline and hand each other their logs arrive at one graph.

use crate::by_hand::Hand;
use crate::notes::{Note, Tag, exported, facts, folder, founded, joined, note, read, schema};
use woodland::{Pointer, Replica, Value, Write};
use woodland_tests::histories::Rng;

fn words(write: &Write) -> (woodland::AuthorKey, &str) {
    match &write.value {
        Some(Value::String(text)) => (write.author, text.as_str()),
        other => panic!("a title is a string: {other:?}"),
    }
}

/// Three replicas that have written at once the title, a word of the text, and a tag.
fn three(folder: &std::path::Path) -> (Vec<Replica>, Pointer<Note>) {
    let create = folder.join("ada");
    let ada = Replica::create(create, schema()).expect("created");
    let trip = ada.write(|b| b.insert(&note("Trip", "Pack boots"))).expect("written");
    let whole = exported(&ada, folder, "whole.wll");
    let join = |name: &str| {
        let (replica, merged) = Replica::join(folder.join(name), schema(), &whole).expect(name);
        assert!(merged.damage.is_empty() && merged.refused.is_empty() && merged.waiting == 0);
        replica
    };
    let replicas = vec![ada, join("bob"), join("cy")];
    for (replica, (title, word)) in
        replicas.iter().zip([("Hike", "warm "), ("Walk", "warm "), ("Tour", "old ")])
    {
        let write = |b: &mut woodland::Batch<'_>| {
            let tag = b.insert(&Tag { name: title.into() });
            b.edit(trip, (Note::TITLE.set(title), Note::BODY.insert(5, word)));
            b.edit(trip, Note::TAGS.set(vec![tag]));
        };
        replica.write(write).expect("written");
    }
    (replicas, trip)
}

#[test]
fn three_authors_write_one_title_and_one_word() {
    let folder = folder();
    let (replicas, trip) = three(folder.path());
    let files: Vec<_> = replicas
        .iter()
        .zip(["0.wll", "1.wll", "2.wll"])
        .map(|(replica, name)| exported(replica, folder.path(), name))
        .collect();
    for (replica, order) in replicas.iter().zip([[1, 2], [2, 0], [0, 1]]) {
        let admitted = order.map(|at| replica.merge(&files[at]).expect("merged").admitted);
        assert_eq!(admitted, [1, 1], "each file brings what its author wrote");
    }

    let expected = facts(&replicas[0]);
    let body = read(&replicas[0], trip).body;
    let mut typed: Vec<&str> = body.split(' ').collect();
    typed.sort_unstable();
    assert_eq!(typed, ["Pack", "boots", "old", "warm", "warm"], "whole words: {body}");
    for replica in &replicas {
        assert_eq!(facts(replica), expected);
        assert_eq!(read(replica, trip), read(&replicas[0], trip));
        let conflicts =
            replica.snapshot().conflicts(&[(trip, Note::TITLE.any()), (trip, Note::TAGS.any())]);
        let [title, tags] = &conflicts[..] else { panic!("two answers") };
        assert_eq!((title.len(), tags.len()), (1, 1));
        assert_eq!(words(&title[0].winner).1, read(replica, trip).title);
        let mut all: Vec<_> = title[0].losers.iter().chain([&title[0].winner]).map(words).collect();
        all.sort_unstable();
        let mut wrote: Vec<_> =
            replicas.iter().zip(["Hike", "Walk", "Tour"]).map(|(r, t)| (r.author(), t)).collect();
        wrote.sort_unstable();
        assert_eq!(all, wrote, "who wrote what, winner and losers");
    }
    // A write that saw them all settles it, and goes to the others.
    replicas[1].write(|b| b.edit(trip, Note::TITLE.set("Trek"))).expect("written");
    replicas[0].merge(&replicas[1]).expect("merged");
    assert_eq!(read(&replicas[0], trip).title, "Trek");
    assert_eq!(replicas[0].snapshot().conflicts(&[(trip, Note::TITLE)]), [vec![]]);
}

#[test]
fn a_reopened_replica_is_the_same_and_writes_on() {
    let folder = folder();
    let (replicas, trip) = three(folder.path());
    replicas[0].merge(&replicas[1]).expect("merged");
    replicas[0].merge(&replicas[2]).expect("merged");
    let (expected, author) = (facts(&replicas[0]), replicas[0].author());
    drop(replicas);
    let again = Replica::open(folder.path().join("ada"), schema()).expect("opened");
    assert_eq!((facts(&again), again.author()), (expected, author));
    let bytes = std::fs::read(exported(&again, folder.path(), "one.wll")).expect("bytes");
    again.write(|b| b.edit(trip, Note::BODY.delete(0..4))).expect("written");
    let expected = facts(&again);
    drop(again);
    let again = Replica::open(folder.path().join("ada"), schema()).expect("opened");
    assert_eq!(facts(&again), expected);
    // What was exported before still merges, and brings nothing.
    std::fs::write(folder.path().join("one.wll"), bytes).expect("bytes");
    let merged = again.merge(&folder.path().join("one.wll")).expect("merged");
    assert_eq!((merged.admitted, merged.waiting), (0, 0));
    assert_eq!(facts(&again), expected);
}

#[test]
fn merging_is_commutative_associative_and_idempotent() {
    let folder = folder();
    let (replicas, _) = three(folder.path());
    let [ada, bob, cy] = &replicas[..] else { panic!("three") };
    let file = |replica: &Replica, name: &str| exported(replica, folder.path(), name);
    let copy = |of: &Replica| joined(of, 9);
    // a + (b + c) by replicas, (c + a) + b by files.
    let one = copy(ada);
    let right = copy(bob);
    right.merge(cy).expect("merged");
    one.merge(&right).expect("merged");
    let other = copy(cy);
    other.merge(&file(ada, "a.wll")).expect("merged");
    other.merge(&file(bob, "b.wll")).expect("merged");
    assert_eq!(facts(&one), facts(&other));
    // Once more, either way, and with itself.
    let expected = facts(&one);
    assert_eq!(one.merge(&file(&other, "o.wll")).expect("merged").admitted, 0);
    assert_eq!(one.merge(&other).expect("merged").admitted, 0);
    assert_eq!(one.merge(&one.clone()).expect("merged").admitted, 0);
    assert_eq!(facts(&one), expected);
    // What a source gives away does not change it.
    assert_eq!(bob.snapshot().log().len(), 3);
}

#[test]
fn random_writers_meet_in_random_ways() {
    for seed in 0..12 {
        let mut rng = Rng::from_seed(seed);
        let folder = folder();
        let (founder, trip) = founded(seed * 10);
        let mut replicas = vec![founder];
        for number in 1..4 {
            replicas.push(joined(&replicas[0], seed * 10 + number));
        }
        for step in 0..60 {
            let (at, other) = (rng.below(replicas.len()), rng.below(replicas.len()));
            match rng.below(5) {
                0 => drop(replicas[at].merge(&replicas[other]).expect("merged")),
                1 => {
                    let path = exported(&replicas[other], folder.path(), &format!("{step}.wll"));
                    drop(replicas[at].merge(&path).expect("merged"));
                }
                _ => scribble(&replicas[at], trip, &mut rng),
            }
        }
        let all: Vec<_> = replicas
            .iter()
            .enumerate()
            .map(|(at, replica)| exported(replica, folder.path(), &format!("all{at}.wll")))
            .collect();
        for replica in &replicas {
            let mut order: Vec<_> = all.iter().chain(&all[..2]).collect();
            rng.shuffle(&mut order);
            for path in order {
                let merged = replica.merge(path).expect("merged");
                assert!(merged.refused.is_empty() && merged.damage.is_empty(), "seed {seed}");
            }
            assert_eq!(facts(replica), facts(&replicas[0]), "seed {seed}");
            assert_eq!(read(replica, trip), read(&replicas[0], trip), "seed {seed}");
        }
    }
}

/// One random batch.
fn scribble(replica: &Replica, trip: Pointer<Note>, rng: &mut Rng) {
    let body = read(replica, trip).body;
    let write = |b: &mut woodland::Batch<'_>| match rng.below(4) {
        0 => b.edit(trip, Note::TITLE.set(format!("title {}", rng.below(100)))),
        1 if body.len() > 2 => {
            let from = rng.below(body.len() - 1);
            b.edit(trip, Note::BODY.delete(from..from + 1));
        }
        2 => {
            let tag = b.insert(&Tag { name: "tag".into() });
            b.edit(trip, Note::TAGS.set(vec![tag]));
        }
        _ => b.edit(trip, Note::BODY.insert(rng.below(body.len() + 1), "word ")),
    };
    replica.write(write).expect("written");
}

#[test]
fn what_waited_enters_when_another_replica_brings_its_past() {
    let mut hand = Hand::found();
    let folder = folder();
    let first = hand.write(1, None, &[], vec![hand.title("one")]);
    let second = hand.write(1, Some(&first), &[], vec![hand.title("two")]);
    let early = hand.file(folder.path().join("early.wll"), &[hand.segment(&[first])]);
    let late = hand.file(folder.path().join("late.wll"), &[hand.segment(&[second])]);
    let (replica, merged) = crate::by_hand::replica_of(&late);
    assert_eq!((merged.waiting, merged.missing.len()), (1, 1));
    let (other, _) = Replica::join_in_memory(schema(), &early, 5).expect("joined");
    let merged = replica.merge(&other).expect("merged");
    assert_eq!((merged.admitted, merged.waiting, merged.missing.len()), (2, 0, 0));
    assert_eq!(read_title(&replica, &hand), "two");
    assert_eq!(replica.snapshot().digest(), hand.digest());
}

fn read_title(replica: &Replica, hand: &Hand) -> String {
    let object = {
        let now = replica.snapshot();
        let nodes = now.graph().nodes(&[hand.note().id()]);
        nodes[0].clone().expect("the note")
    };
    match object.fields.values().next() {
        Some(Value::String(title)) => title.clone(),
        other => panic!("a title: {other:?}"),
    }
}

#[test]
fn the_founders_signature_may_stand_in_another_segment_of_the_file() {
    let mut hand = Hand::found();
    let folder = folder();
    let founding = hand.log.founding().clone();
    let second = hand.write(0, Some(&founding), &[], vec![hand.title("one")]);
    let third = hand.write(0, Some(&second), &[], vec![hand.title("two")]);
    let pieces = [
        hand.signed(&[second], |_| None),
        hand.segment(&[third]),
        hand.signed(&[founding], |_| None),
    ];
    for turned in 0..3 {
        let mut pieces = pieces.clone();
        pieces.rotate_left(turned);
        let path = folder.path().join("pieces.wll");
        crate::by_hand::write_file(&path, hand.dataset(), &pieces);
        let (replica, merged) = crate::by_hand::replica_of(&path);
        assert_eq!(merged.waiting, 0, "{merged:?}");
        assert_eq!(replica.snapshot().digest(), hand.digest());
    }
}
