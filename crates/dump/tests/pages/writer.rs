//! A small writer: histories with fixed keys, as a dataset directory or a log file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use woodland_format::{
    AuthorKey, Commit, CommitId, DatasetId, Draft, FieldDefinition, FieldId, FileHeader,
    MemberDefinition, NodeId, ObjectId, Op, Payload, Position, Purpose, RecordConfig, RecordOp,
    RegisterConfig, RegisterOp, Schema, SchemaChange, SchemaId, SecretKey, TextOp, TypeDefinition,
    TypeId, Value, ValueType, encode, encode_segment, node_id,
};
use woodland_log::Log;
use woodland_store::{FileDisk, Store, StoreOptions};

pub(crate) const NOTE: TypeId = TypeId(1);
pub(crate) const TITLE: FieldId = FieldId(10);
pub(crate) const BODY: FieldId = FieldId(11);
pub(crate) const PLACE: FieldId = FieldId(12);

pub(crate) fn schema() -> Schema {
    let field = |id, name: &str, kind: &str, config| FieldDefinition {
        id,
        name: name.into(),
        kind: kind.into(),
        config,
    };
    let member = |number, name: &str, value| MemberDefinition { number, name: name.into(), value };
    let members =
        vec![member(1, "town", ValueType::String), member(2, "metres_above_sea", ValueType::Int)];
    let fields = vec![
        field(TITLE, "title", "register", encode(&RegisterConfig { value: ValueType::String })),
        field(BODY, "body", "text", Vec::new()),
        field(PLACE, "place", "record", encode(&RecordConfig { members })),
    ];
    Schema { types: vec![TypeDefinition { id: NOTE, name: "Note".into(), version: 1, fields }] }
}

pub(crate) fn key(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}

pub(crate) fn set(node: NodeId, field: FieldId, value: &str) -> Op {
    edit(node, field, encode(&RegisterOp::Set(value.into())))
}

pub(crate) fn insert(node: NodeId, at: u32, text: &str) -> Op {
    edit(node, BODY, encode(&TextOp::Insert { at, text: text.into() }))
}

pub(crate) fn delete(node: NodeId, at: u32, bytes: u32) -> Op {
    edit(node, BODY, encode(&TextOp::Delete { at, bytes }))
}

pub(crate) fn locate(node: NodeId, town: &str, metres: i64) -> Op {
    let members = vec![(1, town.into()), (2, Value::Int(metres))];
    edit(node, PLACE, encode(&RecordOp::Set(members)))
}

pub(crate) fn edit(node: NodeId, field: FieldId, op: Vec<u8>) -> Op {
    Op::Edit { object: ObjectId { node, field }, op }
}

/// The node that the founding commit creates as its second op.
pub(crate) fn note() -> NodeId {
    node_id(&key(1).author(), 0, 1, 7)
}

/// Every commit that was written, and the log of them all.
pub(crate) struct History {
    pub(crate) log: Log,
    pub(crate) commits: Vec<Commit>,
    /// Under which name an author's first commit is certified.
    pub(crate) names: BTreeMap<AuthorKey, String>,
}

impl History {
    pub(crate) fn found() -> Self {
        let ops = vec![
            Op::Create { node_type: NOTE, salt: 7 },
            set(note(), TITLE, "Trip"),
            insert(note(), 0, "Pack boots"),
        ];
        History::found_with(&schema(), ops)
    }

    /// A dataset that begins with this schema, and with these ops behind it.
    pub(crate) fn found_with(schema: &Schema, ops: Vec<Op>) -> Self {
        let author = key(1).author();
        let certificate = key(101).certify(&author, "Ada's\u{1b} laptop");
        let ops = [vec![Op::Schema(schema.clone())], ops].concat();
        let draft = Draft {
            position: Position::Founding {
                author,
                nonce: [5; 32],
                schema: schema.id(),
                certificate: Some(certificate),
            },
            turn: 0,
            parents: Vec::new(),
            payload: Payload::of(ops),
        };
        let founding = Commit::seal(author, draft).unwrap();
        let log = Log::found(founding.clone()).unwrap();
        History { log, commits: vec![founding], names: BTreeMap::new() }
    }

    pub(crate) fn dataset(&self) -> DatasetId {
        self.log.dataset()
    }

    fn founding_schema(&self) -> SchemaId {
        match self.log.founding().header().position {
            Position::Founding { schema, .. } => schema,
            _ => panic!("a log begins with a founding commit"),
        }
    }

