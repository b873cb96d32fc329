//! The simulated disk by itself: what is durable, what a cut leaves, what every fault does.

use std::io::ErrorKind;
use woodland_sim::{FaultKind, Lasting, Random, SECTOR_BYTES, SimDisk, Survival};
use woodland_store::{Access, Disk};

fn random() -> Random {
    Random::from_seed(1)
}

/// A disk with a file `a` of three sectors of ones, durable with its name.
fn begun() -> SimDisk {
    let disk = SimDisk::new(1, 7);
    disk.create_file("a", Access::Shared).expect("created");
    disk.write_at("a", 0, &[1; 3 * SECTOR_BYTES]).expect("written");
    disk.sync("a").expect("synced");
    disk.sync_folder("").expect("synced");
    disk
}

#[test]
fn what_is_synced_survives_and_of_the_rest_any_sector_may() {
    let disk = begun();
    disk.write_at("a", 0, &[2; 4 * SECTOR_BYTES]).expect("written");
    assert!(disk.is_unsynced());
    let nothing = disk.crash(Survival::Nothing, &mut random());
    assert_eq!(nothing.bytes("a"), Some(vec![1; 3 * SECTOR_BYTES]));
    let all = disk.crash(Survival::All, &mut random());
    assert_eq!(all.bytes("a"), Some(vec![2; 4 * SECTOR_BYTES]));
    let mut seen = std::collections::BTreeSet::new();
    let mut random = random();
    for _ in 0..2_000 {
        let bytes = disk.crash(Survival::Percent(50), &mut random).bytes("a").expect("it is there");
        assert!(bytes.chunks(SECTOR_BYTES).all(|sector| sector.iter().all(|b| *b == sector[0])));
        seen.insert(bytes.chunks(SECTOR_BYTES).map(|sector| sector[0]).collect::<Vec<_>>());
    }
    // Three sectors old or new; a fourth that is not there, there, or there in length alone.
    assert_eq!(seen.len(), 8 * 3);
}

#[test]
fn names_are_durable_when_their_folder_is_synced_and_in_no_order() {
    let disk = begun();
    disk.create_file("b", Access::Shared).expect("created");
    disk.sync("b").expect("synced");
    disk.rename("a", "c").expect("renamed");
    let mut seen = std::collections::BTreeSet::new();
    let mut random = random();
    for _ in 0..200 {
        seen.insert(disk.crash(Survival::Percent(50), &mut random).files());
    }
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let expected = [&["a"][..], &["a", "b"], &["b", "c"], &["c"]].map(names);
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), expected);
    disk.sync_folder("").expect("synced");
    assert_eq!(disk.crash(Survival::Nothing, &mut random).files(), names(&["b", "c"]));
}

#[test]
fn a_sync_that_failed_is_not_made_up_for_by_one_that_succeeds() {
    let mut is_lost = 0;
    for seed in 0..40 {
        let disk = SimDisk::new(1, seed);
        disk.create_file("a", Access::Shared).expect("created");
        disk.sync_folder("").expect("synced");
        disk.write_at("a", 0, &[9; 100]).expect("written");
        disk.fail(FaultKind::FailedSync, 0, Lasting::Once);
        disk.sync("a").expect_err("it fails");
        assert_eq!(disk.take_met().get(&FaultKind::FailedSync), Some(&1));
        disk.sync("a").expect("the next one has nothing to do");
        assert_eq!(disk.bytes("a"), Some(vec![9; 100]), "memory shows it");
        let after = disk.crash(Survival::All, &mut random()).bytes("a").expect("it is there");
        let is_evicted = disk.evict();
        assert_eq!(
            disk.bytes("a"),
            Some(after.clone()),
            "and forgets it, as the disk never had it"
        );
        assert_eq!(is_evicted, after != vec![9; 100]);
        is_lost += usize::from(is_evicted);
    }
    assert!(is_lost > 10, "{is_lost} of 40");
}

#[test]
fn a_sync_that_lies_saves_nothing() {
    let disk = begun();
    disk.lie(1);
    disk.write_at("a", 0, &[2; 10]).expect("written");
    disk.sync("a").expect("it tells the truth");
    disk.write_at("a", 0, &[3; 10]).expect("written");
    disk.sync("a").expect("it lies");
    assert_eq!(disk.take_met().get(&FaultKind::LyingSync), Some(&1));
    let after = disk.crash(Survival::Nothing, &mut random()).bytes("a").expect("it is there");
    assert_eq!(after[..10], [2; 10]);
}

#[test]
fn calls_fail_once_or_for_ever_and_room_ends_in_the_middle() {
    let disk = begun();
    disk.fail(FaultKind::ReadError, 1, Lasting::ForEver);
    let read = |disk: &SimDisk| disk.read_at("a", 0, &mut [0; 8]);
    read(&disk).expect("the first is let through");
    assert!(read(&disk).is_err() && read(&disk).is_err());
    disk.mend();
    read(&disk).expect("mended");
    disk.limit(5);
    let end = 3 * SECTOR_BYTES as u64;
    let full = disk.write_at("a", end, &[4; 8]).expect_err("no room");
    assert_eq!(full.kind(), ErrorKind::StorageFull);
    assert_eq!(disk.len("a").expect("a length"), end + 5, "what had room is there");
    disk.write_at("a", 0, &[4; 8]).expect("writing over takes no room");
}

#[test]
fn the_power_goes_off_in_the_middle_of_a_write_and_stays_off() {
    let disk = begun();
    disk.power_off(1);
    disk.write_at("a", 0, &[5; 8]).expect("still on");
    disk.write_at("a", 0, &[6; 2_000]).expect_err("off");
    assert_eq!(disk.dark(), Some(FaultKind::PowerCut));
    disk.sync("a").expect_err("still off");
    let after = disk.crash(Survival::Nothing, &mut random());
    assert_eq!(after.bytes("a"), Some(vec![1; 3 * SECTOR_BYTES]));
    after.sync("a").expect("on again");
}

#[test]
fn damage_is_durable_and_met_when_it_is_read() {
    for kind in [FaultKind::BitFlip, FaultKind::StaleSector, FaultKind::MisdirectedSector] {
        let disk = begun();
        disk.write_at("a", 0, &[8; SECTOR_BYTES]).expect("written");
        disk.sync("a").expect("synced");
        let before = disk.bytes("a");
        let mut random = random();
        while disk.damage(kind, &mut random).is_none() {}
        let after = disk.crash(Survival::Nothing, &mut random);
        assert_ne!(after.bytes("a"), before, "{kind}");
        assert_eq!(after.damages().into_iter().collect::<Vec<_>>(), [kind]);
        after.read_at("a", 0, &mut [0; 3 * SECTOR_BYTES]).expect("it reads");
        assert_eq!(after.take_met().get(&kind), Some(&1));
    }
}

#[test]
fn a_copy_has_other_files_than_its_original_and_an_image_the_same() {
    let disk = begun();
    let mut random = random();
    let (copy, image) = (disk.copy(2, &mut random), disk.image(&mut random));
    let identity = |disk: &SimDisk| disk.identity("a").expect("an identity");
    assert_ne!(identity(&copy), identity(&disk));
    assert_eq!(identity(&image), identity(&disk));
    assert_eq!(copy.bytes("a"), disk.bytes("a"));
    let lock = disk.lock("a").expect("locked");
    assert_eq!(disk.lock("a").expect_err("once").kind(), ErrorKind::WouldBlock);
    drop(lock);
    disk.lock("a").expect("free again");
}
