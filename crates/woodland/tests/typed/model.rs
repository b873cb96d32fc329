//! An application with a field of every kind.

use serde::{Deserialize, Serialize};
use std::fmt;
use woodland::{
    Atom, Counter, Events, FieldValue, List, Map, Model, Parts, Pointer, Record, Reducer, Replica,
    Set, Text, define,
};

#[derive(Record, Debug, Clone, PartialEq)]
pub(crate) struct Tag {
    pub(crate) name: String,
}

/// A day, stored as `2026-11-25`.
#[derive(FieldValue, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[woodland(derivation = "date", over = String)]
pub(crate) struct Date {
    pub(crate) year: u16,
    pub(crate) month: u8,
    pub(crate) day: u8,
}

impl TryFrom<String> for Date {
    type Error = ();

    fn try_from(text: String) -> Result<Self, ()> {
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts[..] else { return Err(()) };
        let (year, month) = (year.parse().map_err(drop)?, month.parse().map_err(drop)?);
        Ok(Date { year, month, day: day.parse().map_err(drop)? })
    }
}

impl From<&Date> for String {
    fn from(date: &Date) -> Self {
        date.to_string()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[derive(FieldValue, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Priority {
    #[default]
    Low,
    High,
}

#[derive(FieldValue, Debug, Clone, PartialEq)]
pub(crate) enum Figure {
    Nothing,
    Circle { radius: f64 },
    Rect { width: f64, height: f64, corners: Option<bool> },
}

#[derive(FieldValue, Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Place {
    pub(crate) city: String,
    pub(crate) zip: Option<i64>,
    #[woodland(default = "Germany")]
    pub(crate) country: String,
}

#[derive(FieldValue, Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Contact {
    pub(crate) phone: Option<String>,
    pub(crate) mail: Option<String>,
    #[woodland(default = true)]
    pub(crate) is_public: bool,
}

/// A tally that never goes below zero, whoever takes what off at once.
#[derive(Debug)]
pub(crate) struct Tally;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Step {
    Up(u8),
    Down,
}

impl Reducer for Tally {
    const NAME: &'static str = "tally";
    type Op = Step;
    type State = u32;

    fn apply(state: &mut u32, op: &Step) {
        match op {
            Step::Up(much) => *state += u32::from(*much),
            Step::Down => *state = state.saturating_sub(1),
        }
    }
}

/// A field of every kind but `key` and `list`, which other records have.
#[derive(Record, Debug, Clone, PartialEq, Default)]
pub(crate) struct Note {
    pub(crate) title: String,
    pub(crate) body: Text,
    pub(crate) stars: Counter,
    pub(crate) tags: Set<Pointer<Tag>>,
    pub(crate) due: Option<Date>,
    #[woodland(default = 3)]
    pub(crate) weight: i64,
    #[woodland(default)]
    pub(crate) priority: Priority,
    pub(crate) place: Option<Atom<Place>>,
    pub(crate) home: Atom<Place>,
    pub(crate) contact: Parts<Contact>,
    pub(crate) votes: Map<String, i32>,
    pub(crate) moves: Events<Tally>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) r#type: Option<Pointer<Note>>,
}

#[derive(Record, Debug, Clone, PartialEq)]
pub(crate) struct Book {
    pub(crate) title: String,
    #[woodland(key)]
    pub(crate) isbn: String,
    pub(crate) copies: Counter,
}

/// A list of things to do.
#[derive(Record, Debug, Clone, PartialEq, Default)]
pub(crate) struct Plan {
    pub(crate) steps: List<String>,
}

pub(crate) fn model() -> Model {
    define()
        .record::<Note>()
        .record::<Tag>()
        .record::<Book>()
        .record::<Plan>()
        .model()
        .expect("a model")
}

pub(crate) fn founded() -> Replica {
    Replica::in_memory(model(), 1).expect("founded")
}

pub(crate) fn joined(replica: &Replica, seed: u64) -> Replica {
    Replica::join_in_memory(model(), replica, seed).expect("joined").0
}

pub(crate) fn read<R: Record>(replica: &Replica, node: Pointer<R>) -> R {
    let mut found = replica.snapshot().read(&[node]).expect("readable");
    found.remove(0).expect("the node is there")
}

/// Each takes in what the other wrote.
pub(crate) fn meet(one: &Replica, other: &Replica) {
    one.merge(other).expect("merged");
    other.merge(one).expect("merged");
    assert_eq!(one.snapshot().digest(), other.snapshot().digest());
}

pub(crate) fn date(text: &str) -> Date {
    text.to_owned().try_into().expect("a date")
}
