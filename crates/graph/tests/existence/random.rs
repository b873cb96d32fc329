//! Random histories of three authors, one of which may fork, who create, delete and link without
//! seeing each other. Built with `WOODLAND_SEED=n` they begin at another seed; a failure names its
//! own.
//!
//! **Invariants**
//! - Whatever arrives when and in what batches, the engine says what one serial run says.

use super::serial::{judge, told};
use super::world::{
    Age, BARE, FREE, KEYED, Numbers, Replica, SHAPES, Shape, edit, field, replicas,
};
use std::collections::BTreeSet;
use woodland_format::{
    Commit, MapOp, NodeId, Op, RecordOp, RegisterOp, SetOp, TextOp, TypeId, Value, encode,
    keyed_node_id, recreated_node_id,
};
use woodland_graph::{Graph, Kinds, Void, VoidOp};
use woodland_log::Log;

const KEYS: i64 = 2;

pub(crate) fn first_seed() -> u64 {
    let seed = option_env!("WOODLAND_SEED");
    seed.map_or(1, |seed| seed.parse().expect("WOODLAND_SEED is a number"))
}

/// What there is to write about.
pub(crate) struct World {
    pub(crate) numbers: Numbers,
    /// Nodes without keys, whoever has seen them.
    pub(crate) free: Vec<NodeId>,
    pub(crate) keyed: Vec<NodeId>,
    shapes: Vec<Shape>,
    /// The types that are written about, some more often.
    types: Vec<TypeId>,
}

impl World {
    pub(crate) fn of(seed: u64) -> Self {
        let mut numbers = Numbers::from_seed(seed);
        let key = |key: i64| encode(&Value::Int(key));
        let of_key = |at: i64| {
            let first = keyed_node_id(KEYED, &key(at));
            [first, recreated_node_id(KEYED, &key(at), 1), recreated_node_id(KEYED, &key(at), 2)]
        };
        let keyed = (0..KEYS).flat_map(of_key).collect();
        // Now and then all about one shape.
        let shapes = match numbers.below(3) {
            0 => vec![numbers.one_of(&SHAPES[..9])],
            1 => vec![numbers.one_of(&SHAPES[..9]), numbers.one_of(&SHAPES)],
            _ => SHAPES.to_vec(),
        };
        let types = if numbers.below(2) == 0 { vec![FREE] } else { vec![FREE, FREE, KEYED] };
        World { numbers, free: Vec::new(), keyed, shapes, types }
    }

    /// A node, mostly one that is known there.
    fn node(&mut self, replica: &Replica, of: TypeId) -> NodeId {
        let mut node = self.any(of);
        for _ in 0..3 {
            if !replica.knows(node) {
                node = self.any(of);
            }
        }
        node
    }

    fn any(&mut self, of: TypeId) -> NodeId {
        let of_type = if of == FREE { &self.free } else { &self.keyed };
        // The first few are meant more often: hubs.
        let end = if self.numbers.below(3) > 0 { of_type.len().min(3) } else { of_type.len() };
        of_type[self.numbers.below(end)]
    }

    fn a_type(&mut self) -> TypeId {
        self.types[self.numbers.below(self.types.len())]
    }

    /// One op of an author whose next commit this would be part of.
    fn op(&mut self, replica: &Replica, index: u32) -> Op {
        let key = Value::Int(self.numbers.below(KEYS as usize) as i64);
        match self.numbers.below(20) {
            0 => {
                let (author, seq) = replica.next();
                self.free.push(woodland_format::node_id(&author, seq, index, 0));
                let node_type = if self.numbers.below(3) == 0 { BARE } else { FREE };
                Op::Create { node_type, salt: 0 }
            }
            1 | 2 if self.types.len() > 1 => Op::CreateKeyed { node_type: KEYED, key },
            3 if self.types.len() > 1 => {
                let generation = self.numbers.below(3) as u32;
                Op::Recreate { node_type: KEYED, key, generation }
            }
            4..9 => {
                let of = self.a_type();
                Op::Delete { node: self.node(replica, of) }
            }
            _ => self.edit(replica),
        }
    }

