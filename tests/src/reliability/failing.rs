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

use super::actor::Actor;
use super::disk::{Fault, ScriptedDisk};
use super::journal::Event;
use super::judge::{Depth, Met, Promises, guarded, judge, promise};
use super::platter::{Lying, Platter};
use super::rehearsal::Rehearsal;
use super::row::{Tally, Tier};
use std::io::ErrorKind;
use woodland_store::DiskAct;

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
    let step = tier.choose(1, 1);
    for call in (1..=rehearsal.calls).step_by(step) {
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
    let step = tier.choose((most / 60).max(1) | 1, (most / 20_000).max(1));
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
            return after(&disk, rehearsal).map(|met| Some((failed, met)));
        };
        if failure.disk.is_none() {
            return Err(format!("the disk is not blamed: {}", failure.message));
        }
        if failure.is_visible {
            return Err(format!("{:?} failed, and readers see it", failure.act));
        }
        gone_on(actor, &disk, failed)?;
        after(&disk, rehearsal).map(|met| Some((failed, met)))
    });
    match answer {
        Ok(None) => None,
        Ok(Some((failed, met))) => Some((failed, Ok(met))),
        Err(text) => Some((disk.failed_act().unwrap_or(DiskAct::Read), Err(text))),
    }
}

/// The handle is asked to go on.
fn gone_on(mut actor: Actor, disk: &ScriptedDisk, failed: DiskAct) -> Result<(), String> {
    disk.set_fault(None);
    let went_on = actor.go_on();
    let is_sync = matches!(failed, DiskAct::Sync | DiskAct::SyncFolder);
    if went_on && is_sync {
        return Err("a write was acknowledged after a sync had failed".to_owned());
    }
    Ok(())
}

/// Crashes now; or opens what memory shows, goes on, and crashes then.
fn after(disk: &ScriptedDisk, rehearsal: &Rehearsal) -> Result<Met, String> {
    let (mut platter, mut promises) = (Platter::default(), Promises::new());
    for event in &disk.journal() {
        platter.apply(event, Lying::No);
        promise(&mut promises, event);
    }
    let reference = &rehearsal.reference;
    let say = |when: &'static str| move |text| format!("{when}: {text}");
    let mut met = judge(&platter.bare(), reference, &promises, Depth::GoOn).map_err(say("crash"))?;
    let shown = disk.image();
    let live = judge(&shown, reference, &promises, Depth::Open).map_err(say("no crash"))?;
    met.add(live);
    reopened(disk, platter, rehearsal, &promises).map_err(say("opened, then a crash"))?;
    Ok(met)
}

/// What memory shows is opened, and the power is cut: all that was handed out must be there.
fn reopened(
    disk: &ScriptedDisk,
    mut platter: Platter,
    rehearsal: &Rehearsal,
    promises: &Promises,
) -> Result<(), String> {
    let before = disk.journal().len();
    disk.set_fault(None);
    let opened = match woodland_store::Store::open(disk.shared()) {
        Ok(opened) => opened,
        Err(_) if !promises.get("").is_some_and(|one| one.is_created) => return Ok(()),
        Err(error) => return Err(format!("refused: {error}")),
    };
    let count = super::actor::handed_out(&opened).len();
    drop(opened);
    disk.journal()[before..].iter().for_each(|event: &Event| platter.apply(event, Lying::No));
    let mut promises = promises.clone();
    let whole = promises.entry(String::new()).or_default();
    (whole.acknowledged, whole.is_created) = (count, true);
    judge(&platter.bare(), &rehearsal.reference, &promises, Depth::Open).map(drop)
}
