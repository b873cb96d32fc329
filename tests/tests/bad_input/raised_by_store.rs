//! Errors of `woodland-store`: directories that cannot be made, opened or appended to, and why.
//!
//! **Invariants**
//! - A directory that is refused is left as it is, byte for byte.

use crate::by_hand::{Hand, key};
use crate::{Row, raised};
use std::io::ErrorKind;
use std::sync::Arc;
use woodland_format::{DatasetId, FileHeader};
use woodland_store::{
    Access, AppendError, BranchStore, BranchStoreError, CreateError, Disk, FileDisk, KeyError,
    MemoryDisk, NotASegment, OpenError, Problem, RecordError, RenewError, Store, StoreOptions,
};

const FIRST: &str = "segments/00000001.wls";

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    creating(&mut rows);
    opening(&mut rows);
    problems(&mut rows);
    records(&mut rows);
    keys(&mut rows);
    appending(&mut rows);
    renewing(&mut rows);
    branches(&mut rows);
    rows
}

fn shared(disk: &MemoryDisk) -> Arc<dyn Disk> {
    Arc::new(disk.clone())
}

/// A directory of several files.
fn whole() -> (MemoryDisk, Hand) {
    let mut hand = Hand::found();
    let first = hand.write(1, None, &[], vec![hand.title("first")]);
    let disk = MemoryDisk::new();
    let options = StoreOptions { segment_file_bytes_max: 300 };
    let store = Store::create(shared(&disk), hand.dataset(), &key(0), &options).expect("created");
    for commit in [hand.log.founding().clone(), first] {
        store.append(&[hand.segment(&[commit])]).expect("appended");
    }
    (disk, hand)
}

/// What opening says of the directory after the harm; nothing of it may change.
fn refused(harm: impl FnOnce(&MemoryDisk)) -> OpenError {
    let (disk, _) = whole();
    harm(&disk);
    let files = |disk: &MemoryDisk| {
        let names = disk.files();
        names.into_iter().map(|name| (disk.bytes(&name), name)).collect::<Vec<_>>()
    };
    let before = files(&disk);
    let error = Store::open(shared(&disk)).expect_err("it is refused");
    assert_eq!(files(&disk), before, "{error}: something was changed");
    error
}

fn problem(harm: impl FnOnce(&MemoryDisk)) -> Problem {
    match refused(harm) {
        OpenError::Damaged { problem, .. } | OpenError::ForeignFormat { problem } => problem,
        other => panic!("{other}"),
    }
}

fn bend(disk: &MemoryDisk, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = disk.bytes(name).expect("the file");
    change(&mut bytes);
    disk.replace(name, &bytes);
}

/// Puts the checksum of a record right.
fn seal(record: &mut [u8]) {
    let mut hasher = crc32fast::Hasher::new();
    [&record[..12], &record[16..]].iter().for_each(|part| hasher.update(part));
    record[12..16].copy_from_slice(&hasher.finalize().to_le_bytes());
}

fn creating(rows: &mut Vec<Row>) {
    let (disk, hand) = whole();
    let create = |disk: Arc<dyn Disk>, options: &StoreOptions| {
        Store::create(disk, hand.dataset(), &key(0), options).expect_err("refused")
    };
    let usual = StoreOptions::default();
    let there = create(shared(&disk), &usual);
    raised!(rows, "store" CreateError::NotEmpty, "a dataset in the place of another", there);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    std::fs::write(&path, "a file").expect("written");
    let file = create(Arc::new(FileDisk::at(&path)), &usual);
    raised!(rows, "store" CreateError::NotAFolder, "a dataset in the place of a file", file);
    let deep = create(Arc::new(FileDisk::at(folder.path().join("not/there"))), &usual);
    raised!(rows, "store" CreateError::NoParent, "a dataset in a folder that is not there", deep);
    let none = StoreOptions { segment_file_bytes_max: 0 };
    let none = create(shared(&MemoryDisk::new()), &none);
    raised!(rows, "store" CreateError::SegmentFileBytes, "files of no bytes", none);
    let failing = MemoryDisk::new();
    failing.fail_call(5, ErrorKind::StorageFull);
    let failing = create(shared(&failing), &usual);
    raised!(rows, "store" CreateError::Disk, "a disk that is full at the fifth act", failing);
}

