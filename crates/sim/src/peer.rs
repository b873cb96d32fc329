//! A peer: its disk, the replica that runs on it, and what the world remembers of both.
//!
//! **Invariants**
//! - `directory` is what this very directory acknowledged; another directory has another one.
//! - A trouble is one injection of one fault, and is met, detected and recovered at most once.
//!
//! What this does not do: act. The world does, on its behalf.

use crate::disk::SimDisk;
use crate::fault::{FaultKind, FaultTable};
use crate::ledger::{Directory, Owed};
use std::collections::{BTreeMap, BTreeSet};
use woodland::{AuthorKey, Digest, Replica, Snapshot};
use woodland_log::Frontier;

/// A version that is held while others come.
pub(crate) struct Held {
    pub(crate) snapshot: Snapshot,
    pub(crate) digest: Digest,
}

/// A directory as it was.
pub(crate) struct Backup {
    pub(crate) disk: SimDisk,
    pub(crate) directory: Directory,
    pub(crate) trust: Trust,
}

/// What a directory went through that its disk was not told of.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Trust {
    /// Whether syncs lied since the last power cut that was got over.
    pub(crate) is_lied_to: bool,
    /// Whether the power was cut since: all that is there then is durable.
    pub(crate) is_cut: bool,
    /// Whether the disk failed since it was opened: what is buffered may be gone.
    pub(crate) is_failed: bool,
    /// How many times bytes of the log were damaged.
    pub(crate) damages: u64,
    /// How many times bytes of what was derived were. It is owed all the same.
    pub(crate) derived_damages: u64,
}

impl Trust {
    pub(crate) fn owed(self) -> Owed {
        // Two damaged places may be the newest bytes and all that speaks of them.
        match self {
            _ if self.is_lied_to || self.damages > 1 => Owed::Prefix,
            _ if self.is_cut || self.is_failed => Owed::Durable,
            _ => Owed::All,
        }
    }

    /// It was opened, with what was there. Where something rests, not all of it was read, and a lie
    /// may come out later.
    pub(crate) fn settle(&mut self, is_all_read: bool) {
        if std::mem::take(&mut self.is_cut) && is_all_read {
            self.is_lied_to = false;
        }
        self.is_failed = false;
    }

    /// Whether opening may refuse.
    pub(crate) fn may_refuse(self) -> bool {
        self.is_lied_to || self.damages > 0
    }
}

#[derive(Debug, Clone, Copy)]
struct Trouble {
    kind: FaultKind,
    is_met: bool,
    is_detected: bool,
}

pub(crate) struct Peer {
    pub(crate) disk: SimDisk,
    /// None while it is down.
    pub(crate) replica: Option<Replica>,
    /// Whether its directory was made.
    pub(crate) is_member: bool,
    pub(crate) directory: Directory,
    pub(crate) trust: Trust,
    /// Every key that it wrote under.
    pub(crate) keys: BTreeSet<AuthorKey>,
    /// What others held when they were heard last.
    pub(crate) heard: BTreeMap<usize, Frontier>,
    /// How many commits wait at its door.
    pub(crate) waiting: usize,
    pub(crate) skew_milliseconds: i64,
    pub(crate) held: Vec<Held>,
    /// Whether it came across anything since it began to open.
    pub(crate) is_shaken: bool,
    pub(crate) backup: Option<Backup>,
    troubles: Vec<Trouble>,
}

impl Peer {
    pub(crate) fn on(disk: SimDisk, skew_milliseconds: i64) -> Self {
        Peer {
            disk,
            replica: None,
            is_member: false,
            directory: Directory::default(),
            trust: Trust::default(),
            keys: BTreeSet::new(),
            heard: BTreeMap::new(),
            waiting: 0,
            skew_milliseconds,
            held: Vec::new(),
            is_shaken: false,
            backup: None,
            troubles: Vec::new(),
        }
    }

    /// Begins an empty directory on this disk.
    pub(crate) fn begin_anew(&mut self, disk: SimDisk) {
        self.let_go();
        (self.disk, self.is_member) = (disk, false);
        (self.directory, self.trust) = (Directory::default(), Trust::default());
    }

    /// Its process ends, without being asked. A version that rests goes before its replica does.
    pub(crate) fn let_go(&mut self) {
        self.held.clear();
        self.replica = None;
    }

    /// Whether what rests may be unreadable.
    pub(crate) fn may_fault(&self) -> bool {
        self.is_shaken || self.trust.is_lied_to || self.trust.derived_damages > 0
    }

    /// A fault was arranged.
    pub(crate) fn inject(&mut self, kind: FaultKind, faults: &mut FaultTable) {
        faults.row(kind).injected += 1;
        self.troubles.push(Trouble { kind, is_met: false, is_detected: false });
    }

    /// A fault was come across.
    pub(crate) fn meet(&mut self, kind: FaultKind, faults: &mut FaultTable) {
        if let Some(one) = self.troubles.iter_mut().find(|one| one.kind == kind && !one.is_met) {
            one.is_met = true;
            faults.row(kind).met += 1;
        }
    }

    /// What the disk came across since this was asked last; whether that was anything.
    pub(crate) fn meet_all(&mut self, faults: &mut FaultTable) -> bool {
        let met = self.disk.take_met();
        let kinds: Vec<FaultKind> = met.into_keys().collect();
        kinds.iter().for_each(|kind| self.meet(*kind, faults));
        self.is_shaken |= !kinds.is_empty();
        !kinds.is_empty()
    }

    /// Something told of what was met, of these kinds.
    pub(crate) fn detect(&mut self, is_about: impl Fn(FaultKind) -> bool, faults: &mut FaultTable) {
        let met = self.troubles.iter_mut().filter(|one| one.is_met && !one.is_detected);
        for one in met.filter(|one| is_about(one.kind)) {
            one.is_detected = true;
            faults.row(one.kind).detected += 1;
        }
    }

    /// All is well again.
    pub(crate) fn recover(&mut self, faults: &mut FaultTable) {
        self.recover_if(|_| true, faults);
    }

    /// What these kinds did is over.
    pub(crate) fn recover_if(
        &mut self,
        is_about: impl Fn(FaultKind) -> bool,
        faults: &mut FaultTable,
    ) {
        self.troubles.retain(|one| {
            let is_over = one.is_met && is_about(one.kind);
            if is_over {
                faults.row(one.kind).recovered += 1;
            }
            !is_over
        });
    }
}
