//! Notes and tags.

use woodland::{Counter, Model, Pointer, Record, Replica, Set, Text, define};

#[derive(Record, Debug, Clone, PartialEq)]
pub(crate) struct Tag {
    pub(crate) name: String,
}

#[derive(Record, Debug, Clone, PartialEq, Default)]
pub(crate) struct Note {
    pub(crate) title: String,
    pub(crate) body: Text,
    pub(crate) stars: Counter,
    pub(crate) tags: Set<Pointer<Tag>>,
}

pub(crate) fn model() -> Model {
    define().record::<Note>().record::<Tag>().model().expect("a model")
}

pub(crate) fn founded() -> Replica {
    Replica::in_memory(model(), 1).expect("founded")
}

pub(crate) fn joined(replica: &Replica, seed: u64) -> Replica {
    Replica::join_in_memory(model(), replica, seed).expect("joined").0
}

pub(crate) fn insert(replica: &Replica, title: &str) -> Pointer<Note> {
    let note = Note { title: title.into(), ..Note::default() };
    replica.write(|b| b.insert(&note)).expect("written")
}

pub(crate) fn set(replica: &Replica, note: Pointer<Note>, title: &str) {
    replica.write(|b| b.edit(note, Note::TITLE.set(title))).expect("written");
}
