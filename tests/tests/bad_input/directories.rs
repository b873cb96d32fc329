//! Directories that are no dataset, another's, in use, or damaged: told, and left as they are.

use crate::notes::{Note, Tag, facts, folder, note, says, schema, told};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use woodland::{Record, Replica, Schema, Text, define};

/// All files below, by path.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.append(&mut contents(&path));
        } else {
            let bytes = fs::read(&path).expect("bytes");
            found.insert(path, bytes);
        }
    }
    found
}

/// A dataset directory with a few commits, closed.
fn closed(path: &Path) {
    let replica = Replica::create(path, schema()).expect("created");
    for number in 0..4 {
        replica.write(|b| b.insert(&note(&format!("note {number}"), "text"))).expect("written");
    }
}

#[test]
fn what_is_no_dataset_is_not_opened_nor_created_over() {
    let folder = folder();
    let path = folder.path().join("place");
    let open = || told(Replica::open(&path, schema()));
    let create = || told(Replica::create(&path, schema()));
    says("missing", &open(), &["there is no dataset here"]);
    assert!(!path.exists(), "looking makes nothing");

    fs::create_dir(&path).expect("a folder");
    says("empty", &open(), &["there is no dataset here"]);
    assert!(contents(&path).is_empty());

    fs::write(path.join("notes.txt"), "other things").expect("a file");
    let before = contents(&path);
    says("other things", &open(), &["there is no dataset here"]);
    says("not empty", &create(), &["the place is not empty, it holds `notes.txt`"]);
    let source = Replica::in_memory(schema(), 1).expect("founded");
    says("join", &told(Replica::join(&path, schema(), &source)), &["the place is not empty"]);
    assert_eq!(contents(&path), before);
    fs::remove_dir_all(&path).expect("removed");

    fs::write(&path, "a file").expect("a file");
    says("a file", &open(), &["the place is a file", "a log file is merged, not opened"]);
    says("a file", &create(), &["the place is a file"]);
    fs::remove_file(&path).expect("removed");

    drop(Replica::create(&path, schema()).expect("created"));
    let before = contents(&path);
    says("a dataset", &create(), &["the place is not empty", "open it"]);
    assert_eq!(contents(&path), before);
    let lost = folder.path().join("no/such/folder");
    says("no parent", &told(Replica::create(&lost, schema())), &["make it first"]);
}

#[test]
fn one_directory_is_open_once() {
    let folder = folder();
    let path = folder.path().join("notes");
    let first = Replica::create(&path, schema()).expect("created");
    let clone = first.clone();
    says("twice", &told(Replica::open(&path, schema())), &["has the dataset open: close it"]);
    drop(first);
    says("a clone", &told(Replica::open(&path, schema())), &["has the dataset open: close it"]);
    let expected = facts(&clone);
    drop(clone);
    assert_eq!(facts(&Replica::open(&path, schema()).expect("opened")), expected);
}

/// Notes as an earlier or a later program has them.
#[derive(Record)]
#[woodland(name = "Note")]
struct Memo {
    title: i64,
    body: Text,
    mood: String,
}

#[test]
fn another_schema_is_told_by_what_would_be_migrated() {
    let folder = folder();
    let path = folder.path().join("notes");
    closed(&path);
    let schema_of = |define: woodland::Define| define.schema().expect("a schema");
    let mut retyped: Schema = schema();
    retyped.types[0].version = 2;
    let mut register = schema();
    register.types[1].fields[0].kind = "text".into();
    register.types[1].fields[0].config.clear();
    for (schema, fragments) in [
        (schema_of(define().record::<Tag>()), &["remove type Note"][..]),
        (
            schema_of(define().record::<Memo>()),
            &["add register Note.mood", "change Note.title from string to int", "remove type Tag"],
        ),
        (register, &["remove Tag.name", "the kind changes from register to text"]),
        (Schema { types: vec![] }, &["remove type Note", "remove type Tag"]),
    ] {
        let before = contents(&path);
        let text = told(Replica::open(&path, &schema));
        says("what differs", &text, fragments);
        says("what to do", &text, &["no schema of the dataset fits", "`model.migrate_if("]);
        assert_eq!(contents(&path), before);
    }
    // A version is a label for people.
    Replica::open(&path, retyped).expect("it has the same shape");
    Replica::open(&path, schema()).expect("opened");
}

