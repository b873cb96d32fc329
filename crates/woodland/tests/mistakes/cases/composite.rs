//! A value without members where members are asked for.

use woodland::{Atom, FieldValue, Record};

#[derive(FieldValue)]
enum Priority {
    Low,
    High,
}

#[derive(Record)]
struct Note {
    priority: Atom<Priority>,
}
