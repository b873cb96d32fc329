//! Admission: one offer while it is worked on.
//!
//! ```text
//!  segment ─► signatures ─► vouch for what waits ─► each commit: in, waits, or refused
//!                                                     └─► in: lets go on what waited for it
//! ```
//!
//! **Invariants**
//! - `log` has what is held back in it, too: what of it may stay in is the door's to say, at the
//!   end.
//! - Nothing is kept waiting for a commit that was refused in this offer, or is remembered.
//! - No recursion along a chain: what became ready stands in a list.
//!
//! What this does not do: remember anything from one offer to the next.

use crate::append::AppendError;
use crate::door::Verify;
use crate::log::Log;
use crate::refusal::Refusal;
use crate::waiting::{Claim, PendingLimits, Waiting};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use woodland_format::{AuthorKey, Commit, CommitId, Segment, Signature};

/// What an offer has come to, but for what is held back.
pub(crate) struct Ended {
    pub(crate) log: Log,
    pub(crate) admitted: Vec<Commit>,
    pub(crate) signatures: BTreeMap<CommitId, Signature>,
    pub(crate) duplicates: usize,
    pub(crate) refused: Vec<Refusal>,
    pub(crate) refused_ids: BTreeSet<CommitId>,
}

/// One offer while it is worked on.
pub(crate) struct Admission<'a> {
    limits: PendingLimits,
    pub(crate) verify: Verify,
    waiting: &'a mut Waiting,
    /// With what is held back.
    log: Log,
    admitted: Vec<Commit>,
    /// Those that hold, of what is in `log`.
    pub(crate) signatures: BTreeMap<CommitId, Signature>,
    duplicates: usize,
    pub(crate) refused: Vec<Refusal>,
    /// Entries that have become ready and were not tried yet.
    ready: Vec<Claim>,
    /// Refused in this offer under whatever name.
    refused_ids: BTreeSet<CommitId>,
    /// Refused in earlier offers, under whatever name.
    pub(crate) remembered: Arc<BTreeSet<CommitId>>,
    /// Refused in this offer under this name.
    refused_claims: BTreeSet<Claim>,
}

impl<'a> Admission<'a> {
    pub(crate) fn into_log(log: &Log, waiting: &'a mut Waiting, limits: PendingLimits) -> Self {
        Admission {
            limits,
            verify: woodland_format::verify_commit,
            waiting,
            log: log.clone(),
            admitted: Vec::new(),
            signatures: BTreeMap::new(),
            duplicates: 0,
            refused: Vec::new(),
            ready: Vec::new(),
            refused_ids: BTreeSet::new(),
            remembered: Arc::default(),
            refused_claims: BTreeSet::new(),
        }
    }

    pub(crate) fn end(self) -> Ended {
        let Admission { log, admitted, signatures, duplicates, refused, refused_ids, .. } = self;
        Ended { log, admitted, signatures, duplicates, refused, refused_ids }
    }

    fn keep_point(&mut self, id: CommitId, signature: Signature) {
        if let Some(place) = self.log.place(&id) {
            self.log.keep_point(place, signature);
            self.signatures.insert(id, signature);
        }
    }

    /// Makes good for commits that came into, or went out of, the log by another way than this
    /// door.
    pub(crate) fn catch_up(&mut self, seen: Option<&Log>) {
        let Some(seen) = seen.filter(|_| self.waiting.len() > 0) else { return };
        if seen.lines.is(&self.log.lines) {
            return;
        }
        if self.log.is_made_from(seen) {
            let log = self.log.clone();
            #[cfg(planted)]
            if woodland_format::planted::is("waiting-not-released-by-merge") {
                return;
            }
            for (_, commit) in log.arrived(seen) {
                self.now_held(&commit);
            }
        } else {
            self.count_again();
        }
        self.admit_ready();
    }

    /// Compares everything that waits with a log that is not made from the last one.
    fn count_again(&mut self) {
        let waiting = std::mem::take(self.waiting);
        for entry in waiting.entries() {
            let missing = self.log.missing(&entry.commit);
            self.waiting.keep(&entry.commit, &missing, entry.vouched, entry.signature);
            if missing.is_empty() && entry.vouched {
                self.ready.push((entry.commit.id(), entry.commit.author()));
            }
        }
        for entry in waiting.entries() {
            if let Some(held) = self.log.get(&entry.commit.id()) {
                self.now_held(&held);
            }
        }
    }

