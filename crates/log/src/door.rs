//! The door: what comes from outside is let into a log here, or waits, or is refused.
//!
//! ```text
//!  segment ─► signatures ─► each commit ─┬► past held and vouched for ──┬─► log
//!                                        │                              └─► bare: held back
//!                                        ├► otherwise: waits, if there is room
//!                                        └► breaks a rule: refused, with all that stands on it
//! ```
//!
//! **Invariants**
//! - A commit enters only when all its references are in the log and a verified signature of its
//!   claimed author stands on it or on a later commit of its own chain that is in the log, too, or
//!   enters with it: so all that is in a log can be passed on. Naming a commit as a parent vouches
//!   for nothing.
//! - Whoever offers the same things in another order, cut otherwise, or twice, gets the same log.
//! - What can enter at once is never refused for want of room.
//! - Nothing waits for a commit that was refused for ever, as far as that is remembered. No
//!   recursion along a chain.
//! - An offer costs what it brings and what it releases, and O(lines) where the log has moved on.
//!
//! What this does not do: remember all that it refused, or choose what to drop when it is full.

use crate::admission::{Admission, Ended, LeftOut};
use crate::held_back::HeldBack;
use crate::log::Log;
use crate::refusal::Refusal;
use crate::waiting::{PendingLimits, Waiting};
use std::collections::BTreeSet;
use std::sync::Arc;
use woodland_format::{AuthorKey, Commit, CommitId, Segment, Signature, verify_commit};

/// What says whether a signature is its author's over a commit.
pub type Verify = fn(&AuthorKey, &CommitId, &Signature) -> bool;

/// Commits that wait for their past or for a signature. A value; cheap to clone.
#[derive(Debug, Clone)]
pub struct Pending {
    limits: PendingLimits,
    verify: Verify,
    /// What is held back counts as held here.
    waiting: Waiting,
    held_back: HeldBack,
    /// The log at the end of the last offer, with what was held back then.
    seen: Option<Log>,
    /// Commits that break a rule, and what stands on them: those refused last.
    refused: Arc<BTreeSet<CommitId>>,
}

/// So many refused commits are remembered; from there on those of the last offer alone.
const REMEMBERED_MAX: usize = 4096;

/// What became of an offer.
#[derive(Debug, Clone)]
pub struct Offered {
    /// The log with all that was admitted.
    pub log: Log,
    /// What was admitted, each commit after its past.
    pub admitted: Vec<Commit>,
    /// How many of the segment's commits were held or waiting already.
    pub duplicates: usize,
    /// What was refused.
    pub refused: Vec<Refusal>,
}

impl Default for Pending {
    fn default() -> Self {
        Pending::new(PendingLimits::default())
    }
}

impl Pending {
    /// An empty waiting area.
    pub fn new(limits: PendingLimits) -> Self {
        Pending {
            limits,
            verify: verify_commit,
            waiting: Waiting::default(),
            held_back: HeldBack::default(),
            seen: None,
            refused: Arc::default(),
        }
    }

    /// Asks this about signatures, in place of [`verify_commit`]. Meant for simulations, in which
    /// thousands of replicas share what one of them has found out; whoever uses it elsewhere lets
    /// in what it says.
    #[must_use]
    pub fn verified_by(self, verify: Verify) -> Self {
        Pending { verify, ..self }
    }

    /// Offers a decoded segment to the log: verifies its signatures, admits all that is vouched for
    /// and whose past is held, and keeps the rest waiting within the limits.
    pub fn offer(&mut self, log: &Log, segment: &Segment) -> Offered {
        self.offer_all(log, [segment])
    }

    /// Offers segments, one after the other. Cheaper than each by itself.
    pub fn offer_all<'s>(
        &mut self,
        log: &Log,
        segments: impl IntoIterator<Item = &'s Segment>,
    ) -> Offered {
        let mut admission = self.admission(log);
        for segment in segments {
            if segment.head.dataset == log.dataset() {
                admission.take(segment);
            } else {
                let (expected, found) = (log.dataset(), segment.head.dataset);
                admission.refused.push(Refusal::OtherDataset { expected, found });
            }
        }
        let ended = admission.end();
        self.settle(log, ended)
    }

    /// Lets in what waited for commits that came into the log by another way than this door.
    pub fn catch_up(&mut self, log: &Log) -> Offered {
        let ended = self.admission(log).end();
        self.settle(log, ended)
    }

    /// What an offer to this log begins with.
    fn admission(&mut self, log: &Log) -> Admission<'_> {
        let ahead = self.held_back.ahead_of(log, &mut self.waiting);
        let limits = self.held_back.leave_room(self.limits);
        let mut admission = Admission::into_log(&ahead.log, &mut self.waiting, limits);
        admission.verify = self.verify;
        admission.signatures = ahead.signatures;
        admission.remembered = Arc::clone(&self.refused);
        admission.catch_up(self.seen.as_ref());
        admission
    }

    /// What of this may enter does; the rest is held back.
    fn settle(&mut self, log: &Log, ended: Ended) -> Offered {
        let Ended { log: ahead, admitted, signatures, duplicates, mut refused, refused_ids } =
            ended;
        let settled = self.held_back.settle(log, ahead, admitted, &signatures);
        self.seen = Some(self.held_back.ahead().cloned().unwrap_or_else(|| settled.log.clone()));
        if self.waiting.len() + self.held_back.len() > 0 {
            let left_out = self.held_back.shorten(&settled.log, &self.waiting, &self.limits);
            if let Some(first) = left_out.first() {
                let mut full = LeftOut::from(first);
                full.commits = left_out.len();
                refused.push(full.refusal());
                let ahead = self.held_back.ahead().expect("what is cut short was there").clone();
                // What is ready by that is what is held back: nobody waits for it here.
                self.waiting = std::mem::take(&mut self.waiting).counted_for(&ahead);
                self.seen = Some(ahead);
            }
        }
        self.remember(refused_ids);
        Offered { log: settled.log, admitted: settled.admitted, duplicates, refused }
    }

    fn remember(&mut self, refused: BTreeSet<CommitId>) {
        if refused.is_empty() {
            return;
        }
        let remembered = Arc::make_mut(&mut self.refused);
        if remembered.len() + refused.len() > REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.extend(refused.into_iter().take(REMEMBERED_MAX));
    }

    /// How many commits wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len() + self.held_back.len()
    }

    /// What is waited for and is neither held by `log` nor waiting itself, ascending.
    pub fn missing(&self, log: &Log) -> Vec<CommitId> {
        self.waiting.missing().into_iter().filter(|id| !log.contains(id)).collect()
    }

    /// The chains that wait for a signed point: author, and seq of the last commit that waits.
    pub fn unsigned(&self) -> Vec<(AuthorKey, u64)> {
        self.waiting.unsigned()
    }
}
