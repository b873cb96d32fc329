//! A subscription as a stream, polled by hand.
//!
//! **Invariants**
//! - A task that was told to wait is woken by the next version, whoever publishes it.

use futures_core::Stream;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use woodland::{Diff, Pointer, ReadError, Record, Replica, all, define};

#[derive(Record, Debug, Clone, PartialEq)]
struct Note {
    title: String,
}

#[derive(Record, Debug, Clone, PartialEq)]
struct Tag {
    name: String,
}

#[derive(Default)]
struct Counted(AtomicUsize);

impl Counted {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

struct Breaks;

impl Wake for Breaks {
    fn wake(self: Arc<Self>) {
        panic!("a waker that panics, on purpose");
    }
}

fn poll<S: Stream + Unpin>(stream: &mut S, waker: &Waker) -> Poll<Option<S::Item>> {
    Pin::new(stream).poll_next(&mut Context::from_waker(waker))
}

fn founded(seed: u64) -> Replica {
    let model = define().record::<Note>().record::<Tag>().model().expect("a model");
    Replica::in_memory(&model, seed).expect("founded")
}

fn ready<D>(poll: Poll<Option<Result<Diff<D>, ReadError>>>) -> Diff<D> {
    match poll {
        Poll::Ready(Some(Ok(diff))) => diff,
        Poll::Ready(Some(Err(error))) => panic!("it cannot be read: {error}"),
        Poll::Ready(None) => panic!("it is over"),
        Poll::Pending => panic!("nothing came"),
    }
}

fn insert(replica: &Replica, title: &str) -> Pointer<Note> {
    replica.write(|b| b.insert(&Note { title: title.into() })).expect("written")
}

#[test]
fn versions_wake_the_task_that_waits() {
    let replica = founded(1);
    let mut stream = replica.subscribe(all::<Note>());
    let woken = Arc::new(Counted::default());
    let waker = Waker::from(Arc::clone(&woken));
    assert!(poll(&mut stream, &waker).is_pending());
    assert_eq!(woken.count(), 0);

    let trip = insert(&replica, "Trip");
    assert_eq!(woken.count(), 1);
    let diff = ready(poll(&mut stream, &waker));
    assert_eq!(diff.changes[0].pointer, trip);
    assert!(poll(&mut stream, &waker).is_pending());

    replica.write(|b| b.insert(&Tag { name: "rust".into() })).expect("written");
    assert_eq!(woken.count(), 2, "woken by what it does not cover");
    assert!(poll(&mut stream, &waker).is_pending(), "and told nothing of it");

    let model = define().record::<Note>().record::<Tag>().model().expect("a model");
    let (other, _) = Replica::join_in_memory(&model, &replica, 2).expect("joined");
    let walk = insert(&other, "Walk");
    replica.merge(&other).expect("merged");
    assert_eq!(woken.count(), 3, "a merge publishes, too");
    assert_eq!(ready(poll(&mut stream, &waker)).changes[0].pointer, walk);

    assert!(poll(&mut stream, &waker).is_pending());
    drop(replica);
    assert_eq!(woken.count(), 4, "the end is told");
    assert!(matches!(poll(&mut stream, &waker), Poll::Ready(None)));
}

#[test]
fn the_last_version_is_yielded_before_the_end() {
    let replica = founded(1);
    let mut stream = replica.subscribe(all::<Note>());
    insert(&replica, "Trip");
    drop(replica);
    let waker = Waker::from(Arc::new(Counted::default()));
    assert_eq!(ready(poll(&mut stream, &waker)).changes.len(), 1);
    assert!(matches!(poll(&mut stream, &waker), Poll::Ready(None)));
}

#[test]
fn only_the_last_waker_is_woken_and_a_panic_of_one_harms_nobody() {
    let replica = founded(1);
    let (mut breaks, mut stream) =
        (replica.subscribe(all::<Note>()), replica.subscribe(all::<Note>()));
    assert!(poll(&mut breaks, &Waker::from(Arc::new(Breaks))).is_pending());
    let [first, last] = [(), ()].map(|()| Arc::new(Counted::default()));
    assert!(poll(&mut stream, &Waker::from(Arc::clone(&first))).is_pending());
    assert!(poll(&mut stream, &Waker::from(Arc::clone(&last))).is_pending());
    insert(&replica, "Trip");
    insert(&replica, "Hike");
    assert_eq!((first.count(), last.count()), (0, 1), "a task is woken once, and then polls");
    let waker = Waker::from(last);
    assert_eq!(ready(poll(&mut stream, &waker)).changes.len(), 2);
    assert_eq!(ready(poll(&mut breaks, &waker)).changes.len(), 2);
}