    pub(crate) fn take(&mut self, segment: &Segment) {
        let signatures = self.verify(segment);
        let author = segment.head.author;
        // First what waits already: it may be the past of what comes now.
        for (id, signature) in &signatures {
            let claim = (*id, author);
            self.keep_point(*id, *signature);
            self.waiting.sign(&claim, *signature);
            self.ready.extend(self.waiting.vouch(claim));
        }
        let vouched = self.vouched(segment, &signatures);
        if vouched > 0
            && let Some(previous) = segment.head.previous
        {
            self.ready.extend(self.waiting.vouch((previous, author)));
        }
        self.admit_ready();

        let mut full = None;
        for (index, commit) in (0..).zip(segment.commits()) {
            let signature = signatures.get(&commit.id()).copied();
            if !self.receive(&commit, index < vouched, signature, full.is_none()) {
                self.leave_out(full.get_or_insert_with(|| LeftOut::from(&commit)), &commit);
            }
        }
        self.refused.extend(full.map(LeftOut::refusal));
    }

    /// The signatures of the segment that hold.
    fn verify(&mut self, segment: &Segment) -> BTreeMap<CommitId, Signature> {
        let author = segment.head.author;
        let mut verified = BTreeMap::new();
        for point in &segment.points {
            let (commit, signature) = (point.commit, point.signature);
            let held = self.log.place(&commit).and_then(|place| self.log.author(place));
            if held.is_some_and(|held| held != author) {
                self.refused.push(Refusal::Signature { author, commit });
                continue;
            }
            let known = match held {
                Some(_) => self.log.signature(&commit),
                None => self.waiting.get(&(commit, author)).and_then(|entry| entry.signature),
            };
            let holds = known == Some(signature) || (self.verify)(&author, &commit, &signature);
            if holds {
                verified.insert(commit, signature);
            } else {
                self.refused.push(Refusal::Signature { author, commit });
            }
        }
        verified
    }

    /// How many of the segment's commits, from its first on, a known signature covers: a segment
    /// is one chain, so whoever vouches for one of them vouches for those before it.
    fn vouched(&self, segment: &Segment, verified: &BTreeMap<CommitId, Signature>) -> u32 {
        let author = segment.head.author;
        if verified.is_empty() && self.waiting.len() == 0 {
            return 0;
        }
        let vouches =
            |id: CommitId| verified.contains_key(&id) || self.waiting.is_vouched(&(id, author));
        let vouching = (1..).zip(segment.commits()).filter(|(_, commit)| vouches(commit.id()));
        vouching.last().map_or(0, |(count, _)| count)
    }

    /// Takes one commit of the segment; false where there is no room for it to wait.
    fn receive(
        &mut self,
        commit: &Commit,
        vouched: bool,
        signature: Option<Signature>,
        may_wait: bool,
    ) -> bool {
        let claim = (commit.id(), commit.author());
        let author_of = |id| self.log.place(&id).and_then(|place| self.log.author(place));
        let held = author_of(claim.0);
        let before = commit.backlink().and_then(author_of);
        if let Some(expected) = held.or(before).filter(|author| *author != claim.1) {
            self.refuse_claim(claim, expected);
            return true;
        }
        if held.is_some() || self.waiting.get(&claim).is_some() {
            self.duplicates += 1;
            if vouched {
                self.ready.extend(self.waiting.vouch(claim));
                self.admit_ready();
            }
            return true;
        }
        if let Err(error) = self.log.check_dataset(commit) {
            self.refuse_commit(commit, &error);
            return true;
        }
        if let Some(refused) = self.refused_past(commit) {
            self.refuse_past(claim, refused);
            return true;
        }
        let missing = self.log.missing(commit);
        if missing.is_empty() && vouched {
            self.admit(commit, signature);
            self.admit_ready();
            return true;
        }
        let has_room = may_wait && self.waiting.has_room_for(commit, &self.limits);
        if has_room {
            self.waiting.keep(commit, &missing, vouched, signature);
        }
        has_room
    }

    fn admit_ready(&mut self) {
        while let Some(claim) = self.ready.pop() {
            if let Some(entry) = self.waiting.remove(&claim) {
                self.admit(&entry.commit, entry.signature);
            }
        }
    }

    /// Puts a commit into the log that is vouched for and whose past is held.
    fn admit(&mut self, commit: &Commit, signature: Option<Signature>) {
        match self.log.insert(commit) {
            Ok(_) => {
                self.admitted.push(commit.clone());
                if let Some(signature) = signature {
                    self.keep_point(commit.id(), signature);
                }
                self.now_held(commit);
            }
            Err(AppendError::Author { expected, .. }) => {
                self.refuse_claim((commit.id(), commit.author()), expected);
            }
            Err(error) => self.refuse_commit(commit, &error),
        }
    }

