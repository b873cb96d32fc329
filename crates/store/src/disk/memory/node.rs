//! A file in memory: its bytes, what of them is durable, and the changes that lie between.
//!
//! **Invariants**
//! - `durable` with `pending` applied in order is `live`, unless a failed sync lost some of it.
//!
//! What this does not do: know its name.

use crate::disk::Access;

#[derive(Clone)]
pub(super) struct Node {
    pub(super) live: Vec<u8>,
    pub(super) durable: Vec<u8>,
    pub(super) pending: Vec<Change>,
    pub(super) access: Access,
}

#[derive(Clone)]
pub(super) enum Change {
    Write { offset: u64, bytes: Box<[u8]> },
    Length(u64),
}

impl Node {
    pub(super) fn of(access: Access) -> Self {
        Node { live: Vec::new(), durable: Vec::new(), pending: Vec::new(), access }
    }

    pub(super) fn change(&mut self, change: Change) {
        apply(&mut self.live, &change, usize::MAX);
        self.pending.push(change);
    }

    pub(super) fn sync(&mut self) {
        for change in self.pending.drain(..) {
            apply(&mut self.durable, &change, usize::MAX);
        }
    }

    pub(super) fn lose(&mut self) {
        self.pending.clear();
    }

    /// How many bytes the pending changes write; a change of length counts one.
    pub(super) fn pending_bytes(&self) -> usize {
        self.pending.iter().map(Change::weight).sum()
    }

    /// The durable bytes and the first `kept` bytes of what is pending.
    pub(super) fn durable_and(&self, mut kept: usize) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for change in &self.pending {
            if kept == 0 {
                break;
            }
            apply(&mut bytes, change, kept);
            kept = kept.saturating_sub(change.weight());
        }
        bytes
    }
}

impl Change {
    fn weight(&self) -> usize {
        match self {
            Change::Write { bytes, .. } => bytes.len(),
            Change::Length(_) => 1,
        }
    }
}

fn apply(to: &mut Vec<u8>, change: &Change, bytes_max: usize) {
    let size = |length: u64| usize::try_from(length).expect("a file in memory fits memory");
    match change {
        Change::Length(length) => to.resize(size(*length), 0),
        Change::Write { offset, bytes } => {
            let bytes = &bytes[..bytes.len().min(bytes_max)];
            let start = size(*offset);
            let end = start + bytes.len();
            if to.len() < end {
                to.resize(end, 0);
            }
            to[start..end].copy_from_slice(bytes);
        }
    }
}
