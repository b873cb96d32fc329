//! A replica that rests and opens by what rests, beside one that derives all each time.

use crate::model::{Dice, act, assert_alike, created, opened, twin};
use std::sync::Arc;
use woodland::{Disk, MemoryDisk, Options, Replica};

const PAGES: &str = "derived/pages.redb";

/// The same acts on both, with merges from a third, rests and openings in between.
#[test]
fn a_replica_that_rests_answers_as_one_that_derives() {
    let (mut rests, mut openings) = (0, 0);
    for seed in 0..12 {
        let (disk, other_disk) = (Arc::new(MemoryDisk::new()), Arc::new(MemoryDisk::new()));
        let (mut one, mut other) = (created(&disk, seed), created(&other_disk, seed));
        let (peer, _) = Replica::join_in_memory(crate::model::model(), &one, 900 + seed).unwrap();
        let (mut dice, mut twin, mut guest) = (Dice(seed), Dice(seed), Dice(seed ^ 77));
        let mut held = Vec::new();
        for step in 0..60 {
            act(&one, &mut dice);
            act(&other, &mut twin);
            match guest.roll(12) {
                0..3 => {
                    one.rest().expect("rested");
                    rests += 1;
                }
                3 => {
                    drop((one, std::mem::take(&mut held)));
                    drop(other);
                    if other_disk.len(PAGES).is_ok() {
                        other_disk.remove(PAGES).expect("removed");
                    }
                    (one, other) = (opened(&disk, 100 + step), opened(&other_disk, 100 + step));
                    openings += 1;
                }
                4 | 5 => {
                    for _ in 0..3 {
                        act(&peer, &mut guest);
                    }
                    one.merge(&peer).expect("merged");
                    other.merge(&peer).expect("merged");
                    peer.merge(&one).expect("merged");
                }
                6 => held.push((one.snapshot(), other.snapshot())),
                _ => {}
            }
        }
        assert_alike(&one.snapshot(), &other.snapshot());
        // Versions that were held meanwhile stay what they were.
        for (earlier, its_twin) in &held {
            assert_alike(earlier, its_twin);
        }
        one.rest().expect("rested");
        assert_alike(&one.snapshot(), &other.snapshot());
        drop((one, held));
        assert_alike(&opened(&disk, 999).snapshot(), &other.snapshot());
    }
    assert!(rests > 50 && openings > 20, "{rests} {openings}");
}

/// Thrown away, what rests is derived again, and the same.
#[test]
fn it_can_be_thrown_away_at_any_time() {
    let disk = Arc::new(MemoryDisk::new());
    let replica = created(&disk, 1);
    let mut dice = Dice(5);
    (0..80).for_each(|_| act(&replica, &mut dice));
    replica.rest().expect("rested");
    let expected = twin(&replica);
    drop(replica);
    for seed in 2..5 {
        let replica = opened(&disk, seed);
        assert_alike(&replica.snapshot(), &expected);
        replica.rest().expect("rested, where it was not");
        drop(replica);
        if seed == 3 {
            disk.remove(PAGES).expect("it was there");
        }
    }
}

/// A branch, a reader beside the writer and a copy of the directory do without it, or with it.
#[test]
fn copies_and_branches_open_beside_it() {
    let disk = Arc::new(MemoryDisk::new());
    let replica = created(&disk, 1);
    let mut dice = Dice(8);
    (0..50).for_each(|_| act(&replica, &mut dice));
    replica.rest().expect("rested");
    act(&replica, &mut dice);
    let branch = replica.branch("draft").expect("begun");
    act(&branch, &mut dice);
    replica.merge(&branch).expect("merged");
    drop(branch);
    let reading = Options::on(disk.clone()).seed(3).read_only();
    let reader = Replica::open(reading, crate::model::model()).expect("read");
    assert_alike(&reader.snapshot(), &replica.snapshot());
    let copy = Arc::new(disk.copy());
    let expected = twin(&replica);
    let copied = opened(&copy, 9);
    assert_eq!((copied.snapshot().digest(), copied.notices().len()), (expected.digest(), 1));
}
