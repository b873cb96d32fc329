//! The disk fails or is full while what was derived is put to rest.
//!
//! **Invariants**
//! - Each fault is met once alone, and once with all calls after it; then the disk is healed.
//! - Both what a crash leaves and what memory shows is opened.
//!
//! What this does not do: fail before the first rest; for the log `failing` does.

use super::answers::Expected;
use super::player::{Ended, play};
use crate::reliability::disk::{Fault, ScriptedDisk};
use crate::reliability::judge::{Met, guarded};
use crate::reliability::platter::{Lying, Platter};
use crate::reliability::row::{Tally, Tier};
use std::io::ErrorKind;

/// Every call from the first rest on.
pub(in crate::reliability) fn failed_calls(tier: Tier, tally: &mut Tally) {
    let disk = ScriptedDisk::empty();
    let (played, _) = play(&disk).expect("the script plays on a healthy disk");
    let (first, last) = (played.calls_before + 1, disk.counts().0);
    let mut told = 0;
    for call in (first..=last).step_by(tier.choose(19, 1) * tier.thinned()) {
        for fault in [Fault::Call(call, ErrorKind::Other), Fault::CallsFrom(call, ErrorKind::Other)]
        {
            one(fault, tally, &mut told);
            if tally.is_over() {
                return;
            }
        }
    }
    tally.note(&format!("calls {first} to {last}; {told} failures to rest told, and gone on from"));
}

/// Every so many bytes from those on that there are before the first rest.
pub(in crate::reliability) fn no_room(tier: Tier, tally: &mut Tally) {
    let disk = ScriptedDisk::empty();
    let (played, _) = play(&disk).expect("the script plays on a healthy disk");
    let (first, last) = (played.bytes_before, disk.bytes_max());
    let step = ((last - first) / tier.choose(40, 2_500)).max(1) | 1;
    let mut told = 0;
    for quota in (first..last).step_by(usize::try_from(step).unwrap_or(1)) {
        one(Fault::Quota(quota), tally, &mut told);
        if tally.is_over() {
            return;
        }
    }
    tally.note(&format!(
        "room for {first} to {last} bytes, every {step}; {told} failures to rest told, and gone on \
         from"
    ));
}

fn one(fault: Fault, tally: &mut Tally, told: &mut u64) {
    let disk = ScriptedDisk::empty();
    disk.set_fault(Some(fault));
    let answer = guarded(|| {
        let (played, ended) = play(&disk)?;
        if disk.failed_act().is_none() {
            return Ok(None);
        }
        *told += played.told;
        disk.set_fault(None);
        let known = played.known.last().copied().unwrap_or_default();
        // A commit that failed may be there whole, or not at all.
        let mut ends = played.ends.clone();
        if let Ended::Early = ended {
            let last = ends.last().copied().unwrap_or(0);
            ends.extend(last..last + 40);
        }
        let (ends, least) = (ends.as_slice(), known.durable);
        let expected = Expected { ends, least, is_created: known.is_created };
        let mut platter = Platter::default();
        disk.journal().iter().for_each(|event| platter.apply(event, Lying::No));
        let say = |when: &'static str| move |text| format!("{when}: {text}");
        let mut met = expected.of(&platter.bare()).map_err(say("crash"))?;
        met.add(expected.of(&disk.image()).map_err(say("no crash"))?);
        let is_told = played.told > 0 || matches!(ended, Ended::Early);
        met.torn += u64::from(is_told);
        Ok(Some(met))
    });
    match answer {
        Ok(None) => {}
        Ok(Some(met)) => tally.judged(Ok::<Met, String>(met), String::new),
        Err(text) => tally.judged(Err(text), || format!("{fault:?}")),
    }
}
