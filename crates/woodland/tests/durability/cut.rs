//! A merge that is cut short: what of it is there has its past and its signatures.

use crate::model::{joined, model, opened, write};
use std::collections::BTreeSet;
use std::sync::Arc;
use woodland::{Durability, MemoryDisk, Options, PowerCut, Replica, Unsynced};
use woodland_store::Store;

fn opened_at(disk: &MemoryDisk) -> Replica {
    opened(disk.clone(), 9)
}

/// How many commits stand in the segments of a disk.
fn stored(disk: &MemoryDisk) -> u32 {
    let opened = Store::open(Arc::new(disk.image())).expect("opened");
    opened.segments.iter().map(|stored| stored.segment.head.commits).sum()
}

/// Two have answered each other; a third takes all of it in at once, and the power is cut at
/// any byte of that. What vouches for each of the two is the signature on its last commit.
#[test]
fn a_merge_that_is_cut_anywhere_leaves_what_is_signed() {
    let write = |replica: &Replica| assert!(write(replica, Durability::Durable, 0, 0));
    let one = Replica::in_memory(model(), 1).expect("founded");
    let (other, _) = joined(&one, 2);
    let saved = MemoryDisk::new();
    let place = Options::on(Arc::new(saved.clone())).seed(3);
    drop(Replica::join(place, model(), &one).expect("joined"));
    for _ in 0..4 {
        write(&one);
        other.merge(&one).expect("merged");
        write(&other);
        one.merge(&other).expect("merged");
    }
    let (mut found, mut lengths_opened) = (BTreeSet::new(), BTreeSet::new());
    for call in 1..=6 {
        for bytes_kept in (0..4_000).step_by(50) {
            let disk = saved.image();
            let replica = opened_at(&disk);
            disk.power_off_at_call(call);
            replica.merge(&one).expect_err("the power is off");
            drop(replica);
            let (names, lengths) = (Unsynced::Kept, Unsynced::Lost);
            let after = disk.after_power_cut(PowerCut { names, lengths, bytes_kept });
            let is_new = found.insert(stored(&after));
            let replica = opened_at(&after);
            let snapshot = replica.snapshot();
            lengths_opened.insert(snapshot.log().len());
            if is_new {
                replica.merge(&one).expect("what was cut short comes again");
                assert_eq!(replica.snapshot().digest(), one.snapshot().digest());
                drop((snapshot, replica));
                assert_eq!(opened_at(&after).snapshot().digest(), one.snapshot().digest());
            }
        }
    }
    assert_eq!(found.into_iter().collect::<Vec<_>>(), (1..=9).collect::<Vec<_>>());
    // What lacks its signature is left out, unless a later commit of its chain has one.
    let (none, all) = (lengths_opened.contains(&1), lengths_opened.contains(&9));
    assert!(none && all && lengths_opened.len() < 9, "{lengths_opened:?}");
}
