//! Atoms, counters, sets, maps, keys, events and opaque objects by hand.

use std::collections::BTreeMap;
use woodland_format::{
    Commit, CounterOp, FieldDefinition, FieldId, KeyConfig, MapOp, NodeId, ObjectId, Op,
    RegisterOp, Schema, SchemaChange, SetOp, TypeDefinition, TypeId, Value, ValueType, encode,
    keyed_node_id,
};
use woodland_tests::agreement::agreed;
use woodland_tests::histories::{Line, Script, later_schema};
use woodland_tests::oracle::ConflictPart;

const NOTE: TypeId = TypeId(1);
const SPOT: TypeId = TypeId(5);

fn edit<T: serde::Serialize>(node: NodeId, field: u64, op: &T) -> Op {
    raw(node, field, encode(op))
}

fn raw(node: NodeId, field: u64, op: Vec<u8>) -> Op {
    Op::Edit { object: ObjectId { node, field: FieldId(field) }, op }
}

fn reasons(script: &Script) -> Vec<&'static str> {
    agreed(&script.commits).voids().into_iter().map(|void| void.reason).collect()
}

fn value(script: &Script, node: NodeId, field: u64) -> Option<Value> {
    agreed(&script.commits).values().remove(&ObjectId { node, field: FieldId(field) })
}

fn list(values: &[&str]) -> Value {
    Value::List(values.iter().map(|value| Value::from(*value)).collect())
}

fn spot(key: &str) -> NodeId {
    keyed_node_id(SPOT, &encode(&Value::from(key)))
}

fn make(key: &str) -> Op {
    Op::CreateKeyed { node_type: SPOT, key: Value::from(key) }
}

#[test]
fn each_reason_holds_for_its_op() {
    let blank = Script::found();
    let (note, tag, odd) = (blank.note(), blank.tag(), blank.odd());
    let put = |key: &str, value: Value| edit(note, 56, &MapOp::Put(vec![(key.into(), value)]));
    let words = |words: &[&str]| words.iter().map(|word| Value::from(*word)).collect::<Vec<_>>();
    let circle = |radius| Value::Record(vec![(1, "circle".into()), (2, radius)]);
    let frame = |of: NodeId| Value::Record(vec![(1, 1.into()), (5, of.into())]);
    let set = |node, field, value| edit(node, field, &RegisterOp::Set(value));
    let cases: Vec<(Op, &str)> = vec![
        (Op::Create { node_type: SPOT, salt: 0 }, "needs-key"),
        (Op::CreateKeyed { node_type: NOTE, key: 1.into() }, "no-key"),
        (Op::CreateKeyed { node_type: TypeId(7), key: "a".into() }, "no-key"),
        (Op::CreateKeyed { node_type: TypeId(8), key: Value::Pointer(tag) }, "no-key"),
        (Op::CreateKeyed { node_type: TypeId(99), key: 1.into() }, "unknown-type"),
        (Op::CreateKeyed { node_type: SPOT, key: 1.into() }, "wrong-value"),
        (raw(spot("here"), 70, vec![]), "read-only"),
        (set(spot("nowhere"), 71, "x".into()), "unknown-node"),
        (set(odd, 35, "x".into()), "bad-config"),
        (edit(odd, 36, &SetOp::Add(vec![1.into()])), "bad-config"),
        (set(odd, 37, 1.into()), "bad-config"),
        (edit(odd, 38, &CounterOp::Add(1)), "bad-config"),
        (edit(odd, 39, &MapOp::Put(vec![(1.into(), 1.into())])), "bad-config"),
        (raw(odd, 41, vec![]), "bad-config"),
        (raw(odd, 42, vec![]), "bad-config"),
        (raw(odd, 43, vec![]), "bad-config"),
        (set(odd, 46, 1.into()), "bad-config"),
        (raw(odd, 47, vec![]), "bad-config"),
        (set(odd, 48, Value::List(vec![])), "bad-config"),
        (edit(note, 12, &RegisterOp::Clear), "wrong-value"),
        (edit(note, 52, &RegisterOp::Clear), "wrong-value"),
        (edit(note, 53, &RegisterOp::Clear), "wrong-value"),
        (set(note, 52, "ajar".into()), "wrong-value"),
        (set(tag, 23, circle(1.into())), "wrong-value"),
        (set(tag, 23, Value::Record(vec![(1, "circle".into())])), "wrong-value"),
        (set(note, 53, Value::Record(vec![(2, "no x".into())])), "wrong-value"),
        (set(note, 53, frame(note)), "unknown-target"),
        (raw(note, 51, vec![0; 13]), "undecodable"),
        (edit(note, 54, &SetOp::Add(vec![])), "empty-edit"),
        (edit(note, 54, &SetOp::Remove(vec![])), "empty-edit"),
        (edit(note, 54, &SetOp::Add(words(&["b", "a"]))), "undecodable"),
        (edit(note, 54, &SetOp::Remove(words(&["a", "a"]))), "undecodable"),
        (edit(note, 54, &SetOp::Remove(vec![1.into()])), "wrong-value"),
        (edit(note, 55, &SetOp::Add(vec![note.into()])), "unknown-target"),
        (edit(note, 56, &MapOp::Put(vec![])), "empty-edit"),
        (edit(note, 56, &MapOp::Remove(words(&["b", "a"]))), "undecodable"),
        (put("k", "x".into()), "wrong-value"),
        (edit(note, 56, &MapOp::Remove(vec![1.into()])), "wrong-value"),
        (edit(note, 56, &MapOp::Remove(words(&["k"]))), "unknown-key"),
        (edit(note, 57, &MapOp::Put(vec![("open".into(), tag.into())])), "unknown-target"),
        (edit(note, 57, &MapOp::Put(vec![("ajar".into(), note.into())])), "wrong-value"),
    ];
    for (op, reason) in cases {
        let mut script = blank.clone();
        let count = edit(note, 51, &CounterOp::Add(1));
        script.write(1, &[], vec![count.clone(), make("here"), op.clone(), count]);
        assert_eq!(reasons(&script), [reason], "{op:?}");
        assert_eq!(value(&script, note, 51), Some(2.into()), "the others of the batch stand");
    }
}

