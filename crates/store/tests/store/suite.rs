//! What both disks must show alike.

use crate::samples::{ids, key, sample, small_files};
use std::sync::Arc;
use woodland_store::{
    AppendError, CreateError, Disk, FileDisk, MemoryDisk, OpenError, Store, StoreOptions,
};

fn on_each_disk(test: impl Fn(Arc<dyn Disk>)) {
    test(Arc::new(MemoryDisk::new()));
    let folder = tempfile::tempdir().expect("a folder");
    test(Arc::new(FileDisk::at(folder.path().join("dataset"))));
    let empty = tempfile::tempdir().expect("a folder");
    test(Arc::new(FileDisk::at(empty.path())));
}

#[test]
fn what_is_appended_is_there_after_opening_again() {
    let sample = sample(12);
    on_each_disk(|disk| {
        let store =
            Store::create(disk.clone(), sample.dataset, &key(), &small_files()).expect("create");
        for pair in sample.segments[..6].chunks(2) {
            store.append(pair).expect("append");
        }
        drop(store);
        for at in 6..12 {
            let opened = Store::open(disk.clone()).expect("open");
            assert_eq!(ids(&opened), sample.ids[..at]);
            assert_eq!(opened.key.to_seed(), key().to_seed());
            assert!(opened.torn.is_none() && opened.warnings.is_empty());
            opened.store.append(&sample.segments[at..=at]).expect("append");
        }
        let opened = Store::open(disk.clone()).expect("open");
        assert_eq!(ids(&opened), sample.ids);
        assert!(opened.store.heads().file_number > 3, "files are begun");
        let last = opened.segments.last().expect("segments");
        assert!(disk.len(&last.name).expect("its file") >= last.segment.offset);
    });
}

#[test]
fn handed_over_merged_and_read_beside_on_each_disk() {
    let sample = sample(12);
    on_each_disk(|disk| {
        let store =
            Store::create(disk.clone(), sample.dataset, &key(), &small_files()).expect("create");
        for segment in &sample.segments {
            let ticket = store.stage(vec![segment.clone()]).expect("staged");
            store.hand_over(ticket).expect("handed over");
        }
        store.flush().expect("flushed");
        let position = store.position();
        let read = Store::read(disk.as_ref()).expect("read");
        assert_eq!(read.segments.len(), 12);
        let maintained = store.maintain(&position).expect("merged");
        assert!(maintained.files > 3 && maintained.segments_after == 1);
        assert!(Store::has_moved(disk.as_ref(), &read.heads).expect("heads"));
        drop(store);
        assert!(Store::inspect(disk.as_ref()).problems.is_empty());
        assert_eq!(ids(&Store::open(disk.clone()).expect("open")), sample.ids);
        let opened = Store::open_after(disk, &position).expect("open");
        assert!(opened.segments.is_empty());
    });
}

#[test]
fn a_second_opener_is_refused_while_the_first_lives() {
    let sample = sample(1);
    on_each_disk(|disk| {
        let store =
            Store::create(disk.clone(), sample.dataset, &key(), &small_files()).expect("create");
        assert!(matches!(Store::open(disk.clone()), Err(OpenError::Locked)));
        assert!(Store::inspect(disk.as_ref()).problems.is_empty(), "inspecting needs no lock");
        drop(store);
        let opened = Store::open(disk.clone()).expect("freed");
        assert!(matches!(Store::open(disk.clone()), Err(OpenError::Locked)));
        drop(opened);
        Store::open(disk).expect("freed");
    });
}

#[test]
fn a_place_that_holds_something_is_refused_and_left_alone() {
    let sample = sample(1);
    on_each_disk(|disk| {
        if disk.list("").is_err() {
            disk.create_folder("").expect("the folder");
        }
        disk.create_file("letter.txt", woodland_store::Access::Shared).expect("a file");
        match Store::create(disk.clone(), sample.dataset, &key(), &StoreOptions::default()) {
            Err(CreateError::NotEmpty { found }) => assert_eq!(found, "letter.txt"),
            other => panic!("{other:?}"),
        }
        assert_eq!(disk.list("").expect("list"), ["letter.txt"]);
        assert!(matches!(Store::open(disk), Err(OpenError::NothingHere)));
    });
}

#[test]
fn an_empty_place_opens_as_nothing() {
    on_each_disk(|disk| {
        assert!(matches!(Store::open(disk.clone()), Err(OpenError::NothingHere)));
        assert!(!Store::inspect(disk.as_ref()).problems.is_empty());
    });
}

#[test]
fn the_key_is_for_its_owner_alone() {
    let sample = sample(1);
    on_each_disk(|disk| {
        Store::create(disk.clone(), sample.dataset, &key(), &small_files()).expect("create");
        let access = disk.access("author.key").expect("its access");
        assert_eq!(access, woodland_store::Access::OwnerOnly);
    });
}

#[test]
fn a_file_in_the_place_of_the_folder_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("dataset");
    std::fs::write(&path, b"WOODLAND").expect("a file");
    let disk: Arc<dyn Disk> = Arc::new(FileDisk::at(&path));
    assert!(matches!(Store::open(disk.clone()), Err(OpenError::NotAFolder)));
    let created = Store::create(disk.clone(), sample(1).dataset, &key(), &small_files());
    assert!(matches!(created, Err(CreateError::NotAFolder)));
    assert!(!Store::inspect(disk.as_ref()).problems.is_empty());
}

#[test]
fn nothing_appended_changes_nothing() {
    let sample = sample(1);
    on_each_disk(|disk| {
        let store =
            Store::create(disk.clone(), sample.dataset, &key(), &small_files()).expect("create");
        let before = store.heads();
        store.append(&[]).expect("nothing");
        assert!(matches!(store.append(&[vec![]]), Err(AppendError::NotASegment { .. })));
        assert_eq!(store.heads(), before);
        store.append(&sample.segments).expect("a mistake does not poison");
    });
}

#[test]
fn ten_thousand_appends() {
    let sample = sample(10_000);
    let disk = MemoryDisk::new();
    let options = StoreOptions { segment_file_bytes_max: 100_000 };
    let store = crate::samples::create(&disk, &sample, &options);
    for segment in &sample.segments {
        store.append(std::slice::from_ref(segment)).expect("append");
    }
    drop(store);
    let opened = crate::samples::open(&disk).expect("open");
    assert_eq!(ids(&opened), sample.ids);
    assert!(opened.store.heads().file_number > 10);
}
