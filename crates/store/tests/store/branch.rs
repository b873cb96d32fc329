//! Branch folders: begun, written, cut at every call, failed at every call.

use crate::samples::{Sample, create, ids, key, sample, shared, small_files};
use std::io::ErrorKind;
use woodland_format::CommitId;
use woodland_store::{
    BranchStore, BranchStoreError, DiskError, MemoryDisk, Opened, PowerCut, RecordError, Unsynced,
};

const LOST: PowerCut = PowerCut { names: Unsynced::Lost, lengths: Unsynced::Lost, bytes_kept: 0 };
const HEADS: [CommitId; 2] = [CommitId([1; 32]), CommitId([2; 32])];

fn open(
    disk: &MemoryDisk,
    sample: &Sample,
    heads: &[CommitId],
) -> Result<(BranchStore, Option<Opened>), BranchStoreError> {
    BranchStore::open(&shared(disk), "draft", sample.dataset, heads)
}

fn dataset(sample: &Sample) -> MemoryDisk {
    let disk = MemoryDisk::new();
    drop(create(&disk, sample, &small_files()));
    disk
}

/// Begins a branch and appends; says how many segments were acknowledged, `None` before the base.
fn work(disk: &MemoryDisk, sample: &Sample) -> Option<usize> {
    let (branch, opened) = open(disk, sample, &HEADS).ok()?;
    assert!(opened.is_none());
    let Ok(store) = branch.create(&key()) else { return Some(0) };
    let mut acknowledged = 0;
    for segment in &sample.segments {
        if store.append(std::slice::from_ref(segment)).is_err() {
            break;
        }
        acknowledged += 1;
    }
    Some(acknowledged)
}

#[test]
fn a_branch_keeps_its_base_and_what_was_written() {
    let sample = sample(3);
    let disk = dataset(&sample);
    assert_eq!(BranchStore::list(&disk).expect("listed"), Vec::<String>::new());
    assert_eq!(work(&disk, &sample), Some(3));
    assert_eq!(BranchStore::list(&disk).expect("listed"), ["draft"]);
    let (branch, opened) = open(&disk, &sample, &[CommitId([9; 32])]).expect("opened");
    assert_eq!(branch.base(), HEADS, "the base is where it began");
    assert_eq!(ids(&opened.expect("written")), sample.ids);
    let second = open(&disk, &sample, &HEADS);
    assert!(matches!(second, Err(BranchStoreError::Locked)));
}

#[test]
fn after_any_cut_a_branch_opens_with_all_that_was_acknowledged() {
    let sample = sample(3);
    let count = {
        let disk = dataset(&sample);
        let before = disk.calls();
        assert_eq!(work(&disk, &sample), Some(3));
        disk.calls() - before
    };
    let (mut nothing, mut some) = (0, 0);
    for call in 1..=count + 1 {
        let disk = dataset(&sample);
        disk.power_off_at_call(call);
        let acknowledged = work(&disk, &sample);
        for names in [Unsynced::Lost, Unsynced::Kept] {
            for bytes_kept in (0..=90).chain([usize::MAX]) {
                let cut = PowerCut { names, lengths: Unsynced::Lost, bytes_kept };
                let disk = disk.after_power_cut(cut);
                let (branch, opened) = open(&disk, &sample, &HEADS)
                    .unwrap_or_else(|e| panic!("call {call}, {cut:?}: {e}"));
                assert_eq!(branch.base(), HEADS);
                let found = opened.as_ref().map(ids).unwrap_or_default();
                assert_eq!(found, sample.ids[..found.len()], "call {call}, {cut:?}");
                assert!(found.len() >= acknowledged.unwrap_or(0), "call {call}, {cut:?}");
                // It goes on from there, and that stays.
                let store = match opened {
                    Some(opened) => opened.store,
                    None => branch.create(&key()).expect("created"),
                };
                if found.is_empty() {
                    nothing += 1;
                } else {
                    some += 1;
                }
                store.append(&sample.segments[found.len()..]).expect("append");
                drop((store, branch));
                let disk = disk.after_power_cut(LOST);
                let (_, again) = open(&disk, &sample, &HEADS).expect("opened");
                assert_eq!(ids(&again.expect("written")), sample.ids, "call {call}, {cut:?}");
            }
        }
    }
    assert!(nothing > 0 && some > 0, "the cuts meet both");
}

#[test]
fn a_failure_at_any_call_is_told_and_opening_again_goes_on() {
    let sample = sample(2);
    for call in 1.. {
        let disk = dataset(&sample);
        disk.fail_call(call, ErrorKind::StorageFull);
        let acknowledged = work(&disk, &sample);
        if acknowledged == Some(2) {
            assert!(call > 20, "all its calls fail once");
            return;
        }
        let (branch, opened) = open(&disk, &sample, &HEADS).expect("opened");
        let found = opened.as_ref().map(ids).unwrap_or_default();
        assert!(found.len() >= acknowledged.unwrap_or(0), "call {call}");
        let store = match opened {
            Some(opened) => opened.store,
            None => branch.create(&key()).expect("created"),
        };
        store.append(&sample.segments[found.len()..]).expect("append");
        drop((store, branch));
        let (_, again) = open(&disk.after_power_cut(LOST), &sample, &HEADS).expect("opened");
        assert_eq!(ids(&again.expect("written")), sample.ids, "call {call}");
    }
}

#[test]
fn every_flipped_bit_of_a_base_is_refused_and_so_is_another_datasets() {
    let sample = sample(1);
    let disk = dataset(&sample);
    drop(open(&disk, &sample, &HEADS).expect("begun"));
    let base = disk.bytes("branches/draft/base").expect("it is there");
    assert_eq!(base.len(), 56 + 64);
    for bit in 0..base.len() * 8 {
        let disk = disk.copy();
        disk.flip("branches/draft/base", bit);
        let refused = open(&disk, &sample, &HEADS);
        assert!(matches!(refused, Err(BranchStoreError::Base { .. })), "bit {bit}");
    }
    for length in 0..base.len() {
        let disk = disk.copy();
        disk.cut("branches/draft/base", length);
        let refused = open(&disk, &sample, &HEADS).map(|_| ());
        assert!(matches!(
            refused,
            Err(BranchStoreError::Base {
                error: RecordError::Short { .. } | RecordError::Checksum { .. },
                ..
            })
        ));
    }
    let other = woodland_format::DatasetId([5; 32]);
    let refused = BranchStore::open(&shared(&disk), "draft", other, &HEADS);
    assert!(matches!(refused, Err(BranchStoreError::OtherDataset { .. })));
    let failed: Result<_, DiskError> = {
        disk.fail_call(1, ErrorKind::Other);
        BranchStore::list(&disk)
    };
    assert!(failed.is_err());
}