    fn edit(&mut self, replica: &Replica) -> Op {
        let (owner, target) = (self.a_type(), self.a_type());
        let node = self.node(replica, owner);
        let shapes = std::mem::take(&mut self.shapes);
        let shape = self.numbers.one_of(&shapes);
        self.shapes = shapes;
        let field = field(owner, target, shape);
        let pointer = |world: &mut World| Value::Pointer(world.node(replica, target));
        let (one, other) = (pointer(self), pointer(self));
        let adds = self.numbers.below(5) < 3;
        let number = self.numbers.below(2) as i64;
        match shape {
            Shape::One | Shape::Later | Shape::Sooner => {
                let op = if adds { RegisterOp::Set(one) } else { RegisterOp::Clear };
                edit(node, field, encode(&op))
            }
            Shape::Set => {
                let items: BTreeSet<Value> = [one, other].into();
                let items: Vec<Value> = items.into_iter().collect();
                let op = if adds { SetOp::Add(items) } else { SetOp::Remove(items) };
                edit(node, field, encode(&op))
            }
            Shape::Values | Shape::LaterValues => {
                let key = Value::Int(number);
                let op = match adds {
                    true => MapOp::Put(vec![(key, one)]),
                    false => MapOp::Remove(vec![key]),
                };
                edit(node, field, encode(&op))
            }
            Shape::Keys => {
                let op = match adds {
                    true => MapOp::Put(vec![(one, Value::Int(number))]),
                    false => MapOp::Remove(vec![one]),
                };
                edit(node, field, encode(&op))
            }
            Shape::Record => {
                let op = match self.numbers.below(4) {
                    0 => RecordOp::Set(vec![(1, one)]),
                    1 => RecordOp::Set(vec![(1, one), (2, other)]),
                    2 => RecordOp::Set(vec![(2, one), (3, Value::Int(number))]),
                    _ => RecordOp::Clear(vec![1 + number as u32]),
                };
                edit(node, field, encode(&op))
            }
            Shape::Atom => {
                let value = match adds {
                    true => Value::Record(vec![(1, one), (2, other)]),
                    false => Value::Record(vec![(2, one)]),
                };
                edit(node, field, encode(&RegisterOp::Set(value)))
            }
            Shape::Text => {
                let op = TextOp::Insert { at: number as u32, text: "x".into() };
                edit(node, field, encode(&op))
            }
            Shape::Number => edit(node, field, encode(&RegisterOp::Set(Value::Int(number)))),
        }
    }
}

/// A history in which three authors write and read each other.
pub(crate) fn history(world: &mut World) -> Vec<Replica> {
    let age = if world.numbers.below(4) == 0 { Age::Late } else { Age::Early };
    let mut all = replicas(3, age);
    world.free.extend(all[0].create(4));
    let first = all[0].clone();
    all[1..].iter_mut().for_each(|other| other.read(&first));
    for _ in 0..12 + world.numbers.below(40) {
        let at = world.numbers.below(all.len());
        if world.numbers.below(5) < 2 {
            let other = all[world.numbers.below(all.len())].clone();
            all[at].read(&other);
        }
        if all.len() == 3 && world.numbers.below(100) == 0 {
            all.push(all[at].fork());
        }
        if world.numbers.below(12) == 0 {
            all[at].grow();
        }
        let count = 1 + world.numbers.below(3) as u32;
        let ops = (0..count).map(|index| world.op(&all[at], index)).collect();
        all[at].write(ops);
    }
    all
}

/// What random histories came to: a test of few deaths would test little.
#[derive(Debug, Default)]
struct Tally {
    dead: usize,
    reasons: std::collections::BTreeMap<Void, usize>,
}

fn check(seed: u64, tally: &mut Tally) {
    let name = format!("WOODLAND_SEED={seed}");
    let mut world = World::of(seed);
    let mut all = history(&mut world);
    for other in 1..all.len() {
        let other = all[other].clone();
        all[0].read(&other);
    }
    let log = all[0].log.clone();
    let whole = Graph::of(&log, Kinds::standard());
    let expected = judge(&log, &whole);
    assert_eq!(told(&log, &whole, &expected), expected, "{name}, at once");
    tally.dead += expected.lives.values().filter(|lives| !**lives).count();
    for (_, _, reason) in &expected.listed {
        *tally.reasons.entry(*reason).or_default() += 1;
    }
    let voids: Vec<VoidOp> = whole.voids().collect();
    let compare = |graph: &Graph, how: &str| {
        assert_eq!(told(&log, graph, &expected), expected, "{name}, {how}");
        assert_eq!(graph.voids().collect::<Vec<_>>(), voids, "{name}, {how}");
        assert_eq!(graph.digest(), whole.digest(), "{name}, {how}");
        assert_eq!(graph.died(&world.free), whole.died(&world.free), "{name}, {how}");
    };
    compare(&all[0].graph, "as it was written");
    for round in 0..3 {
        let mut log = Log::found(log.founding().clone()).expect("it founds");
        let mut graph = Graph::of(&log, Kinds::standard());
        let mut left: Vec<Commit> = all.iter().flat_map(|one| one.written.clone()).collect();
        while !left.is_empty() {
            for _ in 0..1 + world.numbers.below(1 + 2 * round) {
                log = arrive(&mut world.numbers, &log, &mut left);
            }
            graph = graph.advance(&log);
            if left.len().is_multiple_of(3) {
                graph.digest(); // Later ones are made of what has changed since.
            }
            if round == 0 {
                let expected = judge(&log, &graph);
                assert_eq!(told(&log, &graph, &expected), expected, "{name}, {} left", left.len());
            }
        }
        compare(&graph, "shuffled");
    }
}

/// Lets one commit arrive whose past is there.
pub(crate) fn arrive(numbers: &mut Numbers, log: &Log, left: &mut Vec<Commit>) -> Log {
    while !left.is_empty() {
        let at = numbers.below(left.len());
        if let Ok(more) = log.append(&left[at]) {
            left.swap_remove(at);
            return more;
        }
    }
    log.clone()
}

#[test]
fn whatever_arrives_when_one_serial_run_says_who_lives() {
    let mut tally = Tally::default();
    for seed in first_seed()..first_seed() + 120 {
        check(seed, &mut tally);
    }
    for reason in [Void::DeadNode, Void::Edited, Void::Restricted, Void::DeadTarget] {
        assert!(tally.reasons.get(&reason).is_some_and(|count| *count > 50), "{tally:?}");
    }
    assert!(tally.dead > 100, "{tally:?}");
}
