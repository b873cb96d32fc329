//! The vectors of `docs/format.md`: each is made, compared with the page and decoded again.
//!
//! `UPDATE=1 cargo test -p woodland-format --test golden` writes the block of vectors again.

#![allow(clippy::disallowed_methods, reason = "a test that writes its page when it is asked to")]

mod sample;

use sample::kinds::{self, Sample};
use sample::rights;
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{
    AuthorKey, Certificate, Commit, CommitId, DatasetId, Digest, Draft, FieldDefinition, FieldId,
    FileHeader, ForkProof, Header, MemberDefinition, Migration, NodeId, ObjectId, Op, Payload,
    Position, ProvenBranch, Purpose, RecordConfig, RecordOp, RegisterConfig, RegisterOp, Renames,
    Right, RightsChange, Schema, SchemaChange, SecretKey, SegmentHead, Signature, TextOp,
    TypeDefinition, TypeId, Value, ValueType, decode, digest_branch, digest_key, digest_leaf,
    encode, encode_segment, keyed_node_id, limits, node_id, payload_hash, read_segments,
    recreated_node_id, segment_root, verify_commit, verify_peer, version_id,
};

const PAGE: &str = include_str!("../../../docs/format.md");
const FENCE: &str = "```vectors\n";

type Vectors = Vec<(String, Vec<u8>)>;

fn put(vectors: &mut Vectors, name: &str, bytes: impl AsRef<[u8]>) {
    vectors.push((name.to_owned(), bytes.as_ref().to_vec()));
}

fn key(byte: u8) -> SecretKey {
    SecretKey::from_seed([byte; 32])
}

fn node() -> NodeId {
    node_id(&key(1).author(), 3, 2, 0x0123_4567_89ab_cdef)
}

fn edit(field: u64, op: Vec<u8>) -> Payload {
    let object = ObjectId { node: node(), field: FieldId(field) };
    Payload::of(vec![Op::Edit { object, op }])
}

fn insert(at: u32, text: &str) -> Vec<u8> {
    encode(&TextOp::Insert { at, text: text.into() })
}

fn record_config() -> RecordConfig {
    let members = vec![
        MemberDefinition { number: 1, name: "city".into(), value: ValueType::String },
        MemberDefinition { number: 4, name: "zip".into(), value: ValueType::Int },
    ];
    RecordConfig { members }
}

