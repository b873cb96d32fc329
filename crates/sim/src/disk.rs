//! A disk in memory that fails as disks fail, by plan and by seed.
//!
//! ```text
//!  calls of the store ─► plan: fails? lies? full? dark? ─► names, files: live ─ dirty ─ durable
//!                                                              │
//!                          crash ─► another disk: durable, and any part of the rest
//! ```
//!
//! **Invariants**
//! - Deterministic: the same seed, plan and calls give the same bytes and the same faults.
//! - What was synced while syncs told the truth survives every crash, names apart from bytes.
//! - After a sync that failed, memory shows what the disk does not have, as on Linux: a second sync
//!   saves nothing of it.
//! - A clone is the same disk; `crash`, `image` and `copy` make others.
//!
//! What this does not do: choose faults; whoever owns it does. It has one device and no links.

mod damage;
mod file;
mod names;
mod plan;

pub use file::SECTOR_BYTES;
pub use plan::Lasting;

use crate::fault::FaultKind;
use crate::trace::{Keep, Trace};
use file::File;
use names::{Entry, Names};
use plan::{Met, Plan};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use woodland_laws::Random;
use woodland_store::{Access, Disk, DiskAct, DiskError, FileIdentity, LockGuard};

/// What a power cut leaves of the things that were not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Survival {
    /// All of it.
    All,
    /// None of it.
    Nothing,
    /// Each sector, length and name by itself, this often in a hundred.
    Percent(u64),
}

impl Survival {
    /// Any of these, the extremes often.
    pub fn any(random: &mut Random) -> Survival {
        let choices = [Survival::All, Survival::Nothing, Survival::Percent(50)];
        match random.below(6) {
            choice @ 0..3 => choices[choice],
            _ => Survival::Percent(5 + random.number() % 91),
        }
    }

    fn keeps(self, random: &mut Random) -> bool {
        match self {
            Survival::All => true,
            Survival::Nothing => false,
            Survival::Percent(percent) => random.chance(percent),
        }
    }

    /// One of the states that something was in: mostly the last one.
    fn one_of<'a, T>(self, states: &'a [T], random: &mut Random) -> Option<&'a T> {
        if !self.keeps(random) {
            return None;
        }
        match self {
            Survival::Percent(_) if random.chance(25) => random.pick(states),
            _ => states.last(),
        }
    }
}

/// A dataset directory on a simulated disk.
#[derive(Clone)]
pub struct SimDisk(Arc<Mutex<State>>);

// Shows no content: there is a secret in it.
impl fmt::Debug for SimDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimDisk({} names)", self.state().names.len())
    }
}

struct State {
    device: u64,
    /// By number; a number is never given twice.
    files: Vec<File>,
    names: Names,
    locked: BTreeSet<String>,
    plan: Plan,
    calls: u64,
    met: BTreeMap<FaultKind, u64>,
    random: Random,
    trace: Trace,
}

impl SimDisk {
    /// An empty directory on this device, whose faults follow from the seed.
    pub fn new(device: u64, seed: u64) -> Self {
        SimDisk::traced(device, seed, Trace::new(Keep::Hash))
    }

    pub(crate) fn traced(device: u64, seed: u64, trace: Trace) -> Self {
        let random = Random::from_seed(seed);
        SimDisk::of(State {
            device,
            files: Vec::new(),
            names: Names::default(),
            locked: BTreeSet::new(),
            plan: Plan::default(),
            calls: 0,
            met: BTreeMap::new(),
            random,
            trace,
        })
    }

