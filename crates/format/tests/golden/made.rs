//! What the vectors of the page are made of, and the vectors.
//!
//! **Invariants**
//! - The same commits, keys and values for ever: what is hashed here is on the page.

use crate::sample::kinds::{self, Sample};
use crate::sample::{self, rights};
use std::collections::BTreeSet;
use woodland_format::{
    Commit, CommitId, DatasetId, Draft, FieldDefinition, FieldId, FileHeader, ForkProof,
    MemberDefinition, Migration, NodeId, ObjectId, Op, Payload, Position, ProvenBranch, Purpose,
    RecordConfig, RecordOp, RegisterConfig, RegisterOp, Renames, Schema, SchemaChange, SecretKey,
    TextOp, TypeDefinition, TypeId, Value, ValueType, digest_branch, digest_key, digest_leaf,
    encode, encode_segment, keyed_node_id, node_id, payload_hash, read_segments, recreated_node_id,
    segment_root, version_id,
};

pub(crate) type Vectors = Vec<(String, Vec<u8>)>;

pub(crate) fn put(vectors: &mut Vectors, name: &str, bytes: impl AsRef<[u8]>) {
    vectors.push((name.to_owned(), bytes.as_ref().to_vec()));
}

pub(crate) fn key(byte: u8) -> SecretKey {
    SecretKey::from_seed([byte; 32])
}

pub(crate) fn node() -> NodeId {
    node_id(&key(1).author(), 3, 2, 0x0123_4567_89ab_cdef)
}

pub(crate) fn edit(field: u64, op: Vec<u8>) -> Payload {
    let object = ObjectId { node: node(), field: FieldId(field) };
    Payload::of(vec![Op::Edit { object, op }])
}

pub(crate) fn insert(at: u32, text: &str) -> Vec<u8> {
    encode(&TextOp::Insert { at, text: text.into() })
}

pub(crate) fn record_config() -> RecordConfig {
    let members = vec![
        MemberDefinition { number: 1, name: "city".into(), value: ValueType::String },
        MemberDefinition { number: 4, name: "zip".into(), value: ValueType::Int },
    ];
    RecordConfig { members }
}

pub(crate) fn schema() -> Schema {
    let field = |id, name: &str, kind: &str, config| FieldDefinition {
        id: FieldId(id),
        name: name.into(),
        kind: kind.into(),
        config,
    };
    let title = encode(&RegisterConfig { value: ValueType::String });
    let tags = ValueType::List(Box::new(ValueType::Pointer(TypeId(2))));
    let note = TypeDefinition {
        id: TypeId(1),
        name: "Note".into(),
        version: 1,
        fields: vec![
            field(10, "title", "register", title.clone()),
            field(11, "body", "text", vec![]),
            field(12, "tags", "register", encode(&RegisterConfig { value: tags })),
            field(13, "address", "record", encode(&record_config())),
        ],
    };
    let fields = vec![field(20, "name", "register", title)];
    let tag = TypeDefinition { id: TypeId(2), name: "Tag".into(), version: 3, fields };
    Schema { types: vec![note, tag] }
}

pub(crate) fn other_schema() -> Schema {
    Schema { types: vec![] }
}

pub(crate) fn values() -> Vec<(&'static str, Value)> {
    let list = Value::List(vec![Value::Int(-2), Value::Int(i64::MAX)]);
    vec![
        ("bool", Value::Bool(true)),
        ("int", Value::Int(-2)),
        ("string", Value::String("Grüße".into())),
        ("bytes", Value::Bytes(vec![0, 255])),
        ("pointer", Value::Pointer(node())),
        ("list", list.clone()),
        ("record", Value::Record(vec![(1, Value::Bool(false)), (4, list)])),
    ]
}

pub(crate) fn value_types() -> Vec<(&'static str, ValueType)> {
    vec![
        ("bool", ValueType::Bool),
        ("int", ValueType::Int),
        ("string", ValueType::String),
        ("bytes", ValueType::Bytes),
        ("pointer", ValueType::Pointer(TypeId(2))),
        ("list", ValueType::List(Box::new(ValueType::List(Box::new(ValueType::Int))))),
    ]
}

