//! Values, read through the schema that they were written under and through others.

use super::world::*;
use woodland_format::{
    AtomConfig, CounterOp, Digest, FieldId, KeyConfig, ListConfig, ListOp, MapConfig, MapOp,
    MigrationStep, NodeId, ObjectId, Op, RecordConfig, RecordOp, SetConfig, SetOp, Value,
    ValueType, digest_branch, digest_key, digest_leaf, encode, keyed_node_id,
};
use woodland_graph::{Graph, Kinds, Part};

fn list(items: impl IntoIterator<Item = Value>) -> Value {
    Value::List(items.into_iter().collect())
}

fn int(number: i64) -> Value {
    Value::Int(number)
}

/// Sizes, stretches and entries are those of the whole.
fn agrees(graph: &Graph, object: ObjectId) {
    let whole = value(graph, object);
    let size = graph.sizes(&[object]).pop().expect("an answer");
    let part = graph.parts(&[(object, 1..3)]).pop().expect("an answer");
    let entry = |key: &Value| graph.entries(&[(object, key)]).pop().expect("an answer");
    match &whole {
        Some(Value::List(items)) => {
            assert_eq!(size, Some(items.len() as u64));
            let expected = items.iter().skip(1).take(2).cloned();
            assert_eq!(part, Some(list(expected)));
            let is_set = object.field == TAGS;
            assert!(!is_set || items.iter().all(|item| entry(item).as_ref() == Some(item)));
        }
        Some(Value::Map(entries)) => {
            assert_eq!(size, Some(entries.len() as u64));
            assert!(entries.iter().all(|(key, value)| entry(key).as_ref() == Some(value)));
        }
        Some(Value::String(text)) => {
            let end = text.len().min(3);
            assert_eq!(part, Some(text[end.min(1)..end].into()));
        }
        _ => assert_eq!(part, whole),
    }
    assert_eq!(entry(&"nobody's key".into()), None);
    let node = graph.nodes(&[object.node]).pop().expect("an answer").expect("a node");
    assert_eq!(node.fields.get(&object.field).cloned(), whole);
    assert!(graph.all().any(|one| one == node));
}

/// A note with something in every field.
fn filled() -> (Replica, NodeId, [NodeId; 2]) {
    let mut founder = Replica::found(&schema());
    let nodes = founder.create(&[NOTE, FOLDER, FOLDER]);
    let (note, folders) = (nodes[0], [nodes[1], nodes[2]]);
    let of = |field| object(note, field);
    let strings = |all: &[&str]| all.iter().map(|one| Value::from(*one)).collect::<Vec<_>>();
    let places =
        ["1", "01", "x"].map(Value::from).into_iter().zip([folders[0], folders[1], folders[0]]);
    let mut places: Vec<(Value, Value)> = places.map(|(key, to)| (key, to.into())).collect();
    places.sort();
    let members = vec![(1, int(5)), (2, folders[0].into())];
    founder.write(vec![
        set(of(TITLE), "12"),
        set(of(RANK), int(7)),
        set(of(FOLDER_OF), folders[0]),
        edit(of(TAGS), &SetOp::Add(strings(&["01", "1", "x"]))),
        edit(of(PLACES), &MapOp::Put(places)),
        edit(of(ITEMS), &ListOp::Insert { at: 0, items: folders.map(Value::from).to_vec() }),
        edit(of(META), &RecordOp::Set(members)),
        set(of(CARD), Value::Record(vec![(1, int(3))])),
        edit(of(COUNT), &CounterOp::Add(4)),
    ]);
    (founder, note, folders)
}

fn all_agree(graph: &Graph, note: NodeId) {
    for field in [TITLE, RANK, FOLDER_OF, TAGS, PLACES, ITEMS, META, CARD, COUNT] {
        agrees(graph, object(note, field));
    }
}

