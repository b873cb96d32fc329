//! Recorded editing traces as input: written by many authors, sent as files, merged in any order.
//!
//! ```text
//!  trace file ──► trace ──► recording (commits, text) ──► pieces: log files on disk
//!                                   │                        │ shuffled, some twice
//!                                   └──── account ═?═ account of each replica, reopened
//! ```
//!
//! **Invariants**
//! - A trace, a seed and options give the same commits, pieces and orders on every machine.
//! - What a trace says is an error of its file; what replicas disagree in is a difference in the
//!   report. Neither is a panic.
//! - One replica is open at a time.
//!
//! What this does not do: print, or know how a merge works.

mod account;
mod code_points;
mod pages;
mod pieces;
mod recording;
mod replica;
mod report;
mod trace;

use crate::histories::Rng;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::time::Instant;

pub use crate::replay::report::Report;
pub use crate::replay::trace::{Patch, Trace, Transaction};

use crate::replay::account::Account;
use crate::replay::pages::Pages;
use crate::replay::pieces::Pieces;
use crate::replay::recording::Recording;
use crate::replay::replica::Run;

/// How a trace is replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Over how many authors a sequential trace is spread; at least one.
    pub peers: usize,
    /// Into how many log files the commits are cut, where there are commits enough.
    pub pieces: usize,
    /// In how many orders the files are merged, each by a replica of its own.
    pub orders: usize,
    /// What keys, cuts and orders follow from.
    pub seed: u64,
    /// The folder where the whole recording is left as a log file named after the trace.
    pub keep: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Options { peers: 1, pieces: 60, orders: 5, seed: 1, keep: None }
    }
}

/// Pieces from which on some must have come before their past.
const PIECES_THAT_WAIT: usize = 50;

/// Replays the trace in this file.
///
/// # Errors
/// When the file is no trace, or the disk fails. What replicas differ in is part of the report.
pub fn replay_file(path: &Path, options: &Options) -> Result<Report> {
    let trace = Trace::read(path)?;
    replay(&trace, options).with_context(|| path.display().to_string())
}

/// Replays a trace.
///
/// # Errors
/// As for [`replay_file`].
pub fn replay(trace: &Trace, options: &Options) -> Result<Report> {
    ensure!(options.peers > 0, "at least one author has to write: give --peers 1 or more");
    let started = Instant::now();
    let recording = Recording::of(trace, options)?;
    let expected = Account::of(&recording.graph, recording.document)?;
    let mut report = Report::of(trace, &recording, started.elapsed());
    if let Some(difference) = account::text_difference(&trace.end, &expected.text) {
        report.differences.push(format!("recorder: {difference}"));
    }

    let folder = tempfile::tempdir().context("no folder for the log files")?;
    let mut rng = Rng::from_seed(options.seed ^ 0x9e37);
    let pieces = Pieces::cut(&recording, options.pieces, folder.path(), &mut rng)?;
    let pages = pieces::with_whole(&recording, folder.path(), |whole| {
        if let Some(keep) = &options.keep {
            let kept = keep.join(format!("{}.wll", trace.name));
            std::fs::copy(whole, &kept).with_context(|| kept.display().to_string())?;
        }
        Pages::of(whole)
    })?;
    let (schema, document) = (recording.schema.clone(), recording.document);
    drop(recording);
    report.pieces = pieces.files.len();
    report.bytes = pieces.bytes();

    for order in 0..options.orders {
        let path = folder.path().join(format!("replica-{order}"));
        let told = || format!("replica {order}");
        let files = (&pieces, pieces.shuffled(&mut rng));
        let run = replica::run(&path, &schema, document, files).with_context(told)?;
        let found = differences(&run, &expected, &pages, &trace.end);
        report.differences.extend(found.iter().map(|one| format!("replica {order} {one}")));
        report.add(&run);
        std::fs::remove_dir_all(&path).with_context(told)?;
    }
    if options.orders > 0 && report.pieces >= PIECES_THAT_WAIT && report.pending_peak == 0 {
        report.differences.push("no piece arrived before its past".to_owned());
    }
    Ok(report)
}

/// In what a replica is not as it should be.
fn differences(run: &Run, expected: &Account, pages: &Pages, end: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |state: &str, differences: Vec<String>| {
        found.extend(differences.iter().map(|one| format!("{state}: {one}")));
    };
    add("merged", run.merged.differences(expected, end));
    add("reopened", run.reopened.differences(expected, end));
    add("dumped", run.pages.differences(pages));
    if run.left_waiting > 0 {
        add("merged", vec![format!("{} commits still wait", run.left_waiting)]);
    }
    found
}