pub(crate) fn payloads() -> Vec<(&'static str, Payload)> {
    let record = RecordOp::Set(vec![(1, Value::String("Ulm".into())), (4, Value::Int(89073))]);
    let create = Op::Create { node_type: TypeId(1), salt: 0x0123_4567_89ab_cdef };
    let all = [
        Payload::of(vec![Op::Schema(other_schema()), create.clone()]).ops,
        edit(10, encode(&RegisterOp::Set("Trip".into()))).ops,
        edit(11, insert(0, "Pack boots")).ops,
    ];
    vec![
        ("empty", Payload::of(vec![])),
        ("schema", Payload::of(vec![Op::Schema(schema())])),
        ("create", Payload::of(vec![create])),
        ("register.set", edit(10, encode(&RegisterOp::Set("Trip".into())))),
        ("record.set", edit(13, encode(&record))),
        ("text.insert", edit(11, insert(5, "wärm "))),
        ("text.delete", edit(11, encode(&TextOp::Delete { at: 5, bytes: 6 }))),
        ("keystroke", edit(11, insert(5, "w"))),
        ("many", Payload::of(all.concat())),
        ("create_keyed", kinds::keyed()),
    ]
}

pub(crate) fn next(before: &Commit, turn: u64, parents: Vec<CommitId>, payload: Payload) -> Commit {
    changed(before, turn, parents, payload, SchemaChange::Keep)
}

pub(crate) fn changed(
    before: &Commit,
    turn: u64,
    parents: Vec<CommitId>,
    payload: Payload,
    schema: SchemaChange,
) -> Commit {
    let position = Position::Next { backlink: before.id(), seq: before.seq() + 1, schema };
    let draft = Draft { position, turn, parents, payload };
    Commit::seal(before.author(), draft).unwrap()
}

/// The history of `log.file`.
pub(crate) struct History {
    pub(crate) a: Vec<Commit>,
    pub(crate) b: Vec<Commit>,
}

pub(crate) fn history() -> History {
    let founding = Commit::seal(
        key(1).author(),
        Draft {
            position: Position::Founding {
                author: key(1).author(),
                nonce: [7; 32],
                schema: schema().id(),
                certificate: None,
            },
            turn: 0,
            parents: vec![],
            payload: Payload::of(vec![Op::Schema(schema())]),
        },
    )
    .unwrap();
    let payload_of = |name| payloads().into_iter().find(|(one, _)| *one == name).unwrap().1;
    let a1 = next(&founding, 0, vec![], payload_of("create"));
    let first = Commit::seal(
        key(2).author(),
        Draft {
            position: Position::First {
                author: key(2).author(),
                dataset: founding.id().into(),
                schema: schema().id(),
                certificate: Some(key(9).certify(&key(2).author(), "Ada")),
            },
            turn: 1,
            parents: vec![a1.id()],
            payload: payload_of("text.insert"),
        },
    )
    .unwrap();
    let b1 = next(&first, 1, vec![], payload_of("keystroke"));
    let introduce = SchemaChange::Introduce(other_schema().id());
    let a2 = changed(&a1, 0, vec![], Payload::of(vec![Op::Schema(other_schema())]), introduce);
    let adopt = SchemaChange::Adopt(schema().id());
    let a3 = changed(&a2, 2, vec![b1.id()], Payload::of(vec![]), adopt);
    let b2 = next(&b1, 1, vec![], payload_of("many"));
    let b2 = Commit::new(b2.author(), b2.header().clone(), None).unwrap();
    History { a: vec![founding, a1, a2, a3], b: vec![first, b1, b2] }
}

pub(crate) fn log_file(history: &History) -> Vec<u8> {
    let dataset: DatasetId = history.a[0].id().into();
    let mut file = FileHeader { purpose: Purpose::Log, dataset }.encode().to_vec();
    let runs = [(&history.a[2..], 1), (&history.b[..], 2), (&history.a[..2], 1)];
    for (run, seed) in runs {
        let last = run.last().unwrap().id();
        file.extend(encode_segment(dataset, run, |commit| {
            (commit.id() == last).then(|| commit.sign(&key(seed)).signature)
        }));
    }
    file
}

