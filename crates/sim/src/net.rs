//! Links between peers: they lose, duplicate, delay, reorder, garble, and are cut for a time.
//!
//! **Invariants**
//! - Time is a number that the world advances; a message arrives when its time has come, those of
//!   one time in the order in which they were sent.
//! - While a partition lasts, what would cross it is gone, whenever it was sent.
//!
//! What this does not do: look into what it carries.

use crate::fault::{FaultKind, FaultTable};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use woodland_laws::Random;
use woodland_log::Frontier;

/// How often, in a hundred messages, a link does what it should not.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LinkRates {
    pub(crate) loss: u64,
    pub(crate) duplicate: u64,
    pub(crate) reorder: u64,
    pub(crate) delay: u64,
    pub(crate) garble: u64,
}

/// A message takes up to this long, in milliseconds.
const TRAVEL_MILLISECONDS: usize = 20;
/// A delayed one up to this long.
const DELAY_MILLISECONDS: usize = 2_000;
/// One that is to be overtaken waits as long as a few others travel.
const OVERTAKEN_MILLISECONDS: usize = 120;

/// A log file on its way, and what its sender held when it sent it.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) held: Frontier,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) is_garbled: bool,
}

/// Who does not hear whom.
#[derive(Debug, Clone)]
pub(crate) struct Partition {
    kind: FaultKind,
    /// Whether it has kept anything back.
    is_met: bool,
    /// From, to.
    blocked: BTreeSet<(usize, usize)>,
}

impl Partition {
    /// A partition of this kind among so many peers.
    pub(crate) fn draw(kind: FaultKind, peers: usize, random: &mut Random) -> Partition {
        let alone = random.below(peers);
        let pairs = (0..peers).flat_map(|from| (0..peers).map(move |to| (from, to)));
        // Each group has somebody in it.
        let mut group: Vec<bool> = (0..peers).map(|_| random.chance(50)).collect();
        group[alone] = true;
        group[(alone + 1) % peers] = false;
        let is_blocked = |(from, to): &(usize, usize)| match kind {
            FaultKind::OneWayPartition => group[*from] && !group[*to],
            FaultKind::LonePeer => (*from == alone) != (*to == alone),
            FaultKind::RingPartition => (from + 1) % peers != *to,
            _ => group[*from] != group[*to],
        };
        Partition { kind, is_met: false, blocked: pairs.filter(is_blocked).collect() }
    }
}

pub(crate) struct Net {
    pub(crate) rates: LinkRates,
    pub(crate) partition: Option<Partition>,
    on_the_way: BTreeMap<(u64, u64), Message>,
    sent: u64,
    pub(crate) delivered: u64,
    pub(crate) bytes: u64,
    pub(crate) faults: FaultTable,
}

impl Net {
    pub(crate) fn new(rates: LinkRates) -> Self {
        let (on_the_way, faults) = (BTreeMap::new(), FaultTable::default());
        Net { rates, partition: None, on_the_way, sent: 0, delivered: 0, bytes: 0, faults }
    }

    fn met(&mut self, kind: FaultKind) {
        let row = self.faults.row(kind);
        row.injected += 1;
        row.met += 1;
    }

    /// Sends a message at this time.
    pub(crate) fn send(&mut self, now: u64, message: Message, random: &mut Random) {
        if random.chance(self.rates.loss) {
            self.met(FaultKind::Loss);
            return;
        }
        let is_twice = random.chance(self.rates.duplicate);
        if is_twice {
            self.met(FaultKind::Duplicate);
            self.put(now, message.clone(), random);
        }
        self.put(now, message, random);
    }

    fn put(&mut self, now: u64, mut message: Message, random: &mut Random) {
        let mut travel = 1 + random.below(TRAVEL_MILLISECONDS);
        if random.chance(self.rates.reorder) {
            self.met(FaultKind::Reorder);
            travel += OVERTAKEN_MILLISECONDS;
        }
        if random.chance(self.rates.delay) {
            self.met(FaultKind::Delay);
            travel += random.below(DELAY_MILLISECONDS);
        }
        if random.chance(self.rates.garble) && !message.bytes.is_empty() {
            self.met(FaultKind::Garble);
            let mut bytes = message.bytes.to_vec();
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
            (message.bytes, message.is_garbled) = (bytes.into(), true);
        }
        self.sent += 1;
        self.on_the_way.insert((now + travel as u64, self.sent), message);
    }

    /// The next message that has arrived by now.
    pub(crate) fn arrived(&mut self, now: u64) -> Option<Message> {
        loop {
            let (at, _) = *self.on_the_way.first_key_value()?.0;
            if at > now {
                return None;
            }
            let (_, message) = self.on_the_way.pop_first().expect("there is a first one");
            let link = (message.from, message.to);
            match &mut self.partition {
                Some(partition) if partition.blocked.contains(&link) => {
                    if !std::mem::replace(&mut partition.is_met, true) {
                        self.faults.row(partition.kind).met += 1;
                    }
                }
                _ => {
                    self.delivered += 1;
                    self.bytes += message.bytes.len() as u64;
                    return Some(message);
                }
            }
        }
    }

    /// When the last message arrives that is on its way.
    pub(crate) fn last_arrival(&self) -> Option<u64> {
        self.on_the_way.last_key_value().map(|((at, _), _)| *at)
    }
}
