//! New incarnations: a copy is noticed, and a key is replaced whole, whatever happens in between.

use crate::samples::{create, filled, ids, key, open, sample, shared, small_files};
use std::io::ErrorKind;
use std::sync::Arc;
use woodland_format::SecretKey;
use woodland_store::{
    Access, Disk, FileDisk, MemoryDisk, Moved, OpenError, PowerCut, RenewError, Store,
    StoreOptions, Unsynced,
};

const LOST: PowerCut = PowerCut { names: Unsynced::Lost, lengths: Unsynced::Lost, bytes_kept: 0 };
const KEY: &str = "author.key";

fn other() -> SecretKey {
    SecretKey::from_seed([2; 32])
}

fn cuts() -> impl Iterator<Item = PowerCut> {
    let both = [Unsynced::Lost, Unsynced::Kept];
    both.into_iter().flat_map(move |names| {
        both.into_iter().flat_map(move |lengths| {
            let kept = (0..=80).chain([usize::MAX]);
            kept.map(move |bytes_kept| PowerCut { names, lengths, bytes_kept })
        })
    })
}

/// Whether any file holds the secret of this key.
fn holds(disk: &MemoryDisk, key: &SecretKey) -> bool {
    let seed = key.to_seed();
    disk.files().iter().any(|name| {
        disk.bytes(name).is_some_and(|bytes| bytes.windows(32).any(|window| window == seed))
    })
}

#[test]
fn a_directory_knows_its_own_place_and_a_copy_is_told_from_it() {
    let sample = sample(4);
    let disk = filled(&sample, &small_files());
    assert_eq!(open(&disk).expect("open").moved, None);
    assert_eq!(open(&disk.image()).expect("open").moved, None, "a rolled-back image is not seen");
    let copy = disk.copy();
    let seen = open(&copy).expect("open").moved;
    assert!(matches!(seen, Some(Moved::Elsewhere { .. })), "{seen:?}");
    assert_eq!(open(&copy).expect("open").moved, seen, "as long as nobody renews");
    let again = copy.copy();
    assert!(open(&again).expect("open").moved.is_some());
    assert_eq!(open(&disk).expect("open").moved, None, "the original is as it was");

    disk.erase("place");
    assert_eq!(open(&disk).expect("open").moved, Some(Moved::Missing));
}

#[test]
fn a_renewed_store_has_the_new_key_alone_and_knows_its_place() {
    let sample = sample(4);
    let disk = filled(&sample, &small_files()).copy();
    let opened = open(&disk).expect("open");
    opened.store.renew(&other()).expect("renew");
    assert!(!holds(&disk, &key()), "the key before is gone");
    drop(opened);
    for disk in [disk.after_power_cut(LOST), disk] {
        let opened = open(&disk).expect("open");
        assert_eq!((opened.key.author(), &opened.moved), (other().author(), &None));
        assert_eq!(ids(&opened), sample.ids);
        assert_eq!(disk.access(KEY).expect("it is there"), Access::OwnerOnly);
    }
}

#[test]
fn a_missing_place_is_made_by_a_renewal() {
    let disk = filled(&sample(2), &small_files());
    disk.erase("place");
    open(&disk).expect("open").store.renew(&other()).expect("renew");
    assert_eq!(open(&disk.after_power_cut(LOST)).expect("open").moved, None);
}

/// After any cut there is one key or the other; the one before only where it is still known as the
/// key of a copy.
#[test]
fn a_renewal_cut_anywhere_never_makes_a_copied_key_look_at_home() {
    let sample = sample(4);
    let original = filled(&sample, &small_files());
    let count = {
        let disk = original.copy();
        let store = open(&disk).expect("open").store;
        let before = disk.calls();
        store.renew(&other()).expect("renew");
        disk.calls() - before
    };
    let (mut before, mut between, mut after) = (0, 0, 0);
    for call in 1..=count + 1 {
        let disk = original.copy();
        let store = open(&disk).expect("open").store;
        disk.power_off_at_call(call);
        let renewed = store.renew(&other());
        assert_eq!(renewed.is_ok(), call > count);
        for cut in cuts() {
            let disk = disk.after_power_cut(cut);
            let opened = open(&disk).unwrap_or_else(|e| panic!("call {call}, {cut:?}: {e}"));
            assert_eq!(ids(&opened), sample.ids);
            let is_new = opened.key.author() == other().author();
            assert!(is_new || opened.key.author() == key().author());
            assert!(is_new || opened.moved.is_some(), "call {call}, {cut:?}");
            assert!(is_new || renewed.is_err(), "what was acknowledged stays");
            assert!(!disk.files().contains(&"author.key.making".to_owned()), "no leftover");
            match (is_new, &opened.moved) {
                (false, _) => before += 1,
                (true, Some(_)) => between += 1,
                (true, None) => after += 1,
            }
            // It goes on from there.
            let third = SecretKey::from_seed([3; 32]);
            opened.store.renew(&third).expect("renew");
            drop(opened);
            let again = open(&disk.after_power_cut(LOST)).expect("open");
            assert_eq!((again.key.author(), again.moved), (third.author(), None));
        }
    }
    println!("{before} before, {between} between, {after} after");
    assert!(before > 0 && between > 0 && after > 0, "the cuts meet every case");
}

