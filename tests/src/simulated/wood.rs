//! Folders, notes and all that points to them: every built-in kind and every policy, written at
//! random.
//!
//! **Invariants**
//! - An act reads one version and writes at most one batch; a batch that the rules refuse is part
//!   of the game.

use crate::agreement::none_dangles;
use std::error::Error;
use woodland::{
    Atom, Batch, Cascade, Counter, FieldValue, List, Map, Model, Pointer, ReadError, Record,
    Restrict, Revive, Set, Snapshot, Text, WriteError, define,
};
use woodland_sim::{Application, Pen, Random};

#[derive(Record)]
struct Folder {
    name: String,
    parent: Option<Pointer<Folder, Cascade>>,
}

#[derive(FieldValue, Clone)]
struct Place {
    city: String,
    zip: Option<i64>,
}

#[derive(Record)]
#[woodland(unseen_edits = revive)]
struct Note {
    title: String,
    body: Text,
    stars: Counter,
    words: Set<String>,
    steps: List<String>,
    votes: Map<String, i64>,
    place: Option<Atom<Place>>,
    folder: Option<Pointer<Folder, Revive>>,
    see: Option<Pointer<Note>>,
    /// What somebody's clock said.
    edited_milliseconds: Option<i64>,
}

/// Whatever it is about stays.
#[derive(Record)]
struct Contract {
    about: Option<Pointer<Folder, Restrict>>,
}

#[derive(Record)]
struct Label {
    #[woodland(key)]
    name: String,
    color: Option<String>,
    notes: Set<Pointer<Note, Cascade>>,
}

#[derive(Record)]
struct Playlist {
    #[woodland(unique)]
    name: String,
    notes: List<Pointer<Note>>,
}

/// The application that the tests simulate.
#[derive(Debug, Clone, Copy)]
pub struct Wood;

const WORDS: [&str; 6] = ["oak", "elm", "ash", "fir", "yew", "box"];

fn word(random: &mut Random) -> String {
    WORDS[random.below(WORDS.len())].to_owned()
}

/// What one version shows, to choose from.
struct Sight {
    folders: Vec<Pointer<Folder>>,
    notes: Vec<(Pointer<Note>, Note)>,
    contracts: Vec<Pointer<Contract>>,
    labels: Vec<Pointer<Label>>,
    playlists: Vec<(Pointer<Playlist>, Playlist)>,
}

impl Sight {
    fn of(snapshot: &Snapshot) -> Result<Sight, WriteError> {
        let folders = readable(snapshot.all::<Folder>())?;
        let contracts = readable(snapshot.all::<Contract>())?;
        let labels = readable(snapshot.all::<Label>())?;
        Ok(Sight {
            folders: folders.into_iter().map(|(pointer, _)| pointer).collect(),
            notes: readable(snapshot.all())?,
            contracts: contracts.into_iter().map(|(pointer, _)| pointer).collect(),
            labels: labels.into_iter().map(|(pointer, _)| pointer).collect(),
            playlists: readable(snapshot.all())?,
        })
    }
}

/// What rests may be damaged; nothing else keeps the program from reading its own schema.
fn readable<T>(read: Result<T, ReadError>) -> Result<T, WriteError> {
    match read {
        Err(ReadError::Derived(fault)) => Err(WriteError::Derived(fault)),
        read => Ok(read.expect("the program's own schema is read")),
    }
}

impl Application for Wood {
    fn model(&self) -> Result<Model, Box<dyn Error>> {
        let define = define().record::<Folder>().record::<Note>().record::<Contract>();
        Ok(define.record::<Label>().record::<Playlist>().model()?)
    }

    fn act(&self, pen: &Pen<'_>, random: &mut Random) -> Result<(), WriteError> {
        let sight = Sight::of(&pen.snapshot())?;
        let wall = pen.wall_milliseconds();
        let ops = 1 + random.below(3);
        pen.write(|b| {
            for _ in 0..ops {
                match random.below(100) {
                    0..14 => insert_note(b, &sight, random),
                    14..60 => edit_note(b, &sight, wall, random),
                    60..72 => change_folders(b, &sight, random),
                    72..82 => change_labels(b, &sight, random),
                    82..92 => change_playlists(b, &sight, random),
                    _ => delete(b, &sight, random),
                }
            }
        })
    }

    fn check(&self, snapshot: &Snapshot) -> Result<(), String> {
        none_dangles(snapshot.graph())
    }
}

