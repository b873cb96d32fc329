//! A file of a simulated disk: what programs see, what is on its way, and what is durable.
//!
//! ```text
//!  live      what a read gives
//!  dirty     sectors written since they were last durable, with every content they had since
//!  durable   what is there after a power cut that saves nothing of the rest
//! ```
//!
//! **Invariants**
//! - A sector in which live and durable differ is dirty, or is one that a failed sync lost.
//! - What a power cut leaves in a dirty sector is the durable content or one that it had since.
//!
//! What this does not do: know its name, or fail.

use super::Survival;
use crate::fault::FaultKind;
use std::collections::{BTreeMap, BTreeSet};
use woodland_laws::Random;
use woodland_store::Access;

/// What a disk writes whole or not at all.
pub const SECTOR_BYTES: usize = 512;

type Sector = Box<[u8; SECTOR_BYTES]>;

#[derive(Clone)]
pub(super) struct File {
    pub(super) access: Access,
    pub(super) live: Vec<u8>,
    pub(super) durable: Vec<u8>,
    dirty: BTreeMap<usize, Vec<Sector>>,
    /// Every length since the last sync, the present one last.
    lengths: Vec<usize>,
    /// What durable sectors held before they were written over.
    before: BTreeMap<usize, Sector>,
    /// Sectors that were not what was written to them, and whether anybody has read them. Writing
    /// over a part of one mends nothing, so they stay.
    damaged: BTreeMap<usize, (FaultKind, bool)>,
}

