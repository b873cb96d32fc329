//! The floor: what a durable write costs on this disk, whoever makes it.
//!
//! It appends 200 bytes to a file and syncs its data. It is no store, so it is not a [`Store`].
//!
//! [`Store`]: crate::stores::Store

use anyhow::Result;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

/// What a record takes in a file, with what a store says of it.
const RECORD_BYTES: usize = 200;

/// A file that grows.
pub(crate) struct Floor {
    file: File,
}

impl Floor {
    pub(crate) fn create(folder: &Path) -> Result<Self> {
        let file = OpenOptions::new().append(true).create_new(true).open(folder.join("floor"))?;
        Ok(Floor { file })
    }

    /// So many records at once.
    pub(crate) fn append(&mut self, records: usize) -> Result<()> {
        self.file.write_all(&vec![7; RECORD_BYTES * records])?;
        Ok(self.file.sync_data()?)
    }
}
