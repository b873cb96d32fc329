//! What is measured: each act by one store, in a process of its own.
//!
//! **Invariants**
//! - An act verifies what it read, outside the clock where that costs anything: what is wrong is an
//!   error, never a number.
//! - The clock is the wall's: most of what is measured waits for the disk.
//!
//! What this does not do: empty the system's cache of files. Whoever starts the process does.

use crate::data::{BATCH, Entry, Key, Random, key, sum_of};
use crate::heap;
use crate::stores::{Floor, Keeps, Name, Redb, Sqlite, SqliteShared, Store, Woodland};
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Point reads before the clock starts, and before memory is looked at.
const WARMING_READS: u64 = 20_000;
/// Records that are edited in a dataset larger than memory, and in one batch of them.
const EDITS: u64 = 1_000;
const EDITS_AT_ONCE: u64 = 100;
/// Up to this size a dataset is made one record a transaction, whether or not that can be seen.
const ONE_BY_ONE_MAX: u64 = 100_000;

/// One thing that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Act {
    /// Makes the dataset that others open.
    Prepare,
    Writers,
    Bulk,
    OpenRead,
    OpenWrite,
    Reads,
    Scan,
    Memory,
    Larger,
}

impl Act {
    /// Whether it needs a prepared dataset.
    pub(crate) fn opens(self) -> bool {
        !matches!(self, Act::Prepare | Act::Writers | Act::Bulk)
    }
}

/// A number that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reading {
    pub(crate) metric: String,
    pub(crate) unit: String,
    pub(crate) value: f64,
}

/// What an act is done on.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Setting {
    #[arg(long)]
    pub(crate) folder: PathBuf,
    /// Records of a dataset.
    #[arg(long)]
    pub(crate) size: u64,
    #[arg(long)]
    pub(crate) threads: usize,
    #[arg(long)]
    pub(crate) milliseconds: u64,
    #[arg(long)]
    pub(crate) memory_bytes: usize,
    /// Another one gives another choice of records.
    #[arg(long)]
    pub(crate) round: u64,
}

/// Does it.
pub(crate) fn act(store: Name, act: Act, setting: &Setting) -> Result<Vec<Reading>> {
    match store {
        Name::Woodland => act_by::<Woodland>(act, setting),
        Name::Redb => act_by::<Redb>(act, setting),
        Name::Floor => floor(act, setting),
        Name::Sqlite if act == Act::Writers => sqlite_writers(setting),
        Name::Sqlite => act_by::<Sqlite>(act, setting),
    }
}

fn act_by<S: Store>(act: Act, setting: &Setting) -> Result<Vec<Reading>> {
    match act {
        Act::Prepare => prepare::<S>(setting),
        Act::Writers => writers::<S>(setting, &setting.folder),
        Act::Bulk => bulk::<S>(setting),
        Act::OpenRead => open_read::<S>(setting),
        Act::OpenWrite => open_write::<S>(setting),
        Act::Reads => reads::<S>(setting),
        Act::Scan => scan::<S>(setting),
        Act::Memory => memory::<S>(setting),
        Act::Larger => larger::<S>(setting),
    }
}

impl Setting {
    fn open<S: Store>(&self) -> Result<S> {
        S::open(&self.folder, self.memory_bytes)
    }

    fn random(&self) -> Random {
        Random(0xC0DE ^ (self.round << 32))
    }

    fn duration(&self) -> Duration {
        Duration::from_millis(self.milliseconds)
    }
}

fn reading(metric: &str, unit: &str, value: f64) -> Reading {
    Reading { metric: metric.to_owned(), unit: unit.to_owned(), value }
}

fn milliseconds(metric: &str, since: Instant) -> Reading {
    reading(metric, "ms", since.elapsed().as_secs_f64() * 1e3)
}

fn a_second(metric: &str, count: u64, since: Instant) -> Reading {
    reading(metric, "/s", count as f64 / since.elapsed().as_secs_f64())
}

fn mebibytes(metric: &str, bytes: u64) -> Reading {
    reading(metric, "MiB", bytes as f64 / f64::from(1 << 20))
}

