//! Memory that hostile bytes cost, counted by the allocator. One test: the count is of the process.

#![allow(
    clippy::disallowed_macros,
    reason = "an abort for want of memory names no test: this does"
)]

mod sample;

use cap::Cap;
use std::alloc::System;
use woodland_format::{
    Commit, DatasetId, Op, Payload, RecordOp, Schema, TextOp, TypeId, Value, ValueType, decode,
    encode, limits, read_segments,
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

    segments();
}

/// Segments are another matter: a row of five bytes is a whole commit in memory.
fn segments() {
    let read = |dataset| move |bytes: &[u8]| read_segments(dataset, bytes, 0).for_each(drop);
    let dataset = DatasetId([1; 32]);
    for unit in [&b"SEGH"[..], b"SEGB\0\0\x01\0\0\0\0\0"] {
        within("tags", 8, &unit.repeat(1 << 20), read(dataset));
    }
    let first = sample::founding(1);
    let dataset = first.id().into();
    let mut chain = vec![first];
    while chain.len() < 20_000 {
        chain.push(sample::next(&chain[chain.len() - 1], Payload::of(vec![])));
    }
    let erased = |one: &Commit| Commit::new(one.author(), one.header().clone(), None).unwrap();
    let empty = woodland_format::encode_segment(dataset, &chain, |_| None);
    // A row of an empty batch has 14 bytes, its commit some 450.
    within("empty batches", 48, &empty, read(dataset));
    let erased: Vec<Commit> = chain.iter().map(erased).collect();
    let erased = woodland_format::encode_segment(dataset, &erased, |_| None);
    within("erased batches", 16, &erased, read(dataset));
    // The least a row can have: five bytes, a payload of none.
    let rows = [sample::row(&chain[0], None), vec![0; 5 * 200_000]].concat();
    let head =
        woodland_format::SegmentHead { commits: 200_001, ..sample::head(dataset, &chain[..1], 1) };
    let bytes = [sample::frame(b"SEGH", &encode(&head)), sample::block(0, 200_001, &rows)].concat();
    within("rows of nothing", 128, &bytes, read(dataset));
    let run = sample::chain(sample::founding(1), 20_000);
    let bytes = woodland_format::encode_segment(dataset, &run, |_| None);
    within("typed words", 8, &bytes, read(dataset));
}
