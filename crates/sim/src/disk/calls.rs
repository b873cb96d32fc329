//! The calls of [`Disk`], as a simulated disk answers them.
//!
//! **Invariants**
//! - Every call is counted and traced before it does anything.
//! - Of a write that fails, any beginning is there; of a sync that fails, any part.
//!
//! What this does not do: plan.

use super::file::File;
use super::names::Entry;
use super::plan::Met;
use super::{SimDisk, State};
use crate::fault::FaultKind;
use std::io::ErrorKind;
use woodland_laws::Random;
use woodland_store::{Access, Disk, DiskAct, DiskError, FileIdentity, LockGuard};

impl State {
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