/// Of a store that keeps no commits, a large dataset is the same however it came about.
fn prepare<S: Store>(setting: &Setting) -> Result<Vec<Reading>> {
    let is_shortened = S::KEEPS == Keeps::Records && setting.size > ONE_BY_ONE_MAX;
    let begun = Instant::now();
    S::create(&setting.folder)?.fill(0..setting.size, if is_shortened { BATCH } else { 1 })?;
    let microseconds = begun.elapsed().as_secs_f64() * 1e6 / setting.size as f64;
    let mut found = vec![mebibytes("on disk", crate::place::bytes_under(&setting.folder)?)];
    if !is_shortened {
        found.push(reading("a commit, not durable", "us", microseconds));
    }
    Ok(found)
}

/// Each thread writes a record at a time until time is up.
fn writers<S: Store>(setting: &Setting, folder: &Path) -> Result<Vec<Reading>> {
    let store = S::create(folder)?;
    let (next, barrier) = (AtomicU64::new(0), Barrier::new(setting.threads));
    let until_late = |number: &AtomicU64| -> Result<Instant> {
        let mut writer = store.writer()?;
        barrier.wait();
        let begun = Instant::now();
        while begun.elapsed() < setting.duration() {
            writer(&[Entry::of(number.fetch_add(1, Ordering::Relaxed))])?;
        }
        Ok(begun)
    };
    let begun: Vec<Instant> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..setting.threads).map(|_| scope.spawn(|| until_late(&next))).collect();
        let joined = threads.into_iter().map(|thread| thread.join().expect("no writer panics"));
        joined.collect::<Result<_>>()
    })?;
    let begun = begun.into_iter().min().context("a thread")?;
    let count = next.into_inner();
    let found = vec![a_second("", count, begun)];
    ensure!(store.scan()? == sum_of(count), "not all that was written is there");
    Ok(found)
}

/// By a connection a thread, and by one for all: the better.
fn sqlite_writers(setting: &Setting) -> Result<Vec<Reading>> {
    let (own, shared) = (setting.folder.join("own"), setting.folder.join("shared"));
    std::fs::create_dir(&own)?;
    std::fs::create_dir(&shared)?;
    let own = writers::<Sqlite>(setting, &own)?;
    let shared = writers::<SqliteShared>(setting, &shared)?;
    let (each, one) = (own[0].value, shared[0].value);
    eprintln!("  sqlite: {each:.0}/s by a connection a thread, {one:.0}/s by one connection");
    Ok(if each > one { own } else { shared })
}

fn bulk<S: Store>(setting: &Setting) -> Result<Vec<Reading>> {
    let store = S::create(&setting.folder)?;
    let entries: Vec<Entry> = (0..setting.size).map(Entry::of).collect();
    let begun = Instant::now();
    let mut writer = store.writer()?;
    entries.chunks(BATCH as usize).try_for_each(&mut writer)?;
    drop(writer);
    let found = vec![a_second("", setting.size, begun)];
    ensure!(store.scan()? == sum_of(setting.size), "not all that was written is there");
    Ok(found)
}

fn some_key(setting: &Setting) -> (Key, Entry) {
    let number = setting.random().below(setting.size);
    (key(number), Entry::of(number))
}

fn open_read<S: Store>(setting: &Setting) -> Result<Vec<Reading>> {
    let (key, expected) = some_key(setting);
    let before = heap::read_from_disk()?;
    let begun = Instant::now();
    let store: S = setting.open()?;
    let opened = milliseconds("opened", begun);
    let found = store.get(&key)?;
    let found_in = milliseconds("", begun);
    let bytes = heap::read_from_disk()? - before;
    ensure!(found.is_some_and(|found| found.sum() == expected.sum()), "another record was read");
    Ok(vec![found_in, opened, mebibytes("read from the disk", bytes)])
}

/// It writes a record that is there, as it is: the dataset stays what it was.
fn open_write<S: Store>(setting: &Setting) -> Result<Vec<Reading>> {
    let (_, entry) = some_key(setting);
    let begun = Instant::now();
    let store: S = setting.open()?;
    store.writer()?(&[entry])?;
    Ok(vec![milliseconds("", begun)])
}

fn read_some<S: Store>(store: &S, random: &mut Random, setting: &Setting) -> Result<()> {
    let key = key(random.below(setting.size));
    let found = store.get(&key)?;
    ensure!(found.is_some_and(|found| found.key == key), "a record is missing");
    Ok(())
}

