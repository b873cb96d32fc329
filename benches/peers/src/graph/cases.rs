//! What each case does, for any peer.
//!
//! **Invariants**
//! - On the clock is what an application does with the data in hand, what a reader drops after use
//!   included. Data, names and handles are made before; results are verified and graphs dropped
//!   after.
//! - A result is compared with what the data says, not with another peer.
//!
//! What this does not do: repeat. One process measures once.

use super::{Graph, Saved};
use crate::checksum::{TitleSum, of_books};
use crate::data::{BATCH, Book, Data, Update};
use crate::heap;
use crate::suite::{BYTES, Measured, Reading, Setting, timed};
use anyhow::{Context, Result, ensure};

/// The level of the compressed size.
const ZSTD_LEVEL: i32 = 3;

pub(super) fn prepare<G: Graph>(setting: &Setting) -> Result<Measured> {
    let data = Data::of(setting.nodes);
    let mut graph = named::<G>(&data)?;
    update(&mut graph, &data.updates, BATCH)?;
    graph.save(&setting.saved)?;
    let names: Vec<String> = graph.names(data.books.len())?.iter().map(G::name_to_text).collect();
    std::fs::write(setting.names(), serde_json::to_vec(&names)?)?;
    verified(&graph, &data.after(&data.updates), Vec::new())
}

pub(super) fn insert_at_once<G: Graph>(setting: &Setting) -> Result<Measured> {
    let data = Data::of(setting.nodes);
    let (graph, time) = timed(|| inserted::<G>(&data, data.books.len()))?;
    verified(&graph, &data.books, vec![time])
}

pub(super) fn insert_in_batches<G: Graph>(setting: &Setting) -> Result<Measured> {
    let data = Data::of(setting.nodes);
    let (graph, time) = timed(|| inserted::<G>(&data, BATCH))?;
    verified(&graph, &data.books, vec![time])
}

pub(super) fn update_at_once<G: Graph>(setting: &Setting) -> Result<Measured> {
    let data = Data::of(setting.nodes);
    updated(named::<G>(&data)?, &data, &data.updates, data.updates.len())
}

pub(super) fn update_in_batches<G: Graph>(setting: &Setting) -> Result<Measured> {
    let data = Data::of(setting.nodes);
    updated(named::<G>(&data)?, &data, &data.updates, BATCH)
}

pub(super) fn update_held<G: Graph>(setting: &Setting) -> Result<Measured> {
    let data = Data::of(setting.nodes);
    let mut graph = named::<G>(&data)?;
    graph.hold()?;
    updated(graph, &data, &data.updates, BATCH)
}

pub(super) fn update_singly<G: Graph>(setting: &Setting) -> Result<Measured> {
    let data = Data::of(setting.nodes);
    updated(named::<G>(&data)?, &data, data.singles(), 1)
}

pub(super) fn read<G: Graph>(setting: &Setting) -> Result<Measured> {
    let data = Data::of(setting.nodes);
    titles(&named::<G>(&data)?, &data)
}

pub(super) fn read_held<G: Graph>(setting: &Setting) -> Result<Measured> {
    let data = Data::of(setting.nodes);
    let mut graph = named::<G>(&data)?;
    graph.hold()?;
    titles(&graph, &data)
}

pub(super) fn walk<G: Graph>(setting: &Setting) -> Result<Measured> {
    let data = Data::of(setting.nodes);
    let graph = inserted::<G>(&data, BATCH)?;
    let (seen, time) = timed(|| graph.walk())?;
    agreed(graph.checksum(seen)?, &data.books, vec![time])
}

pub(super) fn size<G: Graph>(setting: &Setting) -> Result<Measured> {
    let stored = Stored::read::<G>(setting)?;
    let compressed = zstd::encode_all(stored.bytes.as_slice(), ZSTD_LEVEL)?;
    let raw = Reading::new("size", BYTES, stored.bytes.len() as f64);
    let compressed = Reading::new("size with zstd-3", BYTES, compressed.len() as f64);
    let (names, after) = (stored.names, stored.after);
    let graph = G::load(&Saved { bytes: &stored.bytes, path: &setting.saved }, names)?;
    verified(&graph, &after, vec![raw, compressed])
}

pub(super) fn load_and_read<G: Graph>(setting: &Setting) -> Result<Measured> {
    let Stored { bytes, names, after, .. } = Stored::<G::Name>::read::<G>(setting)?;
    let saved = Saved { bytes: &bytes, path: &setting.saved };
    let number = after.len() / 2;
    let ((graph, seen), time) = timed(|| {
        let graph = G::load(&saved, names)?;
        let seen = graph.book(number as u32)?;
        Ok((graph, seen))
    })?;
    agreed(graph.checksum(seen)?, &after[number..=number], vec![time])
}

