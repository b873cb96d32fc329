//! Small histories of one list: who wrote what after having read whom.
//!
//! **Invariants**
//! - A replica's log holds all that it wrote and read; a commit names what is new of others.
//! - Random numbers come from a seed, which a failure names.
//!
//! What this does not do: check anything.

use woodland_format::{
    Commit, Draft, FieldDefinition, FieldId, ListConfig, ListOp, ObjectId, Op, Payload, Position,
    Schema, SchemaChange, SecretKey, TypeDefinition, TypeId, Value, ValueType, encode, node_id,
};
use woodland_graph::{Graph, Kinds};
use woodland_log::Log;

const FIELD: FieldId = FieldId(1);

/// One author and what it has read.
#[derive(Clone)]
pub(crate) struct Replica {
    key: SecretKey,
    tip: Option<Commit>,
    pub(crate) log: Log,
    pub(crate) graph: Graph,
    pub(crate) list: ObjectId,
    pub(crate) written: Vec<Commit>,
}

fn schema() -> Schema {
    let config = encode(&ListConfig { item: ValueType::Int });
    let field = FieldDefinition { id: FIELD, name: "items".into(), kind: "list".into(), config };
    let fields = vec![field];
    Schema {
        types: vec![TypeDefinition { id: TypeId(1), name: "List".into(), version: 1, fields }],
    }
}

/// Replicas of a dataset with one list, which begins with these items.
pub(crate) fn replicas(count: u8, items: &[i64]) -> Vec<Replica> {
    let keys: Vec<SecretKey> =
        (1..=count).map(|number| SecretKey::from_seed([number; 32])).collect();
    let founder = keys[0].author();
    let (nonce, schema) = ([0; 32], schema());
    let position =
        Position::Founding { author: founder, nonce, schema: schema.id(), certificate: None };
    let list = ObjectId { node: node_id(&founder, 0, 1, 7), field: FIELD };
    let mut ops = vec![Op::Schema(schema), Op::Create { node_type: TypeId(1), salt: 7 }];
    if !items.is_empty() {
        ops.push(Op::Edit { object: list, op: encode(&insert(0, items)) });
    }
    let draft = Draft { position, turn: 0, parents: vec![], payload: Payload::of(ops) };
    let founding = Commit::seal(founder, draft).expect("a founding commit");
    let log = Log::found(founding.clone()).expect("it founds");
    let graph = Graph::of(&log, Kinds::standard());
    let replica = |(at, key)| Replica {
        key,
        tip: (at == 0).then(|| founding.clone()),
        log: log.clone(),
        graph: graph.clone(),
        list,
        written: Vec::new(),
    };
    keys.into_iter().enumerate().map(replica).collect()
}

impl Replica {
    /// Writes one commit of these ops.
    pub(crate) fn write(&mut self, ops: &[ListOp]) {
        self.write_bytes(ops.iter().map(encode).collect());
    }

    /// Writes one commit of edits in bytes.
    pub(crate) fn write_bytes(&mut self, ops: Vec<Vec<u8>>) {
        let author = self.key.author();
        let (founding, backlink) =
            (self.log.founding().id(), self.tip.as_ref().map(|tip| tip.id()));
        let is_new = |id: &_| *id != founding && Some(*id) != backlink;
        let mut parents: Vec<_> = self.log.heads().filter(is_new).collect();
        parents.sort();
        let position = match &self.tip {
            None => Position::First {
                author,
                dataset: self.log.dataset(),
                schema: schema().id(),
                certificate: None,
            },
            Some(tip) => Position::Next {
                backlink: tip.id(),
                seq: tip.seq() + 1,
                schema: SchemaChange::Keep,
            },
        };
        let turn = self.log.next_turn(backlink, &parents).expect("its past is held");
        let ops = ops.into_iter().map(|op| Op::Edit { object: self.list, op }).collect();
        let draft = Draft { position, turn, parents, payload: Payload::of(ops) };
        let commit = Commit::seal(author, draft).expect("a small commit");
        self.advance(self.log.append(&commit).expect("a valid commit"));
        self.tip = Some(commit.clone());
        self.written.push(commit);
    }

    /// Reads all that another one has.
    pub(crate) fn read(&mut self, other: &Replica) {
        self.advance(self.log.merge(&other.log).expect("one dataset"));
    }

    fn advance(&mut self, log: Log) {
        self.graph = self.graph.advance(&log);
        self.log = log;
    }

    /// What the list shows.
    pub(crate) fn items(&self) -> Vec<i64> {
        items_of(&self.graph, self.list)
    }
}

/// All replicas read each other, and must then show the same; answers it. A failure names the
/// history.
pub(crate) fn merged(replicas: &mut [Replica], history: &str) -> Vec<i64> {
    for at in 0..replicas.len() {
        for other in 0..replicas.len() {
            let other = replicas[other].clone();
            replicas[at].read(&other);
        }
    }
    let first = &replicas[0];
    for other in &replicas[1..] {
        assert_eq!(other.items(), first.items(), "{history}");
        assert_eq!(other.graph.digest(), first.graph.digest(), "{history}");
    }
    let whole = Graph::of(&first.log, Kinds::standard());
    assert_eq!(items_of(&whole, first.list), first.items(), "{history}, from nothing");
    first.items()
}

pub(crate) fn items_of(graph: &Graph, list: ObjectId) -> Vec<i64> {
    let Some(Some(Value::List(items))) = graph.values(&[list]).pop() else {
        return Vec::new();
    };
    let int = |item| match item {
        Value::Int(item) => item,
        other => panic!("{other} in a list of ints"),
    };
    items.into_iter().map(int).collect()
}

pub(crate) fn insert(at: u32, items: &[i64]) -> ListOp {
    ListOp::Insert { at, items: items.iter().copied().map(Value::Int).collect() }
}

pub(crate) fn remove(at: u32, count: u32) -> ListOp {
    ListOp::Remove { at, count }
}

pub(crate) fn move_to(from: u32, to: u32) -> ListOp {
    ListOp::Move { from, to }
}

pub(crate) fn set(at: u32, item: i64) -> ListOp {
    ListOp::Set { at, item: Value::Int(item) }
}

/// Numbers that are as good as random, and the same for one seed.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn from_seed(seed: u64) -> Self {
        Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % end as u64) as usize
    }
}
