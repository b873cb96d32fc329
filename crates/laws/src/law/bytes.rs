//! Laws about bytes: nothing panics, and an op has one form.
//!
//! **Invariants**
//! - Hostile bytes are tried on the kind itself, under the configuration given and under hostile
//!   ones, and in a whole history under a hostile configuration.
//!
//! What this does not do: compare two ops that are really two. Only bytes *behind* an op are known
//! to be no part of it.

use super::{Case, Fault, graph_of, view_of};
use crate::broken::Law;
use crate::caught::caught;
use crate::history::{History, Setting};
use crate::hostile;
use crate::plan::{Act, Batch, Origin, Side, hex};
use crate::random::Random;
use crate::report::Report;
use woodland_format::Value;
use woodland_graph::Kind;

/// Hostile ops tried in a history, besides those that are in it.
const HOSTILE_OPS: usize = 24;
const HOSTILE_CONFIGS: usize = 6;

/// Nothing panics, whatever the bytes.
pub(crate) fn total<K: Kind>(
    case: &Case<'_, K>,
    random: &mut Random,
    report: &mut Report,
) -> Result<(), Fault> {
    let fresh = || (case.kind.show(&K::State::default()), case.kind.standing(&K::State::default()));
    caught(fresh).map_err(|said| Fault::panic("what an object shows before any op", &said))?;
    let edits = case.plan.batches.iter().flat_map(Batch::edits);
    let made: Vec<&[u8]> = edits.map(|(_, _, _, bytes)| bytes).collect();
    for _ in 0..HOSTILE_OPS {
        decode_one(case, case.config, &made, random, report)?;
    }
    for at in 0..HOSTILE_CONFIGS {
        let config = hostile::bytes(random, case.config);
        report.hostile += 1;
        decode_one(case, &config, &made, random, report)?;
        if at == 0 {
            let setting = Setting::of(case.plan.seed, [K::NAME; 2], &config);
            let history = History::of(case.plan, setting);
            let under = |fault: Fault| {
                let config = hex(&config);
                Fault { what: format!("under configuration {config}: {}", fault.what), ..fault }
            };
            let graph = graph_of(&history.log, case.kinds).map_err(under)?;
            view_of(&graph, &history).map_err(under)?;
        }
    }
    Ok(())
}

/// Decodes one op, made or hostile, and asks what can be asked of it.
fn decode_one<K: Kind>(
    case: &Case<'_, K>,
    config: &[u8],
    made: &[&[u8]],
    random: &mut Random,
    report: &mut Report,
) -> Result<(), Fault> {
    let sensible = random.pick(made).copied().unwrap_or_default();
    let op = hostile::bytes(random, sensible);
    report.hostile += 1;
    let ask = || {
        let Ok(config) = case.kind.config(config) else { return };
        for bytes in [op.as_slice(), sensible] {
            if let Ok(op) = case.kind.decode(&config, bytes) {
                case.kind.pointers(&config, &op, &mut |_, _| {});
            }
        }
    };
    caught(ask).map_err(|said| {
        let [op, sensible, config] = [&op, sensible, config].map(hex);
        Fault::panic(&format!("op {op} or {sensible} under configuration {config}"), &said)
    })
}

/// What may stand behind an op.
const TRAILS: [&[u8]; 4] = [&[0], &[1], &[0xff], &[0x5a, 0, 0xa5, 1]];

/// One op has one form: with bytes behind it, it is refused, or it does something else.
pub(crate) fn one_form<K: Kind>(case: &Case<'_, K>) -> Result<(), Fault> {
    for (number, batch) in case.plan.batches.iter().enumerate() {
        for (at, on, origin, bytes) in batch.edits() {
            if origin == Origin::Made && all_decode(case, bytes)? {
                tell_apart(case, (number, batch), (at, on), bytes)?;
            }
        }
    }
    Ok(())
}

/// Whether the op is accepted with whatever stands behind it.
fn all_decode<K: Kind>(case: &Case<'_, K>, op: &[u8]) -> Result<bool, Fault> {
    let ask = || {
        let Ok(config) = case.kind.config(case.config) else { return false };
        let decodes = |trail: &[u8]| case.kind.decode(&config, &[op, trail].concat()).is_ok();
        decodes(&[]) && TRAILS.iter().all(|trail| decodes(trail))
    };
    caught(ask).map_err(|said| Fault::panic(&format!("op {} with bytes behind it", hex(op)), &said))
}

/// The op shows something, and with each trail shows another thing; otherwise a fault.
fn tell_apart<K: Kind>(
    case: &Case<'_, K>,
    (number, batch): (usize, &Batch),
    (at, on): (usize, Side),
    op: &[u8],
) -> Result<(), Fault> {
    let shown = |last: Option<Vec<u8>>| -> Result<Option<Value>, Fault> {
        let mut acts = batch.acts[..at].to_vec();
        acts.extend(last.map(|bytes| Act::Edit { on, origin: Origin::Made, bytes }));
        let mut plan = case.plan.clone();
        plan.batches.truncate(number);
        plan.batches.push(Batch { acts, ..batch.clone() });
        let history = History::of(&plan, case.history.setting.clone());
        let graph = graph_of(&history.up_to(number), case.kinds)?;
        Ok(view_of(&graph, &history)?.sights[on as usize].shown.clone())
    };
    let with = shown(Some(op.to_vec()))?;
    if with == shown(None)? {
        return Ok(()); // It changes nothing here, so nothing can be told.
    }
    for trail in TRAILS {
        if with != shown(Some([op, trail].concat()))? {
            return Ok(());
        }
    }
    let op = hex(op);
    let what = format!(
        "op {op} of #{number} does the same with any bytes behind it: refuse what is left over"
    );
    Err(Fault::of(Law::OneForm, what))
}
