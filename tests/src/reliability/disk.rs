//! A disk that keeps a journal and fails as it is told.
//!
//! **Invariants**
//! - Deterministic: the same calls and the same faults give the same journal.
//! - A write that fails leaves its first half, or with a quota as much as there is room for. A file
//!   takes room for all of its length, also where it was only made longer.
//! - A sync that fails loses what it should have saved, as a kernel does, though memory shows it.
//! - A lock lives in the disk's memory: a disk begun from an image is unlocked.
//!
//! What this does not do: make crashes; `platter` makes them from the journal.

use super::image::{Content, Entry, Image, parent};
use super::journal::{Change, Event, Mark, NameChange, apply};
use super::platter::SECTOR_BYTES;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use woodland_store::{Access, Disk, DiskAct, DiskError, FileIdentity, LockGuard};

/// What is to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call of this number, 1 being the first, once.
    Call(u64, ErrorKind),
    /// Every call from this number on.
    CallsFrom(u64, ErrorKind),
    /// The read of this number, once.
    Read(u64),
    /// A sector in the middle of what the read of this number wants, whoever asks, for ever.
    ReadForEver(u64),
    /// There is room for this many bytes in all files together.
    Quota(u64),
}

#[derive(Debug, Default)]
struct State {
    image: Image,
    journal: Vec<Event>,
    locked: BTreeSet<String>,
    next_number: u64,
    calls: u64,
    reads: u64,
    used_bytes: u64,
    bytes_max: u64,
    fault: Option<Fault>,
    /// How long a sync takes.
    pause: Duration,
    /// The part of a file that can no longer be read.
    bad: Option<(String, u64, u64)>,
    /// How many calls failed by plan, and what the last of them was.
    failed: u64,
    failed_act: Option<DiskAct>,
}

/// The disk. A clone is the same disk.
#[derive(Clone, Default)]
pub struct ScriptedDisk(Arc<Mutex<State>>);

// Shows no content: there is a secret in it.
impl std::fmt::Debug for ScriptedDisk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ScriptedDisk({} names)", self.state().image.names.len())
    }
}

impl ScriptedDisk {
    /// An empty disk.
    pub fn empty() -> Self {
        ScriptedDisk::default()
    }

    /// A disk that shows this.
    pub fn of(image: Image) -> Self {
        let next_number = image.files.last_key_value().map_or(0, |(last, _)| last + 1);
        let used_bytes = image.files.values().map(|file| file.bytes.len() as u64).sum();
        let state = State { image, next_number, used_bytes, ..State::default() };
        ScriptedDisk(Arc::new(Mutex::new(state)))
    }

    /// The disk, for whoever wants a trait object.
    pub fn shared(&self) -> Arc<dyn Disk> {
        Arc::new(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on this fails; `None` heals the disk. Calls and reads are counted anew.
    pub fn set_fault(&self, fault: Option<Fault>) {
        let mut state = self.state();
        (state.fault, state.calls, state.reads, state.bad) = (fault, 0, 0, None);
    }

    /// From now on each sync takes so long, before it has done anything.
    pub fn pause_at_syncs(&self, pause: Duration) {
        self.state().pause = pause;
    }

    /// How many calls there were since the fault was set, how many of them reads, and how many
    /// failed by plan ever.
    pub fn counts(&self) -> (u64, u64, u64) {
        let state = self.state();
        (state.calls, state.reads, state.failed)
    }

    /// What the last call was that failed by plan.
    pub fn failed_act(&self) -> Option<DiskAct> {
        self.state().failed_act
    }

    /// The most bytes that all files together ever had.
    pub fn bytes_max(&self) -> u64 {
        self.state().bytes_max
    }

    /// The stretch of a file that is not given out any more, once it was asked for.
    pub fn bad_stretch(&self) -> Option<(String, std::ops::Range<u64>)> {
        self.state().bad.clone().map(|(name, from, to)| (name, from..to))
    }

    /// What it shows now.
    pub fn image(&self) -> Image {
        self.state().image.clone()
    }

    /// What happened so far.
    pub fn journal(&self) -> Vec<Event> {
        self.state().journal.clone()
    }

    /// From now on it is another device, as if all of it had been copied there.
    pub fn move_to(&self, device: u64) {
        let mut state = self.state();
        state.image.device = device;
        state.journal.push(Event::Device(device));
    }

    /// Writes as somebody who is gone by now did: it is no call, and cannot fail.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn scribble(&self, name: &str, offset: u64, bytes: &[u8]) {
        let mut state = self.state();
        let number = state.number(DiskAct::Write, name).expect("the file is there");
        state.change(number, Change::Write { offset, bytes: bytes.into() });
    }

    /// Notes what the workload knows.
    pub fn mark(&self, mark: Mark) {
        self.state().journal.push(Event::Mark(mark));
    }

    fn call(&self, act: DiskAct, name: &str) -> Result<MutexGuard<'_, State>, DiskError> {
        let mut state = self.state();
        match state.planned(act) {
            None => Ok(state),
            Some(kind) => Err(DiskError::new(act, name, kind.into())),
        }
    }

