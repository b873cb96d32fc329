//! `docs/meaning.md` by hand: each void reason, each rule of registers and records, and the digest.

use std::collections::BTreeMap;
use woodland_format::{
    Commit, Digest, FieldId, NodeId, ObjectId, Op, Payload, RecordOp, RegisterOp, SchemaChange,
    TextOp, TypeId, Value, digest_branch, digest_key, digest_leaf, encode, keyed_node_id, node_id,
};
use woodland_tests::agreement::agreed;
use woodland_tests::histories::{Line, Script, founding_schema, later_schema, other_schema};
use woodland_tests::oracle::{ConflictPart, Oracle, digest_of, turn_of};

const NOTE: TypeId = TypeId(1);
const TAG: TypeId = TypeId(2);

fn edit(node: NodeId, field: u64, op: Vec<u8>) -> Op {
    Op::Edit { object: ObjectId { node, field: FieldId(field) }, op }
}

fn set(node: NodeId, field: u64, value: impl Into<Value>) -> Op {
    edit(node, field, encode(&RegisterOp::Set(value.into())))
}

fn set_members(node: NodeId, members: Vec<(u32, Value)>) -> Op {
    edit(node, 17, encode(&RecordOp::Set(members)))
}

fn insert(node: NodeId, at: u32, text: &str) -> Op {
    edit(node, 11, encode(&TextOp::Insert { at, text: text.into() }))
}

fn delete(node: NodeId, at: u32, bytes: u32) -> Op {
    edit(node, 11, encode(&TextOp::Delete { at, bytes }))
}

fn create(node_type: TypeId, salt: u64) -> Op {
    Op::Create { node_type, salt }
}

/// The reasons of all voids, in order.
fn reasons(script: &Script) -> Vec<&'static str> {
    agreed(&script.commits).voids().into_iter().map(|void| void.reason).collect()
}

fn value(script: &Script, node: NodeId, field: u64) -> Option<Value> {
    agreed(&script.commits).values().remove(&ObjectId { node, field: FieldId(field) })
}

fn list(values: Vec<Value>) -> Value {
    Value::List(values)
}

#[test]
fn each_reason_holds_for_its_op() {
    let blank = Script::found();
    let (note, tag, odd) = (blank.note(), blank.tag(), blank.odd());
    let nobody = NodeId([9; 16]);
    let cases: Vec<(Op, &str)> = vec![
        (Op::Schema(founding_schema()), "stray-schema"),
        (create(TypeId(99), 0), "unknown-type"),
        (set(note, 99, 1), "unknown-field"),
        (set(nobody, 99, 1), "unknown-field"),
        (set(nobody, 10, "x"), "unknown-node"),
        (set(tag, 10, "x"), "wrong-type"),
        (set(odd, 31, 1), "bad-config"),
        (edit(odd, 32, vec![]), "bad-config"),
        (edit(odd, 33, vec![]), "bad-config"),
        (edit(note, 10, vec![]), "undecodable"),
        (edit(note, 11, vec![7; 3]), "undecodable"),
        (set_members(note, vec![(2, 1.into()), (1, "x".into())]), "undecodable"),
        (set(note, 10, 1), "wrong-value"),
        (set(note, 13, list(vec![1.into()])), "wrong-value"),
        (set(note, 16, nobody), "unknown-target"),
        (set(note, 16, tag), "unknown-target"),
        (set(note, 13, list(vec![tag.into(), note.into()])), "unknown-target"),
        (set_members(note, vec![(1, 5.into()), (9, 5.into())]), "wrong-value"),
        (set_members(note, vec![(1, "x".into()), (9, 5.into())]), "unknown-member"),
        (set_members(note, vec![(3, nobody.into()), (4, 5.into())]), "wrong-value"),
        (set_members(note, vec![(3, nobody.into())]), "unknown-target"),
        (insert(note, 9, ""), "empty-edit"),
        (delete(note, 9, 0), "empty-edit"),
        (insert(note, 1, "x"), "bad-position"),
        (delete(note, 0, 1), "bad-position"),
        (delete(note, u32::MAX, u32::MAX), "bad-position"),
    ];
    for (op, reason) in cases {
        let mut script = blank.clone();
        let commit = script.write(1, &[], vec![set(note, 12, 1), op.clone(), set(note, 12, 2)]);
        let voids = agreed(&script.commits).voids();
        assert_eq!(voids.len(), 1, "{op:?}: {voids:?}");
        assert_eq!((voids[0].commit, voids[0].index), (commit.id(), Some(1)), "{op:?}");
        assert_eq!(voids[0].reason, reason, "{op:?}");
        assert_eq!(value(&script, note, 12), Some(2.into()), "the others of the batch stand");
    }
}

