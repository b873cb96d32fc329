//! Blocks: a file of the dataset's disk for an embedded store, with a check on every block.
//!
//! ```text
//!  store sees   0         4,096     8,192 …
//!  file has     block 0 │ block 1  check │ block 2  check │ …
//!               4,096     4,096    8
//!
//!  check        0             4          8
//!               block number  crc32 of the block
//! ```
//!
//! Block 0 is the store's own header, which it writes over in place and checks itself: a check
//! beside it could be torn from it. A block that was never written is all zeros, check included.
//!
//! **Invariants**
//! - What is read is what was written to that block, or an error of kind `InvalidData`.
//! - Blocks are written whole.
//! - Once a block was not what was written, `Damage` says so for good.
//!
//! What this does not do: notice a block that is put back to what it was before. The store may then
//! miss a page, or give another one: the page's own check tells.

use std::fmt;
use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use woodland_store::{Access, Disk, DiskError};

const BLOCK_BYTES: usize = 4096;
const CHECK_BYTES: usize = 8;
const STORED_BYTES: usize = BLOCK_BYTES + CHECK_BYTES;
/// No file is as long; places up to here are computed without overflow.
const BYTES_MAX: u64 = 1 << 60;

/// A file as blocks.
pub(crate) struct Blocks {
    disk: Arc<dyn Disk>,
    name: String,
    damage: Damage,
}

/// Whether a block was met that is not what was written. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Damage(Arc<AtomicBool>);

impl Damage {
    pub(crate) fn is_met(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blocks({})", self.name)
    }
}

/// Where a block begins in the file.
fn stored_at(block: u64) -> u64 {
    match block.checked_sub(1) {
        None => 0,
        Some(before) => BLOCK_BYTES as u64 + before * STORED_BYTES as u64,
    }
}

fn check_of(block: u64, bytes: &[u8]) -> [u8; CHECK_BYTES] {
    let mut check = [0; CHECK_BYTES];
    check[..4].copy_from_slice(&(block as u32).to_le_bytes());
    check[4..].copy_from_slice(&crc32fast::hash(bytes).to_le_bytes());
    check
}

fn failed(error: DiskError) -> Error {
    Error::new(error.kind(), error)
}

impl Blocks {
    /// The blocks of this file, which is made where it is absent.
    pub(crate) fn of(disk: Arc<dyn Disk>, folder: &str, name: &str) -> Result<Self, DiskError> {
        match disk.create_folder(folder) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => {
                made?;
                disk.sync_folder("")?;
            }
        }
        let name = format!("{folder}/{name}");
        match disk.len(&name) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                disk.create_file(&name, Access::Shared)?;
                disk.sync_folder(folder)?;
            }
            length => drop(length?),
        }
        Ok(Blocks { disk, name, damage: Damage::default() })
    }

    /// What tells of damage once the blocks are the embedded store's.
    pub(crate) fn damage(&self) -> Damage {
        self.damage.clone()
    }

    /// The blocks from this one on, without their checks. They may be past the file's end: then
    /// they were never written.
    fn read_blocks(&self, first: u64, count: u64) -> Result<Vec<u8>, Error> {
        let length = self.disk.len(&self.name).map_err(failed)?;
        self.read_to(length, first, count)
    }

    /// The same, in a file of which these bytes are read at most: an error of kind `UnexpectedEof`
    /// where it has fewer.
    fn read_to(&self, length: u64, first: u64, count: u64) -> Result<Vec<u8>, Error> {
        let (from, to) = (stored_at(first), stored_at(first + count));
        let mut stored = vec![0; usize_of(to - from)?];
        let there = usize_of(length.clamp(from, to) - from)?;
        self.disk.read_at(&self.name, from, &mut stored[..there]).map_err(failed)?;
        let mut blocks = Vec::with_capacity(usize_of(count)? * BLOCK_BYTES);
        let mut rest = stored.as_slice();
        for block in first..first + count {
            let (bytes, after) = rest.split_at(BLOCK_BYTES);
            rest = after;
            blocks.extend_from_slice(bytes);
            if block == 0 {
                continue;
            }
            let (check, after) = rest.split_at(CHECK_BYTES);
            rest = after;
            let is_unwritten = || bytes.iter().chain(check).all(|byte| *byte == 0);
            if check != check_of(block, bytes) && !is_unwritten() {
                self.damage.0.store(true, Ordering::Relaxed);
                let reason = format!("block {block} of {} is not what was written", self.name);
                return Err(Error::new(ErrorKind::InvalidData, reason));
            }
        }
        Ok(blocks)
    }

    fn write_blocks(&self, first: u64, bytes: &[u8]) -> Result<(), Error> {
        let mut stored = Vec::with_capacity(bytes.len() / BLOCK_BYTES * STORED_BYTES);
        for (block, bytes) in (first..).zip(bytes.chunks_exact(BLOCK_BYTES)) {
            stored.extend_from_slice(bytes);
            if block > 0 {
                stored.extend_from_slice(&check_of(block, bytes));
            }
        }
        self.disk.write_at(&self.name, stored_at(first), &stored).map_err(failed)
    }
}

