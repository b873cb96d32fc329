//! `docs/meaning.md`, *Delete* and *Existence*, by hand: who lives, and why not.

use std::collections::BTreeMap;
use woodland_format::{
    Commit, DeletionConfig, FieldId, ListConfig, ListOp, MapConfig, MapOp, MemberDefinition,
    NodeId, ObjectId, OnDelete, Op, Payload, RecordConfig, RecordOp, RegisterOp, Schema,
    SchemaChange, SetConfig, SetOp, TypeId, UnseenEdits, Value, ValueType, encode,
};
use woodland_tests::histories::Line;
use woodland_tests::histories::wood::{
    Wood, add, configured, counter, delete, edit, key_to, link, register, typed,
};
use woodland_tests::oracle::ConflictPart;

/// Deleted as links let it, whatever was edited.
const ITEM: TypeId = TypeId(1);
/// An unseen edit keeps it.
const DOC: TypeId = TypeId(2);

const RESTRICT: u64 = 10;
const CASCADE: u64 = 11;
const REVIVE: u64 = 12;
const PLAIN: u64 = 13;
const CASCADING_SET: u64 = 14;
const CASCADING_KEYS: u64 = 15;
const RECORD: u64 = 16;
const LIST: u64 = 17;
const COUNTER: u64 = 18;
const DOC_COUNTER: u64 = 20;
const DOC_CASCADE: u64 = 21;
const DOC_REVIVE: u64 = 23;

/// The schema, in which the set cascades and the links by register are what they are called.
fn schema() -> Schema {
    schema_with(OnDelete::Cascade)
}

/// The same, but the set and the register [`CASCADE`] have this policy.
fn schema_with(policy: OnDelete) -> Schema {
    let member = |number, on_delete| MemberDefinition {
        number,
        name: format!("m{number}"),
        value: ValueType::Optional(Box::new(key_to(ITEM, on_delete))),
    };
    let members = vec![member(1, OnDelete::Restrict), member(2, OnDelete::Revive)];
    let (key, value) = (key_to(ITEM, OnDelete::Cascade), ValueType::Int);
    let item = vec![
        register(RESTRICT, key_to(ITEM, OnDelete::Restrict)),
        register(CASCADE, key_to(ITEM, policy)),
        register(REVIVE, key_to(ITEM, OnDelete::Revive)),
        register(PLAIN, ValueType::Pointer(ITEM)),
        configured(CASCADING_SET, "set", &SetConfig { item: key_to(ITEM, policy) }),
        configured(CASCADING_KEYS, "map", &MapConfig { key, value }),
        configured(RECORD, "record", &RecordConfig { members }),
        configured(LIST, "list", &ListConfig { item: ValueType::Pointer(ITEM) }),
        counter(COUNTER),
    ];
    let revive = DeletionConfig { edits: UnseenEdits::Revive };
    let doc = vec![
        counter(DOC_COUNTER),
        register(DOC_CASCADE, key_to(ITEM, OnDelete::Cascade)),
        configured(22, "deletion", &revive),
        register(DOC_REVIVE, key_to(DOC, OnDelete::Revive)),
    ];
    let schema = Schema { types: vec![typed(ITEM, item), typed(DOC, doc)] };
    schema.check().expect("a sound schema");
    schema
}

/// A wood that begins with items and docs, in this order.
fn wood_of(items: usize, docs: usize) -> Wood {
    Wood::found(schema(), &[vec![ITEM; items], vec![DOC; docs]].concat())
}

/// A second commit, after an empty one, under the schema with this policy where cascade stood.
fn write_with(
    wood: &mut Wood,
    author: usize,
    policy: OnDelete,
    sees: &[&Commit],
    op: Op,
) -> Commit {
    let first = wood.write(author, &[], vec![]);
    let schema = SchemaChange::Introduce(schema_with(policy).id());
    let payload = Payload::of(vec![Op::Schema(schema_with(policy)), op]).encode();
    wood.script.line(author, Line { after: Some(&first), sees, schema, payload })
}

fn unlink(node: NodeId, field: u64) -> Op {
    edit(node, field, &RegisterOp::Clear)
}

