//! What a test does to a disk in memory: look at it, damage it, let it fail, cut its power.
//!
//! **Invariants**
//! - Nothing here counts as a call or can fail by plan.
//! - Damage is durable: it is in the live and in the durable bytes.
//!
//! What this does not do: happen by itself.

use super::node::Node;
use super::{Entry, MemoryDisk, State, parent};
use crate::disk::Access;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};

/// What a power cut does to the things that were not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsynced {
    /// They are as before the last sync.
    Lost,
    /// They happen to be there.
    Kept,
}

/// A power cut: what of the unsynced it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PowerCut {
    /// Names created, renamed or removed since their folder was synced.
    pub names: Unsynced,
    /// The length of a file that has grown: kept without its data, it shows zeros (redb's scar).
    pub lengths: Unsynced,
    /// How many bytes of each file's unsynced writes are there, from the first on.
    pub bytes_kept: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    Once { call: u64, kind: ErrorKind },
    PowerOff { call: u64 },
}

impl State {
    pub(super) fn planned_failure(&mut self) -> Option<ErrorKind> {
        self.calls += 1;
        match self.fault {
            Some(Fault::Once { call, kind }) if call == self.calls => {
                self.fault = None;
                Some(kind)
            }
            _ if self.power_is_off() => Some(ErrorKind::Other),
            _ => None,
        }
    }

    pub(super) fn power_is_off(&self) -> bool {
        matches!(self.fault, Some(Fault::PowerOff { call }) if self.calls >= call)
    }

    fn file(&mut self, name: &str) -> &mut Node {
        match self.live.get(name) {
            Some(Entry::File(number)) => self.nodes.get_mut(number).expect("names lead to files"),
            _ => panic!("no file {name}"),
        }
    }
}

impl MemoryDisk {
    /// Another disk with the same content: durable as it is here, unlocked, without planned
    /// failures. Its files are others than here, as [`crate::Disk::identity`] tells.
    pub fn copy(&self) -> MemoryDisk {
        let copy = self.image();
        let mut state = self.state();
        state.copies += 1;
        // Any mixing will do in which copies of copies do not meet.
        let mixed = state.device.wrapping_add(state.copies).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        copy.state().device = mixed ^ mixed >> 29;
        drop(state);
        copy
    }

    /// This disk as it is now, to go back to: a disk image, whose files are the same ones.
    pub fn image(&self) -> MemoryDisk {
        let state = self.state();
        let (nodes, live) = (state.nodes.clone(), state.live.clone());
        let (durable, device, copies) = (state.durable.clone(), state.device, state.copies);
        let state = State { nodes, live, durable, device, copies, ..State::default() };
        MemoryDisk(Arc::new(Mutex::new(state)))
    }

    /// The names of all files.
    pub fn files(&self) -> Vec<String> {
        let state = self.state();
        let files = state.live.iter().filter(|(_, entry)| matches!(entry, Entry::File(_)));
        files.map(|(name, _)| name.clone()).collect()
    }

    /// The bytes of a file; `None` where there is none.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state();
        match state.live.get(name)? {
            Entry::File(number) => state.nodes.get(number).map(|node| node.live.clone()),
            Entry::Folder => None,
        }
    }

    /// Puts a file with these bytes in the place of whatever has the name.
    pub fn replace(&self, name: &str, bytes: &[u8]) {
        let mut state = self.state();
        let number = state.nodes.last_key_value().map_or(0, |(last, _)| last + 1);
        let mut node = Node::of(Access::Shared);
        node.live = bytes.to_vec();
        node.durable = bytes.to_vec();
        if let Some(Entry::File(before)) = state.live.get(name) {
            node.access = state.nodes[before].access;
        }
        state.nodes.insert(number, node);
        state.live.insert(name.to_owned(), Entry::File(number));
        state.durable.insert(name.to_owned(), Entry::File(number));
    }

    /// Removes a name, and for a folder all in it.
    pub fn erase(&self, name: &str) {
        let State { live, durable, .. } = &mut *self.state();
        for names in [live, durable] {
            names.retain(|other, _| other != name && parent(other) != name);
        }
    }

    /// Cuts a file to this length.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn cut(&self, name: &str, length: usize) {
        let mut state = self.state();
        let node = state.file(name);
        node.live.truncate(length);
        node.durable.truncate(length);
    }

    /// Flips one bit of a file, counted from its beginning, the lowest of each byte first.
    ///
    /// # Panics
    /// When there is no such bit.
    pub fn flip(&self, name: &str, bit: usize) {
        let mut state = self.state();
        let node = state.file(name);
        node.live[bit / 8] ^= 1 << (bit % 8);
        if let Some(byte) = node.durable.get_mut(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
    }

    /// Sets who may open a file.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn set_access(&self, name: &str, access: Access) {
        self.state().file(name).access = access;
    }

    /// How many calls of [`crate::Disk`] there have been.
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Lets one call fail: the `call`th from now, 1 being the next.
    pub fn fail_call(&self, call: u64, kind: ErrorKind) {
        let mut state = self.state();
        state.fault = Some(Fault::Once { call: state.calls + call, kind });
    }

    /// Lets every call fail from the `call`th from now on, 1 being the next.
    pub fn power_off_at_call(&self, call: u64) {
        let mut state = self.state();
        state.fault = Some(Fault::PowerOff { call: state.calls + call });
    }

    /// The most bytes that any file has unsynced.
    pub fn unsynced_bytes(&self) -> usize {
        self.state().nodes.values().map(Node::pending_bytes).max().unwrap_or(0)
    }

    /// The disk that one finds after the power was cut now.
    pub fn after_power_cut(&self, cut: PowerCut) -> MemoryDisk {
        let state = self.state();
        let mut names = match cut.names {
            Unsynced::Kept => state.live.clone(),
            Unsynced::Lost => state.durable.clone(),
        };
        let folders: Vec<String> =
            names.iter().filter(|(_, e)| **e == Entry::Folder).map(|(n, _)| n.clone()).collect();
        names.retain(|name, _| {
            parent(name).is_empty() || folders.iter().any(|folder| folder == parent(name))
        });
        let mut nodes = state.nodes.clone();
        for node in nodes.values_mut() {
            let mut bytes = node.durable_and(cut.bytes_kept);
            if cut.lengths == Unsynced::Kept && bytes.len() < node.live.len() {
                bytes.resize(node.live.len(), 0);
            }
            node.live.clone_from(&bytes);
            node.durable = bytes;
            node.pending.clear();
        }
        let (device, copies, live) = (state.device, state.copies, names.clone());
        let state = State { nodes, live, durable: names, device, copies, ..State::default() };
        MemoryDisk(Arc::new(Mutex::new(state)))
    }
}
