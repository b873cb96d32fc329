//! Folders, notes and contracts, and what becomes of them when something is deleted while others
//! work on.
//!
//! The guide (`docs/guide/deletion.md`) goes through this file.

use anyhow::{Context, Result, ensure};
use woodland::{
    Cascade, List, Model, Pointer, Record, Replica, Restrict, Void, WriteError, define,
};

#[derive(Record, Debug)]
struct Folder {
    name: String,
    /// A folder goes with the one that it is in.
    parent: Option<Pointer<Folder, Cascade>>,
}

#[derive(Record, Debug)]
#[woodland(unseen_edits = revive)]
struct Note {
    title: String,
    folder: Option<Pointer<Folder, Cascade>>,
    /// A plain pointer: absent while there is no such note.
    see: Option<Pointer<Note>>,
}

#[derive(Record, Debug)]
struct Contract {
    /// Whatever a contract is about stays.
    about: Pointer<Folder, Restrict>,
}

#[derive(Record, Debug)]
struct Label {
    #[woodland(key)]
    name: String,
    color: Option<String>,
}

#[derive(Record, Debug)]
struct Playlist {
    /// Names of playlists should differ.
    #[woodland(unique)]
    name: String,
    notes: List<Pointer<Note>>,
}

fn model() -> Result<Model> {
    let define = define().record::<Folder>().record::<Note>().record::<Contract>();
    Ok(define.record::<Label>().record::<Playlist>().model()?)
}

fn policies(ada: &Replica) -> Result<()> {
    let (trips, alps, packing) = ada.write(|b| {
        let trips = b.insert(&Folder { name: "Trips".into(), parent: None });
        let alps = b.insert(&Folder { name: "Alps".into(), parent: Some(trips.into()) });
        let packing =
            b.insert(&Note { title: "Packing".into(), folder: Some(alps.into()), see: None });
        (trips, alps, packing)
    })?;
    let lease = ada.write(|b| b.insert(&Contract { about: alps.into() }))?;

    let refused = ada.write(|b| b.delete(trips)).expect_err("the contract is in the way");
    println!("{refused}");
    ada.write(|b| {
        b.delete(lease);
        b.delete(trips);
    })?;
    let now = ada.snapshot();
    let (folders, notes) = now.read((&[trips, alps], &[packing]))?;
    ensure!(folders.iter().all(Option::is_none) && notes[0].is_none());
    let death = now.deaths(&[packing])[0].context("it went along")?;
    ensure!(death.of == trips.id() && death.author == ada.author());
    Ok(())
}

/// One deletes a note while the other still writes in it.
fn apart(ada: &Replica, ben: &Replica) -> Result<()> {
    let note = ada.write(|b| b.insert(&Note { title: "Route".into(), folder: None, see: None }))?;
    ben.merge(ada)?;
    ada.write(|b| b.delete(note))?;
    ben.write(|b| b.edit(note, Note::TITLE.set("Route, by train")))?;
    ada.merge(ben)?;
    ben.merge(ada)?;
    let title = ada.snapshot().read(Note::TITLE.of(&[note]))?.remove(0);
    ensure!(title.as_deref() == Some("Route, by train"), "the edit keeps the note");

    // Who sees that it is deleted does not bring it back by accident.
    ben.write(|b| b.delete(note))?;
    let refused = ben.write(|b| b.edit(note, Note::TITLE.set("Route again")));
    ensure!(matches!(refused, Err(WriteError::Invalid { .. })));
    Ok(())
}

/// A contract is written about a folder that is deleted elsewhere.
fn one_of_both(ada: &Replica, ben: &Replica) -> Result<()> {
    let folder = ada.write(|b| b.insert(&Folder { name: "Lease".into(), parent: None }))?;
    ben.merge(ada)?;
    ada.write(|b| b.delete(folder))?;
    ben.write(|b| b.insert(&Contract { about: folder.into() }))?;
    ada.merge(ben)?;
    ben.merge(ada)?;
    let listed: Vec<Void> = ada.snapshot().voids().iter().map(|void| void.reason).collect();
    let is_there = ada.snapshot().read(&[folder])?[0].is_some();
    // The order decides, and both see the same: either the folder stays, or the contract points to
    // nothing. What lost is listed.
    let expected = if is_there { Void::Restricted } else { Void::DeadTarget };
    ensure!(listed.contains(&expected));
    ensure!(ada.snapshot().digest() == ben.snapshot().digest());
    Ok(())
}

