//! An application with notes and tags, and what its tests ask of replicas again and again.
//!
//! **Invariants**
//! - Replicas in memory are seeded: their keys, ids and bytes are the same in every run.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use woodland::{
    CommitId, Digest, Editor, FieldError, Fields, Pointer, Record, Replica, Schema, Shape, Value,
    VersionId, View, define,
};

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) name: String,
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Note {
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) tags: Vec<Pointer<Tag>>,
    pub(crate) city: Option<String>,
    pub(crate) zip: Option<i64>,
}

impl Record for Tag {
    const TYPE: &'static str = "Tag";

    fn define(fields: &mut Fields) {
        fields.register::<String>("name");
    }

    fn write(&self, fields: &mut Editor<'_>) {
        fields.set("name", &self.name);
    }

    fn read(fields: &View<'_>) -> Result<Self, FieldError> {
        Ok(Tag { name: fields.get("name")? })
    }
}

impl Record for Note {
    const TYPE: &'static str = "Note";

    fn define(fields: &mut Fields) {
        fields
            .register::<String>("title")
            .text("body")
            .register::<Vec<Pointer<Tag>>>("tags")
            .record("place", &[("city", Shape::String), ("zip", Shape::Int)]);
    }

    fn write(&self, fields: &mut Editor<'_>) {
        fields.set("title", &self.title).insert("body", 0, &self.body).set("tags", &self.tags);
        let city = self.city.iter().map(|city| ("city", Value::from(city.clone())));
        let zip = self.zip.iter().map(|zip| ("zip", Value::from(*zip)));
        let members: Vec<_> = city.chain(zip).collect();
        if !members.is_empty() {
            fields.set_members("place", &members);
        }
    }

    fn read(fields: &View<'_>) -> Result<Self, FieldError> {
        Ok(Note {
            title: fields.get("title")?,
            body: fields.text("body")?,
            tags: fields.get("tags")?,
            city: fields.member("place", "city")?,
            zip: fields.member("place", "zip")?,
        })
    }
}

/// A note with this title and body.
pub(crate) fn note(title: &str, body: &str) -> Note {
    Note { title: title.into(), body: body.into(), ..Note::default() }
}

/// The application's schema.
pub(crate) fn schema() -> Schema {
    define().record::<Note>().record::<Tag>().schema().expect("the records define a schema")
}

/// A dataset in memory with one note, "Trip" and "Pack boots".
pub(crate) fn founded(seed: u64) -> (Replica, Pointer<Note>) {
    let replica = Replica::in_memory(&schema(), seed).expect("founded");
    let trip = replica.write(|b| b.insert(&note("Trip", "Pack boots"))).expect("written");
    (replica, trip)
}

/// Another replica of it, in memory.
pub(crate) fn joined(replica: &Replica, seed: u64) -> Replica {
    Replica::join_in_memory(&schema(), replica, seed).expect("joined").0
}

/// The replica's log file.
pub(crate) fn exported(replica: &Replica, folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let exported = replica.export(&path).expect("exported");
    assert_eq!(exported.bytes, std::fs::metadata(&path).expect("it is there").len());
    path
}

/// What must be equal where the commits are.
pub(crate) fn facts(replica: &Replica) -> (VersionId, Digest, Vec<CommitId>) {
    let now = replica.snapshot();
    let order = now.log().order().map(|(_, commit)| commit.id()).collect();
    (now.version(), now.digest(), order)
}

/// The note as it is now.
pub(crate) fn read(replica: &Replica, note: Pointer<Note>) -> Note {
    let mut notes = replica.snapshot().read(&[note]).expect("readable");
    notes.remove(0).expect("the note is there")
}

/// A folder that goes away with the test.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder for a test")
}

/// Takes what an editor gives back and nobody needs.
pub(crate) fn done<T>(_: T) {}

/// The error in words.
#[track_caller]
pub(crate) fn told<T, E: Display>(result: Result<T, E>) -> String {
    match result {
        Ok(_) => panic!("it went well"),
        Err(error) => error.to_string(),
    }
}

/// Every fragment must be in the text.
#[track_caller]
pub(crate) fn says(name: &str, text: &str, fragments: &[&str]) {
    for fragment in fragments {
        assert!(text.contains(fragment), "{name}: no \"{fragment}\" in: {text}");
    }
}
