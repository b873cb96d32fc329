//! The names of a simulated disk: creations, renames and removals are durable, in no order, once
//! their folder is synced.
//!
//! **Invariants**
//! - `durable` with `pending` applied in order is `live`, unless a failed sync lost some of it.
//! - A rename is durable whole or not at all. Of other changes, a power cut keeps any part.
//!
//! What this does not do: hold bytes.

use super::Survival;
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use woodland_laws::Random;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Folder,
    /// The number of the file.
    File(usize),
}

#[derive(Debug, Clone)]
enum Change {
    Put(String, Entry),
    Remove(String),
    Rename(String, String, Entry),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    live: BTreeMap<String, Entry>,
    durable: BTreeMap<String, Entry>,
    pending: Vec<Change>,
}

pub(super) fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn apply(names: &mut BTreeMap<String, Entry>, change: &Change) {
    match change {
        Change::Put(name, entry) => {
            names.insert(name.clone(), *entry);
        }
        Change::Remove(name) => {
            names.remove(name);
        }
        Change::Rename(from, to, entry) => {
            names.remove(from);
            names.insert(to.clone(), *entry);
        }
    }
}

impl Change {
    fn is_in(&self, folder: &str) -> bool {
        match self {
            Change::Put(name, _) | Change::Remove(name) => parent(name) == folder,
            Change::Rename(from, to, _) => parent(from) == folder || parent(to) == folder,
        }
    }
}

impl Names {
    pub(super) fn len(&self) -> usize {
        self.live.len()
    }

    pub(super) fn get(&self, name: &str) -> Option<Entry> {
        self.live.get(name).copied()
    }

    /// The number of the file of this name.
    pub(super) fn file(&self, name: &str) -> Result<usize, ErrorKind> {
        match self.get(name) {
            Some(Entry::File(number)) => Ok(number),
            Some(Entry::Folder) => Err(ErrorKind::IsADirectory),
            None => Err(ErrorKind::NotFound),
        }
    }

    pub(super) fn check_folder(&self, folder: &str) -> Result<(), ErrorKind> {
        match self.get(folder) {
            _ if folder.is_empty() => Ok(()),
            Some(Entry::Folder) => Ok(()),
            Some(Entry::File(_)) => Err(ErrorKind::NotADirectory),
            None => Err(ErrorKind::NotFound),
        }
    }

    pub(super) fn files(&self) -> impl Iterator<Item = (&str, usize)> {
        self.live.iter().filter_map(|(name, entry)| match entry {
            Entry::File(number) => Some((name.as_str(), *number)),
            Entry::Folder => None,
        })
    }

    /// All names, a folder before what is in it.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, Entry)> {
        self.live.iter().map(|(name, entry)| (name.as_str(), *entry))
    }

    pub(super) fn list(&self, folder: &str) -> Vec<String> {
        let below = if folder.is_empty() { 0 } else { folder.len() + 1 };
        let here = self.live.keys().filter(|name| parent(name) == folder);
        here.map(|name| name[below..].to_owned()).collect()
    }

    fn change(&mut self, change: Change) {
        apply(&mut self.live, &change);
        self.pending.push(change);
    }

    pub(super) fn add(&mut self, name: &str, entry: Entry) -> Result<(), ErrorKind> {
        self.check_folder(parent(name))?;
        if name.is_empty() || self.live.contains_key(name) {
            return Err(ErrorKind::AlreadyExists);
        }
        self.change(Change::Put(name.to_owned(), entry));
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> Result<(), ErrorKind> {
        let number = self.file(from)?;
        self.check_folder(parent(to))?;
        self.change(Change::Rename(from.to_owned(), to.to_owned(), Entry::File(number)));
        Ok(())
    }

    pub(super) fn remove(&mut self, name: &str) -> Result<(), ErrorKind> {
        self.file(name)?;
        self.change(Change::Remove(name.to_owned()));
        Ok(())
    }

    pub(super) fn sync(&mut self, folder: &str) {
        let Names { durable, pending, .. } = self;
        pending.retain(|change| {
            let is_here = change.is_in(folder);
            if is_here {
                apply(durable, change);
            }
            !is_here
        });
    }

    /// A sync that fails: any part of the work is done, and all of it counts as done.
    pub(super) fn fail_sync(&mut self, folder: &str, random: &mut Random) {
        let Names { durable, pending, .. } = self;
        pending.retain(|change| {
            let is_here = change.is_in(folder);
            if is_here && random.chance(50) {
                apply(durable, change);
            }
            !is_here
        });
    }

    pub(super) fn is_unsynced(&self) -> bool {
        !self.pending.is_empty()
    }

    pub(super) fn crash(&self, survival: Survival, random: &mut Random) -> Names {
        let mut names = self.durable.clone();
        for change in &self.pending {
            if survival.keeps(random) {
                apply(&mut names, change);
            }
        }
        let folders: BTreeSet<String> = names
            .iter()
            .filter(|(_, entry)| **entry == Entry::Folder)
            .map(|(name, _)| name.clone())
            .collect();
        // A folder that is not there holds nothing. Folders lie one in another, outermost first.
        let mut gone = BTreeSet::new();
        names.retain(|name, _| {
            let folder = parent(name);
            let is_there = folder.is_empty() || folders.contains(folder) && !gone.contains(folder);
            if !is_there {
                gone.insert(name.clone());
            }
            is_there
        });
        Names { live: names.clone(), durable: names, pending: Vec::new() }
    }

    /// The names as an image of the disk holds them.
    pub(super) fn image(&self) -> Names {
        Names { live: self.live.clone(), durable: self.live.clone(), pending: Vec::new() }
    }
}
