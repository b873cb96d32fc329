//! Kind `list`, by hand and by chance.
//!
//! **Invariants**
//! - Whatever is written concurrently, an item stands in one place, or nowhere once it was removed.
//! - What a graph shows depends on the set of commits alone.
//!
//! What this does not do: compare with the oracle. The tests of the workspace do.

mod random;
mod replicas;

use replicas::{Replica, insert, merged, move_to, remove, replicas, set};
use woodland_format::{ListOp, Value, encode};
use woodland_graph::{Fate, Part, Verdict, Void};

/// Two replicas that have read the same and now write without each other.
fn two(items: &[i64]) -> (Replica, Replica) {
    let mut both = replicas(2, items).into_iter();
    (both.next().expect("the first"), both.next().expect("the second"))
}

fn meet(one: Replica, other: Replica) -> Vec<i64> {
    merged(&mut [one, other], "two who meet")
}

#[test]
fn concurrent_moves_of_one_item_leave_one_place() {
    for (one_to, other_to) in [(1, 3), (3, 1), (2, 2), (4, 0)] {
        let (mut one, mut other) = two(&[1, 2, 3, 4, 5]);
        one.write(&[move_to(0, one_to)]);
        other.write(&[move_to(0, other_to)]);
        let (by_one, by_other) = (one.items(), other.items());
        let items = meet(one, other);
        assert!(items == by_one || items == by_other, "{items:?}");
    }
}

#[test]
fn a_move_that_saw_the_other_is_the_last() {
    let (mut one, mut other) = two(&[1, 2, 3]);
    one.write(&[move_to(0, 2)]);
    other.read(&one);
    other.write(&[move_to(2, 1)]);
    assert_eq!(meet(one, other), [2, 1, 3]);
}

#[test]
fn a_removal_beats_every_move() {
    let (mut one, mut other) = two(&[1, 2, 3]);
    one.write(&[move_to(0, 2), move_to(2, 1), move_to(1, 2)]);
    other.write(&[remove(0, 1)]);
    other.write(&[insert(0, &[9])]);
    assert_eq!(meet(one, other), [9, 2, 3]);
}

#[test]
fn a_removal_of_several_takes_each_from_where_it_was_moved() {
    let (mut one, mut other) = two(&[1, 2, 3, 4, 5]);
    one.write(&[move_to(1, 4), move_to(2, 0)]);
    other.write(&[remove(0, 4)]);
    assert_eq!(meet(one, other), [5]);
}

#[test]
fn a_set_reaches_an_item_where_it_was_moved() {
    let (mut one, mut other) = two(&[1, 2, 3]);
    one.write(&[move_to(0, 2)]);
    other.write(&[set(0, 10)]);
    assert_eq!(meet(one, other), [2, 3, 10]);
}

#[test]
fn a_set_of_what_was_removed_shows_nowhere() {
    let (mut one, mut other) = two(&[1, 2]);
    one.write(&[remove(0, 1)]);
    other.write(&[set(0, 10), move_to(0, 1)]);
    assert_eq!(meet(one, other), [2]);
}

#[test]
fn runs_do_not_interleave() {
    let (mut one, mut other) = two(&[1, 2]);
    for step in 0..4 {
        one.write(&[insert(1 + step, &[10 + i64::from(step)])]);
        other.write(&[insert(1, &[20 + i64::from(step)])]);
    }
    let items = meet(one, other);
    let runs = [[10, 11, 12, 13], [23, 22, 21, 20]];
    for run in runs {
        assert!(items.windows(4).any(|part| part == run), "{items:?}");
    }
    assert_eq!(items.len(), 10);
}

#[test]
fn a_move_beside_itself_and_to_its_own_place_changes_nothing() {
    let (mut one, mut other) = two(&[1, 2, 3]);
    one.write(&[move_to(1, 1)]);
    assert_eq!(one.items(), [1, 2, 3]);
    other.write(&[insert(1, &[9])]);
    let items = meet(one, other);
    assert!(items == [1, 9, 2, 3] || items == [1, 2, 9, 3], "{items:?}");
}

#[test]
fn each_void_has_its_reason() {
    let (mut one, mut other) = two(&[1, 2]);
    let wrong = ListOp::Set { at: 9, item: Value::from("no int") };
    let ops = [
        (insert(3, &[0]), Void::BadPosition),
        (remove(1, 2), Void::BadPosition),
        (remove(u32::MAX, 2), Void::BadPosition),
        (set(2, 0), Void::BadPosition),
        (move_to(2, 0), Void::BadPosition),
        (move_to(0, 2), Void::BadPosition),
        (insert(9, &[]), Void::EmptyEdit),
        (remove(9, 0), Void::EmptyEdit),
        (wrong, Void::WrongValue),
    ];
    let reasons = |replica: &Replica| -> Vec<Void> {
        replica.graph.voids().map(|void| void.reason).collect()
    };
    let mut expected: Vec<Void> = ops.iter().map(|(_, reason)| *reason).collect();
    let mut bytes: Vec<Vec<u8>> = ops.iter().map(|(op, _)| encode(op)).collect();
    bytes.push(vec![77]);
    expected.push(Void::Undecodable);
    one.write_bytes(bytes.clone());
    assert_eq!(reasons(&one), expected);
    // And the same where history has forked.
    other.write(&[insert(2, &[3])]);
    one.read(&other);
    one.write(&[remove(0, 1)]);
    one.write_bytes(bytes);
    assert_eq!(reasons(&one), [expected.clone(), expected].concat());
    assert_eq!(one.items(), [2, 3]);
}

#[test]
fn explain_says_what_became_of_each_op() {
    let (mut one, mut other) = two(&[1, 2, 3]);
    one.write(&[set(0, 10), move_to(1, 2)]);
    other.write(&[set(0, 20), remove(2, 1)]);
    let fates = |replica: &Replica| -> Vec<Vec<(Part, Fate)>> {
        let told = replica.graph.explain(&[replica.list]).remove(0);
        let fates = told.into_iter().map(|one| match one.verdict {
            Verdict::Counts(fates) => fates,
            other => panic!("{other:?}"),
        });
        fates.collect()
    };
    let item = |at, fate| (Part::Item(at), fate);
    // At rest: the list has been one sequence all the time.
    let inserted = vec![item(0, Fate::Replaced), item(1, Fate::Won), item(2, Fate::Won)];
    let own = [vec![item(0, Fate::Won)], vec![item(2, Fate::Won)]];
    assert_eq!(fates(&one), [&[inserted][..], &own].concat());

    one.read(&other);
    let told = fates(&one);
    assert_eq!(
        told[0],
        [item(0, Fate::Replaced), item(1, Fate::Won), item(2, Fate::Ended)],
        "of the insertion"
    );
    let mut sets: Vec<Fate> = told[1..]
        .iter()
        .flatten()
        .filter(|(part, _)| *part == Part::Item(0))
        .map(|told| told.1)
        .collect();
    sets.sort();
    assert_eq!(sets, [Fate::Won, Fate::Lost]);
    assert!(told.contains(&vec![(Part::Whole, Fate::Counts)]), "of the removal");
    assert!(told.contains(&vec![item(2, Fate::Won)]), "of the move");
}