pub(super) fn load_and_update<G: Graph>(setting: &Setting) -> Result<Measured> {
    let Stored { bytes, names, mut after } = Stored::<G::Name>::read::<G>(setting)?;
    let saved = Saved { bytes: &bytes, path: &setting.saved };
    let number = after.len() / 2;
    let update = Update { number: number as u32, year: after[number].year + 1 };
    let (graph, time) = timed(|| {
        let mut graph = G::load(&saved, names)?;
        graph.update(&[update])?;
        Ok(graph)
    })?;
    after[number].year = update.year;
    verified(&graph, &after, vec![time])
}

pub(super) fn load_and_walk<G: Graph>(setting: &Setting) -> Result<Measured> {
    let Stored { bytes, names, after } = Stored::<G::Name>::read::<G>(setting)?;
    let saved = Saved { bytes: &bytes, path: &setting.saved };
    let ((graph, seen), time) = timed(|| {
        let graph = G::load(&saved, names)?;
        let seen = graph.walk()?;
        Ok((graph, seen))
    })?;
    agreed(graph.checksum(seen)?, &after, vec![time])
}

pub(super) fn load_and_weigh<G: Graph>(setting: &Setting) -> Result<Measured> {
    let Stored { bytes, names, after } = Stored::<G::Name>::read::<G>(setting)?;
    let saved = Saved { bytes: &bytes, path: &setting.saved };
    // What a walk hands over is dropped before the count ends, so it is walked again to verify.
    let (graph, grown) = heap::growth(|| {
        let graph = G::load(&saved, names)?;
        drop(graph.walk()?);
        anyhow::Ok(graph)
    });
    verified(&graph?, &after, vec![Reading::new("heap", BYTES, grown as f64)])
}

/// The prepared file, and what is in it.
struct Stored<N> {
    bytes: Vec<u8>,
    names: Vec<N>,
    after: Vec<Book>,
}

impl<N> Stored<N> {
    fn read<G: Graph<Name = N>>(setting: &Setting) -> Result<Self> {
        let bytes = std::fs::read(&setting.saved).context("the prepared file")?;
        let names: Vec<String> = serde_json::from_slice(&std::fs::read(setting.names())?)?;
        let names = names.iter().map(|name| G::name_from_text(name)).collect::<Result<_>>()?;
        let data = Data::of(setting.nodes);
        Ok(Stored { bytes, names, after: data.after(&data.updates) })
    }
}

fn inserted<G: Graph>(data: &Data, batch: usize) -> Result<G> {
    let mut graph = G::begin()?;
    data.books.chunks(batch).try_for_each(|books| graph.insert(books))?;
    Ok(graph)
}

/// All books, inserted and ready to be found by name.
fn named<G: Graph>(data: &Data) -> Result<G> {
    let mut graph = inserted::<G>(data, BATCH)?;
    let names = graph.names(data.books.len())?;
    graph.use_names(names);
    Ok(graph)
}

fn update<G: Graph>(graph: &mut G, updates: &[Update], batch: usize) -> Result<()> {
    updates.chunks(batch).try_for_each(|some| graph.update(some))
}

fn updated<G: Graph>(
    mut graph: G,
    data: &Data,
    updates: &[Update],
    batch: usize,
) -> Result<Measured> {
    let ((), time) = timed(|| update(&mut graph, updates, batch))?;
    verified(&graph, &data.after(updates), vec![time])
}

fn titles<G: Graph>(graph: &G, data: &Data) -> Result<Measured> {
    let (sum, time) = timed(|| graph.titles(&data.reads))?;
    let mut expected = TitleSum::default();
    data.reads.iter().for_each(|number| expected.take(&data.books[*number as usize].title));
    ensure!(sum == expected.close(), "the titles that were read are not those that were written");
    Ok((sum, vec![time]))
}

fn verified<G: Graph>(graph: &G, books: &[Book], readings: Vec<Reading>) -> Result<Measured> {
    agreed(graph.checksum(graph.walk()?)?, books, readings)
}

fn agreed(sum: u64, books: &[Book], readings: Vec<Reading>) -> Result<Measured> {
    ensure!(sum == of_books(books), "what was read is not what was written");
    Ok((sum, readings))
}
