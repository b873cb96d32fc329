//! Giving away what a replica holds: one log file.
//!
//! **Invariants**
//! - The file is whole and synced before it has its name; a failed export leaves no file of that
//!   name, or the one that was there.
//! - Only what a signature of its author vouches for is written, and only what is durable: what is
//!   buffered is made so first.
//!
//! What this does not do: choose what the other side lacks. A log file merges into any replica of
//! the dataset, however much of it is known there.

use crate::replica::Replica;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use woodland_format::{FileHeader, Purpose, encode_segment};
use woodland_log::{Frontier, Log};
use woodland_page::catch;

/// A log file was not written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}; the export was not written", path.display())]
pub struct ExportError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// How many commits.
    pub commits: usize,
    /// How many bytes.
    pub bytes: u64,
}

impl Replica {
    /// Writes all that the replica holds into one log file, in place of what is there. What is
    /// buffered is made durable first.
    ///
    /// # Errors
    /// [`ExportError`] when the disk fails.
    pub fn export(&self, path: impl AsRef<Path>) -> Result<Exported, ExportError> {
        let path = path.as_ref();
        let failed = |source| ExportError { path: path.to_owned(), source };
        let given = self.flushed().map_err(|error| failed(io::Error::other(error)))?;
        let written = catch(|| write_file(path, given.log()));
        written.map_err(io::Error::other).flatten().map_err(failed)
    }
}

fn write_file(path: &Path, log: &Log) -> io::Result<Exported> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let written = write_partial(&partial, log).and_then(|exported| {
        std::fs::rename(&partial, path)?;
        sync_folder(path)?;
        Ok(exported)
    });
    if written.is_err() {
        // The first error is the one to tell; what is left over does no harm.
        let _ = std::fs::remove_file(&partial);
    }
    written
}

fn write_partial(partial: &Path, log: &Log) -> io::Result<Exported> {
    let header = FileHeader { purpose: Purpose::Log, dataset: log.dataset() };
    let mut file = BufWriter::new(File::create(partial)?);
    file.write_all(&header.encode())?;
    let mut exported = Exported { commits: 0, bytes: header.encode().len() as u64 };
    for run in log.chains(&Frontier::new()) {
        let segment = encode_segment(log.dataset(), &run, |one| log.signature(&one.id()));
        file.write_all(&segment)?;
        exported.commits += run.len();
        exported.bytes += segment.len() as u64;
    }
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok(exported)
}

/// A file's name is durable once its folder is synced. Other systems have no such act.
fn sync_folder(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
