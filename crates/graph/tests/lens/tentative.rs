//! What is final: the same in every version that is still to come, but for ops after the bound.

use super::world::*;
use woodland_format::{
    AuthorKey, FieldId, ListOp, MigrationStep, NodeId, Op, RegisterConfig, Value, ValueType, encode,
};
use woodland_graph::{Graph, Kinds};
use woodland_log::{Log, OrderKey};

#[test]
fn without_a_bound_everything_is_tentative() {
    let mut founder = Replica::found(&schema());
    let note = founder.create(&[NOTE])[0];
    let all = [vec![], vec![author(9)], vec![founder.author, author(9)]];
    for closed in all {
        let tentative = founder.graph.tentative(&closed);
        assert_eq!(tentative.bound, None);
        assert!(!tentative.is_node_final(note) && !tentative.schema_is_final());
        assert!(!tentative.is_final(object(note, TITLE)));
    }
    // Of a fork nobody knows which branch goes on.
    let mut rival = founder.clone();
    founder.set(object(note, RANK), 1);
    rival.set(object(note, RANK), 2);
    assert!(founder.graph.tentative(&[founder.author]).bound.is_some());
    founder.read(&rival);
    assert_eq!(founder.graph.tentative(&[founder.author]).bound, None);
}

#[test]
fn an_answer_is_as_final_as_what_it_is_made_of() {
    let mut founder = Replica::found(&schema());
    let nodes = founder.create(&[NOTE, FOLDER]);
    let (note, folder) = (nodes[0], nodes[1]);
    founder.set(object(note, TITLE), "settled");
    founder.set(object(note, FOLDER_OF), folder);
    let mut other = founder.join(2);
    other.write(vec![]);
    founder.read(&other);
    let closed = [author(1), author(2)];
    // The second author's first commit is the last that it has written.
    let late = founder.create(&[FOLDER])[0];
    founder.set(object(note, RANK), 1);
    let tentative = founder.graph.tentative(&closed);
    let bound = tentative.bound.expect("both have written");
    assert_eq!(bound.author, other.author);
    assert!(tentative.schema_is_final());
    assert!(tentative.is_node_final(note) && !tentative.is_node_final(late));
    assert!(tentative.is_final(object(note, TITLE)) && !tentative.is_final(object(note, RANK)));
    assert!(tentative.is_final(object(note, FOLDER_OF)));
    assert!(tentative.is_final(object(note, TAGS)), "that nothing was written there");

    // Content that is settled, and points to what is not.
    let rewritten = founder.set(object(note, FOLDER_OF), late);
    other.read(&founder);
    other.write(vec![]);
    let tentative = other.graph.tentative(&closed);
    assert_eq!(tentative.bound.map(|bound| bound.id), Some(rewritten.id()));
    assert!(tentative.is_final(object(note, FOLDER_OF)) && tentative.is_node_final(late));

    // A migration after the bound: what is read through the current schema is tentative.
    other.migrate(vec![rename(TITLE, "subject")]);
    let tentative = other.graph.tentative(&closed);
    assert!(!tentative.schema_is_final() && !tentative.is_final(object(note, TITLE)));
    let old = other.graph.through(&schema().id()).expect("it is carried").tentative(&closed);
    assert!(!old.schema_is_final() && old.is_final(object(note, TITLE)));
}

/// The commits up to a key.
fn prefix(log: &Log, bound: &OrderKey) -> Log {
    let (mut order, mut made): (_, Option<Log>) = (log.order(), None);
    while let Some(place) = order.next_place() {
        if log.key(place).is_some_and(|key| key <= *bound) {
            let commit = log.commit(place).expect("what is in the order is held");
            made = Some(match made {
                None => Log::found(commit).expect("it founds"),
                Some(made) => made.append(&commit).expect("its past is before it in order"),
            });
        }
    }
    made.expect("the founding commit is the first")
}

const FIELDS: [FieldId; 5] = [TITLE, RANK, FOLDER_OF, ITEMS, HEADING];

