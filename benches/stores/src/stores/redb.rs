//! redb: one table, a write transaction a batch, the default durability.
//!
//! `Durability::Immediate` is durable when `commit` returns. Threads take turns: `begin_write`
//! waits for the transaction before it, so that writers share no sync. Its own format keeps a label
//! after eight bytes of number.
//!
//! **Invariants**
//! - A fill is durable in every thousandth transaction only; without those redb frees no page.

use crate::data::{Entry, Key, sum};
use crate::stores::{Keeps, Store, Writer, batches};
use anyhow::{Context, Result};
use redb::{Builder, Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};
use std::ops::Range;
use std::path::Path;

const RECORDS: TableDefinition<'static, Key, &'static [u8]> = TableDefinition::new("records");
const FILE: &str = "records.redb";
/// Transactions of a fill between two that are durable.
const UNSYNCED_MAX: u64 = 1_000;

pub(crate) struct Redb {
    database: Database,
}

fn bytes_of(entry: &Entry) -> Vec<u8> {
    let mut bytes = entry.number.to_le_bytes().to_vec();
    bytes.extend_from_slice(entry.label.as_bytes());
    bytes
}

fn parts_of(bytes: &[u8]) -> Result<(i64, &str)> {
    let (number, label) = bytes.split_first_chunk::<8>().context("a record of redb's")?;
    Ok((i64::from_le_bytes(*number), std::str::from_utf8(label)?))
}

impl Redb {
    fn put(&self, durability: Durability, entries: &[Entry]) -> Result<()> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(durability)?;
        {
            let mut table = transaction.open_table(RECORDS)?;
            for entry in entries {
                table.insert(entry.key, bytes_of(entry).as_slice())?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn each(&self, mut see: impl FnMut(&Key, i64, &str)) -> Result<()> {
        let table = self.database.begin_read()?.open_table(RECORDS)?;
        for found in table.iter()? {
            let (key, bytes) = found?;
            let (number, label) = parts_of(bytes.value())?;
            see(&key.value(), number, label);
        }
        Ok(())
    }
}

impl Store for Redb {
    const KEEPS: Keeps = Keeps::Records;

    fn create(folder: &Path) -> Result<Self> {
        Self::open(folder, crate::MEMORY_BYTES)
    }

    fn open(folder: &Path, memory_bytes: usize) -> Result<Self> {
        let mut builder = Builder::new();
        builder.set_cache_size(memory_bytes);
        Ok(Redb { database: builder.create(folder.join(FILE))? })
    }

    fn writer(&self) -> Result<Writer<'_>> {
        Ok(Box::new(|entries| self.put(Durability::Immediate, entries)))
    }

    fn fill(&self, numbers: Range<u64>, at_once: u64) -> Result<()> {
        for (count, entries) in (1..).zip(batches(numbers, at_once)) {
            let is_durable = count % UNSYNCED_MAX == 0;
            self.put(if is_durable { Durability::Immediate } else { Durability::None }, &entries)?;
        }
        self.rest()
    }

    fn get(&self, key: &Key) -> Result<Option<Entry>> {
        let table = self.database.begin_read()?.open_table(RECORDS)?;
        let Some(bytes) = table.get(key)? else { return Ok(None) };
        let (number, label) = parts_of(bytes.value())?;
        Ok(Some(Entry { key: *key, label: label.to_owned(), number }))
    }

    fn scan(&self) -> Result<u64> {
        let mut total = 0_u64;
        self.each(|key, number, label| total = total.wrapping_add(sum(key, label, number)))?;
        Ok(total)
    }

    fn collect(&self) -> Result<Vec<Entry>> {
        let mut all = Vec::new();
        self.each(|key, number, label| {
            all.push(Entry { key: *key, label: label.to_owned(), number });
        })?;
        Ok(all)
    }

    fn edit(&self, keys: &[Key]) -> Result<()> {
        let transaction = self.database.begin_write()?;
        {
            let mut table = transaction.open_table(RECORDS)?;
            for key in keys {
                let mut bytes = table.get(key)?.context("a record to edit")?.value().to_vec();
                bytes[..8].iter_mut().for_each(|byte| *byte = !*byte);
                table.insert(key, bytes.as_slice())?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn rest(&self) -> Result<()> {
        self.put(Durability::Immediate, &[])
    }
}
