//! The answers: opens what a fault left, and asks for everything; goes on, rests, asks again.
//!
//! **Invariants**
//! - An answer is right or there is none. Where there is none, the next opening has it.
//!
//! What this does not do: make faults.

use crate::reliability::actor::{Note, model};
use crate::reliability::disk::ScriptedDisk;
use crate::reliability::image::Image;
use crate::reliability::journal::{Event, NameChange};
use crate::reliability::judge::{Met, guarded};
use std::collections::BTreeSet;
use woodland::{
    Options, ReadError, Replica, RestError, Snapshot, StartError, WriteError, all, catch,
};
use woodland_log::Frontier;
use woodland_store::OpenError;

/// So little that pages are read again and again.
const MEMORY_BYTES: usize = 64 * 1024;

/// A dataset on this disk.
pub(super) fn options(disk: &ScriptedDisk, seed: u64) -> Options {
    Options::on(disk.shared()).seed(seed).memory(MEMORY_BYTES)
}

/// How many notes there are, which are those from 0 on, each once; `None` where derived state
/// cannot be read.
pub(super) fn count(replica: &Replica) -> Result<Option<u64>, String> {
    counted(&replica.snapshot())
}

/// The same of a version.
pub(super) fn counted(snapshot: &Snapshot) -> Result<Option<u64>, String> {
    let found = match snapshot.read(all::<Note>()) {
        Ok(found) => found,
        Err(ReadError::Derived(_)) => return Ok(None),
        Err(error) => return Err(format!("a read failed: {error}")),
    };
    let numbers: Option<BTreeSet<u64>> = found.iter().map(|(_, note)| note.number()).collect();
    let numbers = numbers.ok_or("a note is none that was written")?;
    let count = numbers.len() as u64;
    let are_first = numbers.last().is_none_or(|last| last + 1 == count);
    match are_first && found.len() == numbers.len() {
        true => Ok(Some(count)),
        false => Err(format!("{} notes, {count} of them different, not the first", found.len())),
    }
}

/// How many commits are held and are in no export, for want of a signature.
fn kept_back(replica: &Replica) -> u64 {
    let snapshot = replica.snapshot();
    let log = snapshot.log();
    let given: u64 = log.chains(&Frontier::new()).map(|chain| chain.len() as u64).sum();
    log.len() - given
}

/// What an image must hold.
pub(super) struct Expected<'a> {
    /// How many notes there may be.
    pub(super) ends: &'a [u64],
    /// So many there must be.
    pub(super) least: u64,
    /// The dataset must be there.
    pub(super) is_created: bool,
}

enum Tried {
    /// All was right, with so many notes found at first.
    Right,
    /// Derived state could not be read or written, and this was told.
    Told(String),
    Refused,
}

impl Expected<'_> {
    /// Opens it, and again where derived state could not be used.
    pub(super) fn of(&self, image: &Image) -> Result<Met, String> {
        guarded(|| {
            let disk = ScriptedDisk::of(image.clone());
            let mut added = 0;
            let mut met = Met::default();
            for seed in [50, 60] {
                match self.tried(&disk, seed, &mut added)? {
                    Tried::Right => {
                        let is_thrown_away = |event: &Event| {
                            matches!(event, Event::Name(NameChange::Remove { name })
                                if name.starts_with("derived/"))
                        };
                        met.torn |= u64::from(disk.journal().iter().any(is_thrown_away));
                        met.opened = 1;
                        return Ok(met);
                    }
                    Tried::Refused => return Ok(Met { refused: 1, ..met }),
                    Tried::Told(text) if seed == 60 => {
                        return Err(format!("opened again, and still: {text}"));
                    }
                    Tried::Told(_) => met.torn = 1,
                }
            }
            Ok(met)
        })
    }

    fn tried(&self, disk: &ScriptedDisk, seed: u64, added: &mut u64) -> Result<Tried, String> {
        let replica = match Replica::open(options(disk, seed), model()) {
            Ok(replica) => replica,
            Err(StartError::Open(OpenError::NothingHere | OpenError::Unfinished))
            | Err(StartError::Unfinished)
                if !self.is_created =>
            {
                return Ok(Tried::Refused);
            }
            Err(error) => return Err(format!("refused: {error}")),
        };
        let unread = || Ok(Tried::Told("derived state cannot be read".to_owned()));
        let Some(found) = count(&replica)? else { return unread() };
        let before = found.checked_sub(*added).filter(|before| self.ends.contains(before));
        if before.is_none_or(|before| before < self.least) {
            let (least, ends) = (self.least, self.ends);
            return Err(format!("{found} notes with {added} more; {least} at least, of {ends:?}"));
        }
        let given = catch(|| kept_back(&replica));
        match given {
            Err(fault) => return Ok(Tried::Told(fault.to_string())),
            Ok(0) => {}
            Ok(kept) => return Err(format!("{kept} commits are held and cannot be passed on")),
        }
        let note = Note::titled(&found.to_string());
        match replica.write(|batch| batch.insert(&note)) {
            Ok(_) => *added += 1,
            Err(WriteError::Derived(fault)) => return Ok(Tried::Told(fault.to_string())),
            Err(error) => return Err(format!("not written to: {error}")),
        }
        match replica.rest() {
            Ok(()) => {}
            Err(error @ RestError::Store(_)) => return Err(format!("not flushed: {error}")),
            Err(error) => return Ok(Tried::Told(error.to_string())),
        }
        let Some(rested) = count(&replica)? else { return unread() };
        drop(replica);
        let again = Replica::open(options(disk, seed + 1), model());
        let again = again.map_err(|error| format!("rested, then refused: {error}"))?;
        match count(&again)? {
            None => unread(),
            Some(count) if count == found + 1 && rested == count => Ok(Tried::Right),
            Some(count) => Err(format!("{rested}, after opening {count}, expected {}", found + 1)),
        }
    }
}
