//! A run: each case of each peer in a process of its own, several times, and the medians.
//!
//! ```text
//!  run ─┬─ prepare  × peer                     a saved file each, in memory where the system can
//!       └─ measure  × round × case × peer      this program again, one line of JSON back
//! ```
//!
//! **Invariants**
//! - Peers take turns within a round: what disturbs the machine for a while disturbs all of them.
//! - All peers that answer a case have the same checksum, or the run fails.
//! - What was refused once is not tried again.
//!
//! What this does not do: measure. The process that does prints what it found.

use crate::peers::Peer;
use crate::suite::{Answer, Case, MILLISECONDS, Reading, Setting, Suite};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is run.
pub(crate) struct Plan {
    pub(crate) suite: &'static Suite,
    pub(crate) peers: Vec<Peer>,
    pub(crate) runs: usize,
    pub(crate) nodes: usize,
}

/// One metric of one case, by all peers.
pub(crate) struct Row {
    pub(crate) case: &'static str,
    pub(crate) metric: String,
    pub(crate) unit: String,
    pub(crate) cells: BTreeMap<Peer, Cell>,
}

/// What a peer has to show for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Median(f64),
    Refused(String),
}

/// Which part of a suite a process does.
pub(crate) enum Part<'a> {
    Prepare,
    Case(&'a Case),
}

impl Plan {
    /// Does all of it.
    pub(crate) fn run(&self) -> Result<Vec<Row>> {
        let folder = tempfile::tempdir_in(fastest_folder())?;
        let mut unprepared = BTreeMap::new();
        for peer in &self.peers {
            eprintln!("prepare: {peer}");
            if let Answer::Refused { reason } = self.child(*peer, &Part::Prepare, folder.path())? {
                unprepared.insert(*peer, reason);
            }
        }
        let mut found: Vec<Found> = self.suite.cases.iter().map(Found::nothing).collect();
        for case in found.iter_mut().filter(|case| case.case.loads) {
            case.refused.clone_from(&unprepared);
        }
        for round in 1..=self.runs {
            for found in &mut found {
                eprintln!("round {round} of {}: {}", self.runs, found.case.name);
                for peer in &self.peers {
                    if !found.refused.contains_key(peer) {
                        let answer = self.child(*peer, &Part::Case(found.case), folder.path())?;
                        found.take(*peer, answer)?;
                    }
                }
            }
        }
        Ok(found.into_iter().flat_map(Found::rows).collect())
    }

    fn child(&self, peer: Peer, part: &Part<'_>, folder: &Path) -> Result<Answer> {
        let what = match part {
            Part::Prepare => "prepare",
            Part::Case(case) => case.name,
        };
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("child").args(["--suite", self.suite.name, "--peer", peer.name()]);
        if let Part::Case(case) = part {
            command.args(["--case", case.name]);
        }
        command.args(["--nodes", &self.nodes.to_string()]);
        command.arg("--saved").arg(folder.join(peer.name()).with_extension("saved"));
        let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            bail!("{what} by {peer} failed: {}", output.status);
        }
        serde_json::from_slice(&output.stdout).with_context(|| format!("{what} by {peer}"))
    }
}

/// Where no disk is waited for, if the system has such a folder.
fn fastest_folder() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

/// What the child process does: one part, by one peer.
pub(crate) fn answer(
    suite: &Suite,
    peer: Peer,
    part: &Part<'_>,
    setting: &Setting,
) -> Result<Answer> {
    let measure = match part {
        Part::Prepare => suite.prepare,
        Part::Case(case) => case.measure,
    };
    Answer::of(measure(peer, setting))
}

/// All answers to one case.
struct Found {
    case: &'static Case,
    checksum: Option<u64>,
    refused: BTreeMap<Peer, String>,
    /// Of each peer, of each round.
    measured: BTreeMap<Peer, Vec<Vec<Reading>>>,
}

impl Found {
    fn nothing(case: &'static Case) -> Self {
        Found { case, checksum: None, refused: BTreeMap::new(), measured: BTreeMap::new() }
    }

    fn take(&mut self, peer: Peer, answer: Answer) -> Result<()> {
        match answer {
            Answer::Refused { reason } => {
                self.refused.insert(peer, reason);
            }
            Answer::Measured { checksum, readings } => {
                let agreed = *self.checksum.get_or_insert(checksum);
                let case = self.case.name;
                ensure!(agreed == checksum, "{case}: {peer} has read something else than others");
                self.measured.entry(peer).or_default().push(readings);
            }
        }
        Ok(())
    }

    /// One for each metric that a peer has, in the order in which they come up.
    fn rows(self) -> Vec<Row> {
        let mut metrics: Vec<Reading> = Vec::new();
        for reading in self.measured.values().filter_map(|rounds| rounds.first()).flatten() {
            if metrics.iter().all(|known| known.metric != reading.metric) {
                metrics.push(reading.clone());
            }
        }
        // What everybody refuses has no numbers, and is shown all the same.
        if metrics.is_empty() {
            metrics.push(Reading::new("time", MILLISECONDS, 0.0));
        }
        metrics.into_iter().map(|metric| self.row(metric)).collect()
    }

    fn row(&self, Reading { metric, unit, .. }: Reading) -> Row {
        let median_of = |rounds: &Vec<Vec<Reading>>| {
            let readings = rounds.iter().flatten();
            let found = readings.filter(|reading| reading.metric == metric);
            let values: Vec<f64> = found.map(|reading| reading.value).collect();
            (!values.is_empty()).then(|| Cell::Median(median(values)))
        };
        let measured = self.measured.iter();
        let measured = measured.filter_map(|(peer, rounds)| Some((*peer, median_of(rounds)?)));
        let refused = self.refused.iter().map(|(peer, why)| (*peer, Cell::Refused(why.clone())));
        let cells = refused.chain(measured).collect();
        Row { case: self.case.name, metric, unit, cells }
    }
}

/// The one in the middle; of an even number, the mean of the two.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
    }

    #[test]
    fn another_checksum_is_an_error() {
        let case = &crate::graph::GRAPH.cases[0];
        let measured = |checksum| Answer::Measured { checksum, readings: Vec::new() };
        let mut found = Found::nothing(case);
        found.take(Peer::Loro, measured(1)).expect("the first is believed");
        found.take(Peer::Yrs, measured(1)).expect("they agree");
        assert!(found.take(Peer::Woodland, measured(2)).is_err());
    }
}
