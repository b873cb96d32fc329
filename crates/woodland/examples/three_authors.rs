//! Three people edit the same notes offline, exchange log files, and see the same thing.
//!
//! Ada, Ben and Cleo have a replica each. While apart they set the same title and edit the same
//! word, among other things. Then they pass log files around, each in another order.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::path::Path;
use woodland::{AuthorKey, Pointer, Record, Replica, Set, Snapshot, Text, Value, define};

#[derive(Record)]
struct Tag {
    name: String,
}

#[derive(Record)]
struct Note {
    title: String,
    body: Text,
    tags: Set<Pointer<Tag>>,
}

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name);
    let model = define().record::<Note>().record::<Tag>().model()?;

    // Ada founds the dataset; the others join from her log file.
    let ada = Replica::create(at("ada"), &model)?;
    let note = ada.write(|b| {
        let trips = b.insert(&Tag { name: "trips".into() });
        b.insert(&Note { title: "Trip".into(), body: "Pack boots".into(), tags: [trips].into() })
    })?;
    ada.export(at("start.wll"))?;
    let (ben, _) = Replica::join(at("ben"), &model, &at("start.wll"))?;
    let (cleo, _) = Replica::join(at("cleo"), &model, &at("start.wll"))?;
    let people = [("Ada", &ada), ("Ben", &ben), ("Cleo", &cleo)];
    let names: BTreeMap<AuthorKey, &str> =
        people.iter().map(|(name, replica)| (replica.author(), *name)).collect();

    // Apart, all three change the title and the word "boots", and each does something of their own.
    ada.write(|b| {
        b.edit(note, (Note::TITLE.set("Hike"), Note::BODY.insert(5, "warm ")));
    })?;
    ben.write(|b| {
        let todo = b.insert(&Tag { name: "todo".into() });
        b.edit(note, (Note::TITLE.set("Climb"), Note::BODY.insert(10, " and socks")));
        b.edit(note, Note::TAGS.add([todo]));
    })?;
    let packing = cleo.write(|b| {
        b.edit(note, Note::TITLE.set("Walk"));
        b.edit(note, (Note::BODY.delete(5..10), Note::BODY.insert(5, "shoes")));
        b.insert(&Note { title: "Food".into(), body: "Bread, apples".into(), tags: Set::default() })
    })?;

    // Each writes one log file; each merges the others' in an order of their own.
    for (name, replica) in people {
        replica.export(at(&format!("{name}.wll")))?;
    }
    for (replica, files) in [
        (&ada, ["Ben.wll", "Cleo.wll", "Ben.wll"]),
        (&ben, ["Cleo.wll", "Ada.wll", "Cleo.wll"]),
        (&cleo, ["Ada.wll", "Ben.wll", "Ada.wll"]),
    ] {
        for file in files {
            replica.merge(&at(file))?;
        }
    }

    println!("What each of the three sees now:\n");
    for (name, replica) in people {
        show(name, &replica.snapshot(), &[note, packing])?;
    }
    let seen = ada.snapshot();
    for (_, replica) in people {
        ensure!(replica.snapshot().digest() == seen.digest(), "the replicas differ");
        ensure!(replica.snapshot().version() == seen.version(), "the versions differ");
    }
    println!("\nThe digests are equal. Three wrote the title at once; the last in order won:\n");
    who_won(&seen, note, &names);

    println!("\nThe dump of Ben's directory, from its log alone:\n");
    drop(ben);
    dump(&at("ben"))
}

fn show(name: &str, snapshot: &Snapshot, notes: &[Pointer<Note>]) -> Result<()> {
    println!("  {name:<5} digest {}…", snapshot.digest().short());
    for note in snapshot.read(notes)? {
        let note = note.context("the note is there")?;
        let tags = snapshot.read(&note.tags.iter().copied().collect::<Vec<_>>())?;
        let tags: Vec<String> = tags.into_iter().flatten().map(|tag| tag.name).collect();
        println!("        {:<6} {:?} [{}]", note.title, note.body.0, tags.join(", "));
    }
    Ok(())
}

fn who_won(snapshot: &Snapshot, note: Pointer<Note>, names: &BTreeMap<AuthorKey, &str>) {
    for conflict in snapshot.conflicts(&[(note, Note::TITLE)]).into_iter().flatten() {
        let told = |write: &woodland::Write| match &write.value {
            Some(Value::String(title)) => format!("{title:?} by {}", names[&write.author]),
            other => format!("{other:?} by {}", names[&write.author]),
        };
        println!("  won   {}", told(&conflict.winner));
        for loser in &conflict.losers {
            println!("  lost  {}", told(loser));
        }
    }
}

fn dump(path: &Path) -> Result<()> {
    use woodland_dump::{Command, Request};
    for command in [Command::Order, Command::Graph] {
        let request = Request::of(command, path);
        woodland_dump::dump(&request, &mut std::io::stdout(), &mut std::io::stderr())?;
        println!();
    }
    Ok(())
}
