//! Folders of notes, and what else points to what.

use woodland::{
    Cascade, FieldValue, List, Map, Model, Parts, Pointer, Record, Replica, Restrict, Revive, Set,
    define,
};

#[derive(Record, Debug, Clone, PartialEq)]
pub(crate) struct Folder {
    pub(crate) name: String,
    pub(crate) parent: Option<Pointer<Folder, Cascade>>,
}

#[derive(Record, Debug, Clone, PartialEq)]
pub(crate) struct Note {
    pub(crate) title: String,
    pub(crate) folder: Option<Pointer<Folder, Cascade>>,
    pub(crate) see: Option<Pointer<Note>>,
}

/// Keeps what it is about.
#[derive(Record, Debug, Clone, PartialEq)]
pub(crate) struct Contract {
    pub(crate) folder: Pointer<Folder, Restrict>,
}

/// Lives while somebody works on it.
#[derive(Record, Debug, Clone, PartialEq)]
#[woodland(unseen_edits = revive)]
pub(crate) struct Draft {
    pub(crate) text: String,
    pub(crate) folder: Option<Pointer<Folder, Revive>>,
}

#[derive(FieldValue, Debug, Clone, PartialEq, Default)]
pub(crate) struct Cover {
    pub(crate) front: Option<Pointer<Note, Restrict>>,
}

/// Pointers wherever a pointer may stand.
#[derive(Record, Debug, Clone, PartialEq, Default)]
pub(crate) struct Album {
    pub(crate) pages: List<Pointer<Note>>,
    pub(crate) tagged: Set<Pointer<Note, Cascade>>,
    pub(crate) places: Map<String, Pointer<Note, Restrict>>,
    pub(crate) all: Vec<Pointer<Note>>,
    pub(crate) cover: Parts<Cover>,
}

#[derive(Record, Debug, Clone, PartialEq)]
pub(crate) struct Tag {
    #[woodland(key)]
    pub(crate) name: String,
    pub(crate) color: Option<String>,
    pub(crate) folder: Option<Pointer<Folder, Cascade>>,
}

#[derive(Record, Debug, Clone, PartialEq)]
#[woodland(unique(first, last))]
pub(crate) struct Person {
    pub(crate) first: String,
    pub(crate) last: Option<String>,
    #[woodland(unique)]
    pub(crate) mail: String,
}

/// Wants what may go.
#[derive(Record, Debug, Clone, PartialEq)]
pub(crate) struct Bookmark {
    pub(crate) note: Pointer<Note>,
}

pub(crate) fn model() -> Model {
    let define = define().record::<Folder>().record::<Note>().record::<Contract>();
    let define = define.record::<Draft>().record::<Album>().record::<Tag>();
    define.record::<Person>().record::<Bookmark>().model().expect("a model")
}

pub(crate) fn founded() -> Replica {
    Replica::in_memory(model(), 1).expect("founded")
}

/// Two replicas that have met.
pub(crate) fn two<T>(begin: impl FnOnce(&mut woodland::Batch<'_>) -> T) -> (Replica, Replica, T) {
    let one = founded();
    let begun = one.write(begin).expect("written");
    let other = Replica::join_in_memory(model(), &one, 2).expect("joined").0;
    (one, other, begun)
}

pub(crate) fn folder(name: &str) -> Folder {
    Folder { name: name.into(), parent: None }
}

pub(crate) fn note(title: &str, folder: Option<Pointer<Folder>>) -> Note {
    Note { title: title.into(), folder: folder.map(Into::into), see: None }
}

/// Each takes in what the other wrote.
pub(crate) fn meet(one: &Replica, other: &Replica) {
    one.merge(other).expect("merged");
    other.merge(one).expect("merged");
    assert_eq!(one.snapshot().digest(), other.snapshot().digest());
    assert_eq!(one.snapshot().voids(), other.snapshot().voids());
}

pub(crate) fn find<R: Record>(replica: &Replica, node: Pointer<R>) -> Option<R> {
    replica.snapshot().read(&[node]).expect("readable").remove(0)
}

pub(crate) fn read<R: Record>(replica: &Replica, node: Pointer<R>) -> R {
    find(replica, node).expect("the node is there")
}

/// What a batch that is not written is told.
pub(crate) fn told<T: std::fmt::Debug>(
    replica: &Replica,
    batch: impl FnOnce(&mut woodland::Batch<'_>) -> T,
) -> String {
    let before = replica.snapshot().version();
    let told = replica.write(batch).expect_err("refused").to_string();
    assert_eq!(replica.snapshot().version(), before, "nothing was written");
    told
}