#[test]
fn positions_stand_on_character_boundaries() {
    let mut script = Script::found();
    let note = script.note();
    let edits =
        vec![insert(note, 1, "x"), delete(note, 0, 1), delete(note, 1, 1), delete(note, 0, 2)];
    script.write(0, &[], [vec![insert(note, 0, "é")], edits].concat());
    assert_eq!(reasons(&script), ["bad-position"; 3]);
    assert_eq!(value(&script, note, 11), Some("".into()));
}

#[test]
fn an_unreadable_payload_has_no_ops_and_is_listed_once() {
    let mut script = Script::found();
    let good = Payload::of(vec![set(script.note(), 12, 1), create(NOTE, 0)]).encode();
    for payload in [vec![], vec![0; 9], [good.clone(), vec![0]].concat()] {
        let after = script.commits.last().filter(|one| one.seq() > 0).cloned();
        let after = after.or(Some(script.commits[0].clone()));
        let line = Line { after: after.as_ref(), sees: &[], schema: SchemaChange::Keep, payload };
        script.line(0, line);
    }
    let last = script.write(0, &[], vec![set(script.note(), 12, 1)]);
    let erased = Commit::new(last.author(), last.header().clone(), None).unwrap();
    *script.commits.last_mut().unwrap() = erased;
    let voids = agreed(&script.commits).voids();
    assert_eq!(voids.len(), 4);
    assert!(voids.iter().all(|void| void.reason == "unreadable" && void.index.is_none()));
    assert_eq!(value(&script, script.note(), 12), None);
}

#[test]
fn a_schema_is_known_when_the_past_names_and_carries_it() {
    let mut script = Script::found();
    let (note, id) = (script.note(), other_schema().id());
    let first = script.write(1, &[], vec![]);
    let payload = Payload::of(vec![set(note, 12, 1), Op::Schema(later_schema())]).encode();
    let schema = SchemaChange::Introduce(id);
    let named = script.line(1, Line { after: Some(&first), sees: &[], schema, payload });
    assert_eq!(reasons(&script), ["unknown-schema", "stray-schema"]);

    // A commit that only adopts it does not know it; one that carries it does, for itself and
    // later.
    let adopt = SchemaChange::Adopt(id);
    let empty = Payload::of(vec![create(TAG, 0)]).encode();
    let adopts = script
        .line(2, Line { after: None, sees: &[&named], schema: adopt, payload: empty.clone() });
    assert_eq!(reasons(&script).last(), Some(&"unknown-schema"));
    let payload = Payload::of(vec![create(TAG, 0), Op::Schema(other_schema())]).encode();
    let carries = script.line(1, Line { after: Some(&named), sees: &[], schema, payload });
    script.write(2, &[], vec![create(TAG, 0)]);
    script.write(2, &[&carries], vec![create(TAG, 0), create(NOTE, 0)]);
    assert_eq!(reasons(&script).len(), 5, "{:?}", reasons(&script));
    assert_eq!(reasons(&script)[2..], ["unknown-schema", "unknown-schema", "unknown-type"]);
    let made = |commit: &Commit| node_id(&commit.author(), commit.seq(), 0, 0);
    let nodes = agreed(&script.commits).nodes();
    assert!(nodes.contains_key(&made(&carries)) && !nodes.contains_key(&made(&adopts)));
}

