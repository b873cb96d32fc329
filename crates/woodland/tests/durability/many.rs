//! Many threads at once: they share syncs, and each keeps its order.

use crate::gate::GatedDisk;
use crate::model::{Word, founded, opened, read_beside, words, write};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use woodland::{Durability, MemoryDisk, all};

const THREADS: i64 = 64;
const WRITES: i64 = 24;

/// In rounds: a sync lasts until every thread has come to its closure. All but one have staged by
/// then, so a round takes three groups at most: the first who comes, the others, the last.
#[test]
fn the_writes_of_many_threads_share_syncs() {
    let disk = GatedDisk::new();
    let replica = founded(disk.clone(), 1);
    let begun = Arc::new(AtomicI64::new(0));
    let all_begun = Arc::clone(&begun);
    disk.hold_until(move |_, _| all_begun.load(Ordering::SeqCst) % THREADS == 0);
    let round = Barrier::new(usize::try_from(THREADS).expect("few"));
    let before = disk.syncs();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (replica, disk, begun, round) = (replica.clone(), &disk, &begun, &round);
            scope.spawn(move || {
                for number in 0..WRITES {
                    round.wait();
                    let written = replica.write(|b| {
                        begun.fetch_add(1, Ordering::SeqCst);
                        disk.look();
                        b.insert(&Word { thread, number });
                    });
                    written.expect("written");
                }
            });
        }
    });
    let (syncs, writes) = (disk.syncs() - before, u64::try_from(THREADS * WRITES).expect("few"));
    // Two files are synced for a group.
    let most = 3 * 2 * u64::try_from(WRITES).expect("few");
    assert!(syncs <= most, "{syncs} syncs for {writes} writes");
    println!("{writes} writes of {THREADS} threads took {syncs} syncs");
    let shown = words(&replica.snapshot());
    drop(replica);
    let again = opened(disk.inner.clone(), 2);
    let all = words(&again.snapshot());
    assert_eq!(all, shown);
    assert_eq!(u64::try_from(all.len()).expect("few"), writes);
    for thread in 0..THREADS {
        let own: Vec<i64> = all.iter().filter(|one| one.0 == thread).map(|one| one.1).collect();
        assert_eq!(own, (0..WRITES).collect::<Vec<_>>(), "of thread {thread}");
    }
    let log = again.snapshot().log().clone();
    assert_eq!(log.heads().len(), 1, "one chain, each write on the one before");
}

/// One thread alone syncs two files a write, as it did before there were others.
#[test]
fn one_writer_costs_two_syncs_a_write() {
    let disk = GatedDisk::new();
    let replica = founded(disk.clone(), 1);
    assert!(write(&replica, Durability::Durable, 0, 0));
    let before = disk.syncs();
    for number in 1..=10 {
        assert!(write(&replica, Durability::Durable, 0, number));
    }
    assert_eq!(disk.syncs() - before, 20);
}

/// Whoever gets an `Ok` sees its own write; versions come in order, and each holds the one before.
#[test]
fn what_is_shown_only_grows_and_holds_what_was_acknowledged() {
    let replica = founded(MemoryDisk::new(), 1);
    let mut subscription = replica.subscribe(all::<Word>());
    let seen = thread::scope(|scope| {
        for thread in 0..8 {
            let replica = replica.clone();
            scope.spawn(move || {
                for number in 0..40 {
                    let durability = match number % 3 {
                        0 => Durability::Buffered,
                        _ => Durability::Durable,
                    };
                    let written =
                        replica.write_with(durability, |b| b.insert(&Word { thread, number }));
                    let word = written.expect("written");
                    let read = replica.snapshot().read(&[word]).expect("readable");
                    assert_eq!(read, [Some(Word { thread, number })]);
                }
            });
        }
        let mut seen = BTreeSet::new();
        while seen.len() < 320 {
            assert!(subscription.wait());
            let Some(diff) = subscription.next().expect("readable") else { continue };
            for change in diff.changes {
                let word = change.after.expect("nothing is deleted");
                assert!(change.before.is_none(), "{word:?} was shown before");
                assert!(seen.insert((word.thread, word.number)));
            }
        }
        seen
    });
    let all: BTreeSet<_> = words(&replica.snapshot()).into_iter().collect();
    assert_eq!(seen, all);
}

