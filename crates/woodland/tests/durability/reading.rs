//! Reading beside a writer: nothing is written, what is acknowledged is followed.

use crate::model::{
    Word, founded, in_small_files, joined, model, opened, read_beside, words, write,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use woodland::{
    BackingError, BranchError, Disk, Durability, Maintained, MemoryDisk, MergeError, Options,
    Replica, StartError, WriteError, all,
};
use woodland_store::{
    Access, DiskAct, DiskError, FileIdentity, LockGuard, OpenError, PowerCut, Unsynced,
};

/// What somebody sees of a directory who may read its files, and not the key.
#[derive(Debug)]
struct Readable(MemoryDisk);

fn denied<T>(act: DiskAct, name: &str) -> Result<T, DiskError> {
    Err(DiskError::new(act, name, std::io::ErrorKind::PermissionDenied.into()))
}

impl Disk for Readable {
    fn len(&self, name: &str) -> Result<u64, DiskError> {
        self.0.len(name)
    }
    fn read_at(&self, name: &str, offset: u64, into: &mut [u8]) -> Result<(), DiskError> {
        match name {
            "author.key" => denied(DiskAct::Read, name),
            _ => self.0.read_at(name, offset, into),
        }
    }
    fn access(&self, name: &str) -> Result<Access, DiskError> {
        self.0.access(name)
    }
    fn identity(&self, name: &str) -> Result<Option<FileIdentity>, DiskError> {
        self.0.identity(name)
    }
    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        self.0.list(folder)
    }
    fn write_at(&self, name: &str, _: u64, _: &[u8]) -> Result<(), DiskError> {
        denied(DiskAct::Write, name)
    }
    fn truncate(&self, name: &str, _: u64) -> Result<(), DiskError> {
        denied(DiskAct::Truncate, name)
    }
    fn sync(&self, name: &str) -> Result<(), DiskError> {
        denied(DiskAct::Sync, name)
    }
    fn create_folder(&self, folder: &str) -> Result<(), DiskError> {
        denied(DiskAct::CreateFolder, folder)
    }
    fn sync_folder(&self, folder: &str) -> Result<(), DiskError> {
        denied(DiskAct::SyncFolder, folder)
    }
    fn create_file(&self, name: &str, _: Access) -> Result<(), DiskError> {
        denied(DiskAct::CreateFile, name)
    }
    fn rename(&self, from: &str, _: &str) -> Result<(), DiskError> {
        denied(DiskAct::Rename, from)
    }
    fn remove(&self, name: &str) -> Result<(), DiskError> {
        denied(DiskAct::Remove, name)
    }
    fn lock(&self, name: &str) -> Result<Box<dyn LockGuard>, DiskError> {
        denied(DiskAct::Lock, name)
    }
}

fn reader(disk: &MemoryDisk) -> Replica {
    read_beside(Readable(disk.clone()))
}

#[test]
fn a_reader_follows_what_the_writer_acknowledges() {
    let disk = MemoryDisk::new();
    let writer = founded(disk.clone(), 1);
    assert!(write(&writer, Durability::Durable, 0, 0));
    let reader = reader(&disk);
    assert_eq!(words(&reader.snapshot()), [(0, 0)]);
    assert_eq!(reader.refresh().expect("readable").commits, 0);

    let mut follows = reader.subscribe(all::<Word>());
    let held = reader.snapshot();
    assert!(write(&writer, Durability::Durable, 0, 1));
    assert!(write(&writer, Durability::Buffered, 0, 2));
    assert_eq!(words(&reader.snapshot()), [(0, 0)], "it follows when it is asked to");
    assert_eq!(reader.refresh().expect("readable").commits, 1);
    assert_eq!(words(&reader.snapshot()), [(0, 0), (0, 1)], "what is buffered is not shown");
    assert_eq!(words(&held), [(0, 0)]);
    assert!(follows.wait(), "subscribers are told");
    let diff = follows.next().expect("readable").expect("a word came");
    assert_eq!(diff.changes.len(), 1);

    writer.flush().expect("flushed");
    assert_eq!(reader.refresh().expect("readable").commits, 1);
    assert_eq!(reader.snapshot().digest(), writer.snapshot().digest());
    assert_eq!(writer.refresh().expect("it is as it should be").commits, 0);
}

