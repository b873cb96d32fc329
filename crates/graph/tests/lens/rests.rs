//! Migrations, what is unique and what is final, of a graph that rests between merges, beside one
//! that never does.

use super::shelf::{nap, put_to_rest, woken};
use super::world::*;
use woodland_format::{NodeId, ObjectId, Op, Value, ValueType, encode, keyed_node_id};
use woodland_graph::{Graph, Kinds};
use woodland_page::MemoryPages;

const CACHED_BYTES_MAX: usize = 2048;
const FIELDS: [woodland_format::FieldId; 5] = [TITLE, RANK, FOLDER_OF, HEADING, COUNT];

fn same(woken: &Graph, waking: &Graph, nodes: &[NodeId], name: &str) {
    assert_eq!(woken.clashes(), waking.clashes(), "{name}");
    let titles: Vec<_> =
        (0..3).map(|title| (ONE_TITLE, vec![Value::from(format!("{title}"))])).collect();
    assert_eq!(woken.holders(&titles), waking.holders(&titles), "{name}");
    let word = Value::from("word");
    assert_eq!(woken.keyed(&[(TAG, &word)]), waking.keyed(&[(TAG, &word)]), "{name}");
    assert_eq!(woken.migrations(), waking.migrations(), "{name}");
    assert_eq!(woken.current(), waking.current(), "{name}");
    assert_eq!(woken.schema(), waking.schema(), "{name}");
    assert_eq!(woken.schemas(), waking.schemas(), "{name}");
    assert_eq!(woken.labelled("Note@1"), waking.labelled("Note@1"), "{name}");
    assert_eq!(woken.voids().collect::<Vec<_>>(), waking.voids().collect::<Vec<_>>(), "{name}");
    assert_eq!(woken.all().collect::<Vec<_>>(), waking.all().collect::<Vec<_>>(), "{name}");
    let authors = [author(1), author(2), author(3)];
    let (one, other) = (woken.tentative(&authors), waking.tentative(&authors));
    assert_eq!(one.bound, other.bound, "{name}");
    assert_eq!(one.schema_is_final(), other.schema_is_final(), "{name}");
    for node in nodes {
        assert_eq!(one.is_node_final(*node), other.is_node_final(*node), "{name}");
        for field in FIELDS {
            let object = ObjectId { node: *node, field };
            assert_eq!(one.is_final(object), other.is_final(object), "{name}");
        }
    }
    let old = schema().id();
    let read = |graph: &Graph| graph.through(&old).map(|old| old.all().collect::<Vec<_>>());
    assert_eq!(read(woken), read(waking), "{name}");
}

/// One random act of one of the replicas.
fn act(numbers: &mut Numbers, replica: &mut Replica, nodes: &[NodeId]) {
    let node = nodes[numbers.below(nodes.len())];
    let title = format!("{}", numbers.below(3));
    match numbers.below(12) {
        0..4 => drop(replica.set(object(node, TITLE), title.as_str())),
        4 => drop(replica.write(vec![clear(object(node, TITLE))])),
        5 => drop(replica.set(object(node, RANK), numbers.below(5) as i64)),
        6 => drop(replica.set(object(node, FOLDER_OF), nodes[0])),
        7 => drop(replica.write(vec![Op::Delete { node }])),
        8 => {
            let key = Value::from("word");
            let tag = keyed_node_id(TAG, &encode(&key));
            let generation = 1 + numbers.below(2) as u32;
            replica.write(vec![
                Op::Delete { node: tag },
                Op::CreateKeyed { node_type: TAG, key: key.clone() },
                Op::Recreate { node_type: TAG, key, generation },
            ]);
        }
        9 => drop(replica.migrate(vec![rename(HEADING, &format!("heading{title}"))])),
        10 if numbers.below(2) == 0 => {
            let of = if numbers.below(2) == 0 { ValueType::Int } else { ValueType::String };
            replica.migrate(vec![change(TITLE, &register(of))]);
        }
        10 => {
            let step = woodland_format::MigrationStep::MoveField { from: HEADING, to: TITLE };
            replica.migrate(vec![step]);
        }
        _ => drop(replica.adopt_current()),
    }
}

fn check(seed: u64) -> (usize, usize) {
    let (mut numbers, pages) = (Numbers::from_seed(seed), MemoryPages::default());
    let mut founder = Replica::found(&schema());
    let nodes = founder.create(&[FOLDER, NOTE, NOTE, NOTE, NOTE]);
    let mut all = [founder.clone(), founder.join(2), founder.join(3)];
    let (mut woken, mut _open) = nap(&pages, &founder.graph, CACHED_BYTES_MAX);
    let (mut naps, mut clashes) = (0, 0);
    for round in 0..30 {
        let at = numbers.below(3);
        act(&mut numbers, &mut all[at], &nodes);
        let from = all[numbers.below(3)].clone();
        if numbers.below(3) == 0 {
            all[at].read(&from);
        }
        // The first one reads the others now and then, and so does who rests beside it.
        if numbers.below(3) == 0 {
            all[0].read(&from);
        }
        let waking = &all[0].graph;
        woken = woken.advance(&woken.log().merge(&all[0].log).expect("one dataset"));
        let name = format!("seed {seed}, round {round}");
        if numbers.below(3) > 0 {
            same(&woken, waking, &nodes, &name);
            clashes += waking.clashes().len();
        }
        if numbers.below(2) == 0 {
            (woken, _open) = nap(&pages, &woken, CACHED_BYTES_MAX);
            naps += 1;
        }
    }
    let whole = Graph::of(&all[0].log, Kinds::standard());
    same(&woken, &whole, &nodes, &format!("seed {seed}, the end"));
    assert_eq!(woken.digest(), whole.digest(), "seed {seed}");
    (naps, clashes)
}

#[test]
fn whoever_rests_between_merges_reads_and_warns_like_who_does_not() {
    let tally: Vec<(usize, usize)> = (1..40).map(check).collect();
    let naps: usize = tally.iter().map(|(naps, _)| naps).sum();
    let clashes: usize = tally.iter().map(|(_, clashes)| clashes).sum();
    assert!(naps > 300 && clashes > 300, "{naps} naps, {clashes} clashes");
}

#[test]
fn claims_that_rested_are_not_made_again() {
    let (mut founder, pages) = (Replica::found(&schema()), MemoryPages::default());
    let notes = founder.create(&[NOTE; 2000]);
    let titles = notes.iter().enumerate();
    founder.write(titles.map(|(at, note)| set(object(*note, TITLE), at.to_string())).collect());
    assert_eq!(founder.graph.clashes(), []);
    let at = put_to_rest(&pages, &founder.graph);
    let (graph, _open) = woken(&pages, at, Kinds::standard(), 1 << 20).expect("it was put there");
    founder.graph = graph;
    founder.log = founder.graph.log().clone();
    let woke = pages.reads();
    assert_eq!(founder.graph.clashes(), []);
    assert_eq!(pages.reads(), woke, "nothing clashes, and that is known");
    let holders = founder.graph.holders(&[(ONE_TITLE, vec![Value::from("1234")])]);
    assert_eq!(holders, [Some(notes[1234])]);
    founder.set(object(notes[7], TITLE), "1234");
    assert_eq!(founder.graph.clashes()[0].others, [notes[7]]);
    let reads = pages.reads() - woke;
    assert!((1..40).contains(&reads), "{reads}");
}
