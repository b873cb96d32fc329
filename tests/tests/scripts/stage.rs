//! The stage on which a script plays: peers, log files, and commits made by hand.
//!
//! **Invariants**
//! - A name stands for one thing from its first use on; ids are never written into a script.
//! - A mistake in a command is printed as an error of the story, as a refusal is: both can be told.
//!
//! What this does not do: decide. What a peer says is what a program would be told.

use crate::by_hand::{Hand, own_signature, sealed, write_file};
use crate::notes::{Note, Place, Tag, note, schema};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use woodland::{
    Field, FieldError, Fields, Merged, Parts, Pointer, Record, Replica, Text, View, Writer,
};
use woodland_dump::{Command, Form, Request, dump};
use woodland_format::{Commit, CommitId, Draft, FRAME_HEADER_BYTES};

pub(crate) type Words<'a> = std::str::SplitWhitespace<'a>;

/// Peers, notes, commits and files by name.
pub(crate) struct Stage {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) peers: BTreeMap<String, Replica>,
    notes: BTreeMap<String, Pointer<Note>>,
    hand: Option<Hand>,
    commits: BTreeMap<String, Commit>,
}

/// A note in words, also one of which not every field was written.
struct Glance(String);

impl Record for Glance {
    const TYPE: &'static str = <Note as Record>::TYPE;

    fn define(fields: &mut Fields) {
        Note::define(fields);
    }

    fn write(&self, _: &mut Writer<'_, Self>) {}

    fn read(fields: &View<'_, Self>) -> Result<Self, FieldError> {
        let title: Option<String> = fields.get(Field::at(Note::TITLE.index()))?;
        let body: Text = fields.get(Field::at(Note::BODY.index()))?;
        let tags: Option<Vec<Pointer<Tag>>> = fields.get(Field::at(Note::TAGS.index()))?;
        let place: Parts<Place> = fields.get(Field::at(Note::PLACE.index()))?;
        let mut shown = format!("{:?}: {:?}", title.unwrap_or_default(), body.as_str());
        if let Some(city) = &place.city {
            write!(shown, ", in {city}").expect("memory");
        }
        if let Some(tags) = tags {
            write!(shown, ", tagged {}", tags.len()).expect("memory");
        }
        Ok(Glance(shown))
    }
}

const USAGE: &str = "no such command; there are: peer, create, open, close, copy, notices, write, read, \
                     conflicts, merge, export, same, by-hand, commit, file, cut, flip, dump";

impl Stage {
    pub(crate) fn new() -> Self {
        Stage {
            folder: tempfile::tempdir().expect("a folder"),
            peers: BTreeMap::new(),
            notes: BTreeMap::new(),
            hand: None,
            commits: BTreeMap::new(),
        }
    }

