//! Values and changes of another type, or of another record.

use woodland::{Atom, Batch, FieldValue, Pointer, Record, Set};

#[derive(Record)]
struct Tag {
    name: String,
}

#[derive(FieldValue)]
enum Priority {
    Low,
    High,
}

#[derive(Record)]
struct Note {
    title: String,
    weight: i64,
    tags: Set<Pointer<Tag>>,
    due: Option<String>,
}

fn edit(b: &mut Batch<'_>, note: Pointer<Note>) {
    b.edit(note, Note::TITLE.set(5));
    b.edit(note, Note::WEIGHT.set(0.5));
    b.edit(note, Note::TAGS.add([note]));
    b.edit(note, Note::DUE.set(None));
    b.edit(note, Tag::NAME.set("x"));
    b.edit(note, Note::TITLE);
    b.insert(&"Trip");
}
