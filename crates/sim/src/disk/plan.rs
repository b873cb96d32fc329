//! What is going to fail on a simulated disk: the nth of some sort of calls, once or for ever; the
//! power or the process; syncs that lie; room that ends.
//!
//! **Invariants**
//! - A plan is counted down by the calls it is about and by nothing else.
//! - Once the power is off or the process killed, every call fails and changes nothing.

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
    /// The power goes off in the middle of it, or the process is killed.
    End(FaultKind),
    /// It comes after that.
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
    /// How many calls are left before the power goes off or the process is killed.
    end: Option<(u64, FaultKind)>,
    dark: Option<FaultKind>,
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

    pub(super) fn end(&mut self, kind: FaultKind, left: u64) {
        self.end = Some((left, kind));
    }

    pub(super) fn lie(&mut self, truthful: u64) {
        self.truthful_syncs = Some(truthful);
    }

    pub(super) fn dark(&self) -> Option<FaultKind> {
        self.dark
    }

    /// What this call comes across.
    pub(super) fn call(&mut self, act: DiskAct) -> Option<Met> {
        if self.dark.is_some() {
            return Some(Met::Dark);
        }
        match &mut self.end {
            Some((0, kind)) => {
                self.dark = Some(*kind);
                return Some(Met::End(*kind));
            }
            Some((left, _)) => *left -= 1,
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
