//! Memory that hostile bytes cost, counted by the allocator. One test: the count is of the process.

#![allow(
    clippy::disallowed_macros,
    reason = "an abort for want of memory names no test: this does"
)]

mod sample;

use cap::Cap;
use std::alloc::System;
use woodland_format::{
    Commit, DatasetId, FieldDefinition, FieldId, ListOp, MapOp, MemberDefinition, Migration,
    MigrationStep, NodeId, Op, Payload, RecordConfig, RecordOp, Schema, Segment, SegmentHead,
    SetOp, TextOp, TypeDefinition, TypeId, UniqueConfig, Value, ValueType, decode, encode,
    encode_segment, limits, read_segments,
};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

const ALL: usize = limits::PAYLOAD_BYTES_MAX;
/// What any decoding may cost beside its input: errors, a frame or two.
const SPARE: usize = 64 * 1024;

/// Limits the process to `times` the input above what is in use: over it, allocation fails and the
/// test with it.
fn within(name: &str, times: usize, bytes: &[u8], read: impl FnOnce(&[u8])) {
    let allowed = ALLOCATOR.allocated() + times * bytes.len() + SPARE;
    eprintln!("{name}: {} bytes, {times} times", bytes.len());
    ALLOCATOR.set_limit(allowed).expect("the limit is above what is in use");
    read(bytes);
    ALLOCATOR.set_limit(usize::MAX).expect("no limit");
}

fn payload(bytes: &[u8]) {
    drop(Payload::decode(bytes));
}

fn claims(bytes: &mut [u8], claim: u64, at: usize) {
    bytes[at..at + 8].copy_from_slice(&claim.to_le_bytes());
}

#[test]
fn decoding_costs_at_most_eight_times_its_input() {
    let bools = encode(&Value::List(vec![Value::Bool(true); limits::LIST_ITEMS_MAX]));
    let empties = encode(&Value::List(vec![Value::List(vec![]); limits::LIST_ITEMS_MAX]));
    let value = |bytes: &[u8]| drop(decode::<Value, ALL>("a value", bytes));
    within("bools", 8, &bools, value);
    within("empty lists", 8, &empties, value);
    within("bools, one too few", 8, &bools[..bools.len() - 1], value);
    let ops = Payload::of(vec![Op::Schema(Schema { types: vec![] }); limits::OPS_MAX]).encode();
    within("empty schemas", 8, &ops, payload);
    within("empty schemas, one too few", 8, &ops[..ops.len() - 1], payload);
    let creates = Payload::of(vec![Op::Create { node_type: TypeId(1), salt: 1 }; 800_000]).encode();
    within("creates", 8, &creates, payload);
    let texts = encode(&TextOp::Insert { at: 0, text: "x".repeat(limits::OP_BYTES_MAX) });
    within("text", 8, &texts, |bytes| drop(decode::<TextOp, ALL>("an op", bytes)));
    let members: Vec<(u32, Value)> = (0..1024).map(|at| (at, Value::Bool(true))).collect();
    let record = encode(&RecordOp::Set(members));
    within("members", 8, &record, |bytes| drop(decode::<RecordOp, ALL>("an op", bytes)));
    let deep = 5u32.to_le_bytes().repeat(1_000_000);
    within("deep type", 8, &deep, |bytes| drop(decode::<ValueType, ALL>("a type", bytes)));

    // Claims without what they claim cost nothing at all.
    for claim in [1 << 20, 1 << 31, 1 << 63, u64::MAX] {
        for (tag, at) in [(2u8, 4), (3, 4), (5, 4), (6, 4)] {
            let mut bytes = vec![0; 40];
            bytes[0] = tag;
            claims(&mut bytes, claim, at);
            within("a value's claim", 8, &bytes, value);
        }
        let mut bytes = Payload::of(vec![Op::Schema(Schema { types: vec![] })]).encode();
        for at in [1, 13] {
            claims(&mut bytes, claim, at);
            within("a payload's claim", 8, &bytes, payload);
        }
    }
    let mut nested = Vec::new();
    for _ in 0..15 {
        nested.extend([5, 0, 0, 0]);
        nested.extend((limits::LIST_ITEMS_MAX as u64).to_le_bytes());
    }
    nested.extend([0, 0, 0, 0, 1]);
    within("claims in claims", 8, &nested, value);

    ops_and_types();
    segments();
}

