//! Woodland: a record with a natural key, a batch a `write`, by the typed layer.
//!
//! **Invariants**
//! - All that is durable is durable by `write`, the default; a fill is buffered, then flushed and
//!   put to rest, as an import is.
//! - A scan goes through the graph, which shows one node after the other; `all` makes a list.
//!
//! What this does not do: set anything but the memory.

use crate::data::{Entry, Key, sum};
use crate::stores::{Keeps, Store, Writer, batches};
use ::woodland::{Durability, Maintained, Model, Options, Record, Replica, Value, all, define};
use anyhow::{Context, Result};
use std::ops::Range;
use std::path::Path;

#[derive(Record)]
#[woodland(name = "Entry")]
struct Written {
    #[woodland(key)]
    key: Vec<u8>,
    label: String,
    number: i64,
}

impl Written {
    fn of(entry: &Entry) -> Self {
        Written { key: entry.key.to_vec(), label: entry.label.clone(), number: entry.number }
    }

    fn entry(self) -> Result<Entry> {
        let key = self.key.first_chunk().copied().context("a key of 16 bytes")?;
        Ok(Entry { key, label: self.label, number: self.number })
    }
}

pub(crate) struct Woodland {
    replica: Replica,
}

fn model() -> Result<Model> {
    Ok(define().record::<Written>().model()?)
}

fn place(folder: &Path) -> std::path::PathBuf {
    folder.join("dataset")
}

impl Store for Woodland {
    const KEEPS: Keeps = Keeps::Commits;

    fn create(folder: &Path) -> Result<Self> {
        let options = Options::at(place(folder)).memory(crate::MEMORY_BYTES);
        Ok(Woodland { replica: Replica::create(options, model()?)? })
    }

    fn open(folder: &Path, memory_bytes: usize) -> Result<Self> {
        let options = Options::at(place(folder)).memory(memory_bytes);
        Ok(Woodland { replica: Replica::open(options, model()?)? })
    }

    fn writer(&self) -> Result<Writer<'_>> {
        Ok(Box::new(|entries| {
            self.replica.write(|batch| {
                for entry in entries {
                    batch.insert(&Written::of(entry));
                }
            })?;
            Ok(())
        }))
    }

    fn fill(&self, numbers: Range<u64>, at_once: u64) -> Result<()> {
        for entries in batches(numbers, at_once) {
            self.replica.write_with(Durability::Buffered, |batch| {
                for entry in &entries {
                    batch.insert(&Written::of(entry));
                }
            })?;
        }
        self.rest()?;
        while self.replica.maintain()? != Maintained::default() {}
        Ok(())
    }

    fn get(&self, key: &Key) -> Result<Option<Entry>> {
        let snapshot = self.replica.snapshot();
        let pointers = snapshot.keyed::<Written>([&key[..]])?;
        let found = snapshot.read(&pointers[..])?.pop().flatten();
        found.map(Written::entry).transpose()
    }

    fn scan(&self) -> Result<u64> {
        let snapshot = self.replica.snapshot();
        let mut total = 0_u64;
        for node in snapshot.graph().all() {
            let (mut key, mut label, mut number) = (None, None, None);
            for value in node.fields.values() {
                match value {
                    Value::Bytes(bytes) => key = Some(bytes),
                    Value::String(text) => label = Some(text),
                    Value::Int(int) => number = Some(*int),
                    _ => {}
                }
            }
            let parts = key.zip(label).zip(number);
            let ((key, label), number) = parts.context("a node of three fields")?;
            total = total.wrapping_add(sum(key, label, number));
        }
        Ok(total)
    }

    fn collect(&self) -> Result<Vec<Entry>> {
        let all = self.replica.snapshot().read(all::<Written>())?;
        all.into_iter().map(|(_, written)| written.entry()).collect()
    }

    fn edit(&self, keys: &[Key]) -> Result<()> {
        let snapshot = self.replica.snapshot();
        let pointers = snapshot.keyed::<Written>(keys.iter().map(|key| &key[..]))?;
        let numbers = snapshot.read(Written::NUMBER.of(&pointers))?;
        let numbers: Option<Vec<i64>> = numbers.into_iter().collect();
        let numbers = numbers.context("a record to edit")?;
        self.replica.write(|batch| {
            for (pointer, number) in pointers.iter().zip(numbers) {
                batch.edit(*pointer, Written::NUMBER.set(!number));
            }
        })?;
        Ok(())
    }

    fn rest(&self) -> Result<()> {
        self.replica.flush()?;
        Ok(self.replica.rest()?)
    }
}
