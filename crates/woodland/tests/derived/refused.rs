//! Pages that cannot be read while a dataset is open: every act says so, by its error.

use crate::model::{Dice, Tag, act, created, model};
use std::io::ErrorKind;
use std::sync::Arc;
use woodland::{
    Durability, MemoryDisk, MergeError, Options, ReadError, Replica, RestError, StartError,
    UpkeepError, WriteError, catch,
};
use woodland_store::AppendError;

const PAGES: &str = "derived/pages.redb";

/// A replica that keeps next to nothing in memory, one commit behind, and a peer that is ahead.
fn open() -> (Replica, Replica, Arc<MemoryDisk>) {
    let disk = Arc::new(MemoryDisk::new());
    let replica = created(&disk, 1);
    let mut dice = Dice(21);
    (0..150).for_each(|_| act(&replica, &mut dice));
    let (peer, _) = Replica::join_in_memory(model(), &replica, 9).expect("joined");
    (0..5).for_each(|_| act(&peer, &mut dice));
    replica.rest().expect("rested");
    drop(replica);
    let options = Options::on(disk.clone()).seed(2).memory(0);
    let replica = Replica::open(options, model()).expect("opened");
    replica.write(|b| b.insert(&Tag { name: "behind".into() })).expect("written");
    (replica, peer, disk)
}

fn damage(disk: &MemoryDisk) {
    let mut bytes = disk.bytes(PAGES).expect("it is there");
    bytes[4096..].fill(0xaa);
    disk.replace(PAGES, &bytes);
}

#[test]
fn every_act_that_needs_a_page_says_that_it_cannot_be_read() {
    let (replica, peer, disk) = open();
    damage(&disk);
    let read = replica.snapshot().all::<Tag>();
    assert!(matches!(read, Err(ReadError::Derived(_))), "{read:?}");
    let written = replica.write(|b| b.insert(&Tag { name: "more".into() }));
    assert!(matches!(written, Err(WriteError::Derived(_))), "{written:?}");
    let merged = replica.merge(&peer);
    assert!(matches!(merged, Err(MergeError::Derived(_))), "{merged:?}");
    let joined = Replica::join_in_memory(model(), &replica, 8);
    assert!(matches!(joined, Err(StartError::Derived(_))), "{joined:?}");
    let digest = catch(|| replica.snapshot().digest());
    assert!(digest.is_err(), "{digest:?}");
    let kept = replica.maintain();
    assert!(matches!(kept, Err(UpkeepError::Rest(_))), "{kept:?}");
    drop(replica);
    let replica = Replica::open(Options::on(disk).seed(3), model()).expect("derived anew");
    assert_eq!(replica.merge(&peer).expect("merged").refused, []);
    assert!(replica.snapshot().all::<Tag>().expect("readable").len() > 1);
}

#[test]
fn resting_says_what_failed() {
    let (replica, _, disk) = open();
    damage(&disk);
    let rested = replica.rest();
    assert!(matches!(rested, Err(RestError::Page(_) | RestError::Base(_))), "{rested:?}");

    let (replica, _, disk) = open();
    buffer(&replica);
    disk.fail_call(1, ErrorKind::Other);
    let rested = replica.rest();
    assert!(matches!(rested, Err(RestError::Store(AppendError::Disk(_)))), "{rested:?}");
}

/// Upkeep that cannot flush first says why, and not only that the store takes no more writes.
#[test]
fn upkeep_tells_of_the_call_that_failed_and_not_of_what_came_of_it() {
    let (replica, _, disk) = open();
    buffer(&replica);
    disk.fail_call(1, ErrorKind::Other);
    let kept = replica.maintain();
    let cause = matches!(kept, Err(UpkeepError::Rest(RestError::Store(AppendError::Disk(_)))));
    assert!(cause, "{kept:?}");
}

fn buffer(replica: &Replica) {
    let buffered = |b: &mut woodland::Batch<'_>| {
        b.insert(&Tag { name: "buffered".into() });
    };
    replica.write_with(Durability::Buffered, buffered).expect("written");
}
