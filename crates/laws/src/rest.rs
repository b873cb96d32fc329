//! States that are put in a page and read back.
//!
//! **Invariants**
//! - A state comes back from its bytes alone: nothing of it stays in memory meanwhile.
//!
//! What this does not do: compare states. It compares their bytes; what they show is for the seat.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use woodland_graph::Kinds;
use woodland_page::{MemoryPages, Stored};

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
        let mut shelf = MemoryPages::default();
        let first = woodland_page::rest(state, &mut shelf);
        let pages = shelf.pages(0, Arc::new(Kinds::standard()));
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
