//! Versions that are held while others come to rest, and pages that nobody needs are collected.
//!
//! **Invariants**
//! - A version that is held answers as it did, from pages, however much was collected since.
//!
//! What this does not do: make faults; what is injected is a version that is held.

use super::answers::counted;
use crate::reliability::actor::{Note, model};
use crate::reliability::row::{Tally, Tier};
use std::sync::Arc;
use woodland::{MemoryDisk, Options, Replica, Snapshot};

/// So many rests add pages enough to be collected, more than once.
const RESTS: u64 = 700;
const HELD_EVERY: u64 = 100;

/// Holds versions, goes on, and asks them again.
pub(in crate::reliability) fn held(tier: Tier, tally: &mut Tally) {
    tally.seeds(tier.choose(1, 10), one);
    tally.note("injected: versions held");
}

fn one(seed: u64) -> Result<u64, String> {
    let said = |error: &dyn std::error::Error| error.to_string();
    let disk = Arc::new(MemoryDisk::new());
    // Nothing is cached: what is asked is read.
    let options = || Options::on(disk.clone()).seed(seed).memory(0);
    let replica = Replica::create(options(), model()).map_err(|error| said(&error))?;
    let mut held: Vec<(Snapshot, u64)> = Vec::new();
    for number in 0..RESTS {
        let note = Note::titled(&number.to_string());
        replica.write(|batch| batch.insert(&note)).map_err(|error| said(&error))?;
        replica.rest().map_err(|error| said(&error))?;
        if number % HELD_EVERY == HELD_EVERY / 2 {
            held.push((replica.snapshot(), number + 1));
        }
    }
    for (snapshot, notes) in &held {
        match counted(snapshot)? {
            Some(found) if found == *notes => {}
            Some(found) => return Err(format!("{found} notes in a version of {notes}")),
            None => return Err(format!("the pages of a version of {notes} are gone")),
        }
    }
    Ok(held.len() as u64)
}
