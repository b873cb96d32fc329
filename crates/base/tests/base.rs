//! The base: what was put to rest is there after a cut, or what was before it; damage is noticed;
//! what a held version reads is not collected.

#![allow(missing_docs)]

use std::collections::BTreeMap;
use std::sync::Arc;
use woodland_base::{Base, BaseError, OpenedBase};
use woodland_page::{OpenPages, Tree, catch, rest, wake};
use woodland_store::{Disk, MemoryDisk, PowerCut, Unsynced};

type Numbers = Tree<u64, u64>;

const CACHE: usize = 1 << 20;

fn disk() -> Arc<MemoryDisk> {
    Arc::new(MemoryDisk::new())
}

fn open(disk: &Arc<MemoryDisk>) -> Result<OpenedBase, BaseError> {
    Base::open(disk.clone(), CACHE)
}

fn pages(base: &Base) -> OpenPages {
    OpenPages::new(base.source(), CACHE, Arc::new(()))
}

fn filled(count: u64, value: u64) -> Numbers {
    (0..count).map(|key| (key, value)).collect()
}

fn put(base: &Base, numbers: &Numbers, name: &str) -> Result<(), BaseError> {
    base.rest(name.as_bytes(), |sink| rest(numbers, sink)).map(|_| ())
}

/// The newest checkpoint's name and entries.
fn read(opened: &OpenedBase) -> Option<(String, BTreeMap<u64, u64>)> {
    let checkpoint = opened.base.checkpoint()?;
    let name = String::from_utf8(checkpoint.covers).unwrap();
    let numbers: Numbers = wake(&pages(&opened.base), checkpoint.root).ok()?;
    Some((name, catch(|| numbers.iter().collect()).ok()?))
}

#[test]
fn what_rests_is_there_when_it_is_opened_again() {
    let disk = disk();
    let opened = open(&disk).unwrap();
    assert!(opened.checkpoint.is_none());
    put(&opened.base, &filled(5_000, 1), "first").unwrap();
    drop(opened);
    let opened = open(&disk).unwrap();
    let (name, entries) = read(&opened).unwrap();
    assert_eq!((name.as_str(), entries.len()), ("first", 5_000));
    drop(opened);
    Base::discard(disk.as_ref()).unwrap();
    Base::discard(disk.as_ref()).unwrap();
    assert!(open(&disk).unwrap().checkpoint.is_none());
}

/// Two checkpoints and a collection, cut at every act of the disk.
#[test]
fn after_a_cut_at_any_act_one_of_two_checkpoints_is_whole() {
    let work = |disk: &Arc<MemoryDisk>| -> Result<(), BaseError> {
        let opened = open(disk)?;
        put(&opened.base, &filled(300, 1), "first")?;
        put(&opened.base, &filled(300, 2), "second")?;
        opened.base.collect()?;
        put(&opened.base, &filled(310, 3), "third")
    };
    let whole = disk();
    let before = whole.calls();
    work(&whole).unwrap();
    let calls = whole.calls();
    let (mut seen, mut cuts) = (BTreeMap::<String, u64>::new(), 0);
    for call in before + 1..=calls {
        for (names, lengths, bytes_kept) in [
            (Unsynced::Lost, Unsynced::Lost, 0),
            (Unsynced::Kept, Unsynced::Kept, usize::MAX),
            (Unsynced::Kept, Unsynced::Kept, 700),
            (Unsynced::Kept, Unsynced::Lost, 5_000),
        ] {
            let disk = disk();
            disk.power_off_at_call(call);
            let finished = work(&disk).is_ok();
            let disk = Arc::new(disk.after_power_cut(PowerCut { names, lengths, bytes_kept }));
            cuts += 1;
            if disk.list("").is_err() {
                continue;
            }
            let found = match open(&disk) {
                Ok(opened) => {
                    let found = read(&opened);
                    assert_eq!(found.is_none(), opened.checkpoint.is_none(), "call {call}");
                    found
                }
                // What is torn may be thrown away; nothing is wrong then.
                Err(_) => {
                    Base::discard(disk.as_ref()).unwrap();
                    assert!(open(&disk).unwrap().checkpoint.is_none());
                    *seen.entry("thrown away".into()).or_default() += 1;
                    continue;
                }
            };
            if let Some((name, entries)) = &found {
                let value = match name.as_str() {
                    "first" => (300, 1),
                    "second" => (300, 2),
                    _ => (310, 3),
                };
                assert!(entries.len() == value.0 && entries.values().all(|one| *one == value.1));
            }
            assert!(!finished || found.as_ref().is_some_and(|(name, _)| name == "third"));
            *seen.entry(found.map_or_else(String::new, |(name, _)| name)).or_default() += 1;
        }
    }
    assert!(cuts > 100 && seen.len() >= 4, "{seen:?}");
}

