//! The plan: what one seed of a crowd knows. How often links fail, who crashes when, whose clock
//! goes how fast.
//!
//! **Invariants**
//! - Everything here follows from the sizes and the seed.
//! - Faults leave room for progress: of a hundred messages at most two end a connection. In a small
//!   crowd they do not: there is room once they stop.
//!
//! What this does not do: bring anything about; `trouble` does.

use crate::crowd::fault::{CrowdFault, Faults};
use woodland_laws::Random;

/// How many there are of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) peers: usize,
    pub(crate) authors: usize,
    pub(crate) commits: usize,
}

/// How often, in ten thousand messages, a link does what it should not.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rates {
    pub(crate) loss: usize,
    pub(crate) garble: usize,
    pub(crate) reorder: usize,
    pub(crate) duplicate: usize,
    pub(crate) delay: usize,
}

/// Who does not hear whom, for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parting {
    BothWays,
    OneWay,
    LonePeer,
    Ring,
}

/// What goes wrong at a time.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trouble {
    Crash(usize),
    /// A clock goes on by so many ticks at once.
    Jump(usize, usize),
    Part(Parting),
    Join,
}

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) rates: Rates,
    /// When it begins, in milliseconds.
    pub(crate) begins: u64,
    /// What goes wrong, and how long after it began.
    pub(crate) troubles: Vec<(u64, Trouble)>,
    /// When chaos ends.
    pub(crate) chaos_ends: u64,
    /// Writes come until then.
    pub(crate) writes_end: u64,
    /// All agree so long after chaos at the latest.
    pub(crate) healing: u64,
}

/// How long one writes in the crowd.
const WRITES_MILLISECONDS: u64 = 20_000;
const CHAOS_MILLISECONDS: u64 = 25_000;
/// The same, in a small crowd.
pub(crate) const SMALL_WRITES_MILLISECONDS: u64 = 12_000;
const SMALL_CHAOS_MILLISECONDS: u64 = 15_000;
/// All agree within a minute of virtual time once faults have stopped.
const HEALING_MILLISECONDS: u64 = 60_000;
/// A partition takes from this long to about three times as long.
const PARTED_MILLISECONDS: usize = 3_000;

impl Size {
    /// Of a small crowd.
    pub(crate) fn small(random: &mut Random) -> Size {
        let peers = 12 + random.below(29);
        let authors = 3 + random.below((peers / 2).min(10));
        Size { peers, authors, commits: authors + 30 + random.below(70) }
    }
}

impl Plan {
    /// With all that can go wrong.
    pub(crate) fn draw(size: Size, random: &mut Random) -> Plan {
        let rates = Rates {
            loss: random.below(101),
            garble: random.below(51),
            reorder: random.below(51),
            duplicate: random.below(201),
            delay: random.below(301),
        };
        let mut troubles = Vec::new();
        let at = |random: &mut Random| random.below(WRITES_MILLISECONDS as usize) as u64;
        let percent = 1 + random.below(6);
        for _ in 0..1 + size.peers * percent / 100 {
            troubles.push((at(random), Trouble::Crash(random.below(size.peers))));
        }
        for _ in 0..1 + size.peers * percent / 100 {
            let (peer, ticks) = (random.below(size.peers), 1 + random.below(40));
            troubles.push((at(random), Trouble::Jump(peer, ticks)));
        }
        for number in 0..2 + random.below(2) as u64 {
            let kinds = [Parting::BothWays, Parting::OneWay, Parting::LonePeer];
            let kind = *random.pick(&kinds).expect("there are kinds");
            let begins = 1_000 + number * WRITES_MILLISECONDS / 3;
            let lasts = PARTED_MILLISECONDS + random.below(PARTED_MILLISECONDS);
            troubles.push((begins, Trouble::Part(kind)));
            troubles.push((begins + lasts as u64, Trouble::Join));
        }
        Plan {
            rates,
            begins: 0,
            troubles,
            chaos_ends: CHAOS_MILLISECONDS,
            writes_end: WRITES_MILLISECONDS,
            healing: HEALING_MILLISECONDS,
        }
    }

    /// With these faults, for a small crowd. What has a rate has any, up to high ones.
    pub(crate) fn small(size: Size, faults: &Faults, random: &mut Random) -> Plan {
        let mut rate = |fault: CrowdFault, most: usize| {
            let drawn = 100 + random.below(most);
            if faults.contains(&fault) { drawn } else { 0 }
        };
        let rates = Rates {
            loss: rate(CrowdFault::Loss, 2_900),
            garble: rate(CrowdFault::Garble, 2_900),
            reorder: rate(CrowdFault::Reorder, 2_900),
            duplicate: rate(CrowdFault::Duplicate, 4_900),
            delay: rate(CrowdFault::Delay, 5_900),
        };
        let mut troubles = Vec::new();
        let at = |random: &mut Random| random.below(SMALL_CHAOS_MILLISECONDS as usize) as u64;
        for _ in 0..1 + random.below(size.peers) {
            let (when, peer) = (at(random), random.below(size.peers));
            if faults.contains(&CrowdFault::Crash) {
                troubles.push((when, Trouble::Crash(peer)));
            }
        }
        for _ in 0..1 + random.below(size.peers) {
            let (when, peer, ticks) = (at(random), random.below(size.peers), random.below(60));
            if faults.contains(&CrowdFault::Skew) {
                troubles.push((when, Trouble::Jump(peer, 1 + ticks)));
            }
        }
        let kinds = [
            (CrowdFault::BothWays, Parting::BothWays),
            (CrowdFault::OneWay, Parting::OneWay),
            (CrowdFault::LonePeer, Parting::LonePeer),
            (CrowdFault::Ring, Parting::Ring),
        ];
        let kinds: Vec<_> = kinds.into_iter().filter(|(fault, _)| faults.contains(fault)).collect();
        // Each lasts until the next, the last one until faults stop.
        let lasts = SMALL_CHAOS_MILLISECONDS / kinds.len().max(1) as u64;
        for (number, (_, kind)) in (0..).zip(&kinds) {
            let begins = number * lasts + random.below(lasts as usize / 2) as u64;
            troubles.push((begins, Trouble::Part(*kind)));
        }
        Plan {
            rates,
            begins: 0,
            troubles,
            chaos_ends: SMALL_CHAOS_MILLISECONDS,
            writes_end: SMALL_WRITES_MILLISECONDS,
            healing: HEALING_MILLISECONDS,
        }
    }

    /// Nothing goes wrong.
    pub(crate) fn calm(begins: u64) -> Plan {
        Plan {
            rates: Rates::default(),
            begins,
            troubles: Vec::new(),
            chaos_ends: begins,
            writes_end: begins,
            healing: HEALING_MILLISECONDS,
        }
    }
}
