//! Errors of the facade about what is buffered, and about replicas that are opened to read.
//!
//! **Invariants**
//! - Nothing is given away where it could not be made durable.

use crate::notes::{folder, joined, note, schema};
use crate::{Row, raised};
use std::sync::Arc;
use woodland::{
    BackingError, BranchError, Durability, FlushError, MemoryDisk, MergeError, Options,
    RefreshError, Replica, StartError, WriteError,
};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    flushing(&mut rows);
    reading(&mut rows);
    founding(&mut rows);
    rows
}

/// The disk fails once the directory is there, and before the first commit is in it.
fn founding(rows: &mut Vec<Row>) {
    let failed = (1..200).rev().find_map(|call| {
        let disk = MemoryDisk::new();
        disk.fail_call(call, std::io::ErrorKind::StorageFull);
        Replica::create(Options::on(Arc::new(disk)).seed(1), schema()).err()
    });
    let failed = failed.expect("some call is the last of a creation");
    raised!(rows, "woodland" StartError::Store, "a disk that is full at a creation's end", failed);
}

fn flushing(rows: &mut Vec<Row>) {
    let disk = MemoryDisk::new();
    let options = Options::on(Arc::new(disk.clone())).seed(1);
    let replica = Replica::create(options, schema()).expect("created");
    let peer = joined(&replica, 7);
    let write = |batch: &mut woodland::Batch<'_>| {
        let _ = batch.insert(&note("x", ""));
    };
    replica.write_with(Durability::Buffered, write).expect("written");
    disk.power_off_at_call(1);
    let lost = replica.flush().expect_err("no power");
    raised!(rows, "woodland" FlushError::Store, "the power is off before a flush", lost);
    let lost = peer.merge(&replica).expect_err("no power");
    raised!(rows, "woodland" MergeError::Source, "a merge from the same", lost);
    assert_eq!(peer.snapshot().log().len(), 1, "nothing was given away");
    let lost = replica.branch("draft").expect_err("no power");
    raised!(rows, "woodland" BranchError::Flush, "a branch of the same", lost);
}

fn reading(rows: &mut Vec<Row>) {
    let folder = folder();
    let place = folder.path().join("one");
    let writer = Replica::create(Options::at(&place).seed(11), schema()).expect("created");
    let options = || Options::at(&place).read_only();
    let reader = Replica::open(options(), schema()).expect("opened");
    let refused = reader.write(|batch| batch.insert(&note("x", ""))).expect_err("no right");
    if let WriteError::Store(refused) = refused {
        raised!(rows, "woodland" BackingError::ReadOnly, "a write to a reader", refused);
    }
    let refused = reader.branch("draft").expect_err("no right");
    raised!(rows, "woodland" BranchError::ReadOnly, "a branch of a reader", refused);
    let refused = Replica::create(options(), schema()).expect_err("it is to be made");
    raised!(rows, "woodland" StartError::ReadOnly, "a dataset created to be read", refused);

    drop(writer);
    std::fs::rename(&place, folder.path().join("away")).expect("renamed");
    let gone = reader.refresh().expect_err("nothing there");
    raised!(rows, "woodland" RefreshError::Read, "the directory was renamed", gone);
    let other = Replica::create(Options::at(&place).seed(12), schema()).expect("created");
    for _ in 0..3 {
        other.write(|batch| batch.insert(&note("x", ""))).expect("written");
    }
    let other = reader.refresh().expect_err("another dataset");
    raised!(rows, "woodland" RefreshError::Log, "another dataset in its place", other);
    assert_eq!(reader.snapshot().log().len(), 1, "it shows what it showed");
}