/// A log file with a fork, whose first segment has two blocks and an unsigned tail.
pub(crate) fn fork_file(a: &[Commit], branch: &Commit) -> Vec<u8> {
    let dataset: DatasetId = a[0].id().into();
    let row = |commit: &Commit, signed: bool| sample::row(commit, signed.then(|| key(1)).as_ref());
    let first = [row(&a[0], false), row(&a[1], true)].concat();
    let blocks = [sample::block(0, 2, &first), sample::block(2, 1, &row(&a[2], false))].concat();
    let mut file = FileHeader { purpose: Purpose::Log, dataset }.encode().to_vec();
    for (run, count, blocks) in [
        (&a[..3], 2, blocks),
        (std::slice::from_ref(branch), 1, sample::block(1, 1, &row(branch, true))),
    ] {
        file.extend(sample::frame(b"SEGH", &encode(&sample::head(dataset, run, count))));
        file.extend(blocks);
    }
    file
}

/// The other second commit of author 1.
pub(crate) fn branch(a: &[Commit]) -> Commit {
    next(&a[0], 0, vec![], Payload::of(vec![]))
}

pub(crate) fn put_fork(v: &mut Vectors, a: &[Commit]) {
    let branch = branch(a);
    let mut branches = [&a[1], &branch];
    branches.sort_by_key(|commit| commit.id());
    put(v, "fork.file", fork_file(a, &branch));
    put(v, "fork.order", join(&[&a[0], branches[0], branches[1]]));
    put(v, "fork.waits", a[2].id().0);
    put(v, "fork.version", version_id(&branches.map(Commit::id)).0);
    put(v, "fork.frontier", tips(&branches));
    put(v, "fork.proof", fork_proof(a, &branch).encode());
}

/// The signature of one branch stands behind its rival, of the other on it.
pub(crate) fn fork_proof(a: &[Commit], branch: &Commit) -> ForkProof {
    let proven = |chain: &[&Commit]| ProvenBranch {
        headers: chain.iter().map(|commit| commit.header().clone()).collect(),
        signature: chain[chain.len() - 1].sign(&key(1)).signature,
    };
    ForkProof::new(a[0].author(), [proven(&[&a[1], &a[2]]), proven(&[branch])]).unwrap()
}

/// A chain whose payloads are like the ones before them in every way, and unlike them.
pub(crate) fn alike(founding: &Commit) -> Vec<Commit> {
    let long = "long ".repeat(100);
    let payloads = [
        edit(11, insert(5, "w")),
        edit(11, insert(6, "o")),
        edit(11, insert(6, "o")),
        edit(11, insert(8, "ods")),
        edit(11, insert(11, "x")),
        edit(11, encode(&TextOp::Delete { at: 11, bytes: 1 })),
        edit(11, insert(11, &long)),
        edit(11, insert(511, "y")),
        Payload::of(vec![]),
        edit(11, insert(512, "z")),
    ];
    let mut chain = vec![founding.clone()];
    for payload in payloads {
        chain.push(next(&chain[chain.len() - 1], 0, vec![], payload));
    }
    chain[4] = Commit::new(chain[4].author(), chain[4].header().clone(), None).unwrap();
    chain
}

/// The things whose name is their vector's.
pub(crate) fn samples() -> Vec<Sample> {
    let types = schema().types;
    let mut all = kinds::values_and_types();
    all.extend(kinds::configs());
    all.extend(kinds::ops());
    all.push(kinds::definition(&types));
    all.extend(kinds::migrations());
    all
}

