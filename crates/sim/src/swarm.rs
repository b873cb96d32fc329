//! The swarm: which faults one seed knows, and how often they come (Groce and others, *Swarm
//! testing*, ISSTA 2012: runs that leave faults out find what runs with all of them hide).
//!
//! **Invariants**
//! - Everything here follows from the seed. Some seeds have one sort of fault only.
//! - Every seed has a power cut and a partition, at acts that are drawn here.
//!
//! What this does not do: bring a fault about; `trouble` does.

use crate::fault::FaultKind;
use crate::net::LinkRates;
use std::collections::BTreeSet;
use woodland_laws::Random;

/// Fewest acts of a seed, and how many more there may be.
pub(crate) const ACTS_MIN: usize = 200;
const ACTS_MORE: usize = 40;
/// Fewest peers, and how many more there may be.
const PEERS_MIN: usize = 2;
const PEERS_MORE: usize = 3;

/// How peers exchange once faults have stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topology {
    /// Everybody with everybody.
    Mesh,
    /// Everybody with the first.
    Star,
    /// Each with its neighbour on one side.
    Ring,
}

impl Topology {
    /// How many rounds it takes at most until all have the same.
    pub(crate) fn rounds_max(self, peers: usize) -> usize {
        match self {
            Topology::Mesh => 1,
            Topology::Star => 2,
            Topology::Ring => peers - 1,
        }
    }

    /// Whether a peer sends to another.
    pub(crate) fn links(self, from: usize, to: usize, peers: usize) -> bool {
        from != to
            && match self {
                Topology::Mesh => true,
                Topology::Star => from == 0 || to == 0,
                Topology::Ring => (from + 1) % peers == to,
            }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Swarm {
    pub(crate) peers: usize,
    pub(crate) acts: usize,
    pub(crate) faults: BTreeSet<FaultKind>,
    pub(crate) rates: LinkRates,
    /// How often an act is a fault of a disk, a process or a directory, in a hundred.
    pub(crate) trouble: u64,
    /// How often a peer sends after it has written, in a hundred.
    pub(crate) eager: u64,
    /// How often a write is buffered, in a hundred.
    pub(crate) buffered: u64,
    /// Whether what was derived is put to rest while a replica is open, and segments are merged.
    pub(crate) is_kept_in_shape: bool,
    /// How much memory what was derived may take, where it is less than usual.
    pub(crate) memory_bytes: Option<usize>,
    /// How large a segment file gets, where it is smaller than usual.
    pub(crate) segment_file_bytes_max: Option<u64>,
    /// How far each peer's clock is off.
    pub(crate) skews_milliseconds: Vec<i64>,
    pub(crate) topology: Topology,
    /// The act at which the power goes off, and the one at which a partition begins.
    pub(crate) cut_at: usize,
    pub(crate) partition_at: usize,
}

/// So little that pages are let go while a version is read; none is what is usual.
const MEMORY_BYTES: [Option<usize>; 3] = [None, Some(0), Some(16 * 1024)];
/// A write takes some hundred bytes.
const FILE_BYTES: [Option<u64>; 4] = [None, Some(700), Some(2_000), Some(8_000)];

/// A clock is off by at most so much: ten years.
const SKEW_MILLISECONDS_MAX: usize = 10 * 365 * 24 * 3600 * 1000;

impl Swarm {
    pub(crate) fn draw(random: &mut Random) -> Swarm {
        let peers = PEERS_MIN + random.below(PEERS_MORE);
        let acts = ACTS_MIN + random.below(ACTS_MORE + 1);
        let faults: BTreeSet<FaultKind> = if random.chance(15) {
            [*random.pick(&FaultKind::ALL).expect("there are faults")].into()
        } else {
            let often = 10 + random.number() % 60;
            FaultKind::ALL.into_iter().filter(|_| random.chance(often)).collect()
        };
        let mut rate = |kind: FaultKind, max: usize| {
            let drawn = 1 + random.below(max) as u64;
            if faults.contains(&kind) { drawn } else { 0 }
        };
        let rates = LinkRates {
            loss: rate(FaultKind::Loss, 30),
            duplicate: rate(FaultKind::Duplicate, 50),
            reorder: rate(FaultKind::Reorder, 50),
            delay: rate(FaultKind::Delay, 40),
            garble: rate(FaultKind::Garble, 20),
        };
        let is_skewed = faults.contains(&FaultKind::SkewedClock);
        let skew = |random: &mut Random| {
            let off = random.below(2 * SKEW_MILLISECONDS_MAX) as i64;
            if is_skewed { off - SKEW_MILLISECONDS_MAX as i64 } else { 0 }
        };
        Swarm {
            peers,
            acts,
            rates,
            trouble: 2 + random.number() % 14,
            eager: 10 + random.number() % 60,
            buffered: [0, 20, 50, 90][random.below(4)],
            is_kept_in_shape: random.chance(75),
            memory_bytes: MEMORY_BYTES[random.below(MEMORY_BYTES.len())],
            segment_file_bytes_max: FILE_BYTES[random.below(FILE_BYTES.len())],
            skews_milliseconds: (0..peers).map(|_| skew(random)).collect(),
            topology: [Topology::Mesh, Topology::Star, Topology::Ring][random.below(3)],
            cut_at: acts / 5 + random.below(acts / 2),
            partition_at: acts / 5 + random.below(acts / 2),
            faults,
        }
    }

    /// One of the faults of disks, processes and directories that this seed knows.
    pub(crate) fn trouble_kind(&self, random: &mut Random) -> Option<FaultKind> {
        let kinds: Vec<FaultKind> =
            self.faults.iter().copied().filter(|kind| !kind.is_of_links()).collect();
        random.pick(&kinds).copied()
    }

    /// A partition that this seed knows; with `any`, one in any case.
    pub(crate) fn partition_kind(&self, random: &mut Random) -> Option<FaultKind> {
        random.pick(&self.partitions()).copied()
    }

    /// A partition in any case.
    pub(crate) fn forced_partition_kind(&self, random: &mut Random) -> FaultKind {
        self.partition_kind(random).unwrap_or(FaultKind::SymmetricPartition)
    }

    fn partitions(&self) -> Vec<FaultKind> {
        let is_partition = |kind: &FaultKind| *kind >= FaultKind::SymmetricPartition;
        let kinds = self.faults.iter().copied().filter(is_partition);
        // Among two, a ring lets everything through.
        kinds.filter(|kind| self.peers > 2 || *kind != FaultKind::RingPartition).collect()
    }
}
