//! Group commit: a version is staged under the writer's lock, and awaited without it.
//!
//! ```text
//!  thread 1  ─[derive sign stage]─ settle ───────────┬─ publish 1 ─► Ok
//!  thread 2   ······[derive sign stage]─ settle ─────┤─ publish 2 ─► Ok
//!  thread 3   ··············[derive sign stage]─ settle ──────┬─ publish 3 ─► Ok
//!  disk                                   └ one sync ┘└ the next ┘
//!             [ ] under the writer's lock, each on top of the version staged before it
//! ```
//!
//! **Invariants**
//! - Versions are staged in one line, and so are their segments: what stands on a version is
//!   durable no sooner than it is. Who learns that its own is durable shows it, unless a later one
//!   is shown.
//! - When a sync fails, nobody who waits for it or comes later gets an `Ok`; what was staged is
//!   dropped, and readers keep what was shown. The replica takes no more writes.
//! - A buffered version waits for the durable ones that it stands on: nobody sees those early.
//!
//! What this does not do: decide when to sync. Whoever waits first does so for all
//! (`woodland_store`).

use crate::backing::{BackingError, Target};
use crate::current::Version;
use crate::durability::Durability;
use crate::incarnation::IncarnationError;
use crate::keys::Keys;
use crate::replica::{Core, Replica};
use crate::snapshot::Snapshot;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};
use woodland_format::{Commit, CommitId, IdentityKey, SecretKey, encode_segment};
use woodland_log::{Log, Pending};
use woodland_store::{AppendError, Store, Ticket};

/// What only one caller at a time may use.
pub(crate) struct Writer {
    pub(crate) target: Target,
    pub(crate) key: SecretKey,
    /// Keeps the nodes of a fork's branches apart (decision 0003).
    pub(crate) salt: u64,
    /// The last commit of this replica's own chain.
    pub(crate) tip: Option<CommitId>,
    pub(crate) pending: Pending,
    /// For another key.
    pub(crate) keys: Keys,
    /// What the next write stands on: the version staged last, whether or not it is shown.
    pub(crate) newest: Version,
    /// The count and ticket of the last version that is to be durable before it is shown.
    promised: Option<(u64, Ticket)>,
}

/// A version in the store's queue, for which its writer waits.
#[must_use = "acknowledge it, after dropping the writer"]
pub(crate) struct Staged {
    version: Version,
    durability: Durability,
    store: Arc<Store>,
    ticket: Ticket,
    /// What is to be durable before this is shown.
    before: Option<Ticket>,
}

impl Writer {
    pub(crate) fn of(
        target: Target,
        key: SecretKey,
        salt: u64,
        keys: Keys,
        newest: Version,
    ) -> Self {
        let tip = own_tip(newest.snapshot.log(), &key.author());
        let (pending, promised) = (Pending::default(), None);
        Writer { target, key, salt, tip, pending, keys, newest, promised }
    }

    /// The identity that this replica was opened for, where its chain is another's or nobody's.
    pub(crate) fn other_identity(&self, log: &Log) -> Option<IdentityKey> {
        let (tip, identity) = (log.place(&self.tip?)?, self.keys.who()?);
        (log.identity(tip) != Some(identity)).then_some(identity)
    }

    /// Waits until all that is staged is durable.
    pub(crate) fn settle_staged(&self) -> Result<(), AppendError> {
        match (&self.target, self.newest.ticket) {
            (Target::Written(store, _), Some(ticket)) => store.settle(ticket),
            _ => Ok(()),
        }
    }

    fn lose(&mut self, shown: Version) {
        self.target.lose();
        (self.newest, self.promised) = (shown, None);
    }
}

impl Core {
    /// The right to write. A panic of an earlier holder left nothing half done: what counts is
    /// staged last.
    pub(crate) fn writer(&self) -> MutexGuard<'_, Writer> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_lost.load(Ordering::Acquire) {
            writer.lose(self.current.latest());
        }
        writer
    }

    /// Passes on what the store answered. Once the disk has failed, nothing more is written.
    pub(crate) fn kept<T>(&self, answer: Result<T, AppendError>) -> Result<T, AppendError> {
        if let Err(AppendError::Disk(_) | AppendError::Poisoned) = answer {
            self.is_lost.store(true, Ordering::Release);
        }
        answer
    }
}

