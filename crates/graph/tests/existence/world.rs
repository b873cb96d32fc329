//! A dataset with types of nodes that link to each other in every way, under two schemas; and the
//! replicas that write in it.
//!
//! **Invariants**
//! - Both schemas have the same types and fields. What a field says to a deletion differs; so does
//!   whether edits keep a node.
//! - A replica's log holds all that it wrote and read; a commit names what is new of others.
//!
//! What this does not do: check anything.

use woodland_format::{
    AtomConfig, Commit, DeletionConfig, Draft, FieldDefinition, FieldId, KeyConfig, MapConfig,
    MemberDefinition, NodeId, ObjectId, OnDelete, Op, Payload, Position, RecordConfig,
    RegisterConfig, Schema, SchemaChange, SecretKey, SetConfig, TypeDefinition, TypeId,
    UnseenEdits, ValueType, encode,
};
use woodland_graph::{Graph, Kinds};
use woodland_log::Log;

/// Nodes with names of their own. Under `Late` their edits keep them.
pub(crate) const FREE: TypeId = TypeId(1);
/// Nodes named by a key. Under `Early` their edits keep them.
pub(crate) const KEYED: TypeId = TypeId(2);
/// Nodes without content, whose creations keep them.
pub(crate) const BARE: TypeId = TypeId(3);

/// What a field is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// An optional register.
    One,
    /// An optional register; a plain pointer under `Early`.
    Later,
    /// An optional register; a plain pointer under `Late`.
    Sooner,
    Set,
    /// A map from ints.
    Values,
    /// A map to ints.
    Keys,
    /// A map from ints whose values are plain pointers under `Early`.
    LaterValues,
    /// Members 1, 2 and 3 of a record, with all three policies; 3 is an int.
    Record,
    /// Members 1 and 2 of an atom; 2 may be missing.
    Atom,
    Text,
    Number,
}

pub(crate) const SHAPES: [Shape; 11] = [
    Shape::One,
    Shape::Later,
    Shape::Sooner,
    Shape::Set,
    Shape::Values,
    Shape::Keys,
    Shape::LaterValues,
    Shape::Record,
    Shape::Atom,
    Shape::Text,
    Shape::Number,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    Early,
    Late,
}

/// The field of this shape, from nodes of one type to nodes of another.
pub(crate) fn field(owner: TypeId, target: TypeId, shape: Shape) -> FieldId {
    FieldId(owner.0 * 1000 + target.0 * 100 + shape as u64)
}

pub(crate) fn policy(owner: TypeId, target: TypeId, shape: Shape, age: Age) -> OnDelete {
    const POLICIES: [OnDelete; 3] = [OnDelete::Cascade, OnDelete::Revive, OnDelete::Restrict];
    let turn = owner.0 + 2 * target.0 + shape as u64 + u64::from(age == Age::Late);
    POLICIES[turn as usize % 3]
}

fn optional(of: ValueType) -> ValueType {
    ValueType::Optional(Box::new(of))
}

pub(crate) fn members(target: TypeId, first: OnDelete) -> Vec<MemberDefinition> {
    let second = if first == OnDelete::Revive { OnDelete::Cascade } else { OnDelete::Revive };
    let key = |on_delete| optional(ValueType::ForeignKey { target, on_delete });
    let member =
        |number: u32, value| MemberDefinition { number, name: format!("member{number}"), value };
    vec![member(1, key(first)), member(2, key(second)), member(3, optional(ValueType::Int))]
}

/// The kind and configuration of a field.
fn configured(owner: TypeId, target: TypeId, shape: Shape, age: Age) -> (&'static str, Vec<u8>) {
    let on_delete = policy(owner, target, shape, age);
    let is_plain = match shape {
        Shape::Later | Shape::LaterValues => age == Age::Early,
        Shape::Sooner => age == Age::Late,
        _ => false,
    };
    let key = match is_plain {
        true => ValueType::Pointer(target),
        false => ValueType::ForeignKey { target, on_delete },
    };
    let int = ValueType::Int;
    match shape {
        Shape::One | Shape::Later | Shape::Sooner => {
            ("register", encode(&RegisterConfig { value: optional(key) }))
        }
        Shape::Set => ("set", encode(&SetConfig { item: key })),
        Shape::Values | Shape::LaterValues => ("map", encode(&MapConfig { key: int, value: key })),
        Shape::Keys => ("map", encode(&MapConfig { key, value: int })),
        Shape::Record => ("record", encode(&RecordConfig { members: members(target, on_delete) })),
        Shape::Atom => {
            let value = ValueType::Composite(members(target, on_delete));
            ("atom", encode(&AtomConfig { value }))
        }
        Shape::Text => ("text", Vec::new()),
        Shape::Number => ("register", encode(&RegisterConfig { value: int })),
    }
}

