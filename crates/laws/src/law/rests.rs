//! The law about states in pages: what was put to rest shows the same, and goes on the same.
//!
//! **Invariants**
//! - Each way is gone twice, by a kind whose states stay in memory and by one whose states are put
//!   to rest before anything arrives at them: so a kind whose order of arrival shows is not blamed.

use super::{Case, Fault, advanced, graph_of, view_of};
use crate::arrival::{arrivals, bursts, said};
use crate::broken::Law;
use crate::history::{History, Setting};
use crate::random::Random;
use crate::report::Report;
use crate::rest::Rests;
use crate::seat::{AsSibling, AsSubject, Called, Seat, Watch};
use crate::view::View;
use std::sync::Arc;
use woodland_graph::{Kind, Kinds};

/// Ways that are gone, of those in which a history can arrive.
const WAYS_MAX: usize = 4;

pub(crate) fn rests_and_wakes<K: Kind>(
    case: &Case<'_, K>,
    report: &mut Report,
) -> Result<(), Fault> {
    let names = [AsSubject::NAME, AsSibling::NAME];
    let history = History::of(case.plan, Setting::of(case.plan.seed, names, case.config));
    let kinds = |watch: &Watch| {
        let kinds = Kinds::standard().with(Seat::<K, AsSubject>::of(case.kind, watch.clone()));
        kinds.with(Seat::<K, AsSibling>::of(case.kind, watch.clone()))
    };
    let mut random = Random::from_seed(case.plan.seed ^ 0x4E57);
    for arrival in arrivals(case.plan, case.orders.min(WAYS_MAX), &mut random) {
        let way = bursts(&arrival, &mut random);
        let rests = Arc::new(Rests::default());
        let awake = arrived(&history, &kinds(&Watch::Nothing), &way)?;
        let rested = arrived(&history, &kinds(&Watch::Rest(Arc::clone(&rests))), &way)?;
        report.rests += rests.count();
        let told = ["where states stay in memory", "where they are put to rest and woken"];
        let what = rests.fault().or_else(|| awake.difference(&rested, told, &history));
        if let Some(what) = what {
            let what = format!("arrived as {}: {what}", said(&way));
            return Err(Fault::of(Law::RestsAndWakes, what));
        }
    }
    Ok(())
}

/// What is seen at the end of a way.
fn arrived(history: &History, kinds: &Kinds, way: &[Vec<usize>]) -> Result<View, Fault> {
    let mut log = history.up_to(0);
    let mut graph = graph_of(&log, kinds)?;
    for burst in way {
        let commits = burst.iter().map(|number| &history.commits[*number]);
        log = log.extend(commits).expect("an arrival is causal, and of one dataset");
        graph = advanced(&graph, &log)?;
    }
    view_of(&graph, history)
}