/// The smallest parts of every op, value and type, as many as there may be.
fn ops_and_types() {
    macro_rules! costs {
        ($name:literal, $type:ty, $value:expr) => {{
            let bytes = encode::<$type>(&$value);
            let read = |bytes: &[u8]| drop(decode::<$type, ALL>("a thing", bytes));
            within($name, 8, &bytes, read);
            within(concat!($name, ", one too few"), 8, &bytes[..bytes.len() - 1], read);
        }};
    }
    let most = limits::LIST_ITEMS_MAX;
    let bools = || vec![Value::Bool(true); most];
    let ints = || (0..most as i64).map(Value::Int).collect::<Vec<_>>();
    let entries = || ints().into_iter().map(|key| (key, Value::Bool(true))).collect::<Vec<_>>();
    costs!("floats", Value, Value::List(vec![1.5.into(); most]));
    costs!("entries", Value, Value::Map(entries()));
    let nested = Value::List(vec![Value::Map(vec![(true.into(), true.into())]); most / 8]);
    costs!("maps of one", Value, nested);
    costs!("items added", SetOp, SetOp::Add(ints()));
    costs!("items removed", SetOp, SetOp::Remove(ints()));
    costs!("entries put", MapOp, MapOp::Put(entries()));
    costs!("keys removed", MapOp, MapOp::Remove(ints()));
    costs!("items inserted", ListOp, ListOp::Insert { at: 0, items: bools() });
    costs!("members cleared", RecordOp, RecordOp::Clear((0..1024).collect()));
    let keyed = Op::CreateKeyed { node_type: TypeId(1), key: true.into() };
    let keyed = Payload::of(vec![keyed; 1 << 19]).encode();
    within("creations by key", 8, &keyed, payload);
    let recreated = Op::Recreate { node_type: TypeId(1), key: true.into(), generation: 1 };
    let recreated = Payload::of(vec![recreated; 1 << 19]).encode();
    within("generations of keys", 8, &recreated, payload);
    let deleted = Payload::of(vec![Op::Delete { node: NodeId([7; 16]) }; 1 << 19]).encode();
    within("deletions", 8, &deleted, payload);
    let mixed =
        [Op::Schema(Schema { types: vec![] }), Op::Create { node_type: TypeId(1), salt: 1 }];
    within("small ops", 8, &Payload::of(vec![mixed; 1 << 18].concat()).encode(), payload);

    migrations();

    // A type of four bytes becomes ten times as much, and there is an end to how many there are.
    let union = |count| ValueType::Union(vec![ValueType::Bool; count]);
    let bulk = ValueType::Union(vec![union(255); 7]);
    costs!("unions of bools", ValueType, bulk);
    let endless = ValueType::Union(vec![ValueType::Union(vec![union(256); 256]); 16]);
    costs!("too many types", ValueType, endless);
    let member = |number| MemberDefinition { number, name: String::new(), value: union(255) };
    costs!(
        "a record of unions",
        RecordConfig,
        RecordConfig { members: (0..1024).map(member).collect() }
    );
    let member = |number| MemberDefinition { number, name: String::new(), value: ValueType::Bool };
    let composite = ValueType::Composite((0..1024).map(member).collect());
    costs!("members", ValueType, composite);
    let fields = (0..limits::FIELDS_MAX as u64).map(FieldId).collect();
    costs!("what is unique", UniqueConfig, UniqueConfig { fields });
    let places = |of| ValueType::Optional(Box::new(ValueType::Default { of, value: true.into() }));
    let places = ValueType::Union(vec![places(Box::new(ValueType::Bool)); 256]);
    costs!("places", ValueType, places);
    costs!("literals", ValueType, ValueType::Union(vec![ValueType::Literal(true.into()); 256]));
    costs!("a literal list", ValueType, ValueType::Literal(Value::List(bools())));
}

/// Steps of every form, as small as they can be, and types in them, as many as there may be.
fn migrations() {
    let (node_type, field) = (TypeId(1), FieldId(1));
    let name = String::new();
    let empty = TypeDefinition { id: node_type, name: name.clone(), version: 1, fields: vec![] };
    let none =
        FieldDefinition { id: field, name: name.clone(), kind: name.clone(), config: vec![] };
    let bools = ValueType::Union(vec![ValueType::Bool; limits::UNION_MEMBERS_MAX]);
    let many = ValueType::Union(vec![bools.clone(); 7]);
    let definition = TypeDefinition { fields: vec![none.clone(); 1024], ..empty.clone() };
    let steps = [
        ("types added", MigrationStep::AddType(empty)),
        ("fields of types added", MigrationStep::AddType(definition)),
        ("types removed", MigrationStep::RemoveType { node_type }),
        ("types renamed", MigrationStep::RenameType { node_type, name: name.clone() }),
        ("fields added", MigrationStep::AddField { node_type, field: none }),
        ("fields removed", MigrationStep::RemoveField { field }),
        ("fields renamed", MigrationStep::RenameField { field, name }),
        ("types changed", MigrationStep::ChangeType { field, config: vec![] }),
        ("fields moved", MigrationStep::MoveField { from: field, to: field }),
        ("defaults", MigrationStep::change_default_type(field, &ValueType::Bool)),
        ("defaults of bools", MigrationStep::change_default_type(field, &bools)),
        ("defaults of many", MigrationStep::change_default_type(field, &many)),
        ("defaults removed", MigrationStep::RemoveDefaultType { field }),
    ];
    for (name, step) in steps {
        let bytes = encode(&step).len();
        for count in [0, 1, 2, 3, 17, limits::MIGRATION_STEPS_MAX] {
            let count = count.min(limits::PAYLOAD_BYTES_MAX / 8 / bytes);
            let one = Op::Migrate(Migration { steps: vec![step.clone(); count] });
            let ops = (limits::PAYLOAD_BYTES_MAX / 64 / (16 + bytes * count)).max(1);
            within(name, 8, &Payload::of(vec![one; ops]).encode(), payload);
        }
    }
}