fn insert_note(b: &mut Batch<'_>, sight: &Sight, random: &mut Random) {
    let folder = random.pick(&sight.folders).copied();
    let see = random.pick(&sight.notes).map(|(pointer, _)| *pointer);
    b.insert(&Note {
        title: word(random),
        body: word(random).into(),
        stars: 0.into(),
        words: [word(random)].into(),
        steps: List::default(),
        votes: Map::default(),
        place: None,
        folder: folder.filter(|_| random.chance(60)).map(Into::into),
        see: see.filter(|_| random.chance(40)),
        edited_milliseconds: None,
    });
}

fn edit_note(b: &mut Batch<'_>, sight: &Sight, wall: i64, random: &mut Random) {
    let Some((node, note)) = random.pick(&sight.notes) else {
        return insert_note(b, sight, random);
    };
    let node = *node;
    let (text, steps) = (note.body.len(), note.steps.len());
    match random.below(13) {
        0 => b.edit(node, (Note::TITLE.set(word(random)), Note::EDITED_MILLISECONDS.set(wall))),
        1 => b.edit(node, Note::STARS.add(random.below(9) as i64 - 4)),
        2 => b.edit(node, Note::WORDS.add([word(random)])),
        3 => b.edit(node, Note::WORDS.remove([word(random)])),
        4 | 5 => b.edit(node, Note::BODY.insert(random.below(text + 1), word(random))),
        6 if text > 2 => {
            let from = random.below(text - 2);
            b.edit(node, Note::BODY.delete(from..from + 2));
        }
        7 | 6 => b.edit(node, Note::STEPS.insert(random.below(steps + 1), [word(random)])),
        8 if steps > 1 => {
            b.edit(node, Note::STEPS.move_item(random.below(steps), random.below(steps)));
        }
        9 if steps > 0 => {
            let at = random.below(steps);
            b.edit(node, Note::STEPS.remove(at..at + 1));
        }
        8 | 9 => b.edit(node, Note::VOTES.put([(word(random), random.below(5) as i64)])),
        10 => b.edit(node, Note::VOTES.remove([word(random)])),
        11 => {
            let place = Place { city: word(random), zip: Some(random.below(99) as i64) };
            b.edit(node, Note::PLACE.set(place));
        }
        _ => match random.pick(&sight.folders) {
            Some(folder) if random.chance(70) => b.edit(node, Note::FOLDER.set(*folder)),
            _ => b.edit(node, (Note::FOLDER.clear(), Note::SEE.clear())),
        },
    }
}

fn change_folders(b: &mut Batch<'_>, sight: &Sight, random: &mut Random) {
    let parent = random.pick(&sight.folders).copied();
    match parent {
        Some(about) if random.chance(25) => {
            b.insert(&Contract { about: Some(about.into()) });
        }
        Some(folder) if random.chance(30) => b.edit(folder, Folder::NAME.set(word(random))),
        _ => {
            b.insert(&Folder { name: word(random), parent: parent.map(Into::into) });
        }
    }
}

fn change_labels(b: &mut Batch<'_>, sight: &Sight, random: &mut Random) {
    let note = random.pick(&sight.notes).map(|(note, _)| *note);
    match random.pick(&sight.labels) {
        Some(label) if random.chance(60) => match note {
            Some(note) if random.chance(60) => b.edit(*label, Label::NOTES.add([note])),
            _ => b.edit(*label, Label::COLOR.set(word(random))),
        },
        _ => {
            b.insert(&Label { name: word(random), color: None, notes: Set::default() });
        }
    }
}

fn change_playlists(b: &mut Batch<'_>, sight: &Sight, random: &mut Random) {
    match random.pick(&sight.playlists) {
        Some((playlist, held)) if random.chance(70) => {
            let at = random.below(held.notes.len() + 1);
            match random.pick(&sight.notes) {
                Some((note, _)) => b.edit(*playlist, Playlist::NOTES.insert(at, [*note])),
                None => b.edit(*playlist, Playlist::NAME.set(word(random))),
            }
        }
        _ => {
            let name = format!("{} {}", word(random), random.below(100));
            b.insert(&Playlist { name, notes: List::default() });
        }
    }
}

fn delete(b: &mut Batch<'_>, sight: &Sight, random: &mut Random) {
    match random.below(5) {
        0 | 1 => random.pick(&sight.notes).into_iter().for_each(|(note, _)| b.delete(*note)),
        2 => random.pick(&sight.folders).into_iter().for_each(|folder| b.delete(*folder)),
        3 => random.pick(&sight.contracts).into_iter().for_each(|one| b.delete(*one)),
        _ => random.pick(&sight.labels).into_iter().for_each(|label| b.delete(*label)),
    }
}
