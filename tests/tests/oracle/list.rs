//! Lists by hand: items and slots, moves that meet, and what a removal takes.

use woodland_format::{Commit, FieldId, ListOp, NodeId, ObjectId, Op, Value, encode};
use woodland_tests::agreement::agreed;
use woodland_tests::histories::Script;

fn steps(script: &Script) -> ObjectId {
    ObjectId { node: script.note(), field: FieldId(60) }
}

fn op(script: &Script, op: &ListOp) -> Op {
    Op::Edit { object: steps(script), op: encode(op) }
}

fn insert(script: &Script, at: u32, items: &str) -> Op {
    let items = items.chars().map(|one| Value::from(one.to_string())).collect();
    op(script, &ListOp::Insert { at, items })
}

fn remove(script: &Script, at: u32, count: u32) -> Op {
    op(script, &ListOp::Remove { at, count })
}

fn shift(script: &Script, from: u32, to: u32) -> Op {
    op(script, &ListOp::Move { from, to })
}

fn set(script: &Script, at: u32, item: &str) -> Op {
    op(script, &ListOp::Set { at, item: item.into() })
}

/// The items, one after another.
fn shown(script: &Script) -> String {
    let oracle = agreed(&script.commits);
    assert_eq!(oracle.voids(), []);
    let Some(Value::List(items)) = oracle.values().remove(&steps(script)) else { panic!("a list") };
    let text = |item| match item {
        Value::String(text) => text,
        other => panic!("a step is a string: {other:?}"),
    };
    items.into_iter().map(text).collect()
}

/// A list of letters, in one commit.
fn start(items: &str) -> (Script, Commit) {
    let mut script = Script::found();
    let ops = vec![insert(&script, 0, items)];
    let commit = script.write(0, &[], ops);
    (script, commit)
}

#[test]
fn edits_of_one_author_follow_each_other() {
    let (mut script, _) = start("abcd");
    let ops = vec![
        shift(&script, 0, 3),
        shift(&script, 2, 0),
        set(&script, 1, "B"),
        remove(&script, 2, 1),
        insert(&script, 3, "x"),
    ];
    // bcda, dbca, dBca, dBa, dBax.
    script.write(0, &[], ops);
    assert_eq!(shown(&script), "dBax");
}

#[test]
fn of_two_moves_of_one_item_the_last_in_order_counts() {
    let (mut script, base) = start("abc");
    let (one, two) = (shift(&script, 0, 1), shift(&script, 0, 2));
    let one = script.write(1, &[&base], vec![one]);
    script.write(2, &[&base], vec![two]);
    assert_eq!(shown(&script), "bca", "one place, and the item once");
    // Who saw only the other move sees the item there, and moves it from there.
    let back = shift(&script, 1, 0);
    script.write(3, &[&one], vec![back]);
    assert_eq!(shown(&script), "abc");
}

#[test]
fn a_removal_takes_an_item_that_is_moved_or_set_meanwhile() {
    let (mut script, base) = start("abc");
    let gone = remove(&script, 0, 1);
    let kept = vec![shift(&script, 0, 2), set(&script, 2, "A")];
    script.write(1, &[&base], vec![gone]);
    script.write(2, &[&base], kept);
    assert_eq!(shown(&script), "bc");
}

#[test]
fn a_value_and_a_place_are_won_apart() {
    let (mut script, base) = start("ab");
    let (moved, named) = (shift(&script, 0, 1), set(&script, 0, "A"));
    script.write(1, &[&base], vec![moved]);
    script.write(2, &[&base], vec![named]);
    assert_eq!(shown(&script), "bA");
}

/// `x` is inserted behind `a`, whose author does not see it moved away: it stays where `a` stood.
#[test]
fn an_insertion_stands_at_the_slot_and_not_at_the_item() {
    let (mut script, base) = start("abc");
    let (moved, inserted) = (shift(&script, 0, 2), insert(&script, 1, "x"));
    script.write(1, &[&base], vec![moved]);
    script.write(2, &[&base], vec![inserted]);
    assert_eq!(shown(&script), "xbca");
}

/// A slot that its item has left still is a right origin: `x` becomes its left child, before `y`.
#[test]
fn a_slot_that_was_left_orders_others() {
    let (mut script, base) = start("abc");
    let ops = vec![shift(&script, 1, 2), insert(&script, 1, "x")];
    script.write(1, &[&base], ops);
    let y = insert(&script, 2, "y");
    script.write(2, &[&base], vec![y]);
    assert_eq!(shown(&script), "axycb");
}

#[test]
fn runs_do_not_interleave() {
    let (mut script, base) = start("[]");
    for (author, items) in [(2, "xyz"), (1, "abc")] {
        for (at, letter) in (1..).zip(items.chars()) {
            let op = insert(&script, at, &letter.to_string());
            let first = [&base];
            script.write(author, if at == 1 { &first } else { &[] }, vec![op]);
        }
    }
    assert_eq!(shown(&script), "[abcxyz]");
}

#[test]
fn each_reason_holds_for_its_op() {
    let (script, _) = start("ab");
    let number = || vec![Value::Int(1)];
    let mixed = |op: &ListOp| {
        let object = ObjectId { node: script.note(), field: FieldId(61) };
        Op::Edit { object, op: encode(op) }
    };
    let nobody = Value::Pointer(NodeId([9; 16]));
    let cases = vec![
        (insert(&script, 9, ""), "empty-edit"),
        (remove(&script, 9, 0), "empty-edit"),
        (op(&script, &ListOp::Insert { at: 9, items: number() }), "wrong-value"),
        (op(&script, &ListOp::Set { at: 9, item: Value::Int(1) }), "wrong-value"),
        (mixed(&ListOp::Insert { at: 9, items: vec![nobody.clone()] }), "unknown-target"),
        (mixed(&ListOp::Set { at: 9, item: nobody.clone() }), "unknown-target"),
        (mixed(&ListOp::Insert { at: 0, items: vec![nobody, "x".into()] }), "wrong-value"),
        (insert(&script, 3, "x"), "bad-position"),
        (remove(&script, 2, 1), "bad-position"),
        (remove(&script, 0, 3), "bad-position"),
        (remove(&script, u32::MAX, u32::MAX), "bad-position"),
        (shift(&script, 2, 0), "bad-position"),
        (shift(&script, 0, 2), "bad-position"),
        (set(&script, 2, "x"), "bad-position"),
    ];
    for (op, reason) in cases {
        let mut script = script.clone();
        script.write(0, &[], vec![op.clone(), insert(&script, 2, "c")]);
        let voids = agreed(&script.commits).voids();
        let reasons: Vec<_> = voids.into_iter().map(|void| (void.index, void.reason)).collect();
        assert_eq!(reasons, [(Some(0), reason)], "{op:?}");
    }
}

#[test]
fn a_list_is_visible_once_it_has_had_an_op() {
    let (mut script, _) = start("a");
    let ops = vec![remove(&script, 0, 1)];
    script.write(0, &[], ops);
    assert_eq!(shown(&script), "");
}
