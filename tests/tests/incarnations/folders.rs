//! What people do to directories: copy them, save them, put them back.
//!
//! **Invariants**
//! - A copy has files of its own; putting back writes into the files that are there.

use crate::notes::{Note, exported, facts, note};
use std::collections::BTreeMap;
use std::path::Path;
use woodland::{Pointer, Replica};

/// Writes a note with this title.
pub(crate) fn add(replica: &Replica, title: &str) -> Pointer<Note> {
    replica.write(|b| b.insert(&note(title, ""))).expect("written")
}

/// The titles of all notes, sorted.
pub(crate) fn titles(replica: &Replica) -> Vec<String> {
    let notes = replica.snapshot().all::<Note>().expect("readable");
    let mut titles: Vec<_> = notes.into_iter().map(|(_, note)| note.title).collect();
    titles.sort();
    titles
}

pub(crate) fn copy(from: &Path, to: &Path) {
    for (name, bytes) in save(from) {
        let path = to.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("copied");
    }
}

/// Every file of a folder, by its path there.
pub(crate) fn save(from: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        if path.is_dir() {
            let inside = save(&path).into_iter();
            files.extend(inside.map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
        } else {
            files.insert(name, std::fs::read(path).expect("read"));
        }
    }
    files
}

/// Puts a saved folder back into the same files, and removes what was not there then.
pub(crate) fn put_back(saved: &BTreeMap<String, Vec<u8>>, to: &Path) {
    for name in save(to).into_keys().filter(|name| !saved.contains_key(name)) {
        std::fs::remove_file(to.join(name)).expect("removed");
    }
    for (name, bytes) in saved {
        std::fs::write(to.join(name), bytes).expect("put back");
    }
}

/// Brings everything to everybody, in every order of first merges and by both ways, and compares.
pub(crate) fn converge(replicas: &[&Replica], folder: &Path) {
    for turn in 0..replicas.len() {
        for (at, from) in replicas.iter().enumerate() {
            let to = replicas[(at + turn) % replicas.len()];
            match turn % 2 {
                0 => to.merge(*from).expect("merged"),
                _ => to.merge(&exported(from, folder, "way.wll")).expect("merged"),
            };
        }
    }
    for to in replicas {
        for from in replicas {
            to.merge(*from).expect("merged");
        }
    }
    for replica in replicas {
        assert_eq!(facts(replica), facts(replicas[0]));
    }
}
