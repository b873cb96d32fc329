//! Small segments are merged: nothing is lost by it, whenever the power is cut or the disk is full.

use crate::samples::{create, open, sample, shared, small_files};
use crate::woven::{Woven, woven};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use woodland_format::limits::SIGN_EVERY_COMMITS;
use woodland_format::{Commit, CommitId, Segment, encode_segment};
use woodland_log::{Log, Pending, Refusal};
use woodland_store::{
    MaintainError, Maintained, MemoryDisk, Position, PowerCut, Store, StoreOptions, StoredSegment,
    Unsynced,
};

/// Every stored copy of every commit, and whether it has its payload.
fn copies(segments: &[StoredSegment]) -> Vec<(CommitId, bool)> {
    let commits = segments.iter().flat_map(|stored| stored.segment.commits());
    let mut copies: Vec<_> =
        commits.map(|commit| (commit.id(), commit.payload().is_some())).collect();
    copies.sort_unstable();
    copies
}

/// What the log's door makes of these segments, signatures verified.
fn admitted(segments: &[StoredSegment]) -> Log {
    let segments: Vec<&Segment> = segments.iter().map(|stored| &stored.segment).collect();
    let founding = segments.iter().find_map(|segment| {
        segment.commits().find(|commit| commit.backlink().is_none() && commit.turn() == 0)
    });
    let mut log = Log::found(founding.expect("the founding commit")).expect("founded");
    let mut pending = Pending::default();
    for segment in segments {
        let offered = pending.offer(&log, segment);
        let is_known = |refusal: &Refusal| matches!(refusal, Refusal::Signature { .. });
        assert!(offered.refused.iter().all(is_known), "{:?}", offered.refused);
        log = offered.log;
    }
    assert_eq!(pending.waiting(), 0, "nothing waits for a signature");
    log
}

/// Merges until there is nothing left to do; says how many calls changed something.
fn merge_all(store: &Store, until: &Position) -> Vec<Maintained> {
    let mut done = vec![];
    loop {
        let maintained = store.maintain(until).expect("merged");
        if maintained.files == 0 {
            return done;
        }
        done.push(maintained);
    }
}

#[test]
fn what_was_merged_holds_the_same_commits_and_makes_the_same_log() {
    let woven = woven(20);
    let disk = woven.filled(&small_files());
    let before = open(&disk).expect("open");
    let (expected, log) = (copies(&before.segments), admitted(&before.segments));
    assert_eq!(log.len(), woven.commits.len() as u64);
    let done = merge_all(&before.store, &before.store.position());
    assert!(done[0].files > 20 && done[0].segments_after < 10, "{done:?}");
    assert!(done[0].bytes_after * 2 < done[0].bytes_before, "{done:?}");
    drop(before);
    let after = open(&disk).expect("open");
    assert!(after.warnings.is_empty() && after.torn.is_none());
    assert_eq!(copies(&after.segments), expected);
    let again = admitted(&after.segments);
    assert_eq!(again.version(), log.version());
    for head in log.heads() {
        assert_eq!(again.signature(&head), log.signature(&head));
    }
    assert_eq!(again.forks().len(), 1);
    // The two files of the end are not merged: one is open, and one of those before may be.
    let names: BTreeSet<&str> = after.segments.iter().map(|stored| &*stored.name).collect();
    assert!(names.contains("segments/00000001.wlm") && names.len() == 2, "{names:?}");
    assert!(!disk.files().contains(&"segments/00000001.wls".to_owned()));
}

