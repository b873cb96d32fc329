//! Waiting and calling back: who is told, from which thread, and what a panic does.

use crate::model::{Note, founded, insert, joined, set};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use woodland::{Listener, Replica, all};

/// Far longer than anything here takes; a test that waits for so long has failed.
const LONG: Duration = Duration::from_secs(120);

#[test]
fn a_thread_that_waits_is_woken() {
    let replica = founded();
    let (yielded, answers) = channel();
    thread::scope(|scope| {
        let mut subscription = replica.subscribe(all::<Note>());
        scope.spawn(move || {
            while subscription.wait() {
                let diff = subscription.next().expect("readable").expect("a note came");
                let title = diff.changes[0].after.as_ref().expect("it is there").title.clone();
                yielded.send(title.clone()).expect("somebody listens");
                if title == "last" {
                    break;
                }
            }
        });
        for title in ["first", "second", "last"] {
            insert(&replica, title);
            assert_eq!(answers.recv_timeout(LONG).as_deref(), Ok(title));
        }
    });
}

#[test]
fn waiting_ends_by_time_by_a_version_or_by_closing() {
    let replica = founded();
    let mut subscription = replica.subscribe(all::<Note>());
    assert!(!subscription.wait_for(Duration::ZERO), "nothing was published");
    insert(&replica, "Trip");
    assert!(subscription.wait() && subscription.wait_for(Duration::ZERO));
    assert!(subscription.next().expect("readable").is_some());
    assert!(!subscription.wait_for(Duration::ZERO), "it was yielded");
    insert(&replica, "Hike");
    let waiting = replica.subscribe(all::<Note>());
    thread::scope(|scope| {
        let ends = scope.spawn(|| waiting.wait());
        drop(replica);
        assert!(!ends.join().expect("no panic"), "the replica was closed");
    });
    assert!(subscription.wait() && !subscription.is_over(), "there is one left");
    assert!(subscription.next().expect("readable").is_some());
    assert!(!subscription.wait() && !subscription.wait_for(LONG) && subscription.is_over());
}

/// A listener that keeps the titles that it is told.
fn listening(replica: &Replica) -> (Listener, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let titles = Arc::clone(&told);
    let listener = replica.subscribe(all::<Note>()).on_change(move |diff| {
        let changes = diff.expect("readable").changes;
        let found = changes.into_iter().map(|one| one.after.expect("it is there").title);
        titles.lock().expect("no panic").extend(found);
    });
    (listener, told)
}

#[test]
fn several_listeners_are_told_of_writes_and_merges() {
    let replica = founded();
    let (first, told_first) = listening(&replica);
    insert(&replica, "Trip");
    let (second, told_second) = listening(&replica);
    let other = joined(&replica, 2);
    insert(&other, "Walk");
    replica.merge(&other).expect("merged");
    replica.merge(&other).expect("merged");
    drop(first);
    insert(&replica, "Hike");
    assert_eq!(*told_first.lock().expect("no panic"), ["Trip", "Walk"]);
    assert_eq!(*told_second.lock().expect("no panic"), ["Walk", "Hike"]);
    assert_eq!(Arc::strong_count(&told_first), 1, "a listener that is dropped is freed");
    assert_eq!(Arc::strong_count(&told_second), 2);
    assert!(!second.is_broken());
}

#[test]
fn what_changed_before_the_callback_is_told_at_once() {
    let replica = founded();
    let subscription = replica.subscribe(all::<Note>());
    insert(&replica, "Trip");
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let listener = subscription.on_change(move |diff| {
        counted.fetch_add(diff.expect("readable").changes.len(), Ordering::SeqCst);
    });
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    drop(listener);
}

#[test]
fn a_panic_in_a_callback_harms_nobody() {
    let replica = founded();
    let (before, told_before) = listening(&replica);
    let held = Arc::new(());
    let hold = Arc::clone(&held);
    let broken = replica.subscribe(all::<Note>()).on_change(move |_| {
        assert_eq!(Arc::strong_count(&hold), 0, "a callback that panics, on purpose");
    });
    let (after, told_after) = listening(&replica);
    let note = insert(&replica, "Trip");
    assert!(broken.is_broken() && !before.is_broken() && !after.is_broken());
    assert_eq!(Arc::strong_count(&held), 1, "the callback was dropped");
    set(&replica, note, "Hike");
    for told in [told_before, told_after] {
        assert_eq!(*told.lock().expect("no panic"), ["Trip", "Hike"]);
    }
}

#[test]
fn a_callback_may_write_and_is_not_called_within_its_call() {
    let replica = founded();
    let (running, deepest, calls) =
        (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (deep, counted, writes) = (Arc::clone(&deepest), Arc::clone(&calls), replica.clone());
    let listener = replica.subscribe(all::<Note>()).on_change(move |_| {
        deep.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        if counted.fetch_add(1, Ordering::SeqCst) < 5 {
            insert(&writes, "Answer");
        }
        running.fetch_sub(1, Ordering::SeqCst);
    });
    insert(&replica, "Question");
    assert_eq!((calls.load(Ordering::SeqCst), deepest.load(Ordering::SeqCst)), (6, 1));
    assert_eq!(replica.snapshot().all::<Note>().expect("readable").len(), 6);
    drop(listener);
}

#[test]
fn nothing_is_missed_when_many_threads_write() {
    const WRITERS: usize = 4;
    const EACH: usize = 25;
    let replica = founded();
    let (listener, told) = listening(&replica);
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                for _ in 0..EACH {
                    insert(&replica, "Trip");
                }
            });
        }
    });
    assert_eq!(told.lock().expect("no panic").len(), WRITERS * EACH);
    assert!(!listener.is_broken());
}
