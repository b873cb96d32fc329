//! The hunt: whether ring 1 catches a planted bug, and in how many workloads; and after how many
//! seeds the simulated world does.
//!
//! **Invariants**
//! - The bug is in force in the whole process; who asks starts one process a bug.
//! - A thinned tier first; the whole CI tier where that caught nothing.
//! - A workload that no longer plays to its end has caught it, too.
//! - Bugs of sync are hunted among crowds alone, others in ring 1 and the simulated world.
//! - Seeds are played from 0 on, up to the first that catches it.
//!
//! What this does not do: plant; `--cfg planted` builds them in, and `woodland_format::planted`
//! chooses.

use super::network::{NETWORK_CLASSES, Network};
use super::rehearsal::{Rehearsal, rehearse};
use super::row::{Ring, Tally, Tier};
use super::run::classes;
use super::workload::workloads;
use crate::simulated::{Wood, examine_sampled};
use serde::{Deserialize, Serialize};
use std::panic::catch_unwind;
use woodland_sim::Simulation;

/// A bug that this many seeds do not catch is left to ring 1.
pub(super) const SEEDS_MAX: u64 = 100;

/// So many seeds of each class of the network.
const NETWORK_SEEDS: u64 = 6;

/// The planted bugs, with the promise that each breaks.
const BUGS: [(&str, &str); 27] = [
    ("segment-name-not-synced", "a begun segment file's name is not synced in its folder"),
    ("heads-name-not-synced", "the name of heads is not synced before the first write"),
    ("heads-before-other-names", "heads stands before the names that it needs are durable"),
    ("acknowledged-before-sync", "an append is acknowledged before it is synced"),
    ("flipped-before-sync", "heads are flipped before the data is synced"),
    ("failed-sync-tried-again", "a failed sync is tried again on the same pages"),
    ("closed-not-synced", "the record of a closed file is not synced"),
    ("slot-not-written-again", "a slot that only memory may have is relied on"),
    ("not-written-again", "what recovery found is acknowledged without being written again"),
    ("torn-tail-kept", "a torn end is not cut off"),
    ("full-disk-ignored", "a write that found no room counts as done"),
    ("poison-forgotten", "the handle goes on after a failure"),
    ("handed-over-counts-as-durable", "a flush of what was handed over does not sync"),
    ("lock-released-early", "the lock is given back while the store is open"),
    ("last-segment-dropped", "opening does not hand out the last segment"),
    ("length-trusted", "a file shorter than heads say is taken as it is"),
    ("older-heads-win", "of two slots the older one counts"),
    ("root-not-compared", "the root over all segments is not compared"),
    ("newer-format-accepted", "a record of a newer format is read"),
    ("record-checksum-skipped", "the checksum of a record is not checked"),
    ("frame-checksum-skipped", "the checksum of a segment's frame is not checked"),
    ("former-removed-before-swap", "merged files are removed before the swap"),
    ("merged-not-synced", "a merged file is swapped in before it is synced"),
    ("layout-name-not-synced", "a layout is swapped in before its name is synced"),
    ("clocks-instead-of-hashes", "a merge compares clocks, so a fork's other branch is missed"),
    ("merge-drops-a-commit", "a merge leaves the last commit of a line behind"),
    ("merge-drops-signatures", "a merge leaves the signatures behind"),
];

/// Further bugs, which the classes of ring 1 catch through the facade.
const FACADE_BUGS: [(&str, &str); 2] = [
    ("since-forgotten", "what a peer lacks is computed as if it lacked nothing"),
    ("published-before-durable", "readers see a write before it is stored"),
];

/// Bugs that somebody planted who had seen nothing of the harness.
const UNSEEN_BUGS: [(&str, &str); 12] = [
    ("newest-signature-thinned", "merging drops the last signature of a merged run"),
    ("former-removed-after-one-flip", "merged files go while the older heads still count on them"),
    ("unacknowledged-shown-beside", "a reader beside the writer is given what is not acknowledged"),
    ("renewed-key-not-synced", "a new key counts as durable before its name and place are"),
    ("pin-forgotten", "a version that is held does not keep the pages it reads from"),
    ("rested-before-flushed", "a checkpoint holds what is not durable"),
    ("bare-kept-behind-checkpoint", "unsigned commits stay when opening goes by a checkpoint"),
    ("buffered-overtakes-durable", "a buffered write shows a durable one before it is synced"),
    ("waiting-not-released-by-merge", "what waits is forgotten when a replica brings its past"),
    ("fork-knows-what-its-rival-saw", "a fork's second branch saw what the first one did"),
    ("last-deletion-by-arrival", "the last deletion is the one that arrived last"),
    ("own-lower-seqs-ignored", "its own key in use elsewhere goes unnoticed at lower seqs"),
];

