//! What a run of one target came to, for people.
//!
//! **Invariants**
//! - Every variant that the target can tell has a row, also one that was never reached.

use crate::fuzz::errors::Told;
use crate::fuzz::run::Settings;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Inputs shorter than this say little about a share of their length.
const SHARE_BYTES_MIN: usize = 1024;
/// Longest input that is printed.
const SHOWN_BYTES_MAX: usize = 512;

/// What a run came to.
#[derive(Debug)]
pub struct Report {
    /// The target.
    pub target: &'static str,
    /// How many inputs were decoded.
    pub executions: u64,
    /// How many were accepted, at least in part.
    pub accepted: u64,
    /// How many were told each error.
    pub errors: BTreeMap<&'static str, u64>,
    /// All of it.
    pub time: Duration,
    /// The slowest decode, and its input's length.
    pub slowest: (Duration, usize),
    /// The highest peak, and its input's length.
    pub peak: (usize, usize),
    /// The highest share of an input's length, in hundredths, of inputs that are not tiny.
    pub share: usize,
    /// What went wrong; the run ends there.
    pub failure: Option<Failure>,
}

/// An input that no decoder may meet like that.
#[derive(Debug)]
pub struct Failure {
    /// What happened.
    pub why: String,
    /// Which execution it was.
    pub number: u64,
    /// The seed of the run.
    pub seed: u64,
    /// The input, made small.
    pub input: Vec<u8>,
    /// Where it was written; none where the disk did not take it.
    pub path: Option<PathBuf>,
}

impl Failure {
    pub(crate) fn write(
        target: &str,
        number: u64,
        why: String,
        input: Vec<u8>,
        settings: &Settings,
    ) -> Self {
        let seed = settings.seed;
        let path = settings.folder.join(format!("{target}-{seed}-{number}.bin"));
        let made = std::fs::create_dir_all(&settings.folder);
        let written = made.and_then(|()| std::fs::write(&path, &input));
        Failure { why, number, seed, input, path: written.ok().map(|()| path) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { why, number, seed, input, path } = self;
        writeln!(f, "  FAILED: {why}")?;
        writeln!(f, "  again: --seed {seed} --first {number} --executions 1")?;
        if let Some(path) = path {
            writeln!(f, "  made small: {} bytes in {}", input.len(), path.display())?;
        }
        write!(f, "  hex: ")?;
        for byte in input.iter().take(SHOWN_BYTES_MAX) {
            write!(f, "{byte:02x}")?;
        }
        writeln!(f, "{}", if input.len() > SHOWN_BYTES_MAX { "…" } else { "" })
    }
}

impl Report {
    pub(crate) fn of(target: &'static str, errors: &[&'static str]) -> Self {
        Report {
            target,
            executions: 0,
            accepted: 0,
            errors: errors.iter().map(|name| (*name, 0)).collect(),
            time: Duration::ZERO,
            slowest: (Duration::ZERO, 0),
            peak: (0, 0),
            share: 0,
            failure: None,
        }
    }

    pub(crate) fn add(&mut self, input: &[u8], told: &Told, taken: Duration, peak: usize) {
        self.executions += 1;
        self.accepted += u64::from(told.is_accepted);
        for name in &told.names {
            *self.errors.entry(name).or_default() += 1;
        }
        if taken > self.slowest.0 {
            self.slowest = (taken, input.len());
        }
        if peak > self.peak.0 {
            self.peak = (peak, input.len());
        }
        if input.len() >= SHARE_BYTES_MIN {
            self.share = self.share.max(100 * peak / input.len());
        }
    }

    /// The variants that no execution was told.
    pub fn never(&self) -> Vec<&'static str> {
        self.errors.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect()
    }

    /// The variants that the target does not list.
    pub fn unlisted(&self) -> Vec<&'static str> {
        self.errors.keys().filter(|name| name.ends_with("::?")).copied().collect()
    }

    /// Whether nothing went wrong.
    pub fn is_well(&self) -> bool {
        self.failure.is_none() && self.unlisted().is_empty()
    }

    fn percent(&self, count: u64) -> f64 {
        100.0 * count as f64 / self.executions.max(1) as f64
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { target, executions, accepted, time, slowest, peak, share, .. } = self;
        let rate = *executions as f64 / time.as_secs_f64().max(1e-9);
        writeln!(f, "{target}: {executions} executions, {rate:.0}/s")?;
        writeln!(f, "  accepted {:.2} %", self.percent(*accepted))?;
        for (name, count) in self.errors.iter().filter(|(_, count)| **count > 0) {
            writeln!(f, "  {:>8.4} %  {name}", self.percent(*count))?;
        }
        let never = self.never();
        if !never.is_empty() {
            writeln!(f, "  never: {}", never.join(", "))?;
        }
        let (micros, length) = (slowest.0.as_micros(), slowest.1);
        writeln!(f, "  slowest {micros} µs ({length} bytes)")?;
        let (most, of) = peak;
        let (whole, part) = (share / 100, share % 100);
        writeln!(
            f,
            "  peak heap {most} bytes ({of} bytes of input); \
             {whole}.{part:02} times an input of at least {SHARE_BYTES_MIN}"
        )?;
        match &self.failure {
            Some(failure) => write!(f, "{failure}"),
            None => Ok(()),
        }
    }
}
