//! The platter: what a journal leaves durable, and what a crash may leave of the rest.
//!
//! ```text
//!  pending  ─┬─ names    each its own unit, in any subset
//!            └─ bytes    by file and sector of 512 bytes, in any subset;
//!                        a file's growth without its data is a unit, too (zeros)
//! ```
//!
//! **Invariants**
//! - What was synced is in every crash; of what was not, any subset of the units may be.
//! - What a failed sync lost is in no crash, unless it was written again.
//!
//! What this does not do: choose subsets; `crashes` does.

use super::disk::change_name;
use super::image::{Content, Image, parent};
use super::journal::{Change, Event, NameChange, apply};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A disk keeps a sector whole or not at all.
pub const SECTOR_BYTES: u64 = 512;

/// Something that a crash keeps or loses as a whole.
#[derive(Debug, Clone)]
pub enum Unit {
    /// A change of a name.
    Name(NameChange),
    /// A part of a write inside one sector, or a change of length.
    Bytes {
        /// The file.
        number: u64,
        /// The part.
        change: Change,
    },
    /// The file is as long as memory shows it.
    Growth {
        /// The file.
        number: u64,
        /// That long.
        length: u64,
    },
}

/// What is durable, and what waits.
#[derive(Debug, Clone, Default)]
pub struct Platter {
    durable: Image,
    /// By file, in order.
    bytes: BTreeMap<u64, Vec<Change>>,
    /// In order.
    names: Vec<NameChange>,
}

impl Platter {
    /// All of this is durable.
    pub fn of(image: Image) -> Self {
        Platter { durable: image, ..Platter::default() }
    }

    /// Goes on by one event. Where `is_lying`, a sync does nothing.
    pub fn apply(&mut self, event: &Event, is_lying: Lying) {
        match event {
            Event::Bytes { number, change } => {
                self.bytes.entry(*number).or_default().push(change.clone());
            }
            Event::Name(change) => {
                if let NameChange::Create {
                    entry: super::image::Entry::File(number), access, ..
                } = change
                {
                    let content = Content { bytes: Arc::default(), access: *access };
                    self.durable.files.entry(*number).or_insert(content);
                }
                self.names.push(change.clone());
            }
            Event::Sync { number } if is_lying == Lying::No => {
                let file = self.durable.files.get_mut(number);
                let file = file.expect("what is synced was created");
                for change in self.bytes.remove(number).unwrap_or_default() {
                    apply(Arc::make_mut(&mut file.bytes), &change, usize::MAX);
                }
            }
            Event::SyncFailed { number } => {
                self.bytes.remove(number);
            }
            Event::SyncFolder { folder } if is_lying == Lying::No => {
                let mut later = Vec::new();
                for change in self.names.drain(..) {
                    if parent(change.name()) == folder {
                        change_name(&mut self.durable, &change);
                    } else {
                        later.push(change);
                    }
                }
                self.names = later;
            }
            Event::Device(device) => self.durable.device = *device,
            Event::Sync { .. } | Event::SyncFolder { .. } | Event::Mark(_) => {}
        }
    }

    /// The crash that loses all that waits.
    pub fn bare(&self) -> Image {
        let mut image = self.durable.clone();
        image.drop_orphans();
        image
    }

    /// The crash that keeps all that waits, and of `partly` the first bytes.
    pub fn full(&self, partly: Option<(u64, &Change, usize)>) -> Image {
        let mut image = self.durable.clone();
        self.names.iter().for_each(|change| change_name(&mut image, change));
        for (number, changes) in &self.bytes {
            let file = image.files.get_mut(number).expect("what is written was created");
            for change in changes {
                apply(Arc::make_mut(&mut file.bytes), change, usize::MAX);
            }
        }
        if let Some((number, change, bytes)) = partly {
            let file = image.files.get_mut(&number).expect("what is written was created");
            apply(Arc::make_mut(&mut file.bytes), change, bytes);
        }
        image.drop_orphans();
        image
    }

    /// What waits, in units.
    pub fn units(&self) -> Vec<Unit> {
        let mut units: Vec<Unit> = self.names.iter().cloned().map(Unit::Name).collect();
        for (number, changes) in &self.bytes {
            let mut shown = self.durable.files[number].bytes.as_ref().clone();
            let before = shown.len();
            for change in changes {
                apply(&mut shown, change, usize::MAX);
                let parts = sectors(change).map(|change| Unit::Bytes { number: *number, change });
                units.extend(parts);
            }
            if shown.len() > before {
                let length = shown.len() as u64;
                units.push(Unit::Growth { number: *number, length });
            }
        }
        units
    }

    /// The crash that keeps these of the units.
    pub fn with<'a>(&self, units: impl Iterator<Item = &'a Unit>) -> Image {
        let mut image = self.durable.clone();
        for unit in units {
            match unit {
                Unit::Name(change) => change_name(&mut image, change),
                Unit::Bytes { number, change } => {
                    let file = image.files.get_mut(number).expect("what is written was created");
                    apply(Arc::make_mut(&mut file.bytes), change, usize::MAX);
                }
                Unit::Growth { number, length } => {
                    let file = image.files.get_mut(number).expect("what is written was created");
                    let length = usize::try_from(*length).unwrap_or(usize::MAX);
                    if file.bytes.len() < length {
                        Arc::make_mut(&mut file.bytes).resize(length, 0);
                    }
                }
            }
        }
        image.drop_orphans();
        image
    }
}

/// Whether a sync does what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lying {
    /// It does.
    No,
    /// It says so, and does nothing.
    Yes,
}

/// A write by sector.
fn sectors(change: &Change) -> impl Iterator<Item = Change> {
    let mut parts = Vec::new();
    match change {
        Change::Length(_) => parts.push(change.clone()),
        Change::Write { offset, bytes } => {
            let (mut at, mut rest) = (*offset, bytes.as_ref());
            while !rest.is_empty() {
                let room = usize::try_from(SECTOR_BYTES - at % SECTOR_BYTES).unwrap_or(1);
                let (part, after) = rest.split_at(room.min(rest.len()));
                parts.push(Change::Write { offset: at, bytes: part.into() });
                at += part.len() as u64;
                rest = after;
            }
        }
    }
    parts.into_iter()
}