impl Replica {
    /// The right to write.
    pub(crate) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.0.writer()
    }

    /// Puts this version, to which these commits led, into the store's queue. Later writes stand on
    /// it from here on.
    pub(crate) fn stage(
        &self,
        writer: &mut Writer,
        snapshot: Snapshot,
        (log, arrived): (&Log, &[Commit]),
        durability: Durability,
    ) -> Result<Staged, BackingError> {
        let store = Arc::clone(writer.target.store(&writer.key)?);
        let _ = self.0.store.set(Arc::clone(&store));
        let segments = segments_of(log, arrived);
        if let Some(derived) = self.0.derived.get() {
            let bytes = segments.iter().map(|segment| segment.len() as u64).sum();
            derived.add(arrived.len() as u64, bytes, snapshot.graph.work().writes);
        }
        let mut segments = Some(segments);
        let mut stage =
            || store.stage(segments.take().unwrap_or_else(|| segments_of(log, arrived)));
        let ticket = self.kept(stage().or_else(|error| match error {
            // Too much waits already: this one waits until it does not.
            AppendError::QueueFull { .. } => writer.settle_staged().and_then(|()| stage()),
            error => Err(error),
        }))?;
        let version = Version { count: writer.newest.count + 1, snapshot, ticket: Some(ticket) };
        writer.newest = version.clone();
        let before = match durability {
            Durability::Durable => {
                writer.promised = Some((version.count, ticket));
                None
            }
            Durability::Buffered => self.promised(writer),
        };
        #[cfg(planted)]
        let before = before.filter(|_| !woodland_format::planted::is("buffered-overtakes-durable"));
        Ok(Staged { version, durability, store, ticket, before })
    }

    /// The version staged last, to be waited for, unless it is durable.
    pub(crate) fn awaited(&self, writer: &Writer) -> Option<Staged> {
        let version = writer.newest.clone();
        if self.0.current.is_durable(version.count) {
            return None;
        }
        let (store, ticket) = (Arc::clone(writer.target.written()?), version.ticket?);
        let durability = Durability::Durable;
        Some(Staged { version, durability, store, ticket, before: None })
    }

    /// The ticket of the last version that others wait for.
    fn promised(&self, writer: &Writer) -> Option<Ticket> {
        let is_open = |(count, _): &(u64, Ticket)| !self.0.current.is_durable(*count);
        writer.promised.filter(is_open).map(|(_, ticket)| ticket)
    }

    /// Waits until what was promised of a staged version holds, and shows it. Under no lock.
    pub(crate) fn acknowledge(&self, staged: Staged) -> Result<(), BackingError> {
        let Staged { version, durability, store, ticket, before } = staged;
        self.kept(match durability {
            Durability::Durable => store.settle(ticket),
            Durability::Buffered => before
                .map_or(Ok(()), |before| store.settle(before))
                .and_then(|()| store.hand_over(ticket)),
        })?;
        self.0.current.publish(version, durability).tell();
        if let Some(upkeep) = self.0.upkeep.get() {
            upkeep.note(self, &store);
        }
        Ok(())
    }

    /// Passes on what the store answered.
    pub(crate) fn kept<T>(&self, answer: Result<T, AppendError>) -> Result<T, AppendError> {
        self.0.kept(answer)
    }

    /// The same of another key.
    pub(crate) fn known<T>(
        &self,
        answer: Result<T, IncarnationError>,
    ) -> Result<T, IncarnationError> {
        if let Err(IncarnationError::Store(_)) = answer {
            self.0.is_lost.store(true, Ordering::Release);
        }
        answer
    }
}

/// The author's last commit in this log; of a fork, the one that stands last.
fn own_tip(log: &Log, author: &woodland_format::AuthorKey) -> Option<CommitId> {
    let last = log.tips(author).into_iter().max_by_key(|tip| tip.seq);
    last.map(|tip| tip.id)
}

/// The segments of commits that arrived in `log`, past first, with the signatures that it holds.
///
/// Of an append that is cut short, any number of its first segments may be there when the store is
/// opened again. So the past of each commit stands in the segments up to its own: a chain is
/// continued in another segment where it has seen what stands behind. What then lacks the signature
/// that vouches for it is left out when the store is opened.
pub(crate) fn segments_of(log: &Log, arrived: &[Commit]) -> Vec<Vec<u8>> {
    let mut chains: Vec<Vec<Commit>> = Vec::new();
    let mut places = std::collections::BTreeMap::<CommitId, usize>::new();
    for commit in arrived {
        let last = |at: &usize| chains[*at].last().map(Commit::id) == commit.backlink();
        let follows = commit.backlink().and_then(|backlink| places.get(&backlink).copied());
        let latest = commit.references().filter_map(|past| places.get(&past).copied()).max();
        let at = follows.filter(last).filter(|at| latest <= Some(*at)).unwrap_or(chains.len());
        if at == chains.len() {
            chains.push(Vec::new());
        }
        chains[at].push(commit.clone());
        places.insert(commit.id(), at);
    }
    let encode = |chain: &Vec<Commit>| {
        encode_segment(log.dataset(), chain, |commit| log.signature(&commit.id()))
    };
    chains.iter().map(encode).collect()
}