    fn of(state: State) -> Self {
        SimDisk(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another disk, with these files and names, without locks and plans.
    fn with(&self, device: u64, files: Vec<File>, names: Names, random: &mut Random) -> SimDisk {
        let trace = self.state().trace.clone();
        let other = SimDisk::traced(device, random.number(), trace);
        let mut state = other.state();
        (state.files, state.names) = (files, names);
        drop(state);
        other
    }

    /// The disk that one finds after the power was cut now.
    pub fn crash(&self, survival: Survival, random: &mut Random) -> SimDisk {
        let state = self.state();
        let files = state.files.iter().map(|file| file.crash(survival, random)).collect();
        let names = state.names.crash(survival, random);
        let device = state.device;
        drop(state);
        self.with(device, files, names, random)
    }

    /// This disk as it is now, to go back to: its files are the same ones, as
    /// [`Disk::identity`] tells.
    pub fn image(&self, random: &mut Random) -> SimDisk {
        let device = self.state().device;
        self.copy(device, random)
    }

    /// The files of this disk as they are now, copied to this device.
    pub fn copy(&self, device: u64, random: &mut Random) -> SimDisk {
        let state = self.state();
        let files = state.files.iter().map(File::image).collect();
        let names = state.names.image();
        drop(state);
        self.with(device, files, names, random)
    }

    /// How many calls of [`Disk`] there have been.
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// How many bytes its files have.
    pub fn bytes_used(&self) -> usize {
        self.state().bytes_used()
    }

    /// Whether a power cut now could take anything.
    pub fn is_unsynced(&self) -> bool {
        let state = self.state();
        state.names.is_unsynced() || state.files.iter().any(File::is_unsynced)
    }

    /// The names of all files.
    pub fn files(&self) -> Vec<String> {
        self.state().names.files().map(|(name, _)| name.to_owned()).collect()
    }

    /// The bytes of a file as programs see them; `None` where there is none.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state();
        let number = state.names.file(name).ok()?;
        state.files.get(number).map(|file| file.live.clone())
    }

    /// Lets one call fail, `left` others of its sort after now: of any sort for
    /// [`FaultKind::FailedCall`], syncs for [`FaultKind::FailedSync`], reads for
    /// [`FaultKind::ReadError`].
    pub fn fail(&self, kind: FaultKind, left: u64, lasting: Lasting) {
        self.state().plan.fail(kind, left, lasting);
    }

    /// Lets the power go off in the middle of a call, `left` others after now: [`SimDisk::crash`]
    /// tells what is there then.
    pub fn power_off(&self, left: u64) {
        self.state().plan.end(FaultKind::PowerCut, left);
    }

    /// Lets the process be killed in the middle of a call, `left` others after now: after
    /// [`SimDisk::mend`] the disk is as the process left it.
    pub fn kill(&self, left: u64) {
        self.state().plan.end(FaultKind::Kill, left);
    }

    /// Lets every sync lie, after `truthful` others from now.
    pub fn lie(&self, truthful: u64) {
        self.state().plan.lie(truthful);
    }

    /// Gives room for this many bytes beside those that are there.
    pub fn limit(&self, more_bytes: usize) {
        let mut state = self.state();
        state.plan.quota_bytes = Some(state.bytes_used() + more_bytes);
    }

    /// Takes back all that was planned; what happened stays.
    pub fn mend(&self) {
        self.state().plan = Plan::default();
    }

    /// The same, unless every call fails by now.
    pub(crate) fn mend_unless_dark(&self) {
        if self.dark().is_none() {
            self.mend();
        }
    }

    /// Whether every call fails, because the power is off or the process was killed.
    pub fn dark(&self) -> Option<FaultKind> {
        self.state().plan.dark()
    }

    /// Copies folders and files, as programs see them, onto another disk, which must be empty.
    ///
    /// # Errors
    /// [`DiskError`] of the other disk.
    pub fn copy_onto(&self, other: &dyn Disk) -> Result<(), DiskError> {
        let state = self.state();
        for (name, entry) in state.names.entries() {
            match entry {
                Entry::Folder => other.create_folder(name)?,
                Entry::File(number) => {
                    let file = state.files.get(number).expect("a name leads to a file");
                    other.create_file(name, file.access)?;
                    other.write_at(name, 0, &file.live)?;
                }
            }
        }
        Ok(())
    }

    /// How often faults of each kind were come across, since this was asked last.
    pub fn take_met(&self) -> BTreeMap<FaultKind, u64> {
        std::mem::take(&mut self.state().met)
    }
}

impl State {
    fn bytes_used(&self) -> usize {
        let numbers: BTreeSet<usize> = self.names.files().map(|(_, number)| number).collect();
        numbers.into_iter().map(|number| self.files[number].live.len()).sum()
    }

