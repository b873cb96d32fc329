//! Crashes: the power is cut at every byte, and what was not synced is there in any part.
//!
//! ```text
//!  event   … write of n bytes … sync … sync folder …
//!  cut     at each of the n bytes: all before it is there; or nothing unsynced is
//!  torn    before each sync: every subset of sectors, names and lengths that wait
//!  lying   syncs do nothing from the k-th on, for all k; then a cut
//! ```
//!
//! **Invariants**
//! - All subsets are tried where at most [`UNITS_MAX`] units wait; above, those with one unit
//!   missing or alone, those with halves, and a fixed number drawn from a seed.
//! - The same image with the same promises is opened once.
//!
//! What this does not do: run a workload again; the journal is enough.

use super::image::Image;
use super::journal::{Change, Event};
use super::judge::{Depth, Promises, judge, promise};
use super::platter::{Lying, Platter, Unit};
use super::rehearsal::Rehearsal;
use super::row::{Tally, Tier};
use super::sample::Numbers;
use std::collections::BTreeSet;

/// Up to so many units, every subset is tried.
pub const UNITS_MAX: usize = 12;

/// Visits the journal with the platter and the promises before each event, and once at its end.
fn walk(rehearsal: &Rehearsal, mut visit: impl FnMut(usize, &Platter, &Promises, Option<&Event>)) {
    let (mut platter, mut promises) = (Platter::default(), Promises::new());
    for (at, event) in rehearsal.journal.iter().enumerate() {
        visit(at, &platter, &promises, Some(event));
        platter.apply(event, Lying::No);
        promise(&mut promises, event);
    }
    visit(rehearsal.journal.len(), &platter, &promises, None);
}

/// Which images were opened already.
#[derive(Default)]
struct Opened(BTreeSet<(u64, usize)>);

impl Opened {
    fn is_first(&mut self, image: &Image, promises: &Promises) -> bool {
        let acknowledged = promises.values().map(|one| one.acknowledged).sum::<usize>();
        let created = promises.values().filter(|one| one.is_created).count();
        self.0.insert((image.mark(), acknowledged * 8 + created))
    }
}

fn depth(count: u64, every: u64) -> Depth {
    if count.is_multiple_of(every) { Depth::GoOn } else { Depth::Open }
}

/// The power is cut at every byte of the write stream.
pub fn power_cuts(rehearsal: &Rehearsal, tier: Tier, tally: &mut Tally) {
    let name = rehearsal.workload.name;
    let reference = &rehearsal.reference;
    let mut opened = Opened::default();
    let every = tier.choose(5, 3);
    walk(rehearsal, |at, platter, promises, event| {
        if tally.is_over() {
            return;
        }
        let bare = platter.bare();
        if opened.is_first(&bare, promises) {
            let answer = judge(&bare, reference, promises, Depth::GoOn);
            tally.judged(answer, || format!("{name}, event {at}, unsynced lost"));
        }
        let (number, change) = match event {
            Some(Event::Bytes { number, change }) => (*number, change),
            _ => return,
        };
        let Change::Write { bytes, .. } = change else { return };
        for cut in positions(bytes.len(), tier) {
            let image = platter.full(Some((number, change, cut)));
            let answer = judge(&image, reference, promises, depth(tally.injected(), every));
            tally.judged(answer, || format!("{name}, event {at}, byte {cut}"));
            if tally.is_over() {
                return;
            }
        }
    });
}

/// At which bytes a write is cut: all, or its ends and some between.
fn positions(length: usize, tier: Tier) -> impl Iterator<Item = usize> {
    let step = match tier {
        Tier::Long => 1,
        Tier::Hunt | Tier::Ci => (length / 24).max(1),
    };
    let is_edge = move |at: usize| at < 3 || at + 3 > length;
    (0..=length).filter(move |at| at % step == 0 || is_edge(*at))
}

/// Whether a subset of what waits may be tried in this class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vary {
    /// Sectors and lengths, with all names; and everything together, where that is exhaustive.
    Bytes,
    /// Names, with all bytes and with none.
    Names,
}

