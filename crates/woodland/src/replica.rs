//! A replica: one open dataset. The one mutable cell is which version is current.
//!
//! ```text
//!  Replica ──► shared ──┬─ current: snapshot         readers clone it and go
//!                       └─ writer: store, key, …     one at a time
//! ```
//!
//! **Invariants**
//! - The current version only ever advances to supersets, and only after the store has
//!   acknowledged.
//! - A reader never waits for a writer's disk; a writer that fails changes nothing that readers
//!   see.
//!
//! What this does not do: merge by itself, watch files, or start a thread.

use crate::current::{Current, News};
use crate::entropy::Entropy;
use crate::incarnation::{IncarnationError, tip_of};
use crate::notice::Notice;
use crate::snapshot::Snapshot;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use woodland_format::{
    AuthorKey, Commit, CommitId, DatasetId, Position, SecretKey, encode_segment,
};
use woodland_log::{Log, Pending};
use woodland_store::{AppendError, BranchStore, CreateError, Disk, Moved, Store};

/// One open dataset. Clones share it; `Send` and `Sync`, blocking, without a runtime.
#[derive(Clone)]
pub struct Replica(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) current: Arc<Current>,
    pub(crate) writer: Mutex<Writer>,
    pub(crate) author: RwLock<AuthorKey>,
    /// The dataset directory, or the branch's folder: where branches of this replica are.
    pub(crate) disk: Arc<dyn Disk>,
    /// Why this replica took another key, since it was opened.
    pub(crate) events: Mutex<Vec<Notice>>,
}

/// Where a replica's commits go.
pub(crate) enum Backing {
    /// A store; of a branch, with what holds its lock.
    Written(Store, #[expect(dead_code, reason = "holds the branch's lock")] Option<BranchStore>),
    /// A branch that was never written.
    Begun(BranchStore),
    /// Making the branch's store failed: what of it is there is unknown.
    Failed,
}

impl Backing {
    /// The store, made for a branch's first write.
    pub(crate) fn store(&mut self, key: &SecretKey) -> Result<&mut Store, BackingError> {
        if let Backing::Begun(_) = self {
            let Backing::Begun(branch) = std::mem::replace(self, Backing::Failed) else {
                unreachable!("it was compared");
            };
            let store = branch.create(key)?;
            *self = Backing::Written(store, Some(branch));
        }
        match self {
            Backing::Written(store, _) => Ok(store),
            _ => Err(AppendError::Poisoned.into()),
        }
    }
}

/// What is to be stored was not, or it is not known whether it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackingError {
    /// The branch's store could not be made.
    #[error("the branch could not be begun: {0}; open it again")]
    Create(#[from] CreateError),
    /// The disk failed.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// What only one caller at a time may use.
pub(crate) struct Writer {
    pub(crate) store: Backing,
    pub(crate) key: SecretKey,
    /// Keeps the nodes of a fork's branches apart (decision 0003).
    pub(crate) salt: u64,
    /// The last commit of this replica's own chain.
    pub(crate) tip: Option<CommitId>,
    pub(crate) pending: Pending,
    /// For another key.
    pub(crate) entropy: Entropy,
}

impl Writer {
    /// Makes the segments of these commits durable.
    pub(crate) fn keep(&mut self, log: &Log, arrived: &[Commit]) -> Result<(), BackingError> {
        Ok(self.store.store(&self.key)?.append(&segments_of(log, arrived))?)
    }
}

impl Replica {
    pub(crate) fn assemble(
        store: Backing,
        disk: Arc<dyn Disk>,
        key: SecretKey,
        mut entropy: Entropy,
        snapshot: Snapshot,
    ) -> std::io::Result<Replica> {
        let salt = u64::from_le_bytes(entropy.bytes()?);
        let author = RwLock::new(key.author());
        let tip = own_tip(snapshot.log(), &key.author());
        let writer = Writer { store, key, salt, tip, pending: Pending::default(), entropy };
        let (current, writer) = (Current::of(snapshot), Mutex::new(writer));
        Ok(Replica(Arc::new(Shared { current, writer, author, disk, events: Mutex::default() })))
    }

    /// Gives up the key of a directory that is a copy, or whose log has a fork of that key.
    pub(crate) fn settle(&self, moved: Option<Moved>) -> Result<(), IncarnationError> {
        let mut writer = self.writer();
        let (retired, snapshot) = (writer.key.author(), self.snapshot());
        let log = snapshot.log();
        let tip = writer.tip.and_then(|id| tip_of(log, &id));
        let fork = || log.forks().into_iter().find(|fork| fork.author == retired);
        let notice = if let Some(moved) = moved {
            Notice::Copied { moved, retired, tip, author: writer.renew()? }
        } else if let Some(fork) = fork() {
            let proof = log.fork_proof(&fork).map(Box::new);
            Notice::ForkedSelf { fork, proof, tip, author: writer.renew()? }
        } else {
            return Ok(());
        };
        self.note(notice);
        Ok(())
    }

    /// Tells of a new key.
    pub(crate) fn note(&self, notice: Notice) {
        if let Some(author) = notice.taken() {
            *self.0.author.write().unwrap_or_else(PoisonError::into_inner) = author;
        }
        self.0.events.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
    }

    /// What was noticed about author keys: first why this replica took another since it was opened,
    /// then every fork in its log. Costs O(authors and forks).
    pub fn notices(&self) -> Vec<Notice> {
        let mut events = self.0.events.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let snapshot = self.snapshot();
        let mut forks = snapshot.log().forks();
        for event in &mut events {
            event.refresh(snapshot.log(), &mut forks);
        }
        let forks = forks.into_iter().map(|fork| Notice::forked(snapshot.log(), fork));
        events.into_iter().chain(forks).collect()
    }

    /// The graph as it is now. O(1).
    pub fn snapshot(&self) -> Snapshot {
        self.0.current.snapshot()
    }

    /// The dataset.
    pub fn dataset(&self) -> DatasetId {
        self.snapshot().log().dataset()
    }

    /// The key under which this replica writes; another from the moment on when the one before may
    /// be in use elsewhere, see [`Replica::notices`].
    pub fn author(&self) -> AuthorKey {
        *self.0.author.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The right to write. A panic of an earlier holder left nothing half done: what counts is
    /// published last.
    pub(crate) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.0.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes this the current version; others are told of it once the right to write is given back.
    pub(crate) fn publish(&self, snapshot: Snapshot) -> News<'_> {
        self.0.current.publish(snapshot)
    }
}

/// Whoever waits for another version waits no longer.
impl Drop for Shared {
    fn drop(&mut self) {
        self.current.close();
    }
}

impl fmt::Debug for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replica({} by {})", self.dataset().short(), self.author().short())
    }
}

