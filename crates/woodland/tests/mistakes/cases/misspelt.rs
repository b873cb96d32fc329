//! Names that there are not.

use woodland::{Batch, Pointer, Record, Text};

#[derive(Record)]
struct Note {
    title: String,
    body: Text,
}

fn edit(b: &mut Batch<'_>, note: Pointer<Note>) {
    b.edit(note, Note::TITEL.set("Hike"));
}