#[test]
fn appending_goes_on_and_merges_merge() {
    let woven = woven(40);
    let disk = MemoryDisk::new();
    let whole = woven.sample();
    let store = create(&disk, &whole, &small_files());
    let mut written = 0;
    for (at, segment) in woven.segments.iter().enumerate() {
        store.append(std::slice::from_ref(segment)).expect("append");
        if at % 7 == 6 {
            let done = merge_all(&store, &store.position());
            written += done.iter().map(|maintained| maintained.bytes_before).sum::<u64>();
        }
    }
    let stored: u64 = woven.segments.iter().map(|segment| segment.len() as u64).sum();
    assert!(written < stored * 6, "{written} bytes were read to merge {stored}");
    drop(store);
    let whole = woven.filled(&small_files());
    let expected = copies(&open(&whole).expect("open").segments);
    let opened = open(&disk).expect("open");
    assert_eq!(copies(&opened.segments), expected);
    assert!(disk.files().len() < 20, "{:?}", disk.files());
    assert_eq!(
        opened.store.position(),
        open(&whole).expect("open").store.position(),
        "the history is the same, however it is stored"
    );
}

/// A chain of so many, each in a segment of its own and signed.
fn signed_one_by_one(count: usize, options: &StoreOptions) -> (MemoryDisk, Vec<Commit>) {
    let mut chain = sample(count);
    let key = crate::samples::key();
    let commits: Vec<Commit> = {
        let opened = open(&crate::samples::filled(&chain, options)).expect("open");
        opened.segments.iter().flat_map(|stored| stored.segment.commits()).collect()
    };
    chain.segments = commits
        .chunks(1)
        .map(|run| encode_segment(chain.dataset, run, |commit| Some(key.sign_commit(&commit.id()))))
        .collect();
    (crate::samples::filled(&chain, options), commits)
}

#[test]
fn one_signature_in_so_many_commits_is_kept_and_each_segments_newest() {
    let count = 3 * usize::try_from(SIGN_EVERY_COMMITS).expect("small") + 100;
    let options = StoreOptions { segment_file_bytes_max: 20_000 };
    let (disk, commits) = signed_one_by_one(count, &options);
    let opened = open(&disk).expect("open");
    merge_all(&opened.store, &opened.store.position());
    drop(opened);
    let opened = open(&disk).expect("open");
    let seqs: BTreeMap<CommitId, u64> =
        commits.iter().map(|commit| (commit.id(), commit.seq())).collect();
    let mut signed: Vec<u64> = opened
        .segments
        .iter()
        .flat_map(|stored| &stored.segment.points)
        .map(|point| seqs[&point.commit])
        .collect();
    signed.sort_unstable();
    let merged = || opened.segments.iter().filter(|stored| stored.name.ends_with(".wlm"));
    let kept: usize = merged().map(|stored| stored.segment.points.len()).sum();
    assert!((4..8).contains(&kept), "{kept} of {count}");
    assert!(signed.windows(2).all(|pair| pair[1] - pair[0] <= SIGN_EVERY_COMMITS), "{signed:?}");
    for stored in merged() {
        let last = stored.segment.points.last().expect("signed");
        assert_eq!(last.commit, stored.segment.head.last);
    }
    assert_eq!(signed.last().copied(), Some(count as u64 - 1));
}

#[test]
fn a_signature_that_is_needed_stays_whatever_makes_up_for_it() {
    let options = StoreOptions { segment_file_bytes_max: 20_000 };
    let (disk, commits) = signed_one_by_one(600, &options);
    let opened = open(&disk).expect("open");
    let needed = [commits[100].id(), commits[101].id(), commits[400].id()];
    let is_needed = |commit: &CommitId| needed.contains(commit);
    let until = opened.store.position();
    while opened.store.maintain_keeping(&until, &is_needed).expect("merged").files > 0 {}
    drop(opened);
    let opened = open(&disk).expect("open");
    let points = opened.segments.iter().flat_map(|stored| &stored.segment.points);
    let kept: Vec<CommitId> = points.map(|point| point.commit).collect();
    assert!(needed.iter().all(|commit| kept.contains(commit)), "{}", kept.len());
    assert!(kept.len() < 200, "the others went: {}", kept.len());
}

