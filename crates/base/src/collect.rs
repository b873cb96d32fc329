//! Collecting: taking out the pages that no version needs any more.
//!
//! Pages are needed that are reached from the newest checkpoint, or from one that a held version
//! stands on. They are marked from the roots, without decoding more than the references that every
//! page begins with; the others, in the order of their numbers, are taken out some at a time.
//!
//! **Invariants**
//! - A page that was added after marking began is not taken out.
//! - It pays for itself: it is due when as many pages were added as were needed the last time.
//!
//! What this does not do: run by itself, or make the file shorter. What was taken out makes room
//! for what comes.

use crate::base::{Base, BaseError, Condition, PAGES};
use redb::ReadableTable;
use roaring::RoaringTreemap;
use woodland_page::{PageFault, PageRef, PageSource, read_references};

/// Below so many added pages collecting is never due.
const ADDED_MIN: u64 = 4_096;
/// So many pages are taken out in one transaction.
const STEP_PAGES_MAX: usize = 16_384;

/// What collecting did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Collected {
    /// Pages that are needed.
    pub needed: u64,
    /// Pages that were taken out.
    pub taken: u64,
}

impl Base {
    /// Whether as much was added since the last time that collecting is worth it.
    pub fn is_collecting_due(&self) -> bool {
        let state = self.state();
        let due = |added: u64, needed: u64| added >= needed.max(ADDED_MIN);
        state.record.as_ref().is_some_and(|record| due(record.added, record.needed))
    }

    /// Takes out the pages that no version needs any more. Costs all pages that are needed.
    ///
    /// # Errors
    /// [`BaseError`]; then pages that are not needed may be left.
    pub fn collect(&self) -> Result<Collected, BaseError> {
        let mut state = self.state();
        if state.condition == Condition::Failed {
            return Err(BaseError::Failed);
        }
        let Some(record) = state.record.clone() else { return Ok(Collected::default()) };
        state.pinned.retain(|(_, pin)| pin.strong_count() > 0);
        let pinned = state.pinned.iter().map(|(root, _)| *root);
        let roots: Vec<PageRef> = pinned.chain([record.checkpoint.root]).collect();
        let marked = self.mark(roots)?;
        state.condition = Condition::Failed;
        let mut collected = Collected { needed: marked.len(), taken: 0 };
        let mut from = 0;
        loop {
            let transaction = self.database.begin_write().map_err(BaseError::of)?;
            let unneeded = {
                let mut table = transaction.open_table(PAGES).map_err(BaseError::of)?;
                let mut unneeded = Vec::new();
                for entry in table.range(from..).map_err(BaseError::of)? {
                    let (page, _) = entry.map_err(BaseError::of)?;
                    if !marked.contains(page.value()) {
                        unneeded.push(page.value());
                    }
                    if unneeded.len() == STEP_PAGES_MAX {
                        break;
                    }
                }
                for page in &unneeded {
                    table.remove(*page).map_err(BaseError::of)?;
                }
                unneeded
            };
            let added = 0;
            let record =
                crate::checkpoint::Record { needed: marked.len(), added, ..record.clone() };
            self.count(&mut state, &transaction, record)?;
            transaction.commit().map_err(BaseError::of)?;
            collected.taken += unneeded.len() as u64;
            match unneeded.last() {
                Some(last) if unneeded.len() == STEP_PAGES_MAX => from = last + 1,
                _ => break,
            }
        }
        self.read_newest()?;
        state.condition = Condition::Sound;
        Ok(collected)
    }

    fn mark(&self, mut left: Vec<PageRef>) -> Result<RoaringTreemap, BaseError> {
        let mut marked = RoaringTreemap::new();
        let unreadable = |fault: PageFault| BaseError::Store { reason: fault.to_string() };
        while let Some(at) = left.pop() {
            if marked.insert(at.page) {
                let bytes = self.source.read(at.page).map_err(unreadable)?;
                at.verify(&bytes).map_err(unreadable)?;
                left.extend(read_references(&bytes).unwrap_or_default());
            }
        }
        Ok(marked)
    }
}
