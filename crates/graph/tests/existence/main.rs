//! Who lives: against a slow serial judge, by hand, and what it costs.
//!
//! **Invariants**
//! - What lives depends on the set of commits alone, and is what one serial run says.
//!
//! What this does not do: compare with the oracle. The tests of the workspace do.

mod cost;
mod random;
mod rests;
mod serial;
#[path = "../shelf/mod.rs"]
mod shelf;
mod world;

use woodland_format::{
    MapOp, NodeId, OnDelete, Op, RegisterOp, Value, encode, keyed_node_id, recreated_node_id,
};
use woodland_graph::{Graph, Kinds, Referrer, Void};
use world::{Age, BARE, FREE, KEYED, Replica, Shape, edit, field, policy, replicas};

/// The field by which a free node of the early schema links to another with this policy.
fn shape(on_delete: OnDelete) -> Shape {
    let shape = match on_delete {
        OnDelete::Cascade => Shape::One,
        OnDelete::Restrict => Shape::Sooner,
        OnDelete::Revive => Shape::Values,
    };
    assert_eq!(policy(FREE, FREE, shape, Age::Early), on_delete);
    shape
}

fn link(source: NodeId, target: NodeId, on_delete: OnDelete) -> Op {
    let field = field(FREE, FREE, shape(on_delete));
    let value = Value::Pointer(target);
    let op = match on_delete {
        OnDelete::Revive => encode(&MapOp::Put(vec![(Value::Int(0), value)])),
        _ => encode(&RegisterOp::Set(value)),
    };
    edit(source, field, op)
}

fn unlink(source: NodeId, on_delete: OnDelete) -> Op {
    let field = field(FREE, FREE, shape(on_delete));
    let op = match on_delete {
        OnDelete::Revive => encode(&MapOp::Remove(vec![Value::Int(0)])),
        _ => encode(&RegisterOp::Clear),
    };
    edit(source, field, op)
}

fn touch(node: NodeId) -> Op {
    edit(node, field(FREE, FREE, Shape::Number), encode(&RegisterOp::Set(Value::Int(1))))
}

fn delete(node: NodeId) -> Op {
    Op::Delete { node }
}

/// Two replicas with these many nodes, which both have read the same and now write apart. What the
/// first writes stands before what the second does, for it goes on from its own commits.
fn two(age: Age, count: u32) -> (Replica, Replica, Vec<NodeId>) {
    let mut all = replicas(2, age);
    let nodes = all[0].create(count);
    let founder = all.remove(0);
    let mut other = all.remove(0);
    other.read(&founder);
    (founder, other, nodes)
}

/// The same with a third one. What the second writes stands before what the third does.
fn three(age: Age, count: u32) -> (Replica, [Replica; 2], Vec<NodeId>) {
    let mut all = replicas(3, age);
    let nodes = all[0].create(count);
    let founder = all.remove(0);
    all.sort_by_key(|replica| replica.next().0);
    let (mut second, mut third) = (all.remove(0), all.remove(0));
    second.read(&founder);
    third.read(&founder);
    (founder, [second, third], nodes)
}

/// What both see once they have read each other: who lives, and the reasons of what is void.
fn meet(mut one: Replica, mut other: Replica, nodes: &[NodeId]) -> (Vec<bool>, Vec<Void>) {
    let first = one.clone();
    one.read(&other);
    other.read(&first);
    let whole = Graph::of(&one.log, Kinds::standard());
    let told = |graph: &Graph| -> (Vec<bool>, Vec<Void>) {
        (graph.lives(nodes), graph.voids().map(|void| void.reason).collect())
    };
    assert_eq!(told(&one.graph), told(&other.graph));
    assert_eq!(told(&one.graph), told(&whole), "from nothing");
    assert_eq!(one.graph.digest(), whole.digest());
    told(&whole)
}

#[test]
fn a_node_that_links_to_itself_dies_and_so_does_a_cycle() {
    let (mut one, _, nodes) = two(Age::Early, 5);
    for on_delete in [OnDelete::Restrict, OnDelete::Revive, OnDelete::Cascade] {
        one.write(vec![link(nodes[0], nodes[0], on_delete)]);
    }
    let around = [(1, 2), (2, 3), (3, 1)];
    one.write(around.map(|(a, b)| link(nodes[a], nodes[b], OnDelete::Cascade)).into());
    one.write(vec![link(nodes[3], nodes[2], OnDelete::Restrict)]);
    one.write(vec![delete(nodes[0]), delete(nodes[2])]);
    assert_eq!(one.graph.lives(&nodes), [false, false, false, false, true]);
    let died = one.graph.died(&[nodes[1], nodes[4]]);
    assert_eq!(died[0].map(|death| (death.of, death.index)), Some((nodes[2], 1)));
    assert_eq!(died[1], None);
    assert!(one.graph.nodes(&nodes[..4]).iter().all(Option::is_none));
}