    /// A call that reads.
    fn look(&self, act: DiskAct, name: &str) -> Result<MutexGuard<'_, State>, DiskError> {
        let mut state = self.call(act, name)?;
        state.reads += 1;
        match state.fault {
            Some(Fault::Read(read)) if read == state.reads => {}
            _ => return Ok(state),
        }
        state.fail(act);
        Err(DiskError::new(act, name, ErrorKind::Other.into()))
    }
}

impl State {
    fn planned(&mut self, act: DiskAct) -> Option<ErrorKind> {
        self.calls += 1;
        let kind = match self.fault {
            Some(Fault::Call(call, kind)) if call == self.calls => kind,
            Some(Fault::CallsFrom(call, kind)) if self.calls >= call => kind,
            _ => return None,
        };
        self.fail(act);
        Some(kind)
    }

    fn fail(&mut self, act: DiskAct) {
        self.failed += 1;
        self.failed_act = Some(act);
    }

    fn number(&self, act: DiskAct, name: &str) -> Result<u64, DiskError> {
        match self.image.names.get(name) {
            Some(Entry::File(number)) => Ok(*number),
            Some(Entry::Folder) => Err(DiskError::new(act, name, ErrorKind::IsADirectory.into())),
            None => Err(DiskError::new(act, name, ErrorKind::NotFound.into())),
        }
    }

    fn content(&self, act: DiskAct, name: &str) -> Result<&Content, DiskError> {
        Ok(&self.image.files[&self.number(act, name)?])
    }

    fn check_folder(&self, act: DiskAct, name: &str, folder: &str) -> Result<(), DiskError> {
        match self.image.names.get(folder) {
            _ if folder.is_empty() => Ok(()),
            Some(Entry::Folder) => Ok(()),
            Some(Entry::File(_)) => Err(DiskError::new(act, name, ErrorKind::NotADirectory.into())),
            None => Err(DiskError::new(act, name, ErrorKind::NotFound.into())),
        }
    }

    fn change(&mut self, number: u64, change: Change) {
        let file = self.image.files.get_mut(&number).expect("a number that was looked up");
        let before = file.bytes.len() as u64;
        apply(Arc::make_mut(&mut file.bytes), &change, usize::MAX);
        self.used_bytes = self.used_bytes + file.bytes.len() as u64 - before;
        self.bytes_max = self.bytes_max.max(self.used_bytes);
        self.journal.push(Event::Bytes { number, change });
    }

    fn rename(&mut self, change: NameChange) {
        change_name(&mut self.image, &change);
        self.journal.push(Event::Name(change));
    }