/// Bugs of sync, which the classes of the network are to catch.
pub(super) const SYNC_BUGS: [(&str, &str); 10] = [
    ("credit-not-given-back", "room for what came is never given again"),
    ("second-branch-not-told", "the tip of a fork's shorter branch is not told"),
    ("doubled-taken-twice", "a message that comes again is taken again"),
    ("missing-message-unnoticed", "a message that is missing is not missed"),
    ("message-limit-not-kept", "a message over the limit is read"),
    ("credit-not-checked", "commits beyond the room that was given are taken"),
    ("signatures-not-checked", "whatever is said to be a signature is one"),
    ("silence-borne-for-ever", "who owes something and is silent is not cut off"),
    ("all-blamed-for-one", "a refused commit is put down to all who talk"),
    ("queued-for-the-slow", "what is new is queued for each conversation"),
];

/// All of them.
pub fn bugs() -> impl Iterator<Item = (&'static str, &'static str)> {
    BUGS.into_iter().chain(FACADE_BUGS).chain(UNSEEN_BUGS).chain(SYNC_BUGS)
}

/// Who caught a bug.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hunted {
    /// The bug.
    pub bug: String,
    /// What it breaks.
    pub breaks: String,
    /// In how many pairs of class and workload it was caught.
    pub caught: u64,
    /// Of so many.
    pub pairs: u64,
    /// In how many classes.
    pub classes: Vec<String>,
    /// The first violation.
    pub first: String,
    /// How many seeds of the simulated world were played, the last of them catching it; of a bug of
    /// sync, of the class of the network that was the quickest.
    pub seeds: Option<u64>,
    /// What that seed told.
    pub first_of_seeds: String,
}

/// Hunts the bug that is in force.
pub fn hunt(bug: &str, breaks: &str, heap: Option<fn() -> usize>) -> Hunted {
    let mut hunted = Hunted {
        bug: bug.to_owned(),
        breaks: breaks.to_owned(),
        caught: 0,
        pairs: 0,
        classes: Vec::new(),
        first: String::new(),
        seeds: None,
        first_of_seeds: String::new(),
    };
    if SYNC_BUGS.iter().any(|(name, _)| *name == bug) {
        hunted.through_crowds(heap);
        return hunted;
    }
    let mut all: Vec<Rehearsal> = Vec::new();
    for workload in workloads() {
        let name = workload.name;
        match catch_unwind(|| rehearse(workload)) {
            Ok(rehearsal) => all.push(rehearsal),
            Err(_) => {
                hunted.pairs += 1;
                hunted.met("rehearsal", format!("{name} fails on a healthy disk"));
            }
        }
    }
    hunted.through(&all, Tier::Hunt);
    if hunted.caught == 0 {
        hunted.pairs = 0;
        hunted.through(&all, Tier::Ci);
    }
    hunted.through_worlds();
    hunted
}

impl Hunted {
    /// Whether anything caught it.
    pub fn is_caught(&self) -> bool {
        self.caught > 0 || self.seeds.is_some()
    }

    /// Whether it is a bug of sync, which only crowds can catch.
    pub fn is_of_network(&self) -> bool {
        SYNC_BUGS.iter().any(|(name, _)| *name == self.bug)
    }

    /// Each class of the network once; `seeds` is how many the first to catch it took, of all.
    fn through_crowds(&mut self, heap: Option<fn() -> usize>) {
        let mut network = Network::weighed_by(heap);
        for class in &NETWORK_CLASSES {
            self.pairs += 1;
            let tally = Tally::of(class.name, Ring::Crowd, class.promises).until_first();
            let row = network.run_seeds(class, NETWORK_SEEDS, tally).end();
            if let Some(first) = row.violations.into_iter().next() {
                // What only all of them together show names no seed.
                let text = first.strip_prefix("seed ").and_then(|text| text.split_once(','));
                let seed = text.and_then(|(seed, _)| seed.parse().ok());
                let seeds = seed.map_or(NETWORK_SEEDS, |seed: u64| seed + 1);
                self.seeds = Some(self.seeds.map_or(seeds, |least| least.min(seeds)));
                self.met(class.name, first);
            }
        }
    }

    fn through_worlds(&mut self) {
        let simulation = Simulation::of(&Wood).examine(&examine_sampled);
        let caught = (0..SEEDS_MAX).find_map(|seed| simulation.run(seed).violation);
        if let Some(violation) = caught {
            self.seeds = Some(violation.seed + 1);
            self.first_of_seeds = violation.what;
        }
    }

    fn through(&mut self, all: &[Rehearsal], tier: Tier) {
        for class in classes() {
            let parts: Vec<&[Rehearsal]> = match class.is_by_workload {
                true => all.chunks(1).collect(),
                false => vec![all],
            };
            for part in parts {
                let mut tally = Tally::of(class.name, Ring::Simulated, "").until_first();
                let ran = catch_unwind(std::panic::AssertUnwindSafe(|| {
                    class.run(part, tier, &mut tally);
                }));
                self.pairs += 1;
                match (tally.end().violations.into_iter().next(), ran) {
                    (Some(first), _) => self.met(class.name, first),
                    (None, Err(_)) => self.met(class.name, "panic".to_owned()),
                    _ => {}
                }
            }
        }
    }

    fn met(&mut self, class: &str, first: String) {
        self.caught += 1;
        if self.classes.last().is_none_or(|last| last != class) {
            self.classes.push(class.to_owned());
        }
        if self.first.is_empty() {
            self.first = first;
        }
    }
}
