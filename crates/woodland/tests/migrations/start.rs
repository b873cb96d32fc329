//! Opening and joining: what fits, what is proposed, what is written.

use crate::releases::first::task;
use crate::releases::{agreeing, as_of, first, founded, joined, meet, model, read, second};
use std::sync::{Arc, Mutex};
use woodland::{Define, Loss, Record, Replica, Schema, StartError, Text, define};

#[test]
fn what_does_not_fit_is_proposed_and_nothing_is_written() {
    let old = founded::<first::Task>();
    let commits = old.snapshot().log().len();
    let error = Replica::join_in_memory(model::<second::Task>(), &old, 2).expect_err("differs");
    let told = error.to_string();
    let StartError::SchemaDiffers { proposal } = error else { panic!("{told}") };
    assert!(told.contains("rename Task.title to name"), "{told}");
    assert!(told.contains("change Task.urgency from int to bool"), "{told}");
    assert!(told.contains("migrate_if"), "{told}");
    assert_eq!(old.propose(model::<second::Task>()).expect("a proposal"), Some(*proposal.clone()));
    assert_eq!(old.propose(model::<first::Task>()).expect("it fits"), None);
    assert!(proposal.notes.iter().any(|note| note.loss == Loss::Converted), "{told}");

    // Asked, and refused: the same.
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    let refusing = model::<second::Task>().migrate_if(move |proposal| {
        heard.lock().expect("whole").push(proposal.clone());
        false
    });
    let error = Replica::join_in_memory(refusing, &old, 2).expect_err("refused");
    assert!(matches!(error, StartError::SchemaDiffers { .. }), "{error}");
    assert_eq!(*asked.lock().expect("whole"), [*proposal]);
    assert_eq!(old.snapshot().log().len(), commits);
}

#[test]
fn the_order_of_records_and_fields_is_the_programs_own() {
    mod turned {
        use woodland::Record;

        #[derive(Record, Debug, PartialEq)]
        pub(crate) struct Task {
            pub(crate) note: Option<String>,
            pub(crate) urgency: i64,
            pub(crate) title: String,
        }
    }
    let old = founded::<first::Task>();
    let node = old.write(|b| b.insert(&task("pack", 2))).expect("written");
    let other = joined(model::<turned::Task>(), &old, 2);
    other.write(|b| b.edit(as_of(node), turned::Task::URGENCY.set(3))).expect("written");
    meet(&old, &other);
    assert_eq!(read(&old, node), task("pack", 3));
    assert_eq!(read::<turned::Task>(&other, as_of(node)).title, "pack");
    assert!(old.snapshot().migrations().is_empty());
}

#[test]
fn a_migration_is_one_commit_and_survives() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tasks");
    let node = {
        let old = Replica::create(&path, model::<first::Task>()).expect("created");
        old.write(|b| b.insert(&task("pack", 2))).expect("written")
    };
    {
        let before = Replica::open(&path, model::<first::Task>()).expect("opened");
        let (commits, digest) = (before.snapshot().log().len(), before.snapshot().digest());
        drop(before);
        let error = Replica::open(&path, model::<second::Task>()).expect_err("differs");
        assert!(matches!(error, StartError::SchemaDiffers { .. }), "{error}");
        let new = Replica::open(&path, agreeing::<second::Task>()).expect("migrated");
        assert_eq!(new.snapshot().log().len(), commits + 1);
        assert_eq!(new.snapshot().digest(), digest, "no content was touched");
        let made = new.snapshot().migrations();
        assert_eq!(made.len(), 1);
        let labels = &made[0].outcome.as_ref().expect("it fits").labels;
        assert_eq!(labels[0].after.as_deref(), Some("Task@2"));
    }
    // Durable: nobody has to agree again, and it is not made again.
    let new = Replica::open(&path, model::<second::Task>()).expect("it fits now");
    assert_eq!(new.snapshot().migrations().len(), 1);
    let task = read::<second::Task>(&new, as_of(node));
    let expected =
        second::Task { name: "pack".into(), urgency: true, note: None, due: "some day".into() };
    assert_eq!(task, expected);
    drop(new);
    let old = Replica::open(&path, model::<first::Task>()).expect("the old program, too");
    assert_eq!(read(&old, node), crate::releases::first::task("pack", 2));
}