fn define(owner: TypeId, age: Age) -> TypeDefinition {
    let mut fields: Vec<FieldDefinition> = Vec::new();
    let targets: &[TypeId] = if owner == BARE { &[] } else { &[FREE, KEYED] };
    for target in targets.iter().copied() {
        for shape in SHAPES {
            let (kind, config) = configured(owner, target, shape, age);
            let id = field(owner, target, shape);
            let name = format!("field{}", id.0);
            fields.push(FieldDefinition { id, name, kind: kind.into(), config });
        }
    }
    let rule = |number, name: &str, config| FieldDefinition {
        id: FieldId(owner.0 * 1000 + number),
        name: name.into(),
        kind: name.into(),
        config,
    };
    if owner == KEYED {
        fields.push(rule(900, "key", encode(&KeyConfig { value: ValueType::Int })));
    }
    let edits = match (owner, age) {
        (FREE, Age::Early) | (KEYED, Age::Late) => UnseenEdits::Lose,
        _ => UnseenEdits::Revive,
    };
    fields.push(rule(901, "deletion", encode(&DeletionConfig { edits })));
    let name = format!("Type{}", owner.0);
    TypeDefinition { id: owner, name, version: 1, fields }
}

pub(crate) fn schema(age: Age) -> Schema {
    let schema = Schema { types: [FREE, KEYED, BARE].map(|of| define(of, age)).into() };
    schema.check().expect("a sound schema");
    schema
}

/// One author and what it has read.
#[derive(Clone)]
pub(crate) struct Replica {
    key: SecretKey,
    tip: Option<Commit>,
    pub(crate) age: Age,
    pub(crate) log: Log,
    pub(crate) graph: Graph,
    pub(crate) written: Vec<Commit>,
}

/// Replicas of a new dataset, which its first author founds.
pub(crate) fn replicas(count: u8, age: Age) -> Vec<Replica> {
    let keys: Vec<SecretKey> =
        (1..=count).map(|number| SecretKey::from_seed([number; 32])).collect();
    let founder = keys[0].author();
    let (nonce, schema) = ([0; 32], schema(age));
    let position =
        Position::Founding { author: founder, nonce, schema: schema.id(), certificate: None };
    let payload = Payload::of(vec![Op::Schema(schema)]);
    let draft = Draft { position, turn: 0, parents: vec![], payload };
    let founding = Commit::seal(founder, draft).expect("a founding commit");
    let log = Log::found(founding.clone()).expect("it founds");
    let graph = Graph::of(&log, Kinds::standard());
    let replica = |(at, key)| Replica {
        key,
        tip: (at == 0).then(|| founding.clone()),
        age,
        log: log.clone(),
        graph: graph.clone(),
        written: Vec::new(),
    };
    keys.into_iter().enumerate().map(replica).collect()
}

impl Replica {
    /// Writes one commit of these ops. Gives its seq.
    pub(crate) fn write(&mut self, ops: Vec<Op>) -> u64 {
        self.put(SchemaChange::Keep, ops)
    }

    /// From here on writes under the later schema.
    pub(crate) fn grow(&mut self) {
        if self.age == Age::Early && self.tip.is_some() {
            let schema = schema(Age::Late);
            self.put(SchemaChange::Introduce(schema.id()), vec![Op::Schema(schema)]);
            self.age = Age::Late;
        }
    }

    fn put(&mut self, change: SchemaChange, ops: Vec<Op>) -> u64 {
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
                schema: schema(self.age).id(),
                certificate: None,
            },
            Some(tip) => Position::Next { backlink: tip.id(), seq: tip.seq() + 1, schema: change },
        };
        let turn = self.log.next_turn(backlink, &parents).expect("its past is held");
        let draft = Draft { position, turn, parents, payload: Payload::of(ops) };
        let commit = Commit::seal(author, draft).expect("a small commit");
        self.advance(self.log.append(&commit).expect("a valid commit"));
        self.tip = Some(commit.clone());
        self.written.push(commit);
        self.tip.as_ref().map_or(0, Commit::seq)
    }

    /// Another copy of this replica, that does not know of it: their author forks.
    pub(crate) fn fork(&self) -> Replica {
        Replica { written: Vec::new(), ..self.clone() }
    }

    /// Whether there is a node of this name, dead or alive.
    pub(crate) fn knows(&self, node: NodeId) -> bool {
        self.lives(node) || self.graph.died(&[node]) != [None]
    }

    /// Creates nodes without keys, in one commit.
    pub(crate) fn create(&mut self, count: u32) -> Vec<NodeId> {
        let seq = self.write((0..count).map(|_| Op::Create { node_type: FREE, salt: 0 }).collect());
        let author = self.key.author();
        (0..count).map(|index| woodland_format::node_id(&author, seq, index, 0)).collect()
    }

    /// The seq and author of the next commit.
    pub(crate) fn next(&self) -> (woodland_format::AuthorKey, u64) {
        (self.key.author(), self.tip.as_ref().map_or(0, |tip| tip.seq() + 1))
    }

    /// Reads all that another one has.
    pub(crate) fn read(&mut self, other: &Replica) {
        self.advance(self.log.merge(&other.log).expect("one dataset"));
    }

    fn advance(&mut self, log: Log) {
        self.graph = self.graph.advance(&log);
        self.log = log;
    }

    pub(crate) fn lives(&self, node: NodeId) -> bool {
        self.graph.lives(&[node]) == [true]
    }
}

pub(crate) fn edit(node: NodeId, field: FieldId, op: Vec<u8>) -> Op {
    Op::Edit { object: ObjectId { node, field }, op }
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

    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}
