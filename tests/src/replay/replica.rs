//! A replica that is given log files, closed and opened again.
//!
//! **Invariants**
//! - Its first file is the one with the founding commit; the others come in any order.
//! - What the door refuses for want of room is offered again once others have come; nothing else
//!   may be refused, damaged, or wait for ever.
//!
//! What this does not do: judge what it ends in.

use crate::replay::account::Account;
use crate::replay::pages::Pages;
use crate::replay::pieces::Pieces;
use anyhow::{Context, Result, ensure};
use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};
use woodland::{Merged, Refusal, Replica};
use woodland_format::{ObjectId, Schema};

/// What became of one replica.
pub(crate) struct Run {
    /// Derived as the files came.
    pub(crate) merged: Account,
    /// Derived at once, from what the directory holds.
    pub(crate) reopened: Account,
    pub(crate) pages: Pages,
    /// Commits that the last file left waiting, where there should be none.
    pub(crate) left_waiting: usize,
    pub(crate) pending_peak: usize,
    pub(crate) merging: Duration,
    pub(crate) opening: Duration,
    pub(crate) dumping: Duration,
}

/// Merges all files in this order, into a directory that is not there yet.
pub(crate) fn run(
    path: &Path,
    schema: &Schema,
    document: ObjectId,
    (pieces, order): (&Pieces, Vec<&Path>),
) -> Result<Run> {
    let started = Instant::now();
    let first = pieces.founding();
    let joined = Replica::join(path, schema, first);
    let (replica, merged) = joined.with_context(|| first.display().to_string())?;
    let mut progress = Progress { order: order.into(), refused: VecDeque::new(), peak: 0, left: 0 };
    progress.note(first, &merged)?;
    while let Some(piece) = progress.order.pop_front() {
        let told = || piece.display().to_string();
        let merged = replica.merge(piece).with_context(told)?;
        progress.note(piece, &merged).with_context(told)?;
    }
    let merged = Account::of(replica.snapshot().graph(), document)?;
    let merging = started.elapsed();

    drop(replica);
    let started = Instant::now();
    let replica = Replica::open(path, schema).context("opening again")?;
    let reopened = Account::of(replica.snapshot().graph(), document)?;
    let opening = started.elapsed();

    drop(replica);
    let started = Instant::now();
    let pages = Pages::of(path)?;
    let Progress { peak: pending_peak, left: left_waiting, .. } = progress;
    let dumping = started.elapsed();
    Ok(Run { merged, reopened, pages, left_waiting, pending_peak, merging, opening, dumping })
}

/// What is still to be merged, and what came of the rest.
struct Progress<'a> {
    order: VecDeque<&'a Path>,
    /// For want of room; offered again when something has come in.
    refused: VecDeque<&'a Path>,
    peak: usize,
    left: usize,
}

impl<'a> Progress<'a> {
    fn note(&mut self, piece: &'a Path, merged: &Merged) -> Result<()> {
        if let Some(damage) = merged.damage.first() {
            return Err(damage.clone().into());
        }
        self.peak = self.peak.max(merged.waiting);
        self.left = merged.waiting;
        if merged.admitted > 0 {
            self.order.append(&mut self.refused);
        }
        let is_full = |refusal: &Refusal| matches!(refusal, Refusal::Full { .. });
        if let Some(refusal) = merged.refused.iter().find(|one| !is_full(one)) {
            return Err(refusal.clone().into());
        }
        if !merged.refused.is_empty() {
            self.refused.push_back(piece);
        }
        let is_stuck = self.order.is_empty() && !self.refused.is_empty();
        ensure!(!is_stuck, "{} files find no room to wait", self.refused.len());
        Ok(())
    }
}
