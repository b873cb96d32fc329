//! Nothing leaves the process before it is durable.

use crate::gate::GatedDisk;
use crate::model::{founded, joined, model, opened, read_beside, words, write};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use woodland::{CommitId, Durability, MemoryDisk, Replica};
use woodland_store::{PowerCut, Unsynced};

/// The hardest cut: nothing that was not synced is there.
const CUT: PowerCut = PowerCut { names: Unsynced::Lost, lengths: Unsynced::Lost, bytes_kept: 0 };

fn commits(replica: &Replica) -> BTreeSet<CommitId> {
    replica.snapshot().log().order().map(|(_, commit)| commit.id()).collect()
}

/// Gives away what a replica has, perhaps to this peer, and says who has it then.
type Give = fn(&Replica, &Replica) -> Option<Replica>;

/// Everything that gives commits away.
const WAYS: [(&str, Give); 4] = [
    ("merge", |replica, peer| peer.merge(replica).is_ok().then(|| peer.clone())),
    ("join", |replica, _| {
        Replica::join_in_memory(model(), replica, 8).ok().map(|(joined, _)| joined)
    }),
    ("branch", |replica, _| replica.branch("draft").ok()),
    ("export", |replica, peer| {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("all.wll");
        replica.export(&file).ok()?;
        peer.merge(&file).expect("an export merges");
        Some(peer.clone())
    }),
];

#[test]
fn what_was_given_away_survives_every_power_cut() {
    for (way, give) in WAYS {
        let (mut given, mut refused, mut call) = (0, 0, 0);
        loop {
            call += 1;
            let disk = MemoryDisk::new();
            let replica = founded(disk.clone(), 1);
            let (peer, _) = joined(&replica, 7);
            disk.power_off_at_call(call);
            let mut is_well = true;
            for number in 0..3 {
                is_well &= write(&replica, Durability::Buffered, 0, number);
            }
            let got = give(&replica, &peer);
            let outside = got.as_ref().map(commits);
            // What is written meanwhile is not given away, and may go.
            is_well &= write(&replica, Durability::Buffered, 0, 3);
            let again = opened(disk.after_power_cut(CUT), 2);
            let inside = commits(&again);
            if let Some(outside) = outside {
                given += 1;
                assert!(outside.is_subset(&inside), "{way}, call {call}: given away and gone");
            } else {
                refused += 1;
                assert!(commits(&peer).is_subset(&inside), "{way}, call {call}");
            }
            std::mem::forget((replica, got));
            if is_well {
                assert_eq!(inside.len(), 4, "{way}: what was given away was made durable");
                break;
            }
        }
        assert!(given > 0 && refused > 0, "{way}: {given} given, {refused} refused");
    }
}

/// A durable write that others wait for, in the middle of its sync.
#[test]
fn what_is_only_staged_is_not_given_away() {
    let disk = GatedDisk::new();
    let replica = founded(disk.clone(), 1);
    let (peer, _) = joined(&replica, 7);
    let is_open = Arc::new(AtomicBool::new(false));
    let opens = Arc::clone(&is_open);
    disk.hold_until(move |_, _| opens.load(Ordering::SeqCst));
    thread::scope(|scope| {
        let writing = replica.clone();
        scope.spawn(move || assert!(write(&writing, Durability::Durable, 0, 0)));
        disk.wait_for_a_sync();
        assert_eq!(peer.merge(&replica).expect("merged").admitted, 0);
        let folder = tempfile::tempdir().expect("a folder");
        let exported = replica.export(folder.path().join("all.wll")).expect("exported");
        assert_eq!(exported.commits, 1, "the founding commit alone");
        assert_eq!(words(&replica.snapshot()), []);
        is_open.store(true, Ordering::SeqCst);
        disk.look();
    });
    assert_eq!(peer.merge(&replica).expect("merged").admitted, 1);
}

/// Giving away within a closure of `write` waits for nobody who waits for the closure.
#[test]
fn a_closure_may_export_and_flush() {
    let replica = founded(MemoryDisk::new(), 1);
    let (peer, _) = joined(&replica, 7);
    assert!(write(&replica, Durability::Buffered, 0, 0));
    let written = replica.write(|_| {
        replica.flush().expect("flushed");
        peer.merge(&replica).expect("merged").admitted
    });
    assert_eq!(written.expect("nothing is written"), 1);
}

/// A merge that finds everything there already returns once that is durable, too.
#[test]
fn a_merge_that_brings_nothing_waits_for_what_is_staged() {
    for _ in 0..20 {
        let disk = GatedDisk::new();
        let replica = founded(disk.clone(), 1);
        let (peer, _) = joined(&replica, 7);
        assert!(write(&peer, Durability::Durable, 9, 0));
        let is_open = Arc::new(AtomicBool::new(false));
        let opens = Arc::clone(&is_open);
        disk.hold_until(move |_, _| opens.load(Ordering::SeqCst));
        thread::scope(|scope| {
            let first = (replica.clone(), peer.clone());
            scope.spawn(move || assert_eq!(first.0.merge(&first.1).expect("merged").admitted, 1));
            disk.wait_for_a_sync();
            let (second, inner) = ((replica.clone(), peer.clone()), disk.inner.clone());
            let (begun, met) = std::sync::mpsc::channel();
            scope.spawn(move || {
                begun.send(()).expect("it is waited for");
                let merged = second.0.merge(&second.1).expect("merged");
                assert_eq!((merged.admitted, merged.duplicates), (0, 2));
                let on_disk = words(&read_beside(inner).snapshot());
                assert_eq!(on_disk, [(9, 0)], "it said so before it was durable");
            });
            met.recv().expect("it begins");
            // Time enough to return, for one that does not wait.
            (0..200).for_each(|_| thread::yield_now());
            is_open.store(true, Ordering::SeqCst);
            disk.look();
        });
    }
}

/// A key is given up, which tells whoever knows it that it may be in use elsewhere, only once all
/// that was written under it is durable.
#[test]
fn a_key_is_replaced_with_nothing_buffered() {
    let saved = {
        let disk = MemoryDisk::new();
        let replica = founded(disk.clone(), 1);
        assert!(write(&replica, Durability::Durable, 0, 0));
        disk.image()
    };
    let other = opened(saved.image(), 2);
    assert!(write(&other, Durability::Durable, 1, 0));
    let (mut call, mut renewed) = (0, 0);
    loop {
        call += 1;
        let disk = saved.image();
        let replica = opened(disk.clone(), 3);
        let retired = replica.author();
        assert!(write(&replica, Durability::Buffered, 0, 1));
        disk.power_off_at_call(call);
        let merged = replica.merge(&other);
        let again = opened(disk.after_power_cut(CUT), 4);
        let held = words(&again.snapshot());
        if again.author() != retired {
            renewed += 1;
            assert!(held.contains(&(0, 1)), "call {call}: {held:?}");
        }
        std::mem::forget(replica);
        if let Ok(merged) = merged {
            assert_eq!(merged.notices.len(), 1, "the same key wrote twice");
            assert!(held.contains(&(1, 0)));
            break;
        }
    }
    assert!(renewed > 1, "{renewed} of {call}");
}
