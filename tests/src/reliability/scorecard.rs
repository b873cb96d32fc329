//! The scorecard as a page.
//!
//! **Invariants**
//! - It shows every row that it is given, the empty ones and those that did not run included.
//!
//! What this does not do: run anything.

use super::hunt::{Hunted, SEEDS_MAX};
use super::row::{Ring, Row};
use serde_json::Value;
use std::fmt::Write as _;

/// A correctness bug that was found.
pub struct Found {
    /// What it was.
    pub bug: &'static str,
    /// When it came in.
    pub introduced: &'static str,
    /// Who found it.
    pub found_by: &'static str,
    /// What shows it.
    pub command: &'static str,
}

/// The track record. A bug is added where it is fixed.
pub const TRACK: [Found; 5] = [CREATION, BOOKKEEPING, JOINING, KEPT, NOTHING];

const NOTHING: Found = Found {
    bug: "A durable write whose closure did nothing returned while what was visible was buffered only.",
    introduced: "with buffered writes",
    found_by: "the simulated world, seed 5576",
    command: "`cargo test -p woodland --test durability a_durable_write_of_nothing`",
};

const KEPT: Found = Found {
    bug: "A dataset that was closed kept what was cached of it, and what reads its pages, for ever: \
          cached values and the cache referred to each other.",
    introduced: "with the derived state on disk",
    found_by: "the simulated world: its process grew by 3 MB a seed",
    command: "`cargo test -p woodland --test derived nothing_holds`",
};

const JOINING: Found = Found {
    bug: "Joining from a replica of which a page could not be read unwound through the caller, and \
          could leave a directory that was begun.",
    introduced: "with the derived state on disk",
    found_by: "ring 1, derived state: failed call, once its script merged",
    command: "`cargo test -p woodland --test derived every_act`",
};

const BOOKKEEPING: Found = Found {
    bug: "A damaged block of the derived state in which no page lies, only the account of free room: \
          every read was right, every `rest` failed, and opening again, which the error asks for, \
          did not help, for the block was kept.",
    introduced: "with the derived state on disk",
    found_by: "ring 1, derived state: bent, old or another's",
    command: "`cargo run --release -p woodland-tests --bin scorecard -- ci --only bent`",
};

const CREATION: Found = Found {
    bug: "A creation that ended between the renaming to `heads` and the sync of its folder was \
          opened and written to; a power cut then took the name, and all that was acknowledged.",
    introduced: "with the store",
    found_by: "ring 1, failed sync",
    command: "`cargo test -p woodland-tests --test reliability a_creation_that_ended`",
};

/// The headings between which the network stands.
const NETWORK: &str = "## Network";
const PLANTED: &str = "## Planted bugs";
const HUNTED: &str =
    "| bug | breaks | pairs | by | example | seeds |\n| --- | --- | --- | --- | --- | ---: |";

/// What does not run yet, and which issue brings it.
const WAITING: [(&str, &str, &str); 2] = [
    ("late op below the checkpoint", "P7", "waits for compaction (timber), after issue 7"),
    ("checkpoint on a side short of quorum", "P7", "waits for compaction (timber), after issue 7"),
];

/// What stands on the page.
#[derive(Debug, Default)]
pub struct Scorecard {
    /// The name of the tier.
    pub tier: String,
    /// The commit that was run.
    pub commit: String,
    /// Rings 1 and 2, and the network.
    pub rows: Vec<Row>,
    /// What the simulated world says, as it writes it.
    pub simulation: Option<Value>,
    /// The hunt.
    pub hunted: Vec<Hunted>,
}