#[test]
fn the_same_migration_made_apart_is_one() {
    let old = founded::<first::Task>();
    let one = joined(agreeing::<second::Task>(), &old, 2);
    let other = joined(agreeing::<second::Task>(), &old, 3);
    assert_eq!(one.snapshot().schema(), other.snapshot().schema(), "byte for byte");
    meet(&one, &other);
    assert_eq!(one.snapshot().voids(), []);
    let current = one.snapshot().graph().current().expect("a schema");
    assert_eq!(&current, one.snapshot().schema());
    // Whoever comes later finds it there.
    let later = joined(model::<second::Task>(), &one, 4);
    assert_eq!(later.snapshot().log().len(), one.snapshot().log().len());
}

#[test]
fn what_two_migrations_make_together_is_introduced_by_who_writes_first() {
    mod pinned {
        use woodland::Record;

        #[derive(Record)]
        pub(crate) struct Task {
            pub(crate) title: String,
            pub(crate) urgency: i64,
            pub(crate) note: Option<String>,
            pub(crate) pinned: Option<bool>,
        }
    }
    mod both {
        use woodland::{Record, Text};

        #[derive(Record, Debug, PartialEq)]
        pub(crate) struct Task {
            pub(crate) title: String,
            pub(crate) urgency: i64,
            pub(crate) note: Option<String>,
            pub(crate) pinned: Option<bool>,
            pub(crate) body: Text,
        }
    }
    #[derive(Record)]
    #[woodland(name = "Task")]
    struct Bodied {
        title: String,
        urgency: i64,
        note: Option<String>,
        body: Text,
    }
    let old = founded::<first::Task>();
    let node = old.write(|b| b.insert(&task("pack", 2))).expect("written");
    let one = joined(agreeing::<pinned::Task>(), &old, 2);
    let other = joined(agreeing::<Bodied>(), &old, 3);
    one.write(|b| b.edit(as_of(node), pinned::Task::PINNED.set(true))).expect("written");
    other.write(|b| b.edit(as_of(node), Bodied::BODY.insert(0, "boots"))).expect("written");
    meet(&one, &other);
    assert_eq!(one.snapshot().voids(), []);
    // Nobody carries the schema with both, and a program that has both needs no migration.
    let program = model::<both::Task>();
    let last = joined(program.clone(), &one, 4);
    let (carried, commits) = (last.snapshot().graph().schemas().len(), last.snapshot().log().len());
    assert_eq!(commits, one.snapshot().log().len());
    let task = read::<both::Task>(&last, as_of(node));
    assert_eq!((task.pinned, task.body.as_str()), (Some(true), "boots"));
    let made = last
        .write(|b| {
            b.edit(as_of(node), both::Task::BODY.insert(5, "!"));
            b.insert(&both::Task {
                title: "walk".into(),
                urgency: 1,
                note: None,
                pinned: Some(false),
                body: "far".into(),
            })
        })
        .expect("written");
    assert_eq!(last.snapshot().voids(), []);
    assert_eq!(last.snapshot().graph().schemas().len(), carried + 1);
    last.write(|b| b.edit(made, both::Task::URGENCY.set(2))).expect("written");
    assert_eq!(last.snapshot().graph().schemas().len(), carried + 1, "carried once");
    meet(&last, &other);
    let walk = read::<Bodied>(&other, as_of(made));
    assert_eq!((walk.title.as_str(), walk.urgency, walk.body.as_str()), ("walk", 2, "far"));
    // The next author adopts what is carried now.
    let next = joined(program, &last, 5);
    next.write(|b| b.edit(as_of(node), both::Task::PINNED.clear())).expect("written");
    assert_eq!(next.snapshot().graph().schemas().len(), carried + 1);
    assert_eq!(next.snapshot().voids(), []);
}

#[test]
fn an_open_replica_goes_on_when_others_migrate() {
    let old = founded::<first::Task>();
    let node = old.write(|b| b.insert(&task("pack", 2))).expect("written");
    let mut tasks = old.subscribe(woodland::all::<first::Task>());
    let new = joined(agreeing::<second::Task>(), &old, 2);
    old.merge(&new).expect("merged");
    assert!(tasks.next().expect("readable").is_none(), "a migration is no change to a reader");
    assert_eq!(read(&old, node), task("pack", 2));
    new.write(|b| b.edit(as_of(node), second::Task::NAME.set("pack well"))).expect("written");
    old.merge(&new).expect("merged");
    let changes = tasks.next().expect("readable").expect("a change").changes;
    assert_eq!((changes.len(), &changes[0].fields[..]), (1, &["title"][..]));
    assert_eq!(changes[0].after, Some(task("pack well", 2)));
}

