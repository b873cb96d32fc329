//! Upkeep: what many writes leave behind is merged, by a thread or the caller, and nothing changes.

use crate::gate::GatedDisk;
use crate::model::{in_small_files, model, words, write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use woodland::{Durability, MaintainError, Maintained, Maintenance, Options, Replica, UpkeepError};
use woodland_store::{Disk, Store};

/// What merged files are called.
const MERGED: &str = ".wlm";

fn opened(disk: &GatedDisk, maintenance: Maintenance, seed: u64) -> Replica {
    let options = Options::on(Arc::new(disk.clone())).seed(seed).maintenance(maintenance);
    Replica::open(options, model()).expect("opened")
}

fn fill(replica: &Replica, words: std::ops::Range<i64>) {
    for number in words {
        assert!(write(replica, Durability::Durable, 0, number));
    }
}

fn numbers(replica: &Replica) -> Vec<i64> {
    words(&replica.snapshot()).into_iter().map(|word| word.1).collect()
}

fn segments(disk: &GatedDisk) -> usize {
    Store::read(&disk.inner).expect("readable").segments.len()
}

fn has_merged(disk: &GatedDisk) -> bool {
    let names = disk.inner.list("segments").expect("a folder");
    names.iter().any(|name| name.ends_with(MERGED))
}

#[test]
fn the_caller_merges_step_by_step_and_nothing_changes() {
    let disk = GatedDisk::new();
    in_small_files(disk.clone());
    let replica = opened(&disk, Maintenance::ByCaller, 1);
    fill(&replica, 0..60);
    let (before, held) = (segments(&disk), replica.snapshot());
    assert!(before > 60 && !has_merged(&disk), "nobody merges unasked");
    let mut steps = 0;
    while replica.maintain().expect("merged") != Maintained::default() {
        steps += 1;
        assert!(steps < 100, "it comes to an end");
        fill(&replica, 60 + steps..61 + steps);
    }
    assert!(steps > 0 && segments(&disk) < before / 2, "{} of {before}", segments(&disk));
    assert_eq!(words(&held).len(), 60, "who holds a version has it");
    let digest = replica.snapshot().digest();
    drop(replica);
    let again = opened(&disk, Maintenance::ByCaller, 2);
    assert_eq!(again.snapshot().digest(), digest);
    assert_eq!(again.snapshot().log().forks(), []);
}

/// The thread is woken by the write that fills a file, and gone when the replica is.
#[test]
fn a_thread_merges_while_writers_go_on() {
    let disk = GatedDisk::new();
    in_small_files(disk.clone());
    for seed in 1..6 {
        let replica = opened(&disk, Maintenance::Background, seed);
        let from = i64::try_from(numbers(&replica).len()).expect("few");
        fill(&replica, from..from + 40);
        disk.wait_for_a_file(MERGED);
        fill(&replica, from + 40..from + 60);
        assert_eq!(numbers(&replica), (0..from + 60).collect::<Vec<_>>());
        // The lock is free at once, or the next opening would be refused.
        drop(replica);
    }
    assert!(has_merged(&disk));
    assert!(segments(&disk) < 300 / 2, "{} segments", segments(&disk));
    assert_eq!(numbers(&opened(&disk, Maintenance::ByCaller, 9)), (0..300).collect::<Vec<_>>());
}

/// In the middle of a merging that takes long: writes, reads and flushes go on.
#[test]
fn nobody_waits_for_the_thread() {
    let disk = GatedDisk::new();
    in_small_files(disk.clone());
    let replica = opened(&disk, Maintenance::Background, 1);
    let is_open = Arc::new(AtomicBool::new(false));
    let opens = Arc::clone(&is_open);
    disk.hold_until(move |name, _| !name.ends_with(MERGED) || opens.load(Ordering::SeqCst));
    fill(&replica, 0..40);
    disk.wait_for_a_file(MERGED);
    fill(&replica, 40..60);
    assert!(write(&replica, Durability::Buffered, 0, 60));
    replica.flush().expect("flushed");
    assert_eq!(numbers(&replica), (0..61).collect::<Vec<_>>());
    is_open.store(true, Ordering::SeqCst);
    disk.look();
}

/// A full disk costs the merging, and neither data nor the right to write; the caller is told once.
#[test]
fn what_fails_in_the_background_is_told_and_loses_nothing() {
    let disk = GatedDisk::new();
    in_small_files(disk.clone());
    disk.refuse_a_file(MERGED);
    let replica = opened(&disk, Maintenance::Background, 1);
    fill(&replica, 0..40);
    disk.wait_for_a_file(MERGED);
    // Only the thread has met the full disk; it tells of it once it is through with that step.
    let told = loop {
        if let Err(error) = replica.maintain() {
            break error;
        }
    };
    assert!(matches!(told, UpkeepError::Store(MaintainError::Unprepared(_))), "{told}");
    fill(&replica, 40..60);
    while !matches!(replica.maintain(), Ok(maintained) if maintained == Maintained::default()) {}
    assert!(has_merged(&disk));
    assert_eq!(numbers(&replica), (0..60).collect::<Vec<_>>());
    drop(replica);
    assert_eq!(numbers(&opened(&disk, Maintenance::ByCaller, 2)), (0..60).collect::<Vec<_>>());
}
