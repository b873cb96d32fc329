//! A disk in memory: for datasets that need no file, and for tests that own their disk.
//!
//! It keeps *live* and *durable* apart, for bytes and for names: what was not synced is what a
//! power cut may take, see [`MemoryDisk::after_power_cut`]. So bytes are held twice.
//!
//! **Invariants**
//! - Deterministic: no clock, no randomness; the same calls give the same bytes.
//! - A clone is the same disk; [`MemoryDisk::copy`] is another one.
//! - A `sync` that fails loses what it should have made durable, as a kernel does: a second `sync`
//!   succeeds and saves nothing of it.
//!
//! What this does not do: keep anything beyond the process.

mod faults;
mod node;

pub use faults::{PowerCut, Unsynced};

use super::{Access, Disk, DiskAct, DiskError, FileIdentity, LockGuard};
use faults::Fault;
use node::{Change, Node};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A dataset directory in memory.
#[derive(Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<State>>);

// Shows no content: there is a secret in it.
impl fmt::Debug for MemoryDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryDisk({} names)", self.state().live.len())
    }
}

#[derive(Default)]
struct State {
    /// Tells this disk from those that were copied from it, and how many were.
    device: u64,
    copies: u64,
    /// Files by number; a number is never given twice.
    nodes: BTreeMap<u64, Node>,
    /// What each name is now, and what it would be after a power cut.
    live: BTreeMap<String, Entry>,
    durable: BTreeMap<String, Entry>,
    locked: BTreeSet<String>,
    calls: u64,
    fault: Option<Fault>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Folder,
    File(u64),
}

impl MemoryDisk {
    /// An empty directory.
    pub fn new() -> Self {
        MemoryDisk::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the call, and lets it fail where that is planned.
    fn call(&self, act: DiskAct, name: &str) -> Result<MutexGuard<'_, State>, DiskError> {
        let mut state = self.state();
        match state.planned_failure() {
            None => Ok(state),
            Some(kind) => Err(DiskError::new(act, name, kind.into())),
        }
    }
}

impl State {
    fn node(&mut self, act: DiskAct, name: &str) -> Result<&mut Node, DiskError> {
        let error = |kind: ErrorKind| DiskError::new(act, name, kind.into());
        match self.live.get(name) {
            Some(Entry::File(number)) => {
                Ok(self.nodes.get_mut(number).expect("a name leads to a file that is there"))
            }
            Some(Entry::Folder) => Err(error(ErrorKind::IsADirectory)),
            None => Err(error(ErrorKind::NotFound)),
        }
    }

    /// Checks that `folder` is one, for an act on `name`.
    fn check_folder(&self, act: DiskAct, name: &str, folder: &str) -> Result<(), DiskError> {
        let error = |kind: ErrorKind| Err(DiskError::new(act, name, kind.into()));
        match self.live.get(folder) {
            _ if folder.is_empty() => Ok(()),
            Some(Entry::Folder) => Ok(()),
            Some(Entry::File(_)) => error(ErrorKind::NotADirectory),
            None => error(ErrorKind::NotFound),
        }
    }

    fn add(&mut self, act: DiskAct, name: &str, entry: Entry) -> Result<(), DiskError> {
        self.check_folder(act, name, parent(name))?;
        if name.is_empty() || self.live.contains_key(name) {
            return Err(DiskError::new(act, name, ErrorKind::AlreadyExists.into()));
        }
        self.live.insert(name.to_owned(), entry);
        Ok(())
    }
}

fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[derive(Debug)]
struct MemoryLock {
    disk: MemoryDisk,
    name: String,
}

impl LockGuard for MemoryLock {}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.disk.state().locked.remove(&self.name);
    }
}

impl Disk for MemoryDisk {
    fn len(&self, name: &str) -> Result<u64, DiskError> {
        let mut state = self.call(DiskAct::Length, name)?;
        Ok(state.node(DiskAct::Length, name)?.live.len() as u64)
    }

