//! A journal of measurements: many threads write it, a second process reads it, and the power is
//! cut.
//!
//! The guide (`docs/guide/durability.md`) goes through this file.

use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use woodland::{
    Durability, Maintained, Maintenance, MemoryDisk, Model, Options, PowerCut, Record, Replica,
    StartError, Unsynced, WriteError, all, define,
};

#[derive(Record, Debug, PartialEq)]
struct Reading {
    sensor: i64,
    degrees: f64,
}

fn model() -> Result<Model> {
    Ok(define().record::<Reading>().model()?)
}

fn count(replica: &Replica) -> Result<usize> {
    Ok(replica.snapshot().read(all::<Reading>())?.len())
}

/// Every sensor has a thread.
fn together(journal: &Replica) -> Result<()> {
    thread::scope(|scope| {
        let sensors: Vec<_> = (0..8)
            .map(|sensor| {
                scope.spawn(move || {
                    for degrees in [20.5, 21.0, 21.5] {
                        journal.write(|b| b.insert(&Reading { sensor, degrees }))?;
                    }
                    Ok::<(), WriteError>(())
                })
            })
            .collect();
        sensors.into_iter().try_for_each(|sensor| sensor.join().expect("no sensor panics"))
    })?;
    ensure!(count(journal)? == 24);
    Ok(())
}

/// What can be read again from elsewhere need not wait for the disk at each step.
fn import(journal: &Replica, degrees: &[f64]) -> Result<()> {
    for &degrees in degrees {
        journal.write_with(Durability::Buffered, |b| b.insert(&Reading { sensor: 99, degrees }))?;
    }
    journal.flush()?;
    Ok(())
}

/// What leaves the process is durable, whoever asks for it.
fn give_away(journal: &Replica, folder: &Path) -> Result<()> {
    journal
        .write_with(Durability::Buffered, |b| b.insert(&Reading { sensor: 99, degrees: 19.0 }))?;
    ensure!(journal.durable_snapshot().version() != journal.snapshot().version());
    // An export, a merge by another replica, a join and a new branch flush first.
    journal.export(folder.join("journal.wll"))?;
    ensure!(journal.durable_snapshot().version() == journal.snapshot().version());
    Ok(())
}

/// A second process shows what the first one writes.
fn beside(journal: &Replica, place: &Path) -> Result<()> {
    let second = Replica::open(place, model()?);
    ensure!(matches!(second, Err(StartError::Open(_))), "one process writes");

    let display = Replica::open(Options::at(place).read_only(), model()?)?;
    let mut follows = display.subscribe(all::<Reading>());
    journal.write(|b| b.insert(&Reading { sensor: 1, degrees: 22.0 }))?;
    let refreshed = display.refresh()?;
    ensure!(refreshed.commits == 1);
    let diff = follows.next()?.context("subscribers are told of it")?;
    ensure!(diff.changes.len() == 1);

    let refused = display.write(|b| b.insert(&Reading { sensor: 1, degrees: 0.0 }));
    println!("{}", refused.expect_err("it is read-only"));
    Ok(())
}

/// A program that wants no thread does the upkeep when it has time.
fn when_idle(place: &Path) -> Result<()> {
    let journal = Replica::open(Options::at(place).maintenance(Maintenance::ByCaller), model()?)?;
    while journal.maintain()? != Maintained::default() {}
    Ok(())
}

/// A program's own test: what is there after a power cut?
fn power_cut() -> Result<()> {
    let disk = MemoryDisk::new();
    let journal = Replica::create(Options::on(Arc::new(disk.clone())).seed(1), model()?)?;
    journal.write(|b| b.insert(&Reading { sensor: 1, degrees: 20.0 }))?;
    for degrees in [21.0, 22.0, 23.0] {
        journal.write_with(Durability::Buffered, |b| b.insert(&Reading { sensor: 1, degrees }))?;
    }
    ensure!(count(&journal)? == 4);

    let cut = PowerCut { names: Unsynced::Lost, lengths: Unsynced::Lost, bytes_kept: 0 };
    let after = Arc::new(disk.after_power_cut(cut));
    let journal = Replica::open(Options::on(after).seed(2), model()?)?;
    ensure!(count(&journal)? == 1, "what was acknowledged as durable is there");
    Ok(())
}

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let place = folder.path().join("journal");
    let journal = Replica::create(&place, model()?)?;
    together(&journal)?;
    import(&journal, &[18.0, 18.5])?;
    give_away(&journal, folder.path())?;
    beside(&journal, &place)?;
    drop(journal);
    when_idle(&place)?;
    power_cut()
}

#[test]
fn the_example_runs() {
    main().expect("it runs");
}

/// The guide's code is this file's.
#[test]
fn the_guide_says_what_is_here() {
    let here = include_str!("durability.rs");
    let guide = include_str!("../../../docs/guide/durability.md");
    let blocks = guide.split("```rust\n").skip(1);
    let blocks: Vec<&str> = blocks.filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 6, "the guide shows each choice, reading, upkeep and a power cut");
    for block in blocks {
        assert!(here.contains(block), "docs/guide/durability.md shows what is not here:\n{block}");
    }
}