fn step(numbers: &mut Numbers, made: &mut u64) -> MigrationStep {
    *made += 1;
    let config = encode(&RegisterConfig { value: ValueType::Int });
    match numbers.below(5) {
        0 => rename(TITLE, &format!("subject{made}")),
        1 => change(TITLE, &register(optional(ValueType::Int))),
        2 => change(RANK, &register(ValueType::String)),
        3 => MigrationStep::MoveField { from: TITLE, to: HEADING },
        _ => {
            let field = field(FieldId(100 + *made), &format!("f{made}"), "register", config);
            MigrationStep::AddField { node_type: NOTE, field }
        }
    }
}

fn op(numbers: &mut Numbers, nodes: &[NodeId; 6]) -> Op {
    let (note, folder) = (nodes[numbers.below(3)], nodes[3 + numbers.below(3)]);
    let number = Value::from(numbers.below(100) as i64);
    let text = Value::from(number.to_string());
    match numbers.below(6) {
        0 => set(object(note, TITLE), text),
        1 => set(object(note, RANK), number),
        2 => set(object(note, FOLDER_OF), folder),
        3 => edit(object(note, ITEMS), &ListOp::Insert { at: 0, items: vec![folder.into()] }),
        4 => set(object(note, HEADING), text),
        _ => clear(object(note, TITLE)),
    }
}

/// What is called final in this version is what the commits up to the bound say.
fn is_the_prefix(graph: &Graph, closed: &[AuthorKey], nodes: &[NodeId]) -> (usize, usize) {
    let tentative = graph.tentative(closed);
    let Some(bound) = tentative.bound else { return (0, 0) };
    let settled = Graph::of(&prefix(graph.log(), &bound), Kinds::standard());
    if tentative.schema_is_final() {
        assert_eq!(graph.current(), settled.current());
    }
    let mut counts = (0, 0);
    let old = |graph: &Graph| graph.through(&schema().id()).expect("it is carried");
    let pairs = [(graph.clone(), settled.clone()), (old(graph), old(&settled))];
    for (graph, settled) in &pairs {
        let tentative = graph.tentative(closed);
        for node in nodes {
            if tentative.is_node_final(*node) {
                assert_eq!(graph.types(&[*node]), settled.types(&[*node]));
            }
            for field in FIELDS {
                let object = object(*node, field);
                counts.1 += 1;
                if tentative.is_final(object) {
                    counts.0 += 1;
                    assert_eq!(value(graph, object), value(settled, object), "{object:?}");
                }
            }
        }
    }
    counts
}

#[test]
fn what_is_final_is_what_the_settled_commits_say_and_those_never_change() {
    let (mut finals, mut all) = (0, 0);
    for seed in 1..40 {
        let mut numbers = Numbers::from_seed(seed);
        let mut founder = Replica::found(&schema());
        let nodes = founder.create(&[NOTE, NOTE, NOTE, FOLDER, FOLDER, FOLDER]);
        let known: [NodeId; 6] = nodes.clone().try_into().expect("six");
        let mut replicas = vec![founder.join(2), founder.join(3)];
        replicas.push(founder);
        let closed = [1, 2, 3].map(author);
        let mut made = 0;
        let mut kept: Vec<(OrderKey, Log)> = Vec::new();
        for _ in 0..40 {
            let who = numbers.below(3);
            match numbers.below(8) {
                0..4 => drop(replicas[who].write(vec![op(&mut numbers, &known)])),
                4 => drop(replicas[who].migrate(vec![step(&mut numbers, &mut made)])),
                _ => {
                    let whom = replicas[numbers.below(3)].clone();
                    replicas[who].read(&whom);
                }
            }
            let (these, of) = is_the_prefix(&replicas[who].graph, &closed, &known);
            finals += these;
            all += of;
            let log = &replicas[who].log;
            if let Some(bound) = replicas[who].graph.tentative(&closed).bound {
                kept.push((bound, prefix(log, &bound)));
            }
        }
        // Whatever comes from the three sorts after the bound.
        let last = replicas
            .iter()
            .fold(replicas[0].log.clone(), |log, one| log.merge(&one.log).expect("one dataset"));
        for (bound, before) in kept {
            assert!(prefix(&last, &bound) == before, "seed {seed}");
        }
    }
    // Neither is rare: else nothing was tried.
    assert!(finals * 10 > all && finals < all, "{finals} of {all}");
}