#[test]
fn a_clear_is_a_write_of_nothing() {
    let mut script = Script::found();
    let note = script.note();
    let weight = |op: RegisterOp| vec![edit(note, 50, &op)];
    let first = script.write(0, &[], weight(RegisterOp::Set(1.5.into())));
    let set = script.write(1, &[&first], weight(RegisterOp::Set(2.5.into())));
    let clear = script.write(2, &[&first], weight(RegisterOp::Clear));
    let name = (ObjectId { node: note, field: FieldId(50) }, ConflictPart::Whole);
    // The clear won: nothing is visible, and what lost is told all the same.
    assert_eq!(value(&script, note, 50), None);
    let lost = vec![(set.id(), 0, Some(2.5.into()))];
    assert_eq!(agreed(&script.commits).conflicts(), BTreeMap::from([(name.clone(), lost)]));
    let third = script.write(3, &[&first], weight(RegisterOp::Set(3.5.into())));
    assert_eq!(value(&script, note, 50), Some(3.5.into()));
    assert_eq!(agreed(&script.commits).conflicts()[&name][1], (clear.id(), 0, None));
    script.write(4, &[&set, &clear, &third], weight(RegisterOp::Clear));
    assert_eq!((value(&script, note, 50), agreed(&script.commits).conflicts().len()), (None, 0));
}

#[test]
fn an_atom_is_replaced_as_a_whole() {
    let mut script = Script::found();
    let note = script.note();
    let frame =
        |members: Vec<(u32, Value)>| edit(note, 53, &RegisterOp::Set(Value::Record(members)));
    let labelled: Vec<(u32, Value)> = vec![(1, 1.into()), (2, "label".into())];
    script.write(1, &[], vec![frame(labelled.clone())]);
    script.write(2, &[], vec![frame(vec![(1, 2.into())])]);
    assert_eq!(value(&script, note, 53), Some(Value::Record(vec![(1, 2.into())])));
    script.write(3, &[], vec![frame(labelled.clone())]);
    assert_eq!(value(&script, note, 53), Some(Value::Record(labelled)));
}

#[test]
fn a_counter_is_exact_until_it_is_read() {
    let mut script = Script::found();
    let note = script.note();
    let add = |more| vec![edit(note, 51, &CounterOp::Add(more))];
    for author in 0..4 {
        script.write(author, &[], add(i64::MAX));
    }
    assert_eq!(value(&script, note, 51), Some(i64::MAX.into()));
    for author in 0..4 {
        script.write(author, &[], add(i64::MIN));
    }
    assert_eq!(value(&script, note, 51), Some((-4).into()));
}

