//! The disk lies: from the k-th sync on it says that it has synced, and has not.
//!
//! **Invariants**
//! - What was synced before the lie began is there.
//! - What is there is a prefix, or the store is refused and says which file lacks what, and what
//!   can be read of it is among what was written.
//! - A loss is silent only where the heads that were kept do not speak of what is lost.
//!
//! What this does not do: ask for what no store can do: notice the loss of everything.

use super::actor::handed_out;
use super::disk::ScriptedDisk;
use super::image::{Entry, Image};
use super::journal::Event;
use super::judge::{Promises, guarded, prefix, promise};
use super::platter::{Lying, Platter, Unit};
use super::rehearsal::Rehearsal;
use super::row::{Tally, Tier};
use std::collections::BTreeSet;
use woodland::CommitId;
use woodland_store::{OpenError, Store};

/// Tries all k, with a cut after each later sync (or at the end alone), and with every subset of
/// files that happen to be there.
pub fn lying_syncs(rehearsal: &Rehearsal, tier: Tier, tally: &mut Tally) {
    let is_sync = |event: &&Event| matches!(event, Event::Sync { .. } | Event::SyncFolder { .. });
    let syncs = rehearsal.journal.iter().filter(is_sync).count();
    for first in 0..syncs {
        let (mut platter, mut promises) = (Platter::default(), Promises::new());
        let (mut count, mut kept) = (0, None);
        for (at, event) in rehearsal.journal.iter().enumerate() {
            let is_lie = is_sync(&event) && count >= first;
            count += usize::from(is_sync(&event));
            if is_lie && kept.is_none() {
                kept = Some(promises.clone());
            }
            platter.apply(event, if is_lie { Lying::Yes } else { Lying::No });
            promise(&mut promises, event);
            let is_last = at + 1 == rehearsal.journal.len();
            let is_cut = is_last || tier == Tier::Long && is_lie;
            if let (true, Some(kept)) = (is_cut, &kept) {
                let place =
                    format!("{}, lying from sync {first}, event {at}", rehearsal.workload.name);
                cut(rehearsal, &platter, kept, &promises, &place, tally);
            }
            if tally.is_over() {
                return;
            }
        }
    }
}

/// Every subset of files keeps its unsynced bytes, with all names and with none of the unsynced.
fn cut(
    rehearsal: &Rehearsal,
    platter: &Platter,
    kept: &Promises,
    said: &Promises,
    place: &str,
    tally: &mut Tally,
) {
    let units = platter.units();
    let number_of = |unit: &Unit| match unit {
        Unit::Name(_) => None,
        Unit::Bytes { number, .. } | Unit::Growth { number, .. } => Some(*number),
    };
    let numbers: Vec<u64> =
        units.iter().filter_map(number_of).collect::<BTreeSet<_>>().into_iter().collect();
    let mut seen = BTreeSet::new();
    for mask in 0..1_u32 << numbers.len().min(6) {
        for has_names in [true, false] {
            let is_kept = |unit: &&Unit| match number_of(unit) {
                None => has_names,
                Some(number) => {
                    let at = numbers.iter().position(|one| *one == number);
                    at.is_some_and(|at| mask >> at.min(5) & 1 == 1)
                }
            };
            let image = platter.with(units.iter().filter(is_kept));
            if !seen.insert(image.mark()) {
                continue;
            }
            let ids = &rehearsal.reference.ids[""];
            let least = kept.get("").cloned().unwrap_or_default();
            let most = said.get("").map_or(0, |one| one.acknowledged);
            let full = platter.full(None);
            let has_heads =
                full.bytes("heads").is_some() && full.bytes("heads") == image.bytes("heads");
            let asked = Asked {
                ids,
                least: least.acknowledged,
                is_created: least.is_created,
                most,
                has_heads,
            };
            match guarded(|| asked.judge(&image)) {
                Ok((is_detected, is_opened)) => tally.counted(is_detected, is_opened),
                Err(text) => {
                    tally.counted(false, false);
                    tally.broken(format!("{place}, files {mask:b}, names {has_names}: {text}"));
                }
            }
        }
    }
}

struct Asked<'a> {
    ids: &'a [CommitId],
    /// So many were acknowledged before the disk lied.
    least: usize,
    is_created: bool,
    /// So many were acknowledged in all.
    most: usize,
    /// The heads of the last acknowledgement are there.
    has_heads: bool,
}

impl Asked<'_> {
    /// Whether the loss was told, and whether the store opened.
    fn judge(&self, image: &Image) -> Result<(bool, bool), String> {
        let disk = ScriptedDisk::of(image.clone());
        match Store::open(disk.shared()) {
            Ok(opened) => {
                let found = handed_out(&opened);
                prefix(&found, self.ids)?;
                if found.len() < self.least {
                    let (count, least) = (found.len(), self.least);
                    return Err(format!("{count} commits, {least} were durable before the lie"));
                }
                if self.has_heads && found.len() < self.most {
                    return Err(format!("{} of {} and not a word", found.len(), self.most));
                }
                Ok((opened.torn.is_some() || !opened.warnings.is_empty(), true))
            }
            Err(OpenError::Disk(error)) => Err(format!("the disk was blamed: {error}")),
            Err(OpenError::NothingHere | OpenError::Unfinished) if !self.is_created => {
                Ok((true, false))
            }
            Err(error) => {
                let inspection = Store::inspect(disk.shared().as_ref());
                let found = inspection.files.iter().flat_map(|file| &file.found);
                let segments = found.filter_map(|found| found.segment.as_ref());
                let read: BTreeSet<CommitId> =
                    segments.flat_map(|one| one.commits().map(|commit| commit.id())).collect();
                let known: BTreeSet<CommitId> = self.ids.iter().copied().collect();
                if !read.is_subset(&known) {
                    return Err(format!("refused ({error}), and shows what was never written"));
                }
                if !names_file(&error.to_string(), image) {
                    return Err(format!("refused without naming a file: {error}"));
                }
                Ok((true, false))
            }
        }
    }
}

/// Whether an error begins with the name of something that belongs into a dataset directory.
fn names_file(text: &str, image: &Image) -> bool {
    let is_there = image
        .names
        .iter()
        .any(|(name, entry)| matches!(entry, Entry::File(_)) && text.starts_with(name));
    is_there || text.contains(": it is missing") || text.starts_with("segments/")
}
