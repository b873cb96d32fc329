//! The short tier of the fuzzer: every target from a fixed seed, for a fixed number of inputs.
//!
//! **Invariants**
//! - One target runs at a time: the heap that is counted is the process's.
//! - `cargo run --release -p woodland-tests --bin fuzz` runs the same for longer.

use peakmem_alloc::{INSTRUMENTED_SYSTEM, PeakMemAlloc, PeakMemAllocTrait};
use std::alloc::System;
use std::sync::{Mutex, PoisonError};
use woodland_tests::fuzz::{Corpus, Heap, Settings, run, targets};

#[global_allocator]
static ALLOCATOR: &PeakMemAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Every target has a row: how many inputs.
const EXECUTIONS: [(&str, u64); 43] = [
    ("header", 20_000),
    ("payload", 6_000),
    ("schema", 20_000),
    ("value", 30_000),
    ("certificate", 10_000),
    ("fork-proof", 3_000),
    ("register-op", 30_000),
    ("record-op", 20_000),
    ("atom-op", 20_000),
    ("text-op", 30_000),
    ("counter-op", 20_000),
    ("set-op", 20_000),
    ("map-op", 20_000),
    ("list-op", 20_000),
    ("register-config", 20_000),
    ("record-config", 10_000),
    ("atom-config", 10_000),
    ("set-config", 10_000),
    ("map-config", 10_000),
    ("events-config", 10_000),
    ("list-config", 10_000),
    ("key-config", 10_000),
    ("value-type", 20_000),
    ("reading", 20_000),
    ("migration", 5_000),
    ("deletion-config", 5_000),
    ("unique-config", 10_000),
    ("id", 10_000),
    ("file-header", 30_000),
    ("segments", 3_000),
    ("door", 3_000),
    ("graph", 3_000),
    ("page", 2_000),
    ("author-key", 10_000),
    ("heads", 5_000),
    ("closed", 5_000),
    ("place", 5_000),
    ("base", 10_000),
    ("store", 3_000),
    ("rested", 6_000),
    ("message", 20_000),
    ("hub", 1_000),
    ("newcomer", 5_000),
];

#[test]
fn every_target_is_run() {
    let named: Vec<_> = targets().iter().map(|target| target.name).collect();
    assert_eq!(named, EXECUTIONS.map(|(name, _)| name), "a target without a row here never runs");
}

static CORPUS: Mutex<Option<Corpus>> = Mutex::new(None);

fn attack(name: &str) {
    let mut corpus = CORPUS.lock().unwrap_or_else(PoisonError::into_inner);
    let corpus = corpus.get_or_insert_with(Corpus::new);
    let target = targets().into_iter().find(|target| target.name == name).expect("a target");
    let (_, executions) = EXECUTIONS.into_iter().find(|row| row.0 == name).expect("a row");
    let folder = std::env::temp_dir().join("woodland-fuzz");
    let settings = Settings { executions, seed: 0x5eed, first: 0, folder };
    let heap =
        Heap { reset: || ALLOCATOR.reset_peak_memory(), peak: || ALLOCATOR.get_peak_memory() };
    let report = run(&target, corpus, &settings, heap);
    println!("{report}");
    assert!(report.is_well(), "{report}");
    assert!(report.accepted * 50 > executions, "{name}: hardly anything was accepted");
    let reached = report.errors.values().any(|count| *count > 0);
    assert!(reached, "{name}: no error was met: the attack hits nothing");
}

macro_rules! attacks {
    ($($test:ident = $name:literal),+ $(,)?) => {
        $(#[test] fn $test() { attack($name); })+
    };
}

attacks! {
    header = "header",
    payload = "payload",
    schema = "schema",
    value = "value",
    certificate = "certificate",
    fork_proof = "fork-proof",
    register_op = "register-op",
    record_op = "record-op",
    atom_op = "atom-op",
    text_op = "text-op",
    counter_op = "counter-op",
    set_op = "set-op",
    map_op = "map-op",
    list_op = "list-op",
    register_config = "register-config",
    record_config = "record-config",
    atom_config = "atom-config",
    set_config = "set-config",
    map_config = "map-config",
    events_config = "events-config",
    list_config = "list-config",
    key_config = "key-config",
    value_type = "value-type",
    reading = "reading",
    migration = "migration",
    deletion_config = "deletion-config",
    unique_config = "unique-config",
    id = "id",
    file_header = "file-header",
    segments = "segments",
    door = "door",
    graph = "graph",
    page = "page",
    author_key = "author-key",
    heads = "heads",
    closed = "closed",
    place = "place",
    base = "base",
    store = "store",
    message = "message",
    hub = "hub",
    newcomer = "newcomer",
}

/// What a test that never failed cannot show: that a panic and too much heap are seen, made small,
/// and named so that they can be run again.
#[test]
fn a_decoder_that_panics_or_takes_too_much_is_caught() {
    let mut corpus = CORPUS.lock().unwrap_or_else(PoisonError::into_inner);
    let corpus = corpus.get_or_insert_with(Corpus::new);
    let folder = tempfile::tempdir().expect("a folder");
    let settings =
        Settings { executions: 2_000, seed: 1, first: 0, folder: folder.path().to_owned() };
    let heap =
        Heap { reset: || ALLOCATOR.reset_peak_memory(), peak: || ALLOCATOR.get_peak_memory() };
    let mut target = targets().into_iter().find(|one| one.name == "value").expect("a target");
    target.decode = |_, bytes, _| assert!(!bytes.contains(&0x80), "planted");
    let failure = run(&target, corpus, &settings, heap).failure.expect("it panics");
    assert_eq!((failure.why.as_str(), &failure.input[..]), ("it panicked", &[0x80][..]));
    let again = Settings { first: failure.number, executions: 1, ..settings.clone() };
    let failure = run(&target, corpus, &again, heap).failure.expect("it panics again");
    let path = failure.path.expect("written");
    assert_eq!(std::fs::read(path).expect("the input"), [0x80]);

    target.decode = |_, bytes, _| drop(vec![1_u8; if bytes.len() > 40 { 1 << 20 } else { 0 }]);
    let failure = run(&target, corpus, &settings, heap).failure.expect("it takes too much");
    assert_eq!(failure.input.len(), 41, "{}", failure.why);
}