#[test]
fn what_the_current_schema_does_not_show_is_not_visible() {
    let mut script = Script::found();
    let (note, tag) = (script.note(), script.tag());
    script.introduce_later(1);
    let task = create(TypeId(4), 0);
    let rename = edit(tag, 20, encode(&TextOp::Insert { at: 0, text: "as text".into() }));
    let stars = set(note, 12, "three");
    let member = set_members(note, vec![(5, "Elm Street".into())]);
    let about = edit(tag, 21, encode(&TextOp::Insert { at: 0, text: "a task's".into() }));
    script.write(1, &[], vec![task, rename, stars, member, about]);
    assert_eq!(reasons(&script), ["wrong-type"]);
    let oracle = agreed(&script.commits);
    assert_eq!(oracle.nodes().len(), 3, "no task");
    assert_eq!(oracle.creations().len(), 4);
    // Nobody migrated: the current schema is the founding one. Another kind under the same field id
    // is another object; a value of another type is read as one of this, here as its zero; a member
    // that the schema does not have is not shown.
    let object = |node, field| ObjectId { node, field: FieldId(field) };
    assert_eq!(oracle.values(), BTreeMap::from([(object(note, 12), 0.into())]));
    let mut later = oracle.values_through(&later_schema());
    let place = Value::Record(vec![(5, "Elm Street".into())]);
    assert_eq!(later.remove(&object(note, 17)), Some(place));
    assert_eq!(later.remove(&object(note, 12)), Some("three".into()));
}

#[test]
fn a_node_has_the_type_of_its_first_creation() {
    let mut script = Script::found();
    let one = script.write(1, &[], vec![create(NOTE, 7)]);
    let payload = Payload::of(vec![create(TAG, 7)]).encode();
    let other = Line { after: None, sees: &[], schema: SchemaChange::Keep, payload };
    let other = script.line(1, other);
    let node = node_id(&one.author(), 0, 0, 7);
    let (first, first_type, second_type, second) =
        if one.id() < other.id() { (one, NOTE, TAG, other) } else { (other, TAG, NOTE, one) };
    let oracle = agreed(&script.commits);
    assert_eq!(oracle.nodes()[&node], first_type);
    let voids = oracle.voids();
    assert_eq!((voids[0].commit, voids[0].reason), (second.id(), "type-differs"));
    // The void creation was seen all the same: who saw it alone edits by its type, unseen by
    // others.
    let field = |of| if of == NOTE { 10 } else { 20 };
    script.write(2, &[&second], vec![set(node, field(second_type), "mine")]);
    script.write(3, &[&first], vec![set(node, field(second_type), "not mine")]);
    assert_eq!(reasons(&script), ["type-differs", "wrong-type"]);
    assert_eq!(agreed(&script.commits).values().len(), 0);
}

#[test]
fn an_op_sees_only_its_past() {
    let mut script = Script::found();
    let made = script.write(1, &[], vec![create(NOTE, 0)]);
    let node = node_id(&made.author(), 0, 0, 0);
    script.write(2, &[], vec![set(node, 10, "blind"), set(script.note(), 16, node)]);
    assert_eq!(reasons(&script), ["unknown-node", "unknown-target"]);
    script.write(2, &[&made], vec![set(node, 10, "seen"), set(script.note(), 16, node)]);
    assert_eq!(reasons(&script).len(), 2);
}

#[test]
fn the_last_standing_write_wins_and_the_others_are_its_conflicts() {
    let mut script = Script::found();
    let note = script.note();
    let name = (ObjectId { node: note, field: FieldId(10) }, ConflictPart::Whole);
    let one = script.write(1, &[], vec![set(note, 10, "over"), set(note, 10, "one")]);
    let two = script.write(2, &[], vec![set(note, 10, "two")]);
    let three = script.write(3, &[], vec![set(note, 10, "three")]);
    assert_eq!(value(&script, note, 10), Some("three".into()));
    let expected = vec![(one.id(), 1, Some("one".into())), (two.id(), 0, Some("two".into()))];
    assert_eq!(agreed(&script.commits).conflicts(), BTreeMap::from([(name.clone(), expected)]));

    // Who saw the winner, but not the others, replaces it alone.
    script.write(4, &[&three], vec![set(note, 10, "four")]);
    assert_eq!(value(&script, note, 10), Some("four".into()));
    assert_eq!(agreed(&script.commits).conflicts()[&name].len(), 2);
    script.write(4, &[&one, &two], vec![set(note, 10, "all")]);
    assert!(agreed(&script.commits).conflicts().is_empty());
}

