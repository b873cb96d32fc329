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

mod calls;
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
use plan::Plan;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use woodland_laws::Random;
use woodland_store::{Disk, DiskError};

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
}
