//! Nothing is wrong here: what the other cases begin from.

use woodland::{Batch, Counter, FieldValue, Pointer, Record, Set, Text};

#[derive(Record)]
pub struct Tag {
    name: String,
}

#[derive(FieldValue, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    Low,
    High,
}

#[derive(Record)]
pub struct Note {
    title: String,
    body: Text,
    stars: Counter,
    tags: Set<Pointer<Tag>>,
    priority: Priority,
}

pub fn edit(b: &mut Batch<'_>, note: Pointer<Note>, tag: Pointer<Tag>) {
    b.edit(note, (Note::TITLE.set("Hike"), Note::BODY.insert(0, "x"), Note::TAGS.add([tag])));
}