    fn read_at(&self, name: &str, offset: u64, into: &mut [u8]) -> Result<(), DiskError> {
        let mut state = self.call(DiskAct::Read, name)?;
        let node = state.node(DiskAct::Read, name)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(into.len());
        match node.live.get(start..end) {
            Some(bytes) => into.copy_from_slice(bytes),
            None => {
                return Err(DiskError::new(DiskAct::Read, name, ErrorKind::UnexpectedEof.into()));
            }
        }
        Ok(())
    }

    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        let mut state = self.state();
        let failure = state.planned_failure();
        // A failing write leaves its first half.
        let written = if failure.is_some() { &bytes[..bytes.len() / 2] } else { bytes };
        let node = state.node(DiskAct::Write, name)?;
        node.change(Change::Write { offset, bytes: written.into() });
        failure.map_or(Ok(()), |kind| Err(DiskError::new(DiskAct::Write, name, kind.into())))
    }

    fn truncate(&self, name: &str, length: u64) -> Result<(), DiskError> {
        let mut state = self.call(DiskAct::Truncate, name)?;
        state.node(DiskAct::Truncate, name)?.change(Change::Length(length));
        Ok(())
    }

    fn sync(&self, name: &str) -> Result<(), DiskError> {
        let mut state = self.state();
        let failure = state.planned_failure();
        let power_is_off = state.power_is_off();
        let node = state.node(DiskAct::Sync, name)?;
        match failure {
            None => node.sync(),
            Some(_) if power_is_off => {}
            Some(_) => node.lose(),
        }
        failure.map_or(Ok(()), |kind| Err(DiskError::new(DiskAct::Sync, name, kind.into())))
    }

    fn create_folder(&self, folder: &str) -> Result<(), DiskError> {
        let mut state = self.call(DiskAct::CreateFolder, folder)?;
        state.add(DiskAct::CreateFolder, folder, Entry::Folder)
    }

    fn sync_folder(&self, folder: &str) -> Result<(), DiskError> {
        let mut state = self.call(DiskAct::SyncFolder, folder)?;
        state.check_folder(DiskAct::SyncFolder, folder, folder)?;
        let State { live, durable, .. } = &mut *state;
        durable.retain(|name, _| parent(name) != folder);
        let here = live.iter().filter(|(name, _)| parent(name) == folder);
        durable.extend(here.map(|(name, entry)| (name.clone(), *entry)));
        Ok(())
    }

    fn create_file(&self, name: &str, access: Access) -> Result<(), DiskError> {
        let mut state = self.call(DiskAct::CreateFile, name)?;
        let number = state.nodes.last_key_value().map_or(0, |(last, _)| last + 1);
        state.add(DiskAct::CreateFile, name, Entry::File(number))?;
        state.nodes.insert(number, Node::of(access));
        Ok(())
    }

    fn access(&self, name: &str) -> Result<Access, DiskError> {
        let mut state = self.call(DiskAct::Access, name)?;
        Ok(state.node(DiskAct::Access, name)?.access)
    }

    fn identity(&self, name: &str) -> Result<Option<FileIdentity>, DiskError> {
        let mut state = self.call(DiskAct::Identity, name)?;
        state.node(DiskAct::Identity, name)?;
        let device = state.device;
        match state.live.get(name) {
            Some(Entry::File(inode)) => Ok(Some(FileIdentity { device, inode: *inode })),
            _ => Ok(None),
        }
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        let mut state = self.call(DiskAct::Rename, from)?;
        state.node(DiskAct::Rename, from)?;
        state.check_folder(DiskAct::Rename, from, parent(to))?;
        if let Some(entry) = state.live.remove(from) {
            state.live.insert(to.to_owned(), entry);
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), DiskError> {
        let mut state = self.call(DiskAct::Remove, name)?;
        state.node(DiskAct::Remove, name)?;
        state.live.remove(name);
        Ok(())
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        let state = self.call(DiskAct::List, folder)?;
        state.check_folder(DiskAct::List, folder, folder)?;
        let below = if folder.is_empty() { 0 } else { folder.len() + 1 };
        let here = state.live.keys().filter(|name| parent(name) == folder);
        Ok(here.map(|name| name[below..].to_owned()).collect())
    }

    fn lock(&self, name: &str) -> Result<Box<dyn LockGuard>, DiskError> {
        let mut state = self.call(DiskAct::Lock, name)?;
        state.node(DiskAct::Lock, name)?;
        if !state.locked.insert(name.to_owned()) {
            return Err(DiskError::new(DiskAct::Lock, name, ErrorKind::WouldBlock.into()));
        }
        Ok(Box::new(MemoryLock { disk: self.clone(), name: name.to_owned() }))
    }
}
