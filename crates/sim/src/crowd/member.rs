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
pub(crate) const PATIENCE_TICKS: u32 = 8;

/// How a member behaves, while faults go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Usual,
    /// It takes seconds to read a message.
    Slow,
    /// It says this many messages of a conversation, and then no more.
    Mute(u32),
    /// It forgets all, and asks for all again.
    Greedy,
    /// It keeps to no protocol, and has no hub; so it goes on when faults stop.
    Hostile,
}

pub(crate) struct Member {
    pub(crate) key: SecretKey,
    pub(crate) hub: Hub,
    pub(crate) manner: Manner,
    limits: Limits,
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

fn hub(log: &Log, author: AuthorKey, limits: Limits) -> Hub {
    Hub::new(log.clone(), author, limits).verified_by(verify)
}

/// What conversations may cost: the usual.
pub(crate) fn usual() -> Limits {
    Limits { patience: PATIENCE_TICKS, ..Limits::default() }
}

impl Member {
    pub(crate) fn new(key: SecretKey, log: &Log, limits: Limits) -> Member {
        Member {
            hub: hub(log, key.author(), limits),
            manner: Manner::Usual,
            limits,
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

    /// What is not durable is gone; how many commits that was, and which of them its own.
    pub(crate) fn crash(&mut self) -> (u64, Vec<CommitId>) {
        let lost = self.log.len() - self.durable.len();
        self.log = self.durable.clone();
        self.tip = self.durable_tip;
        (self.is_up, self.is_saving) = (false, false);
        self.life += 1;
        self.hub = hub(&self.durable, self.key.author(), self.limits);
        (lost, std::mem::take(&mut self.written))
    }

    /// All is gone but this; how many commits that was. It writes none itself.
    pub(crate) fn forget(&mut self, all_but: &Log) -> u64 {
        let lost = self.log.len() - all_but.len();
        self.durable = all_but.clone();
        self.crash();
        self.is_up = true;
        lost
    }

    /// Whether it keeps to the protocol, if slowly.
    pub(crate) fn is_honest(&self) -> bool {
        self.manner != Manner::Hostile
    }
}
