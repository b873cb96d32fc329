//! The open base: reads pages, takes checkpoints.
//!
//! **Invariants**
//! - `record` is the newest checkpoint that is durable. `next` is above every page number given.
//! - Once a write failed, `condition` is failed for good: values that were being put to rest name
//!   pages that are not there, and must not be put to rest through this handle again.
//!
//! What this does not do: decide when a checkpoint is taken.

use crate::blocks::{Blocks, Damage};
use crate::checkpoint::{Checkpoint, Record};
use crate::sink::Sink;
use crate::source::Source;
use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition, TableError};
use std::any::Any;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use woodland_page::{PageRef, PageSink, PageSource};
use woodland_store::{Disk, DiskError};

const FOLDER: &str = "derived";
const FILE: &str = "pages.redb";

pub(crate) const PAGES: TableDefinition<'static, u64, &'static [u8]> =
    TableDefinition::new("pages");
const CHECKPOINTS: TableDefinition<'static, u64, &'static [u8]> =
    TableDefinition::new("checkpoint");
/// The one key of the checkpoints.
const NEWEST: u64 = 0;

/// The derived state could not be opened, written or thrown away. The dataset is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaseError {
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// What keeps the pages failed or is damaged.
    #[error("the derived state: {reason}; it is derived anew when the dataset is opened again")]
    Store {
        /// What it said.
        reason: String,
    },
    /// An earlier write failed.
    #[error("an earlier write of the derived state failed: it is written again after opening")]
    Failed,
}

impl BaseError {
    pub(crate) fn of(error: impl Into<redb::Error>) -> Self {
        BaseError::Store { reason: error.into().to_string() }
    }
}

/// The derived state of a dataset, open.
#[derive(Debug)]
pub struct Base {
    pub(crate) database: Database,
    pub(crate) source: Source,
    pub(crate) state: Mutex<State>,
    damage: Damage,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) record: Option<Record>,
    next: u64,
    pub(crate) condition: Condition,
    /// The roots of checkpoints that somebody may still read from.
    pub(crate) pinned: Vec<(PageRef, Weak<Pinned>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    Sound,
    Failed,
}

/// Keeps the pages of a checkpoint for as long as somebody has it.
pub type Pin = Arc<dyn Any + Send + Sync>;

#[derive(Debug)]
pub(crate) struct Pinned;

/// A base, and the checkpoint that it holds.
#[derive(Debug)]
#[non_exhaustive]
pub struct OpenedBase {
    /// What reads pages and takes checkpoints.
    pub base: Base,
    /// What rests in it.
    pub checkpoint: Option<Checkpoint>,
}

impl Base {
    /// Opens the derived state in a dataset directory, empty where there is none. The store of the
    /// pages keeps so many bytes in memory.
    ///
    /// # Errors
    /// [`BaseError`]: then [`Base::discard`] it, and open again.
    pub fn open(disk: Arc<dyn Disk>, cached_bytes_max: usize) -> Result<OpenedBase, BaseError> {
        let blocks = Blocks::of(disk, FOLDER, FILE)?;
        // What is damaged may meet its code unprepared.
        let open = || Base::over(blocks, cached_bytes_max);
        catch_unwind(AssertUnwindSafe(open)).unwrap_or_else(|_| {
            let reason = "the store of the pages is damaged".to_owned();
            Err(BaseError::Store { reason })
        })
    }

    fn over(blocks: Blocks, cached_bytes_max: usize) -> Result<OpenedBase, BaseError> {
        let damage = blocks.damage();
        let mut builder = Builder::new();
        builder.set_cache_size(cached_bytes_max);
        let database = builder.create_with_backend(blocks).map_err(BaseError::of)?;
        let transaction = database.begin_read().map_err(BaseError::of)?;
        let record = match transaction.open_table(CHECKPOINTS) {
            Err(TableError::TableDoesNotExist(_)) => None,
            Err(error) => return Err(BaseError::of(error)),
            Ok(table) => {
                let found = table.get(NEWEST).map_err(BaseError::of)?;
                found.and_then(|bytes| Record::decode(bytes.value()))
            }
        };
        let (mut next, mut pages) = (1, None);
        match transaction.open_table(PAGES) {
            Err(TableError::TableDoesNotExist(_)) => {}
            Err(error) => return Err(BaseError::of(error)),
            Ok(table) => {
                let last = table.last().map_err(BaseError::of)?;
                next += last.map_or(0, |(page, _)| page.value());
                pages = Some(table);
            }
        }
        let checkpoint = record.as_ref().map(|record| record.checkpoint.clone());
        let (pinned, condition) = (Vec::new(), Condition::Sound);
        let state = Mutex::new(State { record, next, condition, pinned });
        let base = Base { database, source: Source::of(pages), state, damage };
        Ok(OpenedBase { base, checkpoint })
    }