impl Scorecard {
    /// What fails the run.
    pub fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        for row in &self.rows {
            if row.is_empty() {
                failures.push(format!("{}: nothing was injected", row.class));
            }
            failures.extend(row.violations.iter().map(|text| format!("{}: {text}", row.class)));
        }
        for one in self.hunted.iter().filter(|one| !one.is_caught()) {
            failures.push(format!("planted bug {} was missed", one.bug));
        }
        for violation in
            self.simulated("violations").and_then(Value::as_array).into_iter().flatten()
        {
            failures.push(format!("simulated world: {violation}"));
        }
        failures
    }

    fn simulated(&self, part: &str) -> Option<&Value> {
        self.simulation.as_ref()?.get(part)
    }

    /// The page.
    pub fn page(&self) -> String {
        let mut page = String::new();
        let Scorecard { tier, commit, .. } = self;
        let _ = writeln!(
            page,
            "# Scorecard\n\nWritten by the harness, never by hand: \
             `cargo run --release -p woodland-tests --bin scorecard -- {tier}`.\n\
             Tier {tier}, commit {commit}. What each promise means, and which row shows it: \
             [promises.md](promises.md).\n\nRing: S is in memory, one thread; K is the real \
             program on the real kernel; W is the simulated world.\nDetected: an error, a \
             refusal or a word told of it. Recovered: opened with all that was promised.\n"
        );
        self.table(&mut page);
        self.totals(&mut page);
        page.push_str(&self.network());
        self.planted(&mut page);
        track(&mut page);
        page
    }

    fn rows_of(&self, is_network: bool) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| (row.ring == Ring::Crowd) == is_network)
    }

    /// The section of the network, which can be run and put into a page alone: [`merged`].
    pub fn network(&self) -> String {
        let mut section = format!(
            "\n{NETWORK}\n\nRing C: crowds of some dozen members that have a log and a hub each, on \
             simulated links; every seed beside itself without the fault.\nDetected: a hub ended a \
             conversation and said why, or a member proved a fork. Recovered: all that keep to the \
             protocol held in the end what they hold without the fault, in one order and as one \
             graph, and nothing else.\nTier {}, commit {}: \
             `cargo run --release -p woodland-tests --bin scorecard -- network --tier {}`.\n\n",
            self.tier, self.commit, self.tier
        );
        self.lines(&mut section, true);
        let rows: Vec<&Row> = self.rows_of(true).collect();
        let (faults, seconds): (u64, f64) =
            (rows.iter().map(|row| row.injected).sum(), rows.iter().map(|row| row.seconds).sum());
        let violations: usize = rows.iter().map(|row| row.violations.len()).sum();
        let _ = writeln!(
            section,
            "\n{faults} faults, {violations} violations, in {seconds:.0} seconds."
        );
        self.violations(&mut section, true);
        let hunted: Vec<&Hunted> = self.hunted.iter().filter(|one| one.is_of_network()).collect();
        if hunted.is_empty() {
            section.push_str("\n**No planted bug of sync was hunted in this run.**\n");
            return section;
        }
        let caught = hunted.iter().filter(|one| one.is_caught()).count();
        let _ = writeln!(
            section,
            "\nPlanted bugs of sync: caught {caught} of {}, each within so many seeds of a class.\n\n\
             {HUNTED}",
            hunted.len()
        );
        hunted.into_iter().for_each(|one| hunted_line(&mut section, one));
        section
    }

    fn lines(&self, page: &mut String, is_network: bool) {
        page.push_str(
            "| fault | ring | promises | injected | detected | recovered | violations | seconds | \
             |\n| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | --- |\n",
        );
        for row in self.rows_of(is_network) {
            let ring = match row.ring {
                Ring::Simulated => "S",
                Ring::Kernel => "K",
                Ring::Crowd => "C",
            };
            let Row { class, promises, injected, detected, recovered, seconds, .. } = row;
            let note = match row.commit == self.commit {
                true => row.note.clone(),
                false => format!("{}; commit {}", row.note, row.commit),
            };
            let _ = match &row.not_run {
                Some(reason) => {
                    let reason = reason.replace('\n', " ");
                    writeln!(
                        page,
                        "| {class} | {ring} | {promises} | | | | | | **not run here: {reason}** |"
                    )
                }
                None => writeln!(
                    page,
                    "| {class} | {ring} | {promises} | {injected} | {detected} | {recovered} | \
                     {} | {seconds:.1} | {note} |",
                    row.violations.len()
                ),
            };
        }
    }

    fn table(&self, page: &mut String) {
        self.lines(page, false);
        if let Some(Value::Object(faults)) = self.simulated("faults") {
            for (kind, counts) in faults {
                let count = |name: &str| counts.get(name).and_then(Value::as_u64).unwrap_or(0);
                let (injected, met) = (count("injected"), count("met"));
                let (detected, recovered) = (count("detected"), count("recovered"));
                let _ = writeln!(
                    page,
                    "| {} | W | P1-P6 P8 | {injected} | {detected} | {recovered} | see below | | met {met} |",
                    kind.replace('-', " ")
                );
            }
        } else {
            page.push_str(
                "| loss, partition, clocks, forks | W | P5 P6 P8 | | | | | | \
                 **not run here: `--simulation FILE` was not given** |\n",
            );
        }
        for (class, promises, reason) in WAITING {
            let _ = writeln!(page, "| {class} | | {promises} | | | | | | {reason} |");
        }
    }

    fn totals(&self, page: &mut String) {
        let sum = |ring: Ring| {
            let rows = self.rows.iter().filter(|row| row.ring == ring);
            rows.map(|row| row.injected).sum::<u64>()
        };
        let violations: usize = self.rows_of(false).map(|row| row.violations.len()).sum();
        let seconds: f64 = self.rows_of(false).map(|row| row.seconds).sum();
        let _ = writeln!(
            page,
            "\n## Totals\n\n{} faults in memory, {} on the kernel, {violations} violations, in \
             {seconds:.0} seconds.",
            sum(Ring::Simulated),
            sum(Ring::Kernel),
        );
        if let Some(simulation) = &self.simulation {
            let number = |name: &str| simulation.get(name).and_then(Value::as_u64).unwrap_or(0);
            let totals = simulation.get("totals").cloned().unwrap_or_default();
            let total = |name: &str| totals.get(name).and_then(Value::as_u64).unwrap_or(0);
            let broken = simulation.get("violations").and_then(Value::as_array).map_or(0, Vec::len);
            let (first, seeds) = (number("first_seed"), number("seeds"));
            let minutes = number("wall_milliseconds") as f64 / 60_000.0;
            let _ = writeln!(
                page,
                "Simulated world: seeds {first} to {}, {:.0} a minute; {} acts, {} crashes, {} \
                 partitions, {} messages; {broken} violations.",
                (first + seeds).saturating_sub(1),
                seeds as f64 / minutes.max(f64::EPSILON),
                total("acts"),
                total("crashes"),
                total("partitions"),
                total("messages"),
            );
        }
        for violation in
            self.simulated("violations").and_then(Value::as_array).into_iter().flatten()
        {
            let part = |name: &str| violation.get(name).cloned().unwrap_or_default();
            let what = part("what").as_str().unwrap_or_default().replace('\n', " ");
            let _ = writeln!(page, "- **seed {}**, act {}: {what}", part("seed"), part("act"));
        }
        self.violations(page, false);
    }

    fn violations(&self, page: &mut String, is_network: bool) {
        for row in self.rows_of(is_network) {
            for violation in &row.violations {
                let _ = writeln!(page, "- **{}**: {violation}", row.class);
            }
        }
    }

    fn planted(&self, page: &mut String) {
        let _ = write!(page, "\n{PLANTED}\n\n");
        let hunted: Vec<&Hunted> = self.hunted.iter().filter(|one| !one.is_of_network()).collect();
        if hunted.is_empty() {
            page.push_str("**Not hunted in this run**: `docs/testing.md` says how.\n");
            return;
        }
        let caught = hunted.iter().filter(|one| one.is_caught()).count();
        let by_ring = hunted.iter().filter(|one| one.caught > 0).count();
        let share = |one: &Hunted| one.caught * 1000 / one.pairs.max(1);
        let shares = median(hunted.iter().copied().map(share).collect());
        let seeds: Vec<u64> = hunted.iter().filter_map(|one| one.seeds).collect();
        let _ = writeln!(
            page,
            "Caught {caught} of {}. Ring 1 catches {by_ring}, the median bug in {}.{} % of all \
             pairs of fault class and workload; the simulated world catches {} within {SEEDS_MAX} \
             seeds, the median one of them after {}.\n\n{HUNTED}",
            hunted.len(),
            shares / 10,
            shares % 10,
            seeds.len(),
            median(seeds.clone()),
        );
        hunted.into_iter().for_each(|one| hunted_line(page, one));
    }
}

