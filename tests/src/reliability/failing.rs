//! The disk fails while a workload is played: every N-th call, every quota, every read.
//!
//! ```text
//!  play until the act that fails ─► it blames the disk ─► the handle takes no more, or what it
//!  takes is durable ─► crash: all that was acknowledged ─► open what memory shows, go on, crash
//! ```
//!
//! **Invariants**
//! - After a failed sync nothing more is acknowledged through the same handle.
//! - Readers do not see the work of an act that failed.
//! - What memory shows after a failed sync is not what the disk has; both are opened.
//!
//! What this does not do: fail twice in one run.

use super::actor::{Actor, handed_out, standing};
use super::disk::{Fault, ScriptedDisk};
use super::journal::{Change, Event, Mark};
use super::judge::{Depth, Met, Promise, Promises, Reference, guarded, judge, prefix, promise};
use super::platter::{Lying, Platter};
use super::rehearsal::Rehearsal;
use super::row::{Tally, Tier};
use super::workload::Act;
use std::io::ErrorKind;
use woodland::CommitId;
use woodland_store::{DiskAct, Store};

/// Which calls fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// All but syncs.
    Others,
    /// Syncs of files and folders.
    Syncs,
}

/// Every N-th call fails, once; then every call from there on does.
pub fn failing_calls(rehearsal: &Rehearsal, calls: Calls, tier: Tier, tally: &mut Tally) {
    for call in (1..=rehearsal.calls).step_by(tier.thinned()) {
        for fault in [
            Fault::Call(call, ErrorKind::Other),
            Fault::Call(call, ErrorKind::StorageFull),
            Fault::CallsFrom(call, ErrorKind::Other),
        ] {
            if tally.is_over() {
                return;
            }
            let Some((failed, answer)) = play(rehearsal, fault) else { continue };
            let is_sync = matches!(failed, DiskAct::Sync | DiskAct::SyncFolder);
            if is_sync != (calls == Calls::Syncs) {
                continue;
            }
            tally.judged(answer, || format!("{}, {fault:?} ({failed})", rehearsal.workload.name));
        }
    }
}

/// The disk is full at every byte.
pub fn quotas(rehearsal: &Rehearsal, tier: Tier, tally: &mut Tally) {
    let most = rehearsal.bytes_max;
    let step = tier.choose((most / 60).max(1) | 1, 1);
    for quota in (0..most).step_by(usize::try_from(step).unwrap_or(1)) {
        if tally.is_over() {
            return;
        }
        let fault = Fault::Quota(quota);
        let Some((_, answer)) = play(rehearsal, fault) else { continue };
        tally.judged(answer, || format!("{}, room for {quota} bytes", rehearsal.workload.name));
    }
}

/// Plays until the fault, and judges what is left; `None` where the fault met nothing.
fn play(rehearsal: &Rehearsal, fault: Fault) -> Option<(DiskAct, Result<Met, String>)> {
    let disk = ScriptedDisk::empty();
    disk.set_fault(Some(fault));
    let answer = guarded(|| {
        let (actor, failure) = Actor::play(&disk, &rehearsal.workload);
        let Some(failed) = disk.failed_act() else { return Ok(None) };
        let Some(failure) = failure else {
            // The store may do without what failed, such as removing what is left over.
            drop(actor);
            return after(&disk, &rehearsal.reference).map(|met| Some((failed, met)));
        };
        if failure.disk.is_none() {
            return Err(format!("the disk is not blamed: {}", failure.message));
        }
        if failure.is_visible {
            return Err(format!("{:?} failed, and readers see it", failure.act));
        }
        // A merging writes new files, and a branch has a handle of its own.
        let is_own = !matches!(
            failure.act,
            Act::Branch | Act::WriteBranch | Act::Maintain | Act::MaintainReplica
        );
        let failed_at = FailedAt { act: failed, is_own };
        let reference = gone_on(actor, &disk, &failed_at, &rehearsal.reference)?;
        after(&disk, &reference).map(|met| Some((failed, met)))
    });
    match answer {
        Ok(None) => None,
        Ok(Some((failed, met))) => Some((failed, Ok(met))),
        Err(text) => Some((disk.failed_act().unwrap_or(DiskAct::Read), Err(text))),
    }
}

