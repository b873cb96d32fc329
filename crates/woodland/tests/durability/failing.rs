//! The disk fails: nobody hears of success that is none, and opening again has what was
//! acknowledged.

use crate::gate::GatedDisk;
use crate::model::{founded, joined, model, opened, words, write};
use std::sync::Mutex;
use std::thread;
use woodland::{BackingError, Durability, Replica, WriteError};
use woodland_store::{AppendError, PowerCut, Unsynced};

fn cuts() -> Vec<PowerCut> {
    let mut cuts = Vec::new();
    for names in [Unsynced::Lost, Unsynced::Kept] {
        for bytes_kept in [0, 100, usize::MAX] {
            cuts.push(PowerCut { names, lengths: Unsynced::Lost, bytes_kept });
        }
    }
    cuts
}

/// Four durable writes, two buffered ones, a flush, a merge of one, and one write more; what was
/// acknowledged as durable, and whether anything failed.
fn workload(replica: &Replica, peer: &Replica) -> (Vec<(i64, i64)>, bool) {
    let (mut durable, mut buffered, mut has_failed) = (Vec::new(), Vec::new(), false);
    let mut note = |is_ok: bool| {
        assert!(!(is_ok && has_failed), "no success after a failure");
        has_failed |= !is_ok;
        is_ok
    };
    for number in 0..4 {
        if note(write(replica, Durability::Durable, 0, number)) {
            durable.push((0, number));
        }
    }
    for number in 4..6 {
        if note(write(replica, Durability::Buffered, 0, number)) {
            buffered.push((0, number));
        }
    }
    // Where nothing is buffered there is nothing to fail.
    if !buffered.is_empty() && note(replica.flush().is_ok()) {
        durable.append(&mut buffered);
    }
    if note(replica.merge(peer).is_ok()) {
        durable.push((9, 0));
    }
    if note(write(replica, Durability::Durable, 0, 6)) {
        durable.push((0, 6));
    }
    (durable, has_failed)
}

#[test]
fn every_sync_fails_once() {
    let peer = |replica: &Replica| {
        let (peer, _) = Replica::join_in_memory(model(), replica, 7).expect("joined");
        assert!(write(&peer, Durability::Durable, 9, 0));
        peer
    };
    let count = {
        let disk = GatedDisk::new();
        let replica = founded(disk.clone(), 1);
        let (peer, before) = (peer(&replica), disk.syncs());
        assert!(!workload(&replica, &peer).1);
        disk.syncs() - before
    };
    assert!(count >= 14, "{count} syncs");
    for nth in 1..=count {
        for cut in cuts() {
            let disk = GatedDisk::new();
            let replica = founded(disk.clone(), 1);
            let peer = peer(&replica);
            disk.fail_sync(nth);
            let (durable, has_failed) = workload(&replica, &peer);
            assert!(has_failed, "sync {nth} of {count}");
            let refused = replica.write(|_| ()).expect_err("it takes nothing");
            let poisoned = BackingError::Append(AppendError::Poisoned);
            assert!(
                matches!(&refused, WriteError::Store(it) if it.to_string() == poisoned.to_string())
            );
            let shown = words(&replica.snapshot());
            assert!(durable.iter().all(|word| shown.contains(word)), "readers keep what was shown");
            assert_eq!(words(&replica.durable_snapshot()), durable, "sync {nth}");
            drop(replica);
            let again = opened(disk.inner.after_power_cut(cut), 2);
            let held = words(&again.snapshot());
            let is_there = durable.iter().all(|word| held.contains(word));
            assert!(is_there, "sync {nth}, {cut:?}: {held:?} lacks some of {durable:?}");
            assert!(write(&again, Durability::Durable, 1, 0), "it is written again");
        }
    }
}

/// Threads that share a sync which fails: none of them gets an `Ok`, and none who comes later.
#[test]
fn a_sync_that_fails_fails_for_all_who_share_it() {
    for nth in 1..=12 {
        let disk = GatedDisk::new();
        let replica = founded(disk.clone(), 1);
        let acknowledged = Mutex::new(Vec::new());
        disk.fail_sync(nth);
        thread::scope(|scope| {
            for thread in 0..6 {
                let (replica, acknowledged) = (replica.clone(), &acknowledged);
                scope.spawn(move || {
                    let mut has_failed = false;
                    for number in 0..12 {
                        let is_ok = write(&replica, Durability::Durable, thread, number);
                        assert!(!(is_ok && has_failed), "no success after a failure");
                        has_failed |= !is_ok;
                        if is_ok {
                            acknowledged.lock().expect("no panic").push((thread, number));
                        }
                    }
                    assert!(has_failed, "72 writes by 6 threads take 12 groups at least");
                });
            }
        });
        let mut acknowledged = acknowledged.into_inner().expect("no panic");
        acknowledged.sort_unstable();
        let mut shown = words(&replica.snapshot());
        shown.sort_unstable();
        assert_eq!(shown, acknowledged, "sync {nth}: what is shown is what was acknowledged");
        drop(replica);
        for cut in cuts() {
            let held = words(&opened(disk.inner.after_power_cut(cut), 2).snapshot());
            assert!(acknowledged.iter().all(|word| held.contains(word)), "sync {nth}, {cut:?}");
        }
    }
}

/// What fails on the way to the system does so for a buffered write, too.
#[test]
fn a_buffered_write_that_does_not_reach_the_system_is_none() {
    let disk = GatedDisk::new();
    let replica = founded(disk.clone(), 1);
    assert!(write(&replica, Durability::Durable, 0, 0));
    disk.inner.fail_call(1, std::io::ErrorKind::StorageFull);
    assert!(!write(&replica, Durability::Buffered, 0, 1));
    assert_eq!(words(&replica.snapshot()), [(0, 0)]);
    assert!(!write(&replica, Durability::Buffered, 0, 2), "the disk may be well again by now");
    assert!(replica.flush().is_ok(), "nothing that was acknowledged waits for it");
    let (peer, _) = joined(&replica, 3);
    assert_eq!(words(&peer.snapshot()), [(0, 0)], "what is durable is given away still");
}
