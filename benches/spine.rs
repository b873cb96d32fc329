//! The spine, measured: write, merge, derive, store, each beside its floor in the same run.
//!
//! `cargo bench -p woodland-benches`. Take ratios and medians: the machines are noisy.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use woodland::{Batch, Replica};
use woodland_benches::{begin, begin_rows, position, row, schema, type_letters};
use woodland_format::{Payload, encode_segment, read_segments};
use woodland_graph::{Graph, Kinds};
use woodland_log::{Frontier, Log};

const KEYSTROKES: usize = 2_000;
const ROWS: usize = 10_000;

fn main() {
    divan::main();
}

/// The floor of typing: a rope, no log.
#[divan::bench]
fn type_into_a_rope(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(KEYSTROKES)).bench(|| {
        let mut rope = crop::Rope::new();
        for n in 0..KEYSTROKES {
            rope.insert(position(n), "x");
        }
        rope
    });
}

/// The floor of inserting: the payload's bytes, which say the same.
#[divan::bench]
fn encode_rows(bencher: Bencher<'_, '_>) {
    let replica = begin_rows();
    replica.write(insert_rows).expect("rows");
    let (_, commit) = replica.snapshot().log().order().last().expect("the rows");
    let payload = Payload::decode(commit.payload().expect("a payload")).expect("it decodes");
    bencher.counter(ItemsCount::new(ROWS)).bench(|| black_box(&payload).encode());
}

/// Nodes of five fields each, in one batch.
#[divan::bench]
fn insert_rows_in_one_batch(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(ROWS)).with_inputs(begin_rows).bench_values(|replica| {
        replica.write(insert_rows).expect("rows");
        replica
    });
}

fn insert_rows(batch: &mut Batch<'_>) {
    (0..ROWS).for_each(|n| _ = batch.insert(&row(n)));
}

/// A signed commit a keystroke, stored in memory.
#[divan::bench]
fn type_one_commit_each(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(KEYSTROKES)).with_inputs(begin).bench_values(
        |(replica, document)| {
            type_letters(&replica, document, KEYSTROKES);
            replica
        },
    );
}

fn typed() -> (Replica, Log) {
    let (replica, document) = begin();
    type_letters(&replica, document, KEYSTROKES);
    let log = replica.snapshot().log().clone();
    (replica, log)
}

/// Placing commits that are decoded already.
#[divan::bench]
fn append_to_a_log(bencher: Bencher<'_, '_>) {
    let (_, log) = typed();
    let commits: Vec<_> = log.order().map(|(_, commit)| commit.clone()).collect();
    bencher.counter(ItemsCount::new(commits.len())).bench(|| {
        let founded = Log::found(commits[0].clone()).expect("the founding commit");
        founded.extend(&commits).expect("valid commits")
    });
}

/// The graph from nothing.
#[divan::bench]
fn derive_the_graph(bencher: Bencher<'_, '_>) {
    let (_, log) = typed();
    bencher
        .counter(ItemsCount::new(KEYSTROKES))
        .bench(|| Graph::of(black_box(&log), Kinds::standard()));
}

/// Commits to bytes.
#[divan::bench]
fn encode_segments(bencher: Bencher<'_, '_>) {
    let (_, log) = typed();
    let runs: Vec<_> = log.chains(&Frontier::new()).collect();
    bencher.counter(ItemsCount::new(KEYSTROKES)).bench(|| {
        let encode = |run: &Vec<_>| encode_segment(log.dataset(), run, |_| None);
        runs.iter().map(encode).collect::<Vec<_>>()
    });
}

/// Bytes to commits, hashes recomputed.
#[divan::bench]
fn decode_segments(bencher: Bencher<'_, '_>) {
    let (_, log) = typed();
    let encode = |run: &Vec<_>| encode_segment(log.dataset(), run, |_| None);
    let bytes: Vec<u8> = log.chains(&Frontier::new()).flat_map(|run| encode(&run)).collect();
    bencher.counter(ItemsCount::new(KEYSTROKES)).bench(|| {
        read_segments(log.dataset(), black_box(&bytes), 0)
            .filter(|one| one.damage.is_none())
            .count()
    });
}

/// Another replica's whole history, taken in at once.
#[divan::bench]
fn join_another_replica(bencher: Bencher<'_, '_>) {
    let (replica, _) = typed();
    let schema = schema();
    bencher
        .counter(ItemsCount::new(KEYSTROKES))
        .bench(|| Replica::join_in_memory(&schema, &replica, 2).expect("a whole replica"));
}
