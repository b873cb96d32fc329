//! A replica that is given log files, closed and opened again.
//!
//! **Invariants**
//! - After the last file nothing waits, and nothing was refused.
//!
//! What this does not do: judge what it ends in.

use crate::histories::Rng;
use crate::replay::account::Account;
use crate::replay::pieces::Pieces;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::time::{Duration, Instant};
use woodland_format::{
    Commit, FILE_HEADER_BYTES, FileHeader, ObjectId, Schema, Segment, read_segments,
};
use woodland_graph::{Graph, Kinds};
use woodland_log::{Log, Pending, PendingLimits};

/// What became of one replica.
pub(crate) struct Run {
    pub(crate) account: Account,
    pub(crate) pending_peak: usize,
    pub(crate) merging: Duration,
    pub(crate) opening: Duration,
}

/// Merges all files in one random order.
pub(crate) fn run(
    path: &Path,
    _schema: &Schema,
    document: ObjectId,
    pieces: &Pieces,
    rng: &mut Rng,
) -> Result<Run> {
    std::fs::create_dir_all(path)?;
    let started = Instant::now();
    let order = pieces.shuffled(rng);
    let first = read(&pieces.files[0].path)?;
    let founding: Commit = first[0].commits[0].clone();
    let mut log = Log::found(founding)?;
    let mut pending = Pending::new(PendingLimits::default());
    let mut graph = Graph::of(&log, Kinds::standard());
    let mut peak = 0;
    for path in std::iter::once(pieces.files[0].path.as_path()).chain(order) {
        for segment in read(path)? {
            let offered = pending.offer(&log, &segment);
            ensure!(offered.refused.is_empty(), "refused {:?}", offered.refused);
            log = offered.log;
        }
        graph = graph.advance(&log);
        peak = peak.max(pending.waiting());
    }
    let merging = started.elapsed();
    ensure!(pending.waiting() == 0, "{} wait", pending.waiting());
    let started = Instant::now();
    let reopened = Graph::of(&log, Kinds::standard());
    let account = Account::of(&reopened, document)?;
    ensure!(account.differences(&Account::of(&graph, document)?, &account.text).is_empty());
    Ok(Run { account, pending_peak: peak, merging, opening: started.elapsed() })
}

fn read(path: &Path) -> Result<Vec<Segment>> {
    let bytes = std::fs::read(path)?;
    let header = FileHeader::decode(&bytes)?;
    read_segments(header.dataset, &bytes[FILE_HEADER_BYTES..], FILE_HEADER_BYTES as u64)
        .map(|found| {
            ensure!(found.damage.is_none());
            found.segment.context("no segment")
        })
        .collect()
}