fn keys(ada: &Replica) -> Result<()> {
    let red =
        ada.write(|b| b.insert(&Label { name: "urgent".into(), color: Some("red".into()) }))?;
    ada.write(|b| b.delete(red))?;
    let again = ada.write(|b| b.insert(&Label { name: "urgent".into(), color: None }))?;
    ensure!(again != red, "another node, which begins empty");
    ensure!(ada.snapshot().keyed::<Label>(["urgent"])? == [again], "and has the key");
    Ok(())
}

fn lists(ada: &Replica) -> Result<()> {
    let (list, notes) = ada.write(|b| {
        let notes = ["a", "b", "c"]
            .map(|title| b.insert(&Note { title: title.into(), folder: None, see: None }));
        (b.insert(&Playlist { name: "Evening".into(), notes: notes.into() }), notes)
    })?;
    ada.write(|b| b.delete(notes[1]))?;
    let read = ada.snapshot().read(&[list])?.remove(0).context("it is there")?.notes;
    ensure!(*read == [notes[0], notes[2]]);
    ensure!(read.positions().eq([0, 2]), "what is gone keeps its place");
    ada.write(|b| b.edit(list, Playlist::NOTES.remove(1..2)))?;
    Ok(())
}

fn unique(ada: &Replica, ben: &Replica) -> Result<()> {
    let playlist = |name: &str| Playlist { name: name.into(), notes: List::default() };
    ben.merge(ada)?;
    let refused = ada.write(|b| b.insert(&playlist("Evening"))).expect_err("there is one");
    println!("{refused}");

    // Apart, nobody can see it: both are there, and it is told.
    let here = ada.write(|b| b.insert(&playlist("Morning")))?;
    let there = ben.write(|b| b.insert(&playlist("Morning")))?;
    ada.merge(ben)?;
    let clashes = ada.snapshot().clashes();
    let clash = clashes.first().context("two are called Morning")?;
    let loser = if clash.holder == here.id() { there } else { here };
    ada.write(|b| b.edit(loser, Playlist::NAME.set("Morning, too")))?;
    ensure!(ada.snapshot().clashes().is_empty(), "settled");
    Ok(())
}

/// Whether nothing that anybody may still bring can turn what is read of a note.
fn is_final(ada: &Replica, ben: &Replica, note: Pointer<Note>) -> bool {
    let members = [ada.author(), ben.author()];
    ada.snapshot().tentative(&members).is_node_final(note.id())
}

fn main() -> Result<()> {
    let ada = Replica::in_memory(model()?, 1)?;
    policies(&ada)?;
    let (ben, _) = Replica::join_in_memory(model()?, &ada, 2)?;
    apart(&ada, &ben)?;
    one_of_both(&ada, &ben)?;
    keys(&ada)?;
    lists(&ada)?;
    unique(&ada, &ben)?;

    let note = ada.write(|b| b.insert(&Note { title: "Last".into(), folder: None, see: None }))?;
    ensure!(!is_final(&ada, &ben, note), "Ben may have written something that stands before it");
    for _ in 0..2 {
        ben.merge(&ada)?;
        ben.write(|b| b.insert(&Folder { name: "Seen".into(), parent: None }))?;
        ada.merge(&ben)?;
        ada.write(|b| b.insert(&Folder { name: "Seen, too".into(), parent: None }))?;
    }
    ensure!(is_final(&ada, &ben, note));
    Ok(())
}

#[test]
fn the_example_runs() {
    main().expect("it runs");
}

/// The guide's code is this file's.
#[test]
fn the_guide_says_what_is_here() {
    let here = include_str!("deletion.rs");
    let guide = include_str!("../../../docs/guide/deletion.md");
    let blocks = guide.split("```rust\n").skip(1);
    let blocks: Vec<&str> = blocks.filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 6, "the guide shows policies, keys, lists and uniqueness");
    for block in blocks {
        assert!(here.contains(block), "docs/guide/deletion.md shows what is not here:\n{block}");
    }
}
