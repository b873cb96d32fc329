//! An application with notes and tags, and what its tests ask of replicas again and again.
//!
//! **Invariants**
//! - Replicas in memory are seeded: their keys, ids and bytes are the same in every run.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use woodland::{
    CommitId, Composite, Digest, FieldValue, Member, MemberShape, Misread, Parts, Pointer, Record,
    Replica, Schema, Shape, Text, Value, VersionId, define,
};

/// A tag.
#[derive(Record, Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) name: String,
}

/// A note.
#[derive(Record, Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Note {
    pub(crate) title: String,
    pub(crate) body: Text,
    pub(crate) tags: Vec<Pointer<Tag>>,
    pub(crate) place: Parts<Place>,
}

/// A composite by hand: to the schema of the recorded logs its members are not optional, but who
/// reads it knows that nobody need have written one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) city: Option<String>,
    pub(crate) zip: Option<i64>,
}

impl Place {
    pub(crate) const CITY: Member<Place, String> = Member::at(1, "city");
    pub(crate) const ZIP: Member<Place, i64> = Member::at(2, "zip");
}

impl Composite for Place {
    fn members() -> Vec<MemberShape> {
        vec![Self::CITY.shape(), Self::ZIP.shape()]
    }

    fn to_members(&self) -> Vec<(u32, Value)> {
        let mut members = Vec::new();
        self.city.iter().for_each(|city| Self::CITY.write(city, &mut members));
        self.zip.iter().for_each(|zip| Self::ZIP.write(zip, &mut members));
        members
    }

    fn from_members(members: &[(u32, Value)]) -> Result<Self, Misread> {
        let has = |number| members.iter().any(|(one, _)| *one == number);
        let city = has(1).then(|| Self::CITY.read(members)).transpose()?;
        let zip = has(2).then(|| Self::ZIP.read(members)).transpose()?;
        Ok(Place { city, zip })
    }
}

impl FieldValue for Place {
    fn shape() -> Shape {
        Shape::Composite(Self::members())
    }

    fn to_value(&self) -> Value {
        Value::Record(self.to_members())
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Record(members) => Self::from_members(members).ok(),
            _ => None,
        }
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
    let replica = Replica::in_memory(schema(), seed).expect("founded");
    let trip = replica.write(|b| b.insert(&note("Trip", "Pack boots"))).expect("written");
    (replica, trip)
}

/// Another replica of it, in memory.
pub(crate) fn joined(replica: &Replica, seed: u64) -> Replica {
    Replica::join_in_memory(schema(), replica, seed).expect("joined").0
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