fn hunted_line(page: &mut String, one: &Hunted) {
    let first = if one.caught > 0 { &one.first } else { &one.first_of_seeds };
    let first: String = first.chars().take(110).collect();
    let _ = writeln!(
        page,
        "| {} | {} | {} of {} | {} | {} | {} |",
        one.bug,
        one.breaks,
        one.caught,
        one.pairs,
        one.classes.join(", "),
        first.replace('|', "/").replace('\n', " "),
        one.seeds.map_or("–".to_owned(), |seeds| seeds.to_string()),
    );
}

/// A page with another section of the network: that of a later run, under its own commit.
pub fn merged(page: &str, network: &Scorecard) -> String {
    let (mut kept, mut is_put, mut is_in) = (String::new(), false, false);
    let waited = |line: &str| {
        network.rows_of(true).any(|row| line.starts_with(&format!("| {} | |", row.class)))
    };
    for line in page.lines() {
        if line.starts_with("## ") {
            is_in = line == NETWORK;
            if !is_put && (is_in || line == PLANTED) {
                is_put = true;
                // It begins with an empty line, which may stand there already.
                kept.truncate(kept.trim_end().len());
                kept.push_str(&format!("\n{}\n", network.network()));
            }
        }
        if !is_in && !waited(line) {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

fn median(mut numbers: Vec<u64>) -> u64 {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or(0)
}

fn track(page: &mut String) {
    page.push_str("\n## Track record\n\n| bug | introduced | found by | shown by |\n| --- | --- | --- | --- |\n");
    for Found { bug, introduced, found_by, command } in &TRACK {
        let _ = writeln!(page, "| {bug} | {introduced} | {found_by} | {command} |");
    }
}
