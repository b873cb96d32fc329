//! States that are put in a page and read back.
//!
//! **Invariants**
//! - A state comes back from its bytes alone: nothing of it stays in memory meanwhile.
//!
//! What this does not do: compare states. It compares their bytes; what they show is for the seat.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use woodland_graph::Kinds;
use woodland_page::{FaultCause, PageFault, PageRef, PageSink, PageSource, Pages, Stored};

/// What happened to the states of one derivation.
#[derive(Debug, Default)]
pub(crate) struct Rests {
    count: AtomicU64,
    /// The first thing that went wrong.
    fault: Mutex<Option<String>>,
}

impl Rests {
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    pub(crate) fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn note(&self, what: String) {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(what);
    }

    /// The state, read back; none where it does not come back.
    pub(crate) fn rest<S: Stored>(&self, state: &S) -> Option<S> {
        self.count.fetch_add(1, Ordering::Relaxed);
        let mut shelf = Shelf::default();
        let first = woodland_page::rest(state, &mut shelf);
        let pages = Pages::new(Box::new(shelf.clone()), 0, Arc::new(Kinds::standard()));
        match woodland_page::wake::<S>(&pages, first) {
            Ok(woken) => {
                let again = woodland_page::rest(&woken, &mut shelf);
                if again.check != first.check {
                    self.note("a state that was woken is put to rest in other bytes".to_owned());
                }
                Some(woken)
            }
            Err(fault) => {
                let cause = fault.cause;
                self.note(format!("what a state was put to rest as {cause}: it does not wake"));
                None
            }
        }
    }
}

/// Pages in memory; a clone shares them.
#[derive(Debug, Clone, Default)]
struct Shelf(Arc<Mutex<BTreeMap<u64, Vec<u8>>>>);

impl PageSource for Shelf {
    fn read(&self, page: u64) -> Result<Vec<u8>, PageFault> {
        let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pages.get(&page).cloned().ok_or(PageFault { page, cause: FaultCause::Missing })
    }
}

impl PageSink for Shelf {
    fn put(&mut self, bytes: Vec<u8>) -> PageRef {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = pages.len() as u64;
        let at = PageRef::of(number, &bytes);
        pages.insert(number, bytes);
        at
    }
}