fn opening(rows: &mut Vec<Row>) {
    let nothing = Store::open(shared(&MemoryDisk::new())).expect_err("nothing");
    raised!(rows, "store" OpenError::NothingHere, "an empty place", nothing);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    std::fs::write(&path, "a file").expect("written");
    let file = Store::open(Arc::new(FileDisk::at(&path))).expect_err("a file");
    raised!(rows, "store" OpenError::NotAFolder, "a file", file);
    let (disk, _) = whole();
    let _open = Store::open(shared(&disk)).expect("opened");
    let twice = Store::open(shared(&disk)).expect_err("open already");
    raised!(rows, "store" OpenError::Locked, "opened while it is open", twice);
    let newer = refused(|disk| bend(disk, FIRST, |bytes| bytes[8] = 200));
    raised!(rows, "store" OpenError::ForeignFormat, "a file of format 200", newer);
    let damaged = refused(|disk| bend(disk, FIRST, |bytes| bytes[70] ^= 1));
    raised!(rows, "store" OpenError::Damaged, "one bit of a segment turned", damaged);
    let unfinished = refused(|disk| {
        disk.erase("heads");
        disk.cut(FIRST, 48);
        disk.erase("segments/00000002.wls");
    });
    raised!(rows, "store" OpenError::Unfinished, "a creation without its last act", unfinished);
    let mixed = refused(|disk| {
        disk.erase("place");
        disk.cut(FIRST, 100);
    });
    raised!(rows, "store" OpenError::Mixed, "a copy with an older file of segments", mixed);
    let failing = refused(|disk| disk.fail_call(1, ErrorKind::Other));
    raised!(rows, "store" OpenError::Disk, "a disk that fails", failing);
}

fn problems(rows: &mut Vec<Row>) {
    let lost = problem(|disk| disk.erase(FIRST));
    raised!(rows, "store" Problem::Missing, "without its first file", lost);
    let file = problem(|disk| {
        disk.erase("segments");
        disk.replace("segments", b"");
    });
    raised!(rows, "store" Problem::NotAFolder, "a file in the place of the segments", file);
    let (disk, _) = whole();
    disk.fail_call(1, ErrorKind::PermissionDenied);
    let unreadable = Store::inspect(&disk).problems.remove(0);
    raised!(rows, "store" Problem::Unreadable, "a file that the disk does not give out", unreadable);
    let record = problem(|disk| disk.cut("heads", 0));
    raised!(rows, "store" Problem::Record, "heads of no bytes", record);
    let key = problem(|disk| disk.cut("author.key", 47));
    raised!(rows, "store" Problem::Key, "a key without its last byte", key);
    let (disk, _) = whole();
    disk.set_access("author.key", Access::Shared);
    let exposed = Store::inspect(&disk).warnings.remove(0);
    raised!(rows, "store" Problem::Exposed, "a key that others may read", exposed);
    let header = problem(|disk| bend(disk, FIRST, |bytes| bytes[0] = b'X'));
    raised!(rows, "store" Problem::Header, "another first letter", header);
    let with = |change: &dyn Fn(&mut FileHeader)| {
        problem(|disk| {
            bend(disk, FIRST, |bytes| {
                let mut header = FileHeader::decode(bytes).expect("a header");
                change(&mut header);
                bytes[..48].copy_from_slice(&header.encode());
            });
        })
    };
    let log = with(&|header| header.purpose = woodland_format::Purpose::Log);
    raised!(rows, "store" Problem::Purpose, "a log file among the segments", log);
    let other = with(&|header| header.dataset.0 = [9; 32]);
    raised!(rows, "store" Problem::Dataset, "another dataset's file", other);
    let short = problem(|disk| disk.cut(FIRST, 100));
    raised!(rows, "store" Problem::Short, "a file cut at byte 100", short);
    let long = problem(|disk| bend(disk, "heads", |bytes| bytes.push(0)));
    raised!(rows, "store" Problem::Long, "one byte after heads", long);
    let segment = problem(|disk| bend(disk, FIRST, |bytes| bytes[70] ^= 1));
    raised!(rows, "store" Problem::Segment, "one bit of a segment turned", segment);
    let root = problem(|disk| {
        bend(disk, "heads", |bytes| {
            for slot in bytes.chunks_mut(512) {
                slot[80] ^= 1;
                seal(slot);
            }
        });
    });
    raised!(rows, "store" Problem::Root, "heads with another root, sealed", root);
    let more = problem(|disk| {
        let bytes = disk.bytes(FIRST).expect("the file");
        disk.replace("segments/00000009.wls", &bytes);
    });
    raised!(rows, "store" Problem::Unexpected, "a ninth file after the second", more);
}

fn records(rows: &mut Vec<Row>) {
    let heads = |change: &dyn Fn(&mut [u8])| {
        let found = problem(|disk| {
            bend(disk, "heads", |bytes| bytes.chunks_mut(512).for_each(change));
        });
        match found {
            Problem::Record { error, .. } => error,
            other => panic!("{other}"),
        }
    };
    let short = match problem(|disk| disk.cut("heads", 100)) {
        Problem::Record { error, .. } => error,
        other => panic!("{other}"),
    };
    raised!(rows, "store" RecordError::Short, "heads cut at byte 100", short);
    let magic = heads(&|slot| slot[0] = b'X');
    raised!(rows, "store" RecordError::Magic, "another first letter in both slots", magic);
    let newer = heads(&|slot| {
        slot[8] = 200;
        seal(slot);
    });
    raised!(rows, "store" RecordError::ForeignFormat, "slots of format 200", newer);
    let bent = heads(&|slot| slot[20] ^= 1);
    raised!(rows, "store" RecordError::Checksum, "one bit of both slots turned", bent);
    let zero = heads(&|slot| {
        slot[24..32].fill(0);
        seal(slot);
    });
    raised!(rows, "store" RecordError::Value, "heads that name file 0, sealed", zero);
}

