//! Held back: bare commits, which the door lets in only together with what vouches for them.
//!
//! ```text
//!  log ───────────────► ahead: the log with all that is held back
//!   ▲                      │
//!   └─ what is not bare ◄──┴── what an offer brought
//! ```
//!
//! **Invariants**
//! - Each stands after its past, which is in the log or held back itself.
//! - `ahead` is there where something is held back, and holds that and `log`, no more.
//! - An offer that brings neither a commit nor a signature costs nothing here; another one costs
//!   what is held back.
//!
//! What this does not do: wait for anything that is missing; that is the waiting area's.

use crate::bare::bare;
use crate::log::Log;
use crate::waiting::{PendingLimits, Waiting, bytes_of};
use std::collections::BTreeMap;
use std::sync::Arc;
use woodland_format::{Commit, CommitId, Signature};

#[derive(Debug, Clone)]
struct Held {
    commit: Commit,
    /// A verified signature that stands on this very commit.
    signature: Option<Signature>,
}

/// What is held back.
#[derive(Debug, Clone, Default)]
pub(crate) struct HeldBack {
    held: Arc<Vec<Held>>,
    bytes: usize,
    /// The log at the end of the last offer, and the same with what is held back.
    logs: Option<(Log, Log)>,
}

/// A log with what is held back, and the signatures of that.
pub(crate) struct Ahead {
    pub(crate) log: Log,
    pub(crate) signatures: BTreeMap<CommitId, Signature>,
}

/// What came of an offer.
pub(crate) struct Settled {
    pub(crate) log: Log,
    pub(crate) admitted: Vec<Commit>,
}

impl HeldBack {
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// The log with what is held back, where there is something.
    pub(crate) fn ahead(&self) -> Option<&Log> {
        self.logs.as_ref().map(|(_, ahead)| ahead)
    }

    /// What is left of the limits for what waits.
    pub(crate) fn leave_room(&self, limits: PendingLimits) -> PendingLimits {
        PendingLimits {
            commits_max: limits.commits_max.saturating_sub(self.len()),
            bytes_max: limits.bytes_max.saturating_sub(self.bytes),
        }
    }

    /// This log with what is held back. What that stands on and is not there any more, it waits
    /// for.
    pub(crate) fn ahead_of(&mut self, log: &Log, waiting: &mut Waiting) -> Ahead {
        let signed = |held: &Held| held.signature.map(|signature| (held.commit.id(), signature));
        let signatures = self.held.iter().filter_map(signed).collect();
        match &self.logs {
            None => return Ahead { log: log.clone(), signatures },
            Some((of, ahead)) if of.lines.is(&log.lines) => {
                return Ahead { log: ahead.clone(), signatures };
            }
            Some(_) => {}
        }
        let mut ahead = log.clone();
        let mut kept = Vec::new();
        for held in self.held.iter() {
            let missing = ahead.missing(&held.commit);
            if log.contains(&held.commit.id()) {
                continue;
            } else if missing.is_empty() {
                put(&mut ahead, held);
                kept.push(held.clone());
            } else {
                waiting.keep(&held.commit, &missing, true, held.signature);
            }
        }
        self.hold(kept, log, ahead.clone());
        Ahead { log: ahead, signatures }
    }

    fn hold(&mut self, held: Vec<Held>, log: &Log, ahead: Log) {
        self.bytes = held.iter().map(|held| bytes_of(&held.commit)).sum();
        self.logs = (!held.is_empty()).then(|| (log.clone(), ahead));
        self.held = Arc::new(held);
    }

    /// Lets into the log what is not bare of what is held back and what came now, which `ahead`
    /// holds; the rest is held back. `signatures` are those on any of it, and of what came now.
    pub(crate) fn settle(
        &mut self,
        log: &Log,
        ahead: Log,
        came: Vec<Commit>,
        signatures: &BTreeMap<CommitId, Signature>,
    ) -> Settled {
        let is_signed = |id: &CommitId| signatures.contains_key(id);
        let signed_before = self.held.iter().filter(|held| held.signature.is_some()).count();
        if came.is_empty() && (self.held.is_empty() || signatures.len() == signed_before) {
            let log = if self.held.is_empty() { ahead } else { log.clone() };
            return Settled { log, admitted: came };
        }
        let mut commits: Vec<Commit> = self.held.iter().map(|held| held.commit.clone()).collect();
        let were_held = commits.len();
        commits.extend(came);
        let bare = bare(&commits, is_signed);
        if were_held == 0 && bare.is_empty() {
            return Settled { log: ahead, admitted: commits };
        }
        let mut next = log.clone();
        let (mut held, mut admitted) = (Vec::new(), Vec::new());
        for commit in commits {
            if bare.contains(&commit.id()) {
                let signature = signatures.get(&commit.id()).copied();
                held.push(Held { commit, signature });
            } else {
                next.insert(&commit).expect("it is in the log ahead, and its past is here");
                admitted.push(commit);
            }
        }
        for (id, signature) in signatures {
            if let Some(place) = next.place(id) {
                next.keep_point(place, *signature);
            }
        }
        self.hold(held, &next, ahead);
        Settled { log: next, admitted }
    }

    /// Lets those go, from some on, for which there is no room beside what waits.
    pub(crate) fn shorten(
        &mut self,
        log: &Log,
        waiting: &Waiting,
        limits: &PendingLimits,
    ) -> Vec<Commit> {
        let (mut commits, mut bytes) = (waiting.len(), waiting.bytes());
        let has_room = |held: &&Held| {
            (commits, bytes) = (commits + 1, bytes.saturating_add(bytes_of(&held.commit)));
            commits <= limits.commits_max && bytes <= limits.bytes_max
        };
        let end = self.held.iter().take_while(has_room).count();
        if end == self.len() {
            return Vec::new();
        }
        let (kept, left_out) = self.held.split_at(end);
        let left_out = left_out.iter().map(|held| held.commit.clone()).collect();
        let (kept, mut ahead) = (kept.to_vec(), log.clone());
        kept.iter().for_each(|held| put(&mut ahead, held));
        self.hold(kept, log, ahead.clone());
        // With nothing left, what waits is still to be counted for the log alone.
        self.logs = Some((log.clone(), ahead));
        left_out
    }
}

fn put(log: &mut Log, held: &Held) {
    log.insert(&held.commit).expect("what was valid once stays so, and its past is here");
    if let (Some(signature), Some(place)) = (held.signature, log.place(&held.commit.id())) {
        log.keep_point(place, signature);
    }
}