#[test]
fn what_was_written_reads_as_it_is_through_its_own_schema() {
    let (founder, note, folders) = filled();
    let of = |field| founder.value(object(note, field));
    assert_eq!(of(TITLE), Some("12".into()));
    assert_eq!(of(FOLDER_OF), Some(folders[0].into()));
    assert_eq!(of(ITEMS), Some(list(folders.map(Value::from))));
    assert_eq!(of(TAGS), Some(list(["01", "1", "x"].map(Value::from))));
    assert_eq!(of(META), Some(Value::Record(vec![(1, int(5)), (2, folders[0].into())])));
    assert_eq!(of(HEADING), None);
    all_agree(&founder.graph, note);
}

#[test]
fn each_kind_converts_what_it_shows() {
    let (mut founder, note, folders) = filled();
    let of = |graph: &Graph, field| value(graph, object(note, field));
    let places = MapConfig { key: ValueType::Int, value: ValueType::Pointer(FOLDER) };
    let members = vec![member(1, "a", ValueType::String), member(3, "b", ValueType::Int)];
    let card = vec![member(1, "n", ValueType::String), member(2, "m", ValueType::Int)];
    founder.migrate(vec![
        change(TITLE, &register(ValueType::Int)),
        change(RANK, &register(ValueType::List(Box::new(ValueType::Int)))),
        change(TAGS, &SetConfig { item: ValueType::Int }),
        change(PLACES, &places),
        change(META, &RecordConfig { members }),
        change(CARD, &AtomConfig { value: ValueType::Composite(card) }),
        change(ITEMS, &ListConfig { item: ValueType::Int }),
    ]);
    let old = founder.graph.through(&schema().id()).expect("it is carried");
    let new = &founder.graph;
    assert_eq!(of(new, TITLE), Some(int(12)));
    assert_eq!(of(new, RANK), Some(list([int(7)])));
    // "x" is no number; of "01" and "1" one is read: the least before conversion.
    assert_eq!(of(new, TAGS), Some(list([int(1)])));
    assert_eq!(of(new, PLACES), Some(Value::Map(vec![(int(1), folders[1].into())])));
    assert_eq!(of(new, META), Some(Value::Record(vec![(1, "5".into())])));
    assert_eq!(of(new, CARD), Some(Value::Record(vec![(1, "3".into()), (2, int(0))])));
    assert_eq!(of(new, ITEMS), Some(list([Value::Gone, Value::Gone])));
    assert_eq!(of(new, COUNT), Some(int(4)));
    all_agree(new, note);
    all_agree(&old, note);
    assert_eq!(of(&old, TITLE), Some("12".into()));
    assert_eq!(of(&old, ITEMS), Some(list(folders.map(Value::from))));

    // What is written under the one is read through the other, step by step.
    let mut reader = founder.join(2);
    reader.write(vec![]);
    founder.adopt_current();
    founder.write(vec![
        set(object(note, TITLE), int(13)),
        edit(object(note, TAGS), &SetOp::Add(vec![int(1), int(2)])),
        edit(object(note, TAGS), &SetOp::Remove(vec![int(2)])),
    ]);
    reader.read(&founder);
    let old = reader.graph.through(&schema().id()).expect("it is carried");
    for graph in [&reader.graph, &founder.graph] {
        assert_eq!(of(graph, TITLE), Some(int(13)));
        assert_eq!(of(graph, TAGS), Some(list([int(1)])));
        all_agree(graph, note);
    }
    assert_eq!(of(&old, TITLE), Some("13".into()));
    assert_eq!(of(&old, TAGS), Some(list(["01", "1", "x"].map(Value::from))));
    all_agree(&old, note);
}