#[test]
fn each_member_of_a_record_is_a_register() {
    let mut script = Script::found();
    let note = script.note();
    script.write(0, &[], vec![set_members(note, vec![])]);
    assert_eq!(value(&script, note, 17), None, "nothing is written yet");
    let lower = script.write(1, &[], vec![set_members(note, vec![(1, "A".into()), (2, 1.into())])]);
    script.write(2, &[], vec![set_members(note, vec![(1, "B".into())])]);
    let shown = Value::Record(vec![(1, "B".into()), (2, 1.into())]);
    assert_eq!(value(&script, note, 17), Some(shown));
    let name = (ObjectId { node: note, field: FieldId(17) }, ConflictPart::Member(1));
    let expected = BTreeMap::from([(name, vec![(lower.id(), 0, Some("A".into()))])]);
    assert_eq!(agreed(&script.commits).conflicts(), expected);
}

#[test]
fn the_turn_follows_its_formula() {
    assert_eq!(turn_of(None, []), 0);
    assert_eq!(turn_of(None, [0]), 1);
    assert_eq!(turn_of(Some(7), []), 7);
    assert_eq!(turn_of(Some(7), [2, 3]), 7);
    assert_eq!(turn_of(Some(7), [2, 7]), 8);
}

#[test]
#[should_panic(expected = "not closed")]
fn a_set_that_is_not_closed_is_refused() {
    let mut script = Script::found();
    script.write(0, &[], vec![]);
    script.write(0, &[], vec![]);
    script.commits.remove(1);
    agreed(&script.commits);
}

#[test]
fn the_digest_is_the_root_of_a_tree_by_bits() {
    assert_eq!(Oracle::of(&[]).digest(), Digest([0; 32]));
    let leaf = |key: &[u8], value: &[u8]| digest_leaf(&digest_key(key), value);
    let entries = |keys: &[&[u8]]| {
        keys.iter().map(|key| (key.to_vec(), b"v".to_vec())).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(digest_of(&entries(&[])), Digest([0; 32]));
    assert_eq!(digest_of(&entries(&[b"a"])), leaf(b"a", b"v"));

    // Two leaves: as many branches as they have bits in common, and one.
    for key in 0..50_u8 {
        let keys: [&[u8]; 2] = [b"a", &[key]];
        let (one, other) = (digest_key(keys[0]), digest_key(keys[1]));
        let bit = |place: &Digest, at: usize| place.0[at / 8] >> (7 - at % 8) & 1;
        let split = (0..256).find(|at| bit(&one, *at) != bit(&other, *at)).unwrap();
        let (zero, one) = match bit(&one, split) {
            0 => (leaf(keys[0], b"v"), leaf(keys[1], b"v")),
            _ => (leaf(keys[1], b"v"), leaf(keys[0], b"v")),
        };
        let mut root = digest_branch(&zero, &one);
        for at in (0..split).rev() {
            let nothing = Digest([0; 32]);
            root = match bit(&other, at) {
                0 => digest_branch(&root, &nothing),
                _ => digest_branch(&nothing, &root),
            };
        }
        assert_eq!(digest_of(&entries(&keys)), root, "key {key}");
    }
}

#[test]
fn the_entries_are_canonical_keys_and_values() {
    let mut script = Script::found();
    let note = script.note();
    let make = Op::CreateKeyed { node_type: TypeId(5), key: "here".into() };
    script.write(0, &[], vec![set(note, 12, 5), insert(note, 0, "hi"), make]);
    let oracle = agreed(&script.commits);
    let mut expected = BTreeMap::new();
    for (node, node_type) in [(note, 1_u64), (script.tag(), 2), (script.odd(), 3)] {
        expected.insert([&[1][..], &node.0].concat(), encode(&(node_type, None::<Value>)));
    }
    let here = keyed_node_id(TypeId(5), &encode(&Value::from("here")));
    let of_key = (5_u64, Some(Value::from("here")));
    expected.insert([&[1][..], &here.0].concat(), encode(&of_key));
    let key = |field: u64, kind: &str| {
        [&[2][..], &note.0, &field.to_be_bytes(), kind.as_bytes()].concat()
    };
    expected.insert(key(12, "register"), encode(&Value::Int(5)));
    expected.insert(key(11, "text"), encode(&Value::from("hi")));
    assert_eq!(oracle.entries(), expected);
    assert_eq!(oracle.digest(), digest_of(&expected));
}
