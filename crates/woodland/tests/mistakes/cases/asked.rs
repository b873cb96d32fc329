//! Asking, following and going along what cannot be.

use woodland::{Pointer, Record, Replica, from};

#[derive(Record)]
struct Note {
    title: String,
    parent: Option<Pointer<Note>>,
}

fn ask(replica: &Replica, note: Pointer<Note>) {
    let _ = replica.snapshot().read(note);
    let _ = replica.subscribe(note);
    let _ = replica.snapshot().read(from(&[note]).along(Note::TITLE));
    let _ = replica.snapshot().read(from(&[note]).repeated());
}

fn main() {}
