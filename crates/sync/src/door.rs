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

use std::collections::BTreeMap;
use woodland_format::{AuthorKey, CommitId, Segment};
use woodland_log::{Log, Pending, PendingLimits, Refusal, Verify};

/// Everything that waits, and what is admitted and not durable yet.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pending: Pending,
    /// Made from the version that is durable.
    ahead: Option<Log>,
    verify: Verify,
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
    pub(crate) fn new(verify: Verify) -> Self {
        #[cfg(planted)]
        let verify = match woodland_format::planted::is("signatures-not-checked") {
            true => |_: &AuthorKey, _: &CommitId, _: &woodland_format::Signature| true,
            false => verify,
        };
        let limits = PendingLimits { commits_max: usize::MAX, bytes_max: usize::MAX };
        Door { pending: Pending::new(limits).verified_by(verify), ahead: None, verify }
    }

    /// This version, which is the last that was said to be durable, with what is admitted and not
    /// durable yet.
    pub(crate) fn ahead<'a>(&'a self, log: &'a Log) -> &'a Log {
        self.ahead.as_ref().unwrap_or(log)
    }

    pub(crate) fn offer(&mut self, log: &Log, segments: &[Segment]) -> Passed {
        let ahead = self.ahead.as_ref().unwrap_or(log);
        let offered = match segments {
            [] => self.pending.catch_up(ahead),
            segments => self.pending.offer_all(ahead, segments),
        };
        let last = offered.admitted.last().map(woodland_format::Commit::id);
        if last.is_some() {
            self.ahead = Some(offered.log.clone());
        }
        Passed { log: last.map(|_| offered.log), last, refused: offered.refused }
    }

    /// This version is durable.
    pub(crate) fn is_durable(&mut self, log: &Log) {
        let ahead = self.ahead.take().filter(|ahead| ahead != log);
        let ahead = ahead.filter(|ahead| !ahead.heads().all(|head| log.contains(&head)));
        self.ahead = ahead.map(|ahead| log.merge(&ahead).expect("they are of one dataset"));
    }

    /// Whether all that is admitted is durable.
    pub(crate) fn is_settled(&self) -> bool {
        self.ahead.is_none()
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.pending.waiting() > 0
    }

    /// Forgets what waits, but for these.
    pub(crate) fn keep_only<'s>(&mut self, log: &Log, segments: impl Iterator<Item = &'s Segment>) {
        let ahead = self.ahead.as_ref().unwrap_or(log);
        self.pending = Door::new(self.verify).pending;
        // They were offered before: what could enter did.
        self.pending.offer_all(ahead, segments);
    }
}

/// A refused commit that is one of these. Of one id and another author it is somebody else's lie.
/// Costs one reading, however much was refused.
pub(crate) fn brings<'r>(segments: &[Segment], refused: &'r [Refusal]) -> Option<&'r Refusal> {
    let claims = refused.iter().filter_map(|refusal| match refusal {
        Refusal::Signature { author, commit }
        | Refusal::Invalid { author, commit, .. }
        | Refusal::Past { author, commit, .. } => Some(((*author, *commit), refusal)),
        _ => None,
    });
    let claims: BTreeMap<(AuthorKey, CommitId), &Refusal> = claims.collect();
    let least = CommitId([0; 32]);
    let is_of = |author| claims.range((author, least)..).next().is_some_and(|it| it.0.0 == author);
    let segments = segments.iter().filter(|segment| is_of(segment.head.author));
    let mut commits = segments.flat_map(Segment::commits);
    commits.find_map(|one| claims.get(&(one.author(), one.id())).copied())
}
