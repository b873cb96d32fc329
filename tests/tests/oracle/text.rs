//! Text by hand: FugueMax, tombstones, and what does not interleave.

use woodland_format::{Commit, FieldId, ObjectId, Op, TextOp, Value, encode};
use woodland_tests::agreement::agreed;
use woodland_tests::histories::Script;
use woodland_tests::oracle::TextInserts;

fn body(script: &Script) -> ObjectId {
    ObjectId { node: script.note(), field: FieldId(11) }
}

fn insert(script: &Script, at: u32, text: &str) -> Op {
    Op::Edit { object: body(script), op: encode(&TextOp::Insert { at, text: text.into() }) }
}

fn delete(script: &Script, at: u32, bytes: u32) -> Op {
    Op::Edit { object: body(script), op: encode(&TextOp::Delete { at, bytes }) }
}

fn shown(script: &Script) -> String {
    let oracle = agreed(&script.commits);
    assert_eq!(oracle.voids(), []);
    match oracle.values().remove(&body(script)) {
        Some(Value::String(text)) => text,
        other => panic!("a text, not {other:?}"),
    }
}

/// The founder's text, in one commit, from these inserts.
fn start(inserts: &[(u32, &str)]) -> (Script, Commit) {
    let mut script = Script::found();
    let ops = inserts.iter().map(|(at, text)| insert(&script, *at, text)).collect();
    let commit = script.write(0, &[], ops);
    (script, commit)
}

#[test]
fn inserts_and_deletes_of_one_author_follow_each_other() {
    let (mut script, _) = start(&[(0, "Pack boots"), (5, "warm "), (0, "é")]);
    let ops = vec![delete(&script, 0, 2), delete(&script, 4, 6), insert(&script, 4, " 🙂")];
    script.write(0, &[], ops);
    assert_eq!(shown(&script), "Pack 🙂boots");
}

#[test]
fn concurrent_inserts_at_one_place_go_by_stamp() {
    let (mut script, base) = start(&[(0, "[]")]);
    let (one, two) = (insert(&script, 1, "one"), insert(&script, 1, "two"));
    script.write(2, &[&base], vec![two]);
    script.write(1, &[&base], vec![one]);
    assert_eq!(shown(&script), "[onetwo]");
    assert_eq!(agreed(&script.commits).text_inserts(), TextInserts::AtOnePlace);
}

#[test]
fn forward_runs_do_not_interleave() {
    let (mut script, base) = start(&[(0, "[]")]);
    for (author, text) in [(2, "xyz"), (1, "abc")] {
        for (at, letter) in (1..).zip(text.chars()) {
            let op = insert(&script, at, &letter.to_string());
            let first = [&base];
            script.write(author, if at == 1 { &first } else { &[] }, vec![op]);
        }
    }
    assert_eq!(shown(&script), "[abcxyz]");
}

#[test]
fn backward_runs_do_not_interleave() {
    for base in ["", "[]"] {
        let (mut script, commit) = start(&[(0, "-")]);
        let clear = [delete(&script, 0, 1)];
        let refill = (!base.is_empty()).then(|| insert(&script, 0, base));
        let ready = script.write(0, &[], clear.into_iter().chain(refill).collect());
        assert_eq!(ready.backlink(), Some(commit.id()));
        let at = u32::from(!base.is_empty());
        for (author, text) in [(1, "abc"), (2, "xyz")] {
            for (count, letter) in text.chars().rev().enumerate() {
                let op = insert(&script, at, &letter.to_string());
                let first = [&ready];
                script.write(author, if count == 0 { &first } else { &[] }, vec![op]);
            }
        }
        let expected = if base.is_empty() { "abcxyz" } else { "[abcxyz]" };
        assert_eq!(shown(&script), expected);
    }
}

/// `a` and `c` are concurrent left children of `b`. Author 3 saw no `c` and types `x` between `a`
/// and `b`; the founder saw all and types `y` between `a` and `c`. Both are right children of `a`.
/// `y` has the lower stamp, so Fugue, which orders them by that, gives `ayxcb`: `x` comes between
/// `y` and the `c` that its author meant it to touch. FugueMax puts the one with the farther right
/// origin first.
#[test]
fn right_siblings_stand_in_the_reverse_order_of_their_right_origins() {
    let (mut script, b) = start(&[(0, "b")]);
    let (a, c) = (insert(&script, 0, "a"), insert(&script, 0, "c"));
    let a = script.write(1, &[&b], vec![a]);
    let c = script.write(2, &[&b], vec![c]);
    let (x, y) = (insert(&script, 1, "x"), insert(&script, 1, "y"));
    let y = script.write(0, &[&a, &c], vec![y]);
    let x = script.write(3, &[&a], vec![x]);
    let order = agreed(&script.commits).order();
    let place = |commit: &Commit| order.iter().position(|id| *id == commit.id());
    assert!(place(&y) < place(&x), "the stamps are such that Fugue would differ");
    assert_eq!(shown(&script), "axycb");
}

/// The tombstone of `b` still counts as the right child of `a` and as a right origin: `x` becomes
/// its left child, before `y`. Were tombstones left out, `x` would come after `b` and so after `y`.
#[test]
fn a_tombstone_is_a_right_origin() {
    let (mut script, base) = start(&[(0, "ab")]);
    let ops = vec![delete(&script, 1, 1), insert(&script, 1, "x")];
    script.write(1, &[&base], ops);
    let y = insert(&script, 2, "y");
    script.write(2, &[&base], vec![y]);
    assert_eq!(shown(&script), "axy");
}

#[test]
fn concurrent_deletes_overlap_and_spare_what_they_did_not_see() {
    let (mut script, base) = start(&[(0, "0123456789")]);
    let (left, right) = (delete(&script, 2, 5), delete(&script, 4, 5));
    let middle = insert(&script, 5, "字");
    script.write(1, &[&base], vec![left]);
    script.write(2, &[&base], vec![right]);
    script.write(3, &[&base], vec![middle]);
    assert_eq!(shown(&script), "01字9");
}

#[test]
fn a_long_run_is_no_deep_recursion() {
    let long = "a".repeat(50_000);
    let (script, _) = start(&[(0, &long), (25_000, "b")]);
    assert_eq!(shown(&script).len(), 50_001);
}

#[test]
fn a_text_is_visible_once_it_has_had_an_op() {
    let (mut script, _) = start(&[(0, "gone")]);
    let op = delete(&script, 0, 4);
    script.write(0, &[], vec![op]);
    assert_eq!(shown(&script), "");
    let (script, _) = start(&[(9, "void")]);
    assert_eq!(agreed(&script.commits).values().len(), 0);
}