pub(crate) fn put_kinds(v: &mut Vectors) {
    for (name, bytes, _) in samples() {
        put(v, name, bytes);
    }
    put(v, "type.digest", schema().types[0].digest().0);
    let key = encode(&kinds::natural_key());
    put(v, "node.keyed", keyed_node_id(TypeId(1), &key).0);
    put(v, "node.keyed.key", key.clone());
    put(v, "node.recreated", recreated_node_id(TypeId(1), &key, 2).0);
    for (name, payload) in kinds::existence() {
        put(v, &format!("payload.{name}"), payload.encode());
        put(v, &format!("payload.{name}.hash"), payload_hash(&payload.encode()).0);
    }
    let [new_type, new_field, again] = new_ids();
    put(v, "id.type.new", new_type.to_le_bytes());
    put(v, "id.field.new", new_field.to_le_bytes());
    put(v, "id.field.again", again.to_le_bytes());
}

/// What a proposal calls a new type Folder, a new register `rank` of Note, and another of the same
/// name after that is gone.
pub(crate) fn new_ids() -> [u64; 3] {
    let propose = |current: &Schema, wanted: &Schema, taken: &[&Schema]| {
        let renames = Renames::default();
        Migration::propose(current, wanted, &renames, taken).unwrap().unwrap().schema
    };
    let id = |schema: &Schema| {
        schema.type_named("Note").unwrap().field_named("rank").map(|field| field.id.0)
    };
    let current = schema();
    let mut wanted = current.clone();
    let config = encode(&RegisterConfig { value: ValueType::Int });
    let (name, kind) = ("rank".to_owned(), "register".to_owned());
    wanted.types[0].fields.push(FieldDefinition { id: FieldId(19), name, kind, config });
    let folder =
        TypeDefinition { id: TypeId(3), name: "Folder".into(), version: 1, fields: vec![] };
    wanted.types.push(folder);
    let made = propose(&current, &wanted, &[]);
    let again = propose(&current, &wanted, &[&made]);
    let folder = made.type_named("Folder").unwrap().id.0;
    [folder, id(&made).unwrap(), id(&again).unwrap()]
}

pub(crate) fn put_alike(v: &mut Vectors, founding: &Commit) {
    let chain = alike(founding);
    let dataset: DatasetId = founding.id().into();
    let last = &chain[chain.len() - 1];
    let mut file = FileHeader { purpose: Purpose::Log, dataset }.encode().to_vec();
    file.extend(encode_segment(dataset, &chain, |commit| {
        (commit == last).then(|| commit.sign(&key(1)).signature)
    }));
    put(v, "alike.file", file);
    put(v, "alike.order", join(&chain.iter().collect::<Vec<_>>()));
    put(v, "alike.version", version_id(&[last.id()]).0);
}

pub(crate) fn put_rights(v: &mut Vectors) {
    let owned = rights::owned();
    put(v, "rights.file", owned.file);
    put(v, "rights.order", join(&owned.order.iter().collect::<Vec<_>>()));
    put(v, "rights.masked", join(&[&owned.masked]));
    put(v, "rights.refused", join(&owned.refused.iter().collect::<Vec<_>>()));
}

pub(crate) fn join(commits: &[&Commit]) -> Vec<u8> {
    commits.iter().flat_map(|commit| commit.id().0).collect()
}

pub(crate) fn tips(commits: &[&Commit]) -> Vec<u8> {
    let entry = |c: &&Commit| [&c.author().0[..], &c.seq().to_le_bytes(), &c.id().0].concat();
    commits.iter().flat_map(entry).collect()
}

