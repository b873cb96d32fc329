//! A suite: a list of cases, each done by every peer in a process of its own.
//!
//! ```text
//!  Suite ─┬─ prepare    writes a peer's saved file, once for all cases that load
//!         └─ cases ──── measure, of one peer, in this process
//! ```
//!
//! **Invariants**
//! - A case verifies its own result; what is wrong is an error, never a number.
//! - What a peer refuses is an answer with the reason.
//!
//! What this does not do: start processes or take medians; `run` does.

use crate::peers::Peer;
use anyhow::Result;
use cpu_time::ProcessTime;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// A list of cases.
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    /// What [`Setting::nodes`] counts.
    pub(crate) of: &'static str,
    /// Writes the file that [`Setting::saved`] names.
    pub(crate) prepare: Measure,
    pub(crate) cases: &'static [Case],
}

/// What a peer does in a process of its own.
pub(crate) type Measure = fn(Peer, &Setting) -> Result<Measured>;

/// One thing that is measured.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Whether it needs the prepared file.
    pub(crate) loads: bool,
    pub(crate) measure: Measure,
}

/// What was measured: a sum over what was read, equal for all peers, and the numbers.
pub(crate) type Measured = (u64, Vec<Reading>);

/// What all peers have in common.
pub(crate) struct Setting {
    /// How much data there is: nodes, or shared changes.
    pub(crate) nodes: usize,
    /// Where the prepared file of the peer is.
    pub(crate) saved: PathBuf,
}

impl Setting {
    /// The file beside the saved one that has the names of the nodes.
    pub(crate) fn names(&self) -> PathBuf {
        self.saved.with_extension("names")
    }
}

/// What a process answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    Measured {
        checksum: u64,
        readings: Vec<Reading>,
    },
    /// The peer cannot do it, and says why.
    Refused {
        reason: String,
    },
}

/// One number. Less is better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reading {
    pub(crate) metric: String,
    pub(crate) unit: String,
    pub(crate) value: f64,
}

impl Reading {
    pub(crate) fn new(metric: &str, unit: &str, value: f64) -> Self {
        Reading { metric: metric.to_owned(), unit: unit.to_owned(), value }
    }
}

/// The unit of times: milliseconds of the process on a processor, in the system's calls included.
pub(crate) const MILLISECONDS: &str = "cpu-ms";
/// The unit of sizes.
pub(crate) const BYTES: &str = "bytes";

/// Does it, and tells how long it took.
pub(crate) fn timed<T>(act: impl FnOnce() -> Result<T>) -> Result<(T, Reading)> {
    let begin = ProcessTime::try_now()?;
    let returned = act()?;
    let elapsed = begin.try_elapsed()?;
    Ok((returned, Reading::new("time", MILLISECONDS, elapsed.as_secs_f64() * 1e3)))
}

/// The error of a peer that cannot do what is asked, in its own words.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused: {}", self.0)
    }
}

impl std::error::Error for Refused {}

impl Answer {
    /// Tells a refusal from a failure.
    pub(crate) fn of(measured: Result<Measured>) -> Result<Answer> {
        match measured {
            Ok((checksum, readings)) => Ok(Answer::Measured { checksum, readings }),
            Err(error) => match error.downcast_ref::<Refused>() {
                Some(Refused(reason)) => Ok(Answer::Refused { reason: reason.clone() }),
                None => Err(error),
            },
        }
    }
}
