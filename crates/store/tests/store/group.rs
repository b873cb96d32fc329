//! Many callers at once share a sync; nobody hears of success that is not on the disk.

use crate::hooked::HookedDisk;
use crate::samples::{Sample, create, filled, ids, key, open, sample, shared, small_files};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex};
use std::thread;
use woodland_format::{
    Commit, HEADER_FORMAT, Header, Position, SchemaChange, encode_segment, payload_hash,
};
use woodland_store::limits::{GROUP_BYTES_MAX, QUEUE_BYTES_MAX};
use woodland_store::{
    AppendError, Disk, DiskAct, MemoryDisk, PowerCut, Store, StoreOptions, Ticket, Unsynced,
};

const LOST: PowerCut = PowerCut { names: Unsynced::Lost, lengths: Unsynced::Lost, bytes_kept: 0 };

/// Counts syncs, and lets none of them pass while it is closed.
#[derive(Debug, Clone, Default)]
struct Gatekeeper {
    syncs: Arc<AtomicU64>,
    /// Whether it is open, and how many stand before it.
    state: Arc<(Mutex<(Gate, usize)>, Condvar)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Gate {
    #[default]
    Open,
    Closed,
    Panics,
}

impl Gatekeeper {
    /// The disk, with this before each sync.
    fn before(&self, disk: &MemoryDisk) -> Arc<dyn Disk> {
        let gate = self.clone();
        Arc::new(HookedDisk::of(disk, move |act, _| {
            if act == DiskAct::Sync {
                gate.pass();
            }
        }))
    }

    fn pass(&self) {
        self.syncs.fetch_add(1, Ordering::SeqCst);
        let mut state = self.state.0.lock().expect("gate");
        state.1 += 1;
        self.state.1.notify_all();
        while state.0 == Gate::Closed {
            state = self.state.1.wait(state).expect("gate");
        }
        state.1 -= 1;
        let gate = state.0;
        drop(state);
        assert!(gate != Gate::Panics, "planned");
    }

    fn set(&self, gate: Gate) {
        self.state.0.lock().expect("gate").0 = gate;
        self.state.1.notify_all();
    }

    /// Waits until somebody stands before it.
    fn wait_for_sync(&self) {
        let mut state = self.state.0.lock().expect("gate");
        while state.1 == 0 {
            state = self.state.1.wait(state).expect("gate");
        }
    }

    fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::SeqCst)
    }
}

fn one(sample: &Sample, at: usize) -> Vec<Vec<u8>> {
    vec![sample.segments[at].clone()]
}

#[test]
fn sixty_four_threads_share_syncs() {
    const THREADS: usize = 64;
    let sample = sample(THREADS + 1);
    let (disk, gate) = (MemoryDisk::new(), Gatekeeper::default());
    let options = StoreOptions::default();
    let store = Store::create(gate.before(&disk), sample.dataset, &key(), &options);
    let store = store.expect("create");
    store.append(&one(&sample, 0)).expect("the first makes the slot this handle's own");
    let before = gate.syncs();
    gate.set(Gate::Closed);
    let staged = Barrier::new(THREADS);
    thread::scope(|scope| {
        for at in 1..=THREADS {
            let (store, sample, staged, gate) = (&store, &sample, &staged, &gate);
            scope.spawn(move || {
                let ticket = store.stage(one(sample, at)).expect("staged");
                // All have staged before the first sync ends; one of them opens the gate.
                if staged.wait().is_leader() {
                    gate.set(Gate::Open);
                }
                store.settle(ticket).expect("settled");
                assert!(store.heads().generation > 2);
            });
        }
    });
    let syncs = gate.syncs() - before;
    assert_eq!(syncs, 2, "one of the data and one of heads, for {THREADS} appends");
    drop(store);
    let opened = open(&disk.after_power_cut(LOST)).expect("open");
    let found: BTreeSet<_> = ids(&opened).into_iter().collect();
    assert_eq!(found, sample.ids.iter().copied().collect());
}

#[test]
fn who_comes_while_a_sync_runs_shares_the_next() {
    let sample = sample(40);
    let (disk, gate) = (MemoryDisk::new(), Gatekeeper::default());
    let options = StoreOptions::default();
    let store = Store::create(gate.before(&disk), sample.dataset, &key(), &options);
    let store = store.expect("create");
    store.append(&one(&sample, 0)).expect("append");
    let before = gate.syncs();
    gate.set(Gate::Closed);
    let store = &store;
    thread::scope(|scope| {
        let first = scope.spawn(|| store.append(&one(&sample, 1)));
        gate.wait_for_sync();
        let tickets: Vec<Ticket> =
            (2..40).map(|at| store.stage(one(&sample, at)).expect("staged")).collect();
        let rest: Vec<_> =
            tickets.into_iter().map(|ticket| scope.spawn(move || store.settle(ticket))).collect();
        gate.set(Gate::Open);
        first.join().expect("no panic").expect("append");
        for thread in rest {
            thread.join().expect("no panic").expect("settled");
        }
    });
    assert_eq!(gate.syncs() - before, 4, "two for the first, two for all others");
    let cut = disk.after_power_cut(LOST);
    assert_eq!(ids(&open(&cut).expect("open")), sample.ids);
}

