//! States at rest: histories whose state is put in pages now and then, beside the same histories
//! whose state never was.

#[path = "../../tests/existence/world.rs"]
#[expect(dead_code, reason = "the tests of existence use more of it")]
mod world;

use super::*;
use crate::graph::Graph;
use crate::kind::Kind;
use crate::void::Void;
use crate::{Kinds, NodeChange};
use woodland_format::{
    Commit, MapOp, ObjectId, Op, RecordOp, RegisterOp, SetOp, TextOp, encode, keyed_node_id,
};
use woodland_log::Place;
use woodland_page::{FaultCause, MemoryPages, PageSource, Stored, rest, wake};
use world::{Age, FREE, KEYED, Numbers, Replica, SHAPES, Shape, edit, field, replicas};

/// All that a state comes to when it is put in pages from nothing.
fn afresh(state: &State) -> Vec<Vec<u8>> {
    let mut copy = State::default();
    copy.put(state.all().map(|(node, entry)| (node, NodeEntry::clone(&entry))));
    let mut shelf = MemoryPages::default();
    rest(&copy, &mut shelf);
    all(&shelf)
}

/// All pages.
fn all(shelf: &MemoryPages) -> Vec<Vec<u8>> {
    (0..shelf.len() as u64).map(|page| shelf.read(page).unwrap()).collect()
}

/// One op of an author, about nodes of which it knows most.
fn op(numbers: &mut Numbers, nodes: &mut Vec<NodeId>, replica: &Replica, index: u32) -> Op {
    let one = numbers.one_of(nodes);
    let pointer = Value::Pointer(numbers.one_of(nodes));
    let adds = numbers.below(3) > 0;
    let number = Value::Int(numbers.below(3) as i64);
    let shape = if numbers.below(4) == 0 { Shape::Text } else { numbers.one_of(&SHAPES) };
    let bytes = match shape {
        Shape::One | Shape::Later | Shape::Sooner => {
            encode(&if adds { RegisterOp::Set(pointer) } else { RegisterOp::Clear })
        }
        Shape::Set => {
            encode(&if adds { SetOp::Add(vec![pointer]) } else { SetOp::Remove(vec![pointer]) })
        }
        Shape::Values | Shape::LaterValues => encode(&match adds {
            true => MapOp::Put(vec![(number, pointer)]),
            false => MapOp::Remove(vec![number]),
        }),
        Shape::Keys => encode(&MapOp::Put(vec![(pointer, number)])),
        Shape::Record => encode(&match adds {
            true => RecordOp::Set(vec![(1, pointer), (3, number)]),
            false => RecordOp::Clear(vec![1]),
        }),
        Shape::Atom => encode(&RegisterOp::Set(Value::Record(vec![(2, pointer)]))),
        Shape::Text => encode(&match adds {
            true => TextOp::Insert { at: numbers.below(3) as u32, text: "wood".into() },
            false => TextOp::Delete { at: numbers.below(2) as u32, bytes: 1 },
        }),
        Shape::Number => encode(&RegisterOp::Set(number)),
    };
    match numbers.below(12) {
        0 => Op::Delete { node: one },
        1 => {
            let key = Value::Int(numbers.below(9) as i64);
            nodes.push(keyed_node_id(KEYED, &encode(&key)));
            Op::CreateKeyed { node_type: KEYED, key }
        }
        2 => {
            let (author, seq) = replica.next();
            nodes.push(woodland_format::node_id(&author, seq, index, 0));
            Op::Create { node_type: FREE, salt: 0 }
        }
        _ => edit(one, field(FREE, FREE, shape), bytes),
    }
}

/// A history of three authors: all commits but the founding one, and the nodes that it is about.
fn history(numbers: &mut Numbers) -> (Log, Vec<Commit>, Vec<NodeId>) {
    let age = if numbers.below(2) == 0 { Age::Late } else { Age::Early };
    let mut all = replicas(3, age);
    let founding = all[0].log.clone();
    let mut nodes = all[0].create(20);
    let first = all[0].clone();
    all[1..].iter_mut().for_each(|other| other.read(&first));
    for _ in 0..40 {
        let at = numbers.below(all.len());
        if numbers.below(3) == 0 {
            let other = all[numbers.below(all.len())].clone();
            all[at].read(&other);
        }
        let ops = (0..1 + numbers.below(3) as u32)
            .map(|index| op(numbers, &mut nodes, &all[at], index))
            .collect();
        all[at].write(ops);
    }
    (founding, all.into_iter().flat_map(|one| one.written).collect(), nodes)
}

/// Lets one commit arrive whose past is there.
fn arrive(numbers: &mut Numbers, log: &Log, left: &mut Vec<Commit>) -> Log {
    loop {
        let at = numbers.below(left.len());
        if let Ok(more) = log.append(&left[at]) {
            left.swap_remove(at);
            return more;
        }
    }
}

fn changes(now: &Graph, was: &Graph) -> Vec<NodeChange> {
    now.changes_since(was).collect()
}