#[test]
fn a_removal_from_a_set_takes_what_it_saw() {
    let mut script = Script::found();
    let note = script.note();
    let add = |items: &[&str]| {
        edit(note, 54, &SetOp::Add(items.iter().map(|item| Value::from(*item)).collect()))
    };
    let remove = |item: &str| edit(note, 54, &SetOp::Remove(vec![item.into()]));
    script.write(0, &[], vec![remove("never there")]);
    assert_eq!(value(&script, note, 54), Some(list(&[])), "it had an op");
    let base = script.write(0, &[], vec![add(&["a", "b"])]);
    script.write(1, &[&base], vec![remove("a"), remove("b")]);
    script.write(2, &[&base], vec![add(&["a"])]);
    assert_eq!(value(&script, note, 54), Some(list(&["a"])), "an addition that it did not see");
    script.write(1, &[], vec![add(&["b"]), remove("b"), add(&["b", "c"])]);
    assert_eq!(value(&script, note, 54), Some(list(&["a", "b", "c"])));
}

/// The puts and removals of one key of a note's map.
struct Numbers(NodeId);

impl Numbers {
    fn put(&self, number: i64) -> Op {
        edit(self.0, 56, &MapOp::Put(vec![("k".into(), number.into())]))
    }

    fn remove(&self) -> Op {
        edit(self.0, 56, &MapOp::Remove(vec!["k".into()]))
    }

    fn shown(&self, script: &Script) -> Option<i64> {
        let Some(Value::Map(entries)) = value(script, self.0, 56) else { panic!("a map") };
        match entries.as_slice() {
            [] => None,
            [(_, Value::Int(number))] => Some(*number),
            other => panic!("one key: {other:?}"),
        }
    }
}

#[test]
fn a_removal_ends_a_generation_for_everybody() {
    let mut script = Script::found();
    let numbers = Numbers(script.note());
    let base = script.write(0, &[], vec![numbers.put(1)]);
    let gone = script.write(1, &[&base], vec![numbers.remove()]);
    script.write(2, &[&base], vec![numbers.put(2)]);
    assert_eq!(numbers.shown(&script), None, "a put into what was ended");
    // Who saw the removal puts in the next generation; it competes with nothing before it.
    let again = script.write(3, &[&gone], vec![numbers.put(3)]);
    script.write(2, &[], vec![numbers.put(4)]);
    assert_eq!(numbers.shown(&script), Some(3));
    assert!(agreed(&script.commits).conflicts().is_empty());
    script.write(4, &[&gone], vec![numbers.put(5)]);
    let name =
        (ObjectId { node: script.note(), field: FieldId(56) }, ConflictPart::Key("k".into()));
    let lost = vec![(again.id(), 0, Some(3.into()))];
    assert_eq!(numbers.shown(&script), Some(5));
    assert_eq!(agreed(&script.commits).conflicts(), BTreeMap::from([(name, lost)]));
}

#[test]
fn a_removal_needs_a_put_of_its_generation() {
    let mut script = Script::found();
    let numbers = Numbers(script.note());
    let base = script.write(0, &[], vec![numbers.put(1), numbers.remove(), numbers.remove()]);
    assert_eq!(reasons(&script), ["unknown-key"]);
    let one = script.write(1, &[&base], vec![numbers.put(2)]);
    // Two removals of one generation, the later ignorant of the put: it names what it did not see.
    script.write(2, &[&base], vec![numbers.remove()]);
    assert_eq!(reasons(&script).len(), 2);
    assert_eq!(numbers.shown(&script), Some(2));
    let two = script.write(2, &[&one], vec![numbers.remove()]);
    script.write(1, &[], vec![numbers.remove()]);
    script.write(3, &[&two], vec![numbers.put(3)]);
    assert_eq!((numbers.shown(&script), reasons(&script).len()), (Some(3), 2));
}

/// One entry that does not fit, and nothing of the op counts.
#[test]
fn an_op_of_several_keys_is_void_as_a_whole() {
    let mut script = Script::found();
    let note = script.note();
    let put = |keys: &[&str]| {
        let entries = keys.iter().map(|key| (Value::from(*key), Value::Int(1)));
        edit(note, 56, &MapOp::Put(entries.collect()))
    };
    let remove = edit(note, 56, &MapOp::Remove(vec!["a".into(), "c".into()]));
    script.write(0, &[], vec![put(&["a", "b"]), remove]);
    assert_eq!(reasons(&script), ["unknown-key"]);
    let shown = Value::Map(vec![("a".into(), 1.into()), ("b".into(), 1.into())]);
    assert_eq!(value(&script, note, 56), Some(shown));
}