/// Any part of what waits is there: before every sync, where most waits.
pub fn torn(rehearsal: &Rehearsal, tier: Tier, vary: Vary, tally: &mut Tally) -> (u64, u64) {
    let name = rehearsal.workload.name;
    let reference = &rehearsal.reference;
    let mut opened = Opened::default();
    let (mut exhaustive, mut moments) = (0, 0);
    let every = tier.choose(11, 5);
    walk(rehearsal, |at, platter, promises, event| {
        let is_moment = matches!(
            event,
            None | Some(Event::Sync { .. } | Event::SyncFolder { .. } | Event::SyncFailed { .. })
        );
        let units = platter.units();
        let has_names = units.iter().any(|unit| matches!(unit, Unit::Name(_)));
        if !is_moment || tally.is_over() || units.is_empty() || (vary == Vary::Names && !has_names)
        {
            return;
        }
        moments += 1;
        let subsets = subsets(&units, vary, at as u64, tier);
        exhaustive += u64::from(subsets.is_exhaustive);
        for keep in subsets.masks {
            let kept = units.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(unit, _)| unit);
            let image = platter.with(kept);
            if !opened.is_first(&image, promises) {
                continue;
            }
            let answer = judge(&image, reference, promises, depth(tally.injected(), every));
            tally.judged(answer, || format!("{name}, event {at}, kept {}", shown(&keep)));
            if tally.is_over() {
                return;
            }
        }
    });
    (exhaustive, moments)
}

struct Subsets {
    masks: Vec<Vec<bool>>,
    is_exhaustive: bool,
}

/// The subsets of units to keep.
fn subsets(units: &[Unit], vary: Vary, seed: u64, tier: Tier) -> Subsets {
    let is_varied = |unit: &Unit| (vary == Vary::Names) == matches!(unit, Unit::Name(_));
    let varied: Vec<usize> = (0..units.len()).filter(|at| is_varied(&units[*at])).collect();
    // The others are all there, or none of them.
    let with_rest = |chosen: Vec<Vec<bool>>| {
        let whole = |rest: bool, chosen: &Vec<bool>| {
            let mut keep = vec![rest; units.len()];
            varied.iter().zip(chosen).for_each(|(at, is_kept)| keep[*at] = *is_kept);
            keep
        };
        let both = [true, false];
        both.iter().flat_map(|rest| chosen.iter().map(|one| whole(*rest, one))).collect()
    };
    let count = if units.len() <= UNITS_MAX { units.len() } else { varied.len() };
    let is_exhaustive = count <= UNITS_MAX;
    if units.len() <= UNITS_MAX {
        return Subsets { masks: every_subset(units.len()), is_exhaustive };
    }
    if is_exhaustive {
        return Subsets { masks: with_rest(every_subset(count)), is_exhaustive };
    }
    let mut chosen = structured(count);
    let mut numbers = Numbers(seed);
    for _ in 0..tier.choose(40, 600) {
        chosen.push((0..count).map(|_| numbers.below(2) == 1).collect());
    }
    Subsets { masks: with_rest(chosen), is_exhaustive }
}

fn every_subset(count: usize) -> Vec<Vec<bool>> {
    (0..1_u32 << count).map(|mask| (0..count).map(|at| mask >> at & 1 == 1).collect()).collect()
}

/// All, none, one missing, one alone, the first and the second half, every second.
fn structured(count: usize) -> Vec<Vec<bool>> {
    let of = |keep: &dyn Fn(usize) -> bool| (0..count).map(keep).collect::<Vec<bool>>();
    let mut masks = vec![of(&|_| true), of(&|_| false)];
    masks.push(of(&|at| at < count / 2));
    masks.push(of(&|at| at >= count / 2));
    masks.push(of(&|at| at % 2 == 0));
    masks.push(of(&|at| at % 2 == 1));
    for one in 0..count {
        masks.push(of(&|at| at != one));
        masks.push(of(&|at| at == one));
    }
    masks
}

fn shown(keep: &[bool]) -> String {
    keep.iter().map(|is_kept| if *is_kept { '1' } else { '0' }).collect()
}