    /// Does what the line says; gives what there is to print.
    pub(crate) fn act(&mut self, line: &str) -> Result<String, String> {
        let mut words = line.split_whitespace();
        let printed = match words.next().unwrap_or_default() {
            "peer" => self.peer(&mut words),
            "create" => self.create(&mut words),
            "open" => self.open(&mut words),
            "close" => self.close(&mut words),
            "copy" => self.copy(&mut words),
            "notices" => self.notices(&mut words),
            "write" => self.write(line),
            "read" => self.read(&mut words),
            "conflicts" => self.conflicts(&mut words),
            "merge" => self.merge(&mut words),
            "export" => self.export(&mut words),
            "same" => self.same(&mut words),
            "by-hand" => self.by_hand(),
            "commit" => self.commit(&mut words),
            "file" => self.file(line),
            "cut" => self.bend(&mut words, |bytes, at| bytes.truncate(at)),
            "flip" => self.bend(&mut words, |bytes, at| bytes[at] ^= 1),
            "dump" => self.dump(&mut words),
            _ => Err(USAGE.to_owned()),
        };
        let folder = format!("{}/", self.folder.path().display());
        let scrub = |text: String| text.replace(&folder, "");
        printed.map(scrub).map_err(scrub)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn of(&self, name: &str) -> Result<&Replica, String> {
        self.peers.get(name).ok_or_else(|| format!("no peer {name}"))
    }

    fn note(&self, name: &str) -> Result<Pointer<Note>, String> {
        self.notes.get(name).copied().ok_or_else(|| format!("no note {name}"))
    }

    /// `peer NAME SEED [joins PEER-or-FILE]`
    fn peer(&mut self, words: &mut Words<'_>) -> Result<String, String> {
        let (name, seed) = (word(words)?, number(words)? as u64);
        let (replica, printed) = match words.next() {
            None => {
                let replica = Replica::in_memory(schema(), seed).map_err(text)?;
                (replica, format!("{name} founds a dataset"))
            }
            Some("joins") => {
                let source = word(words)?;
                let joined = match self.peers.get(source) {
                    Some(peer) => Replica::join_in_memory(schema(), peer, seed),
                    None => Replica::join_in_memory(schema(), &self.path(source), seed),
                };
                let (replica, merged) = joined.map_err(text)?;
                (replica, format!("{name} joins: {}", came(&merged)))
            }
            Some(other) => return Err(format!("joins, not {other}")),
        };
        self.peers.insert(name.to_owned(), replica);
        Ok(printed)
    }

    /// `write PEER: ACT; ACT …` where an act is `note NAME "title" "body"`, `tag NOTE "name"`, `title
    /// NOTE "text"`, `city NOTE "text"`, `insert NOTE AT "text"` or `delete NOTE FROM TO`.
    fn write(&mut self, line: &str) -> Result<String, String> {
        let (who, acts) = line.split_once(':').ok_or("write PEER: ACT; …")?;
        let name = who.split_whitespace().nth(1).ok_or("write PEER: …")?;
        let replica = self.of(name)?.clone();
        let acts: Vec<Vec<String>> = acts.split(';').map(quoted).collect();
        for act in &acts {
            let is_new = act.first().is_some_and(|word| word == "note");
            if !is_new {
                self.note(act.get(1).ok_or("an act names a note")?)?;
            }
        }
        let mut made = Vec::new();
        let written = replica.write(|batch| {
            for act in &acts {
                let act: Vec<&str> = act.iter().map(String::as_str).collect();
                match act[..] {
                    ["note", name, title, body] => {
                        made.push((name.to_owned(), batch.insert(&note(title, body))));
                    }
                    ["title", name, title] => {
                        batch.edit(self.notes[name], Note::TITLE.set(title));
                    }
                    ["tag", name, tag] => {
                        let tag = batch.insert(&Tag { name: tag.to_owned() });
                        batch.edit(self.notes[name], Note::TAGS.set(vec![tag]));
                    }
                    ["city", name, city] => {
                        batch.edit(self.notes[name], Note::PLACE.set(Place::CITY.set(city)));
                    }
                    ["insert", name, at, text] => {
                        let at = at.parse().unwrap_or(usize::MAX);
                        batch.edit(self.notes[name], Note::BODY.insert(at, text));
                    }
                    ["delete", name, from, to] => {
                        let range = from.parse().unwrap_or(0)..to.parse().unwrap_or(0);
                        batch.edit(self.notes[name], Note::BODY.delete(range));
                    }
                    _ => panic!("no such act: {act:?}"),
                }
            }
        });
        written.map_err(text)?;
        self.notes.extend(made);
        Ok(String::new())
    }

    /// `read PEER NOTE`
    fn read(&mut self, words: &mut Words<'_>) -> Result<String, String> {
        let (replica, note) = (self.of(word(words)?)?, self.note(word(words)?)?);
        let note: Pointer<Glance> = Pointer::to(note.id());
        let read = replica.snapshot().read(&[note]).map_err(text)?.remove(0);
        Ok(read.map_or_else(|| "it is not there".to_owned(), |glance| glance.0))
    }

    /// `conflicts PEER NOTE`
    fn conflicts(&mut self, words: &mut Words<'_>) -> Result<String, String> {
        let (replica, note) = (self.of(word(words)?)?, self.note(word(words)?)?);
        let mut printed = String::new();
        for conflict in replica.snapshot().conflicts(&[(note, Note::TITLE)]).remove(0) {
            let lost: Vec<_> =
                conflict.losers.iter().filter_map(|lost| lost.value.as_ref()).collect();
            let won = conflict.winner.value.as_ref().expect("a title cannot be cleared");
            writeln!(printed, "title: {won:?} won over {lost:?}").expect("memory");
        }
        Ok(if printed.is_empty() { "none".to_owned() } else { printed })
    }

    /// `merge PEER < PEER-or-FILE`
    fn merge(&mut self, words: &mut Words<'_>) -> Result<String, String> {
        let replica = self.of(word(words)?)?;
        let (_, source) = (words.next(), word(words)?);
        let merged = match self.peers.get(source) {
            Some(peer) => replica.merge(peer),
            None => replica.merge(&self.path(source)),
        };
        merged.map(|merged| came(&merged)).map_err(text)
    }

    /// `export PEER > FILE`
    fn export(&mut self, words: &mut Words<'_>) -> Result<String, String> {
        let replica = self.of(word(words)?)?;
        let (_, name) = (words.next(), word(words)?);
        let exported = replica.export(self.path(name)).map_err(text)?;
        Ok(format!("{} commits, {} bytes", exported.commits, exported.bytes))
    }

    /// `same PEER PEER …`
    fn same(&mut self, words: &mut Words<'_>) -> Result<String, String> {
        let facts: Result<Vec<_>, String> =
            words.map(|name| Ok(crate::notes::facts(self.of(name)?))).collect();
        let facts = facts?;
        let is_same = facts.windows(2).all(|pair| pair[0] == pair[1]);
        Ok(if is_same { "they hold the same and show the same" } else { "they differ" }.to_owned())
    }

    fn by_hand(&mut self) -> Result<String, String> {
        let hand = Hand::found();
        self.commits.insert("founding".to_owned(), hand.log.founding().clone());
        self.notes.insert("trip".to_owned(), hand.note());
        self.hand = Some(hand);
        Ok("author 0 founds a dataset with the note trip".to_owned())
    }

    /// `commit NAME by NUMBER [after NAME] [sees NAME,…] [title WORD] [turn NUMBER] [seq NUMBER]
    /// [ghost]`
    fn commit(&mut self, words: &mut Words<'_>) -> Result<String, String> {
        let name = word(words)?.to_owned();
        let (_, author) = (words.next(), number(words)? as u32);
        let (mut after, mut sees, mut ops) = (None, Vec::new(), Vec::new());
        let (mut turn, mut ghost) = (None, None);
        let hand = self.hand.as_mut().ok_or("by-hand comes first")?;
        let known =
            |name: &str| self.commits.get(name).cloned().ok_or_else(|| format!("no commit {name}"));
        while let Some(what) = words.next() {
            match what {
                "after" => after = Some(known(word(words)?)?),
                "sees" => {
                    let named: Result<Vec<_>, _> = word(words)?.split(',').map(known).collect();
                    sees = named?;
                }
                "title" => ops.push(hand.title(word(words)?)),
                "turn" => turn = Some(number(words)? as u64),
                "ghost" => ghost = Some(CommitId([0xee; 32])),
                other => return Err(format!("what is {other}?")),
            }
        }
        let is_held = after.iter().chain(&sees).all(|one| hand.log.contains(&one.id()));
        let is_false = turn.is_some() || ghost.is_some() || !is_held;
        let commit = if is_false {
            // What breaks a rule, or stands on what does, is in no log.
            let mut parents: Vec<CommitId> = sees.iter().map(Commit::id).chain(ghost).collect();
            parents.sort_unstable();
            let position = hand.position(author, after.as_ref());
            let payload = woodland_format::Payload::of(ops);
            let turns = sees.iter().map(|one| one.turn().saturating_add(1));
            let expected = turns.chain(after.as_ref().map(Commit::turn)).max().unwrap_or(1);
            let turn = turn.unwrap_or(expected.max(u64::from(after.is_none())));
            sealed(author, Draft { position, turn, parents, payload })
        } else {
            let sees: Vec<&Commit> = sees.iter().collect();
            hand.write(author, after.as_ref(), &sees, ops)
        };
        let printed = format!("{name}: seq {}, turn {}", commit.seq(), commit.turn());
        self.commits.insert(name, commit);
        Ok(printed)
    }

    /// `file NAME: a b | c …`: segments of these commits; one that ends in `?` is not signed.
    fn file(&mut self, line: &str) -> Result<String, String> {
        let (name, runs) = line.split_once(':').ok_or("file NAME: …")?;
        let name = name.split_whitespace().nth(1).ok_or("file NAME: …")?;
        let hand = self.hand.as_ref().ok_or("by-hand comes first")?;
        let mut segments = Vec::new();
        for run in runs.split('|') {
            let (mut commits, mut unsigned) = (Vec::new(), Vec::new());
            for word in run.split_whitespace() {
                let plain = word.trim_end_matches('?');
                let commit = self.commits.get(plain).ok_or_else(|| format!("no commit {plain}"))?;
                if plain != word {
                    unsigned.push(commit.id());
                }
                commits.push(commit.clone());
            }
            segments.push(hand.signed(&commits, |commit| {
                (!unsigned.contains(&commit.id())).then(|| own_signature(commit))
            }));
        }
        write_file(&self.path(name), hand.dataset(), &segments);
        let word = if segments.len() == 1 { "segment" } else { "segments" };
        Ok(format!("{name}: {} {word}", segments.len()))
    }

    /// `cut FILE SEGMENT + BYTES > FILE` and `flip …`: at so many bytes after the beginning of that
    /// segment's last frame.
    fn bend(
        &mut self,
        words: &mut Words<'_>,
        bend: fn(&mut Vec<u8>, usize),
    ) -> Result<String, String> {
        let (from, segment) = (word(words)?, number(words)?);
        let (_, plus) = (words.next(), number(words)?);
        let (_, to) = (words.next(), word(words)?);
        let mut bytes = std::fs::read(self.path(from)).map_err(text)?;
        let frames = frames(&bytes);
        let heads: Vec<usize> =
            frames.iter().copied().filter(|at| bytes[*at..].starts_with(b"SEGH")).collect();
        let start = *heads.get(segment).ok_or("there is no such segment")?;
        let end = heads.get(segment + 1).copied().unwrap_or(bytes.len());
        let last = frames.iter().rfind(|at| (start..end).contains(*at)).copied();
        let at = last.expect("a segment has frames") + plus;
        if at >= bytes.len() {
            return Err("that is past the end".to_owned());
        }
        bend(&mut bytes, at);
        std::fs::write(self.path(to), &bytes).map_err(text)?;
        Ok(String::new())
    }

    /// `dump COMMAND FILE [--at COMMIT-of-hand-or-PEER] [--json]`
    fn dump(&mut self, words: &mut Words<'_>) -> Result<String, String> {
        let command = match word(words)? {
            "summary" => Command::Summary,
            "commits" => Command::Commits { signatures: false },
            "order" => Command::Order,
            "frontier" => Command::Frontier,
            "graph" => Command::Graph,
            "deleted" => Command::Deleted,
            "clashes" => Command::Clashes,
            "schemas" => Command::Schemas,
            "verify" => Command::Verify { deep: true },
            other => return Err(format!("what is {other}?")),
        };
        let path = self.path(word(words)?);
        let (mut at, mut form) = (Vec::new(), Form::Text);
        while let Some(option) = words.next() {
            match option {
                "--json" => form = Form::Json,
                "--at" => {
                    let name = word(words)?;
                    match self.commits.get(name) {
                        Some(commit) => at.push(commit.id().to_string()),
                        None => at.push(name.to_owned()),
                    }
                }
                other => return Err(format!("what is {other}?")),
            }
        }
        let (mut page, mut notes) = (Vec::new(), Vec::new());
        let request = Request { at, form, ..Request::of(command, path) };
        let verdict = dump(&request, &mut page, &mut notes).map_err(text)?;
        let page = String::from_utf8_lossy(&page);
        let notes = String::from_utf8_lossy(&notes);
        Ok(format!("{page}{notes}({verdict:?})"))
    }
}

/// What came of a merge, in words.
fn came(merged: &Merged) -> String {
    let Merged { admitted, duplicates, waiting, missing, unsigned, refused, damage, .. } = merged;
    let mut printed = format!("{admitted} admitted, {duplicates} known, {waiting} waiting");
    for id in missing {
        write!(printed, "\nmissing: {id}").expect("memory");
    }
    for (author, seq) in unsigned {
        write!(printed, "\nunsigned: author {}…, up to seq {seq}", author.short()).expect("memory");
    }
    for refusal in refused {
        write!(printed, "\nrefused: {refusal}").expect("memory");
    }
    for damage in damage {
        write!(printed, "\ndamage: {damage}").expect("memory");
    }
    printed
}

/// Where the frames begin.
fn frames(bytes: &[u8]) -> Vec<usize> {
    let (mut at, mut found) = (woodland_format::FILE_HEADER_BYTES, Vec::new());
    while let Some(length) = bytes.get(at + 4..at + 8) {
        found.push(at);
        let length = length.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        at += FRAME_HEADER_BYTES + length;
    }
    found
}

pub(crate) fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

pub(crate) fn word<'a>(words: &mut Words<'a>) -> Result<&'a str, String> {
    words.next().ok_or_else(|| "a word is missing".to_owned())
}

fn number(words: &mut Words<'_>) -> Result<usize, String> {
    let word = word(words)?;
    word.parse().map_err(|_| format!("{word} is no number"))
}

/// Words; what stands between quotes is one.
fn quoted(act: &str) -> Vec<String> {
    let parts = act.trim().split('"').enumerate();
    let words = parts.flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}