    /// How much of a write there is room for.
    fn room(&self, number: u64, offset: u64, length: u64) -> u64 {
        let Some(Fault::Quota(quota)) = self.fault else { return length };
        let before = self.image.files[&number].bytes.len() as u64;
        let most = before + quota.saturating_sub(self.used_bytes);
        most.saturating_sub(offset).min(length)
    }
}

/// Names after a change of them.
pub(super) fn change_name(image: &mut Image, change: &NameChange) {
    match change {
        NameChange::Create { name, entry, access } => {
            if let Entry::File(number) = entry {
                let bytes = Arc::default();
                image.files.entry(*number).or_insert(Content { bytes, access: *access });
            }
            image.names.insert(name.clone(), *entry);
        }
        NameChange::Rename { from, to, entry } => {
            image.names.remove(from);
            image.names.insert(to.clone(), *entry);
        }
        NameChange::Remove { name } => {
            image.names.remove(name);
        }
    }
}

#[derive(Debug)]
struct ScriptedLock {
    disk: ScriptedDisk,
    name: String,
}

impl LockGuard for ScriptedLock {}

impl Drop for ScriptedLock {
    fn drop(&mut self) {
        self.disk.state().locked.remove(&self.name);
    }
}

impl Disk for ScriptedDisk {
    fn len(&self, name: &str) -> Result<u64, DiskError> {
        let state = self.look(DiskAct::Length, name)?;
        Ok(state.content(DiskAct::Length, name)?.bytes.len() as u64)
    }

