//! A list of tasks over three releases, whose programs are alive at the same time.
//!
//! Each release is a module with the record as its program has it. The guide
//! (`docs/guide/migrations.md`) goes through this file.

#![expect(unreachable_pub, reason = "a program's records are as visible as its modules are")]

use anyhow::{Result, bail, ensure};
use woodland::{Loss, Model, NodeId, Pointer, Proposal, Replica, StartError, define};

/// What everybody has on their phone.
mod first {
    use woodland::Record;

    #[derive(Record, Debug)]
    pub struct Task {
        pub title: String,
        pub urgency: i64,
        pub assignee: Option<String>,
    }
}

/// A task is urgent or not, and may be due; what was a title is called a name.
mod second {
    use woodland::{Record, Text};

    #[derive(Record, Debug)]
    pub struct Task {
        #[woodland(was = "title")]
        pub name: String,
        #[woodland(was = "urgency")]
        pub urgent: bool,
        pub assignee: Option<String>,
        #[woodland(default = "some day")]
        pub due: String,
        pub remarks: Text,
    }
}

/// Whom a task is for is a person, a node of its own. The name in the task stays for a while: it is
/// what the programs before write.
mod third {
    use woodland::{Pointer, Record, Restrict, Text};

    #[derive(Record, Debug)]
    pub struct Person {
        #[woodland(key)]
        pub name: String,
        pub phone: Option<String>,
    }

    #[derive(Record, Debug)]
    pub struct Task {
        #[woodland(was = "title")]
        pub name: String,
        #[woodland(was = "urgency")]
        pub urgent: bool,
        pub assignee: Option<String>,
        #[woodland(default = "some day")]
        pub due: String,
        pub remarks: Text,
        pub owner: Option<Pointer<Person, Restrict>>,
    }
}

fn first_model() -> Result<Model> {
    Ok(define().record::<first::Task>().model()?)
}

fn second_model() -> Result<Model> {
    Ok(define().record::<second::Task>().model()?.migrate_if(review))
}

fn third_model() -> Result<Model> {
    let model = define().record::<third::Task>().record::<third::Person>().model()?;
    Ok(model.migrate_if(review))
}

/// Nothing may be hidden by an upgrade. Somebody may be asked here, too.
fn review(proposal: &Proposal) -> bool {
    print!("{proposal}");
    proposal.notes.iter().all(|note| note.loss < Loss::Hidden)
}

/// The second release comes. Without a yes it is told what would have to be done.
fn upgrade(ada: &Replica) -> Result<Replica> {
    let unasked = define().record::<second::Task>().model()?;
    match Replica::join_in_memory(&unasked, ada, 2) {
        Err(StartError::SchemaDiffers { proposal }) => {
            ensure!(proposal.to_string().contains("from int to bool"));
        }
        _ => bail!("no schema of the dataset fits the second release"),
    }
    let (ben, _) = Replica::join_in_memory(second_model()?, ada, 2)?;
    ensure!(ben.snapshot().migrations().len() == 1, "it is made once, for all");
    Ok(ben)
}

/// Both go on, each with what it knows.
fn work(ada: &Replica, ben: &Replica, pack: NodeId) -> Result<()> {
    let (old, new) = (Pointer::<first::Task>::to(pack), Pointer::<second::Task>::to(pack));
    ada.write(|b| {
        b.edit(old, (first::Task::TITLE.set("Pack boots"), first::Task::URGENCY.set(0)));
    })?;
    ben.write(|b| b.edit(new, second::Task::REMARKS.insert(0, "The big ones.")))?;
    ada.merge(ben)?;
    ben.merge(ada)?;

    let (snapshot, same) = (ben.snapshot(), ada.snapshot());
    let task = snapshot.read(&[new])?.remove(0).expect("it is there");
    ensure!(task.name == "Pack boots" && !task.urgent && *task.remarks == "The big ones.");
    ensure!(task.due == "some day", "the first release does not know of it");
    let task = same.read(&[old])?.remove(0).expect("it is there");
    ensure!(task.urgency == 0 && task.title == "Pack boots");
    ensure!(snapshot.digest() == same.digest(), "one dataset");
    Ok(())
}

/// The third release fills what it added, whenever it comes across what an older one wrote.
fn adopt(replica: &Replica) -> Result<usize> {
    let tasks = replica.snapshot().all::<third::Task>()?;
    let without = tasks.into_iter().filter(|(_, task)| task.owner.is_none());
    let named: Vec<_> = without.filter_map(|(node, task)| Some((node, task.assignee?))).collect();
    let count = named.len();
    replica.write(|b| {
        for (node, name) in named {
            let person = b.insert(&third::Person { name, phone: None });
            b.edit(node, third::Task::OWNER.set(person));
        }
    })?;
    Ok(count)
}

/// Two who upgrade apart, to the same release, make one migration.
fn upgrade_apart(ada: &Replica) -> Result<(Replica, Replica)> {
    let (cem, _) = Replica::join_in_memory(third_model()?, ada, 3)?;
    let (dia, _) = Replica::join_in_memory(third_model()?, ada, 4)?;
    cem.merge(&dia)?;
    dia.merge(&cem)?;
    ensure!(cem.snapshot().schema() == dia.snapshot().schema());
    ensure!(cem.snapshot().voids().is_empty());
    Ok((cem, dia))
}

fn main() -> Result<()> {
    let ada = Replica::in_memory(first_model()?, 1)?;
    let pack = ada.write(|b| {
        b.insert(&first::Task { title: "Pack".into(), urgency: 2, assignee: Some("Ben".into()) })
    })?;
    let ben = upgrade(&ada)?;
    work(&ada, &ben, pack.id())?;

    let (cem, dia) = upgrade_apart(&ben)?;
    ensure!(adopt(&cem)? == 1 && adopt(&dia)? == 1, "a person by key is one, whoever makes it");
    ada.write(|b| {
        b.insert(&first::Task { title: "Walk".into(), urgency: 1, assignee: Some("Ada".into()) })
    })?;
    for other in [&ada, &ben, &dia] {
        cem.merge(other)?;
    }
    ensure!(adopt(&cem)? == 1, "the first release wrote one more");
    let people = cem.snapshot().all::<third::Person>()?;
    ensure!(people.len() == 2);
    for (_, task) in cem.snapshot().all::<third::Task>()? {
        println!("{} (urgent: {}), due {}", task.name, task.urgent, task.due);
    }
    // All are alive still: what the third wrote, the first reads.
    ada.merge(&cem)?;
    ensure!(ada.snapshot().all::<first::Task>()?.len() == 2);
    ensure!(ada.snapshot().voids().is_empty(), "nothing that anybody wrote was for nothing");
    Ok(())
}

#[test]
fn the_example_runs() {
    main().expect("it runs");
}

/// The guide's code is this file's.
#[test]
fn the_guide_says_what_is_here() {
    let here = include_str!("releases.rs");
    let guide = include_str!("../../../docs/guide/migrations.md");
    let blocks = guide.split("```rust\n").skip(1);
    let blocks: Vec<&str> = blocks.filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 7, "the guide shows three releases, and what becomes of each");
    for block in blocks {
        assert!(here.contains(block), "docs/guide/migrations.md shows what is not here:\n{block}");
    }
    // What is printed is what is printed.
    let proposal = Replica::in_memory(first_model().expect("a model"), 1)
        .and_then(|ada| ada.propose(second_model().expect("a model")))
        .expect("proposed")
        .expect("something differs");
    assert!(guide.contains(&proposal.to_string()), "the guide shows another proposal:\n{proposal}");
}