#[test]
fn a_branch_and_an_older_version_know_less_than_the_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tasks");
    let (node, heads) = {
        let old = Replica::create(&path, model::<first::Task>()).expect("created");
        let node = old.write(|b| b.insert(&task("pack", 2))).expect("written");
        let draft = old.branch("draft").expect("begun");
        draft.write(|b| b.edit(node, first::Task::TITLE.set("pack later"))).expect("written");
        let heads: Vec<_> = old.snapshot().log().heads().collect();
        (node, heads)
    };
    let new = Replica::open(&path, agreeing::<second::Task>()).expect("migrated");
    // The older version carries the older schema only: what the program has otherwise is told.
    let then = new.at(&heads).expect("held");
    assert_eq!(then.migrations(), []);
    let titles = then.read(second::Task::NAME.of(&[as_of(node)])).expect_err("called title then");
    assert!(titles.to_string().contains("Task@1.name is not in the schema"), "{titles}");
    let notes = then.read(second::Task::NOTE.of(&[as_of(node)])).expect("as it was");
    assert_eq!(notes, [Some(None)]);
    // The branch was begun before: the program agrees to migrate it, too.
    let draft = new.branch("draft").expect("migrated");
    assert_eq!(read::<second::Task>(&draft, as_of(node)).name, "pack later");
    new.merge(&draft).expect("merged");
    assert_eq!(read::<second::Task>(&new, as_of(node)).name, "pack later");
    assert_eq!(new.snapshot().voids(), []);
}

#[test]
fn a_chain_of_fifty_versions() {
    let schema = |fields: usize| -> Schema {
        let mut schema = define().record::<first::Task>().schema().expect("a schema");
        let (like, owner) = (schema.types[0].fields[2].clone(), &mut schema.types[0].fields);
        owner.extend((0..fields).map(|at| {
            let mut field = like.clone();
            (field.id.0, field.name) = (100 + at as u64, format!("note_{at}"));
            field
        }));
        schema
    };
    let old = founded::<first::Task>();
    let node = old.write(|b| b.insert(&task("pack", 2))).expect("written");
    for fields in 1..=50 {
        let model = woodland::Model::from(schema(fields)).migrate_if(|_| true);
        let release = joined(model, &old, 1000 + fields as u64);
        assert_eq!(release.snapshot().migrations().len(), fields);
        old.merge(&release).expect("merged");
    }
    let now = old.snapshot();
    let labels = now.graph().current().expect("a schema").types[0].label();
    assert_eq!(labels, "Task@51");
    assert_eq!(now.graph().schemas().len(), 51);
    assert_eq!(now.voids(), []);
    // The first program and the last, one from the middle, and one that leaves half of it out.
    old.write(|b| b.edit(node, first::Task::URGENCY.set(3))).expect("written");
    let last = joined(model_of(schema(50)), &old, 7);
    let middle = joined(model_of(schema(25)), &old, 8);
    for release in [&old, &last, &middle] {
        assert_eq!(release.snapshot().digest(), old.snapshot().digest());
        assert_eq!(release.snapshot().log().len(), old.snapshot().log().len());
    }
    assert_eq!(last.snapshot().schema().types[0].fields.len(), 53);
    assert_eq!(middle.snapshot().schema().types[0].fields.len(), 28);
}

fn model_of(schema: Schema) -> woodland::Model {
    schema.into()
}

#[test]
fn what_was_defined_wrongly_is_told_before_anything_is_made() {
    #[derive(Record)]
    struct Folder {
        name: String,
    }
    #[derive(Record)]
    struct Shelf {
        folders: woodland::List<woodland::Pointer<Folder, woodland::Restrict>>,
    }
    let told = |define: Define| define.schema().expect_err("refused").to_string();
    let list = told(define().record::<Folder>().record::<Shelf>());
    assert!(list.contains("Shelf.folders: a list holds plain pointers"), "{list}");
}