#[test]
fn only_what_lies_before_the_position_is_merged_and_it_stays_one() {
    let woven = woven(12);
    let disk = MemoryDisk::new();
    let whole = woven.sample();
    let store = create(&disk, &whole, &small_files());
    let mut positions = vec![store.position()];
    for segment in &woven.segments {
        store.append(std::slice::from_ref(segment)).expect("append");
        positions.push(store.position());
    }
    drop(store);
    for (at, until) in positions.iter().enumerate() {
        let disk = disk.copy();
        let opened = open(&disk).expect("open");
        merge_all(&opened.store, until);
        drop(opened);
        for (later, position) in positions.iter().enumerate() {
            match Store::open_after(shared(&disk), position) {
                Ok(opened) => {
                    let rest = &woven.segments[later..];
                    assert_eq!(opened.segments.len(), rest.len(), "{at}, {later}");
                }
                Err(woodland_store::OpenError::NotAPrefix { .. }) => assert!(later < at),
                Err(error) => panic!("{at}, {later}: {error}"),
            }
        }
    }
}

fn cuts() -> impl Iterator<Item = PowerCut> {
    let both = [Unsynced::Lost, Unsynced::Kept];
    both.into_iter().flat_map(move |names| {
        both.into_iter().flat_map(move |lengths| {
            let kept = [0, 1, 40, 79, 136, 300, usize::MAX];
            kept.into_iter().map(move |bytes_kept| PowerCut { names, lengths, bytes_kept })
        })
    })
}

/// Appends, merges, appends and merges again; stops at the first failure.
fn work(disk: &MemoryDisk, woven: &Woven) -> usize {
    let mut acknowledged = 0;
    let Ok(opened) = open(disk) else { return 0 };
    let store = opened.store;
    for part in woven.segments.chunks(9) {
        for segment in part {
            if store.append(std::slice::from_ref(segment)).is_err() {
                return acknowledged;
            }
            acknowledged += 1;
        }
        if store.maintain(&store.position()).is_err() {
            return acknowledged;
        }
    }
    acknowledged
}

fn begun(woven: &Woven) -> MemoryDisk {
    let none = Woven { segments: vec![], commits: vec![], ..*woven };
    none.filled(&small_files())
}

#[test]
fn a_power_cut_at_every_act_of_merging_loses_nothing() {
    let woven = woven(5);
    let start = begun(&woven);
    let whole = start.image();
    let count = woven.segments.len();
    assert_eq!(work(&whole, &woven), count);
    let calls = whole.calls();
    let expected: Vec<Vec<(CommitId, bool)>> = (0..=count)
        .map(|count| {
            let part =
                Woven { segments: woven.segments[..count].to_vec(), commits: vec![], ..woven };
            copies(&open(&part.filled(&small_files())).expect("open").segments)
        })
        .collect();
    let (mut tried, mut tidied) = (0, 0);
    for call in 1..=calls {
        let disk = start.image();
        disk.power_off_at_call(call);
        let acknowledged = work(&disk, &woven);
        for cut in cuts() {
            let after = disk.after_power_cut(cut);
            let before = after.files().len();
            let opened = open(&after).unwrap_or_else(|e| panic!("call {call}, {cut:?}: {e}"));
            tidied += usize::from(after.files().len() < before);
            let found = copies(&opened.segments);
            assert!(found.len() >= acknowledged, "call {call}, {cut:?}");
            assert_eq!(found, expected[found.len()], "call {call}, {cut:?}");
            opened.store.append(&woven.segments[found.len()..]).expect("append");
            opened.store.maintain(&opened.store.position()).expect("merge");
            drop(opened);
            let again = open(&after).expect("open");
            assert_eq!(copies(&again.segments), expected[count], "call {call}, {cut:?}");
            tried += 1;
        }
    }
    println!("{tried} cuts, {tidied} times something was left and removed");
    assert!(tidied > 0);
}