#[test]
fn a_key_names_one_node_whoever_creates_it() {
    let mut script = Script::found();
    let add = |more| edit(spot("a"), 72, &CounterOp::Add(more));
    script.write(1, &[], vec![make("a"), add(1), make("a")]);
    script.write(2, &[], vec![make("a"), add(2)]);
    script.write(3, &[], vec![add(4)]);
    assert_eq!(reasons(&script), ["unknown-node"]);
    assert_eq!(value(&script, spot("a"), 72), Some(3.into()));
    assert_eq!(value(&script, spot("a"), 70), Some("a".into()), "the key is a field");
    assert_eq!(agreed(&script.commits).nodes()[&spot("a")], SPOT);
}

/// Under the later schema a spot's key is a number or the word `b`, and a tag has a key.
#[test]
fn a_key_is_read_as_the_current_schema_has_it() {
    let mut script = Script::found();
    script.introduce_later(1);
    let keyed = |node_type, key: &Value| Op::CreateKeyed { node_type, key: key.clone() };
    let (word, number) = (Value::from("b"), Value::Int(3));
    let tag = TypeId(2);
    let ops = vec![
        keyed(SPOT, &word),
        keyed(SPOT, &number),
        keyed(SPOT, &"a".into()),
        keyed(tag, &number),
        Op::Create { node_type: tag, salt: 0 },
    ];
    script.write(1, &[], ops);
    assert_eq!(reasons(&script), ["wrong-value", "needs-key"]);
    let node = |node_type, key: &Value| keyed_node_id(node_type, &encode(key));
    assert_eq!(value(&script, node(SPOT, &word), 70), Some(word.clone()));
    assert_eq!(value(&script, node(SPOT, &number), 70), Some("3".into()), "it converts");
    // The current schema gives a tag no key.
    let hidden = node(tag, &number);
    assert!(agreed(&script.commits).nodes().contains_key(&hidden), "it is there");
    assert!(!agreed(&script.commits).values().keys().any(|object| object.node == hidden));
}

/// Of two fields of kind `key` none names the nodes, though one alone is sound.
#[test]
fn two_keys_are_none() {
    let key = |id: u64, value| FieldDefinition {
        id: FieldId(id),
        name: format!("key{id}"),
        kind: "key".into(),
        config: encode(&KeyConfig { value }),
    };
    let fields = vec![key(1, ValueType::Int), key(2, ValueType::Pointer(NOTE))];
    let half = TypeDefinition { id: NOTE, name: "Half".into(), version: 1, fields };
    let ops = vec![
        Op::Create { node_type: NOTE, salt: 0 },
        Op::CreateKeyed { node_type: NOTE, key: 4.into() },
    ];
    let script = Script::found_with(Schema { types: vec![half] }, ops);
    assert_eq!(reasons(&script), ["no-key"]);
    assert_eq!(agreed(&script.commits).nodes().len(), 1);
    assert!(agreed(&script.commits).values().is_empty());
}

#[test]
fn events_and_opaque_ops_stand_in_order_whatever_they_are() {
    let mut script = Script::found();
    let (note, odd) = (script.note(), script.odd());
    let both = |byte: u8| vec![raw(note, 58, vec![byte]), raw(odd, 30, vec![byte; 2])];
    let first: Commit = script.write(3, &[], both(3));
    script.write(2, &[], [both(2), both(9)].concat());
    script.write(1, &[&first], [vec![raw(note, 58, vec![])], both(1)].concat());
    let bytes = |ops: &[&[u8]]| Value::List(ops.iter().map(|op| op.to_vec().into()).collect());
    assert_eq!(value(&script, note, 58), Some(bytes(&[&[2], &[9], &[3], &[], &[1]])));
    assert_eq!(value(&script, odd, 30), Some(bytes(&[&[2; 2], &[9; 2], &[3; 2], &[1; 2]])));
}

/// Another opaque kind under the same field is another object.
#[test]
fn opaque_objects_of_two_kinds_never_meet() {
    let mut script = Script::found();
    let odd = script.odd();
    let last = script.introduce_later(1);
    script.write(1, &[], vec![raw(odd, 30, vec![7])]);
    assert_eq!(value(&script, odd, 30), None);
    let payload = woodland_format::Payload::of(vec![raw(odd, 30, vec![8])]).encode();
    let sees = [&last];
    let schema = SchemaChange::Adopt(later_schema().id());
    script.line(2, Line { after: None, sees: &sees, schema, payload });
    script.write(3, &[], vec![raw(odd, 30, vec![9])]);
    assert_eq!(value(&script, odd, 30), Some(Value::List(vec![Value::Bytes(vec![9])])));
}