#[test]
fn nobody_is_acknowledged_after_a_failed_sync() {
    const THREADS: usize = 16;
    let sample = sample(THREADS);
    // As many calls as one append makes, and some more.
    for call in 1..=12 {
        let disk = MemoryDisk::new();
        let store = create(&disk, &sample, &small_files());
        disk.fail_call(call, ErrorKind::Other);
        let (acknowledged, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let after_failure = AtomicUsize::new(0);
        thread::scope(|scope| {
            for at in 0..THREADS {
                let (store, sample) = (&store, &sample);
                let (acknowledged, failed) = (&acknowledged, &failed);
                let after_failure = &after_failure;
                scope.spawn(move || {
                    let had_failed = failed.load(Ordering::SeqCst) > 0;
                    let staged = store.stage(one(sample, at));
                    match staged.and_then(|ticket| store.settle(ticket)) {
                        Ok(()) => {
                            after_failure.fetch_add(usize::from(had_failed), Ordering::SeqCst);
                            acknowledged.fetch_add(1, Ordering::SeqCst)
                        }
                        Err(AppendError::Disk(_)) => failed.fetch_add(1, Ordering::SeqCst),
                        Err(AppendError::Poisoned) => 0,
                        Err(error) => panic!("{error}"),
                    };
                });
            }
        });
        let acknowledged = acknowledged.load(Ordering::SeqCst);
        assert_eq!(after_failure.load(Ordering::SeqCst), 0, "call {call}");
        if failed.load(Ordering::SeqCst) == 0 {
            // So few groups that the call was never made.
            assert_eq!(acknowledged, THREADS);
            continue;
        }
        assert_eq!(failed.load(Ordering::SeqCst), 1, "one hears what failed, the others of poison");
        assert!(matches!(store.stage(one(&sample, 0)), Err(AppendError::Poisoned)));
        assert!(matches!(store.flush(), Err(AppendError::Poisoned)));
        drop(store);
        let cut = open(&disk.after_power_cut(LOST)).expect("open");
        assert!(ids(&cut).len() >= acknowledged, "call {call}");
    }
}

#[test]
fn merging_beside_many_writers_loses_nothing() {
    const THREADS: usize = 4;
    let sample = sample(200);
    let disk = MemoryDisk::new();
    let store = create(&disk, &sample, &small_files());
    let left = AtomicUsize::new(THREADS);
    let mut merged = 0;
    thread::scope(|scope| {
        for first in 0..THREADS {
            let (store, sample, left) = (&store, &sample, &left);
            scope.spawn(move || {
                for at in (first..200).step_by(THREADS) {
                    store.append(&one(sample, at)).expect("append");
                }
                left.fetch_sub(1, Ordering::SeqCst);
            });
        }
        while left.load(Ordering::SeqCst) > 0 {
            merged += store.maintain(&store.position()).expect("merged").files;
        }
    });
    merged += store.maintain(&store.position()).expect("merged").files;
    assert!(merged > 50);
    let found: Vec<_> = ids(&open(&disk.after_power_cut(LOST)).expect("open"));
    assert_eq!(found.len(), 200);
    assert_eq!(
        found.into_iter().collect::<BTreeSet<_>>(),
        sample.ids.iter().copied().collect::<BTreeSet<_>>()
    );
}

#[test]
fn a_panic_in_the_disk_lets_nobody_wait_for_ever() {
    let sample = sample(3);
    let gated = Gatekeeper::default();
    let disk = gated.before(&filled(&sample, &small_files()));
    let store = Store::open(disk).expect("open").store;
    gated.set(Gate::Closed);
    let store = &store;
    thread::scope(|scope| {
        let first = scope.spawn(|| store.append(&one(&sample, 0)));
        gated.wait_for_sync();
        let second = store.stage(one(&sample, 1)).expect("staged");
        let waiting = scope.spawn(move || store.settle(second));
        gated.set(Gate::Panics);
        assert!(first.join().is_err(), "it panicked");
        assert!(matches!(waiting.join().expect("no panic"), Err(AppendError::Poisoned)));
    });
    assert!(matches!(store.append(&one(&sample, 0)), Err(AppendError::Poisoned)));
}

#[test]
fn one_caller_makes_the_same_calls_every_time() {
    let sample = sample(9);
    let run = || {
        let disk = MemoryDisk::new();
        let store = create(&disk, &sample, &small_files());
        let mut calls = vec![disk.calls()];
        let tickets: Vec<Ticket> =
            (0..9).map(|at| store.stage(one(&sample, at)).expect("staged")).collect();
        for ticket in tickets {
            store.settle(ticket).expect("settled");
            calls.push(disk.calls());
        }
        store.maintain(&store.position()).expect("merged");
        calls.push(disk.calls());
        let bytes: Vec<_> = disk.files().iter().map(|name| disk.bytes(name)).collect();
        (calls, bytes)
    };
    assert_eq!(run(), run());
}

#[test]
fn a_group_fills_a_file_and_no_more() {
    let sample = sample(12);
    let disk = MemoryDisk::new();
    let store = create(&disk, &sample, &small_files());
    let tickets: Vec<Ticket> =
        (0..12).map(|at| store.stage(one(&sample, at)).expect("staged")).collect();
    store.settle(tickets[11]).expect("settled");
    drop(store);
    let each = filled(&sample, &small_files());
    let bytes = |disk: &MemoryDisk| {
        let files = disk.files().into_iter().filter(|name| name.ends_with(".wls"));
        files.map(|name| disk.bytes(&name)).collect::<Vec<_>>()
    };
    assert_eq!(bytes(&disk), bytes(&each), "files are as if each was appended by itself");
    assert_eq!(ids(&open(&disk).expect("open")), sample.ids);
}

#[test]
fn the_queue_has_an_end() {
    const { assert!(GROUP_BYTES_MAX < QUEUE_BYTES_MAX) };
    let sample = sample(1);
    let disk = MemoryDisk::new();
    let store = create(&disk, &sample, &StoreOptions::default());
    // The same large segment again and again: the store does not know what it means.
    let large = large_segment(&sample, 60 * 1024 * 1024);
    let bytes = large.len() as u64;
    let mut staged = 0;
    let queued = loop {
        match store.stage(vec![large.clone()]) {
            Ok(_) => staged += bytes,
            Err(AppendError::QueueFull { queued }) => break queued,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(queued, staged);
    assert!(staged <= QUEUE_BYTES_MAX && staged + bytes > QUEUE_BYTES_MAX);
    assert_eq!(store.heads().generation, 1, "nothing is on the disk");
}

#[test]
fn groups_are_cut_at_every_act() {
    let sample = sample(9);
    let work = |disk: &MemoryDisk| -> usize {
        let Ok(store) = Store::create(shared(disk), sample.dataset, &key(), &small_files()) else {
            return 0;
        };
        let mut acknowledged = 0;
        for trio in sample.segments.chunks(3) {
            let staged: Result<Vec<Ticket>, _> =
                trio.iter().map(|segment| store.stage(vec![segment.clone()])).collect();
            let Ok(tickets) = staged else { break };
            for ticket in tickets {
                if store.settle(ticket).is_err() {
                    return acknowledged;
                }
                acknowledged += 1;
            }
        }
        acknowledged
    };
    let whole = MemoryDisk::new();
    assert_eq!(work(&whole), 9);
    for call in 1..=whole.calls() {
        let disk = MemoryDisk::new();
        disk.power_off_at_call(call);
        let acknowledged = work(&disk);
        for bytes_kept in [0, 1, 100, 194, 195, 300, 400, usize::MAX] {
            for names in [Unsynced::Lost, Unsynced::Kept] {
                for lengths in [Unsynced::Lost, Unsynced::Kept] {
                    let cut = PowerCut { names, lengths, bytes_kept };
                    let Ok(opened) = open(&disk.after_power_cut(cut)) else {
                        assert_eq!(acknowledged, 0, "call {call}, {cut:?}");
                        continue;
                    };
                    let found = ids(&opened);
                    assert!(found.len() >= acknowledged, "call {call}, {cut:?}");
                    assert_eq!(found, sample.ids[..found.len()], "call {call}, {cut:?}");
                }
            }
        }
    }
}

/// A commit whose payload has as many bytes; none of them mean anything.
fn large_segment(sample: &Sample, payload_bytes: usize) -> Vec<u8> {
    let payload = vec![7; payload_bytes].into_boxed_slice();
    let header = Header {
        format: HEADER_FORMAT,
        position: Position::Next { backlink: sample.ids[0], seq: 1, schema: SchemaChange::Keep },
        payload_hash: payload_hash(&payload),
        payload_bytes: u32::try_from(payload_bytes).expect("small"),
        turn: 0,
        parents: vec![],
    };
    let commit = Commit::new(key().author(), header, Some(payload)).expect("it fits");
    encode_segment(sample.dataset, &[commit], |_| None)
}
