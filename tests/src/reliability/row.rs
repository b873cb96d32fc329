//! A row of the scorecard: what was injected, and what became of it.
//!
//! **Invariants**
//! - A row that injected nothing is no answer: [`Row::is_empty`] fails the run that asked for it.
//! - What could not run says why, and counts as nothing.
//!
//! What this does not do: print; `scorecard` does.

use super::judge::{Met, guarded};
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// How far a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// A part of the CI tier, for the hunt: a planted bug is in force, and one catch is enough.
    Hunt,
    /// A part that is spread over all, in a minute and a half on one core.
    Ci,
    /// All.
    Long,
}

impl Tier {
    /// One of the two.
    pub fn choose<T>(self, ci: T, long: T) -> T {
        match self {
            Tier::Hunt | Tier::Ci => ci,
            Tier::Long => long,
        }
    }

    /// One in so many of what the CI tier tries.
    pub fn thinned(self) -> usize {
        match self {
            Tier::Hunt => 7,
            Tier::Ci | Tier::Long => 1,
        }
    }
}

/// Where a fault was injected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ring {
    /// In memory, one thread.
    Simulated,
    /// By the system's kernel.
    Kernel,
    /// Among the members of a crowd.
    Crowd,
}

/// One fault class in one ring.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// The fault class.
    pub class: String,
    /// Where.
    pub ring: Ring,
    /// Of which promises.
    pub promises: String,
    /// How many faults there were.
    pub injected: u64,
    /// How many of them the store noticed or said.
    pub detected: u64,
    /// After how many of them it opened and had all that it had promised.
    pub recovered: u64,
    /// Broken promises, each with what shows it again.
    pub violations: Vec<String>,
    /// Wall time.
    pub seconds: f64,
    /// What else there is to say.
    pub note: String,
    /// Why it did not run.
    pub not_run: Option<String>,
    /// The commit that was run; empty where that is not known.
    #[serde(default)]
    pub commit: String,
}

impl Row {
    /// Whether it says that something was tried and nothing was.
    pub fn is_empty(&self) -> bool {
        self.not_run.is_none() && self.injected == 0
    }

    /// A row that did not run.
    pub fn not_run(class: &str, ring: Ring, promises: &str, reason: impl Into<String>) -> Row {
        Row { not_run: Some(reason.into()), ..Tally::of(class, ring, promises).row }
    }
}

/// A row that is being counted.
#[derive(Debug)]
pub struct Tally {
    row: Row,
    began: Instant,
    /// More violations than these are not sought.
    violations_max: usize,
}

impl Tally {
    /// Nothing yet.
    pub fn of(class: &str, ring: Ring, promises: &str) -> Tally {
        let row = Row {
            class: class.to_owned(),
            ring,
            promises: promises.to_owned(),
            injected: 0,
            detected: 0,
            recovered: 0,
            violations: Vec::new(),
            seconds: 0.0,
            note: String::new(),
            not_run: None,
            commit: String::new(),
        };
        Tally { row, began: Instant::now(), violations_max: 3 }
    }

    /// One violation is enough.
    #[must_use]
    pub fn until_first(self) -> Tally {
        Tally { violations_max: 1, ..self }
    }

    /// Whether enough is known: that it fails.
    pub fn is_over(&self) -> bool {
        self.row.violations.len() >= self.violations_max
    }

    /// One fault, and what the judge says of what it left.
    pub fn judged(&mut self, answer: Result<Met, String>, place: impl FnOnce() -> String) {
        self.row.injected += 1;
        match answer {
            Ok(met) => {
                self.row.detected += u64::from(met.torn + met.refused > 0);
                self.row.recovered += u64::from(met.opened > 0);
            }
            Err(text) => self.row.violations.push(format!("{}: {text}", place())),
        }
    }

    /// One fault that was noticed, or not, and recovered from, or not.
    pub fn counted(&mut self, is_detected: bool, is_recovered: bool) {
        self.row.injected += 1;
        self.row.detected += u64::from(is_detected);
        self.row.recovered += u64::from(is_recovered);
    }

    /// So many faults, of which so many were noticed, and so many recovered from.
    pub fn count(&mut self, injected: u64, detected: u64, recovered: u64) {
        self.row.injected += injected;
        self.row.detected += detected;
        self.row.recovered += recovered;
    }

    /// Plays these seeds until enough is known. Each counts as much as it says.
    pub fn seeds(&mut self, seeds: u64, play: impl Fn(u64) -> Result<u64, String>) {
        for seed in 0..seeds {
            match guarded(|| play(seed)) {
                Ok(count) => (0..count).for_each(|_| self.counted(true, true)),
                Err(text) => {
                    self.counted(false, false);
                    self.broken(format!("seed {seed}: {text}"));
                }
            }
            if self.is_over() {
                return;
            }
        }
        self.note(&format!("seeds 0 to {}", seeds - 1));
    }

    /// A broken promise.
    pub fn broken(&mut self, text: String) {
        self.row.violations.push(text);
    }

    /// Something to say beside the figures.
    pub fn note(&mut self, text: &str) {
        if !self.row.note.is_empty() {
            self.row.note.push_str("; ");
        }
        self.row.note.push_str(text);
    }

    /// So far.
    pub fn injected(&self) -> u64 {
        self.row.injected
    }

    /// The row.
    pub fn end(mut self) -> Row {
        self.row.seconds = self.began.elapsed().as_secs_f64();
        self.row
    }
}
