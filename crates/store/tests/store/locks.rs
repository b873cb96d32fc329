//! The lock is the process's: it goes when the process does, however that ends.

use crate::samples::{ids, key, sample, small_files};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use woodland_store::{FileDisk, OpenError, Store};

const FOLDER: &str = "WOODLAND_TEST_LOCKED_FOLDER";

/// Not a test of its own: what the child of the next one runs. It holds the store until it is
/// killed, or its input ends.
#[test]
fn child_holds_the_store() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let store = Store::open(Arc::new(FileDisk::at(folder))).expect("open").store;
    store.append(&sample(3).segments[2..]).expect("append");
    println!("\nheld");
    std::io::stdout().flush().expect("flushed");
    std::io::stdin().read_to_end(&mut Vec::new()).expect("read");
    drop(store);
}

#[test]
fn a_killed_process_leaves_no_lock_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("dataset");
    let (disk, sample) = (Arc::new(FileDisk::at(&path)), sample(3));
    let store =
        Store::create(disk.clone(), sample.dataset, &key(), &small_files()).expect("create");
    store.append(&sample.segments[..2]).expect("append");
    drop(store);
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "locks::child_holds_the_store", "--nocapture"])
        .env(FOLDER, &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let output = BufReader::new(child.stdout.take().expect("its output"));
    let is_held = output.lines().any(|line| line.expect("text") == "held");
    assert!(is_held, "the child holds it");
    assert!(matches!(Store::open(disk.clone()), Err(OpenError::Locked)));
    assert_eq!(Store::read(disk.as_ref()).expect("reading needs no lock").segments.len(), 3);
    child.kill().expect("killed");
    child.wait().expect("gone");
    let opened = Store::open(disk).expect("the lock went with it");
    assert_eq!(ids(&opened), sample.ids);
}
