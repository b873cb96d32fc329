//! Pages at rest: the root page of a log and its graph, and pages of every other sort, as the root.
//!
//! **Invariants**
//! - The check of a page is put right always: without, nothing behind it would be met. Pages that
//!   the input refers to are missing.
//!
//! What this does not do: go on with what woke. Who can write checks can write the author's key.

use crate::fuzz::corpus::Corpus;
use crate::fuzz::errors::{Named as _, Told, outcome};
use crate::fuzz::targets::{SPARE_OF_TYPES, Target, leave};
use crate::histories::{History, Recipe};
use std::sync::Arc;
use woodland_graph::{Graph, Kinds};
use woodland_log::Log;
use woodland_page::{
    FaultCause, MemoryPages, PageFault, PageRef, PageSource, Reading, Stored, Writing, catch, rest,
    wake,
};

/// What is read of a page in memory is several times as large: maps, shared values, decoders.
const HEAP_TIMES: usize = 40;

/// As an open dataset puts it to rest.
struct Both(Graph);

impl Stored for Both {
    fn write(&self, to: &mut Writing<'_>) {
        self.0.log().write(to);
        self.0.rest(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let log = Log::read(from)?;
        Graph::wake(log, Kinds::standard(), from).map(Both)
    }
}

/// Pages of any sort.
pub(crate) fn targets() -> Vec<Target> {
    vec![Target {
        name: "rested",
        errors: FaultCause::NAMES.to_vec(),
        heap_times: HEAP_TIMES,
        spare_bytes: SPARE_OF_TYPES,
        inputs,
        edit: leave,
        mend: leave,
        decode,
    }]
}

/// All pages of small datasets.
fn inputs(_: &Corpus) -> Vec<Vec<u8>> {
    let mut inputs = Vec::new();
    for seed in 0..6 {
        let history = History::by(&Recipe::brief(), seed);
        let log = Log::found(history.commits[0].clone()).expect("it founds");
        let log = log.extend(&history.commits[1..]).expect("the past comes first");
        let log = history
            .points()
            .iter()
            .fold(log, |log, point| log.with_verified_point(point).expect("its commit is held"));
        let graph = Graph::of(&log, Kinds::standard());
        // A digest that is known rests, too.
        graph.digest();
        let mut pages = MemoryPages::default();
        let root = rest(&Both(graph), &mut pages);
        for page in pages.reachable(root).expect("all were put") {
            inputs.push(pages.read(page).expect("all were put"));
        }
    }
    inputs
}

fn decode(_: &Corpus, bytes: &[u8], told: &mut Told) {
    let source = MemoryPages::default();
    source.replace(0, Some(bytes.to_vec()));
    let pages = source.pages(1 << 20, Arc::new(Kinds::standard()));
    let at = PageRef::of(0, bytes);
    let woken: Result<Both, PageFault> = catch(|| wake(&pages, at)).and_then(|woken| woken);
    if let Some(Both(graph)) = outcome(woken.map_err(|fault| fault.cause), told) {
        assert!(graph.log().heads().len() <= bytes.len());
    }
}
