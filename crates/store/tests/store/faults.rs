//! The disk fails once, at every call.

use crate::samples::{create, filled, ids, key, open, sample, shared, small_files};
use std::io::ErrorKind;
use woodland_store::{AppendError, CreateError, MemoryDisk, OpenError, PowerCut, Store, Unsynced};

const LOST: PowerCut = PowerCut { names: Unsynced::Lost, lengths: Unsynced::Lost, bytes_kept: 0 };

#[test]
fn a_failure_in_create_is_told_and_leaves_no_dataset() {
    let sample = sample(1);
    let whole = MemoryDisk::new();
    drop(create(&whole, &sample, &small_files()));
    for call in 1..=whole.calls() {
        let disk = MemoryDisk::new();
        disk.fail_call(call, ErrorKind::StorageFull);
        match Store::create(shared(&disk), sample.dataset, &key(), &small_files()) {
            Err(CreateError::Disk(error)) => assert_eq!(error.kind(), ErrorKind::StorageFull),
            other => panic!("call {call}: {other:?}"),
        }
        match open(&disk) {
            Ok(opened) => assert!(ids(&opened).is_empty(), "call {call}"),
            Err(OpenError::NothingHere | OpenError::Unfinished) => {}
            Err(error) => panic!("call {call}: {error}"),
        }
    }
}

#[test]
fn a_failure_in_append_poisons_and_reopening_recovers() {
    let sample = sample(6);
    let count = {
        let disk = MemoryDisk::new();
        let store = create(&disk, &sample, &small_files());
        let before = disk.calls();
        for segment in &sample.segments {
            store.append(std::slice::from_ref(segment)).expect("append");
        }
        disk.calls() - before
    };
    for call in 1..=count {
        let disk = MemoryDisk::new();
        let store = create(&disk, &sample, &small_files());
        disk.fail_call(call, ErrorKind::StorageFull);
        let mut acknowledged = 0;
        for segment in &sample.segments {
            match store.append(std::slice::from_ref(segment)) {
                Ok(()) => acknowledged += 1,
                Err(AppendError::Disk(_)) => break,
                Err(error) => panic!("call {call}: {error}"),
            }
        }
        assert!(acknowledged < 6, "call {call} fails");
        let (calls, rest) = (disk.calls(), &sample.segments[acknowledged..]);
        assert!(matches!(store.append(rest), Err(AppendError::Poisoned)));
        assert_eq!(disk.calls(), calls, "a poisoned store leaves the disk alone");
        drop(store);

        // Cut at once; or opened first, when memory may show what the disk does not have, then cut.
        let cut = open(&disk.after_power_cut(LOST)).expect("open");
        assert!(ids(&cut).len() >= acknowledged);
        let opened = open(&disk).unwrap_or_else(|e| panic!("call {call}: {e}"));
        let found = ids(&opened);
        assert!(found.len() >= acknowledged);
        let cut = open(&disk.after_power_cut(LOST)).expect("open");
        assert_eq!(ids(&cut), found, "call {call}: what was opened is durable");
        opened.store.append(&sample.segments[found.len()..]).expect("append");
        drop(opened);
        let cut = open(&disk.after_power_cut(LOST)).unwrap_or_else(|e| panic!("call {call}: {e}"));
        assert_eq!(ids(&cut), sample.ids, "call {call}");
    }
}

#[test]
fn a_failure_in_open_is_told_and_opening_again_works() {
    let sample = sample(6);
    // Torn, whole beyond the acknowledged, and about to begin another file.
    let mut disks = vec![];
    let whole = {
        let disk = MemoryDisk::new();
        drop(filled(&sample, &small_files()));
        let store = create(&disk, &sample, &small_files());
        let before = disk.calls();
        for segment in &sample.segments {
            store.append(std::slice::from_ref(segment)).expect("append");
        }
        disk.calls() - before
    };
    for call in 1..=whole {
        let disk = MemoryDisk::new();
        let store = create(&disk, &sample, &small_files());
        disk.power_off_at_call(call);
        let acknowledged = sample
            .segments
            .iter()
            .take_while(|segment| store.append(std::slice::from_ref(*segment)).is_ok())
            .count();
        for bytes_kept in [0, 20, 60, usize::MAX] {
            let (names, lengths) = (Unsynced::Kept, Unsynced::Lost);
            let cut = disk.after_power_cut(PowerCut { names, lengths, bytes_kept });
            disks.push((acknowledged, cut));
        }
    }
    for (acknowledged, disk) in disks {
        let count = {
            let disk = disk.copy();
            drop(open(&disk).expect("open"));
            disk.calls()
        };
        for call in 1..=count {
            let disk = disk.copy();
            disk.fail_call(call, ErrorKind::Other);
            match open(&disk) {
                Err(OpenError::Disk(error)) => assert_eq!(error.kind(), ErrorKind::Other),
                other => panic!("call {call}: {other:?}"),
            }
            let opened = open(&disk).unwrap_or_else(|e| panic!("call {call}: {e}"));
            assert!(ids(&opened).len() >= acknowledged);
            let cut = open(&disk.after_power_cut(LOST)).expect("open");
            assert_eq!(ids(&cut), ids(&opened));
        }
    }
}

#[test]
fn inspecting_survives_a_failure_at_every_call() {
    let sample = sample(6);
    let disk = filled(&sample, &small_files());
    let before = disk.calls();
    assert!(Store::inspect(&disk).problems.is_empty());
    for call in 1..=disk.calls() - before {
        disk.fail_call(call, ErrorKind::Other);
        assert!(!Store::inspect(&disk).problems.is_empty(), "call {call}");
    }
}

/// The sync of heads fails, so memory shows a slot that the disk does not have; the store is opened
/// again on that, and the power is cut while it goes on.
#[test]
fn a_slot_that_only_memory_has_is_not_relied_on() {
    let sample = sample(7);
    for failing in 0..5 {
        let start = MemoryDisk::new();
        let store = create(&start, &sample, &small_files());
        for segment in &sample.segments[..failing] {
            store.append(std::slice::from_ref(segment)).expect("append");
        }
        drop(store);
        let count = {
            let disk = start.copy();
            let store = open(&disk).expect("open").store;
            let before = disk.calls();
            store.append(&sample.segments[failing..=failing]).expect("append");
            disk.calls() - before
        };
        for call in 1..30 {
            let disk = start.copy();
            let store = open(&disk).expect("open").store;
            disk.fail_call(count, ErrorKind::Other);
            assert!(store.append(&sample.segments[failing..=failing]).is_err());
            drop(store);
            let opened = open(&disk).expect("open");
            let mut least = ids(&opened).len();
            assert_eq!(least, failing + 1);
            disk.power_off_at_call(call);
            for segment in &sample.segments[least..] {
                if opened.store.append(std::slice::from_ref(segment)).is_err() {
                    break;
                }
                least += 1;
            }
            for bytes_kept in [0, 1, 20, 60, 130, usize::MAX] {
                for names in [Unsynced::Lost, Unsynced::Kept] {
                    let cut = PowerCut { names, lengths: Unsynced::Lost, bytes_kept };
                    let again = open(&disk.after_power_cut(cut))
                        .unwrap_or_else(|e| panic!("{failing}, call {call}, {cut:?}: {e}"));
                    assert!(ids(&again).len() >= least, "{failing}, call {call}, {cut:?}");
                }
            }
        }
    }
}
