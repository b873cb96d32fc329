//! Small datasets: who wrote what after having read whom, under which schema.
//!
//! **Invariants**
//! - A replica's log holds all that it wrote and read; a commit names what is new of others.
//!
//! What this does not do: check anything.

use woodland_format::{
    AtomConfig, AuthorKey, Commit, Draft, FieldDefinition, FieldId, KeyConfig, ListConfig,
    MapConfig, MemberDefinition, Migration, MigrationStep, NodeId, ObjectId, Op, Payload, Position,
    RecordConfig, RegisterConfig, RegisterOp, Schema, SchemaChange, SchemaId, SecretKey, SetConfig,
    TypeDefinition, TypeId, UniqueConfig, Value, ValueType, encode, node_id,
};
use woodland_graph::{Graph, Kinds};
use woodland_log::Log;

pub(crate) const NOTE: TypeId = TypeId(1);
pub(crate) const FOLDER: TypeId = TypeId(2);
pub(crate) const TAG: TypeId = TypeId(3);

pub(crate) const TITLE: FieldId = FieldId(1);
pub(crate) const RANK: FieldId = FieldId(2);
pub(crate) const FOLDER_OF: FieldId = FieldId(3);
pub(crate) const TAGS: FieldId = FieldId(4);
pub(crate) const PLACES: FieldId = FieldId(5);
pub(crate) const ITEMS: FieldId = FieldId(6);
pub(crate) const META: FieldId = FieldId(7);
pub(crate) const CARD: FieldId = FieldId(8);
pub(crate) const HEADING: FieldId = FieldId(9);
pub(crate) const ONE_TITLE: FieldId = FieldId(10);
pub(crate) const COUNT: FieldId = FieldId(11);
pub(crate) const TAG_KEY: FieldId = FieldId(30);

pub(crate) fn optional(of: ValueType) -> ValueType {
    ValueType::Optional(Box::new(of))
}

pub(crate) fn member(number: u32, name: &str, value: ValueType) -> MemberDefinition {
    MemberDefinition { number, name: name.to_owned(), value }
}

pub(crate) fn field(id: FieldId, name: &str, kind: &str, config: Vec<u8>) -> FieldDefinition {
    FieldDefinition { id, name: name.to_owned(), kind: kind.to_owned(), config }
}

/// Notes with a field of each kind, folders that they point to, tags that are named by a key.
pub(crate) fn schema() -> Schema {
    let (string, int) = (|| ValueType::String, || ValueType::Int);
    let folder = || ValueType::Pointer(FOLDER);
    let register = |value| encode(&RegisterConfig { value });
    let members = vec![member(1, "a", int()), member(2, "f", optional(folder()))];
    let card = ValueType::Composite(vec![member(1, "n", int())]);
    let note = vec![
        field(TITLE, "title", "register", register(optional(string()))),
        field(RANK, "rank", "register", register(int())),
        field(FOLDER_OF, "folder", "register", register(optional(folder()))),
        field(TAGS, "tags", "set", encode(&SetConfig { item: string() })),
        field(PLACES, "places", "map", encode(&MapConfig { key: string(), value: folder() })),
        field(ITEMS, "items", "list", encode(&ListConfig { item: folder() })),
        field(META, "meta", "record", encode(&RecordConfig { members })),
        field(CARD, "card", "atom", encode(&AtomConfig { value: card })),
        field(HEADING, "heading", "register", register(optional(string()))),
        field(ONE_TITLE, "one_title", "unique", encode(&UniqueConfig { fields: vec![TITLE] })),
        field(COUNT, "count", "counter", Vec::new()),
    ];
    let folder = vec![field(FieldId(20), "name", "register", register(string()))];
    let key = encode(&KeyConfig { value: string() });
    let tag = vec![
        field(TAG_KEY, "word", "key", key),
        field(FieldId(31), "about", "register", register(string())),
    ];
    let one =
        |id, name: &str, fields| TypeDefinition { id, name: name.to_owned(), version: 1, fields };
    Schema {
        types: vec![one(NOTE, "Note", note), one(FOLDER, "Folder", folder), one(TAG, "Tag", tag)],
    }
}

/// One author and what it has read.
#[derive(Clone)]
pub(crate) struct Replica {
    pub(crate) author: AuthorKey,
    tip: Option<Commit>,
    pub(crate) log: Log,
    pub(crate) graph: Graph,
    begins_under: SchemaId,
}

/// The author's key of a number.
pub(crate) fn author(number: u8) -> AuthorKey {
    SecretKey::from_seed([number; 32]).author()
}

impl Replica {
    /// Founds a dataset with this schema.
    pub(crate) fn found(schema: &Schema) -> Self {
        Replica::found_with(schema.id(), vec![Op::Schema(schema.clone())])
    }

    /// Founds a dataset with this schema and these ops.
    pub(crate) fn found_with(schema: SchemaId, ops: Vec<Op>) -> Self {
        let author = author(1);
        let position = Position::Founding { author, nonce: [0; 32], schema, certificate: None };
        let draft = Draft { position, turn: 0, parents: vec![], payload: Payload::of(ops) };
        let founding = Commit::seal(author, draft).expect("a founding commit");
        let log = Log::found(founding.clone()).expect("it founds");
        let graph = Graph::of(&log, Kinds::standard());
        Replica { author, tip: Some(founding), log, graph, begins_under: schema }
    }

    /// Another author, who has read all of this.
    pub(crate) fn join(&self, number: u8) -> Self {
        Replica { author: author(number), tip: None, ..self.clone() }
    }

