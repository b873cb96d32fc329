//! Errors of the facade about copies, new keys and branches.
//!
//! **Invariants**
//! - What stands in the way of a new key is refused before anything is written under the key.

use crate::by_hand::{Hand, key, sealed};
use crate::folders::{add, copy, put_back, save};
use crate::notes::{folder, note, schema};
use crate::{Row, raised};
use std::path::Path;
use std::sync::Arc;
use woodland::{
    BackingError, BranchError, IncarnationError, MergeError, Replica, StartError, WriteError,
};
use woodland_format::{CommitId, Draft};
use woodland_store::{BranchStore, Disk, FileDisk};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    taking_keys(&mut rows);
    branches(&mut rows);
    rows
}

fn open(at: &Path) -> Replica {
    Replica::open(at, schema()).expect("opened")
}

fn taking_keys(rows: &mut Vec<Row>) {
    let folder = folder();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    drop(Replica::create(&one, schema()).expect("created"));
    copy(&one, &two);
    // A link to nothing can neither be read nor be made anew.
    std::fs::remove_file(two.join("place")).expect("removed");
    std::os::unix::fs::symlink("nowhere", two.join("place")).expect("linked");
    let refused = Replica::open(&two, schema()).expect_err("no other key");
    raised!(rows, "woodland" StartError::Incarnation, "a copy whose place is a dead link", refused);

    let saved = save(&one);
    let replica = open(&one);
    add(&replica, "synced");
    let (peer, _) = Replica::join_in_memory(schema(), &replica, 2).expect("joined");
    drop(replica);
    put_back(&saved, &one);
    let replica = open(&one);
    // A folder that has the name of the file in which a new key is made.
    std::fs::create_dir(one.join("author.key.making")).expect("made");
    let refused = replica.merge(&peer).expect_err("no other key");
    if let MergeError::Incarnation(inner) = &refused {
        raised!(rows, "woodland" IncarnationError::Store, "a folder where a key is made", inner);
    }
    raised!(rows, "woodland" MergeError::Incarnation, "the same, met in a merge", refused);
    assert_eq!(replica.snapshot().log().len(), 1, "nothing was taken in under the key");
}

fn branches(rows: &mut Vec<Row>) {
    let folder = folder();
    let at = folder.path().join("one");
    let main = Replica::create(&at, schema()).expect("created");
    let name = main.branch("My Draft").expect_err("no name");
    raised!(rows, "woodland" BranchError::Name, "a name with a blank", name);
    let draft = main.branch("draft").expect("begun");
    let twice = main.branch("draft").expect_err("open already");
    raised!(rows, "woodland" BranchError::Store, "a branch opened while it is open", twice);
    std::fs::write(at.join("branches/draft/1"), "dear all").expect("written");
    let lost = draft.write(|batch| batch.insert(&note("x", ""))).expect_err("no folder");
    let WriteError::Store(lost) = lost else { panic!("{lost}") };
    raised!(rows, "woodland" BackingError::Create, "a file where its store goes", lost);

    let disk: Arc<dyn Disk> = Arc::new(FileDisk::at(&at));
    let dataset = main.dataset();
    let heads = [CommitId([7; 32])];
    drop(BranchStore::open(&disk, "later", dataset, &heads).expect("begun"));
    let base = main.branch("later").expect_err("a base from elsewhere");
    raised!(rows, "woodland" BranchError::Base, "a base that is not held", base);
    drop(main);
    std::fs::remove_dir_all(at.join("branches")).expect("removed");
    let main = open(&at);
    std::fs::write(at.join("branches"), "dear all").expect("written");
    let list = main.branches().expect_err("a file");
    raised!(rows, "woodland" BranchError::List, "a file where branches are", list);
    jumping(rows, folder.path());
}

/// A branch in whose store a commit of turn 900 was put.
fn jumping(rows: &mut Vec<Row>, folder: &Path) {
    let hand = Hand::found();
    let founding = hand.log.founding();
    let path = hand.file(folder.join("log.wll"), &[]);
    let main = Replica::join(folder.join("two"), schema(), &path).expect("joined").0;
    let disk: Arc<dyn Disk> = Arc::new(FileDisk::at(folder.join("two")));
    let heads = [founding.id()];
    let (branch, _) = BranchStore::open(&disk, "draft", hand.dataset(), &heads).expect("begun");
    let store = branch.create(&key(5)).expect("created");
    let jump = sealed(0, Draft { turn: 900, ..hand.draft(0, Some(founding), &[], vec![]) });
    store.append(&[hand.segment(&[jump])]).expect("appended");
    drop((store, branch));
    let refused = main.branch("draft").expect_err("it makes no log");
    raised!(rows, "woodland" BranchError::Start, "a branch with a commit of turn 900", refused);
}
