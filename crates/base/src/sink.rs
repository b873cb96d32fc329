//! Taking pages into a transaction.
//!
//! **Invariants**
//! - After the first error nothing more is written, and the transaction is not committed.
//!
//! What this does not do: commit.

use redb::{StorageError, Table};
use woodland_page::{PageRef, PageSink};

/// Takes pages.
pub(crate) struct Sink<'a, 't> {
    pub(crate) table: &'a mut Table<'t, u64, &'static [u8]>,
    pub(crate) next: u64,
    pub(crate) failed: Option<StorageError>,
}

impl PageSink for Sink<'_, '_> {
    fn put(&mut self, bytes: Vec<u8>) -> PageRef {
        let at = PageRef::of(self.next, &bytes);
        self.next += 1;
        if self.failed.is_none() {
            self.failed = self.table.insert(at.page, bytes.as_slice()).err();
        }
        at
    }
}