#[test]
fn a_failure_in_renew_poisons_and_reopening_tells() {
    let sample = sample(4);
    let original = filled(&sample, &small_files());
    for call in 1.. {
        let disk = original.copy();
        let store = open(&disk).expect("open").store;
        disk.fail_call(call, ErrorKind::StorageFull);
        match store.renew(&other()) {
            Ok(()) => {
                assert!(call > 8, "all its calls fail once");
                return;
            }
            Err(RenewError::Disk(error)) => assert_eq!(error.kind(), ErrorKind::StorageFull),
            Err(error) => panic!("call {call}: {error}"),
        }
        assert!(matches!(store.renew(&other()), Err(RenewError::Poisoned)));
        drop(store);
        for disk in [disk.after_power_cut(LOST), disk] {
            let opened = open(&disk).unwrap_or_else(|e| panic!("call {call}: {e}"));
            let is_new = opened.key.author() == other().author();
            assert!(is_new || opened.moved.is_some(), "call {call}");
        }
    }
}

#[test]
fn a_copied_folder_is_told_from_its_original() {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    let disk = |at: &std::path::Path| -> Arc<dyn Disk> { Arc::new(FileDisk::at(at)) };
    let sample = sample(2);
    let store =
        Store::create(disk(&from), sample.dataset, &key(), &StoreOptions::default()).expect("made");
    store.append(&sample.segments).expect("append");
    drop(store);
    std::fs::create_dir_all(to.join("segments")).expect("folders");
    for name in ["lock", "author.key", "place", "heads", "closed", "segments/00000001.wls"] {
        std::fs::copy(from.join(name), to.join(name)).expect("copied");
    }
    let opened = Store::open(disk(&to)).expect("open");
    let told = opened.moved.as_ref().map(ToString::to_string).unwrap_or_default();
    let is_told = told.starts_with("its key was put in file ") && told.contains(", found in file ");
    assert_eq!(is_told, cfg!(unix), "{told}");
    opened.store.renew(&other()).expect("renew");
    drop(opened);
    let opened = Store::open(disk(&to)).expect("open");
    assert_eq!((opened.key.author(), opened.moved), (other().author(), None));
    assert_eq!(disk(&to).access(KEY).expect("it is there"), Access::OwnerOnly);
    assert_eq!(Store::open(disk(&from)).expect("open").key.author(), key().author());
}

/// Every file copied at another moment, while a writer appends.
#[test]
fn a_copy_made_in_use_opens_at_a_prefix_or_is_named() {
    let sample = sample(6);
    let writer = MemoryDisk::new();
    let store = create(&writer, &sample, &small_files());
    let mut moments = vec![writer.image()];
    for segment in &sample.segments {
        store.append(std::slice::from_ref(segment)).expect("append");
        moments.push(writer.image());
    }
    let names = ["heads", "closed", "segments/1", "segments/2"];
    let (mut opened, mut mixed) = (0, 0);
    for choice in 0..moments.len().pow(4) {
        let at = |file: u32| &moments[choice / moments.len().pow(file) % moments.len()];
        let copy = moments[0].copy();
        let from = |name: &str| match name {
            "closed" => at(1),
            "segments/00000001.wls" => at(2),
            other if other.starts_with("segments/") => at(3),
            _ => at(0),
        };
        for name in moments[moments.len() - 1].files() {
            if let Some(bytes) = from(&name).bytes(&name) {
                copy.replace(&name, &bytes);
            }
        }
        match Store::open(shared(&copy)) {
            Ok(found) => {
                opened += 1;
                assert!(found.moved.is_some());
                let heads = found.store.heads().generation;
                assert!(heads >= 1);
                let found = ids(&found);
                assert_eq!(found, sample.ids[..found.len()], "a prefix, choice {choice}");
            }
            Err(OpenError::Mixed { problem }) => {
                mixed += 1;
                let told = OpenError::Mixed { problem }.to_string();
                assert!(told.contains("made while the dataset was in use?"), "{told}");
            }
            Err(error) => panic!("{names:?} {choice}: {error}"),
        }
    }
    println!("{opened} opened, {mixed} named");
    assert!(opened > 100 && mixed > 100, "{opened} {mixed}");
    let all = store.heads().generation;
    assert_eq!(all, 1 + sample.segments.len() as u64, "the original lost nothing");
}