fn keys(rows: &mut Vec<Row>) {
    let of = |change: &dyn Fn(&mut Vec<u8>)| match problem(|disk| bend(disk, "author.key", change))
    {
        Problem::Key { error, .. } => error,
        other => panic!("{other}"),
    };
    raised!(rows, "store" KeyError::Length, "one byte more", of(&|bytes| bytes.push(0)));
    raised!(rows, "store" KeyError::Magic, "another first letter", of(&|bytes| bytes[0] = b'X'));
    let newer = of(&|bytes| {
        bytes[8] = 200;
        seal(bytes);
    });
    raised!(rows, "store" KeyError::ForeignFormat, "a key of format 200", newer);
    raised!(rows, "store" KeyError::Checksum, "one bit turned", of(&|bytes| bytes[20] ^= 1));
}

fn appending(rows: &mut Vec<Row>) {
    let (disk, hand) = whole();
    let store = Store::open(shared(&disk)).expect("opened").store;
    let segment = hand.segment(std::slice::from_ref(hand.log.founding()));
    let mut bent = segment.clone();
    bent[20] ^= 1;
    for bytes in [vec![], bent, [&segment[..], &segment].concat()] {
        let error = store.append(&[segment.clone(), bytes]).expect_err("no segment");
        let AppendError::NotASegment { reason, .. } = &error else { panic!("{error}") };
        match reason {
            NotASegment::Empty => raised!(
                rows, "store" NotASegment::Empty, "no bytes", NotASegment::Empty
            ),
            NotASegment::Damaged(damage) => {
                let damaged = NotASegment::Damaged(damage.clone());
                raised!(rows, "store" NotASegment::Damaged, "a bent head", damaged);
                raised!(rows, "store" AppendError::NotASegment, "a bent second segment", error);
            }
            reason => {
                let more = reason.clone();
                raised!(rows, "store" NotASegment::MoreFollows, "two segments as one", more);
            }
        }
    }
    disk.fail_call(1, ErrorKind::StorageFull);
    let full = store.append(std::slice::from_ref(&segment)).expect_err("the disk is full");
    raised!(rows, "store" AppendError::Disk, "a disk that is full", full);
    let after = store.append(&[segment]).expect_err("poisoned");
    raised!(rows, "store" AppendError::Poisoned, "an append after a failed one", after);
}

fn renewing(rows: &mut Vec<Row>) {
    let (disk, _) = whole();
    let store = Store::open(shared(&disk)).expect("opened").store;
    disk.fail_call(1, ErrorKind::StorageFull);
    let full = store.renew(&key(7)).expect_err("the disk fails");
    raised!(rows, "store" RenewError::Disk, "a new key on a disk that is full", full);
    let after = store.renew(&key(7)).expect_err("poisoned");
    raised!(rows, "store" RenewError::Poisoned, "a new key after a failed one", after);
}

/// A branch begun at the founding commit of a directory.
fn begun() -> (MemoryDisk, Hand) {
    let (disk, hand) = whole();
    let heads = [hand.log.founding().id()];
    drop(BranchStore::open(&shared(&disk), "draft", hand.dataset(), &heads).expect("begun"));
    (disk, hand)
}

fn branches(rows: &mut Vec<Row>) {
    const BASE: &str = "branches/draft/base";
    let (disk, hand) = begun();
    let open = |dataset: DatasetId| BranchStore::open(&shared(&disk), "draft", dataset, &[]);
    let opened = open(hand.dataset()).expect("opened");
    let twice = open(hand.dataset()).expect_err("open already");
    raised!(rows, "store" BranchStoreError::Locked, "a branch opened while it is open", twice);
    drop(opened);
    let other = open(DatasetId([9; 32])).expect_err("another dataset's");
    raised!(rows, "store" BranchStoreError::OtherDataset, "another dataset's branch", other);
    disk.fail_call(1, ErrorKind::StorageFull);
    let full = open(hand.dataset()).expect_err("the disk is full");
    raised!(rows, "store" BranchStoreError::Disk, "a branch on a disk that is full", full);
    let (branch, _) = open(hand.dataset()).expect("opened");
    drop(branch.create(&key(5)).expect("created"));
    drop(branch);
    disk.cut("branches/draft/1/heads", 0);
    let damaged = open(hand.dataset()).expect_err("damaged");
    raised!(rows, "store" BranchStoreError::Open, "a branch whose heads have no bytes", damaged);
    bend(&disk, BASE, |bytes| bytes[60] ^= 1);
    let bent = open(hand.dataset()).expect_err("bent");
    raised!(rows, "store" BranchStoreError::Base, "one bit of a base turned", bent);
}
