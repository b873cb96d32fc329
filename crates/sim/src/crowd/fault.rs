//! What may go wrong in a small crowd, one by one.
//!
//! **Invariants**
//! - Each can be had alone; which of them a seed has does not change what its members write, but
//!   for [`CrowdFault::Fork`].
//!
//! What this does not do: say how often; the plan draws that.

use std::collections::BTreeSet;

/// One thing that may go wrong in a small crowd ([`crate::Crowd::small`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CrowdFault {
    /// Of the messages up to 30 % are lost.
    Loss,
    /// Up to 50 % come twice.
    Duplicate,
    /// Up to 30 % come after the one behind them.
    Reorder,
    /// Up to 30 % are garbled, and thrown away.
    Garble,
    /// Up to 60 % take up to two seconds longer.
    Delay,
    /// Two parts do not hear each other until faults stop.
    BothWays,
    /// One part does not hear the other until faults stop, and is heard.
    OneWay,
    /// One member hears nobody until faults stop, and is not heard.
    LonePeer,
    /// Members in a ring hear those near them alone, until faults stop.
    Ring,
    /// Clocks go up to ten times as fast or slow, and jump.
    Skew,
    /// Members crash, and lose what is not durable.
    Crash,
    /// Authors fork, at any place, into two to five branches, which others hear from others.
    Fork,
    /// Some read a message in seconds, stop speaking, or ask for everything again and again.
    Slow,
    /// Some send what nobody does who keeps to the protocol.
    Hostile,
}

impl CrowdFault {
    /// All of them.
    pub const ALL: [CrowdFault; 14] = [
        CrowdFault::Loss,
        CrowdFault::Duplicate,
        CrowdFault::Reorder,
        CrowdFault::Garble,
        CrowdFault::Delay,
        CrowdFault::BothWays,
        CrowdFault::OneWay,
        CrowdFault::LonePeer,
        CrowdFault::Ring,
        CrowdFault::Skew,
        CrowdFault::Crash,
        CrowdFault::Fork,
        CrowdFault::Slow,
        CrowdFault::Hostile,
    ];

    /// One word for it, for programs that take it back.
    pub fn name(self) -> &'static str {
        match self {
            CrowdFault::Loss => "loss",
            CrowdFault::Duplicate => "duplicate",
            CrowdFault::Reorder => "reorder",
            CrowdFault::Garble => "garble",
            CrowdFault::Delay => "delay",
            CrowdFault::BothWays => "both-ways",
            CrowdFault::OneWay => "one-way",
            CrowdFault::LonePeer => "lone-peer",
            CrowdFault::Ring => "ring",
            CrowdFault::Skew => "skew",
            CrowdFault::Crash => "crash",
            CrowdFault::Fork => "fork",
            CrowdFault::Slow => "slow",
            CrowdFault::Hostile => "hostile",
        }
    }
}

/// Those that a seed has.
pub(crate) type Faults = BTreeSet<CrowdFault>;