#[test]
fn a_deletion_happens_whole_or_not_at_all() {
    let (mut one, _, nodes) = two(Age::Early, 4);
    let (folder, note, line, outsider) = (nodes[0], nodes[1], nodes[2], nodes[3]);
    one.write(vec![
        link(note, folder, OnDelete::Cascade),
        link(line, note, OnDelete::Cascade),
        link(outsider, line, OnDelete::Restrict),
    ]);
    one.write(vec![delete(folder)]);
    assert_eq!(one.graph.lives(&nodes), [true; 4]);
    assert_eq!(one.graph.voids().map(|void| void.reason).collect::<Vec<_>>(), [Void::Restricted]);
    let referrer =
        |node, on_delete| Referrer { node, field: field(FREE, FREE, shape(on_delete)), on_delete };
    let expected = [referrer(outsider, OnDelete::Restrict)];
    assert_eq!(one.graph.referrers(line, 9), expected);
    assert_eq!(one.graph.referrers(folder, 9), [referrer(note, OnDelete::Cascade)]);
    assert_eq!(one.graph.referrers(folder, 0), []);
    one.write(vec![unlink(outsider, OnDelete::Restrict), delete(folder)]);
    assert_eq!(one.graph.lives(&nodes), [false, false, false, true]);
    assert_eq!(one.graph.referrers(line, 9), []);
    assert_eq!(one.graph.voids().count(), 1, "what was void stays void");
}

#[test]
fn a_link_that_the_deletion_did_not_see_counts_on_either_side_of_it() {
    let expected = |on_delete, link_is_first| match (on_delete, link_is_first) {
        (OnDelete::Cascade, true) => ([false, false], vec![]),
        (OnDelete::Cascade | OnDelete::Restrict, false) => ([false, true], vec![Void::DeadTarget]),
        (OnDelete::Restrict | OnDelete::Revive, true) => ([true, true], vec![Void::Restricted]),
        (OnDelete::Revive, false) => ([true, true], vec![]),
    };
    for on_delete in [OnDelete::Cascade, OnDelete::Restrict, OnDelete::Revive] {
        for link_is_first in [true, false] {
            let (mut one, mut other, nodes) = two(Age::Early, 2);
            let (linker, deleter) =
                if link_is_first { (&mut one, &mut other) } else { (&mut other, &mut one) };
            linker.write(vec![link(nodes[1], nodes[0], on_delete)]);
            deleter.write(vec![delete(nodes[0])]);
            let (lives, voids) = meet(one, other, &nodes);
            let expected = expected(on_delete, link_is_first);
            assert_eq!((lives, voids), (expected.0.to_vec(), expected.1), "{on_delete}");
        }
    }
}

#[test]
fn an_edit_that_the_deletion_did_not_see_keeps_a_revivable_node() {
    for edit_is_first in [true, false] {
        let (mut one, mut other, nodes) = two(Age::Late, 1);
        let (editor, deleter) =
            if edit_is_first { (&mut one, &mut other) } else { (&mut other, &mut one) };
        editor.write(vec![touch(nodes[0])]);
        deleter.write(vec![delete(nodes[0])]);
        let voids = if edit_is_first { vec![Void::Edited] } else { vec![] };
        assert_eq!(meet(one, other, &nodes), (vec![true], voids));
    }
    let (mut one, mut other, nodes) = two(Age::Late, 1);
    one.write(vec![touch(nodes[0])]);
    other.read(&one);
    other.write(vec![delete(nodes[0])]);
    assert_eq!(meet(one, other, &nodes), (vec![false], vec![]), "it was seen");
    let (mut one, mut other, nodes) = two(Age::Early, 1);
    one.write(vec![touch(nodes[0])]);
    other.write(vec![delete(nodes[0])]);
    assert_eq!(meet(one, other, &nodes), (vec![false], vec![]), "its type is not revivable");
}

#[test]
fn what_comes_back_brings_what_it_links_to_and_not_what_went_with_it() {
    let (mut one, mut other, nodes) = two(Age::Early, 4);
    let (note, folder, shelf, page) = (nodes[0], nodes[1], nodes[2], nodes[3]);
    one.write(vec![
        link(note, folder, OnDelete::Revive),
        link(folder, shelf, OnDelete::Revive),
        link(page, note, OnDelete::Cascade),
    ]);
    other.read(&one);
    one.write(vec![delete(note), delete(folder), delete(shelf)]);
    assert_eq!(one.graph.lives(&nodes), [false; 4]);
    let outsider = other.create(1)[0];
    other.write(vec![link(outsider, note, OnDelete::Revive)]);
    let (lives, voids) = meet(one, other, &nodes);
    assert_eq!((lives, voids), (vec![true, true, true, false], vec![]));
}

