//! Foreign keys, and rules of a record.

use woodland::{Batch, Cascade, Counter, Pointer, Record, Set, Text};

#[derive(Record)]
struct Folder {
    name: String,
}

#[derive(Record)]
struct Note {
    folder: Pointer<Folder, Cascade>,
    tags: Set<Pointer<Folder, Cascade>>,
}

#[derive(Record)]
struct NoPolicy {
    folder: Pointer<Folder, Folder>,
}

#[derive(Record)]
struct NotUnique {
    #[woodland(unique)]
    body: Text,
}

#[derive(Record)]
#[woodland(unique(first, lats))]
struct Misspelt {
    first: String,
    last: String,
}

#[derive(Record)]
struct Together {
    #[woodland(unique(first, last))]
    first: String,
    last: String,
}

#[derive(Record)]
struct KeyToo {
    #[woodland(key, unique)]
    code: String,
}

#[derive(Record)]
#[woodland(unseen_edits = keep)]
struct Kept {
    count: Counter,
}

#[derive(Record)]
struct Revived {
    #[woodland(unseen_edits = revive)]
    name: String,
}

fn edit(b: &mut Batch<'_>, note: Pointer<Note>, folder: Pointer<Folder>) {
    b.insert(&Note { folder, tags: Set::default() });
    b.edit(note, Note::FOLDER.set(note));
    b.edit(note, Note::TAGS.add([note]));
}
