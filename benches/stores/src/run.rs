//! A run: each act of each store in a process of its own, several times, and the medians.
//!
//! ```text
//!  run ─┬─ prepare  × size × store            the datasets that are opened
//!       └─ measure  × round × step × store    this program again, one line of JSON back
//! ```
//!
//! **Invariants**
//! - Stores take turns within a round: what disturbs the machine for a while disturbs all of them.
//! - What opens a dataset finds nothing of it in the system's cache of files. (The names of files
//!   may be there.)
//! - A prepared dataset is used only once its making came to an end.
//!
//! What this does not do: measure. The process that does prints what it found.

use crate::acts::{Act, Reading};
use crate::place::{check, file_system, forget};
use crate::stores::Name;
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Case {
    /// Durable writes of 1, 8 and 64 threads.
    Writers,
    /// Records in batches of 1,000.
    Bulk,
    /// From a cold start to the first answer, and to the first durable write.
    Open,
    /// Random records.
    Reads,
    /// All records.
    Scan,
    /// Heap and resident bytes after opening, reading, scanning.
    Memory,
    /// A dataset ten times larger than its memory.
    Larger,
}

/// How much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Quick,
    Usual,
    Full,
}

/// What is run.
pub(crate) struct Plan {
    pub(crate) cases: Vec<Case>,
    pub(crate) size: Size,
    pub(crate) runs: Option<u64>,
    pub(crate) place: Option<PathBuf>,
    pub(crate) stores: Vec<Name>,
}

/// What a run found.
pub(crate) struct Found {
    pub(crate) heading: String,
    pub(crate) rows: Vec<Row>,
}

/// One metric of one step, by all stores that have it.
pub(crate) struct Row {
    pub(crate) step: String,
    pub(crate) metric: String,
    pub(crate) unit: String,
    pub(crate) medians: BTreeMap<Name, f64>,
}

/// One line of a case.
#[derive(Debug, Clone)]
struct Step {
    name: String,
    act: Act,
    records: u64,
    threads: usize,
    memory_bytes: usize,
}

impl Size {
    /// How many records the datasets have that are opened.
    fn opened(self) -> &'static [u64] {
        match self {
            Size::Quick => &[1_000, 10_000],
            Size::Usual => &[10_000, 100_000],
            Size::Full => &[10_000, 100_000, 1_000_000],
        }
    }

    fn milliseconds(self) -> u64 {
        if self == Size::Quick { 300 } else { 2_000 }
    }

    fn bulk(self) -> u64 {
        if self == Size::Quick { 10_000 } else { 100_000 }
    }

    /// A tenth, or less, of what the largest dataset takes on the disk.
    fn budget_bytes(self) -> usize {
        match self {
            Size::Quick => 1 << 19,
            Size::Usual => 4 << 20,
            Size::Full => 32 << 20,
        }
    }
}

impl Case {
    const ALL: [Case; 7] = [
        Case::Writers,
        Case::Bulk,
        Case::Open,
        Case::Reads,
        Case::Scan,
        Case::Memory,
        Case::Larger,
    ];

    fn steps(self, size: Size) -> Vec<Step> {
        let opened = size.opened();
        let (largest, memory_bytes) = (opened[opened.len() - 1], crate::MEMORY_BYTES);
        let step =
            |name: String, act, records| Step { name, act, records, threads: 1, memory_bytes };
        let of_largest = |name: &str, act| vec![step(format!("{name}, {largest}"), act, largest)];
        match self {
            Case::Writers => {
                let by = |threads: usize| {
                    let name = format!("durable writes, {threads} threads");
                    Step { threads, ..step(name, Act::Writers, 0) }
                };
                [1, 8, 64].map(by).to_vec()
            }
            Case::Bulk => {
                vec![step("append in batches of 1,000".to_owned(), Act::Bulk, size.bulk())]
            }
            Case::Open => {
                let both = |records: &u64| {
                    [("read", Act::OpenRead), ("write", Act::OpenWrite)].map(|(what, act)| {
                        step(format!("open to first {what}, {records}"), act, *records)
                    })
                };
                opened.iter().flat_map(both).collect()
            }
            Case::Reads => of_largest("point reads", Act::Reads),
            Case::Scan => of_largest("scan", Act::Scan),
            Case::Memory => of_largest("memory", Act::Memory),
            Case::Larger => {
                let mut steps = of_largest("larger than memory", Act::Larger);
                steps[0].memory_bytes = size.budget_bytes();
                steps
            }
        }
    }
}