    /// Lets go on what waited for this commit, which the log holds now.
    fn now_held(&mut self, commit: &Commit) {
        let (id, author) = (commit.id(), commit.author());
        for claim in self.waiting.claims_of(id) {
            if claim.1 != author {
                self.refuse_claim(claim, author);
            } else if let Some(signature) =
                self.waiting.remove(&claim).and_then(|entry| entry.signature)
            {
                self.keep_point(id, signature);
            }
        }
        for waiter in self.waiting.waiters_of(id) {
            let ready = self.waiting.release(id, &waiter);
            let Some(entry) = self.waiting.get(&waiter) else { continue };
            if entry.commit.backlink() == Some(id) && waiter.1 != author {
                self.refuse_claim(waiter, author);
            } else if ready {
                self.ready.push(waiter);
            }
        }
    }

    fn is_refused(&self, id: &CommitId) -> bool {
        self.refused_ids.contains(id) || self.remembered.contains(id)
    }

    /// The commit that this one stands on and that was refused.
    fn refused_past(&self, commit: &Commit) -> Option<CommitId> {
        let claimed = commit.backlink().map(|id| (id, commit.author()));
        let claimed = claimed.filter(|claim| self.refused_claims.contains(claim));
        let mut references = commit.references();
        claimed.map(|(id, _)| id).or_else(|| references.find(|id| self.is_refused(id)))
    }

    /// Refuses a commit under a name that is not its author's, with what continues the false chain.
    /// Under its true name it may still come, so what names it as a parent goes on waiting.
    fn refuse_claim(&mut self, claim: Claim, expected: AuthorKey) {
        let (commit, found) = claim;
        let error = AppendError::Author { commit, expected, found };
        self.refused.push(Refusal::Invalid { author: found, commit, error });
        self.waiting.remove(&claim);
        self.drop_chain(claim);
    }

    /// Refuses a commit because of one before it.
    fn refuse_past(&mut self, (commit, author): Claim, refused: CommitId) {
        self.refused.push(Refusal::Past { author, commit, refused });
        if self.is_refused(&refused) {
            self.drop_past(commit);
        } else {
            self.drop_chain((commit, author));
        }
    }

    /// Refuses a commit that breaks a rule, under whatever name, with all that stands on it.
    fn refuse_commit(&mut self, commit: &Commit, error: &AppendError) {
        let id = commit.id();
        let mut authors = BTreeSet::from([commit.author()]);
        for claim in self.waiting.claims_of(id) {
            self.waiting.remove(&claim);
            authors.insert(claim.1);
        }
        for author in authors {
            self.refused.push(Refusal::Invalid { author, commit: id, error: error.clone() });
        }
        self.drop_past(id);
    }

    /// Refuses what waits and continues this claimed chain.
    fn drop_chain(&mut self, claim: Claim) {
        let mut dropped = vec![claim];
        while let Some((refused, author)) = dropped.pop() {
            self.refused_claims.insert((refused, author));
            for waiter in self.waiting.waiters_of(refused) {
                let entry = self.waiting.get(&waiter).filter(|_| waiter.1 == author);
                if entry.is_some_and(|entry| entry.commit.backlink() == Some(refused)) {
                    self.waiting.remove(&waiter);
                    let (commit, author) = waiter;
                    self.refused.push(Refusal::Past { author, commit, refused });
                    dropped.push(waiter);
                }
            }
        }
    }

    /// Refuses what waits and has this commit in its past.
    fn drop_past(&mut self, id: CommitId) {
        let mut dropped = vec![id];
        while let Some(refused) = dropped.pop() {
            self.refused_ids.insert(refused);
            for (waiter, _) in self.waiting.waiters_of(refused) {
                for claim in self.waiting.claims_of(waiter) {
                    self.waiting.remove(&claim);
                    let (commit, author) = claim;
                    self.refused.push(Refusal::Past { author, commit, refused });
                }
                dropped.push(waiter);
            }
        }
    }

    /// Counts a commit for which there is no room, and what it lacks.
    fn leave_out(&self, full: &mut LeftOut, commit: &Commit) {
        /// Enough to ask for; more are asked for when these have come.
        const MISSING_MAX: usize = 4096;
        for id in self.log.missing(commit) {
            let is_named = Some(id) == full.last || !self.waiting.claims_of(id).is_empty();
            if !is_named && full.missing.len() < MISSING_MAX {
                full.missing.insert(id);
            }
        }
        full.commits += 1;
        full.last = Some(commit.id());
    }
}

/// Consecutive commits of a segment for which there is no room.
pub(crate) struct LeftOut {
    author: AuthorKey,
    first: CommitId,
    last: Option<CommitId>,
    pub(crate) commits: usize,
    missing: BTreeSet<CommitId>,
}

impl LeftOut {
    pub(crate) fn from(first: &Commit) -> Self {
        let (author, first) = (first.author(), first.id());
        LeftOut { author, first, last: None, commits: 0, missing: BTreeSet::new() }
    }

    pub(crate) fn refusal(self) -> Refusal {
        let LeftOut { author, first, commits, missing, .. } = self;
        Refusal::Full { author, first, commits, missing: missing.into_iter().collect() }
    }
}
