//! What the judge looks at, by counters: in proportion to what a merge touches. No clock is asked.

use super::world::{Age, FREE, KEYED, Replica, Shape, edit, field, policy, replicas};
use super::{delete, link};
use woodland_format::{NodeId, OnDelete, Op, RegisterOp, Value, encode, keyed_node_id};
use woodland_graph::{Graph, Kinds};

const REFERRERS: u32 = 100_000;

/// Two free nodes and a keyed one, each with very many referrers, by cascade, restrict and revive.
fn hubs() -> (Replica, [NodeId; 3], Vec<NodeId>) {
    let mut replica = replicas(1, Age::Early).remove(0);
    let key = Value::Int(0);
    let keyed = keyed_node_id(KEYED, &encode(&key));
    replica.write(vec![Op::CreateKeyed { node_type: KEYED, key }]);
    let free = replica.create(2);
    let hubs = [free[0], free[1], keyed];
    let revive = field(FREE, KEYED, Shape::Sooner);
    assert_eq!(policy(FREE, KEYED, Shape::Sooner, Age::Early), OnDelete::Revive);
    let nodes = replica.create(REFERRERS);
    let links = |(at, node): (usize, &NodeId)| match at % 3 {
        0 => link(*node, hubs[0], OnDelete::Cascade),
        1 => link(*node, hubs[1], OnDelete::Restrict),
        _ => edit(*node, revive, encode(&RegisterOp::Set(Value::Pointer(hubs[2])))),
    };
    replica.write(nodes.iter().enumerate().map(links).collect());
    (replica, hubs, nodes)
}

#[test]
fn a_deletion_looks_at_the_referrers_of_what_it_takes() {
    let (mut replica, hubs, nodes) = hubs();
    let whole = Graph::of(&replica.log, Kinds::standard()).work();
    assert_eq!((whole.judged, whole.referrers), (0, 0), "nothing was deleted");

    for kept in &hubs[1..] {
        replica.write(vec![delete(*kept)]);
        let work = replica.graph.work();
        assert_eq!(work.judged, 1);
        assert!(work.referrers <= 10, "the first one that forbids it is enough: {work:?}");
    }
    replica.write(vec![delete(hubs[0])]);
    let (work, took) = (replica.graph.work(), u64::from(REFERRERS.div_ceil(3)));
    assert_eq!(work.judged, 1);
    assert!((took..6 * took).contains(&work.referrers), "{work:?}");
    let living = replica.graph.lives(&nodes).into_iter().filter(|lives| *lives).count() as u64;
    assert_eq!(living, u64::from(REFERRERS) - took);

    // Whatever is dead and alive: a small matter stays one, at the end and in the middle.
    let mut other = replicas(2, Age::Early).remove(1);
    other.read(&replica);
    let small = replica.create(3);
    replica.write(vec![link(small[1], small[0], OnDelete::Cascade)]);
    other.read(&replica);
    replica.write(vec![delete(small[0])]);
    assert_eq!(replica.graph.lives(&small), [false, false, true]);
    other.write(vec![link(small[2], small[1], OnDelete::Restrict)]);
    for _ in 0..10 {
        replica.create(1);
    }
    replica.read(&other);
    let work = replica.graph.work();
    assert!((1..=3).contains(&work.judged) && work.referrers <= 20, "{work:?}");
    let whole = Graph::of(&replica.log, Kinds::standard());
    assert_eq!(replica.graph.lives(&small), whole.lives(&small));
    assert_eq!(replica.graph.digest(), whole.digest());
}

#[test]
fn a_chain_is_walked_once_however_it_is_deleted() {
    const LENGTH: u32 = 1000;
    let chain = || {
        let mut replica = replicas(1, Age::Early).remove(0);
        let nodes = replica.create(LENGTH);
        let links = nodes.windows(2).map(|pair| link(pair[1], pair[0], OnDelete::Cascade));
        replica.write(links.collect());
        (replica, nodes)
    };
    let (mut replica, nodes) = chain();
    replica.write(vec![delete(nodes[0])]);
    let work = replica.graph.work();
    assert_eq!(work.judged, 1);
    assert!(work.referrers <= 6 * u64::from(LENGTH), "{work:?}");
    assert!(!replica.graph.lives(&nodes).contains(&true));

    let (mut replica, nodes) = chain();
    replica.write(nodes.iter().rev().map(|node| delete(*node)).collect());
    let work = replica.graph.work();
    assert_eq!(work.judged, u64::from(LENGTH));
    assert!(work.referrers <= 10 * u64::from(LENGTH), "{work:?}");
    assert!(!replica.graph.lives(&nodes).contains(&true));
}
