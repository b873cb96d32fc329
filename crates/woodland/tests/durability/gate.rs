//! A disk in memory whose syncs are counted, fail by plan, or wait for a test.

use std::fmt::{self, Debug};
use std::io::ErrorKind;
use std::sync::{Arc, Condvar, Mutex};
use woodland::{Disk, MemoryDisk};
use woodland_store::{Access, DiskAct, DiskError, FileIdentity, LockGuard};

/// Clones are one disk.
#[derive(Clone, Default)]
pub(crate) struct GatedDisk {
    pub(crate) inner: MemoryDisk,
    gate: Arc<Gate>,
}

impl Debug for GatedDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GatedDisk({:?})", self.inner)
    }
}

#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

/// Whether a sync may go on: the file's name, and which sync it is, counted from 1.
type Opens = Box<dyn Fn(&str, u64) -> bool + Send>;

#[derive(Default)]
struct State {
    syncs: u64,
    /// How many syncs wait at the gate.
    waiting: usize,
    opens: Option<Opens>,
    /// Which sync fails.
    failing: Option<u64>,
    /// What the name of a file ends in that cannot be created.
    refused: Option<&'static str>,
    /// The files that were created, and those that could not be.
    created: Vec<String>,
}

impl GatedDisk {
    pub(crate) fn new() -> Self {
        GatedDisk::default()
    }

    /// How many files were synced so far.
    pub(crate) fn syncs(&self) -> u64 {
        self.gate.state.lock().expect("no panic").syncs
    }

    /// From now on a sync waits until this is so; [`GatedDisk::look`] asks again.
    pub(crate) fn hold_until(&self, opens: impl Fn(&str, u64) -> bool + Send + 'static) {
        self.gate.state.lock().expect("no panic").opens = Some(Box::new(opens));
    }

    /// What the gate waits for may be so.
    pub(crate) fn look(&self) {
        drop(self.gate.state.lock().expect("no panic"));
        self.gate.changed.notify_all();
    }

    /// Blocks until a sync waits at the gate.
    pub(crate) fn wait_for_a_sync(&self) {
        let state = self.gate.state.lock().expect("no panic");
        drop(self.gate.changed.wait_while(state, |state| state.waiting == 0).expect("no panic"));
    }

    /// Blocks until a file whose name ends so is created, or is tried to be, and forgets of it.
    pub(crate) fn wait_for_a_file(&self, end: &str) {
        let state = self.gate.state.lock().expect("no panic");
        let lacks = |state: &mut State| state.created.iter().all(|name| !name.ends_with(end));
        let mut state = self.gate.changed.wait_while(state, lacks).expect("no panic");
        state.created.clear();
    }

    /// Lets the next file not be created whose name ends so.
    pub(crate) fn refuse_a_file(&self, end: &'static str) {
        self.gate.state.lock().expect("no panic").refused = Some(end);
    }

    /// Lets the `nth` sync from now fail; 1 is the next.
    pub(crate) fn fail_sync(&self, nth: u64) {
        let mut state = self.gate.state.lock().expect("no panic");
        state.failing = Some(state.syncs + nth);
    }
}

impl Disk for GatedDisk {
    fn sync(&self, name: &str) -> Result<(), DiskError> {
        let mut state = self.gate.state.lock().expect("no panic");
        state.syncs += 1;
        if state.failing == Some(state.syncs) {
            self.inner.fail_call(1, ErrorKind::Other);
            return self.inner.sync(name);
        }
        state.waiting += 1;
        let nth = state.syncs;
        self.gate.changed.notify_all();
        let is_shut =
            |state: &mut State| state.opens.as_ref().is_some_and(|opens| !opens(name, nth));
        let mut state = self.gate.changed.wait_while(state, is_shut).expect("no panic");
        state.waiting -= 1;
        drop(state);
        self.inner.sync(name)
    }

    fn len(&self, name: &str) -> Result<u64, DiskError> {
        self.inner.len(name)
    }

    fn read_at(&self, name: &str, offset: u64, into: &mut [u8]) -> Result<(), DiskError> {
        self.inner.read_at(name, offset, into)
    }

    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        self.inner.write_at(name, offset, bytes)
    }

    fn truncate(&self, name: &str, length: u64) -> Result<(), DiskError> {
        self.inner.truncate(name, length)
    }

    fn create_folder(&self, folder: &str) -> Result<(), DiskError> {
        self.inner.create_folder(folder)
    }

    fn sync_folder(&self, folder: &str) -> Result<(), DiskError> {
        self.inner.sync_folder(folder)
    }

    fn create_file(&self, name: &str, access: Access) -> Result<(), DiskError> {
        let mut state = self.gate.state.lock().expect("no panic");
        state.created.push(name.to_owned());
        self.gate.changed.notify_all();
        if state.refused.is_some_and(|end| name.ends_with(end)) {
            state.refused = None;
            let full = ErrorKind::StorageFull.into();
            return Err(DiskError::new(DiskAct::CreateFile, name, full));
        }
        drop(state);
        self.inner.create_file(name, access)
    }

    fn access(&self, name: &str) -> Result<Access, DiskError> {
        self.inner.access(name)
    }

    fn identity(&self, name: &str) -> Result<Option<FileIdentity>, DiskError> {
        self.inner.identity(name)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        self.inner.rename(from, to)
    }

    fn remove(&self, name: &str) -> Result<(), DiskError> {
        self.inner.remove(name)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        self.inner.list(folder)
    }

    fn lock(&self, name: &str) -> Result<Box<dyn LockGuard>, DiskError> {
        self.inner.lock(name)
    }
}