fn schema() -> Schema {
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

fn other_schema() -> Schema {
    Schema { types: vec![] }
}

fn values() -> Vec<(&'static str, Value)> {
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

fn value_types() -> Vec<(&'static str, ValueType)> {
    vec![
        ("bool", ValueType::Bool),
        ("int", ValueType::Int),
        ("string", ValueType::String),
        ("bytes", ValueType::Bytes),
        ("pointer", ValueType::Pointer(TypeId(2))),
        ("list", ValueType::List(Box::new(ValueType::List(Box::new(ValueType::Int))))),
    ]
}

fn payloads() -> Vec<(&'static str, Payload)> {
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

fn next(before: &Commit, turn: u64, parents: Vec<CommitId>, payload: Payload) -> Commit {
    changed(before, turn, parents, payload, SchemaChange::Keep)
}

fn changed(
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
struct History {
    a: Vec<Commit>,
    b: Vec<Commit>,
}

fn history() -> History {
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

fn log_file(history: &History) -> Vec<u8> {
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
fn fork_file(a: &[Commit], branch: &Commit) -> Vec<u8> {
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
fn branch(a: &[Commit]) -> Commit {
    next(&a[0], 0, vec![], Payload::of(vec![]))
}

fn put_fork(v: &mut Vectors, a: &[Commit]) {
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
fn fork_proof(a: &[Commit], branch: &Commit) -> ForkProof {
    let proven = |chain: &[&Commit]| ProvenBranch {
        headers: chain.iter().map(|commit| commit.header().clone()).collect(),
        signature: chain[chain.len() - 1].sign(&key(1)).signature,
    };
    ForkProof::new(a[0].author(), [proven(&[&a[1], &a[2]]), proven(&[branch])]).unwrap()
}

/// A chain whose payloads are like the ones before them in every way, and unlike them.
fn alike(founding: &Commit) -> Vec<Commit> {
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
fn samples() -> Vec<Sample> {
    let types = schema().types;
    let mut all = kinds::values_and_types();
    all.extend(kinds::configs());
    all.extend(kinds::ops());
    all.push(kinds::definition(&types));
    all.extend(kinds::migrations());
    all
}

fn put_kinds(v: &mut Vectors) {
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
fn new_ids() -> [u64; 3] {
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

fn put_alike(v: &mut Vectors, founding: &Commit) {
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

fn put_rights(v: &mut Vectors) {
    let owned = rights::owned();
    put(v, "rights.file", owned.file);
    put(v, "rights.order", join(&owned.order.iter().collect::<Vec<_>>()));
    put(v, "rights.masked", join(&[&owned.masked]));
    put(v, "rights.refused", join(&owned.refused.iter().collect::<Vec<_>>()));
}

fn join(commits: &[&Commit]) -> Vec<u8> {
    commits.iter().flat_map(|commit| commit.id().0).collect()
}

fn tips(commits: &[&Commit]) -> Vec<u8> {
    let entry = |c: &&Commit| [&c.author().0[..], &c.seq().to_le_bytes(), &c.id().0].concat();
    commits.iter().flat_map(entry).collect()
}

fn made() -> Vectors {
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
const HASH_LENGTHS: [usize; 6] = [0, 1024, 1025, 2048, 3073, 5120];

/// 0, 1, …, 250, 0, 1, …
fn counting(length: usize) -> Vec<u8> {
    (0..=250).cycle().take(length).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "odd hex: {text}");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// The page before the vectors, the vectors, and the page after them.
fn page_parts(page: &str) -> (&str, &str, &str) {
    let (before, rest) = page.split_once(FENCE).expect("the page has a block of vectors");
    let (block, after) = rest.split_once("```").expect("the block of vectors ends");
    (before, block, after)
}

fn written() -> Vectors {
    let (_, block, _) = page_parts(PAGE);
    let line = |line: &str| {
        let (name, bytes) = line.split_once(" = ").expect("name = hex");
        (name.to_owned(), unhex(bytes))
    };
    block.lines().map(line).collect()
}

fn vector(name: &str) -> Vec<u8> {
    let found = written().into_iter().find(|(one, _)| one == name);
    found.unwrap_or_else(|| panic!("no vector {name}")).1
}

fn id(name: &str) -> [u8; 32] {
    vector(name).try_into().expect("32 bytes")
}

#[test]
fn the_page_has_what_the_code_makes() {
    let made = made();
    if std::env::var_os("UPDATE").is_some() {
        let (before, _, after) = page_parts(PAGE);
        let line = |(name, bytes): &(String, Vec<u8>)| format!("{name} = {}\n", hex(bytes));
        let block: String = made.iter().map(line).collect();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/format.md");
        std::fs::write(path, format!("{before}{FENCE}{block}```{after}")).unwrap();
        return;
    }
    let written = written();
    for ((name, bytes), (made_name, made_bytes)) in written.iter().zip(&made) {
        assert_eq!(name, made_name, "run with UPDATE=1 if this is meant");
        assert_eq!(hex(bytes), hex(made_bytes), "{name}");
    }
    assert_eq!(written.len(), made.len(), "run with UPDATE=1 if this is meant");
}

#[test]
fn headers_decode_from_the_page() {
    let in_owned = ["owned", "grant", "grant_read", "revoke"];
    for name in ["founding", "first", "next", "introduce", "adopt"].into_iter().chain(in_owned) {
        let bytes = vector(&format!("{name}.header"));
        let header = Header::decode(&bytes).unwrap();
        assert_eq!(header.encode(), bytes, "{name}");
        assert_eq!(woodland_format::commit_id(&bytes).0, id(&format!("{name}.id")), "{name}");
        let variant = match header.position {
            Position::Founding { .. } => "founding",
            Position::First { .. } => "first",
            Position::Next { schema: SchemaChange::Keep, .. } => "next",
            Position::Next { schema: SchemaChange::Introduce(_), .. } => "introduce",
            Position::Next { schema: SchemaChange::Adopt(_), .. } => "adopt",
            Position::Owned { .. } => "owned",
            Position::Rights { change: RightsChange::Grant(_, Right::Write), .. } => "grant",
            Position::Rights { change: RightsChange::Grant(_, Right::Read), .. } => "grant_read",
            Position::Rights { change: RightsChange::Revoke(_), .. } => "revoke",
        };
        assert_eq!(variant, name);
    }
}

#[test]
fn payloads_and_their_ops_decode_from_the_page() {
    for (name, payload) in payloads() {
        let bytes = vector(&format!("payload.{name}"));
        assert_eq!(Payload::decode(&bytes).unwrap(), payload, "{name}");
        assert_eq!(payload_hash(&bytes).0, id(&format!("payload.{name}.hash")), "{name}");
        let kind = name.split('.').next().unwrap();
        for op in payload.ops {
            let Op::Edit { op, .. } = op else { continue };
            match kind {
                "register" => assert!(decode::<RegisterOp, 1024>("an op", &op).is_ok()),
                "record" => assert!(decode::<RecordOp, 1024>("an op", &op).is_ok()),
                "text" | "keystroke" => assert!(decode::<TextOp, 1024>("an op", &op).is_ok()),
                _ => {}
            }
        }
    }
}

#[test]
fn values_types_and_schemas_decode_from_the_page() {
    for (name, value) in values() {
        let bytes = vector(&format!("value.{name}"));
        assert_eq!(decode::<Value, 1024>("a value", &bytes).unwrap(), value);
    }
    for (name, value_type) in value_types() {
        let bytes = vector(&format!("value_type.{name}"));
        assert_eq!(decode::<ValueType, 1024>("a type", &bytes).unwrap(), value_type);
    }
    let config = decode::<RecordConfig, 1024>("a config", &vector("config.record")).unwrap();
    assert_eq!(config, record_config());
    let config = decode::<RegisterConfig, 1024>("a config", &vector("config.register")).unwrap();
    assert_eq!(config, RegisterConfig { value: ValueType::String });
    assert_eq!(Schema::decode(&vector("schema")).unwrap(), schema());
    assert_eq!(woodland_format::schema_id(&vector("schema")).0, id("schema.id"));
}

#[test]
fn samples_decode_from_the_page_and_nodes_have_their_names() {
    for (name, made, decode) in samples() {
        let bytes = vector(name);
        assert_eq!(decode(&bytes), Ok(bytes.clone()), "{name}");
        assert_eq!(bytes, made, "{name}");
    }
    assert_eq!(woodland_format::type_digest(&vector("type")).0, id("type.digest"));
    let node = keyed_node_id(TypeId(1), &vector("node.keyed.key"));
    assert_eq!(node.0.to_vec(), vector("node.keyed"));
    // The author, seq and index of a creation by key say nothing.
    let [op] = &Payload::decode(&vector("payload.create_keyed")).unwrap().ops[..] else {
        panic!("one op")
    };
    assert_eq!(op.creates(&key(1).author(), 3, 2), Some(node));
    assert_eq!(op.creates(&key(2).author(), 0, 0), Some(node));
    assert_ne!(keyed_node_id(TypeId(2), &vector("node.keyed.key")), node);
    for (name, payload) in kinds::existence() {
        assert_eq!(Payload::decode(&vector(&format!("payload.{name}"))), Ok(payload), "{name}");
    }
    let [op] = &Payload::decode(&vector("payload.recreate")).unwrap().ops[..] else {
        panic!("one op")
    };
    let again = op.creates(&key(1).author(), 3, 2).unwrap();
    assert_eq!(again.0.to_vec(), vector("node.recreated"));
    assert_ne!(again, recreated_node_id(TypeId(1), &vector("node.keyed.key"), 1));
}

#[test]
fn signatures_hold_from_the_page() {
    let author = AuthorKey(id("key.1.public"));
    let signature = Signature(vector("signature.point").try_into().unwrap());
    assert!(verify_commit(&author, &CommitId(id("founding.id")), &signature));
    let certificate = decode::<Certificate, 1024>("a word", &vector("certificate")).unwrap();
    assert!(certificate.vouches_for(&AuthorKey(id("key.2.public"))));
    assert_eq!(certificate.identity.0, id("key.9.public"));
    // The messages of the page are the ones that are signed: Ed25519, with nothing of ours between.
    use ed25519_dalek::{Signer, SigningKey};
    let sign = |seed: &str, message: &str| {
        SigningKey::from_bytes(&id(seed)).sign(&vector(message)).to_bytes()
    };
    assert_eq!(sign("key.1.seed", "signature.point.message"), signature.0);
    assert_eq!(sign("key.9.seed", "certificate.message"), certificate.signature.0);
    let proof = Signature(vector("signature.peer").try_into().unwrap());
    assert_eq!(sign("key.1.seed", "signature.peer.message"), proof.0);
    let (dataset, salts) = (DatasetId(id("founding.id")), [[3; 16], [4; 16]]);
    assert!(verify_peer(&author, &dataset, salts, true, &proof));
    assert!(!verify_peer(&author, &dataset, salts, false, &proof));
    assert!(!verify_peer(&author, &dataset, [[4; 16], [3; 16]], true, &proof));
}

/// The page's "How a log file is read", as plain as it is written there.
#[test]
fn the_log_file_of_the_page_gives_its_order_and_version() {
    let file = vector("log.file");
    let header = FileHeader::decode(&file).unwrap();
    assert_eq!(header, FileHeader::decode(&vector("file.header.log")).unwrap());
    assert_eq!(header.dataset.0, id("founding.id"));
    let mut commits = BTreeMap::new();
    let mut first_head = None;
    for found in read_segments(header.dataset, &file[48..], 48) {
        assert_eq!(found.damage, None);
        let segment = found.segment.unwrap();
        first_head.get_or_insert(segment.head.clone());
        let [point] = &segment.points[..] else { panic!("one signature a segment") };
        assert_eq!(point.commit, segment.head.last);
        assert!(verify_commit(&segment.head.author, &point.commit, &point.signature));
        commits.extend(segment.commits().map(|commit| (commit.id(), commit)));
    }
    let head = decode::<SegmentHead, 256>("a head", &vector("segment.head")).unwrap();
    assert_eq!(first_head, Some(head));
    let referred: BTreeSet<CommitId> = commits.values().flat_map(|c| c.references()).collect();
    let turn = |id: CommitId| commits[&id].turn();
    for commit in commits.values() {
        let backlink = commit.backlink().map(turn);
        let parents = commit.references().filter(|id| Some(*id) != commit.backlink());
        let formula = backlink.into_iter().chain(parents.map(|id| 1 + turn(id))).max();
        assert_eq!(commit.turn(), formula.unwrap_or(0));
    }
    let mut order: Vec<&Commit> = commits.values().collect();
    order.sort_by_key(|c| (c.turn(), c.author(), c.seq(), c.id()));
    assert_eq!(hex(&join(&order)), hex(&vector("log.order")));
    let heads: Vec<CommitId> = commits.keys().copied().filter(|c| !referred.contains(c)).collect();
    assert_eq!(heads.iter().flat_map(|id| id.0).collect::<Vec<u8>>(), vector("log.heads"));
    assert_eq!(version_id(&heads).0, id("log.version"));
    let links: BTreeSet<CommitId> = commits.values().filter_map(Commit::backlink).collect();
    let mut last: Vec<&Commit> = commits.values().filter(|c| !links.contains(&c.id())).collect();
    last.sort_by_key(|c| (c.author(), c.seq(), c.id()));
    assert_eq!(hex(&tips(&last)), hex(&vector("log.frontier")));
}

#[test]
fn the_fork_of_the_page_is_read_without_damage() {
    let found: Vec<_> =
        read_segments(DatasetId(id("founding.id")), &vector("fork.file")[48..], 48).collect();
    assert!(found.iter().all(|found| found.damage.is_none()));
    let segments: Vec<_> = found.into_iter().filter_map(|found| found.segment).collect();
    let [trunk, branch] = &segments[..] else { panic!("two segments") };
    let (trunk_commits, branch_commits): (Vec<_>, Vec<_>) =
        (trunk.commits().collect(), branch.commits().collect());
    assert_eq!((trunk.head.blocks, trunk_commits.len()), (2, 3));
    assert_eq!(trunk.points[0].commit, trunk_commits[1].id());
    assert_eq!(branch_commits[0].backlink(), trunk_commits[1].backlink());
    assert_eq!(trunk_commits[2].id().0, id("fork.waits"));
    for point in trunk.points.iter().chain(&branch.points) {
        assert!(verify_commit(&key(1).author(), &point.commit, &point.signature));
    }
}

#[test]
fn the_alike_payloads_of_the_page_return() {
    let dataset = DatasetId(id("founding.id"));
    let file = vector("alike.file");
    let found = read_segments(dataset, &file[48..], 48).next().unwrap();
    assert_eq!(found.damage, None);
    let commits: Vec<Commit> = found.segment.unwrap().commits().collect();
    assert_eq!(hex(&join(&commits.iter().collect::<Vec<_>>())), hex(&vector("alike.order")));
    let alike = alike(&history().a[0]);
    let payloads = |commits: &[Commit]| -> Vec<Option<Vec<u8>>> {
        commits.iter().map(|commit| commit.payload().map(<[u8]>::to_vec)).collect()
    };
    assert_eq!(payloads(&commits), payloads(&alike));
    // The rows that the page takes apart.
    let (_, example) = PAGE.split_once("```rows\n").expect("the page has an example of rows");
    let (example, _) = example.split_once("```").unwrap();
    let row = |line: &str| unhex(&line.split_once("  ").unwrap().0.replace(' ', ""));
    let rows: Vec<u8> = example.lines().flat_map(row).collect();
    assert!(file.windows(rows.len()).any(|part| part == rows), "{}", hex(&rows));
    assert_eq!(example.lines().count(), 5, "one line for each of the rows 2 to 6");
}

/// Who may write is the log's to say, and tested there; here it is read.
#[test]
fn the_rights_of_the_page_are_read_without_damage() {
    let dataset = DatasetId(id("owned.id"));
    let file = vector("rights.file");
    let found = read_segments(dataset, &file[48..], 48);
    let segments = found.map(|found| {
        assert_eq!(found.damage, None);
        found.segment.unwrap()
    });
    let mut commits: Vec<Commit> =
        segments.flat_map(|one| one.commits().collect::<Vec<_>>()).collect();
    commits.sort_by_key(|c| (c.turn(), c.author(), c.seq(), c.id()));
    let (refused, order) = (vector("rights.refused"), vector("rights.order"));
    let is_refused = |c: &Commit| refused.as_chunks::<32>().0.contains(&c.id().0);
    let (held, others): (Vec<_>, Vec<_>) = commits.iter().partition(|c| !is_refused(c));
    assert_eq!(hex(&join(&held)), hex(&order));
    assert_eq!(others.len() * 32, refused.len());
}

#[test]
fn ids_and_digests_follow_from_the_page() {
    assert_eq!(vector("node.id"), node().0);
    let leaf = digest_leaf(&Digest(id("digest.place")), &vector("digest.value"));
    assert_eq!(digest_key(&vector("digest.key")).0, id("digest.place"));
    assert_eq!(leaf.0, id("digest.leaf"));
    assert_eq!(digest_branch(&leaf, &Digest(id("digest.place"))).0, id("digest.branch"));
    let store = FileHeader::decode(&vector("file.header.store")).unwrap();
    assert_eq!(store.purpose, Purpose::Store);
}

#[test]
fn the_sizes_of_the_page_are_the_sizes() {
    assert_eq!(vector("next.header").len(), 101, "an ordinary header, two blocks of BLAKE3");
    assert_eq!(vector("payload.keystroke").len(), 62, "one typed letter");
    assert_eq!(vector("payload.create").len() - vector("payload.empty").len(), 20);
    assert_eq!(vector("payload.empty").len(), 9);
    let keyed = vector("payload.create_keyed").len() - vector("payload.empty").len();
    assert_eq!(keyed - vector("node.keyed.key").len(), 12);
    let own = |name: &str| vector(&format!("payload.{name}")).len() - vector("payload.empty").len();
    assert_eq!(own("recreate"), 16 + vector("node.keyed.key").len());
    assert_eq!(own("delete"), 20);
    assert_eq!(vector("config.deletion.lose").len(), 4);
    for (name, bytes) in [("counter.add", 12), ("list.remove", 12), ("list.move", 12)] {
        assert_eq!(vector(&format!("op.{name}")).len(), bytes, "{name}");
    }
    assert_eq!(vector("op.register.clear").len(), 4);
    assert_eq!(vector("signature.point.message").len(), 61);
    assert_eq!(vector("segment.head").len(), 146);
    let bare = SegmentHead {
        previous: None,
        ..decode::<SegmentHead, 256>("a head", &vector("segment.head")).unwrap()
    };
    assert_eq!(encode(&bare).len(), 114);
}

#[test]
fn the_limits_of_the_page_are_the_limits() {
    let limits = [
        ("PARENTS_MAX", limits::PARENTS_MAX as u64),
        ("HEADER_BYTES_MAX", limits::HEADER_BYTES_MAX as u64),
        ("PAYLOAD_BYTES_MAX", limits::PAYLOAD_BYTES_MAX as u64),
        ("OPS_MAX", limits::OPS_MAX as u64),
        ("OP_BYTES_MAX", limits::OP_BYTES_MAX as u64),
        ("SCHEMA_BYTES_MAX", limits::SCHEMA_BYTES_MAX as u64),
        ("TYPES_MAX", limits::TYPES_MAX as u64),
        ("FIELDS_MAX", limits::FIELDS_MAX as u64),
        ("MIGRATION_STEPS_MAX", limits::MIGRATION_STEPS_MAX as u64),
        ("NAME_BYTES_MAX", limits::NAME_BYTES_MAX as u64),
        ("CONFIG_BYTES_MAX", limits::CONFIG_BYTES_MAX as u64),
        ("VALUE_DEPTH_MAX", limits::VALUE_DEPTH_MAX as u64),
        ("TYPE_NODES_MAX", limits::TYPE_NODES_MAX as u64),
        ("UNION_MEMBERS_MAX", limits::UNION_MEMBERS_MAX as u64),
        ("LIST_ITEMS_MAX", limits::LIST_ITEMS_MAX as u64),
        ("FRAME_BYTES_MAX", limits::FRAME_BYTES_MAX as u64),
        ("BLOCK_BYTES_TARGET", limits::BLOCK_BYTES_TARGET as u64),
        ("LIKE_BYTES_MAX", limits::LIKE_BYTES_MAX as u64),
        ("SEGMENT_COMMITS_MAX", u64::from(limits::SEGMENT_COMMITS_MAX)),
        ("SIGN_EVERY_COMMITS", limits::SIGN_EVERY_COMMITS),
        ("SIGN_EVERY_BYTES", limits::SIGN_EVERY_BYTES),
        ("PROOF_HEADERS_MAX", limits::PROOF_HEADERS_MAX as u64),
        ("PROOF_BYTES_MAX", limits::PROOF_BYTES_MAX as u64),
    ];
    let source = include_str!("../src/limits.rs");
    assert_eq!(source.matches("pub const ").count(), limits.len(), "every limit is on the page");
    for (name, limit) in limits {
        assert!(PAGE.contains(&format!("| `{name}` | {limit} |")), "{name} is {limit}");
    }
}

#[test]
fn the_fork_proof_of_the_page_is_verified() {
    let bytes = vector("fork.proof");
    let proof = ForkProof::decode(&bytes).unwrap();
    assert_eq!(proof.encode(), bytes);
    let fork = proof.verify().unwrap();
    assert_eq!(fork.backlink.map(|backlink| backlink.0), Some(id("founding.id")));
    let order = vector("fork.order");
    assert_eq!(fork.rivals.map(|rival| rival.0).concat(), order[32..]);
}