#[test]
fn a_pointer_to_a_node_of_another_type_is_not_there() {
    let (mut founder, note, _) = filled();
    let of = |graph: &Graph, field| value(graph, object(note, field));
    let to_tags = || ValueType::Pointer(TAG);
    let members = vec![member(1, "a", ValueType::Int), member(2, "f", optional(to_tags()))];
    founder.migrate(vec![
        change(FOLDER_OF, &register(optional(to_tags()))),
        change(PLACES, &MapConfig { key: ValueType::String, value: to_tags() }),
        change(ITEMS, &ListConfig { item: to_tags() }),
        change(META, &RecordConfig { members }),
    ]);
    let new = &founder.graph;
    assert_eq!(of(new, FOLDER_OF), None);
    assert_eq!(of(new, PLACES), Some(Value::Map(vec![])));
    assert_eq!(of(new, ITEMS), Some(list([Value::Gone, Value::Gone])));
    assert_eq!(of(new, META), Some(Value::Record(vec![(1, int(5))])));
    all_agree(new, note);
}

#[test]
fn a_pointer_to_a_dead_node_is_not_there() {
    let (mut founder, note, folders) = filled();
    let before = founder.graph.clone();
    founder.write(vec![Op::Delete { node: folders[0] }]);
    let whole = Graph::of(&founder.log, Kinds::standard());
    for graph in [&founder.graph, &whole] {
        let of = |field| value(graph, object(note, field));
        assert_eq!(of(FOLDER_OF), None);
        assert_eq!(of(PLACES), Some(Value::Map(vec![("01".into(), folders[1].into())])));
        assert_eq!(of(ITEMS), Some(list([Value::Gone, folders[1].into()])));
        assert_eq!(of(META), Some(Value::Record(vec![(1, int(5))])));
        all_agree(graph, note);
    }
    assert_eq!(value(&before, object(note, FOLDER_OF)), Some(folders[0].into()));
}

#[test]
fn conflicts_are_read_like_values() {
    let (mut founder, note, folders) = filled();
    let mut other = founder.join(2);
    let title = object(note, TITLE);
    let put = |key: &str| MapOp::Put(vec![(key.into(), folders[0].into())]);
    let meta = |value| RecordOp::Set(vec![(1, int(value)), (2, folders[1].into())]);
    let both = |replica: &mut Replica, name: &str, value| {
        replica.write(vec![
            set(title, name),
            edit(object(note, PLACES), &put("1")),
            edit(object(note, PLACES), &put("x")),
            edit(object(note, META), &meta(value)),
        ]);
    };
    both(&mut founder, "20", 1);
    both(&mut other, "no", 2);
    founder.read(&other);
    let told = |graph: &Graph, field| -> Vec<(Part, Option<Value>, Vec<Option<Value>>)> {
        let conflicts = graph.conflicts(&[object(note, field)]).pop().expect("an answer");
        let told = conflicts.into_iter().map(|one| {
            (one.part, one.winner.value, one.losers.into_iter().map(|one| one.value).collect())
        });
        told.collect()
    };
    let string = |text: &str| Some(Value::from(text));
    let graph = &founder.graph;
    assert_eq!(told(graph, TITLE), [(Part::Whole, string("no"), vec![string("20")])]);
    assert_eq!(told(graph, PLACES).len(), 2);
    assert_eq!(told(graph, META).len(), 2);

    let members = vec![member(1, "a", ValueType::String)];
    founder.migrate(vec![
        change(TITLE, &register(optional(ValueType::Int))),
        change(PLACES, &MapConfig { key: ValueType::Int, value: ValueType::Pointer(FOLDER) }),
        change(META, &RecordConfig { members }),
    ]);
    let graph = &founder.graph;
    assert_eq!(told(graph, TITLE), [(Part::Whole, None, vec![Some(int(20))])]);
    // "01" is the key that is read at 1, and nobody put it twice; "1" and "x" are not read.
    assert_eq!(told(graph, META), [(Part::Member(1), string("2"), vec![string("1")])]);
    assert_eq!(told(graph, PLACES), []);
}

