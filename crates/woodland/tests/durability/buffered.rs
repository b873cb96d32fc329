//! Buffered writes: shown at once, with the system, durable when asked for.

use crate::gate::GatedDisk;
use crate::model::{founded, opened, words, write};
use woodland::{Durability, MemoryDisk};
use woodland_store::{PowerCut, Unsynced};

#[test]
fn a_buffered_write_is_shown_and_not_synced() {
    let disk = GatedDisk::new();
    let replica = founded(disk.clone(), 1);
    assert!(write(&replica, Durability::Durable, 0, 0));
    let before = disk.syncs();
    for number in 1..50 {
        assert!(write(&replica, Durability::Buffered, 0, number));
        assert_eq!(words(&replica.snapshot()).len(), usize::try_from(number).expect("few") + 1);
    }
    assert_eq!(disk.syncs(), before, "nobody waits for the disk");
    assert_eq!(words(&replica.durable_snapshot()), [(0, 0)]);
    replica.flush().expect("flushed");
    assert_eq!(disk.syncs(), before + 2, "one sync makes all durable, and one acknowledges it");
    assert_eq!(words(&replica.durable_snapshot()).len(), 50);
    replica.flush().expect("flushed");
    assert_eq!(disk.syncs(), before + 2, "there is nothing left to flush");
}

/// Who asks for durable has all durable that is visible, also where there was nothing to write.
#[test]
fn a_durable_write_of_nothing_makes_durable_what_was_buffered() {
    let disk = GatedDisk::new();
    let replica = founded(disk.clone(), 1);
    assert!(write(&replica, Durability::Buffered, 0, 0));
    let before = disk.syncs();
    replica.write_with(Durability::Buffered, |_| ()).expect("nothing to write");
    assert_eq!((disk.syncs(), words(&replica.durable_snapshot()).len()), (before, 0));
    replica.write(|_| ()).expect("nothing to write");
    assert_eq!(words(&replica.durable_snapshot()), [(0, 0)]);
    let synced = disk.syncs();
    assert!(synced > before);
    replica.write(|_| ()).expect("nothing to write");
    assert_eq!(disk.syncs(), synced, "all is durable");
}

/// The process ends without a word: the disk's cache lives on.
#[test]
fn a_buffered_write_survives_the_end_of_the_process() {
    let disk = MemoryDisk::new();
    let replica = founded(disk.clone(), 1);
    for number in 0..5 {
        assert!(write(&replica, Durability::Buffered, 0, number));
    }
    // As a kill leaves it: what the system has, with nobody's lock.
    let after = disk.image();
    assert_eq!(words(&opened(after, 2).snapshot()).len(), 5);
}

/// A write and a flush after it are durable, together with all before; a later power cut takes the
/// last of the others, never one in between.
#[test]
fn a_power_cut_leaves_a_prefix_that_holds_what_was_flushed() {
    let run = |disk: &MemoryDisk| {
        let replica = founded(disk.clone(), 1);
        let mut flushed = 0;
        let mut written = 0;
        for number in 0..12 {
            let durability = match number {
                4 => Durability::Durable,
                _ => Durability::Buffered,
            };
            if !write(&replica, durability, 0, number) {
                break;
            }
            written = number + 1;
            if number == 4 || (number == 8 && replica.flush().is_ok()) {
                flushed = number + 1;
            }
        }
        // The power is cut while the replica is open: closing would flush.
        std::mem::forget(replica);
        (flushed, written)
    };
    let founding = {
        let disk = MemoryDisk::new();
        drop(founded(disk.clone(), 1));
        disk.calls()
    };
    let calls = {
        let disk = MemoryDisk::new();
        assert_eq!(run(&disk), (9, 12));
        disk.calls()
    };
    let mut shorter = 0;
    for call in founding + 1..=calls + 1 {
        for names in [Unsynced::Lost, Unsynced::Kept] {
            for bytes_kept in [0, 1, 50, 150, 333, 500, usize::MAX] {
                let disk = MemoryDisk::new();
                disk.power_off_at_call(call);
                let (flushed, written) = run(&disk);
                let cut = PowerCut { names, lengths: Unsynced::Kept, bytes_kept };
                let again = opened(disk.after_power_cut(cut), 2);
                let held = words(&again.snapshot());
                let prefix: Vec<(i64, i64)> = (0..).map(|n| (0, n)).take(held.len()).collect();
                assert_eq!(held, prefix, "call {call}, {cut:?}");
                let count = i64::try_from(held.len()).expect("few");
                assert!(count >= flushed, "call {call}, {cut:?}: {count} of {flushed}");
                shorter += usize::from(count < written);
            }
        }
    }
    assert!(shorter > 0, "some cut takes something");
}

#[test]
fn closing_makes_durable_what_is_buffered() {
    let disk = MemoryDisk::new();
    let replica = founded(disk.clone(), 1);
    assert!(write(&replica, Durability::Buffered, 0, 0));
    drop(replica);
    let cut = PowerCut { names: Unsynced::Lost, lengths: Unsynced::Lost, bytes_kept: 0 };
    assert_eq!(words(&opened(disk.after_power_cut(cut), 2).snapshot()), [(0, 0)]);
}