#[test]
fn what_is_dead_is_not_shown_and_pointers_to_it_are_absent() {
    let mut wood = wood_of(3, 0);
    let (a, b, c) = (wood.nodes[0], wood.nodes[1], wood.nodes[2]);
    let insert = ListOp::Insert { at: 0, items: vec![b.into(), c.into()] };
    wood.write(0, &[], vec![link(a, PLAIN, b), edit(a, LIST, &insert), add(b, COUNTER)]);
    let entries = wood.oracle().entries().len();
    let gone = wood.write(0, &[], vec![delete(b)]);
    let oracle = wood.oracle();
    assert_eq!((oracle.nodes().len(), oracle.creations().len()), (2, 3));
    assert_eq!((oracle.died_at(b), oracle.died_at(a)), (Some((gone.id(), 0)), None));
    assert_eq!(oracle.entries().len(), entries - 2, "neither the node nor its counter");
    assert_eq!((wood.value(a, PLAIN), wood.value(b, COUNTER)), (None, None));
    assert_eq!(wood.value(a, LIST), Some(Value::List(vec![Value::Gone, c.into()])));
    // The digest has the pointer as it was written.
    let raw = encode(&Value::Pointer(b));
    assert!(oracle.entries().values().any(|value| *value == raw));

    wood.write(0, &[], vec![delete(b), add(b, COUNTER), delete(NodeId([7; 16]))]);
    assert_eq!(wood.reasons(), ["dead-node", "unknown-node"], "an edit of the dead is unseen");
    assert_eq!(wood.living(), [0, 2]);
}

#[test]
fn a_deletion_needs_a_creation_that_it_saw() {
    let mut wood = wood_of(0, 0);
    let made = wood.write(1, &[], vec![Op::Create { node_type: ITEM, salt: 0 }]);
    let node = Op::Create { node_type: ITEM, salt: 0 }.creates(&made.author(), 0, 0).unwrap();
    wood.write(2, &[], vec![delete(node)]);
    assert_eq!(wood.reasons(), ["unknown-node"]);
    wood.write(2, &[&made], vec![delete(node)]);
    assert!(!wood.oracle().lives(node));
}

/// Author 1 stands before author 2, and neither sees the other.
#[test]
fn each_policy_on_each_side_of_a_deletion() {
    let cases = [
        // Field, what is listed with the link before the deletion and who then lives, and the same
        // with the link after it.
        (RESTRICT, vec!["restricted"], vec![0, 1], vec!["dead-target"], vec![0]),
        (CASCADE, vec![], vec![], vec!["dead-target"], vec![0]),
        (REVIVE, vec!["restricted"], vec![0, 1], vec![], vec![0, 1]),
        (PLAIN, vec![], vec![0], vec![], vec![0]),
    ];
    for (field, before, living_before, after, living_after) in cases {
        for (linker, deleter) in [(1, 2), (2, 1)] {
            let mut wood = wood_of(2, 0);
            let (a, b) = (wood.nodes[0], wood.nodes[1]);
            wood.write(linker, &[], vec![link(a, field, b)]);
            wood.write(deleter, &[], vec![delete(b)]);
            let expected = if linker < deleter {
                (before.clone(), living_before.clone())
            } else {
                (after.clone(), living_after.clone())
            };
            assert_eq!((wood.reasons(), wood.living()), expected, "{field}: {linker}, {deleter}");
            let shown = wood.value(a, field).is_some();
            assert_eq!(shown, wood.living() == [0, 1], "{field}: {linker}, {deleter}");
        }
    }
}

#[test]
fn a_link_that_is_gone_before_the_deletion_says_nothing() {
    let mut wood = wood_of(2, 0);
    let (a, b) = (wood.nodes[0], wood.nodes[1]);
    let remove = edit(a, CASCADING_SET, &SetOp::Remove(vec![b.into()]));
    let unput = edit(a, CASCADING_KEYS, &MapOp::Remove(vec![b.into()]));
    wood.write(
        0,
        &[],
        vec![
            link(a, RESTRICT, b),
            link(a, RESTRICT, a),
            link(a, REVIVE, b),
            unlink(a, REVIVE),
            edit(a, CASCADING_SET, &SetOp::Add(vec![b.into()])),
            remove,
            edit(a, CASCADING_KEYS, &MapOp::Put(vec![(b.into(), 1.into())])),
            unput,
            delete(b),
        ],
    );
    assert_eq!((wood.reasons(), wood.living()), (vec![], vec![0]));
}

