//! Threads that write and wait, a thread that writes and does not, and a reader, on one handle.
//!
//! **Invariants**
//! - What somebody waits for to be durable is shown to nobody before it is.
//! - Which thread goes first is the system's choice; what holds does not depend on it.
//!
//! What this does not do: fail anything; the disk is slow, that is all.

use super::actor::{Note, model};
use super::disk::ScriptedDisk;
use super::platter::{Lying, Platter};
use super::reading::readable;
use super::row::{Tally, Tier};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use woodland::{Durability, Options, Replica};

/// How long a sync takes: long enough for the others to come by.
const SYNC: Duration = Duration::from_micros(400);
const WAITED_FOR: &str = "waited for";
const WAITING: usize = 2;

/// Every version that the reader meets is held against what a power cut would leave.
pub(super) fn racing(tier: Tier, tally: &mut Tally) {
    tally.seeds(tier.choose(3, 60), one);
    tally.note("four threads; injected: versions looked at");
}

fn one(seed: u64) -> Result<u64, String> {
    let disk = ScriptedDisk::empty();
    let options = Options::on(disk.shared()).seed(seed);
    let replica = Replica::create(options, model()).map_err(|error| error.to_string())?;
    disk.pause_at_syncs(SYNC);
    let are_over = AtomicBool::new(false);
    let write = |durability, title: String| {
        let written = replica.write_with(durability, |batch| batch.insert(&Note::titled(&title)));
        written.map(drop).map_err(|error| error.to_string())
    };
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..WAITING)
            .map(|thread| {
                let write = &write;
                scope.spawn(move || {
                    (0..25).try_for_each(|number| {
                        write(Durability::Durable, format!("{WAITED_FOR} {thread} {number}"))
                    })
                })
            })
            .collect();
        let passing = scope.spawn(|| {
            let mut number = 0;
            while !are_over.load(Ordering::SeqCst) {
                write(Durability::Buffered, format!("passing {number}"))?;
                number += 1;
            }
            Ok(())
        });
        let mut versions = 0;
        let mut looked = Ok(());
        while waiting.iter().any(|thread| !thread.is_finished()) && looked.is_ok() {
            looked = look(&replica, &disk);
            versions += 1;
        }
        are_over.store(true, Ordering::SeqCst);
        let outcomes = waiting.into_iter().chain([passing]);
        for outcome in outcomes.map(|thread| thread.join().expect("no writer panics")) {
            outcome?;
        }
        looked.map(|()| versions)
    })
}

/// The disk is looked at after the version: it may have become durable meanwhile, never less so.
fn look(replica: &Replica, disk: &ScriptedDisk) -> Result<(), String> {
    let snapshot = replica.snapshot();
    let mut platter = Platter::default();
    disk.journal().iter().for_each(|event| platter.apply(event, Lying::No));
    let durable = readable(&ScriptedDisk::of(platter.bare()));
    for (_, commit) in snapshot.log().order() {
        let payload = commit.payload().unwrap_or_default();
        let is_waited_for =
            payload.windows(WAITED_FOR.len()).any(|part| part == WAITED_FOR.as_bytes());
        if is_waited_for && !durable.contains(&commit.id()) {
            return Err(format!("{} is shown, waited for, and not durable", commit.id()));
        }
    }
    Ok(())
}