/// Never other data, never a panic that leaves the base: the same, or a reason to derive anew.
#[test]
fn whatever_bit_is_flipped_nothing_else_is_read() {
    let disk = disk();
    let opened = open(&disk).unwrap();
    put(&opened.base, &filled(3_000, 1), "only").unwrap();
    let expected = read(&opened).unwrap();
    drop(opened);
    let name = "derived/pages.redb";
    let length = disk.bytes(name).unwrap().len();
    let (mut noticed, mut harmless) = (0, 0);
    for bit in (0..length * 8).step_by(length * 8 / 397) {
        let copy = Arc::new(disk.copy());
        copy.flip(name, bit);
        match open(&copy).ok().and_then(|opened| read(&opened)) {
            Some(found) => {
                assert_eq!(found, expected, "bit {bit}");
                harmless += 1;
            }
            None => noticed += 1,
        }
    }
    assert!(noticed > 0 && harmless > 0, "{noticed} {harmless}");
}

#[test]
fn what_a_held_version_reads_is_not_collected() {
    let disk = disk();
    let opened = open(&disk).unwrap();
    let base = &opened.base;
    put(base, &filled(2_000, 1), "first").unwrap();
    let root = base.checkpoint().unwrap().root;
    let (pin, held): (_, Numbers) = (base.pin(), wake(&pages(base), root).unwrap());
    put(base, &filled(2_000, 2), "second").unwrap();
    assert_eq!(base.collect().unwrap().taken, 0);
    assert!(catch(|| held.iter().all(|(_, value)| value == 1)).unwrap());
    drop(pin);
    let collected = base.collect().unwrap();
    assert!(collected.taken > 20 && collected.needed > 20, "{collected:?}");
    let held: Numbers = wake(&pages(base), root).unwrap_or_default();
    assert!(held.is_empty() || catch(|| held.iter().count()).is_err(), "it is gone");
    let second: Numbers = wake(&pages(base), base.checkpoint().unwrap().root).unwrap();
    assert!(catch(|| second.iter().all(|(_, value)| value == 2)).unwrap());
}

#[test]
fn collecting_is_due_when_it_pays() {
    let disk = disk();
    let opened = open(&disk).unwrap();
    let base = &opened.base;
    assert!(!base.is_collecting_due());
    let mut value = 0;
    while !base.is_collecting_due() {
        value += 1;
        put(base, &filled(20_000, value), "again").unwrap();
    }
    let collected = base.collect().unwrap();
    assert!(collected.taken > collected.needed, "{collected:?}");
    assert!(!base.is_collecting_due());
    drop(opened);
    assert!(!open(&disk).unwrap().base.is_collecting_due());
}

/// At whichever act the disk fails.
#[test]
fn after_a_failed_write_no_checkpoint_is_taken_and_the_last_one_is_read() {
    let mut failures = 0;
    for ahead in 0..40 {
        let disk = disk();
        let opened = open(&disk).unwrap();
        let base = &opened.base;
        put(base, &filled(500, 1), "first").unwrap();
        disk.fail_call(ahead + 1, std::io::ErrorKind::Other);
        if put(base, &filled(500, 2), "second").is_ok() {
            continue; // No more acts than that, or one whose failure the store of the pages bears.
        }
        failures += 1;
        assert!(matches!(put(base, &filled(1, 2), "third"), Err(BaseError::Failed)));
        let checkpoint = base.checkpoint().unwrap();
        assert_eq!(checkpoint.covers, b"first");
        let read = || -> Option<usize> {
            let numbers: Numbers = wake(&pages(base), checkpoint.root).ok()?;
            catch(|| numbers.iter().filter(|(_, value)| *value == 1).count()).ok()
        };
        assert!(matches!(read(), Some(500) | None), "the last one, or an error");
    }
    assert!(failures > 5, "{failures}");
}

#[test]
fn opening_costs_the_same_however_much_rests() {
    let acts_to_open = |count: u64| {
        let disk = disk();
        let opened = open(&disk).unwrap();
        put(&opened.base, &filled(count, 1), "only").unwrap();
        drop(opened);
        let before = disk.calls();
        let opened = open(&disk).unwrap();
        assert!(opened.checkpoint.is_some());
        disk.calls() - before
    };
    let (small, large) = (acts_to_open(500), acts_to_open(200_000));
    assert!(large <= small + 6, "{small} {large}");
}
