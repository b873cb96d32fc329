//! Laws about versions: held ones stay as they are, and the way to one does not show.
//!
//! **Invariants**
//! - What is compared are versions with the same commits.

use super::reads::{read_as_written, reads};
use super::{Case, Fault, advanced, graph_of, view_of};
use crate::arrival::{arrivals, bursts, said};
use crate::broken::Law;
use crate::random::Random;
use crate::report::Report;
use crate::view::View;
use woodland_graph::{Graph, Kind};
use woodland_log::Log;

const IS_CAUSAL: &str = "an arrival is causal, and of one dataset";

/// Versions that are held show the same after later ones were made from them.
pub(crate) fn clones_are_values<K: Kind>(case: &Case<'_, K>) -> Result<(), Fault> {
    let history = case.history;
    let mut log = history.up_to(0);
    let mut graph = graph_of(&log, case.kinds)?;
    let mut held: Vec<(Graph, View)> = Vec::new();
    for number in 1..=history.commits.len() {
        let view = view_of(&graph, history)?;
        reads(&graph, history, number - 1)?;
        read_as_written(case, &graph, number - 1)?;
        held.push((graph.clone(), view));
        if let Some(commit) = history.commits.get(number) {
            log = log.append(commit).expect(IS_CAUSAL);
            graph = advanced(&graph, &log)?;
        }
    }
    for (number, (graph, before)) in held.iter().enumerate() {
        let after = view_of(graph, history)?;
        let told = ["when it was made", "after later ones were"];
        if let Some(what) = before.difference(&after, told, history) {
            let what = format!("the version of #0 to #{number}: {what}");
            return Err(Fault::of(Law::ClonesAreValues, what));
        }
    }
    Ok(())
}

/// In whatever order and bursts commits arrive, and from whatever halves a version is merged.
pub(crate) fn commuting<K: Kind>(
    case: &Case<'_, K>,
    random: &mut Random,
    report: &mut Report,
) -> Result<(), Fault> {
    let history = case.history;
    let expected = view_of(&graph_of(&history.log, case.kinds)?, history)?;
    let differs = |graph: &Graph, way: &str| -> Result<(), Fault> {
        let told = ["derived at once", way];
        match expected.difference(&view_of(graph, history)?, told, history) {
            Some(what) => Err(Fault::of(Law::Commuting, what)),
            None => Ok(()),
        }
    };
    for arrival in arrivals(case.plan, case.orders, random) {
        let bursts = bursts(&arrival, random);
        let mut log = history.up_to(0);
        let mut graph = graph_of(&log, case.kinds)?;
        for burst in &bursts {
            if random.chance(20) {
                view_of(&graph, history)?;
            }
            let commits = burst.iter().map(|number| &history.commits[*number]);
            log = log.extend(commits).expect(IS_CAUSAL);
            graph = advanced(&graph, &log)?;
        }
        differs(&graph, &format!("arrived as {}", said(&bursts)))?;
        report.arrivals += 1;
    }
    let [one, other] = halves(case, random);
    for (into, from) in [(&one, &other), (&other, &one)] {
        let graph = advanced(&graph_of(into, case.kinds)?, &into.merge(from).expect(IS_CAUSAL))?;
        let (into, from) = (numbers(case, into), numbers(case, from));
        differs(&graph, &format!("merged into {into} from {from}"))?;
        report.arrivals += 1;
    }
    Ok(())
}

/// Two versions that hold everything together.
fn halves<K: Kind>(case: &Case<'_, K>, random: &mut Random) -> [Log; 2] {
    let history = case.history;
    let heads: Vec<_> = (0..history.commits.len())
        .filter(|_| random.chance(35))
        .map(|number| history.commits[number].id())
        .collect();
    let one = history.log.at(&heads).unwrap_or_else(|_| history.up_to(0));
    let rest: Vec<_> = history.commits.iter().map(|commit| commit.id()).collect();
    let rest: Vec<_> = rest.into_iter().filter(|id| !one.contains(id)).collect();
    let other = history.log.at(&rest).unwrap_or_else(|_| history.up_to(0));
    [one, other]
}

fn numbers<K: Kind>(case: &Case<'_, K>, log: &Log) -> String {
    let commits = case.history.commits.iter().enumerate();
    let held: Vec<usize> =
        commits.filter(|(_, commit)| log.contains(&commit.id())).map(|(at, _)| at).collect();
    said(&[held])
}
