//! Readers beside a living writer: no lock, nothing written, and never a mix.

use crate::hooked::HookedDisk;
use crate::samples::{HEADS, create, filled, key, open, sample, shared, small_files};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use woodland_format::CommitId;
use woodland_store::limits::READ_ATTEMPTS_MAX;
use woodland_store::{MemoryDisk, OpenError, Problem, ReadOnly, Store};

fn ids(read: &ReadOnly) -> Vec<CommitId> {
    let commits = read.segments.iter().flat_map(|stored| stored.segment.commits());
    commits.map(|commit| commit.id()).collect()
}

#[test]
fn a_reader_sees_what_is_acknowledged_and_leaves_no_trace() {
    let sample = sample(7);
    let disk = MemoryDisk::new();
    let store = create(&disk, &sample, &small_files());
    for (at, segment) in sample.segments.iter().enumerate() {
        let read = Store::read(&disk).expect("read");
        assert_eq!(ids(&read), sample.ids[..at]);
        assert_eq!((read.dataset, read.heads), (sample.dataset, store.heads()));
        assert_eq!(read.author, Some(key().author()));
        let ticket = store.stage(vec![segment.clone()]).expect("staged");
        store.hand_over(ticket).expect("handed over");
        let again = Store::read(&disk).expect("read");
        assert!(ids(&again).len() <= at, "what is not settled is not seen");
        store.settle(ticket).expect("settled");
        assert!(Store::has_moved(&disk, &again.heads).expect("heads"));
        assert!(!Store::has_moved(&disk, &store.heads()).expect("heads"));
    }
    let before: Vec<_> = disk.files().into_iter().map(|name| disk.bytes(&name)).collect();
    drop(store);
    let read = Store::read(&disk).expect("read");
    assert!(read.warnings.is_empty());
    let after: Vec<_> = disk.files().into_iter().map(|name| disk.bytes(&name)).collect();
    assert_eq!(before, after);
    drop(open(&disk).expect("a reader holds no lock"));
}

/// The writer appends and merges between any two calls of the reader.
#[test]
fn whenever_the_writer_swaps_files_the_reader_sees_one_moment() {
    let sample = sample(24);
    let first = 15;
    let calls = {
        let disk = MemoryDisk::new();
        let store = create(&disk, &sample, &small_files());
        for segment in &sample.segments[..first] {
            store.append(std::slice::from_ref(segment)).expect("append");
        }
        let before = disk.calls();
        Store::read(&disk).expect("read");
        disk.calls() - before
    };
    let mut anew = 0;
    for call in 1..=calls {
        let disk = MemoryDisk::new();
        let store = Arc::new(create(&disk, &sample, &small_files()));
        for segment in &sample.segments[..first] {
            store.append(std::slice::from_ref(segment)).expect("append");
        }
        let (count, writer, rest) = (AtomicU64::new(0), store.clone(), sample.segments.clone());
        let made = Arc::new(AtomicU64::new(0));
        let calls_made = made.clone();
        let hooked = HookedDisk::of(&disk, move |_, _| {
            calls_made.fetch_add(1, Ordering::SeqCst);
            if count.fetch_add(1, Ordering::SeqCst) + 1 == call {
                for segment in &rest[first..] {
                    writer.append(std::slice::from_ref(segment)).expect("append");
                }
                writer.maintain(&writer.position()).expect("merged");
            }
        });
        let read = Store::read(&hooked).unwrap_or_else(|e| panic!("call {call}: {e}"));
        let (mut found, mut expected) = (ids(&read), sample.ids[..].to_vec());
        assert!([first, sample.ids.len()].contains(&found.len()), "call {call}");
        expected.truncate(found.len());
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "call {call}");
        anew += usize::from(made.load(Ordering::SeqCst) > calls + 10);
    }
    assert!(anew > 3, "some begin anew");
}

#[test]
fn readers_and_a_writer_in_threads() {
    let sample = sample(300);
    let disk = MemoryDisk::new();
    let store = create(&disk, &sample, &small_files());
    let (is_done, least, reads) =
        (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_done.load(Ordering::SeqCst) {
                    let known = least.load(Ordering::SeqCst);
                    match Store::read(&disk) {
                        Ok(read) => {
                            let mut found = ids(&read);
                            assert!(found.len() >= known);
                            let mut expected = sample.ids[..found.len()].to_vec();
                            found.sort_unstable();
                            expected.sort_unstable();
                            assert_eq!(found, expected);
                            reads.fetch_add(1, Ordering::SeqCst);
                        }
                        // So many swaps in a row that the reader gave up; it may ask again.
                        Err(OpenError::Damaged { problem, .. }) => {
                            assert!(matches!(problem, Problem::Missing { .. }), "{problem}");
                        }
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
        for (at, segment) in sample.segments.iter().enumerate() {
            store.append(std::slice::from_ref(segment)).expect("append");
            least.store(at + 1, Ordering::SeqCst);
            if at % 10 == 9 {
                store.maintain(&store.position()).expect("merged");
            }
        }
        is_done.store(true, Ordering::SeqCst);
    });
    assert_eq!(ids(&Store::read(&disk).expect("read")).len(), 300);
}

#[test]
fn a_reader_gives_up_after_so_many_beginnings() {
    let sample = sample(400);
    let disk = filled(&crate::samples::sample(8), &small_files());
    let writer = Mutex::new((open(&disk).expect("open").store, 8));
    disk.erase("segments/00000002.wls");
    let (segments, lists) = (sample.segments, Arc::new(AtomicUsize::new(0)));
    let count = lists.clone();
    // Heads move in each attempt, and the file is never there.
    let hooked = HookedDisk::of(&disk, move |_, name| {
        if name == "segments/00000002.wls" {
            let mut writer = writer.lock().expect("writer");
            let at = writer.1;
            writer.0.append(&segments[at..=at]).expect("append");
            writer.1 += 1;
        }
        if name == "segments" {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let error = Store::read(&hooked).expect_err("the file is missing");
    assert!(matches!(error, OpenError::Damaged { .. } | OpenError::Mixed { .. }), "{error}");
    assert!(lists.load(Ordering::SeqCst) <= READ_ATTEMPTS_MAX);
}

#[test]
fn a_reader_needs_neither_key_nor_lock_and_names_damage() {
    let sample = sample(7);
    let disk = filled(&sample, &small_files());
    disk.erase("author.key");
    disk.erase("lock");
    let read = Store::read(&disk).expect("read");
    assert_eq!((ids(&read), read.author), (sample.ids.clone(), None));
    assert_eq!(read.warnings.len(), 2);
    disk.flip("segments/00000002.wls", 8 * 100);
    assert!(matches!(Store::read(&disk), Err(OpenError::Damaged { .. })));
    disk.erase("segments/00000002.wls");
    assert!(matches!(Store::read(&disk), Err(OpenError::Damaged { .. })));
    let none = MemoryDisk::new();
    assert!(matches!(Store::read(&none), Err(OpenError::NothingHere)));
    assert!(Store::has_moved(&none, &read.heads).is_err());
    disk.replace(HEADS, &[0; 1024]);
    assert!(Store::has_moved(&disk, &read.heads).expect("no slot holds"));
    drop(shared(&disk));
}