/// A segment of `commits` commits with these blocks, the rest of its head as in `first`'s own.
fn segment_of(first: &Commit, commits: u32, blocks: &[Vec<u8>]) -> Vec<u8> {
    let count = u32::try_from(blocks.len()).unwrap();
    let head = sample::head(first.id().into(), std::slice::from_ref(first), count);
    let head = SegmentHead { commits, ..head };
    [sample::frame(b"SEGH", &encode(&head)), blocks.concat()].concat()
}

/// Reads all there is, holds all of it, then decodes every commit.
fn hold(dataset: DatasetId, bytes: &[u8], segments: usize, commits: usize) {
    let mut held = Vec::with_capacity(segments);
    held.extend(read_segments(dataset, bytes, 0));
    assert_eq!(held.len(), segments);
    let held = held.iter().filter_map(|found| found.segment.as_ref());
    assert_eq!(held.flat_map(Segment::commits).count(), commits);
}

fn segments() {
    let none = DatasetId([1; 32]);
    for unit in [&b"SEGH"[..], b"SEGB\0\0\x01\0\0\0\0\0"] {
        within("tags", 8, &unit.repeat(1 << 20), |bytes| hold(none, bytes, 1, 0));
    }
    let first = sample::founding(1);
    let dataset = first.id().into();
    let whole = |name, bytes: &[u8], commits| {
        within(name, 8, bytes, |bytes| hold(dataset, bytes, 1, commits));
    };
    let mut chain = vec![first.clone()];
    while chain.len() < 20_000 {
        chain.push(sample::next(&chain[chain.len() - 1], Payload::of(vec![])));
    }
    whole("empty batches", &encode_segment(dataset, &chain, |_| None), 20_000);
    let erased = |one: &Commit| Commit::new(one.author(), one.header().clone(), None).unwrap();
    let erased: Vec<Commit> = chain.iter().map(erased).collect();
    whole("erased batches", &encode_segment(dataset, &erased, |_| None), 20_000);
    let run = sample::chain(first.clone(), 20_000);
    whole("typed words", &encode_segment(dataset, &run, |_| None), 20_000);
    let signature = run[1].sign(&sample::key(1)).signature;
    whole("signed words", &encode_segment(dataset, &run, |_| Some(signature)), 20_000);

    // Rows that no writer writes. The least that a row can have: two bytes, a payload of none.
    let rows = |one: &[u8], count: u32| {
        let rows = [sample::row(&first, None), one.repeat(count as usize)].concat();
        segment_of(&first, count + 1, &[sample::block(0, count + 1, &rows)])
    };
    whole("rows of nothing", &rows(&[0, 0], 400_000), 400_001);
    let word = [&[0, 4][..], b"word"].concat();
    whole("rows like nothing", &rows(&[&word[..], &[128, 0]].concat(), 1), 2);
    // As much as a row can make of the one before it.
    let most = [&[0, 0x80, 4][..], &[7; limits::LIKE_BYTES_MAX]].concat();
    let same = [128, 0x80, 4, 0x80, 4].repeat(200_000);
    let rows = [&sample::row(&first, None)[..], &most, &same].concat();
    let block = sample::block(0, 200_002, &rows);
    whole("rows of the most", &segment_of(&first, 200_002, &[block]), 200_002);
    // The least that a signature can cost.
    let rows =
        [&sample::row(&first, None)[..], &[[64, 0].as_slice(), &[9; 64]].concat().repeat(50_000)]
            .concat();
    let block = sample::block(0, 50_001, &rows);
    whole("rows of signatures", &segment_of(&first, 50_001, &[block]), 50_001);
    // The least that a block can have: one row with its turn.
    let blocks: Vec<Vec<u8>> = std::iter::once(sample::block(0, 1, &sample::row(&first, None)))
        .chain((1..100_000).map(|seq| sample::block(seq, 1, &[2, 0, 0])))
        .collect();
    whole("blocks of nothing", &segment_of(&first, 100_000, &blocks), 100_000);
    // Heads that claim all blocks there can be, and bring none.
    let head = sample::head(dataset, &chain[..1], limits::SEGMENT_COMMITS_MAX);
    let head = SegmentHead { commits: limits::SEGMENT_COMMITS_MAX, ..head };
    let heads = sample::frame(b"SEGH", &encode(&head)).repeat(2_000);
    within("heads without blocks", 8, &heads, |bytes| hold(dataset, bytes, 2_000, 0));
}
