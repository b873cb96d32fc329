//! A shelf of pages in memory, on which graphs are put to rest and from which they wake.
//!
//! **Invariants**
//! - A number is never given again, and a page never changed.
//! - Every page that is read is counted, whoever reads it.
//!
//! What this does not do: keep the log. Whoever wakes a graph has it.

use std::sync::{Arc, Mutex};
use woodland_graph::{Graph, Kinds};
use woodland_log::Log;
use woodland_page::{
    FaultCause, PageFault, PageRef, PageSink, PageSource, Pages, Reading, Stored, Writing, wake,
};

/// The shelf; a clone is the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shelf(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    pages: Vec<Vec<u8>>,
    reads: u64,
}

impl PageSource for Shelf {
    fn read(&self, page: u64) -> Result<Vec<u8>, PageFault> {
        let mut kept = self.0.lock().expect("nobody panics with it");
        kept.reads += 1;
        let found = kept.pages.get(page as usize).cloned();
        found.ok_or(PageFault { page, cause: FaultCause::Missing })
    }
}

impl PageSink for Shelf {
    fn put(&mut self, bytes: Vec<u8>) -> PageRef {
        let mut kept = self.0.lock().expect("nobody panics with it");
        let at = PageRef::of(kept.pages.len() as u64, &bytes);
        kept.pages.push(bytes);
        at
    }
}

/// The body of a page, as it is.
struct Body(Vec<u8>);

impl Stored for Body {
    fn write(&self, to: &mut Writing<'_>) {
        to.raw(&self.0);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        from.raw(from.left()).map(|bytes| Body(bytes.to_vec()))
    }
}

impl Shelf {
    /// Puts a graph to rest. Gives its page, and the page's bytes.
    pub(crate) fn rest(&self, graph: &Graph) -> (PageRef, Vec<u8>) {
        let mut sink = self.clone();
        let mut to = Writing::into(&mut sink);
        graph.rest(&mut to);
        let at = to.finish();
        let bytes = self.0.lock().expect("nobody panics with it").pages[at.page as usize].clone();
        (at, bytes)
    }

    /// Wakes the graph of a log; none where the page holds none of these kinds.
    pub(crate) fn wake(
        &self,
        at: PageRef,
        log: &Log,
        kinds: &Kinds,
        cached_bytes_max: usize,
    ) -> Option<Graph> {
        let context = Arc::new(kinds.clone());
        let pages = Pages::new(Box::new(self.clone()), cached_bytes_max, context);
        let body: Body = wake(&pages, at).expect("the page is there");
        let mut from = Reading::of(&body.0, &pages);
        let graph = Graph::wake(log.clone(), kinds.clone(), &mut from);
        graph.filter(|_| from.is_at_end())
    }

    /// Puts a graph to rest and wakes it, with a cache of this size; what woke rests as it did.
    pub(crate) fn nap(&self, graph: &Graph, cached_bytes_max: usize) -> Graph {
        let (at, bytes) = self.rest(graph);
        let kinds = Kinds::standard();
        let woken = self.wake(at, graph.log(), &kinds, cached_bytes_max).expect("it was put there");
        assert_eq!(self.rest(&woken).1, bytes, "what woke rests as it did");
        woken
    }

    /// How many pages were read since this was last asked.
    pub(crate) fn take_reads(&self) -> u64 {
        std::mem::take(&mut self.0.lock().expect("nobody panics with it").reads)
    }

    /// How many pages there are.
    pub(crate) fn pages(&self) -> usize {
        self.0.lock().expect("nobody panics with it").pages.len()
    }
}