    /// The next commit of an author, after `backlink`.
    pub(crate) fn write_after(
        &mut self,
        author: AuthorKey,
        backlink: Option<CommitId>,
        parents: &[CommitId],
        ops: Vec<Op>,
    ) -> CommitId {
        let position = match backlink.and_then(|id| self.log.get(&id)) {
            Some(before) => Position::Next {
                backlink: before.id(),
                seq: before.seq() + 1,
                schema: SchemaChange::Keep,
            },
            None => Position::First {
                author,
                dataset: self.dataset(),
                schema: self.founding_schema(),
                certificate: self.names.get(&author).map(|name| key(101).certify(&author, name)),
            },
        };
        let turn = self.log.next_turn(backlink, parents).unwrap();
        let parents = parents.to_vec();
        let draft = Draft { position, turn, parents, payload: Payload::of(ops) };
        let commit = Commit::seal(author, draft).unwrap();
        self.log = self.log.append(&commit).unwrap();
        self.commits.push(commit.clone());
        commit.id()
    }

    /// Two authors who edit the same title and text apart, then one who has seen both.
    pub(crate) fn shared() -> Self {
        let mut history = History::found();
        let (ada, ben) = (key(1).author(), key(2).author());
        let founding = history.commits[0].id();
        let hike = history.write_after(
            ada,
            Some(founding),
            &[],
            vec![set(note(), TITLE, "Hike"), insert(note(), 5, "warm ")],
        );
        let town = "Z\u{fc}rich \"lake\"\n";
        let ops = vec![
            set(note(), TITLE, "Walk"),
            delete(note(), 0, 5),
            locate(note(), town, -3),
            insert(note(), 99, "too far"),
            edit(note(), FieldId(77), vec![1, 2, 3]),
        ];
        let walk = history.write_after(ben, None, &[], ops);
        history.write_after(ada, Some(hike), &[walk], Vec::new());
        history
    }

    /// Authors who take turns: each writes `burst` commits after it has seen the one before.
    pub(crate) fn rounds(authors: u8, rounds: usize, burst: usize) -> Self {
        let mut history = History::found();
        let mut last = history.commits[0].id();
        let mut tips: BTreeMap<AuthorKey, CommitId> = BTreeMap::new();
        let keys: Vec<AuthorKey> = (2..=authors).map(|number| key(number).author()).collect();
        for round in 0..rounds {
            let author = keys[round % keys.len()];
            let mut parents = vec![last];
            for _ in 0..burst {
                let tip = tips.get(&author).copied();
                last = history.write_after(author, tip, &parents, Vec::new());
                parents.clear();
                tips.insert(author, last);
            }
        }
        history
    }

    /// All commits as segments of one author each, signed at their end unless the author is
    /// `unsigned`.
    pub(crate) fn segments(&self, unsigned: Option<AuthorKey>) -> Vec<Vec<u8>> {
        let mut runs: Vec<Vec<Commit>> = Vec::new();
        for commit in &self.commits {
            let follows = |run: &&mut Vec<Commit>| {
                run.last().map(Commit::id) == commit.backlink() && commit.backlink().is_some()
            };
            match runs.iter_mut().find(follows) {
                Some(run) => run.push(commit.clone()),
                None => runs.push(vec![commit.clone()]),
            }
        }
        let segment = |run: &Vec<Commit>| {
            let (last, author) = (run[run.len() - 1].id(), run[0].author());
            let signer = (1..=255).map(key).find(|key| key.author() == author).unwrap();
            let point = (unsigned != Some(author)).then(|| signer.sign_commit(&last));
            encode_segment(self.dataset(), run, |one| point.filter(|_| one.id() == last))
        };
        runs.iter().map(segment).collect()
    }
}

pub(crate) fn log_file(dataset: DatasetId, segments: &[Vec<u8>]) -> Vec<u8> {
    let header = FileHeader { purpose: Purpose::Log, dataset };
    [header.encode().to_vec(), segments.concat()].concat()
}

pub(crate) fn directory(path: &Path, dataset: DatasetId, segments: &[Vec<u8>]) {
    fs::create_dir(path).unwrap();
    let disk = Arc::new(FileDisk::at(path));
    let store = Store::create(disk, dataset, &key(1), &StoreOptions::default()).unwrap();
    store.append(segments).unwrap();
}
