//! What differs between two versions: by ops, by what a pointer points to, by the schema.

use super::world::*;
use std::collections::BTreeMap;
use woodland_format::{
    Commit, Draft, FieldId, ListOp, MigrationStep, NodeId, Op, Payload, Position, SchemaChange,
    TypeId, Value, ValueType, node_id,
};
use woodland_graph::{Graph, Node, NodeChange};

/// What `changes_since` should say, by reading everything.
fn compared(now: &Graph, before: &Graph) -> Vec<NodeChange> {
    let read = |graph: &Graph| -> BTreeMap<NodeId, Node> {
        graph.all().map(|node| (node.id, node)).collect()
    };
    let (was, is) = (read(before), read(now));
    let mut ids: Vec<NodeId> = was.keys().chain(is.keys()).copied().collect();
    ids.sort_unstable();
    ids.dedup();
    let change = |node: NodeId| {
        let (old, new) = (was.get(&node), is.get(&node));
        let types = (old.map(|one| one.node_type), new.map(|one| one.node_type));
        let fields = match (old, new) {
            (Some(old), Some(new)) if types.0 == types.1 => {
                let mut all: Vec<FieldId> =
                    old.fields.keys().chain(new.fields.keys()).copied().collect();
                all.sort_unstable();
                all.dedup();
                all.retain(|field| old.fields.get(field) != new.fields.get(field));
                all
            }
            _ => new.or(old).map(|one| one.fields.keys().copied().collect()).unwrap_or_default(),
        };
        let differs = types.0 != types.1 || !fields.is_empty();
        differs.then_some(NodeChange { node, before: types.0, after: types.1, fields })
    };
    ids.into_iter().filter_map(change).collect()
}

fn told(now: &Graph, before: &Graph) -> Vec<NodeChange> {
    now.changes_since(before).collect()
}

#[test]
fn a_migration_changes_what_reads_otherwise_and_nothing_else() {
    let mut founder = Replica::found(&schema());
    let notes = founder.create(&[NOTE, NOTE, NOTE]);
    founder.set(object(notes[0], TITLE), "1");
    founder.set(object(notes[1], RANK), 1);
    let before = founder.graph.clone();
    founder.migrate(vec![change(TITLE, &register(ValueType::Int))]);
    let changes = told(&founder.graph, &before);
    assert_eq!(changes, compared(&founder.graph, &before));
    assert_eq!(changes.len(), 1);
    // Read through one schema nothing differs, and neither does the digest.
    let old = founder.graph.through(&schema().id()).expect("it is carried");
    assert_eq!(told(&old, &before), []);
    assert_eq!(founder.graph.digest(), before.digest());

    let before = founder.graph.clone();
    founder.migrate(vec![MigrationStep::RemoveField { field: RANK }, rename(TITLE, "subject")]);
    let changes = told(&founder.graph, &before);
    assert_eq!(changes, compared(&founder.graph, &before));
    assert_eq!(changes[0].fields, [RANK]);
    // The other way round, everything that was gone is there.
    let old = founder.graph.through(&schema().id()).expect("it is carried");
    assert_eq!(told(&old, &founder.graph), compared(&old, &founder.graph));
}

/// A second and a third commit of the founder, that each other's author could have written in its
/// place: each creates one node of its own type, and both are one node.
fn rivals(founder: &Replica) -> ([Commit; 2], NodeId) {
    let (author, log) = (founder.author, &founder.log);
    let tip = log.get(&log.heads().next().expect("a head")).expect("it is held");
    let make = |node_type: TypeId, more: u64| {
        let salted = Op::Create { node_type: FOLDER, salt: more };
        let ops = vec![Op::Create { node_type, salt: 0 }, salted];
        let (backlink, seq) = (tip.id(), tip.seq() + 1);
        let position = Position::Next { backlink, seq, schema: SchemaChange::Keep };
        let turn = log.next_turn(Some(backlink), &[]).expect("it is held");
        let draft = Draft { position, turn, parents: vec![], payload: Payload::of(ops) };
        Commit::seal(author, draft).expect("a small commit")
    };
    let folder = make(FOLDER, 1);
    // Of a fork's rivals that of the lower id is first: look for one.
    let note = (2..).map(|more| make(NOTE, more)).find(|one| one.id() < folder.id());
    ([folder, note.expect("one in two is")], node_id(&author, tip.seq() + 1, 0, 0))
}

#[test]
fn a_pointer_whose_target_turns_is_told_as_a_change_of_its_node() {
    let mut founder = Replica::found(&schema());
    let notes = founder.create(&[NOTE, NOTE]);
    let ([folder, note], target) = rivals(&founder);
    let log = founder.log.append(&folder).expect("it fits");
    let mut other = founder.join(2);
    other.graph = other.graph.advance(&log);
    other.log = log;
    let items = ListOp::Insert { at: 0, items: vec![target.into(), target.into()] };
    other.write(vec![
        set(object(notes[0], FOLDER_OF), target),
        edit(object(notes[0], ITEMS), &items),
    ]);
    other.write(vec![set(object(notes[1], TITLE), "beside")]);
    let (pointer, listed) = (object(notes[0], FOLDER_OF), object(notes[0], ITEMS));
    assert_eq!(other.value(pointer), Some(target.into()));

    // The rival arrives, is first in order, and makes the target a note.
    let before = other.graph.clone();
    let digest = before.digest();
    let after = before.advance(&other.log.append(&note).expect("it fits"));
    assert_eq!(value(&after, pointer), None);
    assert_eq!(value(&after, listed), Some(Value::List(vec![Value::Gone, Value::Gone])));
    assert_eq!(after.parts(&[(listed, 1..2)]), [Some(Value::List(vec![Value::Gone]))]);
    assert_eq!(after.sizes(&[listed]), [Some(2)]);
    let changes = told(&after, &before);
    assert_eq!(changes, compared(&after, &before));
    let of_source = changes.iter().find(|one| one.node == notes[0]).expect("it is told");
    assert_eq!(of_source.fields, [FOLDER_OF, ITEMS]);
    assert!(changes.iter().all(|one| one.node != notes[1]));

    // As it was written, the pointer is there: of the digest only the node's own type differs.
    assert_ne!(after.digest(), digest);
    let whole = Graph::of(after.log(), woodland_graph::Kinds::standard());
    assert_eq!(after.digest(), whole.digest());
    assert_eq!(told(&whole, &before), changes);
}
