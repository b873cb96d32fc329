//! A rehearsal: a workload played once on a disk that does not fail. Its journal is what crashes
//! are made of, and its end is what everything is compared with.
//!
//! **Invariants**
//! - A workload that fails on a healthy disk is no workload: this panics.
//!
//! What this does not do: inject anything.

use super::actor::Actor;
use super::disk::ScriptedDisk;
use super::image::Image;
use super::journal::{Event, Mark};
use super::judge::Reference;
use super::workload::{Workload, workloads};
use std::collections::BTreeMap;

/// A workload and what it leaves.
#[derive(Debug)]
pub struct Rehearsal {
    /// The workload.
    pub workload: Workload,
    /// What the disk was asked to do.
    pub journal: Vec<Event>,
    /// What it shows at the end.
    pub image: Image,
    /// What stands in it.
    pub reference: Reference,
    /// How many calls there were, and how many of them read.
    pub calls: u64,
    /// The most bytes that there ever were in all files.
    pub bytes_max: u64,
}

/// All workloads, rehearsed.
pub fn rehearsed() -> Vec<Rehearsal> {
    workloads().into_iter().map(rehearse).collect()
}

/// One workload, rehearsed.
///
/// # Panics
/// When it fails.
pub fn rehearse(workload: Workload) -> Rehearsal {
    let disk = ScriptedDisk::empty();
    let (actor, failure) = Actor::play(&disk, &workload);
    if let Some(failure) = failure {
        panic!("{} fails on a healthy disk: {failure:?}", workload.name);
    }
    let (journal, image) = (disk.journal(), disk.image());
    let mut ids: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for event in &journal {
        match event {
            Event::Mark(Mark::Created { folder }) => {
                ids.entry(folder.clone()).or_default();
            }
            Event::Mark(Mark::Appended { folder, ids: more }) => {
                ids.entry(folder.clone()).or_default().extend(more);
            }
            _ => {}
        }
    }
    let (digests, spare) = (actor.digests.clone(), actor.spare());
    let reference = Reference { ids, digests, spare };
    let (calls, bytes_max) = (disk.counts().0, disk.bytes_max());
    drop(actor);
    Rehearsal { workload, journal, image, reference, calls, bytes_max }
}