impl Plan {
    /// Does all of it.
    pub(crate) fn run(&self) -> Result<Found> {
        let place = self.place.clone().unwrap_or_else(std::env::temp_dir);
        let temporary = tempfile::tempdir_in(place)?;
        let root = self.place.as_deref().unwrap_or(temporary.path());
        let on = file_system(root)?;
        check(&on)?;
        let runs = self.runs.unwrap_or(if self.size == Size::Quick { 1 } else { 5 });
        ensure!(runs > 0, "at least one run");
        let cases = if self.cases.is_empty() { &Case::ALL[..] } else { &self.cases };
        let steps: Vec<Step> = cases.iter().flat_map(|case| case.steps(self.size)).collect();
        let mut found = Gathered::default();
        for step in &steps {
            for store in self.stores.iter().filter(|_| step.act.opens()) {
                self.prepare(*store, step.records, root, &mut found)?;
            }
        }
        for round in 0..runs {
            for step in &steps {
                eprintln!("round {} of {runs}: {}", round + 1, step.name);
                for store in &self.stores {
                    if *store == Name::Floor && (step.act.opens() || step.threads > 1) {
                        continue;
                    }
                    let own = tempfile::tempdir_in(temporary.path())?;
                    let prepared = prepared(root, *store, step.records);
                    let folder = if step.act.opens() { prepared.as_path() } else { own.path() };
                    if step.act.opens() {
                        forget(folder)?;
                    }
                    found.take(step, *store, self.child(step, *store, folder, round)?);
                }
            }
        }
        let heading = format!("on {on}, medians of {runs}");
        Ok(Found { heading, rows: found.rows() })
    }

    fn prepare(&self, store: Name, records: u64, root: &Path, found: &mut Gathered) -> Result<()> {
        let folder = prepared(root, store, records);
        let done = folder.with_extension("done");
        if store == Name::Floor || done.exists() {
            return Ok(());
        }
        eprintln!("prepare: {records} commits of {}", store.text());
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir(&folder)?;
        let name = format!("prepare, {records}");
        let (act, memory_bytes) = (Act::Prepare, crate::MEMORY_BYTES);
        let step = Step { name, act, records, threads: 1, memory_bytes };
        found.take(&step, store, self.child(&step, store, &folder, 0)?);
        Ok(std::fs::write(done, [])?)
    }

    fn child(&self, step: &Step, store: Name, folder: &Path, round: u64) -> Result<Vec<Reading>> {
        let act = clap::ValueEnum::to_possible_value(&step.act).context("an act's name")?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["child", "--store", store.text(), "--act", act.get_name()]);
        command.arg("--folder").arg(folder);
        command.args(["--size", &step.records.to_string()]);
        command.args(["--threads", &step.threads.to_string()]);
        command.args(["--milliseconds", &self.size.milliseconds().to_string()]);
        command.args(["--memory-bytes", &step.memory_bytes.to_string()]);
        command.args(["--round", &round.to_string()]);
        let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            bail!("{} by {} failed: {}", step.name, store.text(), output.status);
        }
        serde_json::from_slice(&output.stdout).with_context(|| step.name.clone())
    }
}

fn prepared(root: &Path, store: Name, records: u64) -> PathBuf {
    root.join(format!("{}-{records}", store.text()))
}

/// All answers, in the order of their first coming.
#[derive(Default)]
struct Gathered {
    all: Vec<(String, Reading, BTreeMap<Name, Vec<f64>>)>,
}

impl Gathered {
    fn take(&mut self, step: &Step, store: Name, readings: Vec<Reading>) {
        for reading in readings {
            let value = reading.value;
            let at = self
                .all
                .iter()
                .position(|(name, one, _)| *name == step.name && one.metric == reading.metric);
            let at = at.unwrap_or_else(|| {
                self.all.push((step.name.clone(), reading, BTreeMap::new()));
                self.all.len() - 1
            });
            self.all[at].2.entry(store).or_default().push(value);
        }
    }

    fn rows(self) -> Vec<Row> {
        let row = |(step, reading, values): (String, Reading, BTreeMap<Name, Vec<f64>>)| {
            let medians = values.into_iter().map(|(store, all)| (store, median(all))).collect();
            Row { step, metric: reading.metric, unit: reading.unit, medians }
        };
        self.all.into_iter().map(row).collect()
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
}
