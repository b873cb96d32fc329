//! Damage to a simulated disk at rest: bits that flip, sectors that are stale or of somewhere else.
//!
//! **Invariants**
//! - Damage is durable at once, and seen by whoever reads.
//! - What would change nothing is not done and not counted.
//! - What was derived is damaged by a kind of damage of its own, and by no other.

use super::{SECTOR_BYTES, SimDisk, State};
use crate::fault::FaultKind;
use std::collections::BTreeSet;
use woodland_laws::Random;

impl SimDisk {
    /// Does damage of this kind somewhere; on which file, or nothing where there was nothing to
    /// damage.
    ///
    /// # Panics
    /// When the kind is none of damage.
    pub fn damage(&self, kind: FaultKind, random: &mut Random) -> Option<String> {
        let mut state = self.state();
        let name = match kind {
            FaultKind::BitFlip => state.flip(random),
            FaultKind::StaleSector => state.revert(random),
            FaultKind::MisdirectedSector => state.misdirect(random),
            FaultKind::DamagedDerived => state.damage_derived(random),
            other => panic!("a {other} is no damage"),
        };
        state.trace.note(format_args!("  disk {} {kind:?} in {name:?}", state.device));
        name
    }

    /// Evicts what of memory may be evicted; whether that shows other bytes than before.
    pub fn evict(&self) -> bool {
        let mut state = self.state();
        let numbers: Vec<usize> = state.names.files().map(|(_, number)| number).collect();
        let shown = numbers.into_iter().filter(|number| state.files[*number].evict()).count();
        state.trace.note(format_args!("  disk {} forgets {shown} files", state.device));
        shown > 0
    }

    /// Throws away what was derived, durably; whether there was any.
    pub fn lose_derived(&self) -> bool {
        let mut state = self.state();
        let names: Vec<String> = state.names.files().map(|(name, _)| name.to_owned()).collect();
        let derived = names.iter().filter(|name| is_derived(name));
        let lost = derived.filter(|name| state.names.remove(name).is_ok()).count();
        if lost > 0 {
            state.names.sync(DERIVED);
        }
        state.trace.note(format_args!("  disk {} loses {lost} derived files", state.device));
        lost > 0
    }

    /// Whether anything derived rests here.
    pub fn has_derived(&self) -> bool {
        self.state().names.files().any(|(name, _)| is_derived(name))
    }

    /// The kinds of damage that are in the files of this disk.
    pub fn damages(&self) -> BTreeSet<FaultKind> {
        let state = self.state();
        state.names.files().flat_map(|(_, number)| state.files[number].damage()).collect()
    }
}

/// The folder of what was derived.
const DERIVED: &str = "derived";

fn is_derived(name: &str) -> bool {
    name.split('/').next() == Some(DERIVED)
}

impl State {
    /// Files of the log with durable bytes, the larger ones as often as they have sectors.
    fn targets(&self) -> Vec<(String, usize)> {
        let files = self.names.files().filter(|(name, _)| !is_derived(name));
        let files = files.map(|(name, number)| (name.to_owned(), number));
        let weighed = files.flat_map(|file| {
            let sectors = self.files[file.1].sectors();
            std::iter::repeat_n(file, sectors)
        });
        weighed.collect()
    }

    fn flip(&mut self, random: &mut Random) -> Option<String> {
        let (name, number) = random.pick(&self.targets())?.clone();
        self.files[number].flip(random).then_some(name)
    }

    fn revert(&mut self, random: &mut Random) -> Option<String> {
        let (name, number) = random.pick(&self.targets())?.clone();
        self.files[number].revert(random).then_some(name)
    }

    /// A bit of what was derived flips, or a sector of it shows what it held before, or another's.
    fn damage_derived(&mut self, random: &mut Random) -> Option<String> {
        let mut files = self.names.files().filter(|(name, _)| is_derived(name));
        let (name, number) = files.next().map(|(name, number)| (name.to_owned(), number))?;
        let file = &mut self.files[number];
        let done = match random.below(3) {
            0 => file.revert(random),
            1 if file.sectors() > 0 => {
                let from = random.below(file.sectors());
                let content = file.sector(from);
                file.misdirect(random.below(file.sectors()), &content)
            }
            _ => file.flip(random),
        };
        if done {
            file.rename_damage(FaultKind::DamagedDerived);
        }
        done.then_some(name)
    }

    fn misdirect(&mut self, random: &mut Random) -> Option<String> {
        let targets = self.targets();
        let ((_, from), (name, to)) = (random.pick(&targets)?, random.pick(&targets)?);
        let at = random.below(self.files[*from].sectors());
        let content: Box<[u8; SECTOR_BYTES]> = self.files[*from].sector(at);
        let at = random.below(self.files[*to].sectors());
        self.files[*to].misdirect(at, &content).then(|| name.clone())
    }
}
