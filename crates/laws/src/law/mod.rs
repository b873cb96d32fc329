//! The laws, each as a question to one history.
//!
//! **Invariants**
//! - A fault names the law that was asked about, or `Total` where the kind panicked meanwhile.

mod arrivals;
mod bytes;
mod objects;
mod reads;
mod rests;
mod verdicts;

pub(crate) use arrivals::{clones_are_values, commuting};
pub(crate) use bytes::{one_form, total};
pub(crate) use objects::own_ops_alone;
pub(crate) use rests::rests_and_wakes;
pub(crate) use verdicts::{past_alone, void_is_nothing};

use crate::broken::Law;
use crate::caught::caught;
use crate::history::History;
use crate::plan::Plan;
use crate::view::View;
use std::sync::Arc;
use woodland_graph::{Graph, Kinds};
use woodland_log::Log;

/// One history, and what it is asked with.
pub(crate) struct Case<'a, K> {
    pub(crate) kind: &'a Arc<K>,
    /// The kinds that programs would have.
    pub(crate) kinds: &'a Kinds,
    pub(crate) config: &'a [u8],
    pub(crate) plan: &'a Plan,
    pub(crate) history: &'a History,
    pub(crate) orders: usize,
}

/// A law that does not hold.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) law: Law,
    pub(crate) what: String,
}

impl Fault {
    pub(crate) fn of(law: Law, what: impl Into<String>) -> Self {
        Fault { law, what: what.into() }
    }

    pub(crate) fn panic(during: &str, said: &str) -> Self {
        Fault::of(Law::Total, format!("asked for {during}, it panics: {said}"))
    }
}

fn graph_of(log: &Log, kinds: &Kinds) -> Result<Graph, Fault> {
    caught(|| Graph::of(log, kinds.clone()))
        .map_err(|said| Fault::panic("the graph of a version", &said))
}

fn advanced(graph: &Graph, log: &Log) -> Result<Graph, Fault> {
    caught(|| graph.advance(log)).map_err(|said| Fault::panic("the next version", &said))
}

fn view_of(graph: &Graph, history: &History) -> Result<View, Fault> {
    caught(|| View::of(graph, history)).map_err(|said| Fault::panic("what a version shows", &said))
}