fn compare(awake: &Graph, rested: &Graph, nodes: &[NodeId], how: &str) {
    assert!(awake.all().eq(rested.all()), "{how}");
    assert!(awake.voids().eq(rested.voids()), "{how}");
    assert_eq!(awake.digest(), rested.digest(), "{how}");
    assert_eq!(awake.lives(nodes), rested.lives(nodes), "{how}");
    assert_eq!(awake.died(nodes), rested.died(nodes), "{how}");
    assert_eq!(awake.clashes(), rested.clashes(), "{how}");
    let fields = SHAPES.map(|shape| field(FREE, FREE, shape));
    let objects: Vec<ObjectId> = nodes
        .iter()
        .flat_map(|node| fields.iter().map(|field| ObjectId { node: *node, field: *field }))
        .collect();
    assert_eq!(awake.conflicts(&objects), rested.conflicts(&objects), "{how}");
    assert_eq!(awake.sizes(&objects), rested.sizes(&objects), "{how}");
}

#[test]
fn a_state_that_rests_now_and_then_goes_on_as_one_that_never_did() {
    let (mut rests, mut texts, mut dead) = (0, 0, 0);
    for seed in 1..=30 {
        let how = format!("seed {seed}");
        let mut numbers = Numbers::from_seed(seed);
        let (mut log, mut left, nodes) = history(&mut numbers);
        let mut shelf = MemoryPages::default();
        let pages = shelf.pages([0, 3_000][seed as usize % 2], Arc::new(Kinds::standard()));
        let mut awake = Graph::of(&log, Kinds::standard());
        let mut rested = awake.clone();
        let mut held = vec![(awake.clone(), rested.clone())];
        while !left.is_empty() {
            for _ in 0..(1 + numbers.below(4)).min(left.len()) {
                log = arrive(&mut numbers, &log, &mut left);
            }
            (awake, rested) = (awake.advance(&log), rested.advance(&log));
            if numbers.below(3) == 0 {
                held.push((awake.clone(), rested.clone()));
            }
            if numbers.below(2) == 0 {
                let at = rest(&rested.state, &mut shelf);
                rested.state = wake(&pages, at).expect("what was put to rest wakes");
                rests += 1;
            }
            if numbers.below(4) == 0 {
                // Later ones are made of what changed since.
                compare(&awake, &rested, &nodes, &how);
            }
            let (was_awake, was_rested) = &held[numbers.below(held.len())];
            assert_eq!(changes(&awake, was_awake), changes(&rested, was_rested), "{how}");
        }
        compare(&awake, &rested, &nodes, &how);
        let whole = Graph::of(&log, Kinds::standard());
        assert!(whole.all().eq(rested.all()) && whole.digest() == rested.digest(), "{how}");
        assert_eq!(afresh(&awake.state), afresh(&rested.state), "{how}, byte for byte");
        held.iter().for_each(|(awake, rested)| compare(awake, rested, &nodes, &how));
        let woven = |entry: &NodeEntry| entry.objects.iter().any(|one| one.kind.name() == "text");
        texts += awake.state.all().filter(|(_, entry)| woven(entry)).count();
        dead += awake.state.all().filter(|(_, entry)| !entry.lives()).count();
    }
    assert!(rests > 200 && texts > 50 && dead > 50, "{rests} rests, {texts} texts, {dead} dead");
}

fn stamp(seq: u64) -> Stamp {
    Stamp { place: Place { line: 0, seq }, index: 0 }
}

fn created(seq: u64) -> NodeEntry {
    let stamp = stamp(seq);
    NodeEntry::of(Creation {
        stamp,
        node_type: FREE,
        key: None,
        is_revivable: false,
        is_masked: false,
    })
}

/// A node's id as good as random, as they are.
fn node(number: u64) -> NodeId {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    let mut id = [0; 16];
    id[..8].copy_from_slice(&mixed);
    NodeId(id)
}

#[test]
fn what_changed_is_found_at_the_cost_of_what_changed_also_across_a_rest() {
    const SOME: usize = 64;
    let mut state = State::default();
    state.put((0..5_000).map(|number| (node(number), created(number))));
    let mut shelf = MemoryPages::default();
    let pages = shelf.pages(20_000, Arc::new(Kinds::standard()));
    let mut at_rest = |state: &State| -> State {
        let at = rest(state, &mut shelf);
        wake(&pages, at).unwrap()
    };
    let before = at_rest(&state);
    assert_eq!(before.changed_since(&State::default()).count(), 5_000);
    assert_eq!(before.changed_since(&state).count(), 0, "what was put is what was there");
    let mut after = before.clone();
    let is_first = |_: Stamp, _: Stamp| false;
    let change = |entry: &mut NodeEntry| entry.add(created(9_000).first, is_first);
    assert!(after.change(node(77), change).is_some());
    after.put([(node(9_001), created(9_001))]);
    let woken = at_rest(&after);
    for (later, earlier) in [(&after, &before), (&woken, &before), (&woken, &state)] {
        let changed: Vec<Pair> = later.changed_since(earlier).collect();
        assert!(changed.len() <= SOME, "{}", changed.len());
        let (_, was, is) = changed.iter().find(|(one, ..)| *one == node(77)).unwrap();
        assert_eq!((was.as_ref().unwrap().more.len(), is.more.len()), (0, 1));
        let added: Vec<NodeId> =
            changed.iter().filter(|(_, was, _)| was.is_none()).map(|(one, ..)| *one).collect();
        assert_eq!(added, [node(9_001)]);
    }
    assert_eq!(woken.changed_since(&after).count(), 0);
    assert!(after.change(node(1 << 40), |_| ()).is_none(), "it is not there");
}

