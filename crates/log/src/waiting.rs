//! The waiting area: commits that are not admitted yet, and who waits for what.
//!
//! **Invariants**
//! - An entry is named by id *and* claimed author: the id of a later commit does not cover its
//!   author, so a copy under a false name must not stand in the way of the true one.
//! - `waiters` has (missing, waiter) for every reference of an entry that the log did not hold,
//!   and the entry's `missing` counts them.
//! - `vouched_past` has (backlink, author, id) for every vouched entry with a backlink. An entry
//!   whose successor in the claimed chain is vouched is vouched.
//! - `bytes` is the sum of the entries' bytes; limits are the caller's to ask for.
//!
//! What this does not do: verify, or let anything into a log.

use crate::log::Log;
use im::{OrdMap, OrdSet};
use std::collections::BTreeSet;
use woodland_format::{AuthorKey, Commit, CommitId, Signature};

/// How much may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingLimits {
    /// Most commits.
    pub commits_max: usize,
    /// Most bytes of headers and payloads.
    pub bytes_max: usize,
}

impl Default for PendingLimits {
    fn default() -> Self {
        PendingLimits { commits_max: 1 << 20, bytes_max: 256 << 20 }
    }
}

/// A commit and who is said to have written it.
pub(crate) type Claim = (CommitId, AuthorKey);

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) commit: Commit,
    /// A verified signature that stands on this very commit.
    pub(crate) signature: Option<Signature>,
    /// Whether a verified signature stands on it or on a later commit of its chain.
    pub(crate) vouched: bool,
    missing: usize,
    bytes: usize,
}

impl Entry {
    fn is_ready(&self) -> bool {
        self.vouched && self.missing == 0
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Waiting {
    entries: OrdMap<Claim, Entry>,
    waiters: OrdSet<(CommitId, CommitId, AuthorKey)>,
    vouched_past: OrdSet<(CommitId, AuthorKey, CommitId)>,
    bytes: usize,
}

const LEAST_ID: CommitId = CommitId([0; 32]);
const LEAST_AUTHOR: AuthorKey = AuthorKey([0; 32]);

impl Waiting {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn get(&self, claim: &Claim) -> Option<&Entry> {
        self.entries.get(claim)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Whether there is room for one more commit.
    pub(crate) fn has_room_for(&self, commit: &Commit, limits: &PendingLimits) -> bool {
        let bytes = self.bytes.saturating_add(bytes_of(commit));
        self.len() < limits.commits_max && bytes <= limits.bytes_max
    }

    /// Whether a verified signature is known that covers this commit under this author.
    pub(crate) fn is_vouched(&self, claim: &Claim) -> bool {
        let (id, author) = *claim;
        let successor = self.vouched_past.range((id, author, LEAST_ID)..).next();
        self.get(claim).is_some_and(|entry| entry.vouched)
            || successor.is_some_and(|(backlink, of, _)| (*backlink, *of) == *claim)
    }

    /// Lets a commit wait for these ids.
    pub(crate) fn keep(
        &mut self,
        commit: &Commit,
        missing: &BTreeSet<CommitId>,
        vouched: bool,
        signature: Option<Signature>,
    ) {
        let (id, author) = (commit.id(), commit.author());
        let (commit, bytes) = (commit.clone(), bytes_of(commit));
        self.waiters.extend(missing.iter().map(|missing| (*missing, id, author)));
        if vouched && let Some(backlink) = commit.backlink() {
            self.vouched_past.insert((backlink, author, id));
        }
        let entry = Entry { commit, signature, vouched, missing: missing.len(), bytes };
        self.bytes += bytes;
        let before = self.entries.insert((id, author), entry);
        assert!(before.is_none(), "a claim waits once");
    }

    /// The same, with what is missing compared with this log anew.
    pub(crate) fn counted_for(self, log: &Log) -> Waiting {
        let mut counted = Waiting::default();
        for entry in self.entries() {
            counted.keep(
                &entry.commit,
                &log.missing(&entry.commit),
                entry.vouched,
                entry.signature,
            );
        }
        counted
    }

    /// Takes an entry and all that the indexes say of it.
    pub(crate) fn remove(&mut self, claim: &Claim) -> Option<Entry> {
        let entry = self.entries.remove(claim)?;
        let (id, author) = *claim;
        for reference in entry.commit.references() {
            self.waiters.remove(&(reference, id, author));
        }
        if let Some(backlink) = entry.commit.backlink() {
            self.vouched_past.remove(&(backlink, author, id));
        }
        self.bytes -= entry.bytes;
        Some(entry)
    }

    /// Notes a verified signature that stands on a commit that waits.
    pub(crate) fn sign(&mut self, claim: &Claim, signature: Signature) {
        if let Some(entry) = self.entries.get_mut(claim) {
            entry.signature = Some(signature);
        }
    }

    /// Notes that this commit and all before it in the claimed chain are vouched for. Names what
    /// has become ready by that.
    pub(crate) fn vouch(&mut self, claim: Claim) -> Vec<Claim> {
        let mut ready = Vec::new();
        let (mut id, author) = claim;
        // What is vouched already, so is all below it that waits.
        while let Some(entry) = self.entries.get_mut(&(id, author)).filter(|it| !it.vouched) {
            entry.vouched = true;
            if entry.is_ready() {
                ready.push((id, author));
            }
            let Some(backlink) = entry.commit.backlink() else { break };
            self.vouched_past.insert((backlink, author, id));
            id = backlink;
        }
        ready
    }

    /// The claims that wait for this id.
    pub(crate) fn waiters_of(&self, id: CommitId) -> Vec<Claim> {
        let from = self.waiters.range((id, LEAST_ID, LEAST_AUTHOR)..);
        from.take_while(|(missing, ..)| *missing == id).map(|(_, id, by)| (*id, *by)).collect()
    }

    /// Notes that `waiter` need not wait for `id` any more; true if that makes it ready.
    pub(crate) fn release(&mut self, id: CommitId, waiter: &Claim) -> bool {
        let Some(entry) = self.entries.get_mut(waiter) else { return false };
        if self.waiters.remove(&(id, waiter.0, waiter.1)).is_some() {
            entry.missing -= 1;
        }
        entry.is_ready()
    }

    /// The claims of this id, whoever is said to have written it.
    pub(crate) fn claims_of(&self, id: CommitId) -> Vec<Claim> {
        let from = self.entries.range((id, LEAST_AUTHOR)..);
        from.map(|(claim, _)| *claim).take_while(|claim| claim.0 == id).collect()
    }

    /// The ids that something waits for and that do not wait themselves, ascending.
    pub(crate) fn missing(&self) -> BTreeSet<CommitId> {
        let mut missing = BTreeSet::new();
        for (id, ..) in &self.waiters {
            if missing.last() != Some(id) && self.claims_of(*id).is_empty() {
                missing.insert(*id);
            }
        }
        missing
    }

    /// The last commits of the chains for which nobody has vouched yet, by author and seq.
    pub(crate) fn unsigned(&self) -> Vec<(AuthorKey, u64)> {
        let unsigned = || self.entries().filter(|entry| !entry.vouched);
        let claims = unsigned().map(|it| (it.commit.backlink(), it.commit.author()));
        let continued: BTreeSet<_> = claims.collect();
        let tips = unsigned()
            .filter(|it| !continued.contains(&(Some(it.commit.id()), it.commit.author())))
            .map(|it| (it.commit.author(), it.commit.seq()));
        tips.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

pub(crate) fn bytes_of(commit: &Commit) -> usize {
    commit.header().encode().len() + commit.payload().map_or(0, <[u8]>::len)
}
