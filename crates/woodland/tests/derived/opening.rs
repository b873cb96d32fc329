//! What opening costs, and what it opens by.

use crate::model::{Dice, Note, Tag, act, assert_alike, created, model, opened, twin};
use std::sync::Arc;
use woodland::{Disk, MemoryDisk, Options, ReadError, Replica};
use woodland_store::Access;

/// How often the disk is asked between opening and the first answer and durable write, of a dataset
/// of so many nodes.
fn acts_to_open(nodes: usize) -> (u64, u64) {
    let disk = Arc::new(MemoryDisk::new());
    let replica = created(&disk, 1);
    let mut last = None;
    for batch in 0..nodes / 50 {
        let tag = |number| Tag { name: format!("tag {batch} {number}") };
        let all =
            replica.write(|b| (0..50).map(|number| b.insert(&tag(number))).collect::<Vec<_>>());
        last = all.expect("written").pop();
    }
    replica.rest().expect("rested");
    drop(replica);
    let before = disk.calls();
    let replica = opened(&disk, 2);
    let opened = disk.calls() - before;
    let found = replica.snapshot().read(&[last.expect("some")]).expect("readable");
    assert!(found[0].is_some());
    replica.write(|b| b.insert(&Tag { name: "one more".into() })).expect("written");
    (opened, disk.calls() - before)
}

#[test]
fn the_first_read_and_the_first_write_do_not_cost_more_in_a_larger_dataset() {
    let (small, large) = (acts_to_open(200), acts_to_open(20_000));
    assert!(large.0 <= small.0 + 30, "to open: {small:?} {large:?}");
    assert!(large.1 <= small.1 + 40, "to the first write: {small:?} {large:?}");
}

/// The directory's segments were put back to an earlier state, or are of another history, and what
/// rests is newer: it is not used.
#[test]
fn what_rests_of_another_history_is_not_used() {
    let disk = Arc::new(MemoryDisk::new());
    let replica = created(&disk, 1);
    let mut dice = Dice(3);
    (0..30).for_each(|_| act(&replica, &mut dice));
    let earlier = twin(&replica);
    let backup = Arc::new(disk.image());
    (0..30).for_each(|_| act(&replica, &mut dice));
    replica.rest().expect("rested");
    drop(replica);
    let name = "derived/pages.redb";
    backup.create_folder("derived").expect("there was none");
    backup.create_file(name, Access::Shared).expect("there was none");
    backup.replace(name, &disk.bytes(name).expect("it is there"));
    let restored = opened(&backup, 5);
    assert_alike(&restored.snapshot(), &earlier);
    act(&restored, &mut dice);
    restored.rest().expect("rested");
}

/// Whatever is damaged in it: the answers are right, or an error, and after opening again right.
#[test]
fn damage_is_an_error_at_most_and_is_derived_anew() {
    let disk = Arc::new(MemoryDisk::new());
    let replica = created(&disk, 1);
    let mut dice = Dice(4);
    (0..120).for_each(|_| act(&replica, &mut dice));
    replica.rest().expect("rested");
    let expected = replica.snapshot().all::<Note>().expect("readable");
    drop(replica);
    let name = "derived/pages.redb";
    let length = disk.bytes(name).expect("it is there").len();
    let (mut errors, mut right) = (0, 0);
    for bit in (0..length * 8).step_by(length * 8 / 151) {
        let copy = Arc::new(disk.image());
        copy.flip(name, bit);
        let open = |seed| Replica::open(Options::on(copy.clone()).seed(seed), model());
        let replica = open(2).unwrap_or_else(|error| panic!("bit {bit} of {length}: {error:?}"));
        match replica.snapshot().all::<Note>() {
            Ok(found) => {
                assert_eq!(found, expected, "bit {bit}");
                right += 1;
            }
            Err(ReadError::Derived(_)) => {
                errors += 1;
                drop(replica);
                let found = open(3).expect("opened").snapshot().all::<Note>();
                assert_eq!(found.expect("derived anew"), expected, "bit {bit}");
            }
            Err(other) => panic!("bit {bit}: {other}"),
        }
    }
    assert!(errors > 0 && right > 0, "{errors} {right}");
}

/// A program with other kinds or an older one derives anew; here: bytes of no checkpoint at all.
#[test]
fn what_is_no_derived_state_is_thrown_away() {
    let disk = Arc::new(MemoryDisk::new());
    let replica = created(&disk, 1);
    let mut dice = Dice(6);
    (0..20).for_each(|_| act(&replica, &mut dice));
    replica.rest().expect("rested");
    let expected = twin(&replica);
    drop(replica);
    for bytes in [&b""[..], b"not a store of pages", &[0; 9000], &[255; 20_000]] {
        let copy = Arc::new(disk.image());
        copy.replace("derived/pages.redb", bytes);
        let replica = opened(&copy, 2);
        assert_alike(&replica.snapshot(), &expected);
        act(&replica, &mut dice);
        replica.rest().expect("rested");
    }
}
