//! What a hub tells its host.
//!
//! **Invariants**
//! - Whatever came of a conversation is told once, in order.
//!
//! What this does not do: say what to send; that is asked for.

use crate::closed::Closed;
use woodland_format::AuthorKey;
use woodland_log::{Log, Tip};

/// The host's number for a connection. A connection that comes again has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer(pub u64);

/// What the host is to do or to know.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// Commits came and went through the door: make them durable, and tell the hub,
    /// `Hub::advanced`. The facade does both, and tells its program nothing of it.
    Arrived {
        /// A version that holds them. Merge it; it need not hold what this side has written since.
        log: Box<Log>,
    },
    /// All that this side lacked of a peer is durable; from here on it tells what is new.
    CaughtUp {
        /// Which.
        peer: Peer,
    },
    /// A peer holds commits of this replica's own author that this replica lacks: the key is in use
    /// elsewhere, or this is an old copy. Merge what comes before anything is written.
    Behind {
        /// Who says so.
        peer: Peer,
        /// The commit that it holds.
        tip: Tip,
    },
    /// Something that is kept nowhere.
    Presence {
        /// From whom.
        peer: Peer,
        /// Under which key that peer says it writes. Nothing proves it.
        author: AuthorKey,
        /// What it says.
        bytes: Vec<u8>,
    },
    /// A conversation ended. Send what `say` has left for it, and close the connection.
    Closed {
        /// With whom.
        peer: Peer,
        /// Why.
        why: Closed,
    },
}

/// A presence that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{found} bytes of presence, at most {} can be told at once", crate::PRESENCE_BYTES_MAX)]
pub struct TooLong {
    /// How many bytes it has.
    pub found: usize,
}
