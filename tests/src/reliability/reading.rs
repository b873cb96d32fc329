//! Reads fail: every N-th while a finished store is opened, once, and for ever.
//!
//! **Invariants**
//! - Opening says that the disk failed, and where; a file that cannot be read is never taken for an
//!   empty one, and nothing is written.
//! - Failed once, it opens the next time. Failed for ever, the rest can be read.
//!
//! What this does not do: fetch from a peer what cannot be read.

use super::actor::{disk_error, handed_out};
use super::disk::{Fault, ScriptedDisk};
use super::judge::guarded;
use super::rehearsal::Rehearsal;
use super::row::Tally;
use std::collections::BTreeSet;
use woodland_store::Store;

/// Every read fails. Says how many segments could be read beside those that could not, and how many
/// there should be.
pub fn failing_reads(rehearsal: &Rehearsal, tally: &mut Tally) -> (u64, u64) {
    let ids = &rehearsal.reference.ids[""];
    let (mut read, mut whole) = (0, 0);
    let healthy = ScriptedDisk::of(rehearsal.image.clone());
    let is_mended = Store::open(healthy.shared()).is_ok() && !healthy.journal().is_empty();
    for number in 1.. {
        for is_for_ever in [false, true] {
            let disk = ScriptedDisk::of(rehearsal.image.clone());
            let fault = if is_for_ever { Fault::ReadForEver(number) } else { Fault::Read(number) };
            disk.set_fault(Some(fault));
            let answer = guarded(|| {
                let opened = Store::open(disk.shared());
                if disk.failed_act().is_none() {
                    return Ok(None);
                }
                if !disk.journal().is_empty() && opened.is_err() && !is_mended {
                    return Err("it was refused, and written to".to_owned());
                }
                let is_refused = match opened {
                    Ok(opened) => {
                        let found = handed_out(&opened);
                        if found.len() != ids.len() {
                            return Err(format!("{} of {} commits", found.len(), ids.len()));
                        }
                        false
                    }
                    Err(error) if disk_error(&error).is_some() => true,
                    Err(error) => return Err(format!("the disk is not blamed: {error}")),
                };
                if !is_for_ever {
                    let again = Store::open(disk.shared());
                    again.map_err(|error| format!("not opened again: {error}"))?;
                }
                Ok(Some(is_refused))
            });
            match answer {
                Ok(None) if is_for_ever => continue,
                Ok(None) => return (read, whole),
                Ok(Some(is_refused)) => tally.counted(is_refused, true),
                Err(text) => {
                    tally.counted(false, false);
                    tally.broken(format!("{}, {fault:?}: {text}", rehearsal.workload.name));
                }
            }
            if is_for_ever {
                let found = readable(&disk);
                whole += ids.len() as u64;
                read += ids.iter().filter(|id| found.contains(id)).count() as u64;
            }
            if tally.is_over() {
                return (read, whole);
            }
        }
    }
    (read, whole)
}

/// The commits that can be read, whatever is wrong with the rest.
pub(super) fn readable(disk: &ScriptedDisk) -> BTreeSet<woodland::CommitId> {
    let inspection = Store::inspect(disk.shared().as_ref());
    let found = inspection.files.iter().flat_map(|file| &file.found);
    let segments = found.filter_map(|found| found.segment.as_ref());
    segments.flat_map(|segment| segment.commits().map(|commit| commit.id())).collect()
}
