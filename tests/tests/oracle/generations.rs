//! `docs/meaning.md`, *Create* and *Existence*, by hand: the generations of a natural key.

use std::collections::BTreeMap;
use woodland_format::{
    Commit, CounterOp, DeletionConfig, FieldDefinition, FieldId, KeyConfig, NodeId, ObjectId, Op,
    Schema, TypeDefinition, TypeId, UnseenEdits, Value, ValueType, encode, keyed_node_id,
    recreated_node_id,
};
use woodland_tests::agreement::agreed;
use woodland_tests::histories::Script;
use woodland_tests::oracle::{ClashRule, Oracle};

/// Without a key.
const ITEM: TypeId = TypeId(1);
/// Named by a key.
const SPOT: TypeId = TypeId(3);
/// Named by a key, and an unseen edit keeps it.
const PAGE: TypeId = TypeId(4);

const SPOT_KEY: u64 = 30;
const SPOT_COUNTER: u64 = 31;
const PAGE_COUNTER: u64 = 41;

fn schema() -> Schema {
    let field = |id, kind: &str, config| {
        let (name, kind) = (format!("f{id}"), kind.to_owned());
        FieldDefinition { id: FieldId(id), name, kind, config }
    };
    let key = |id| field(id, "key", encode(&KeyConfig { value: ValueType::String }));
    let counter = |id| field(id, "counter", vec![]);
    let revive = encode(&DeletionConfig { edits: UnseenEdits::Revive });
    let typed =
        |id: TypeId, fields| TypeDefinition { id, name: format!("T{}", id.0), version: 1, fields };
    let page = vec![key(40), counter(PAGE_COUNTER), field(42, "deletion", revive)];
    let spot = vec![key(SPOT_KEY), counter(SPOT_COUNTER)];
    Schema { types: vec![typed(ITEM, vec![]), typed(SPOT, spot), typed(PAGE, page)] }
}

/// A script under that schema, without nodes.
struct Wood(Script);

impl Wood {
    fn empty() -> Wood {
        Wood(Script::found_with(schema(), vec![]))
    }

    fn write(&mut self, author: usize, sees: &[&Commit], ops: Vec<Op>) -> Commit {
        self.0.write(author, sees, ops)
    }

    fn oracle(&self) -> Oracle {
        agreed(&self.0.commits)
    }

    fn reasons(&self) -> Vec<&'static str> {
        self.oracle().voids().into_iter().map(|void| void.reason).collect()
    }

    fn value(&self, node: NodeId, field: u64) -> Option<Value> {
        self.oracle().values().remove(&ObjectId { node, field: FieldId(field) })
    }
}

fn add(node: NodeId, field: u64) -> Op {
    let object = ObjectId { node, field: FieldId(field) };
    Op::Edit { object, op: encode(&CounterOp::Add(1)) }
}

fn delete(node: NodeId) -> Op {
    Op::Delete { node }
}

fn spot(generation: u32) -> NodeId {
    generation_of(SPOT, generation)
}

fn generation_of(node_type: TypeId, generation: u32) -> NodeId {
    let key = encode(&Value::from("k"));
    match generation {
        0 => keyed_node_id(node_type, &key),
        _ => recreated_node_id(node_type, &key, generation),
    }
}

fn make(node_type: TypeId) -> Op {
    Op::CreateKeyed { node_type, key: "k".into() }
}

fn remake(node_type: TypeId, generation: u32) -> Op {
    Op::Recreate { node_type, key: "k".into(), generation }
}

#[test]
fn a_generation_needs_a_deletion_of_the_one_before() {
    let mut wood = Wood::empty();
    let odd = vec![
        Op::Recreate { node_type: TypeId(99), key: "k".into(), generation: 1 },
        Op::Recreate { node_type: ITEM, key: "k".into(), generation: 1 },
        Op::Recreate { node_type: SPOT, key: 1.into(), generation: 0 },
        remake(SPOT, 0),
        remake(SPOT, 2),
    ];
    wood.write(0, &[], [vec![make(SPOT)], odd].concat());
    let unseen = "unseen-generation";
    let reasons = ["unknown-type", "no-key", "wrong-value", unseen, unseen];
    assert_eq!(wood.reasons(), reasons);
    let base = wood.write(0, &[], vec![add(spot(0), SPOT_COUNTER), delete(spot(0))]);
    wood.write(1, &[], vec![remake(SPOT, 1)]);
    assert_eq!(wood.reasons()[5..], [unseen], "it did not see it");
    wood.write(1, &[&base], vec![remake(SPOT, 2), remake(SPOT, 1), add(spot(1), SPOT_COUNTER)]);
    assert_eq!(wood.reasons()[6..], [unseen]);
    assert_eq!(wood.oracle().nodes(), BTreeMap::from([(spot(1), SPOT)]));
    assert_eq!(wood.value(spot(1), SPOT_COUNTER), Some(1.into()), "it starts empty");
    assert_eq!(wood.value(spot(1), SPOT_KEY), Some("k".into()));
    wood.write(1, &[], vec![delete(spot(1)), remake(SPOT, 2)]);
    assert_eq!(wood.oracle().nodes(), BTreeMap::from([(spot(2), SPOT)]));
    assert_eq!(wood.oracle().meetings().recreations, 2);
    assert!(wood.oracle().clashes().is_empty());
}

#[test]
fn a_creation_of_what_is_dead_brings_back_only_what_is_revivable() {
    let mut wood = Wood::empty();
    wood.write(1, &[], vec![make(SPOT), make(PAGE), delete(spot(0))]);
    wood.write(1, &[], vec![delete(generation_of(PAGE, 0))]);
    wood.write(2, &[], vec![make(SPOT), make(PAGE)]);
    assert_eq!(wood.reasons(), ["dead-node"]);
    assert_eq!(wood.oracle().nodes(), BTreeMap::from([(generation_of(PAGE, 0), PAGE)]));
}

#[test]
fn a_creation_that_the_deletion_did_not_see_is_an_edit() {
    let mut wood = Wood::empty();
    wood.write(1, &[], vec![make(PAGE), make(SPOT)]);
    let deletes = vec![delete(generation_of(PAGE, 0)), delete(spot(0))];
    wood.write(2, &[], [vec![make(PAGE), make(SPOT)], deletes].concat());
    assert_eq!(wood.reasons(), ["edited"]);
    assert_eq!(wood.oracle().nodes().len(), 1);
}

#[test]
fn a_deletion_that_the_judge_refused_was_seen_all_the_same_and_generations_clash() {
    let mut wood = Wood::empty();
    let page = |generation| generation_of(PAGE, generation);
    let base = wood.write(0, &[], vec![make(PAGE)]);
    wood.write(1, &[&base], vec![add(page(0), PAGE_COUNTER)]);
    wood.write(2, &[&base], vec![delete(page(0)), remake(PAGE, 1)]);
    assert_eq!(wood.reasons(), ["edited"]);
    let [clash] = &wood.oracle().clashes()[..] else { panic!("one clash") };
    assert_eq!((clash.node_type, &clash.rule), (PAGE, &ClashRule::Key("k".into())));
    assert_eq!((clash.holder, &clash.others), (page(1), &vec![page(0)]), "the highest holds it");
}