#[test]
fn each_generation_of_a_key_is_a_node_of_its_own() {
    let (mut one, mut other, _) = two(Age::Late, 1);
    let key = Value::Int(7);
    let bytes = encode(&key);
    let nodes = [keyed_node_id(KEYED, &bytes), recreated_node_id(KEYED, &bytes, 1)];
    let again = |generation| Op::Recreate { node_type: KEYED, key: key.clone(), generation };
    one.write(vec![Op::CreateKeyed { node_type: KEYED, key: key.clone() }]);
    one.write(vec![again(0), again(2)]);
    one.write(vec![delete(nodes[0]), again(1), again(3)]);
    let reasons: Vec<Void> = one.graph.voids().map(|void| void.reason).collect();
    assert_eq!(reasons, [Void::UnseenGeneration; 3]);
    assert_eq!(one.graph.lives(&nodes), [false, true]);
    // Who has not seen the deletion joins the first generation, which is dead there.
    other.write(vec![Op::CreateKeyed { node_type: KEYED, key }]);
    let (lives, voids) = meet(one, other, &nodes);
    assert_eq!(lives, [false, true]);
    assert_eq!(voids.iter().filter(|reason| **reason == Void::DeadNode).count(), 1);
}

#[test]
fn a_write_under_another_schema_ends_a_link_whichever_arrives_first() {
    // `Later` holds plain pointers under the early schema.
    let (mut one, mut other, nodes) = two(Age::Early, 3);
    let link = |target| {
        let op = encode(&RegisterOp::Set(Value::Pointer(target)));
        edit(nodes[1], field(FREE, FREE, Shape::Later), op)
    };
    one.grow();
    one.write(vec![link(nodes[0])]);
    // Stands after the link, and is derived before its schema arrives.
    other.write(vec![link(nodes[2])]);
    other.write(vec![delete(nodes[0])]);
    assert_eq!(meet(one, other, &nodes), (vec![false, true, true], vec![]));
}

#[test]
fn what_was_put_in_a_generation_that_has_ended_protects_nothing() {
    let (mut one, mut other, nodes) = two(Age::Early, 3);
    one.write(vec![link(nodes[0], nodes[1], OnDelete::Revive)]);
    other.read(&one);
    one.write(vec![unlink(nodes[0], OnDelete::Revive)]);
    other.write(vec![link(nodes[0], nodes[2], OnDelete::Revive)]);
    let (put_came_late, end_came_late) = (one.clone(), other.clone());
    one.read(&end_came_late);
    other.read(&put_came_late);
    for replica in [&mut one, &mut other] {
        replica.write(vec![delete(nodes[1]), delete(nodes[2])]);
        assert_eq!(replica.graph.lives(&nodes), [true, false, false]);
        assert_eq!(replica.graph.voids().count(), 0);
    }
}

#[test]
fn what_comes_back_late_brings_a_node_that_died_later_still() {
    let (mut founder, [mut second, mut third], nodes) = three(Age::Early, 3);
    let (note, folder, outsider) = (nodes[0], nodes[1], nodes[2]);
    founder.write(vec![link(note, folder, OnDelete::Revive)]);
    third.read(&founder);
    founder.write(vec![delete(note)]);
    second.read(&founder);
    third.write(vec![link(outsider, note, OnDelete::Revive)]);
    second.write(vec![delete(folder)]);
    founder.read(&third);
    assert_eq!(founder.graph.lives(&nodes), [true; 3]);
    // In order, the folder was deleted while the note was dead.
    assert_eq!(meet(founder, second, &nodes), (vec![true; 3], vec![]));
}

#[test]
fn a_node_comes_back_with_the_links_that_it_has_by_then() {
    let (mut founder, [mut second, mut third], nodes) = three(Age::Early, 3);
    let (note, folder, outsider) = (nodes[0], nodes[1], nodes[2]);
    founder.write(vec![link(note, folder, OnDelete::Revive)]);
    second.read(&founder);
    third.read(&founder);
    founder.write(vec![delete(note), delete(folder)]);
    second.write(vec![unlink(note, OnDelete::Revive)]);
    third.write(vec![link(outsider, note, OnDelete::Revive)]);
    founder.read(&third);
    assert_eq!(founder.graph.lives(&nodes), [true; 3]);
    // In order, the link was taken away before the note came back; no deletion follows.
    assert_eq!(meet(founder, second, &nodes), (vec![true, false, true], vec![]));
}

#[test]
fn a_creation_of_another_type_keeps_nothing() {
    let mut met = std::collections::BTreeSet::new();
    for salt in 1..20 {
        let (mut bare, _, _) = two(Age::Early, 1);
        let mut free = bare.fork();
        let (author, seq) = bare.next();
        let node = woodland_format::node_id(&author, seq, 0, 0);
        let create = |node_type, salt| Op::Create { node_type, salt };
        bare.write(vec![create(BARE, 0), create(BARE, salt)]);
        free.write(vec![create(FREE, 0)]);
        free.write(vec![delete(node)]);
        // The one whose commit has the smaller id is first, and decides the type.
        let (lives, voids) = meet(bare, free, &[node]);
        match (&lives[..], &voids[..]) {
            ([true], [Void::TypeDiffers, Void::Edited]) => met.insert("bare"),
            ([false], [Void::TypeDiffers]) => met.insert("free"),
            other => panic!("{other:?}"),
        };
    }
    assert_eq!(met.len(), 2, "either is first now and then");
}
