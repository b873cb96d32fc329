//! What was handed over survives the end of the process, and a power cut from the flush on.

use crate::samples::{Sample, create, ids, key, open, sample, shared, small_files};
use std::io::ErrorKind;
use woodland_store::{AppendError, MemoryDisk, PowerCut, Store, Unsynced};

const LOST: PowerCut = PowerCut { names: Unsynced::Lost, lengths: Unsynced::Lost, bytes_kept: 0 };

fn hand_over(store: &Store, sample: &Sample, at: usize) -> Result<(), AppendError> {
    let ticket = store.stage(vec![sample.segments[at].clone()])?;
    store.hand_over(ticket)
}

#[test]
fn what_was_handed_over_survives_a_kill_and_not_a_power_cut() {
    let sample = sample(9);
    let disk = MemoryDisk::new();
    let store = create(&disk, &sample, &small_files());
    for at in 0..9 {
        let syncs_needed = store.heads();
        hand_over(&store, &sample, at).expect("handed over");
        // The files as the system has them, whoever holds the store.
        let killed = open(&disk.image()).expect("open");
        assert_eq!(ids(&killed), sample.ids[..=at]);
        let cut = open(&disk.after_power_cut(LOST)).expect("open");
        let durable = ids(&cut).len();
        assert!(durable <= at && durable + 2 >= at, "a full file is settled before the next");
        assert!(store.heads().generation - syncs_needed.generation <= 1);
    }
    store.flush().expect("flushed");
    assert_eq!(ids(&open(&disk.after_power_cut(LOST)).expect("open")), sample.ids);
    let calls = disk.calls();
    store.flush().expect("nothing to flush");
    assert_eq!(disk.calls(), calls);
}

#[test]
fn settling_a_later_append_settles_what_was_handed_over() {
    let sample = sample(3);
    let disk = MemoryDisk::new();
    let store = create(&disk, &sample, &small_files());
    hand_over(&store, &sample, 0).expect("handed over");
    hand_over(&store, &sample, 1).expect("handed over");
    store.append(&sample.segments[2..]).expect("append");
    assert_eq!(ids(&open(&disk.after_power_cut(LOST)).expect("open")), sample.ids);
}

#[test]
fn closing_flushes_what_was_handed_over_and_nothing_that_was_only_staged() {
    let sample = sample(3);
    let disk = MemoryDisk::new();
    let store = create(&disk, &sample, &small_files());
    hand_over(&store, &sample, 0).expect("handed over");
    store.stage(vec![sample.segments[1].clone()]).expect("staged");
    drop(store);
    let cut = open(&disk.after_power_cut(LOST)).expect("open");
    assert!(ids(&cut).starts_with(&sample.ids[..1]));

    let store = open(&disk).expect("open").store;
    hand_over(&store, &sample, 2).expect("handed over");
    disk.fail_call(1, ErrorKind::Other);
    drop(store);
    drop(open(&disk).expect("closing that failed is no more than a power cut"));
}

#[test]
fn a_hand_over_that_fails_poisons() {
    let sample = sample(6);
    for call in 1..=12 {
        let disk = MemoryDisk::new();
        let store = create(&disk, &sample, &small_files());
        disk.fail_call(call, ErrorKind::StorageFull);
        let handed = (0..6).take_while(|at| hand_over(&store, &sample, *at).is_ok()).count();
        if handed == 6 {
            continue;
        }
        assert!(matches!(hand_over(&store, &sample, handed), Err(AppendError::Poisoned)));
        assert!(matches!(store.flush(), Err(AppendError::Poisoned)));
        let calls = disk.calls();
        drop(store);
        assert_eq!(disk.calls(), calls, "nothing is tried again, not even in closing");
        let found = ids(&open(&disk).expect("open"));
        assert_eq!(found, sample.ids[..found.len()]);
        assert!(found.len() >= handed, "the system has it still");
    }
}

/// Hands over all, flushes after each third. How many were flushed, and whether there is a store.
fn work(disk: &MemoryDisk, sample: &Sample) -> Option<usize> {
    let store = Store::create(shared(disk), sample.dataset, &key(), &small_files()).ok()?;
    let mut flushed = 0;
    for at in 0..sample.segments.len() {
        if hand_over(&store, sample, at).is_err() {
            break;
        }
        if at % 3 == 2 {
            if store.flush().is_err() {
                break;
            }
            flushed = at + 1;
        }
    }
    Some(flushed)
}

#[test]
fn a_power_cut_at_every_act_leaves_a_prefix_with_all_that_was_flushed() {
    let sample = sample(8);
    let whole = MemoryDisk::new();
    assert_eq!(work(&whole, &sample), Some(6));
    let mut more = 0;
    for call in 1..=whole.calls() {
        let disk = MemoryDisk::new();
        disk.power_off_at_call(call);
        let flushed = work(&disk, &sample);
        for bytes_kept in (0..=400).step_by(19).chain([usize::MAX]) {
            for names in [Unsynced::Lost, Unsynced::Kept] {
                for lengths in [Unsynced::Lost, Unsynced::Kept] {
                    let cut = PowerCut { names, lengths, bytes_kept };
                    let after = disk.after_power_cut(cut);
                    let opened = match (open(&after), flushed) {
                        (Ok(opened), _) => opened,
                        (Err(_), None) => continue,
                        (Err(error), _) => panic!("call {call}, {cut:?}: {error}"),
                    };
                    let found = ids(&opened);
                    assert_eq!(found, sample.ids[..found.len()], "call {call}, {cut:?}");
                    assert!(found.len() >= flushed.unwrap_or(0), "call {call}, {cut:?}");
                    more += usize::from(found.len() > flushed.unwrap_or(0));
                    opened.store.append(&sample.segments[found.len()..]).expect("append");
                    drop(opened);
                    let again = open(&after.after_power_cut(LOST)).expect("open");
                    assert_eq!(ids(&again), sample.ids, "call {call}, {cut:?}");
                }
            }
        }
    }
    assert!(more > 0, "some cuts leave more than was flushed");
}