#[test]
fn a_node_of_three_registers_takes_little_room() {
    let register = Kinds::standard().get("register");
    let written = |number: u64| {
        let mut entry = created(number);
        for field in 1..=3 {
            let mut object = Object::touched(FieldId(field << 60), &register);
            object.is_touched = false;
            let writes = vec![(stamp(number), Some(Value::Int(number as i64)))];
            let mut shelf = MemoryPages::default();
            let at = rest(&writes, &mut shelf);
            object.held = Held::Register(
                wake(&shelf.pages(0, Arc::new(Kinds::standard())), at).expect("as written"),
            );
            entry.objects.push(object);
        }
        entry
    };
    let mut state = State::default();
    state.put((0..2_000).map(|number| (node(number), written(number))));
    let mut shelf = MemoryPages::default();
    rest(&state, &mut shelf);
    let each = all(&shelf).iter().map(Vec::len).sum::<usize>() / 2_000;
    assert!(each <= 140, "{each} bytes a node");
}

#[derive(Debug)]
struct Strange;

impl Kind for Strange {
    const NAME: &'static str = "strange";
    type Config = ();
    type Op = ();
    type Resolved = ();
    type State = u64;

    fn config(&self, _: &[u8]) -> Result<(), Void> {
        Ok(())
    }

    fn decode(&self, (): &(), _: &[u8]) -> Result<(), Void> {
        Ok(())
    }

    fn resolve(&self, _: &mut u64, _: &crate::Past<'_>, (): ()) -> Result<(), Void> {
        Ok(())
    }

    fn apply(&self, state: &mut u64, _: &crate::Past<'_>, (): ()) {
        *state += 1;
    }

    fn show(&self, state: &u64) -> Option<Value> {
        Some(Value::Int(*state as i64))
    }
}

#[test]
fn pages_are_those_of_a_program_with_the_same_kinds() {
    let (without, with) = (Kinds::standard(), Kinds::standard().with(Strange));
    assert_ne!(without.edition(), with.edition());
    for (own, other) in [(&without, &with), (&with, &without)] {
        let mut entry = created(0);
        let mut object = Object::touched(FieldId(1), &own.get("strange"));
        object.is_touched = false;
        object.history = Some(Box::new(im::Vector::unit(stamp(4))));
        entry.objects.push(object);
        let mut state = State::default();
        state.put([(node(1), entry)]);
        let mut shelf = MemoryPages::default();
        let at = rest(&state, &mut shelf);
        let woken: State =
            wake(&shelf.pages(0, Arc::new(own.clone())), at).expect("the same kinds");
        let known = woken.get(node(1)).expect("it was put");
        let object = known.object(FieldId(1), "strange").expect("it has it");
        assert_eq!(object.stamps(), im::Vector::unit(stamp(4)));
        assert_eq!(matches!(object.held, Held::Opaque), std::ptr::eq(own, &without));
        let fault =
            wake::<State>(&shelf.pages(0, Arc::new(other.clone())), at).expect_err("other kinds");
        assert!(matches!(fault.cause, FaultCause::Undecodable { .. }), "{fault}");
    }
}

#[test]
fn bytes_that_no_state_was_written_as_are_none() {
    let mut numbers = Numbers::from_seed(5);
    let (mut log, mut left, _) = history(&mut numbers);
    while !left.is_empty() {
        log = arrive(&mut numbers, &log, &mut left);
    }
    let graph = Graph::of(&log, Kinds::standard());
    let shelf = MemoryPages::default();
    let pages = shelf.pages(0, Arc::new(Kinds::standard()));
    let read = |bytes: &[u8]| {
        let mut from = woodland_page::Reading::of(bytes, &pages);
        NodeEntry::read(&mut from).filter(|_| from.is_at_end())
    };
    let mut cut = 0;
    for (_, entry) in graph.state.all() {
        let mut one = MemoryPages::default();
        rest(&*entry, &mut one);
        // Before the body stands that there are no references.
        let whole = all(&one)[0][1..].to_vec();
        assert!(read(&whole).is_some());
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).is_none(), "cut at {end} of {}", whole.len());
            cut += 1;
        }
        // Never a panic, whatever a byte is.
        for at in 0..whole.len() {
            let mut bent = whole.clone();
            bent[at] ^= 1 << numbers.below(8);
            drop(read(&bent));
        }
    }
    assert!(cut > 1_000, "{cut}");
}
