//! The door that all conversations of a replica share: what one brings, another may wait for.
//!
//! ```text
//!  segments ─► Pending ─┬► admitted: ahead, until the host says that it is durable
//!                       └► waits; each conversation has what it brought, and answers for it
//! ```
//!
//! **Invariants**
//! - What a conversation brought goes with it, where it still waits: nobody's bytes stand in
//!   another's way for longer than the conversation.
//! - A refusal is put down to who brought the commit, not to who brought what it waited for.
//!
//! What this does not do: bound what waits; each conversation is held to its own limit.

use woodland_format::{CommitId, Segment};
use woodland_log::{Log, Pending, PendingLimits, Refusal};

/// Everything that waits, and what is admitted and not durable yet.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pending: Pending,
    ahead: Option<Log>,
}

/// What became of an offer.
pub(crate) struct Passed {
    /// With all that is admitted, where anything was.
    pub(crate) log: Option<Log>,
    /// The last commit that was.
    pub(crate) last: Option<CommitId>,
    pub(crate) refused: Vec<Refusal>,
}

impl Door {
    pub(crate) fn new() -> Self {
        let limits = PendingLimits { commits_max: usize::MAX, bytes_max: usize::MAX };
        Door { pending: Pending::new(limits), ahead: None }
    }

    /// This version with what is admitted and not durable yet.
    pub(crate) fn ahead(&self, log: &Log) -> Log {
        match &self.ahead {
            Some(ahead) => log.merge(ahead).expect("they are of one dataset"),
            None => log.clone(),
        }
    }

    pub(crate) fn offer(&mut self, log: &Log, segments: &[Segment]) -> Passed {
        let ahead = self.ahead(log);
        let offered = match segments {
            [] => self.pending.catch_up(&ahead),
            segments => self.pending.offer_all(&ahead, segments),
        };
        let last = offered.admitted.last().map(woodland_format::Commit::id);
        if last.is_some() {
            self.ahead = Some(offered.log.clone());
        }
        Passed { log: last.map(|_| offered.log), last, refused: offered.refused }
    }

    /// This version is durable.
    pub(crate) fn is_durable(&mut self, log: &Log) {
        if self.ahead.as_ref().is_some_and(|ahead| ahead.heads().all(|head| log.contains(&head))) {
            self.ahead = None;
        }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.pending.waiting() > 0
    }

    /// Forgets what waits, but for these.
    pub(crate) fn keep_only<'s>(&mut self, log: &Log, segments: impl Iterator<Item = &'s Segment>) {
        let ahead = self.ahead(log);
        self.pending = Door::new().pending;
        // They were offered before: what could enter did.
        self.pending.offer_all(&ahead, segments);
    }
}

/// Whether a refused commit is one of these.
pub(crate) fn brings(segments: &[Segment], refusal: &Refusal) -> bool {
    let (Refusal::Signature { commit, .. }
    | Refusal::Invalid { commit, .. }
    | Refusal::Past { commit, .. }) = refusal
    else {
        return false;
    };
    segments.iter().flat_map(Segment::commits).any(|one| one.id() == *commit)
}