#[test]
fn a_disk_that_is_full_before_the_swap_leaves_all_as_it_was_and_the_store_goes_on() {
    let woven = woven(6);
    let filled = woven.filled(&small_files());
    let calls = {
        let disk = filled.image();
        let opened = open(&disk).expect("open");
        let before = disk.calls();
        opened.store.maintain(&opened.store.position()).expect("merge");
        disk.calls() - before
    };
    let expected = copies(&open(&filled).expect("open").segments);
    let (mut unprepared, mut swapping, mut tidying) = (0, 0, 0);
    for call in 1..=calls {
        let disk = filled.image();
        let opened = open(&disk).expect("open");
        let files = disk.files();
        disk.fail_call(call, ErrorKind::StorageFull);
        match opened.store.maintain(&opened.store.position()) {
            Err(MaintainError::Unprepared(error)) => {
                assert_eq!(error.kind(), ErrorKind::StorageFull);
                assert_eq!(disk.files(), files, "call {call}");
                opened.store.append(&woven.segments[..1]).expect("the store goes on");
                opened.store.maintain(&opened.store.position()).expect("there is room again");
                unprepared += 1;
            }
            Err(MaintainError::Disk(_)) => {
                let poisoned = opened.store.append(&woven.segments[..1]);
                assert!(poisoned.is_err(), "call {call}");
                let poisoned = opened.store.maintain(&opened.store.position());
                assert!(matches!(poisoned, Err(MaintainError::Poisoned)));
                swapping += 1;
            }
            Ok(_) => tidying += 1,
            Err(error) => panic!("call {call}: {error}"),
        }
        drop(opened);
        let opened = open(&disk).unwrap_or_else(|e| panic!("call {call}: {e}"));
        let found = copies(&opened.segments);
        let added = found.len() - expected.len();
        assert!(added <= 1, "call {call}");
        if added == 0 {
            assert_eq!(found, expected, "call {call}");
        }
    }
    println!("{unprepared} before the swap, {swapping} in it, {tidying} behind it");
    assert!(unprepared > 5 && swapping >= 4 && tidying > 5);
}

#[test]
fn a_damaged_file_is_named_and_not_merged() {
    let woven = woven(6);
    let filled = woven.filled(&small_files());
    let second = "segments/00000002.wls";
    let third = filled.bytes("segments/00000003.wls").expect("file");
    let damages: [&dyn Fn(&MemoryDisk); 4] = [
        &|disk| disk.flip(second, 8 * 100),
        &|disk| disk.cut(second, 60),
        &|disk| disk.replace(second, &third),
        &|disk| disk.erase(second),
    ];
    for damage in damages {
        let disk = filled.image();
        let opened = open(&disk).expect("open");
        damage(&disk);
        let files = disk.files();
        match opened.store.maintain(&opened.store.position()) {
            Err(MaintainError::Damaged { problem }) => {
                assert!(problem.to_string().starts_with(second), "{problem}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(disk.files(), files);
        opened.store.append(&woven.segments[..1]).expect("the store goes on");
    }
}

#[test]
fn a_store_whose_small_files_hold_large_segments_keeps_them_as_they_are() {
    let chain = sample(5);
    let disk = crate::samples::filled(&chain, &small_files());
    let opened = open(&disk).expect("open");
    // The first file has one segment, and nothing else lies before this position.
    let first = Position { file_number: 2, bytes: 48, root: [0; 32] };
    let maintained = opened.store.maintain(&first).expect("merged");
    assert_eq!((maintained.files, maintained.segments_after), (1, 1));
    assert_eq!(maintained.bytes_before, maintained.bytes_after);
    assert!(disk.bytes("segments/00000001.wls").is_some(), "it is not written again");
    drop(opened);
    let opened = open(&disk).expect("open");
    assert_eq!(crate::samples::ids(&opened), chain.ids);
    let done = merge_all(&opened.store, &opened.store.position());
    assert_eq!(done.len(), 1);
    assert!(disk.bytes("segments/00000001.wls").is_none(), "it was taken along");
    drop(opened);
    assert_eq!(crate::samples::ids(&open(&disk).expect("open")), chain.ids);
}