#[test]
fn a_write_that_lost_is_no_link_and_one_that_won_later_is_none_before() {
    let mut wood = wood_of(3, 0);
    let (a, b, c) = (wood.nodes[0], wood.nodes[1], wood.nodes[2]);
    wood.write(1, &[], vec![link(a, RESTRICT, b)]);
    wood.write(2, &[], vec![link(a, RESTRICT, c)]);
    wood.write(3, &[], vec![delete(b), delete(c)]);
    assert_eq!((wood.reasons(), wood.living()), (vec!["restricted"], vec![0, 2]));
    // What lost is told as a conflict, without a target that is dead.
    let name = (ObjectId { node: a, field: FieldId(RESTRICT) }, ConflictPart::Whole);
    let lost = vec![(wood.script.commits[1].id(), 0, None)];
    assert_eq!(wood.oracle().conflicts(), BTreeMap::from([(name, lost)]));
}

#[test]
fn links_are_in_members_items_and_keys_too() {
    let set = |a, b: NodeId| edit(a, CASCADING_SET, &SetOp::Add(vec![b.into()]));
    let map = |a, b: NodeId| edit(a, CASCADING_KEYS, &MapOp::Put(vec![(b.into(), 1.into())]));
    let member = |number, a, b: NodeId| edit(a, RECORD, &RecordOp::Set(vec![(number, b.into())]));
    let wood = wood_of(2, 0);
    let (a, b) = (wood.nodes[0], wood.nodes[1]);
    let cases = [
        (set(a, b), vec![], vec![], vec!["dead-target"]),
        (map(a, b), vec![], vec![], vec!["dead-target"]),
        (member(1, a, b), vec!["restricted"], vec![0, 1], vec!["dead-target"]),
        (member(2, a, b), vec!["restricted"], vec![0, 1], vec![]),
    ];
    for (op, before, living, after) in cases {
        let mut one = wood_of(2, 0);
        one.write(1, &[], vec![op.clone()]);
        one.write(2, &[], vec![delete(b)]);
        assert_eq!((one.reasons(), one.living()), (before, living), "{op:?}");
        let mut other = wood_of(2, 0);
        other.write(2, &[], vec![op.clone()]);
        other.write(1, &[], vec![delete(b)]);
        assert_eq!(other.reasons(), after, "{op:?}");
    }
}

#[test]
fn the_foreign_keys_of_one_op_are_looked_at_in_order() {
    let mut wood = wood_of(2, 0);
    let (a, b) = (wood.nodes[0], wood.nodes[1]);
    wood.write(1, &[], vec![delete(b)]);
    let both = RecordOp::Set(vec![(1, b.into()), (2, b.into())]);
    wood.write(2, &[], vec![edit(a, RECORD, &both)]);
    // When the restricting member was looked at, the reviving one had not been.
    assert_eq!((wood.reasons(), wood.living()), (vec!["dead-target"], vec![0, 1]));
    let shown = Value::Record(vec![(1, b.into()), (2, b.into())]);
    assert_eq!(wood.value(a, RECORD), Some(shown), "the pointer is there while its target lives");
}

#[test]
fn a_cascade_takes_what_links_to_what_it_takes_through_cycles_too() {
    let mut wood = wood_of(5, 0);
    let nodes = wood.nodes.clone();
    let links = [(0, 0), (1, 0), (2, 1), (0, 2), (3, 4)];
    let ops = links.iter().map(|(from, to)| link(nodes[*from], CASCADE, nodes[*to])).collect();
    wood.write(0, &[], ops);
    // The register of 0 ended on 2: 0 links to 2, 2 to 1, 1 to 0.
    let last = wood.write(0, &[], vec![delete(nodes[1])]);
    assert_eq!((wood.reasons(), wood.living()), (vec![], vec![3, 4]));
    assert_eq!(wood.oracle().died_at(nodes[2]), Some((last.id(), 0)));
    let meetings = wood.oracle().meetings();
    assert_eq!((meetings.deletions, meetings.cascades), (1, 1));
}

#[test]
fn a_deletion_happens_whole_or_not_at_all() {
    let mut wood = wood_of(4, 0);
    let (a, b, c, d) = (wood.nodes[0], wood.nodes[1], wood.nodes[2], wood.nodes[3]);
    // c hangs on b, b on a; d keeps c.
    let hangs = vec![link(b, CASCADE, a), link(c, CASCADE, b), link(d, RESTRICT, c)];
    wood.write(0, &[], [hangs, vec![delete(a)]].concat());
    assert_eq!((wood.reasons(), wood.living()), (vec!["restricted"], vec![0, 1, 2, 3]));
    // One that is taken itself keeps nobody.
    wood.write(0, &[], vec![link(d, CASCADE, a), delete(a)]);
    assert_eq!((wood.reasons(), wood.living()), (vec!["restricted"], vec![]));
}

