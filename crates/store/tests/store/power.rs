//! The power is cut: at every call, and at every byte of what was not synced.

use crate::samples::{
    FIRST, HEADS, Sample, create, filled, ids, key, open, sample, shared, small_files,
};
use woodland_store::{MemoryDisk, OpenError, PowerCut, Store, StoreOptions, Unsynced};

/// Creates, appends, opens again half-way; stops at the first failure. Says how many segments were
/// acknowledged; `None` where not even the creation was.
fn work(disk: &MemoryDisk, sample: &Sample) -> Option<usize> {
    let mut acknowledged = 0;
    let mut store = Store::create(shared(disk), sample.dataset, &key(), &small_files()).ok()?;
    for (at, segment) in sample.segments.iter().enumerate() {
        if at == sample.segments.len() / 2 {
            drop(store);
            match open(disk) {
                Ok(opened) => store = opened.store,
                Err(_) => return Some(acknowledged),
            }
        }
        if store.append(std::slice::from_ref(segment)).is_err() {
            break;
        }
        acknowledged += 1;
    }
    Some(acknowledged)
}

fn every_cut(unsynced_bytes: usize) -> impl Iterator<Item = PowerCut> {
    let both = [Unsynced::Lost, Unsynced::Kept];
    both.into_iter().flat_map(move |names| {
        both.into_iter().flat_map(move |lengths| {
            (0..=unsynced_bytes).map(move |bytes_kept| PowerCut { names, lengths, bytes_kept })
        })
    })
}

#[test]
fn after_any_cut_the_store_opens_at_a_prefix_with_all_that_was_acknowledged() {
    let sample = sample(7);
    let whole = MemoryDisk::new();
    assert_eq!(work(&whole, &sample), Some(7));
    let (mut cuts, mut refused, mut torn, mut kept) = (0, 0, 0, 0);
    for call in 1..=whole.calls() + 1 {
        let disk = MemoryDisk::new();
        disk.power_off_at_call(call);
        let acknowledged = work(&disk, &sample);
        for cut in every_cut(disk.unsynced_bytes()) {
            cuts += 1;
            let after = disk.after_power_cut(cut);
            let opened = open(&after);
            let Some(least) = acknowledged else {
                // A creation that was cut short never passes for damage; it may have been finished.
                match opened {
                    Ok(opened) => assert!(ids(&opened).is_empty()),
                    Err(OpenError::NothingHere | OpenError::Unfinished) => refused += 1,
                    Err(error) => panic!("call {call}, {cut:?}: {error}"),
                }
                continue;
            };
            let opened = opened.unwrap_or_else(|e| panic!("call {call}, {cut:?}: {e}"));
            let found = ids(&opened);
            assert_eq!(found, sample.ids[..found.len()], "call {call}, {cut:?}");
            assert!(found.len() >= least, "call {call}, {cut:?}");
            torn += usize::from(opened.torn.is_some());
            kept += usize::from(found.len() > least);
            // What was opened is durable, and the store goes on from there.
            opened.store.append(&sample.segments[found.len()..]).expect("append");
            drop(opened);
            let lost = PowerCut { names: Unsynced::Lost, lengths: Unsynced::Lost, bytes_kept: 0 };
            let again = open(&after.after_power_cut(lost)).expect("open");
            assert_eq!(ids(&again), sample.ids, "call {call}, {cut:?}");
        }
    }
    println!("{cuts} cuts: {refused} before creation, {torn} torn, {kept} kept more");
    assert!(refused > 0 && torn > 0 && kept > 0, "the cuts meet every case");
}

#[test]
fn a_file_cut_at_every_byte_opens_at_a_prefix_or_is_named_short() {
    let sample = sample(4);
    let options = StoreOptions::default();
    let disk = filled(&sample, &options);
    let whole = disk.bytes(FIRST).expect("the file");
    let mut heads_after = vec![];
    let mut ends = vec![];
    for count in 0..=4 {
        let disk = MemoryDisk::new();
        let store = create(&disk, &sample, &options);
        for segment in &sample.segments[..count] {
            store.append(std::slice::from_ref(segment)).expect("append");
        }
        drop(store);
        heads_after.push(disk.bytes(HEADS).expect("heads"));
        ends.push(disk.bytes(FIRST).expect("the file").len());
    }
    for (acknowledged, heads) in heads_after.iter().enumerate() {
        for length in 0..=whole.len() {
            let disk = disk.copy();
            disk.replace(HEADS, heads);
            disk.cut(FIRST, length);
            match open(&disk) {
                Ok(opened) => {
                    assert!(length >= ends[acknowledged]);
                    let complete = ends.iter().filter(|end| **end <= length).count() - 1;
                    assert_eq!(ids(&opened), sample.ids[..complete]);
                    assert_eq!(opened.torn.is_some(), !ends.contains(&length));
                    drop(opened);
                    let again = open(&disk).expect("open");
                    assert_eq!(ids(&again), sample.ids[..complete]);
                    assert!(again.torn.is_none());
                }
                Err(error) => {
                    assert!(length < ends[acknowledged], "{acknowledged} at {length}: {error}");
                    let shown = error.to_string();
                    assert!(shown.starts_with(FIRST), "{shown}");
                    assert_eq!(disk.bytes(FIRST).expect("the file"), whole[..length]);
                    assert_eq!(disk.bytes(HEADS).expect("heads"), *heads);
                }
            }
        }
    }
}

#[test]
fn heads_torn_at_every_byte_leave_the_other_slot() {
    let sample = sample(4);
    let disk = filled(&sample, &StoreOptions::default());
    let newest = disk.bytes(HEADS).expect("heads");
    let before = {
        let shorter = MemoryDisk::new();
        let store = create(&shorter, &sample, &StoreOptions::default());
        for segment in &sample.segments[..3] {
            store.append(std::slice::from_ref(segment)).expect("append");
        }
        shorter.bytes(HEADS).expect("heads")
    };
    for written in 0..=newest.len() {
        for zeros in [0, 64] {
            let mut torn = before.clone();
            torn[..written].copy_from_slice(&newest[..written]);
            // Only the slot that is being written can be torn.
            let slot_end = if newest[..512] == before[..512] { 1024 } else { 512 };
            let hole = (written + zeros).min(slot_end);
            if hole > written && written >= slot_end - 512 {
                torn[written..hole].fill(0);
            }
            let disk = disk.copy();
            disk.replace(HEADS, &torn);
            let opened = open(&disk).unwrap_or_else(|e| panic!("{written}, {zeros}: {e}"));
            assert_eq!(ids(&opened), sample.ids);
        }
    }
}
