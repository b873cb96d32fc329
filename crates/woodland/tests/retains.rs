//! What reads and subscriptions leave behind, counted in bytes of the heap.
//!
//! **Invariants**
//! - One test, so that nothing else allocates while it counts.

use cap::Cap;
use std::alloc::System;
use woodland::{
    Map, Model, Pointer, Record, Replica, Set, Snapshot, Subscription, Text, all, define, from,
};

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

#[derive(Record, Debug, Clone, PartialEq)]
struct Note {
    title: String,
    body: Text,
    weight: i64,
    parent: Option<Pointer<Note>>,
    friends: Set<Pointer<Note>>,
    votes: Map<String, i64>,
}

const NOTES: usize = 100;
const READS: usize = 10_000_000;

fn model() -> Model {
    define().record::<Note>().model().expect("a model")
}

fn founded() -> (Replica, Vec<Pointer<Note>>) {
    let replica = Replica::in_memory(model(), 1).expect("founded");
    let insert = |b: &mut woodland::Batch<'_>| {
        let mut notes: Vec<Pointer<Note>> = Vec::new();
        for at in 0..NOTES {
            let parent = notes.last().copied();
            let votes = [("ada".to_owned(), 1)].into();
            let (title, body) = (format!("note {at}"), "Pack boots".into());
            let friends = parent.into_iter().collect();
            notes.push(b.insert(&Note { title, body, weight: 1, parent, friends, votes }));
        }
        notes
    };
    let notes = replica.write(insert).expect("written");
    (replica, notes)
}

/// Asks in every way; answers how many things were read.
fn ask(now: &Snapshot, notes: &[Pointer<Note>]) -> usize {
    let stretches: Vec<_> = notes.iter().map(|note| (*note, 0..4)).collect();
    let votes: Vec<_> = notes.iter().map(|note| (*note, "ada")).collect();
    let friends: Vec<_> = notes.iter().map(|note| (*note, notes[0])).collect();
    let some = &notes[..10];
    let (weights, parents, bodies, lengths, votes, friends, read, paths) = now
        .read((
            vec![Note::WEIGHT.of(notes); 16],
            Note::PARENT.of(notes),
            Note::BODY.ranges(&stretches),
            Note::BODY.lengths(notes),
            Note::VOTES.at_keys(&votes),
            Note::FRIENDS.has(&friends),
            some,
            from(some).along(Note::PARENT).to_depth(3),
        ))
        .expect("readable");
    assert_eq!(weights[15][NOTES - 1], Some(1));
    let fields = weights.iter().map(Vec::len).sum::<usize>() + parents.len() + bodies.len();
    let looks = lengths.len() + votes.len() + friends.len();
    fields + looks + read.len() + paths.paths.iter().map(Vec::len).sum::<usize>()
}

fn reads_retain_nothing() {
    let (replica, notes) = founded();
    let now = replica.snapshot();
    // The first meets each type, and keeps how it is bound.
    ask(&now, &notes);
    assert_eq!(now.read(all::<Note>()).expect("readable").len(), NOTES);
    let (before, mut read) = (HEAP.allocated(), 0);
    while read < READS {
        read += ask(&now, &notes);
    }
    for _ in 0..100 {
        read += now.read(all::<Note>()).expect("readable").len();
    }
    assert_eq!(HEAP.allocated(), before, "after {read} reads");
}

const WRITES: i64 = 1_500;
/// What the edges of persistent trees make of it, more or less.
const NOISE_BYTES: usize = 16 << 10;

/// What is on the heap after so many writes behind a subscription, and after it went.
fn lag<S>(writes: i64, subscribe: impl Fn(&Replica, &[Pointer<Note>]) -> S) -> (usize, usize) {
    let before = HEAP.allocated();
    let (replica, notes) = founded();
    let behind = subscribe(&replica, &notes);
    for turn in 0..writes {
        let note = notes[usize::try_from(turn).expect("small") % NOTES];
        replica.write(|b| b.edit(note, Note::WEIGHT.set(turn))).expect("written");
    }
    let lagging = HEAP.allocated() - before;
    drop(behind);
    (lagging, HEAP.allocated() - before)
}

/// What a subscription holds after so many writes; nothing of it is left when it is dropped.
fn held<S>(writes: i64, subscribe: impl Fn(&Replica, &[Pointer<Note>]) -> S) -> usize {
    let (without, _) = lag(writes, |_, _| ());
    let (lagging, freed) = lag(writes, subscribe);
    assert!(freed < without + 1024, "dropped, it leaves {} bytes", freed - without);
    lagging - without
}

fn a_lagging_subscription_holds_one_version() {
    // The first meets what is made once for a process.
    lag(1, |_, _| ());
    let one = |replica: &Replica, _: &[Pointer<Note>]| replica.subscribe(all::<Note>());
    let many = |replica: &Replica, notes: &[Pointer<Note>]| -> Vec<Subscription<_>> {
        (0..100).map(|_| replica.subscribe(Note::WEIGHT.of(&notes[..1]))).collect()
    };
    let (few, twice) = (held(WRITES, one), held(2 * WRITES, one));
    assert!(few > 0, "it holds a version");
    assert!(twice < few + NOISE_BYTES, "{few} bytes, and {twice} after as many writes again");
    let hundred = held(WRITES, many);
    assert!(
        hundred < few + 100 * 1024,
        "100 hold {hundred} bytes, one {few}: it is not one version"
    );
    println!("one version: {few} bytes, {twice} after as many writes again; 100 hold {hundred}");
}

#[test]
fn nothing_is_left_behind() {
    reads_retain_nothing();
    a_lagging_subscription_holds_one_version();
}
