//! The power is cut while what was derived is put to rest, and all around that.
//!
//! **Invariants**
//! - What waits is kept as a whole, not at all, and in subsets drawn from the event's number; a
//!   write is cut at its ends, in its middle, and between.
//!
//! What this does not do: cut at every byte; for the log `crashes` does.

use super::answers::Expected;
use super::player::{Known, Played, play};
use crate::reliability::disk::ScriptedDisk;
use crate::reliability::image::Image;
use crate::reliability::journal::{Change, Event};
use crate::reliability::platter::{Lying, Platter, Unit};
use crate::reliability::row::{Tally, Tier};
use crate::reliability::sample::Numbers;
use std::collections::BTreeSet;

/// Cuts at the events of the script.
pub(in crate::reliability) fn cuts(tier: Tier, tally: &mut Tally) {
    let disk = ScriptedDisk::empty();
    let (played, _) = play(&disk).expect("the script plays on a healthy disk");
    let journal = disk.journal();
    let (mut platter, mut seen) = (Platter::default(), BTreeSet::new());
    let step = tier.thinned();
    for (at, event) in journal.iter().enumerate() {
        if at % step == 0 {
            let known = known(&played, at);
            for (how, image) in images(&platter, event, at as u64, tier) {
                if !seen.insert((image.mark(), known.durable)) {
                    continue;
                }
                let (ends, least) = (played.ends.as_slice(), known.durable);
                let expected = Expected { ends, least, is_created: known.is_created };
                tally.judged(expected.of(&image), || format!("event {at}, {how}"));
                if tally.is_over() {
                    return;
                }
            }
        }
        platter.apply(event, Lying::No);
    }
}

/// What was known before an event.
fn known(played: &Played, at: usize) -> Known {
    let before = played.known.iter().rfind(|known| known.events <= at);
    before.copied().unwrap_or_default()
}

fn images(platter: &Platter, event: &Event, seed: u64, tier: Tier) -> Vec<(String, Image)> {
    let mut images = vec![
        ("unsynced lost".to_owned(), platter.bare()),
        ("all kept".to_owned(), platter.full(None)),
    ];
    if let Event::Bytes { number, change: change @ Change::Write { bytes, .. } } = event {
        let length = bytes.len();
        let mut places = vec![length / 2];
        if tier == Tier::Long {
            places.extend([1, length / 4, length * 3 / 4, length.saturating_sub(1)]);
        }
        for cut in places {
            let image = platter.full(Some((*number, change, cut)));
            images.push((format!("cut at byte {cut} of {length}"), image));
        }
    }
    let units = platter.units();
    let mut numbers = Numbers(seed);
    for draw in 0..if units.is_empty() { 0 } else { tier.choose(1, 6) } {
        let kept: Vec<&Unit> = units.iter().filter(|_| numbers.below(2) == 1).collect();
        let text = format!("draw {draw}: {} of {} units kept", kept.len(), units.len());
        images.push((text, platter.with(kept.into_iter())));
    }
    images
}
