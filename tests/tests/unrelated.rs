//! What a merge looks at when the log holds a million commits that have nothing to do with it, by
//! counters at the state's interface and at decode. No clock is asked.

use woodland_format::{
    AuthorKey, Commit, CommitId, CounterOp, Draft, FieldDefinition, FieldId, ListConfig, ListOp,
    MapConfig, MapOp, NodeId, ObjectId, Op, Payload, Position, RegisterConfig, RegisterOp, Schema,
    SchemaChange, SecretKey, SetConfig, SetOp, TextOp, TypeDefinition, TypeId, Value, ValueType,
    encode, node_id,
};
use woodland_graph::{Graph, Kinds, Work};
use woodland_log::Log;

const ITEM: TypeId = TypeId(1);
const SHARED: u64 = 5;
const ALONE: u64 = 100;
/// Commits on the shared nodes: those that both authors know, those that the founder writes apart,
/// and those that the second author does.
const BEFORE: u64 = 30;
const MEANWHILE: u64 = 20;
const APART: u64 = 40;

fn schema() -> Schema {
    let field = |id, kind: &str, config| FieldDefinition {
        id: FieldId(id),
        name: format!("a_{kind}"),
        kind: kind.to_owned(),
        config,
    };
    let int = || ValueType::Int;
    let fields = vec![
        field(1, "register", encode(&RegisterConfig { value: int() })),
        field(2, "text", Vec::new()),
        field(3, "counter", Vec::new()),
        field(4, "set", encode(&SetConfig { item: int() })),
        field(5, "map", encode(&MapConfig { key: int(), value: int() })),
        field(6, "list", encode(&ListConfig { item: int() })),
    ];
    Schema { types: vec![TypeDefinition { id: ITEM, name: "Item".to_owned(), version: 1, fields }] }
}

/// One op on each of a node's objects.
fn touch(node: NodeId, number: u64) -> Vec<Op> {
    let value = || Value::Int(number.cast_signed());
    let ops = [
        encode(&RegisterOp::Set(value())),
        encode(&TextOp::Insert { at: 0, text: number.to_string() }),
        encode(&CounterOp::Add(1)),
        encode(&SetOp::Add(vec![value()])),
        encode(&MapOp::Put(vec![(value(), value())])),
        encode(&ListOp::Insert { at: 0, items: vec![value()] }),
    ];
    let edit = |(field, op)| Op::Edit { object: ObjectId { node, field: FieldId(field) }, op };
    (1..).zip(ops).map(edit).collect()
}

/// One author's chain.
struct Chain {
    author: AuthorKey,
    tip: Option<Commit>,
}

impl Chain {
    fn next(&mut self, first: Position, turn: u64, parents: Vec<CommitId>, ops: Vec<Op>) -> Commit {
        let position = match &self.tip {
            None => first,
            Some(tip) => {
                let (backlink, seq) = (tip.id(), tip.seq() + 1);
                Position::Next { backlink, seq, schema: SchemaChange::Keep }
            }
        };
        let draft = Draft { position, turn, parents, payload: Payload::of(ops) };
        let commit = Commit::seal(self.author, draft).expect("a small commit");
        self.tip = Some(commit.clone());
        commit
    }
}

/// A log whose founder wrote `unrelated` commits after the last one that the second author saw; the
/// work of taking in what the second author wrote.
fn merged(unrelated: u64) -> Work {
    let keys = [1, 2].map(|seed| SecretKey::from_seed([seed; 32]).author());
    let founding = Position::Founding {
        author: keys[0],
        nonce: [0; 32],
        schema: schema().id(),
        certificate: None,
    };
    let node =
        |number: u64| node_id(&keys[0], 0, u32::try_from(number + 1).expect("a small batch"), 0);
    let mut ops = vec![Op::Schema(schema())];
    ops.extend((0..SHARED + ALONE).map(|_| Op::Create { node_type: ITEM, salt: 0 }));

    let mut founder = Chain { author: keys[0], tip: None };
    let first = founder.next(founding.clone(), 0, Vec::new(), ops);
    let mut log = Log::found(first.clone()).expect("it founds");
    let common: Vec<Commit> = (0..BEFORE)
        .map(|at| founder.next(founding.clone(), 0, Vec::new(), touch(node(at % SHARED), at)))
        .collect();
    log = log.extend(&common).expect("valid commits");
    let seen = founder.tip.as_ref().map(Commit::id).expect("a tip");
    let meanwhile: Vec<Commit> = (BEFORE..BEFORE + MEANWHILE)
        .map(|at| founder.next(founding.clone(), 0, Vec::new(), touch(node(at % SHARED), at)))
        .collect();
    log = log.extend(&meanwhile).expect("valid commits");
    // In pieces: a million commits as values are much larger than as rows.
    for piece in 0..unrelated.div_ceil(10_000) {
        let range = piece * 10_000..unrelated.min((piece + 1) * 10_000);
        let set = |at: u64| {
            let object = ObjectId { node: node(SHARED + at % ALONE), field: FieldId(1) };
            vec![Op::Edit { object, op: encode(&RegisterOp::Set(Value::Int(at.cast_signed()))) }]
        };
        let commits: Vec<Commit> =
            range.map(|at| founder.next(founding.clone(), 0, Vec::new(), set(at))).collect();
        log = log.extend(&commits).expect("valid commits");
    }

    let joining = Position::First {
        author: keys[1],
        dataset: log.dataset(),
        schema: schema().id(),
        certificate: None,
    };
    let mut second = Chain { author: keys[1], tip: None };
    let apart: Vec<Commit> = (0..APART)
        .map(|at| {
            let parents = if at == 0 { vec![seen] } else { Vec::new() };
            second.next(joining.clone(), 1, parents, touch(node(at % SHARED), 1_000 + at))
        })
        .collect();

    let graph = Graph::of(&log, Kinds::standard());
    let log = log.extend(&apart).expect("valid commits");
    let merged = graph.advance(&log);
    assert_eq!(merged.voids().count(), 0, "every op counts");
    merged.work()
}

#[test]
fn a_merge_among_a_million_unrelated_commits_costs_what_it_costs_among_ten() {
    let (small, large) = (merged(10), merged(1_000_000));
    println!("among 10 unrelated commits: {small:?}");
    println!("among 1,000,000:            {large:?}");
    assert_eq!(small, large, "whatever else there is");
    assert_eq!((large.commits, large.ops), (APART, APART * 6));
    assert_eq!((large.reads, large.writes, large.objects), (SHARED, SHARED, SHARED * 6));
    // Texts and lists that fork look at their own ops again: two in each commit of the founder's.
    assert!((1..=2 * (BEFORE + MEANWHILE)).contains(&large.again), "{large:?}");
    assert!(large.decoded <= APART + 2 * (BEFORE + MEANWHILE), "{large:?}");
}