    /// Throws the derived state of a dataset directory away.
    ///
    /// # Errors
    /// [`BaseError::Disk`].
    pub fn discard(disk: &dyn Disk) -> Result<(), BaseError> {
        match disk.remove(&format!("{FOLDER}/{FILE}")) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => {
                removed?;
                Ok(disk.sync_folder(FOLDER)?)
            }
        }
    }

    /// Whether a dataset directory has derived state at all.
    pub fn is_there(disk: &dyn Disk) -> bool {
        disk.len(&format!("{FOLDER}/{FILE}")).is_ok()
    }

    /// Whether something in it was met that is not what was written, be it only where room is kept
    /// account of: it is of no use then, for nothing can be put to rest in it.
    pub fn is_damaged(&self) -> bool {
        self.damage.is_met()
    }

    /// What reads its pages; it may outlive this.
    pub fn source(&self) -> Box<dyn PageSource> {
        Box::new(self.source.clone())
    }

    /// The newest checkpoint.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.state().record.as_ref().map(|record| record.checkpoint.clone())
    }

    /// Keeps the pages of the newest checkpoint for as long as the answer is there.
    pub fn pin(&self) -> Pin {
        let mut state = self.state();
        let pin = Arc::new(Pinned);
        state.pinned.retain(|(_, pinned)| pinned.strong_count() > 0);
        if let Some(root) = state.record.as_ref().map(|record| record.checkpoint.root) {
            state.pinned.push((root, Arc::downgrade(&pin)));
        }
        pin
    }

    /// Puts a version to rest: `write` puts its new pages and gives their root, `covers` says which
    /// version it is. When this returns, it is durable.
    ///
    /// # Errors
    /// [`BaseError`]; then no more checkpoints are taken through this handle.
    pub fn rest(
        &self,
        covers: &[u8],
        write: impl FnOnce(&mut dyn PageSink) -> PageRef,
    ) -> Result<Checkpoint, BaseError> {
        let mut state = self.state();
        if state.condition == Condition::Failed {
            return Err(BaseError::Failed);
        }
        // Until it succeeds: an unwinding, too, leaves it failed.
        state.condition = Condition::Failed;
        let (record, next) = self.commit(&state, covers, write)?;
        self.read_newest()?;
        let checkpoint = record.checkpoint.clone();
        (state.record, state.next, state.condition) = (Some(record), next, Condition::Sound);
        Ok(checkpoint)
    }

    fn commit(
        &self,
        state: &State,
        covers: &[u8],
        write: impl FnOnce(&mut dyn PageSink) -> PageRef,
    ) -> Result<(Record, u64), BaseError> {
        let mut transaction = self.database.begin_write().map_err(BaseError::of)?;
        // After a cut the store then opens at once, without walking through itself.
        transaction.set_quick_repair(true);
        let (root, next) = {
            let mut table = transaction.open_table(PAGES).map_err(BaseError::of)?;
            let mut sink = Sink { table: &mut table, next: state.next, failed: None };
            let root = write(&mut sink);
            if let Some(error) = sink.failed {
                return Err(BaseError::of(error));
            }
            (root, sink.next)
        };
        let (needed, added) =
            state.record.as_ref().map_or((0, 0), |record| (record.needed, record.added));
        let added = added + (next - state.next);
        let checkpoint = Checkpoint { root, covers: covers.to_vec() };
        let record = Record { checkpoint, needed, added };
        {
            let mut table = transaction.open_table(CHECKPOINTS).map_err(BaseError::of)?;
            table.insert(NEWEST, record.encode().as_slice()).map_err(BaseError::of)?;
        }
        transaction.commit().map_err(BaseError::of)?;
        Ok((record, next))
    }

    /// Reads pages from the newest transaction on.
    pub(crate) fn read_newest(&self) -> Result<(), BaseError> {
        let transaction = self.database.begin_read().map_err(BaseError::of)?;
        self.source.renew(Some(transaction.open_table(PAGES).map_err(BaseError::of)?));
        Ok(())
    }

    /// Keeps a record's counts.
    pub(crate) fn count(
        &self,
        state: &mut State,
        transaction: &redb::WriteTransaction,
        record: Record,
    ) -> Result<(), BaseError> {
        let mut table = transaction.open_table(CHECKPOINTS).map_err(BaseError::of)?;
        table.insert(NEWEST, record.encode().as_slice()).map_err(BaseError::of)?;
        state.record = Some(record);
        Ok(())
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked with it left its condition failed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
