//! The folder that is measured in: which file system it is on, what is in it, what of it is cached.
//!
//! What this does not do: empty caches of others. Only the files of a dataset are let go of.

use anyhow::{Context, Result, ensure};
use rustix::fs::{Advice, fadvise};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The file system that a folder is on, with its device.
pub(crate) fn file_system(folder: &Path) -> Result<String> {
    let folder = folder.canonicalize().with_context(|| folder.display().to_string())?;
    let mounts = std::fs::read_to_string("/proc/mounts").context("this needs Linux")?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (device, at, kind) = (words.next()?, words.next()?, words.next()?);
        folder.starts_with(at).then(|| (at.len(), format!("{kind} ({device} at {at})")))
    });
    // Of two at one place, the later one hides the other.
    let (_, found) = mounts.max_by_key(|(length, _)| *length).context("no mount of a folder")?;
    Ok(found)
}

/// Refuses a place that waits for no disk.
pub(crate) fn check(file_system: &str) -> Result<()> {
    let is_memory = ["tmpfs", "ramfs"].iter().any(|kind| file_system.starts_with(kind));
    ensure!(!is_memory, "{file_system} waits for no disk: choose another `--place`");
    Ok(())
}

/// Lets the system forget the bytes of all files in a folder, once they are on the disk.
pub(crate) fn forget(folder: &Path) -> Result<()> {
    for path in files_under(folder)? {
        let file = File::open(&path)?;
        file.sync_all()?;
        fadvise(&file, 0, None, Advice::DontNeed)?;
    }
    Ok(())
}

/// The bytes of all files in a folder.
pub(crate) fn bytes_under(folder: &Path) -> Result<u64> {
    let mut total = 0;
    for path in files_under(folder)? {
        total += path.metadata()?.len();
    }
    Ok(total)
}

fn files_under(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_under(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}
