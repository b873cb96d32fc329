//! Graphs, with their logs, that are put to rest and wake.
//!
//! **Invariants**
//! - What wakes is read from pages, as much as a cache does not hold.
//!
//! What this does not do: compare answers.

use std::sync::Arc;
use woodland_graph::{Graph, Kinds};
use woodland_log::Log;
use woodland_page::{
    MemoryPages, OpenPages, PageFault, PageRef, PageSource, Reading, Stored, Writing, rest, wake,
};

/// A log and its graph, as one value.
struct Rested(Graph);

impl Stored for Rested {
    fn write(&self, to: &mut Writing<'_>) {
        self.0.log().write(to);
        self.0.rest(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let log = Log::read(from)?;
        let kinds = from.context::<Kinds>()?.clone();
        Graph::wake(log, kinds, from).map(Rested)
    }
}

pub(crate) fn put_to_rest(pages: &MemoryPages, graph: &Graph) -> PageRef {
    rest(&Rested(graph.clone()), &mut pages.clone())
}

/// Wakes what was put to rest there, with a cache of this size, which is there as long as the pages
/// are open.
pub(crate) fn woken(
    pages: &MemoryPages,
    at: PageRef,
    kinds: Kinds,
    cached_bytes_max: usize,
) -> Result<(Graph, OpenPages), PageFault> {
    let open = pages.pages(cached_bytes_max, Arc::new(kinds));
    let Rested(graph) = wake(&open, at)?;
    Ok((graph, open))
}

/// Puts a graph to rest and wakes it. What woke rests as it did, and needs no more than one page.
pub(crate) fn nap(
    pages: &MemoryPages,
    graph: &Graph,
    cached_bytes_max: usize,
) -> (Graph, OpenPages) {
    let at = put_to_rest(pages, graph);
    let (woken, open) =
        woken(pages, at, Kinds::standard(), cached_bytes_max).expect("it was put there");
    let before = pages.len();
    let again = put_to_rest(pages, &woken);
    assert_eq!(pages.len(), before + 1, "nothing has changed");
    let bytes = |at: PageRef| pages.read(at.page).expect("it was put there");
    assert_eq!(bytes(again), bytes(at), "what woke rests as it did");
    (woken, open)
}
