//! Laws about verdicts: what a void leaves behind, and what it depends on.
//!
//! **Invariants**
//! - A version that is asked for a verdict holds the op's whole past; the smallest holds nothing
//!   else.
//!
//! What this does not do: compare what `resolve` answers when it is no void. That is the kind's own
//! type; what it leads to shows in the values.

use super::{Case, Fault, advanced, graph_of, view_of};
use crate::broken::Law;
use crate::history::{History, Setting};
use crate::plan::{Origin, Side};
use crate::report::Report;
use crate::seat::{AsSibling, AsSubject, Called, Seat, Watch};
use crate::view::voids_said;
use std::sync::{Arc, Mutex};
use woodland_graph::{Graph, Kind, Kinds};

/// Asking changes nothing that is seen, and where the state is put back after each void, everything
/// is as it would have been.
pub(crate) fn void_is_nothing<K: Kind>(case: &Case<'_, K>) -> Result<(), Fault> {
    let names = [AsSubject::NAME, AsSibling::NAME];
    let history = History::of(case.plan, Setting::of(case.plan.seed, names, case.config));
    let note = Arc::new(Mutex::new(None));
    let kinds = |watch: &Watch| {
        let kinds = Kinds::standard().with(Seat::<K, AsSubject>::of(case.kind, watch.clone()));
        kinds.with(Seat::<K, AsSibling>::of(case.kind, watch.clone()))
    };
    let views = [kinds(&Watch::Nothing), kinds(&Watch::Undo(Arc::clone(&note)))].map(|kinds| {
        let graph = one_by_one(&history, &kinds)?;
        view_of(&graph, &history)
    });
    let [as_it_is, undone] = views;
    let (as_it_is, undone) = (as_it_is?, undone?);
    let noted = note.lock().ok().and_then(|mut note| note.take());
    let told = ["as it is", "where each void is undone"];
    match noted.or_else(|| as_it_is.difference(&undone, told, &history)) {
        Some(what) => Err(Fault::of(Law::VoidIsNothing, what)),
        None => Ok(()),
    }
}

fn one_by_one(history: &History, kinds: &Kinds) -> Result<Graph, Fault> {
    let mut log = history.up_to(0);
    let mut graph = graph_of(&log, kinds)?;
    for commit in &history.commits[1..] {
        log = log.append(commit).expect("commits stand after their past");
        graph = advanced(&graph, &log)?;
    }
    Ok(graph)
}

/// The verdicts of a batch where everything is held are those where its own past is all that is.
pub(crate) fn past_alone<K: Kind>(case: &Case<'_, K>, report: &mut Report) -> Result<(), Fault> {
    let history = case.history;
    let whole = graph_of(&history.log, case.kinds)?;
    for (number, commit) in history.commits.iter().enumerate() {
        let alone = graph_of(&history.up_to(number), case.kinds)?;
        let [expected, found] = [&alone, &whole].map(|graph| graph.voids_of(&commit.id()));
        if expected != found {
            let [expected, found] = [&expected, &found].map(|all| voids_said(all, history));
            let what = format!(
                "of #{number}, {expected} are void where its past is all there is, \
                 and {found} where everything is held"
            );
            return Err(Fault::of(Law::PastAlone, what));
        }
    }
    count(case, &whole, report);
    Ok(())
}

/// Counts what happened in a history.
fn count<K: Kind>(case: &Case<'_, K>, whole: &Graph, report: &mut Report) {
    let history = case.history;
    let mut wrote: Vec<(usize, Side)> = Vec::new();
    for (number, batch) in case.plan.batches.iter().enumerate() {
        let voids = whole.voids_of(&history.commits[number].id());
        for (at, on, origin, _) in batch.edits() {
            let index = at + History::first_op(number);
            let is_void = voids.iter().any(|void| void.index == u32::try_from(index).ok());
            if !is_void && !wrote.contains(&(number, on)) {
                wrote.push((number, on));
            }
            if origin == Origin::Made {
                report.ops += 1;
                report.voids += u64::from(is_void);
            }
        }
    }
    let place = |number: usize| history.log.place(&history.commits[number].id());
    let saw = |later, earlier| match (place(later), place(earlier)) {
        (Some(later), Some(earlier)) => history.log.saw(later, earlier),
        _ => false,
    };
    for (at, (one, on)) in wrote.iter().enumerate() {
        let others = wrote[..at].iter().filter(|(_, other_on)| other_on == on);
        let apart = others.filter(|(other, _)| !saw(*one, *other) && !saw(*other, *one));
        report.concurrent += apart.count() as u64;
    }
}
