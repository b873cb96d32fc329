//! What runs of the simulated world went through, for people and for programs.
//!
//! **Invariants**
//! - A sum of reports is the report of all their seeds; how long they took is for whoever ran them
//!   to say.
//!
//! What this does not do: look at a clock.

use crate::fault::FaultTable;
use crate::simulation::Run;
use crate::violation::Violation;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// How much of everything there was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Totals {
    /// Acts of chaos.
    pub acts: u64,
    /// Batches that were acknowledged.
    pub writes: u64,
    /// Of these, batches that were acknowledged before they were durable.
    pub buffered_writes: u64,
    /// How often what was buffered was made durable.
    pub flushes: u64,
    /// Buffered commits that went with a power cut or a disk that failed.
    pub lost_buffered: u64,
    /// How often what was derived was put to rest.
    pub rests: u64,
    /// Steps of upkeep.
    pub upkeeps: u64,
    /// Segment files that were merged.
    pub merged_files: u64,
    /// Pages of what rests that could not be read, for a reason.
    pub derived_faults: u64,
    /// Openings of a directory in which something rested.
    pub opened_beside_derived: u64,
    /// Of these, openings that were compared with one from nothing.
    pub derived_anew: u64,
    /// Batches that the schema's rules refused.
    pub refused_writes: u64,
    /// Reads in which the application checked what it saw.
    pub reads: u64,
    /// Log files that were sent.
    pub messages: u64,
    /// Openings of a directory that was there.
    pub openings: u64,
    /// Directories that were closed and opened again.
    pub restarts: u64,
    /// Power cuts.
    pub crashes: u64,
    /// Processes that were killed in the middle of an act.
    pub kills: u64,
    /// Partitions.
    pub partitions: u64,
    /// Damaged directories that were refused, and begun anew.
    pub refusals: u64,
    /// Commits that were taken out of refused directories and that nobody else had given before.
    pub salvaged: u64,
    /// Acknowledged commits that a disk that lied, or was damaged twice, did not keep.
    pub lost_by_lies: u64,
    /// New keys, because others had more of a peer's own commits than it had.
    pub renewals: u64,
    /// Forks that peers were told of.
    pub forks: u64,
    /// Commits that all held in the end.
    pub commits: u64,
    /// Rounds of healing until all agreed.
    pub rounds_to_agree: u64,
    /// Two ways to one set of commits whose digests were compared.
    pub comparisons: u64,
}

impl Totals {
    fn add(&mut self, other: &Totals) {
        self.acts += other.acts;
        self.writes += other.writes;
        self.buffered_writes += other.buffered_writes;
        self.flushes += other.flushes;
        self.lost_buffered += other.lost_buffered;
        self.rests += other.rests;
        self.upkeeps += other.upkeeps;
        self.merged_files += other.merged_files;
        self.derived_faults += other.derived_faults;
        self.opened_beside_derived += other.opened_beside_derived;
        self.derived_anew += other.derived_anew;
        self.refused_writes += other.refused_writes;
        self.reads += other.reads;
        self.messages += other.messages;
        self.openings += other.openings;
        self.restarts += other.restarts;
        self.crashes += other.crashes;
        self.kills += other.kills;
        self.partitions += other.partitions;
        self.refusals += other.refusals;
        self.salvaged += other.salvaged;
        self.lost_by_lies += other.lost_by_lies;
        self.renewals += other.renewals;
        self.forks += other.forks;
        self.commits += other.commits;
        self.rounds_to_agree += other.rounds_to_agree;
        self.comparisons += other.comparisons;
    }
}

/// What many seeds went through.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SimulationReport {
    /// The first seed.
    pub first_seed: u64,
    /// How many seeds were run.
    pub seeds: u64,
    /// How much of everything there was.
    pub totals: Totals,
    /// What became of the faults of each kind.
    pub faults: FaultTable,
    /// Rounds of healing until all agreed → in how many seeds.
    pub rounds: BTreeMap<u64, u64>,
    /// How long it took, where whoever ran it has looked at a clock.
    pub wall_milliseconds: u64,
    /// What did not hold: at most one a seed.
    pub violations: Vec<Violation>,
}

impl SimulationReport {
    /// Adds a run.
    pub fn take(&mut self, run: &Run) {
        self.first_seed = if self.seeds == 0 { run.seed } else { self.first_seed.min(run.seed) };
        self.seeds += 1;
        self.totals.add(&run.totals);
        self.faults.add(&run.faults);
        match &run.violation {
            None => *self.rounds.entry(run.totals.rounds_to_agree).or_default() += 1,
            Some(violation) => self.violations.push(violation.clone()),
        }
    }

    /// Adds what another says.
    pub fn add(&mut self, other: &SimulationReport) {
        if other.seeds == 0 {
            return;
        }
        let first = if self.seeds == 0 { other.first_seed } else { self.first_seed };
        self.first_seed = first.min(other.first_seed);
        self.seeds += other.seeds;
        self.totals.add(&other.totals);
        self.faults.add(&other.faults);
        for (rounds, seeds) in &other.rounds {
            *self.rounds.entry(*rounds).or_default() += seeds;
        }
        self.violations.extend(other.violations.iter().cloned());
        self.violations.sort_by_key(|violation| violation.seed);
    }

    /// Whether nothing was broken.
    pub fn is_well(&self) -> bool {
        self.violations.is_empty()
    }
}

impl fmt::Display for SimulationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Totals { acts, writes, reads, messages, openings, crashes, partitions, .. } =
            self.totals;
        writeln!(
            f,
            "{} seeds from {}: {acts} acts ({writes} writes, {reads} reads), {messages} messages, \
             {openings} openings, {crashes} power cuts, {partitions} partitions",
            self.seeds, self.first_seed
        )?;
        let Totals { refusals, salvaged, lost_by_lies, renewals, forks, commits, .. } = self.totals;
        writeln!(
            f,
            "{refusals} damaged directories refused, {salvaged} commits saved out of them; \
             {lost_by_lies} commits lost by disks that lied; {renewals} keys renewed, {forks} \
             forks told; {commits} commits in the end, {} digests compared",
            self.totals.comparisons
        )?;
        let Totals { buffered_writes, flushes, lost_buffered, rests, upkeeps, .. } = self.totals;
        writeln!(
            f,
            "{buffered_writes} writes buffered, {flushes} flushes, {lost_buffered} buffered \
             commits lost; {rests} rests, {upkeeps} upkeeps, {} files merged, {} derived pages not \
             read; {} openings by what rests, {} of them derived from nothing, too",
            self.totals.merged_files,
            self.totals.derived_faults,
            self.totals.opened_beside_derived,
            self.totals.derived_anew
        )?;
        writeln!(f, "rounds to agree → seeds: {:?}", self.rounds)?;
        let columns = ("fault", "injected", "met", "detected", "recovered");
        let (kind, injected, met, detected, recovered) = columns;
        writeln!(f, "{kind:<24}{injected:>10}{met:>10}{detected:>10}{recovered:>10}")?;
        for (kind, row) in &self.faults.0 {
            let (kind, injected, met) = (kind.to_string(), row.injected, row.met);
            let (detected, recovered) = (row.detected, row.recovered);
            writeln!(f, "{kind:<24}{injected:>10}{met:>10}{detected:>10}{recovered:>10}")?;
        }
        write!(f, "violations: {}", self.violations.len())?;
        self.violations.iter().try_for_each(|violation| write!(f, "\n{violation}"))
    }
}
