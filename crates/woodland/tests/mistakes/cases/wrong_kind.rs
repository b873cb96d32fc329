//! Changes that the field's kind does not have.

use woodland::{Batch, Counter, Pointer, Record, Text};

#[derive(Record)]
struct Note {
    title: String,
    body: Text,
    stars: Counter,
    due: Option<String>,
    #[woodland(key)]
    code: String,
}

fn edit(b: &mut Batch<'_>, note: Pointer<Note>) {
    b.edit(note, Note::TITLE.insert(0, "x"));
    b.edit(note, Note::BODY.set("x"));
    b.edit(note, Note::STARS.set(5));
    b.edit(note, Note::TITLE.clear());
    b.edit(note, Note::CODE.set("x"));
}