#[test]
fn a_reader_writes_nothing_and_says_so() {
    let disk = MemoryDisk::new();
    let writer = founded(disk.clone(), 1);
    assert!(write(&writer, Durability::Durable, 0, 0));
    let reader = reader(&disk);
    let refused = reader.write(|b| b.insert(&Word { thread: 1, number: 0 }));
    assert!(matches!(refused, Err(WriteError::Store(BackingError::ReadOnly))), "{refused:?}");
    let refused = reader.merge(&writer);
    assert!(matches!(refused, Err(MergeError::Store(BackingError::ReadOnly))), "{refused:?}");
    assert!(matches!(reader.branch("draft"), Err(BranchError::ReadOnly)));
    assert_eq!(reader.maintain().expect("nothing to do"), Maintained::default());
    reader.flush().expect("nothing to do");
    let made = Replica::create(Options::on(Arc::new(MemoryDisk::new())).read_only(), model());
    assert!(matches!(made, Err(StartError::ReadOnly)));
    // It gives away what it shows.
    assert_eq!(words(&joined(&reader, 5).0.snapshot()), [(0, 0)]);
}

#[test]
fn one_handle_writes_and_any_number_reads() {
    let disk = MemoryDisk::new();
    let writer = founded(disk.clone(), 1);
    let second = Replica::open(Options::on(Arc::new(disk.clone())), model());
    assert!(matches!(second, Err(StartError::Open(OpenError::Locked))), "{second:?}");
    let readers = [reader(&disk), reader(&disk)];
    drop(writer);
    let writer = opened(disk, 2);
    assert!(write(&writer, Durability::Durable, 0, 0));
    for reader in readers {
        assert_eq!(reader.refresh().expect("readable").commits, 1);
    }
}

/// While a writer writes and merges files, readers only ever see more.
#[test]
fn a_reader_beside_a_busy_writer_only_ever_sees_more() {
    let disk = MemoryDisk::new();
    in_small_files(disk.clone());
    let writer = opened(disk.clone(), 1);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let reader = reader(&disk);
                let mut seen = words(&reader.snapshot()).len();
                loop {
                    let was_over = is_over.load(Ordering::SeqCst);
                    reader.refresh().expect("what moves on is no damage");
                    let words = words(&reader.snapshot());
                    let prefix: Vec<_> = (0..).map(|n| (0, n)).take(words.len()).collect();
                    assert_eq!(words, prefix);
                    assert!(words.len() >= seen);
                    seen = words.len();
                    if was_over {
                        break;
                    }
                }
                assert_eq!(seen, 150, "what is acknowledged is seen");
            });
        }
        for number in 0..150 {
            assert!(write(&writer, Durability::Durable, 0, number));
            if number % 10 == 9 {
                writer.maintain().expect("merged");
            }
        }
        is_over.store(true, Ordering::SeqCst);
    });
}

/// A reader in another process may give away what it sees: no power cut takes that.
#[test]
fn what_a_reader_sees_survives_every_power_cut() {
    let cut = PowerCut { names: Unsynced::Lost, lengths: Unsynced::Lost, bytes_kept: 0 };
    let (mut call, mut seen_most) = (0, 0);
    loop {
        call += 1;
        let disk = MemoryDisk::new();
        let writer = founded(disk.clone(), 1);
        disk.power_off_at_call(call);
        let mut is_well = true;
        for number in 0..4 {
            let durability =
                if number % 2 == 0 { Durability::Durable } else { Durability::Buffered };
            is_well &= write(&writer, durability, 0, number);
        }
        // What the system's memory shows at this moment, to others too.
        let seen = words(&reader(&disk.image()).snapshot());
        let held = words(&opened(disk.after_power_cut(cut), 2).snapshot());
        assert!(held.starts_with(&seen), "call {call}: {seen:?} was seen, {held:?} is left");
        seen_most = seen_most.max(seen.len());
        std::mem::forget(writer);
        if is_well {
            break;
        }
    }
    assert_eq!(seen_most, 3, "the last is buffered");
}

/// The same in a directory of files.
#[cfg(feature = "files")]
#[test]
fn a_directory_is_read_beside_its_writer() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("words");
    let writer = Replica::create(&place, model()).expect("created");
    let reader = Replica::open(Options::at(&place).read_only(), model()).expect("opened");
    assert!(write(&writer, Durability::Durable, 0, 0));
    assert_eq!(reader.refresh().expect("readable").commits, 1);
    let names = |folder: &std::path::Path| {
        let entries = std::fs::read_dir(folder).expect("a folder");
        let mut names: Vec<_> = entries.map(|one| one.expect("a name").file_name()).collect();
        names.sort();
        names
    };
    let before = names(&place);
    drop(writer);
    assert_eq!(reader.refresh().expect("readable").commits, 0);
    drop(reader);
    assert_eq!(names(&place), before, "a reader leaves nothing behind");
}
