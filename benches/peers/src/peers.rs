//! The peers: what is compared, one file each.
//!
//! **Invariants**
//! - A peer's file says by which documented way it is used, and names nothing of another peer.
//! - Nothing but the suite that a peer takes part in is implemented there.

pub(crate) mod automerge;
pub(crate) mod loro;
pub(crate) mod woodland;
pub(crate) mod yrs;

use std::fmt;

/// Who takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Peer {
    Automerge,
    Loro,
    Yrs,
    Woodland,
}

impl Peer {
    pub(crate) const ALL: [Peer; 4] = [Peer::Automerge, Peer::Loro, Peer::Yrs, Peer::Woodland];

    /// The name on the command line and in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Peer::Automerge => "automerge",
            Peer::Loro => "loro",
            Peer::Yrs => "yrs",
            Peer::Woodland => "woodland",
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
