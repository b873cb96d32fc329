//! Three people edit the same notes offline, exchange log files, and see the same thing.
//!
//! Ada, Ben and Cleo have a replica each. While apart they set the same title and edit the same
//! word, among other things. Then they pass log files around, each in another order.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::path::Path;
use woodland::{
    AuthorKey, Editor, FieldError, Fields, Pointer, Record, Replica, Snapshot, Value, View, define,
};

struct Tag {
    name: String,
}

struct Note {
    title: String,
    body: String,
    tags: Vec<Pointer<Tag>>,
}

impl Record for Tag {
    const TYPE: &'static str = "Tag";

    fn define(fields: &mut Fields) {
        fields.register::<String>("name");
    }

    fn write(&self, fields: &mut Editor<'_>) {
        fields.set("name", &self.name);
    }

    fn read(fields: &View<'_>) -> Result<Self, FieldError> {
        Ok(Tag { name: fields.get("name")? })
    }
}

impl Record for Note {
    const TYPE: &'static str = "Note";

    fn define(fields: &mut Fields) {
        fields.register::<String>("title").text("body").register::<Vec<Pointer<Tag>>>("tags");
    }

    fn write(&self, fields: &mut Editor<'_>) {
        fields.set("title", &self.title).insert("body", 0, &self.body).set("tags", &self.tags);
    }

    fn read(fields: &View<'_>) -> Result<Self, FieldError> {
        Ok(Note {
            title: fields.get("title")?,
            body: fields.text("body")?,
            tags: fields.get("tags")?,
        })
    }
}

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name);
    let schema = define().record::<Note>().record::<Tag>().schema()?;

    // Ada founds the dataset; the others join from her log file.
    let ada = Replica::create(at("ada"), &schema)?;
    let note = ada.write(|b| {
        let trips = b.insert(&Tag { name: "trips".into() });
        b.insert(&Note { title: "Trip".into(), body: "Pack boots".into(), tags: vec![trips] })
    })?;
    ada.export(at("start.wll"))?;
    let (ben, _) = Replica::join(at("ben"), &schema, &at("start.wll"))?;
    let (cleo, _) = Replica::join(at("cleo"), &schema, &at("start.wll"))?;
    let people = [("Ada", &ada), ("Ben", &ben), ("Cleo", &cleo)];
    let names: BTreeMap<AuthorKey, &str> =
        people.iter().map(|(name, replica)| (replica.author(), *name)).collect();

    // Apart, all three change the title and the word "boots", and each does something of their own.
    ada.write(|b| {
        b.edit(note).set("title", &"Hike".to_owned()).insert("body", 5, "warm ");
    })?;
    ben.write(|b| {
        let todo = b.insert(&Tag { name: "todo".into() });
        b.edit(note).set("title", &"Climb".to_owned()).insert("body", 10, " and socks");
        b.edit(note).set("tags", &vec![todo]);
    })?;
    let packing = cleo.write(|b| {
        b.edit(note).set("title", &"Walk".to_owned());
        b.edit(note).delete("body", 5..10).insert("body", 5, "shoes");
        b.insert(&Note { title: "Food".into(), body: "Bread, apples".into(), tags: vec![] })
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
        let tags = snapshot.read(&note.tags)?;
        let tags: Vec<String> = tags.into_iter().flatten().map(|tag| tag.name).collect();
        println!("        {:<6} {:?} [{}]", note.title, note.body, tags.join(", "));
    }
    Ok(())
}

fn who_won(snapshot: &Snapshot, note: Pointer<Note>, names: &BTreeMap<AuthorKey, &str>) {
    for conflict in snapshot.conflicts(&[(note, "title")]).into_iter().flatten() {
        let told = |write: &woodland::Write| match &write.value {
            Value::String(title) => format!("{title:?} by {}", names[&write.author]),
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