    fn read_at(&self, name: &str, offset: u64, into: &mut [u8]) -> Result<(), DiskError> {
        let error = |kind: ErrorKind| DiskError::new(DiskAct::Read, name, kind.into());
        let mut state = self.look(DiskAct::Read, name)?;
        let past = offset.saturating_add(into.len() as u64);
        if state.fault == Some(Fault::ReadForEver(state.reads)) && state.bad.is_none() {
            let middle = offset + into.len() as u64 / 2 / SECTOR_BYTES * SECTOR_BYTES;
            state.bad = Some((name.to_owned(), middle, middle + SECTOR_BYTES));
        }
        if state.bad.as_ref().is_some_and(|(n, from, to)| n == name && *from < past && offset < *to)
        {
            state.fail(DiskAct::Read);
            return Err(error(ErrorKind::Other));
        }
        let bytes = &state.content(DiskAct::Read, name)?.bytes;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let Some(found) = bytes.get(start..start.saturating_add(into.len())) else {
            return Err(error(ErrorKind::UnexpectedEof));
        };
        into.copy_from_slice(found);
        Ok(())
    }

    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        let mut state = self.state();
        let mut failure = state.planned(DiskAct::Write);
        let number = state.number(DiskAct::Write, name)?;
        let mut written = if failure.is_some() { &bytes[..bytes.len() / 2] } else { bytes };
        let room = state.room(number, offset, written.len() as u64);
        if room < written.len() as u64 {
            written = &written[..usize::try_from(room).unwrap_or_default()];
            failure = failure.or(Some(ErrorKind::StorageFull));
            state.fail(DiskAct::Write);
        }
        if !written.is_empty() {
            state.change(number, Change::Write { offset, bytes: written.into() });
        }
        failure.map_or(Ok(()), |kind| Err(DiskError::new(DiskAct::Write, name, kind.into())))
    }

    fn truncate(&self, name: &str, length: u64) -> Result<(), DiskError> {
        let mut state = self.call(DiskAct::Truncate, name)?;
        let number = state.number(DiskAct::Truncate, name)?;
        if state.room(number, 0, length) < length {
            state.fail(DiskAct::Truncate);
            return Err(DiskError::new(DiskAct::Truncate, name, ErrorKind::StorageFull.into()));
        }
        state.change(number, Change::Length(length));
        Ok(())
    }

    fn sync(&self, name: &str) -> Result<(), DiskError> {
        let pause = self.state().pause;
        if !pause.is_zero() {
            std::thread::sleep(pause);
        }
        let mut state = self.state();
        let failure = state.planned(DiskAct::Sync);
        let number = state.number(DiskAct::Sync, name)?;
        match failure {
            None => state.journal.push(Event::Sync { number }),
            Some(_) => state.journal.push(Event::SyncFailed { number }),
        }
        failure.map_or(Ok(()), |kind| Err(DiskError::new(DiskAct::Sync, name, kind.into())))
    }

    fn create_folder(&self, folder: &str) -> Result<(), DiskError> {
        let mut state = self.call(DiskAct::CreateFolder, folder)?;
        state.add(DiskAct::CreateFolder, folder, Entry::Folder, Access::Shared)
    }

    fn sync_folder(&self, folder: &str) -> Result<(), DiskError> {
        let mut state = self.call(DiskAct::SyncFolder, folder)?;
        state.check_folder(DiskAct::SyncFolder, folder, folder)?;
        state.journal.push(Event::SyncFolder { folder: folder.to_owned() });
        Ok(())
    }

    fn create_file(&self, name: &str, access: Access) -> Result<(), DiskError> {
        let mut state = self.call(DiskAct::CreateFile, name)?;
        let number = state.next_number;
        state.next_number += 1;
        state.add(DiskAct::CreateFile, name, Entry::File(number), access)
    }

    fn access(&self, name: &str) -> Result<Access, DiskError> {
        let state = self.look(DiskAct::Access, name)?;
        Ok(state.content(DiskAct::Access, name)?.access)
    }

    fn identity(&self, name: &str) -> Result<Option<FileIdentity>, DiskError> {
        let state = self.look(DiskAct::Identity, name)?;
        let (device, inode) = (state.image.device, state.number(DiskAct::Identity, name)?);
        Ok(Some(FileIdentity { device, inode }))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        let mut state = self.call(DiskAct::Rename, from)?;
        let entry = Entry::File(state.number(DiskAct::Rename, from)?);
        state.check_folder(DiskAct::Rename, from, parent(to))?;
        if let Ok(over) = state.content(DiskAct::Rename, to) {
            state.used_bytes -= over.bytes.len() as u64;
        }
        state.rename(NameChange::Rename { from: from.to_owned(), to: to.to_owned(), entry });
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), DiskError> {
        let mut state = self.call(DiskAct::Remove, name)?;
        let number = state.number(DiskAct::Remove, name)?;
        state.used_bytes -= state.image.files[&number].bytes.len() as u64;
        state.rename(NameChange::Remove { name: name.to_owned() });
        Ok(())
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        let state = self.look(DiskAct::List, folder)?;
        state.check_folder(DiskAct::List, folder, folder)?;
        let below = if folder.is_empty() { 0 } else { folder.len() + 1 };
        let here = state.image.names.keys().filter(|name| parent(name) == folder);
        Ok(here.map(|name| name[below..].to_owned()).collect())
    }

    fn lock(&self, name: &str) -> Result<Box<dyn LockGuard>, DiskError> {
        let mut state = self.call(DiskAct::Lock, name)?;
        state.number(DiskAct::Lock, name)?;
        if !state.locked.insert(name.to_owned()) {
            return Err(DiskError::new(DiskAct::Lock, name, ErrorKind::WouldBlock.into()));
        }
        Ok(Box::new(ScriptedLock { disk: self.clone(), name: name.to_owned() }))
    }
}

impl State {
    fn add(
        &mut self,
        act: DiskAct,
        name: &str,
        entry: Entry,
        access: Access,
    ) -> Result<(), DiskError> {
        self.check_folder(act, name, parent(name))?;
        if name.is_empty() || self.image.names.contains_key(name) {
            return Err(DiskError::new(act, name, ErrorKind::AlreadyExists.into()));
        }
        self.rename(NameChange::Create { name: name.to_owned(), entry, access });
        Ok(())
    }
}