type Harm = fn(&Path);

const SEGMENTS: &str = "segments/00000001.wls";

fn flip(path: &Path, name: &str, at: usize) {
    let mut bytes = fs::read(path.join(name)).expect("bytes");
    bytes[at] ^= 4;
    fs::write(path.join(name), bytes).expect("bytes");
}

fn cut(path: &Path, name: &str, bytes: u64) {
    let file = fs::OpenOptions::new().write(true).open(path.join(name)).expect("opened");
    let length = file.metadata().expect("there").len();
    file.set_len(length - bytes).expect("cut");
}

#[test]
fn a_damaged_directory_is_refused_with_file_and_byte_and_left_alone() {
    let harms: [(&str, Harm, &[&str]); 12] = [
        ("lost tail", |at| cut(at, SEGMENTS, 10), &[SEGMENTS, "ends at byte", "expected at least"]),
        (
            "lost file",
            |at| fs::remove_file(at.join(SEGMENTS)).expect("gone"),
            &[SEGMENTS, "missing"],
        ),
        ("bent block", |at| flip(at, SEGMENTS, 400), &[SEGMENTS, "at byte", "it has checksum"]),
        ("bent header", |at| flip(at, SEGMENTS, 17), &[SEGMENTS, "checksum", "expected"]),
        ("newer file", |at| flip(at, SEGMENTS, 8), &[SEGMENTS, "file format 5 is not known"]),
        (
            "lost heads",
            |at| fs::remove_file(at.join("heads")).expect("gone"),
            &["heads: it is missing"],
        ),
        (
            "no heads",
            |at| fs::write(at.join("heads"), []).expect("emptied"),
            &["heads: record at byte"],
        ),
        (
            "bent heads",
            |at| [20, 532].iter().for_each(|byte| flip(at, "heads", *byte)),
            &["heads: record at byte", "it has checksum"],
        ),
        (
            "lost key",
            |at| fs::remove_file(at.join("author.key")).expect("gone"),
            &["author.key: it is missing"],
        ),
        ("bent key", |at| flip(at, "author.key", 30), &["author.key: its checksum does not hold"]),
        ("cut key", |at| cut(at, "author.key", 5), &["author.key: it has 43 bytes, expected 48"]),
        (
            "lost lock",
            |at| fs::remove_file(at.join("lock")).expect("gone"),
            &["lock: it is missing"],
        ),
    ];
    for (name, harm, fragments) in harms {
        let folder = folder();
        let path = folder.path().join("notes");
        closed(&path);
        harm(&path);
        let before = contents(&path);
        let text = told(Replica::open(&path, schema()));
        says(name, &text, fragments);
        assert_eq!(contents(&path), before, "{name}: opening changed something");
    }
}

#[test]
fn a_torn_tail_is_cut_off_and_what_was_written_is_there() {
    let folder = folder();
    let path = folder.path().join("notes");
    closed(&path);
    let bytes = fs::read(path.join(SEGMENTS)).expect("bytes");
    let torn = [&bytes[..], &bytes[48..90]].concat();
    fs::write(path.join(SEGMENTS), torn).expect("bytes");
    let replica = Replica::open(&path, schema()).expect("opened");
    assert_eq!(replica.snapshot().all::<Note>().expect("readable").len(), 4);
    replica.write(|b| b.insert(&note("after", ""))).expect("written");
    let expected = facts(&replica);
    drop(replica);
    assert_eq!(facts(&Replica::open(&path, schema()).expect("opened")), expected);
}