#[test]
fn a_node_that_links_to_itself_does_not_keep_itself() {
    let mut wood = wood_of(1, 0);
    let a = wood.nodes[0];
    wood.write(0, &[], vec![link(a, RESTRICT, a), link(a, REVIVE, a), delete(a)]);
    assert_eq!((wood.reasons(), wood.living()), (vec![], vec![]));
}

#[test]
fn a_dead_referrer_keeps_nobody() {
    let mut wood = wood_of(2, 0);
    let (a, b) = (wood.nodes[0], wood.nodes[1]);
    wood.write(0, &[], vec![link(a, RESTRICT, b), delete(b), delete(a), delete(b)]);
    assert_eq!((wood.reasons(), wood.living()), (vec!["restricted"], vec![]));
}

#[test]
fn an_edit_that_the_deletion_did_not_see_keeps_a_revivable_node() {
    for (editor, deleter, reasons) in [(1, 2, vec!["edited"]), (2, 1, vec![])] {
        let mut wood = wood_of(0, 1);
        let doc = wood.nodes[0];
        wood.write(editor, &[], vec![add(doc, DOC_COUNTER)]);
        wood.write(deleter, &[], vec![delete(doc)]);
        assert_eq!((wood.reasons(), wood.living()), (reasons, vec![0]), "{editor}, {deleter}");
        assert_eq!(wood.value(doc, DOC_COUNTER), Some(1.into()));
    }
    // What it saw, it may delete; and an item goes whatever was edited.
    let mut wood = wood_of(1, 1);
    let (item, doc) = (wood.nodes[0], wood.nodes[1]);
    let edited = wood.write(1, &[], vec![add(doc, DOC_COUNTER), add(item, COUNTER)]);
    wood.write(2, &[&edited], vec![delete(doc), delete(item)]);
    wood.write(3, &[], vec![add(item, COUNTER)]);
    assert_eq!((wood.reasons(), wood.living()), (vec![], vec![]));
}

#[test]
fn a_void_edit_keeps_nobody() {
    let mut wood = wood_of(0, 1);
    let doc = wood.nodes[0];
    wood.write(1, &[], vec![edit(doc, DOC_COUNTER, &Value::Bool(true))]);
    wood.write(2, &[], vec![delete(doc)]);
    wood.write(3, &[], vec![edit(doc, DOC_COUNTER, &Value::Bool(true))]);
    assert_eq!(wood.reasons(), ["undecodable", "undecodable"]);
    assert_eq!(wood.living(), [0_usize; 0]);
}

#[test]
fn a_cascade_spares_what_was_edited_unseen() {
    let mut wood = wood_of(1, 2);
    let (item, one, other) = (wood.nodes[0], wood.nodes[1], wood.nodes[2]);
    let hang = vec![link(one, DOC_CASCADE, item), link(other, DOC_CASCADE, item)];
    let base = wood.write(0, &[], hang);
    wood.write(1, &[&base], vec![add(one, DOC_COUNTER)]);
    wood.write(2, &[&base], vec![delete(item)]);
    assert_eq!((wood.reasons(), wood.living()), (vec![], vec![1]));
    assert_eq!(wood.value(one, DOC_CASCADE), None, "its pointer is absent");
    // An edit after the deletion brings back the other, not the item.
    wood.write(3, &[&base], vec![add(other, DOC_COUNTER)]);
    assert_eq!((wood.reasons(), wood.living()), (vec![], vec![1, 2]));
    assert_eq!(wood.oracle().meetings().comings_back, 1);
}

#[test]
fn what_comes_back_brings_what_it_links_to_under_revive() {
    let mut wood = wood_of(0, 4);
    let docs = wood.nodes.clone();
    // 0 needs 1, 1 needs 2, 2 needs 0; 3 needs nobody. All are deleted from the top.
    let needs = [(0, 1), (1, 2), (2, 0)];
    let ops = needs.iter().map(|(from, to)| link(docs[*from], DOC_REVIVE, docs[*to])).collect();
    let base = wood.write(0, &[], ops);
    let apart = vec![unlink(docs[2], DOC_REVIVE), delete(docs[0]), delete(docs[1])];
    let gone = wood.write(0, &[], [apart, vec![delete(docs[2]), delete(docs[3])]].concat());
    assert_eq!((wood.reasons(), wood.living()), (vec![], vec![]));
    wood.write(1, &[&base], vec![add(docs[0], DOC_COUNTER)]);
    assert_eq!((wood.reasons(), wood.living()), (vec![], vec![0, 1, 2]));
    assert_eq!(wood.oracle().died_at(docs[3]), Some((gone.id(), 4)));
}