/// What failed.
struct FailedAt {
    act: DiskAct,
    /// Through the handle that is asked to go on; a branch has one of its own.
    is_own: bool,
}

/// The handle is asked to go on. What it takes then is not what the rehearsal wrote at that place.
fn gone_on(
    mut actor: Actor,
    disk: &ScriptedDisk,
    failed: &FailedAt,
    reference: &Reference,
) -> Result<Reference, String> {
    disk.set_fault(None);
    let went_on = actor.go_on();
    let is_sync = matches!(failed.act, DiskAct::Sync | DiskAct::SyncFolder);
    let mut reference = reference.clone();
    match (went_on, is_sync && failed.is_own) {
        (true, true) => Err("a write was acknowledged after a sync had failed".to_owned()),
        (true, false) => {
            reference.ids.insert(String::new(), appended(&disk.journal(), ""));
            reference.digests.clear();
            Ok(reference)
        }
        (false, _) => Ok(reference),
    }
}

/// What a journal says that was appended to a folder.
fn appended(journal: &[Event], folder: &str) -> Vec<CommitId> {
    let mut ids = Vec::new();
    for event in journal {
        match event {
            Event::Mark(Mark::Appended { folder: one, ids: more }) if one == folder => {
                ids.extend(more);
            }
            _ => {}
        }
    }
    ids
}

/// Crashes now; or opens what memory shows, goes on, and crashes then.
fn after(disk: &ScriptedDisk, reference: &Reference) -> Result<Met, String> {
    let (mut platter, mut promises) = (Platter::default(), Promises::new());
    for event in &disk.journal() {
        platter.apply(event, Lying::No);
        promise(&mut promises, event);
    }
    let say = |when: &'static str| move |text| format!("{when}: {text}");
    let mut met =
        judge(&platter.bare(), reference, &promises, Depth::GoOn).map_err(say("crash"))?;
    let shown = disk.image();
    let live = judge(&shown, reference, &promises, Depth::Open).map_err(say("no crash"))?;
    met.add(live);
    reopened(disk, platter, reference, &promises).map_err(say("opened, then a crash"))?;
    Ok(met)
}

/// What memory shows is opened and written to, and the power is cut: all that was handed out and
/// all that was acknowledged must be there.
fn reopened(
    disk: &ScriptedDisk,
    mut platter: Platter,
    reference: &Reference,
    promises: &Promises,
) -> Result<(), String> {
    let before = disk.journal().len();
    disk.set_fault(None);
    let opened = match Store::open(disk.shared()) {
        Ok(opened) => opened,
        Err(_) if !promises.get("").is_some_and(|one| one.is_created) => return Ok(()),
        Err(error) => return Err(format!("refused: {error}")),
    };
    // What recovery does comes before the promise.
    let recovered = disk.journal().len();
    let mut found = handed_out(&opened);
    let count = found.len();
    let mut reference = reference.clone();
    reference.ids.retain(|folder, _| folder.is_empty());
    prefix(&found, &reference.ids[""])?;
    if let Some(spare) = reference.spare.take() {
        let appended = opened.store.append(&[spare]);
        appended.map_err(|error| format!("not appended to: {error}"))?;
        found = standing(disk, "");
    }
    drop(opened);
    let opened_with = Promises::from([(
        String::new(),
        Promise { is_created: count > 0, acknowledged: count, ..Promise::default() },
    )]);
    for (at, event) in disk.journal().iter().enumerate().skip(before) {
        // A write of what goes on is torn: what was handed out is there all the same.
        if let Event::Bytes { number, change: change @ Change::Write { bytes, .. } } = event
            && at >= recovered
        {
            let half = platter.full(Some((*number, change, bytes.len() / 2)));
            let mut known = reference.clone();
            known.ids.insert(String::new(), found.clone());
            known.digests.clear();
            judge(&half, &known, &opened_with, Depth::Open)?;
        }
        platter.apply(event, Lying::No);
    }
    let mut promises = promises.clone();
    let whole = promises.entry(String::new()).or_default();
    (whole.acknowledged, whole.is_created) = (found.len(), !found.is_empty());
    reference.ids.insert(String::new(), found);
    reference.digests.clear();
    judge(&platter.bare(), &reference, &promises, Depth::Open).map(drop)
}