    fn meet(&mut self, kind: FaultKind) {
        *self.met.entry(kind).or_default() += 1;
    }

    /// Counts a call; what it comes across.
    fn call(&mut self, act: DiskAct, name: &str) -> Option<Met> {
        self.calls += 1;
        let met = self.plan.call(act);
        match met {
            Some(Met::Failure(kind)) => self.meet(kind),
            Some(Met::End(kind)) => self.meet(kind),
            Some(Met::Dark) | None => {}
        }
        self.trace.note(format_args!("  disk {} {act:?} {name} {met:?}", self.device));
        met
    }

    /// The same for calls that do nothing when they fail.
    fn begin(&mut self, act: DiskAct, name: &str) -> Result<(), DiskError> {
        match self.call(act, name) {
            None => Ok(()),
            Some(_) => Err(failed(act, name)),
        }
    }

    fn file(&mut self, act: DiskAct, name: &str) -> Result<&mut File, DiskError> {
        let number = self.names.file(name);
        let number = number.map_err(|kind| DiskError::new(act, name, kind.into()))?;
        Ok(self.files.get_mut(number).expect("a name leads to a file that is there"))
    }
}

/// What a call says that fails by plan.
fn failed(act: DiskAct, name: &str) -> DiskError {
    DiskError::new(act, name, ErrorKind::Other.into())
}

fn size(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

#[derive(Debug)]
struct SimLock {
    disk: SimDisk,
    name: String,
}

impl LockGuard for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        self.disk.state().locked.remove(&self.name);
    }
}

impl Disk for SimDisk {
    fn len(&self, name: &str) -> Result<u64, DiskError> {
        let mut state = self.state();
        state.begin(DiskAct::Length, name)?;
        Ok(state.file(DiskAct::Length, name)?.live.len() as u64)
    }