#[test]
fn a_key_is_read_as_the_type_of_its_field() {
    let mut founder = Replica::found(&schema());
    let keys = ["17", "red"].map(Value::from);
    let op = |key: &Value| Op::CreateKeyed { node_type: TAG, key: key.clone() };
    founder.write(keys.iter().map(op).collect());
    let nodes = [0, 1].map(|at: usize| keyed_node_id(TAG, &encode(&keys[at])));
    let read = |graph: &Graph| nodes.map(|node| value(graph, object(node, TAG_KEY)));
    assert_eq!(read(&founder.graph), keys.clone().map(Some));
    founder.migrate(vec![change(TAG_KEY, &KeyConfig { value: ValueType::Int })]);
    assert_eq!(read(&founder.graph), [Some(int(17)), None]);
    assert_eq!(founder.graph.all().count(), 2, "a key that cannot be read hides no node");
}

#[test]
fn types_and_fields_come_and_go_with_the_schema() {
    let (mut founder, note, folders) = filled();
    let digest = founder.graph.digest();
    founder.migrate(vec![
        MigrationStep::RemoveField { field: FOLDER_OF },
        MigrationStep::RemoveField { field: PLACES },
        MigrationStep::RemoveField { field: ITEMS },
        MigrationStep::RemoveField { field: META },
        MigrationStep::RemoveType { node_type: FOLDER },
    ]);
    let old = founder.graph.through(&schema().id()).expect("it is carried");
    assert_eq!(founder.graph.types(&folders), [None, None]);
    assert_eq!(old.types(&folders), [Some(FOLDER); 2]);
    assert_eq!(founder.value(object(note, META)), None);
    assert!(value(&old, object(note, META)).is_some());
    // A graph that is read through another schema has this one's digest: ask one made from nothing.
    let whole = Graph::of(&founder.log, Kinds::standard());
    let digests = [founder.graph.digest(), old.digest(), whole.digest()];
    assert_eq!(digests, [digest; 3], "the digest asks no schema");
}

/// The tree over leaves, as `docs/meaning.md` says it.
fn tree(leaves: &[(Digest, Digest)], bit: usize) -> Digest {
    match leaves {
        [] => Digest([0; 32]),
        [(_, leaf)] => *leaf,
        _ => {
            let is_set = |place: &Digest| place.0[bit / 8] & (0x80 >> (bit % 8)) != 0;
            let (ones, zeros): (Vec<_>, Vec<_>) =
                leaves.iter().partition(|(place, _)| is_set(place));
            digest_branch(&tree(&zeros, bit + 1), &tree(&ones, bit + 1))
        }
    }
}

#[test]
fn the_digest_is_over_what_was_written() {
    let (mut founder, note, folders) = filled();
    let word = Value::from("red");
    founder.write(vec![Op::CreateKeyed { node_type: TAG, key: word.clone() }]);
    founder.migrate(vec![change(TITLE, &register(ValueType::Int))]);
    let old = founder.graph.through(&schema().id()).expect("it is carried");

    let mut entries: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let mut node = |id: NodeId, of, key: Option<&Value>| {
        entries.push(([&[1][..], &id.0].concat(), encode(&(of, key))));
    };
    node(note, NOTE, None);
    folders.iter().for_each(|folder| node(*folder, FOLDER, None));
    node(keyed_node_id(TAG, &encode(&word)), TAG, Some(&word));
    let kinds: [(FieldId, &str); 9] = [
        (TITLE, "register"),
        (RANK, "register"),
        (FOLDER_OF, "register"),
        (TAGS, "set"),
        (PLACES, "map"),
        (ITEMS, "list"),
        (META, "record"),
        (CARD, "atom"),
        (COUNT, "counter"),
    ];
    for (field, kind) in kinds {
        let key = [&[2][..], &note.0, &field.0.to_be_bytes(), kind.as_bytes()].concat();
        entries.push((key, encode(&value(&old, object(note, field)).expect("it was written"))));
    }
    let leaves = entries.iter().map(|(key, value)| {
        let place = digest_key(key);
        (place, digest_leaf(&place, value))
    });
    assert_eq!(founder.graph.digest(), tree(&leaves.collect::<Vec<_>>(), 0));
}