    /// Writes one commit of these ops.
    pub(crate) fn write(&mut self, ops: Vec<Op>) -> Commit {
        self.write_with(SchemaChange::Keep, ops)
    }

    /// The same, on a schema that it says.
    pub(crate) fn write_with(&mut self, schema: SchemaChange, ops: Vec<Op>) -> Commit {
        let author = self.author;
        let (founding, backlink) = (self.log.founding().id(), self.tip.as_ref().map(Commit::id));
        let is_new = |id: &_| *id != founding && Some(*id) != backlink;
        let mut parents: Vec<_> = self.log.heads().filter(is_new).collect();
        parents.sort();
        let position = match &self.tip {
            None => Position::First {
                author,
                dataset: self.log.dataset(),
                schema: self.begins_under,
                certificate: None,
            },
            Some(tip) => Position::Next { backlink: tip.id(), seq: tip.seq() + 1, schema },
        };
        let turn = self.log.next_turn(backlink, &parents).expect("its past is held");
        let draft = Draft { position, turn, parents, payload: Payload::of(ops) };
        let commit = Commit::seal(author, draft).expect("a small commit");
        self.advance(&self.log.append(&commit).expect("a valid commit"));
        self.tip = Some(commit.clone());
        commit
    }

    pub(crate) fn migrate(&mut self, steps: Vec<MigrationStep>) -> Commit {
        self.write(vec![Op::Migrate(Migration { steps })])
    }

    /// Writes under the current schema from here on, and carries it.
    pub(crate) fn adopt_current(&mut self) -> Commit {
        let schema = self.graph.current().expect("there is a current schema");
        let change = SchemaChange::Introduce(schema.id());
        self.write_with(change, vec![Op::Schema((*schema).clone())])
    }

    /// Creates nodes, in one commit.
    pub(crate) fn create(&mut self, types: &[TypeId]) -> Vec<NodeId> {
        let creation = |node_type: &TypeId| Op::Create { node_type: *node_type, salt: 0 };
        let commit = self.write(types.iter().map(creation).collect());
        let node = |index: usize| node_id(&self.author, commit.seq(), index as u32, 0);
        (0..types.len()).map(node).collect()
    }

    /// Writes a register.
    pub(crate) fn set(&mut self, object: ObjectId, value: impl Into<Value>) -> Commit {
        self.write(vec![set(object, value)])
    }

    /// Reads all that another one has.
    pub(crate) fn read(&mut self, other: &Replica) {
        self.advance(&self.log.merge(&other.log).expect("one dataset"));
    }

    fn advance(&mut self, log: &Log) {
        self.graph = self.graph.advance(log);
        self.log = log.clone();
    }

    pub(crate) fn value(&self, object: ObjectId) -> Option<Value> {
        value(&self.graph, object)
    }
}

pub(crate) fn object(node: NodeId, field: FieldId) -> ObjectId {
    ObjectId { node, field }
}

pub(crate) fn value(graph: &Graph, object: ObjectId) -> Option<Value> {
    graph.values(&[object]).pop().expect("an answer for each question")
}

pub(crate) fn set(object: ObjectId, value: impl Into<Value>) -> Op {
    edit(object, &RegisterOp::Set(value.into()))
}

pub(crate) fn clear(object: ObjectId) -> Op {
    edit(object, &RegisterOp::Clear)
}

pub(crate) fn edit<T: serde::Serialize>(object: ObjectId, op: &T) -> Op {
    Op::Edit { object, op: encode(op) }
}

/// Gives a field another type of value.
pub(crate) fn change<T: serde::Serialize>(field: FieldId, config: &T) -> MigrationStep {
    MigrationStep::ChangeType { field, config: encode(config) }
}

pub(crate) fn register(value: ValueType) -> RegisterConfig {
    RegisterConfig { value }
}

pub(crate) fn rename(field: FieldId, name: &str) -> MigrationStep {
    MigrationStep::RenameField { field, name: name.to_owned() }
}

/// Every order in which the commits of a log can arrive, up to a number of them, founding commit
/// left out.
pub(crate) fn arrivals(log: &Log, most: usize) -> Vec<Vec<Commit>> {
    let mut order = log.order();
    let mut commits = Vec::new();
    while let Some(place) = order.next_place() {
        commits.push(log.commit(place).expect("what is in the order is held"));
    }
    let mut found = Vec::new();
    let founding = Log::found(commits.remove(0)).expect("it founds");
    extend(&founding, &mut Vec::new(), &commits, most, &mut found);
    found
}

fn extend(
    log: &Log,
    taken: &mut Vec<Commit>,
    rest: &[Commit],
    most: usize,
    found: &mut Vec<Vec<Commit>>,
) {
    if rest.is_empty() {
        found.push(taken.clone());
    }
    // Late ones first: those orders are the odd ones.
    for at in (0..rest.len()).rev() {
        if found.len() >= most {
            return;
        }
        if let Ok(log) = log.append(&rest[at]) {
            let mut left = rest.to_vec();
            taken.push(left.remove(at));
            extend(&log, taken, &left, most, found);
            taken.pop();
        }
    }
}

/// Derives a log commit by commit, in that order.
pub(crate) fn derived(log: &Log, arrival: &[Commit]) -> Graph {
    let mut log = Log::found(log.founding().clone()).expect("it founds");
    let mut graph = Graph::of(&log, Kinds::standard());
    for commit in arrival {
        log = log.append(commit).expect("its past is held");
        graph = graph.advance(&log);
        graph.digest();
        graph.clashes();
    }
    graph
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
