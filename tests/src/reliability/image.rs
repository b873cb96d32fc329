//! What a disk shows at one moment: names, and the files behind them.
//!
//! **Invariants**
//! - A clone is cheap: the bytes of a file are shared until one of the two changes them.
//! - A file keeps its number through renaming, and in every image of the same disk.
//!
//! What this does not do: know what of it is durable; `platter` does.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use woodland_store::Access;

/// Where a name leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entry {
    /// A folder.
    Folder,
    /// The file of this number.
    File(u64),
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its bytes.
    pub bytes: Arc<Vec<u8>>,
    /// Who may open it.
    pub access: Access,
}

/// Names and files.
#[derive(Debug, Clone, Default)]
pub struct Image {
    /// Tells the device, so that a copy is noticed.
    pub device: u64,
    /// By path inside the directory.
    pub names: BTreeMap<String, Entry>,
    /// By number; a file without a name is kept, for a handle may hold it.
    pub files: BTreeMap<u64, Content>,
}

impl Image {
    /// The names of all files, ascending.
    pub fn file_names(&self) -> Vec<String> {
        let is_file = |entry: &Entry| matches!(entry, Entry::File(_));
        let files = self.names.iter().filter(|(_, entry)| is_file(entry));
        files.map(|(name, _)| name.clone()).collect()
    }

    /// The bytes behind a name; `None` where there is no file.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        match self.names.get(name)? {
            Entry::File(number) => self.files.get(number).map(|file| file.bytes.as_slice()),
            Entry::Folder => None,
        }
    }

    /// The bytes behind a name, to bend them. A name that leads nowhere gives a scratch buffer.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn bend(&mut self, name: &str) -> &mut Vec<u8> {
        let Some(Entry::File(number)) = self.names.get(name) else { panic!("no file {name}") };
        let file = self.files.get_mut(number).expect("a name leads to a file that is there");
        Arc::make_mut(&mut file.bytes)
    }

    /// Another device with the same content.
    #[must_use]
    pub fn copied_to(mut self, device: u64) -> Self {
        self.device = device;
        self
    }

    /// Names below folders that are not there are gone with them.
    pub(super) fn drop_orphans(&mut self) {
        let is_there = |names: &BTreeMap<String, Entry>, name: &str| {
            let mut at = name;
            while let Some((folder, _)) = at.rsplit_once('/') {
                if names.get(folder) != Some(&Entry::Folder) {
                    return false;
                }
                at = folder;
            }
            true
        };
        let names = self.names.clone();
        self.names.retain(|name, _| is_there(&names, name));
    }

    /// A number that two images of the same content share.
    pub fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.device.hash(&mut hasher);
        for (name, entry) in &self.names {
            (name, entry).hash(&mut hasher);
            if let Entry::File(number) = entry {
                let file = &self.files[number];
                (file.access == Access::OwnerOnly).hash(&mut hasher);
                hasher.write(&file.bytes);
            }
        }
        hasher.finish()
    }
}

/// The folder that a name stands in.
pub(super) fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}
