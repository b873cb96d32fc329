//! The faults of the simulated world, and how often each came to something.
//!
//! **Invariants**
//! - `met` never exceeds what there was to meet; a fault that was injected and not met did no harm.
//! - A fault that somebody was told of was met before.
//!
//! What this does not do: make any of them happen.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FaultKind {
    /// The power goes off: of what was not synced, any part may be there.
    PowerCut,
    /// The process is killed: the system keeps what was written.
    Kill,
    /// A call fails, whichever it is.
    FailedCall,
    /// A sync fails, and what it should have saved counts as saved from then on.
    FailedSync,
    /// A sync says that it has saved, and has not.
    LyingSync,
    /// Less room than is written.
    FullDisk,
    /// A read fails.
    ReadError,
    /// The system forgets what it holds in memory and reads the disk again.
    EvictedCache,
    /// A bit of the disk flips.
    BitFlip,
    /// A sector shows what it held before.
    StaleSector,
    /// A sector shows what belongs to another.
    MisdirectedSector,
    /// A directory is copied, and the copy is used.
    Copy,
    /// A directory is put back to an earlier state.
    Restore,
    /// What was derived and rests is thrown away.
    LostDerived,
    /// What was derived and rests is damaged.
    DamagedDerived,
    /// A peer's wall clock is wrong.
    SkewedClock,
    /// A message is lost.
    Loss,
    /// A message arrives twice.
    Duplicate,
    /// A message arrives after one that was sent later.
    Reorder,
    /// A message takes long.
    Delay,
    /// What is sent is cut into parts that travel alone.
    Parts,
    /// A bit of a message flips.
    Garble,
    /// Two groups of peers do not hear each other.
    SymmetricPartition,
    /// One group does not hear the other.
    OneWayPartition,
    /// One peer is alone.
    LonePeer,
    /// Each peer hears one neighbour only.
    RingPartition,
}

impl FaultKind {
    /// All of them, ascending.
    pub const ALL: [FaultKind; 26] = [
        FaultKind::PowerCut,
        FaultKind::Kill,
        FaultKind::FailedCall,
        FaultKind::FailedSync,
        FaultKind::LyingSync,
        FaultKind::FullDisk,
        FaultKind::ReadError,
        FaultKind::EvictedCache,
        FaultKind::BitFlip,
        FaultKind::StaleSector,
        FaultKind::MisdirectedSector,
        FaultKind::Copy,
        FaultKind::Restore,
        FaultKind::LostDerived,
        FaultKind::DamagedDerived,
        FaultKind::SkewedClock,
        FaultKind::Loss,
        FaultKind::Duplicate,
        FaultKind::Reorder,
        FaultKind::Delay,
        FaultKind::Parts,
        FaultKind::Garble,
        FaultKind::SymmetricPartition,
        FaultKind::OneWayPartition,
        FaultKind::LonePeer,
        FaultKind::RingPartition,
    ];

    /// Whether it changes bytes of the log that were durable.
    pub fn is_damage(self) -> bool {
        use FaultKind::{BitFlip, MisdirectedSector, StaleSector};
        matches!(self, BitFlip | StaleSector | MisdirectedSector)
    }

    /// Whether it is one of the links.
    pub fn is_of_links(self) -> bool {
        self >= FaultKind::Loss
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FaultKind::PowerCut => "power cut",
            FaultKind::Kill => "kill",
            FaultKind::FailedCall => "failed call",
            FaultKind::FailedSync => "failed sync",
            FaultKind::LyingSync => "lying sync",
            FaultKind::FullDisk => "full disk",
            FaultKind::ReadError => "read error",
            FaultKind::EvictedCache => "evicted cache",
            FaultKind::BitFlip => "bit flip",
            FaultKind::StaleSector => "stale sector",
            FaultKind::MisdirectedSector => "misdirected sector",
            FaultKind::Copy => "copied directory",
            FaultKind::Restore => "restored backup",
            FaultKind::LostDerived => "derived state lost",
            FaultKind::DamagedDerived => "derived state damaged",
            FaultKind::SkewedClock => "skewed clock",
            FaultKind::Loss => "lost message",
            FaultKind::Duplicate => "duplicated message",
            FaultKind::Reorder => "reordered message",
            FaultKind::Delay => "delayed message",
            FaultKind::Parts => "export in parts",
            FaultKind::Garble => "garbled message",
            FaultKind::SymmetricPartition => "partition, symmetric",
            FaultKind::OneWayPartition => "partition, one way",
            FaultKind::LonePeer => "partition, single peer",
            FaultKind::RingPartition => "partition, ring",
        })
    }
}

/// What became of the faults of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FaultCounts {
    /// How often it was arranged.
    pub injected: u64,
    /// How often somebody came across it.
    pub met: u64,
    /// How often an error, a refusal or a notice told of it.
    pub detected: u64,
    /// How often all was well again afterwards.
    pub recovered: u64,
}

/// What became of the faults of each kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultTable(pub BTreeMap<FaultKind, FaultCounts>);

impl FaultTable {
    /// The row of this kind.
    pub fn row(&mut self, kind: FaultKind) -> &mut FaultCounts {
        self.0.entry(kind).or_default()
    }

    /// Adds the counts of another.
    pub fn add(&mut self, other: &FaultTable) {
        for (kind, counts) in &other.0 {
            let row = self.row(*kind);
            row.injected += counts.injected;
            row.met += counts.met;
            row.detected += counts.detected;
            row.recovered += counts.recovered;
        }
    }
}