fn reads<S: Store>(setting: &Setting) -> Result<Vec<Reading>> {
    let (store, mut random): (S, _) = (setting.open()?, setting.random());
    for _ in 0..WARMING_READS {
        read_some(&store, &mut random, setting)?;
    }
    let (begun, mut count) = (Instant::now(), 0);
    while begun.elapsed() < setting.duration() {
        read_some(&store, &mut random, setting)?;
        count += 1;
    }
    Ok(vec![a_second("", count, begun)])
}

fn scan<S: Store>(setting: &Setting) -> Result<Vec<Reading>> {
    let store: S = setting.open()?;
    let begun = Instant::now();
    let sum = store.scan()?;
    let cold = a_second("one after the other, first time", setting.size, begun);
    let begun = Instant::now();
    let again = store.scan()?;
    let warm = a_second("one after the other, again", setting.size, begun);
    let begun = Instant::now();
    let all = store.collect()?;
    let listed = a_second("as a list", setting.size, begun);
    let of_all = all.iter().map(Entry::sum).fold(0, u64::wrapping_add);
    let expected = sum_of(setting.size);
    ensure!([sum, again, of_all] == [expected; 3], "a scan differs from what was written");
    Ok(vec![cold, warm, listed])
}

fn memory<S: Store>(setting: &Setting) -> Result<Vec<Reading>> {
    heap::watch();
    let mut found = Vec::new();
    let mut look = |when: &str| -> Result<()> {
        found.push(mebibytes(&format!("heap after {when}"), heap::live()));
        found.push(mebibytes(&format!("heap's peak until {when}"), heap::peak()));
        found.push(mebibytes(&format!("resident peak until {when}"), heap::resident_peak()?));
        Ok(())
    };
    let (store, mut random): (S, _) = (setting.open()?, setting.random());
    read_some(&store, &mut random, setting)?;
    look("opening")?;
    for _ in 0..WARMING_READS {
        read_some(&store, &mut random, setting)?;
    }
    look("point reads")?;
    ensure!(store.scan()? == sum_of(setting.size), "a scan differs from what was written");
    look("a scan")?;
    Ok(found)
}

/// Opened, scanned and edited with a tenth of the memory that it would take.
fn larger<S: Store>(setting: &Setting) -> Result<Vec<Reading>> {
    heap::watch();
    let bytes = crate::place::bytes_under(&setting.folder)?;
    let (store, mut random): (S, _) = (setting.open()?, setting.random());
    let begun = Instant::now();
    ensure!(store.scan()? == sum_of(setting.size), "a scan differs from what was written");
    let scanned = milliseconds("scan", begun);
    let scan_peak = heap::peak();
    let begun = Instant::now();
    for _ in 0..EDITS / EDITS_AT_ONCE {
        let start = random.below(setting.size - EDITS_AT_ONCE);
        let keys: Vec<Key> = (start..start + EDITS_AT_ONCE).map(key).collect();
        let before = store.get(&keys[0])?.context("a record to edit")?.number;
        store.edit(&keys)?;
        let after = store.get(&keys[0])?.context("a record that was edited")?.number;
        ensure!(after == !before, "an edit is not read back");
    }
    let edited = milliseconds("1,000 edits in batches of 100", begun);
    store.rest()?;
    let (peak, budget) = (heap::peak(), setting.memory_bytes as u64);
    Ok(vec![
        mebibytes("budget", budget),
        mebibytes("on disk", bytes),
        mebibytes("heap's peak in the scan", scan_peak),
        mebibytes("heap's peak", peak),
        reading("heap's peak by budget", "x", peak as f64 / budget as f64),
        mebibytes("resident peak", heap::resident_peak()?),
        scanned,
        edited,
    ])
}

/// It can append, and nothing else.
fn floor(act: Act, setting: &Setting) -> Result<Vec<Reading>> {
    let mut floor = Floor::create(&setting.folder)?;
    let (begun, mut count) = (Instant::now(), 0);
    match act {
        Act::Writers => {
            while begun.elapsed() < setting.duration() {
                floor.append(1)?;
                count += 1;
            }
        }
        Act::Bulk => {
            while count < setting.size {
                floor.append(BATCH as usize)?;
                count += BATCH;
            }
        }
        _ => bail!("the floor only appends"),
    }
    Ok(vec![a_second("", count, begun)])
}