#[test]
fn a_coming_back_follows_the_links_after_the_op() {
    let mut wood = wood_of(0, 3);
    let (a, b, c) = (wood.nodes[0], wood.nodes[1], wood.nodes[2]);
    let base = wood.write(0, &[], vec![link(a, DOC_REVIVE, b)]);
    wood.write(0, &[], vec![delete(a), delete(b), delete(c)]);
    wood.write(1, &[&base], vec![link(a, DOC_REVIVE, c)]);
    assert_eq!((wood.reasons(), wood.living()), (vec![], vec![0, 2]), "nothing links to b");
    assert_eq!(wood.value(a, DOC_REVIVE), Some(c.into()));
}

#[test]
fn a_pointer_is_there_again_when_its_target_is() {
    let mut wood = wood_of(3, 0);
    let (a, b, c) = (wood.nodes[0], wood.nodes[1], wood.nodes[2]);
    let links = vec![link(a, PLAIN, b), delete(b)];
    wood.write(1, &[], links);
    wood.write(2, &[], vec![link(a, RESTRICT, b)]);
    assert_eq!((wood.value(a, PLAIN), wood.value(a, RESTRICT)), (None, None));
    wood.write(3, &[], vec![link(c, REVIVE, b)]);
    assert_eq!(wood.reasons(), ["dead-target"], "it stays listed");
    assert_eq!((wood.value(a, PLAIN), wood.value(a, RESTRICT)), (Some(b.into()), Some(b.into())));
    // The link that was listed restricts, now that its target lives.
    let heads: Vec<Commit> = wood.script.commits[1..].to_vec();
    let sees: Vec<&Commit> = heads.iter().collect();
    wood.write(4, &sees, vec![unlink(c, REVIVE), delete(b)]);
    assert_eq!(wood.reasons(), ["dead-target", "restricted"]);
}

#[test]
fn a_link_has_the_policy_of_the_schema_that_wrote_it() {
    for (policy, reasons, living) in [
        (OnDelete::Restrict, vec!["restricted"], vec![0, 1]),
        (OnDelete::Cascade, vec![], vec![]),
        (OnDelete::Revive, vec!["restricted"], vec![0, 1]),
    ] {
        let mut wood = wood_of(2, 0);
        let (a, b) = (wood.nodes[0], wood.nodes[1]);
        let linked = write_with(&mut wood, 1, policy, &[], link(a, CASCADE, b));
        // Who deletes writes under the founding schema, which says cascade.
        wood.write(2, &[&linked], vec![delete(b)]);
        assert_eq!((wood.reasons(), wood.living()), (reasons, living), "{policy}");
    }
}

#[test]
fn an_item_that_is_there_twice_has_both_links() {
    let mut wood = wood_of(2, 0);
    let (a, b) = (wood.nodes[0], wood.nodes[1]);
    let put = || edit(a, CASCADING_SET, &SetOp::Add(vec![b.into()]));
    let one = wood.write(1, &[], vec![put()]);
    let two = write_with(&mut wood, 2, OnDelete::Restrict, &[], put());
    wood.write(3, &[&one, &two], vec![delete(b)]);
    assert_eq!(wood.living(), [0_usize; 0], "who is taken under one policy keeps nobody");
    // Without the cascading addition, the restricting one is left.
    wood.script.commits.pop();
    let last = wood.write(4, &[&one], vec![edit(a, CASCADING_SET, &SetOp::Remove(vec![b.into()]))]);
    wood.write(3, &[&last, &two], vec![delete(b)]);
    assert_eq!((wood.reasons(), wood.living()), (vec!["restricted"], vec![0, 1]));
}

#[test]
fn fields_that_say_something_of_their_type_take_no_ops() {
    let mut wood = wood_of(0, 1);
    let doc = wood.nodes[0];
    wood.write(0, &[], vec![edit(doc, 22, &RegisterOp::Clear)]);
    assert_eq!(wood.reasons(), ["read-only"]);
}