    fn read_at(&self, name: &str, offset: u64, into: &mut [u8]) -> Result<(), DiskError> {
        let act = DiskAct::Read;
        let mut state = self.state();
        state.begin(act, name)?;
        let file = state.file(act, name)?;
        let start = size(offset);
        let Some(bytes) = file.live.get(start..start.saturating_add(into.len())) else {
            return Err(DiskError::new(act, name, ErrorKind::UnexpectedEof.into()));
        };
        into.copy_from_slice(bytes);
        let met = file.meet(start, into.len());
        met.into_iter().for_each(|kind| state.meet(kind));
        Ok(())
    }

    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        let act = DiskAct::Write;
        let mut state = self.state();
        let met = state.call(act, name);
        let (start, used, quota) = (size(offset), state.bytes_used(), state.plan.quota_bytes);
        let length = state.file(act, name)?.live.len();
        // Of a write that fails, any beginning is there.
        let mut written = match met {
            None => bytes.len(),
            Some(Met::Dark) => 0,
            Some(_) => state.random.below(bytes.len() + 1),
        };
        let mut failure = met.map(|_| ErrorKind::Other);
        if let Some(quota) = quota {
            let end_max = length + quota.saturating_sub(used);
            if start + written > end_max {
                written = end_max.saturating_sub(start).min(written);
                failure = failure.or(Some(ErrorKind::StorageFull));
                state.meet(FaultKind::FullDisk);
            }
        }
        state.trace.bytes(&bytes[..written]);
        state.file(act, name)?.write(start, &bytes[..written]);
        failure.map_or(Ok(()), |kind| Err(DiskError::new(act, name, kind.into())))
    }

    fn truncate(&self, name: &str, length: u64) -> Result<(), DiskError> {
        let mut state = self.state();
        state.begin(DiskAct::Truncate, name)?;
        state.file(DiskAct::Truncate, name)?.truncate(size(length));
        Ok(())
    }

    fn sync(&self, name: &str) -> Result<(), DiskError> {
        let act = DiskAct::Sync;
        let mut state = self.state();
        let met = state.call(act, name);
        let mut random = Random::from_seed(state.random.number());
        match met {
            None if state.plan.lies() => state.meet(FaultKind::LyingSync),
            None => state.file(act, name)?.sync(),
            Some(Met::Failure(_)) => state.file(act, name)?.fail_sync(&mut random),
            // What is saved of it, the crash decides.
            Some(Met::End(_) | Met::Dark) => {}
        }
        met.map_or(Ok(()), |_| Err(failed(act, name)))
    }

    fn create_folder(&self, folder: &str) -> Result<(), DiskError> {
        let act = DiskAct::CreateFolder;
        let mut state = self.state();
        state.begin(act, folder)?;
        let added = state.names.add(folder, Entry::Folder);
        added.map_err(|kind| DiskError::new(act, folder, kind.into()))
    }

    fn sync_folder(&self, folder: &str) -> Result<(), DiskError> {
        let act = DiskAct::SyncFolder;
        let mut state = self.state();
        let met = state.call(act, folder);
        let checked = state.names.check_folder(folder);
        checked.map_err(|kind| DiskError::new(act, folder, kind.into()))?;
        let mut random = Random::from_seed(state.random.number());
        match met {
            None if state.plan.lies() => state.meet(FaultKind::LyingSync),
            None => state.names.sync(folder),
            Some(Met::Failure(_)) => state.names.fail_sync(folder, &mut random),
            Some(Met::End(_) | Met::Dark) => {}
        }
        met.map_or(Ok(()), |_| Err(failed(act, folder)))
    }

    fn create_file(&self, name: &str, access: Access) -> Result<(), DiskError> {
        let act = DiskAct::CreateFile;
        let mut state = self.state();
        state.begin(act, name)?;
        let number = state.files.len();
        let added = state.names.add(name, Entry::File(number));
        added.map_err(|kind| DiskError::new(act, name, kind.into()))?;
        state.files.push(File::of(access));
        Ok(())
    }

    fn access(&self, name: &str) -> Result<Access, DiskError> {
        let mut state = self.state();
        state.begin(DiskAct::Access, name)?;
        Ok(state.file(DiskAct::Access, name)?.access)
    }

    fn identity(&self, name: &str) -> Result<Option<FileIdentity>, DiskError> {
        let act = DiskAct::Identity;
        let mut state = self.state();
        state.begin(act, name)?;
        let number = state.names.file(name);
        let number = number.map_err(|kind| DiskError::new(act, name, kind.into()))?;
        Ok(Some(FileIdentity { device: state.device, inode: number as u64 }))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        let mut state = self.state();
        state.begin(DiskAct::Rename, from)?;
        let renamed = state.names.rename(from, to);
        renamed.map_err(|kind| DiskError::new(DiskAct::Rename, from, kind.into()))
    }

    fn remove(&self, name: &str) -> Result<(), DiskError> {
        let mut state = self.state();
        state.begin(DiskAct::Remove, name)?;
        let removed = state.names.remove(name);
        removed.map_err(|kind| DiskError::new(DiskAct::Remove, name, kind.into()))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        let mut state = self.state();
        state.begin(DiskAct::List, folder)?;
        let checked = state.names.check_folder(folder);
        checked.map_err(|kind| DiskError::new(DiskAct::List, folder, kind.into()))?;
        Ok(state.names.list(folder))
    }

    fn lock(&self, name: &str) -> Result<Box<dyn LockGuard>, DiskError> {
        let act = DiskAct::Lock;
        let mut state = self.state();
        state.begin(act, name)?;
        state.file(act, name)?;
        if !state.locked.insert(name.to_owned()) {
            return Err(DiskError::new(act, name, ErrorKind::WouldBlock.into()));
        }
        Ok(Box::new(SimLock { disk: self.clone(), name: name.to_owned() }))
    }
}