/// The author's last commit in this log; of a fork, the one that stands last.
fn own_tip(log: &Log, author: &AuthorKey) -> Option<CommitId> {
    let tips = log.frontier();
    let last = tips.tips(author).max_by_key(|tip| tip.seq);
    last.map(|tip| tip.id)
}

/// The segments of commits that arrived in `log`, past first, with the signatures that it holds.
///
/// Of an append that is cut short, any number of its first segments may be there when the store is
/// opened again. So the past of each commit stands in the segments up to its own: a chain is
/// continued in another segment where it has seen what stands behind.
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

/// Whether this is a dataset's founding commit.
pub(crate) fn is_founding(commit: &Commit) -> bool {
    matches!(commit.header().position, Position::Founding { .. })
}

#[cfg(test)]
mod tests {
    use crate::{Model, Options, Record, Replica, define};
    use std::sync::Arc;
    use woodland_store::{MemoryDisk, PowerCut, Unsynced};

    #[derive(Record)]
    struct Word {
        word: String,
    }

    fn model() -> Model {
        define().record::<Word>().model().expect("a model")
    }

    fn open(disk: &MemoryDisk) -> Replica {
        Replica::open(Options::on(Arc::new(disk.clone())).seed(9), model()).expect("opened")
    }

    /// Two have answered each other; a third takes all of it in at once, and the power is cut at
    /// any byte of that.
    #[test]
    fn a_merge_that_is_cut_anywhere_leaves_commits_with_their_past() {
        let write = |replica: &Replica| {
            replica.write(|b| b.insert(&Word { word: "word".into() })).expect("written");
        };
        let one = Replica::in_memory(model(), 1).expect("founded");
        let (other, _) = Replica::join_in_memory(model(), &one, 2).expect("joined");
        let saved = MemoryDisk::new();
        let place = Options::on(Arc::new(saved.clone())).seed(3);
        drop(Replica::join(place, model(), &one).expect("joined"));
        for _ in 0..4 {
            write(&one);
            other.merge(&one).expect("merged");
            write(&other);
            one.merge(&other).expect("merged");
        }
        let mut found = std::collections::BTreeSet::new();
        for call in 1..=6 {
            for bytes_kept in (0..4_000).step_by(50) {
                let disk = saved.image();
                let replica = open(&disk);
                disk.power_off_at_call(call);
                replica.merge(&one).expect_err("the power is off");
                drop(replica);
                let (names, lengths) = (Unsynced::Kept, Unsynced::Lost);
                let after = disk.after_power_cut(PowerCut { names, lengths, bytes_kept });
                found.insert(open(&after).snapshot().log().len());
            }
        }
        assert_eq!(found.into_iter().collect::<Vec<_>>(), (1..=9).collect::<Vec<_>>());
    }
}
