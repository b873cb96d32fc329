//! Somebody reads beside the writer, at every moment of a workload.
//!
//! **Invariants**
//! - What is shown is what was acknowledged, and nothing that a power cut could still take.
//! - Reading changes nothing.
//!
//! What this does not do: damage anything; the other classes do, and read beside, too.

use super::disk::ScriptedDisk;
use super::judge::{Promises, guarded, promise};
use super::platter::{Lying, Platter};
use super::reading::{Way, readable};
use super::rehearsal::Rehearsal;
use super::row::Tally;
use std::collections::BTreeSet;
use woodland::CommitId;

/// Reads after every event.
pub(super) fn reading_beside(rehearsal: &Rehearsal, tally: &mut Tally) {
    let (mut platter, mut promises) = (Platter::default(), Promises::new());
    for (at, event) in rehearsal.journal.iter().enumerate() {
        platter.apply(event, Lying::No);
        promise(&mut promises, event);
        match guarded(|| moment(rehearsal, &platter, &promises)) {
            Ok(is_less) => tally.counted(is_less, true),
            Err(text) => {
                tally.counted(false, false);
                tally.broken(format!("{}, event {at}: {text}", rehearsal.workload.name));
            }
        }
        if tally.is_over() {
            return;
        }
    }
}

/// Whether less is shown than was written.
fn moment(rehearsal: &Rehearsal, platter: &Platter, promises: &Promises) -> Result<bool, String> {
    let promised = promises.get("").cloned().unwrap_or_default();
    let disk = ScriptedDisk::of(platter.full(None));
    let found = match Way::Beside.ids(&disk) {
        Ok(found) => found,
        Err(_) if !promised.is_created => return Ok(true),
        Err(error) => return Err(format!("refused: {error}")),
    };
    if !disk.journal().is_empty() {
        return Err("it was written to".to_owned());
    }
    let shown: BTreeSet<CommitId> = found.iter().copied().collect();
    let ids = rehearsal.reference.ids.get("").map(Vec::as_slice).unwrap_or_default();
    let acknowledged = ids.get(..promised.acknowledged).unwrap_or_default();
    if let Some(id) = acknowledged.iter().find(|id| !shown.contains(id)) {
        return Err(format!("{id} was acknowledged, and is not shown"));
    }
    let durable = readable(&ScriptedDisk::of(platter.bare()));
    if let Some(id) = shown.iter().find(|id| !durable.contains(id)) {
        return Err(format!("{id} is shown, and a power cut would take it"));
    }
    Ok(found.len() < promised.appended)
}
