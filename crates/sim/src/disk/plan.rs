//! What is going to fail on a simulated disk: the nth of some sort of calls, once or for ever; the
//! power; syncs that lie; room that ends.
//!
//! **Invariants**
//! - A plan is counted down by the calls it is about and by nothing else.
//! - Once the power is off, every call fails and changes nothing.

use crate::fault::FaultKind;
use woodland_store::DiskAct;

/// How long something fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// One call.
    Once,
    /// That call, and all of its sort after it, until the disk is mended.
    ForEver,
}

/// What a call comes across.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// It fails.
    Failure(FaultKind),
    /// The power goes off in the middle of it.
    PowerCut,
    /// The power is off.
    Dark,
}

#[derive(Debug, Clone)]
struct Failing {
    kind: FaultKind,
    /// How many calls of its sort are left before it.
    left: u64,
    lasting: Lasting,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    failing: Vec<Failing>,
    /// How many calls are left before the power goes off.
    power: Option<u64>,
    is_dark: bool,
    /// How many syncs are left that tell the truth.
    truthful_syncs: Option<u64>,
    pub(super) quota_bytes: Option<usize>,
}

fn is_about(kind: FaultKind, act: DiskAct) -> bool {
    match kind {
        FaultKind::FailedSync => matches!(act, DiskAct::Sync | DiskAct::SyncFolder),
        FaultKind::ReadError => act == DiskAct::Read,
        _ => true,
    }
}

impl Plan {
    pub(super) fn fail(&mut self, kind: FaultKind, left: u64, lasting: Lasting) {
        self.failing.push(Failing { kind, left, lasting });
    }

    pub(super) fn power_off(&mut self, left: u64) {
        self.power = Some(left);
    }

    pub(super) fn lie(&mut self, truthful: u64) {
        self.truthful_syncs = Some(truthful);
    }

    pub(super) fn is_dark(&self) -> bool {
        self.is_dark
    }

    pub(super) fn may_fail(&self) -> bool {
        self.power.is_some() || !self.failing.is_empty() || self.quota_bytes.is_some()
    }

    /// What this call comes across.
    pub(super) fn call(&mut self, act: DiskAct) -> Option<Met> {
        if self.is_dark {
            return Some(Met::Dark);
        }
        match &mut self.power {
            Some(0) => {
                self.is_dark = true;
                return Some(Met::PowerCut);
            }
            Some(left) => *left -= 1,
            None => {}
        }
        let mut met = None;
        self.failing.retain_mut(|one| {
            if !is_about(one.kind, act) {
                return true;
            }
            if one.left > 0 {
                one.left -= 1;
                return true;
            }
            met = Some(Met::Failure(one.kind));
            one.lasting == Lasting::ForEver
        });
        met
    }

    /// Whether this sync lies.
    pub(super) fn lies(&mut self) -> bool {
        match &mut self.truthful_syncs {
            None => false,
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
        }
    }
}
