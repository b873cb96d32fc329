//! Reading pages from the store's newest transaction.
//!
//! **Invariants**
//! - A page is never changed, so whichever transaction is read gives the same bytes.
//! - The store may be damaged in a way that its own code does not expect; a panic of it ends as a
//!   fault, too.
//!
//! What this does not do: check the bytes. Whoever refers to a page does.

use redb::{ReadOnlyTable, StorageError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock};
use woodland_page::{FaultCause, PageFault, PageSource};

pub(crate) type Table = ReadOnlyTable<u64, &'static [u8]>;

/// Reads pages.
#[derive(Debug, Clone)]
pub(crate) struct Source(Arc<RwLock<Option<Arc<Table>>>>);

impl Source {
    pub(crate) fn of(table: Option<Table>) -> Self {
        Source(Arc::new(RwLock::new(table.map(Arc::new))))
    }

    /// Reads from this one from now on.
    pub(crate) fn renew(&self, table: Option<Table>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = table.map(Arc::new);
    }
}

impl PageSource for Source {
    fn read(&self, page: u64) -> Result<Vec<u8>, PageFault> {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let fault = |cause| PageFault { page, cause };
        let table = table.ok_or(fault(FaultCause::Missing))?;
        let got = catch_unwind(AssertUnwindSafe(|| {
            table.get(page).map(|found| found.map(|bytes| bytes.value().to_vec()))
        }));
        match got {
            Ok(Ok(Some(bytes))) => Ok(bytes),
            Ok(Ok(None)) => Err(fault(FaultCause::Missing)),
            Ok(Err(StorageError::DatabaseClosed)) => Err(fault(FaultCause::Closed)),
            Ok(Err(error)) => Err(fault(FaultCause::Unreadable { reason: error.to_string() })),
            Err(_) => {
                let reason = "the store of the pages is damaged".to_owned();
                Err(fault(FaultCause::Unreadable { reason }))
            }
        }
    }
}