pub(crate) fn made() -> Vectors {
    let mut v = Vectors::new();
    let History { a, b } = &history();
    for byte in [1, 2, 9] {
        put(&mut v, &format!("key.{byte}.seed"), [byte; 32]);
        put(&mut v, &format!("key.{byte}.public"), key(byte).author().0);
    }
    for (name, value) in values() {
        put(&mut v, &format!("value.{name}"), encode(&value));
    }
    for (name, value_type) in value_types() {
        put(&mut v, &format!("value_type.{name}"), encode(&value_type));
    }
    put(&mut v, "config.register", encode(&RegisterConfig { value: ValueType::String }));
    put(&mut v, "config.record", encode(&record_config()));
    put(&mut v, "schema", schema().encode());
    put(&mut v, "schema.id", schema().id().0);
    for (name, payload) in payloads() {
        put(&mut v, &format!("payload.{name}"), payload.encode());
        put(&mut v, &format!("payload.{name}.hash"), payload_hash(&payload.encode()).0);
    }
    let certificate = key(9).certify(&key(2).author(), "Ada");
    put(&mut v, "certificate", encode(&certificate));
    let message =
        [&b"woodland 2026-11 certificate"[..], &key(9).identity().0, &key(2).author().0, b"Ada"];
    put(&mut v, "certificate.message", message.concat());
    let owned = rights::owned();
    let commits = [
        ("founding", &a[0]),
        ("first", &b[0]),
        ("next", &b[1]),
        ("introduce", &a[2]),
        ("adopt", &a[3]),
        ("owned", &owned.founding),
        ("grant", &owned.grant),
        ("grant_read", &owned.grant_read),
        ("revoke", &owned.revoke),
    ];
    for (name, commit) in commits {
        put(&mut v, &format!("{name}.header"), commit.header().encode());
        put(&mut v, &format!("{name}.id"), commit.id().0);
    }
    let message = [&b"woodland 2026-11 signed point"[..], &a[0].id().0].concat();
    put(&mut v, "signature.point.message", message);
    put(&mut v, "signature.point", a[0].sign(&key(1)).signature.0);
    let dataset = DatasetId(a[0].id().0);
    let message = [&b"woodland 2026-11 peer"[..], &dataset.0, &[3; 16], &[4; 16], &[1]].concat();
    put(&mut v, "signature.peer.message", message);
    put(&mut v, "signature.peer", key(1).prove_peer(&dataset, [[3; 16], [4; 16]], true).0);
    put(&mut v, "node.id", node().0);
    let heads = BTreeSet::from([a[3].id(), b[2].id()]);
    put(&mut v, "version.heads", heads.iter().flat_map(|id| id.0).collect::<Vec<u8>>());
    put(&mut v, "version.id", version_id(&heads).0);
    put(&mut v, "version.id.empty", version_id([]).0);
    let entry = [&[1][..], &node().0].concat();
    let place = digest_key(&entry);
    let leaf = digest_leaf(&place, &encode(&TypeId(1)));
    put(&mut v, "digest.key", entry);
    put(&mut v, "digest.place", place.0);
    put(&mut v, "digest.value", encode(&TypeId(1)));
    put(&mut v, "digest.leaf", leaf.0);
    put(&mut v, "digest.branch", digest_branch(&leaf, &place).0);
    let dataset = a[0].id().into();
    put(&mut v, "file.header.log", FileHeader { purpose: Purpose::Log, dataset }.encode());
    put(&mut v, "file.header.store", FileHeader { purpose: Purpose::Store, dataset }.encode());
    let file = log_file(&history());
    let head = read_segments(dataset, &file[48..], 48).next().unwrap().segment.unwrap().head;
    put(&mut v, "segment.head", encode(&head));
    put(&mut v, "segment.root", segment_root(&[0; 32], b"segment"));
    put(&mut v, "log.file", file);
    let order = [&a[0], &a[1], &a[2], &b[0], &b[1], &b[2], &a[3]];
    put(&mut v, "log.order", join(&order));
    put(&mut v, "log.heads", heads.iter().flat_map(|id| id.0).collect::<Vec<u8>>());
    put(&mut v, "log.version", version_id(&heads).0);
    let mut last = [&a[3], &b[2]];
    last.sort_by_key(|commit| commit.author());
    put(&mut v, "log.frontier", tips(&last));
    put_fork(&mut v, a);
    put_alike(&mut v, &a[0]);
    put_rights(&mut v);
    put_kinds(&mut v);
    for length in HASH_LENGTHS {
        put(&mut v, &format!("hash.{length}"), payload_hash(&counting(length)).0);
    }
    v
}

/// Around the ends of BLAKE3's chunks of 1,024 bytes.
pub(crate) const HASH_LENGTHS: [usize; 6] = [0, 1024, 1025, 2048, 3073, 5120];

/// 0, 1, …, 250, 0, 1, …
pub(crate) fn counting(length: usize) -> Vec<u8> {
    (0..=250).cycle().take(length).collect()
}