impl File {
    pub(super) fn of(access: Access) -> Self {
        File {
            access,
            live: Vec::new(),
            durable: Vec::new(),
            dirty: BTreeMap::new(),
            lengths: Vec::new(),
            before: BTreeMap::new(),
            damaged: BTreeMap::new(),
        }
    }

    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        if bytes.is_empty() {
            return;
        }
        if end > self.live.len() {
            self.live.resize(end, 0);
            self.lengths.push(end);
        }
        self.live[offset..end].copy_from_slice(bytes);
        for number in offset / SECTOR_BYTES..=(end - 1) / SECTOR_BYTES {
            let content = sector_of(&self.live, number);
            self.dirty.entry(number).or_default().push(content);
        }
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.live.resize(length, 0);
        self.lengths.push(length);
        // What is behind the end is gone, also should the file grow again.
        for number in length / SECTOR_BYTES..self.durable.len().div_ceil(SECTOR_BYTES) {
            self.dirty.entry(number).or_default().push(sector_of(&self.live, number));
        }
    }

    /// What a read of this stretch comes across.
    pub(super) fn meet(&mut self, offset: usize, length: usize) -> Vec<FaultKind> {
        if self.damaged.is_empty() || length == 0 {
            return Vec::new();
        }
        let sectors = offset / SECTOR_BYTES..=(offset + length - 1) / SECTOR_BYTES;
        let unmet = self.damaged.range_mut(sectors).filter(|(_, (_, is_met))| !is_met);
        let meet = |(_, (kind, is_met)): (&usize, &mut (FaultKind, bool))| {
            *is_met = true;
            *kind
        };
        unmet.map(meet).collect()
    }

    pub(super) fn sync(&mut self) {
        self.durable.resize(self.live.len(), 0);
        for number in std::mem::take(&mut self.dirty).into_keys() {
            self.save(number);
        }
        self.lengths.clear();
    }

    /// Makes what is live in a sector durable, as far as the durable length goes.
    fn save(&mut self, number: usize) {
        let held = sector_of(&self.durable, number);
        let content = sector_of(&self.live, number);
        if held != content && number * SECTOR_BYTES < self.durable.len() {
            self.before.insert(number, held);
        }
        put(&mut self.durable, number, &content);
    }

    /// A sync that fails: any part of the work is done, and all of it counts as done.
    pub(super) fn fail_sync(&mut self, random: &mut Random) {
        if random.chance(50) {
            self.durable.resize(self.live.len(), 0);
        }
        for number in std::mem::take(&mut self.dirty).into_keys() {
            if random.chance(50) {
                self.save(number);
            }
        }
        self.lengths.clear();
    }

    /// Memory is given back where it may be: what is read next comes from the disk. Whether that
    /// shows something else.
    pub(super) fn evict(&mut self) -> bool {
        if !self.dirty.is_empty() || !self.lengths.is_empty() || self.live == self.durable {
            return false;
        }
        self.live.clone_from(&self.durable);
        true
    }

    pub(super) fn is_unsynced(&self) -> bool {
        !self.dirty.is_empty() || !self.lengths.is_empty()
    }

    /// The file after a power cut.
    pub(super) fn crash(&self, survival: Survival, random: &mut Random) -> File {
        let mut bytes = self.durable.clone();
        let mut sectors = BTreeMap::new();
        for (number, contents) in &self.dirty {
            if let Some(content) = survival.one_of(contents, random) {
                sectors.insert(*number, content);
            }
        }
        if let Some(length) = survival.one_of(&self.lengths, random) {
            bytes.resize(*length, 0);
        }
        for (number, content) in sectors {
            put(&mut bytes, number, content);
        }
        let (before, access) = (self.before.clone(), self.access);
        let damaged = self.damaged.clone();
        let (live, dirty) = (bytes.clone(), BTreeMap::new());
        File { access, live, durable: bytes, dirty, lengths: Vec::new(), before, damaged }
    }

    /// The file as an image of the disk holds it: what is live, all of it durable.
    pub(super) fn image(&self) -> File {
        let mut image = self.clone();
        image.durable.clone_from(&image.live);
        image.dirty.clear();
        image.lengths.clear();
        image
    }

    /// Flips a durable bit. Whether there is one.
    pub(super) fn flip(&mut self, random: &mut Random) -> bool {
        if self.durable.is_empty() {
            return false;
        }
        let at = random.below(self.durable.len());
        let bit = 1 << random.below(8);
        if self.dirty.contains_key(&(at / SECTOR_BYTES)) {
            return false;
        }
        let Some(byte) = self.durable.get_mut(at) else { return false };
        *byte ^= bit;
        if let Some(byte) = self.live.get_mut(at) {
            *byte ^= bit;
        }
        self.damaged.insert(at / SECTOR_BYTES, (FaultKind::BitFlip, false));
        true
    }

    /// Puts back what a sector held before. Whether any held something else.
    pub(super) fn revert(&mut self, random: &mut Random) -> bool {
        let clean = |number: &&usize| !self.dirty.contains_key(number);
        let numbers: Vec<usize> = self.before.keys().filter(clean).copied().collect();
        let Some(number) = random.pick(&numbers).copied() else { return false };
        let content = self.before.remove(&number).expect("it was picked from these");
        self.replace(number, &content, FaultKind::StaleSector)
    }

    /// Puts this into a sector, as a write that went to the wrong place does. Whether that changes
    /// anything.
    pub(super) fn misdirect(&mut self, number: usize, content: &[u8; SECTOR_BYTES]) -> bool {
        !self.dirty.contains_key(&number)
            && self.replace(number, content, FaultKind::MisdirectedSector)
    }

    fn replace(&mut self, number: usize, content: &[u8; SECTOR_BYTES], kind: FaultKind) -> bool {
        let before = self.durable.clone();
        put(&mut self.durable, number, content);
        put(&mut self.live, number, content);
        let is_other = self.durable != before;
        if is_other {
            self.damaged.insert(number, (kind, false));
        }
        is_other
    }

    /// Counts all damage that is in it as of this kind.
    pub(super) fn rename_damage(&mut self, kind: FaultKind) {
        self.damaged.values_mut().for_each(|(of, _)| *of = kind);
    }

    pub(super) fn sectors(&self) -> usize {
        self.durable.len().div_ceil(SECTOR_BYTES)
    }

    pub(super) fn sector(&self, number: usize) -> Sector {
        sector_of(&self.durable, number)
    }

    /// The kinds of damage that are in it.
    pub(super) fn damage(&self) -> BTreeSet<FaultKind> {
        self.damaged.values().map(|(kind, _)| *kind).collect()
    }
}

/// A sector, with zeros behind the end.
fn sector_of(bytes: &[u8], number: usize) -> Sector {
    let mut sector = Box::new([0; SECTOR_BYTES]);
    let start = number * SECTOR_BYTES;
    if let Some(rest) = bytes.get(start..) {
        let length = rest.len().min(SECTOR_BYTES);
        sector[..length].copy_from_slice(&rest[..length]);
    }
    sector
}

/// Writes a sector as far as there are bytes.
fn put(bytes: &mut [u8], number: usize, content: &[u8; SECTOR_BYTES]) {
    let start = number * SECTOR_BYTES;
    if let Some(rest) = bytes.get_mut(start..) {
        let length = rest.len().min(SECTOR_BYTES);
        rest[..length].copy_from_slice(&content[..length]);
    }
}
