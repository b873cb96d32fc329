//! A member of the crowd: a log, what of it is durable, and a hub that talks.
//!
//! **Invariants**
//! - The hub is told of what is durable, and of nothing else: what a crash takes was never given
//!   away.
//! - What is durable is made from what was durable before.
//!
//! What this does not do: keep anything on a disk.

use crate::crowd::verified::verify;
use woodland_format::{AuthorKey, CommitId, SecretKey};
use woodland_log::Log;
use woodland_sync::{Hub, Limits};

/// So many ticks a peer may owe something and send nothing.
const PATIENCE_TICKS: u32 = 8;

pub(crate) struct Member {
    pub(crate) key: SecretKey,
    pub(crate) hub: Hub,
    /// With what is not durable yet.
    pub(crate) log: Log,
    pub(crate) durable: Log,
    /// Its last commit in `log`, and in `durable`.
    pub(crate) tip: Option<CommitId>,
    durable_tip: Option<CommitId>,
    /// Its commits that are not durable.
    written: Vec<CommitId>,
    pub(crate) is_up: bool,
    /// How many lives it has begun.
    pub(crate) life: u64,
    /// How long it takes until something is durable, in milliseconds.
    pub(crate) delay: u64,
    pub(crate) is_saving: bool,
    /// It speaks so long after something happened.
    pub(crate) pause: u64,
    /// Its clock ticks that often.
    pub(crate) tick: u64,
    /// The links that it is at, and at which end.
    pub(crate) ends: Vec<(usize, usize)>,
}

fn hub(log: &Log, author: AuthorKey) -> Hub {
    let limits = Limits { patience: PATIENCE_TICKS, ..Limits::default() };
    Hub::new(log.clone(), author, limits).verified_by(verify)
}

impl Member {
    pub(crate) fn new(key: SecretKey, log: &Log) -> Member {
        Member {
            hub: hub(log, key.author()),
            log: log.clone(),
            durable: log.clone(),
            tip: log.tips(&key.author()).last().map(|tip| tip.id),
            durable_tip: log.tips(&key.author()).last().map(|tip| tip.id),
            key,
            written: Vec::new(),
            is_up: true,
            life: 0,
            delay: 0,
            is_saving: false,
            pause: 5,
            tick: 1_000,
            ends: Vec::new(),
        }
    }

    /// It wrote this, and holds it.
    pub(crate) fn wrote(&mut self, id: CommitId, log: Log) {
        self.log = log;
        self.tip = Some(id);
        self.written.push(id);
    }

    /// The hub let something in: how many commits are new.
    pub(crate) fn take_in(&mut self, log: Log) -> u64 {
        let before = self.log.len();
        // With nothing written that the hub was not told of, what it has is all there is.
        self.log = match self.written.is_empty() {
            true => log,
            false => self.log.merge(&log).expect("it is of one dataset"),
        };
        self.log.len() - before
    }

    /// What it holds is durable now. Returns which of its own commits that acknowledges.
    pub(crate) fn save(&mut self) -> Vec<CommitId> {
        self.is_saving = false;
        self.durable = self.log.clone();
        self.durable_tip = self.tip;
        self.hub.advanced(&self.durable);
        std::mem::take(&mut self.written)
    }

    /// What is not durable is gone; how many commits that was, and how many of them its own.
    pub(crate) fn crash(&mut self) -> (u64, u64) {
        let lost = self.log.len() - self.durable.len();
        let own = self.written.len() as u64;
        self.log = self.durable.clone();
        self.tip = self.durable_tip;
        self.written.clear();
        (self.is_up, self.is_saving) = (false, false);
        self.life += 1;
        self.hub = hub(&self.durable, self.key.author());
        (lost, own)
    }
}
