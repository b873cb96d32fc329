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

use crate::entropy::Entropy;
use crate::snapshot::Snapshot;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use woodland_format::{
    AuthorKey, Commit, CommitId, DatasetId, Position, SecretKey, encode_segment,
};
use woodland_graph::Graph;
use woodland_log::{Log, Pending};
use woodland_store::Store;

/// One open dataset. Clones share it; `Send` and `Sync`, blocking, without a runtime.
#[derive(Clone)]
pub struct Replica(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) current: RwLock<Snapshot>,
    pub(crate) writer: Mutex<Writer>,
    pub(crate) author: AuthorKey,
}

/// What only one caller at a time may use.
pub(crate) struct Writer {
    pub(crate) store: Store,
    pub(crate) key: SecretKey,
    /// Keeps the nodes of a fork's branches apart (decision 0003).
    pub(crate) salt: u64,
    /// The last commit of this replica's own chain.
    pub(crate) tip: Option<CommitId>,
    pub(crate) pending: Pending,
}

impl Replica {
    pub(crate) fn assemble(
        store: Store,
        key: SecretKey,
        mut entropy: Entropy,
        snapshot: Snapshot,
    ) -> std::io::Result<Replica> {
        let salt = u64::from_le_bytes(entropy.bytes()?);
        let author = key.author();
        let tip = own_tip(snapshot.log(), &author);
        let writer = Writer { store, key, salt, tip, pending: Pending::default() };
        let (current, writer) = (RwLock::new(snapshot), Mutex::new(writer));
        Ok(Replica(Arc::new(Shared { current, writer, author })))
    }

    /// The graph as it is now. O(1).
    pub fn snapshot(&self) -> Snapshot {
        self.0.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The dataset.
    pub fn dataset(&self) -> DatasetId {
        self.snapshot().log().dataset()
    }

    /// The key under which this replica writes.
    pub fn author(&self) -> AuthorKey {
        self.0.author
    }

    /// The right to write. A panic of an earlier holder left nothing half done: what counts is
    /// published last.
    pub(crate) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.0.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn publish(&self, graph: Graph) {
        let mut current = self.0.current.write().unwrap_or_else(PoisonError::into_inner);
        current.graph = graph;
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

/// The segments of commits that arrived in `log`, with the signatures that it holds.
pub(crate) fn segments_of(log: &Log, arrived: &[Commit]) -> Vec<Vec<u8>> {
    let mut chains: Vec<Vec<Commit>> = Vec::new();
    let mut ends = std::collections::BTreeMap::<CommitId, usize>::new();
    for commit in arrived {
        let follows = commit.backlink().and_then(|backlink| ends.remove(&backlink));
        let at = follows.unwrap_or(chains.len());
        if at == chains.len() {
            chains.push(Vec::new());
        }
        chains[at].push(commit.clone());
        ends.insert(commit.id(), at);
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
