//! Founds a replica's dataset in segment files that are short, which the facade itself never makes:
//! then a few writes fill files, and there is something to merge.
//!
//! **Invariants**
//! - The dataset is the one that the facade founds, with the same author; the lengths alone differ.
//!
//! What this does not do: open it.

use super::actor::model;
use super::disk::ScriptedDisk;
use std::error::Error;
use woodland::{Options, Replica};
use woodland_store::{Store, StoreOptions, StoredSegment};

/// Founds it on this disk, and says when the store is there.
pub(super) fn found_in(
    disk: &ScriptedDisk,
    segment_file_bytes_max: u64,
    created: impl FnOnce(),
) -> Result<(), Box<dyn Error>> {
    let large = ScriptedDisk::empty();
    drop(Replica::create(Options::on(large.shared()).seed(5), model())?);
    let opened = Store::open(large.shared())?;
    let image = large.image();
    let bytes = |stored: &StoredSegment| {
        let file = image.bytes(&stored.name).unwrap_or_default();
        let size = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
        let (start, length) = (size(stored.segment.offset), size(stored.segment.bytes));
        file[start..start + length].to_vec()
    };
    let segments: Vec<Vec<u8>> = opened.segments.iter().map(bytes).collect();
    let options = StoreOptions { segment_file_bytes_max };
    let store = Store::create(disk.shared(), opened.dataset, &opened.key, &options)?;
    created();
    Ok(store.append(&segments)?)
}
