//! SQLite: a write-ahead log, a full sync at each commit, a table that is sorted by the key.
//!
//! Threads can have a connection each, and wait for each other inside SQLite, or share one behind
//! a mutex. Both are measured where threads write, and the better is shown. Statements are prepared
//! once. `WITHOUT ROWID` saves the second tree that a table with a key of bytes would have.
//!
//! **Invariants**
//! - `synchronous` is `FULL`, but for a fill, which syncs at its end: it is closed by a checkpoint.

use crate::data::{Entry, Key, sum};
use crate::stores::{Keeps, Store, Writer, batches};
use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, OptionalExtension, Row};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const FILE: &str = "records.sqlite";
const TABLE: &str = "CREATE TABLE records (key BLOB PRIMARY KEY, label TEXT NOT NULL, \
                     number INTEGER NOT NULL) WITHOUT ROWID";
const PUT: &str = "INSERT OR REPLACE INTO records VALUES (?1, ?2, ?3)";
const GET: &str = "SELECT key, label, number FROM records WHERE key = ?1";
const ALL: &str = "SELECT key, label, number FROM records";
const EDIT: &str = "UPDATE records SET number = ~number WHERE key = ?1";
/// Nobody waits for so long; 64 threads wait for seconds.
const WAIT: Duration = Duration::from_mins(5);

/// A connection for each writing thread.
pub(crate) struct Sqlite {
    path: PathBuf,
    memory_bytes: usize,
    own: Mutex<Connection>,
}

/// One connection for all threads.
pub(crate) struct SqliteShared(Sqlite);

fn connect(path: &Path, memory_bytes: usize) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(WAIT)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    ensure!(mode == "wal", "SQLite has no write-ahead log here but {mode}");
    connection.pragma_update(None, "synchronous", "FULL")?;
    // A negative size is one in KiB.
    connection.pragma_update(None, "cache_size", -((memory_bytes >> 10) as i64))?;
    Ok(connection)
}

fn put(connection: &mut Connection, entries: &[Entry]) -> Result<()> {
    let one = |connection: &Connection, entry: &Entry| -> Result<()> {
        let mut statement = connection.prepare_cached(PUT)?;
        statement.execute((&entry.key[..], &entry.label, entry.number))?;
        Ok(())
    };
    if let [entry] = entries {
        return one(connection, entry);
    }
    let transaction = connection.transaction()?;
    entries.iter().try_for_each(|entry| one(&transaction, entry))?;
    Ok(transaction.commit()?)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let key = row.get_ref(0)?.as_blob()?.first_chunk().copied().unwrap_or_default();
    Ok(Entry { key, label: row.get(1)?, number: row.get(2)? })
}

impl Sqlite {
    fn own(&self) -> MutexGuard<'_, Connection> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Sqlite {
    const KEEPS: Keeps = Keeps::Records;

    fn create(folder: &Path) -> Result<Self> {
        let store = Self::open(folder, crate::MEMORY_BYTES)?;
        store.own().execute_batch(TABLE)?;
        Ok(store)
    }

    fn open(folder: &Path, memory_bytes: usize) -> Result<Self> {
        let path = folder.join(FILE);
        let own = Mutex::new(connect(&path, memory_bytes)?);
        Ok(Sqlite { path, memory_bytes, own })
    }

    fn writer(&self) -> Result<Writer<'_>> {
        let mut connection = connect(&self.path, self.memory_bytes)?;
        Ok(Box::new(move |entries| put(&mut connection, entries)))
    }

    fn fill(&self, numbers: Range<u64>, at_once: u64) -> Result<()> {
        let mut own = self.own();
        own.pragma_update(None, "synchronous", "OFF")?;
        batches(numbers, at_once).try_for_each(|entries| put(&mut own, &entries))?;
        own.pragma_update(None, "synchronous", "FULL")?;
        drop(own);
        self.rest()
    }

    fn get(&self, key: &Key) -> Result<Option<Entry>> {
        let own = self.own();
        Ok(own.prepare_cached(GET)?.query_row([&key[..]], entry).optional()?)
    }

    fn scan(&self) -> Result<u64> {
        let own = self.own();
        let mut statement = own.prepare_cached(ALL)?;
        let mut rows = statement.query([])?;
        let mut total = 0_u64;
        while let Some(row) = rows.next()? {
            let (key, label) = (row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_str()?);
            total = total.wrapping_add(sum(key, label, row.get(2)?));
        }
        Ok(total)
    }

    fn collect(&self) -> Result<Vec<Entry>> {
        let own = self.own();
        let mut statement = own.prepare_cached(ALL)?;
        Ok(statement.query_map([], entry)?.collect::<rusqlite::Result<_>>()?)
    }

    fn edit(&self, keys: &[Key]) -> Result<()> {
        let mut own = self.own();
        let transaction = own.transaction()?;
        for key in keys {
            let edited = transaction.prepare_cached(EDIT)?.execute([&key[..]])?;
            ensure!(edited == 1, "a record to edit");
        }
        Ok(transaction.commit()?)
    }

    fn rest(&self) -> Result<()> {
        let checkpoint = |row: &Row<'_>| row.get::<_, i64>(0);
        let busy = self.own().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], checkpoint);
        ensure!(busy.context("a checkpoint")? == 0, "somebody holds up the checkpoint");
        Ok(())
    }
}

impl Store for SqliteShared {
    const KEEPS: Keeps = Keeps::Records;

    fn create(folder: &Path) -> Result<Self> {
        Sqlite::create(folder).map(SqliteShared)
    }

    fn open(folder: &Path, memory_bytes: usize) -> Result<Self> {
        Sqlite::open(folder, memory_bytes).map(SqliteShared)
    }

    fn writer(&self) -> Result<Writer<'_>> {
        Ok(Box::new(|entries| put(&mut self.0.own(), entries)))
    }

    fn fill(&self, numbers: Range<u64>, at_once: u64) -> Result<()> {
        self.0.fill(numbers, at_once)
    }

    fn get(&self, key: &Key) -> Result<Option<Entry>> {
        self.0.get(key)
    }

    fn scan(&self) -> Result<u64> {
        self.0.scan()
    }

    fn collect(&self) -> Result<Vec<Entry>> {
        self.0.collect()
    }

    fn edit(&self, keys: &[Key]) -> Result<()> {
        self.0.edit(keys)
    }

    fn rest(&self) -> Result<()> {
        self.0.rest()
    }
}
