//! Pages in memory: for tests, and for what need not last.
//!
//! **Invariants**
//! - A clone shares the pages. What is read is counted.
//!
//! What this does not do: let a page go.

use crate::fault::{FaultCause, PageFault};
use crate::pages::{OpenPages, PageRef, PageSink, PageSource, read_references};
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Pages in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryPages(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    pages: BTreeMap<u64, Vec<u8>>,
    next: u64,
    reads: u64,
}

impl MemoryPages {
    /// These pages, with a cache of so many bytes.
    pub fn pages(&self, cached_bytes_max: usize, context: Arc<dyn Any + Send + Sync>) -> OpenPages {
        OpenPages::new(Box::new(self.clone()), cached_bytes_max, context)
    }

    /// How often a page was read.
    pub fn reads(&self) -> u64 {
        self.held().reads
    }

    /// How many pages there are.
    pub fn len(&self) -> usize {
        self.held().pages.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts these bytes in place of a page's, or takes it away.
    pub fn replace(&self, page: u64, bytes: Option<Vec<u8>>) {
        match bytes {
            Some(bytes) => self.held().pages.insert(page, bytes),
            None => self.held().pages.remove(&page),
        };
    }

    /// All pages that are reached from this one, and it.
    ///
    /// # Errors
    /// [`PageFault`] of one that is missing or damaged.
    pub fn reachable(&self, from: PageRef) -> Result<BTreeSet<u64>, PageFault> {
        let (mut found, mut left) = (BTreeSet::new(), vec![from]);
        while let Some(at) = left.pop() {
            if found.insert(at.page) {
                let bytes = self.read(at.page)?;
                at.verify(&bytes)?;
                left.extend(read_references(&bytes).unwrap_or_default());
            }
        }
        Ok(found)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PageSource for MemoryPages {
    fn read(&self, page: u64) -> Result<Vec<u8>, PageFault> {
        let mut held = self.held();
        held.reads += 1;
        held.pages.get(&page).cloned().ok_or(PageFault { page, cause: FaultCause::Missing })
    }
}

impl PageSink for MemoryPages {
    fn put(&mut self, bytes: Vec<u8>) -> PageRef {
        let mut held = self.held();
        let at = PageRef::of(held.next, &bytes);
        held.next += 1;
        held.pages.insert(at.page, bytes);
        at
    }
}