/// What one thread is about to lose is no version for another to stand on: parents and positions
/// are those of the version staged before.
#[test]
fn a_write_stands_on_what_is_staged() {
    let disk = GatedDisk::new();
    let replica = founded(disk.clone(), 1);
    let open = Arc::new(AtomicI64::new(0));
    let is_open = Arc::clone(&open);
    disk.hold_until(move |_, _| is_open.load(Ordering::SeqCst) == 1);
    thread::scope(|scope| {
        let first = replica.clone();
        scope.spawn(move || assert!(write(&first, Durability::Durable, 0, 0)));
        disk.wait_for_a_sync();
        for durability in [Durability::Durable, Durability::Buffered] {
            let (staged, met) = std::sync::mpsc::channel();
            let second = replica.clone();
            scope.spawn(move || {
                let written = second.write_with(durability, |b| {
                    staged.send(()).expect("it is waited for");
                    b.insert(&Word { thread: 1, number: 0 })
                });
                written.expect("written");
            });
            met.recv().expect("it comes to its closure while the first waits");
        }
        assert_eq!(words(&replica.snapshot()), [], "nothing is shown before it is durable");
        open.store(1, Ordering::SeqCst);
        disk.look();
    });
    assert_eq!(words(&replica.snapshot()).len(), 3);
    assert_eq!(words(&replica.snapshot())[0], (0, 0));
    let log = replica.snapshot().log().clone();
    let seqs: Vec<u64> = log.order().map(|(_, commit)| commit.seq()).collect();
    assert_eq!(seqs, [0, 1, 2, 3], "one chain without a gap");
}

/// A buffered write that comes behind a durable one waits for it, though it needs no sync itself:
/// when it returns and is shown, the durable one is acknowledged on the disk.
#[test]
fn a_buffered_write_shows_no_durable_one_early() {
    for _ in 0..40 {
        let disk = GatedDisk::new();
        let replica = founded(disk.clone(), 1);
        let allowed = Arc::new(AtomicU64::new(disk.syncs()));
        let is_allowed = Arc::clone(&allowed);
        disk.hold_until(move |_, nth| nth <= is_allowed.load(Ordering::SeqCst));
        thread::scope(|scope| {
            let (first, second) = (replica.clone(), replica.clone());
            scope.spawn(move || assert!(write(&first, Durability::Durable, 0, 0)));
            disk.wait_for_a_sync();
            let (staged, met) = std::sync::mpsc::channel();
            scope.spawn(move || {
                let written = second.write(|b| {
                    staged.send(()).expect("it is waited for");
                    b.insert(&Word { thread: 1, number: 0 })
                });
                written.expect("written");
            });
            met.recv().expect("it comes to its closure");
            let buffered = (replica.clone(), disk.inner.clone());
            scope.spawn(move || {
                assert!(write(&buffered.0, Durability::Buffered, 2, 0));
                let on_disk = words(&read_beside(buffered.1).snapshot());
                assert!(on_disk.contains(&(1, 0)), "it was shown before it was durable");
            });
            // Once the right to write is free, the buffered one may stand behind the durable one.
            drop(replica.write_with(Durability::Buffered, |_| ()));
            // The first group is let through; the others meet behind it.
            allowed.fetch_add(2, Ordering::SeqCst);
            disk.look();
            disk.wait_for_a_sync();
            allowed.store(u64::MAX, Ordering::SeqCst);
            disk.look();
        });
        assert_eq!(words(&replica.snapshot()).len(), 3);
    }
}