fn usize_of(number: u64) -> Result<usize, Error> {
    usize::try_from(number).map_err(|_| Error::from(ErrorKind::OutOfMemory))
}

/// The blocks in which these bytes lie: the first, how many, and where in the first they begin.
fn blocks_of(offset: u64, length: usize) -> (u64, u64, usize) {
    let size = BLOCK_BYTES as u64;
    let (first, end) = (offset / size, (offset + length as u64).div_ceil(size));
    (first, end - first, (offset % size) as usize)
}

impl redb::StorageBackend for Blocks {
    fn len(&self) -> Result<u64, Error> {
        let stored = self.disk.len(&self.name).map_err(failed)?;
        let size = BLOCK_BYTES as u64;
        Ok(match stored.checked_sub(size) {
            None => stored,
            Some(more) => size + more / STORED_BYTES as u64 * size,
        })
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let end = offset.saturating_add(out.len() as u64);
        if end > BYTES_MAX {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let (first, count, start) = blocks_of(offset, out.len());
        // Mostly all of it is there: how long the file is is asked where it is not.
        let blocks = match self.read_to(u64::MAX, first, count) {
            // The last block may be cut short, and what is asked for lie before that.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                if end > self.len()? {
                    return Err(error);
                }
                self.read_blocks(first, count)?
            }
            read => read?,
        };
        out.copy_from_slice(&blocks[start..start + out.len()]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        let blocks = len.div_ceil(BLOCK_BYTES as u64);
        self.disk.truncate(&self.name, stored_at(blocks)).map_err(failed)
    }

    fn sync_data(&self) -> Result<(), Error> {
        self.disk.sync(&self.name).map_err(failed)
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let (first, count, start) = blocks_of(offset, data.len());
        if start == 0 && data.len().is_multiple_of(BLOCK_BYTES) {
            return self.write_blocks(first, data);
        }
        let mut blocks = self.read_blocks(first, count)?;
        blocks[start..start + data.len()].copy_from_slice(data);
        self.write_blocks(first, &blocks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redb::StorageBackend;
    use woodland_store::MemoryDisk;

    fn blocks() -> (Arc<MemoryDisk>, Blocks) {
        let disk = Arc::new(MemoryDisk::new());
        let blocks = Blocks::of(disk.clone(), "derived", "pages.redb").unwrap();
        (disk, blocks)
    }

    #[test]
    fn what_was_written_is_read_at_any_place_and_length() {
        let (_, blocks) = blocks();
        let mut model = vec![0_u8; 5 * BLOCK_BYTES];
        blocks.set_len(model.len() as u64).unwrap();
        assert_eq!(blocks.len().unwrap(), model.len() as u64);
        let writes = [(0, 4096), (4096, 8192), (100, 320), (8190, 5), (12_288, 8192), (4095, 8194)];
        for (number, (offset, length)) in writes.into_iter().enumerate() {
            let bytes = vec![number as u8 + 1; length];
            blocks.write(offset as u64, &bytes).unwrap();
            model[offset..offset + length].copy_from_slice(&bytes);
            for (from, length) in [(0, model.len()), (1, 9000), (4096, 4096), (8000, 300)] {
                let mut out = vec![0; length];
                blocks.read(from as u64, &mut out).unwrap();
                assert_eq!(out, model[from..from + length]);
            }
        }
        for past in [5 * BLOCK_BYTES as u64 - 1, BYTES_MAX, u64::MAX] {
            assert!(blocks.read(past, &mut [0; 2]).is_err());
        }
    }

    #[test]
    fn every_flipped_bit_and_every_swapped_block_is_noticed() {
        let (disk, blocks) = blocks();
        blocks.set_len(4 * BLOCK_BYTES as u64).unwrap();
        for block in 0..4 {
            blocks.write(block * BLOCK_BYTES as u64, &[block as u8; BLOCK_BYTES]).unwrap();
        }
        let name = "derived/pages.redb";
        let whole = disk.bytes(name).unwrap();
        let mut out = vec![0; 3 * BLOCK_BYTES];
        for bit in (BLOCK_BYTES * 8..whole.len() * 8).step_by(7) {
            disk.flip(name, bit);
            let error = blocks.read(BLOCK_BYTES as u64, &mut out).expect_err("flipped");
            assert_eq!(error.kind(), ErrorKind::InvalidData);
            disk.flip(name, bit);
        }
        let mut swapped = whole.clone();
        let (one, two) = (stored_at(1) as usize, stored_at(2) as usize);
        swapped.copy_within(two..two + STORED_BYTES, one);
        disk.replace(name, &swapped);
        assert!(blocks.read(BLOCK_BYTES as u64, &mut out).is_err());
        disk.replace(name, &whole);
        blocks.read(BLOCK_BYTES as u64, &mut out).unwrap();
    }
}
