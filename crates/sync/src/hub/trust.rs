//! Whom a hub takes for a reader: whom the version names, and until a newcomer has caught up the
//! one identity that it began with.
//!
//! **Invariants**
//! - A newcomer trusts one identity, until it has caught up or another has proven itself: what that
//!   one brings is not the first one's to read.
//! - Who may not read, as far as is known, is talked to no more.
//! - A newcomer takes so many bytes at most before it has all.
//!
//! What this does not do: verify a proof; the gate of each conversation does.

use super::Hub;
use crate::closed::Closed;
use crate::session::arriving::cost;
use woodland_format::{IdentityKey, Right, Segment};

/// What a newcomer goes by until it has caught up.
pub(super) struct New {
    trusted: Option<IdentityKey>,
    /// How much came.
    bytes: u64,
}

impl Hub {
    /// Of a newcomer: takes this identity for one that may read, until it has caught up or another
    /// has proven itself.
    pub(crate) fn of_newcomer(mut self, trusted: Option<IdentityKey>) -> Hub {
        self.new = Some(New { trusted, bytes: 0 });
        self
    }

    /// With whom a newcomer began.
    pub(super) fn trusted(&self) -> Option<IdentityKey> {
        self.new.as_ref()?.trusted
    }

    /// From here on the version says who may read.
    pub(super) fn trust_nobody(&mut self) {
        if self.new.as_mut().and_then(|new| new.trusted.take()).is_none() {
            return;
        }
        self.sessions.values_mut().for_each(|session| session.gate.trust_nobody());
        self.serve_only_readers();
    }

    /// Whether a newcomer has no room for these.
    pub(super) fn takes_too_much(&mut self, segments: &[Segment]) -> Option<Closed> {
        let (new, limit) = (self.new.as_mut()?, self.limits.newcomer_bytes_max);
        new.bytes += segments.iter().map(cost).sum::<u64>();
        let found = new.bytes;
        (found > limit).then_some(Closed::TooMuch { found, limit })
    }

    /// Ends the conversations with those who may not read any more.
    pub(super) fn serve_only_readers(&mut self) {
        let proven =
            self.sessions.iter().filter_map(|(peer, it)| Some((*peer, it.gate.identity()?)));
        let is_reader = |identity: &IdentityKey| {
            self.trusted() == Some(*identity) || self.log.may(identity, Right::Read)
        };
        let lost = proven.filter(|(_, identity)| !is_reader(identity));
        for (peer, identity) in lost.collect::<Vec<_>>() {
            self.close(peer, Closed::NotAllowed { identity });
        }
    }
}
