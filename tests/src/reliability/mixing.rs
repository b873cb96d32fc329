//! Two copies of a directory go on apart, and their folders are merged file by file, as tools for
//! synchronising folders do.
//!
//! **Invariants**
//! - Whatever files are taken from whichever copy: the directory is refused, or it has all commits
//!   of one of the two.
//!
//! What this does not do: join the two; a merge of replicas does.

use super::actor::handed_out;
use super::disk::ScriptedDisk;
use super::image::Image;
use super::judge::guarded;
use super::row::{Tally, Tier};
use super::sample::{Chain, key};
use std::collections::BTreeSet;
use woodland::CommitId;
use woodland_store::{Store, StoreOptions};

/// Copies that go on by so many appends each, with every choice of files.
pub(super) fn merged_folders(tier: Tier, tally: &mut Tally) {
    for appends in 1..tier.choose(3, 6) {
        for other_appends in 1..tier.choose(3, 6) {
            for segment_file_bytes_max in [1, 900, 1 << 20] {
                mix(appends, other_appends, segment_file_bytes_max, tally);
                if tally.is_over() {
                    return;
                }
            }
        }
    }
}

fn mix(appends: usize, other_appends: usize, segment_file_bytes_max: u64, tally: &mut Tally) {
    let (mut chain, founding) = Chain::found();
    let disk = ScriptedDisk::empty();
    let options = StoreOptions { segment_file_bytes_max };
    let store = Store::create(disk.shared(), chain.dataset(), &key(1), &options);
    let store = store.expect("the disk does not fail");
    store.append(&[founding, chain.next(40)]).expect("the disk does not fail");
    drop(store);
    let one = gone_on(&disk.image(), chain.clone(), 30, appends);
    chain.next(1);
    let other = gone_on(&disk.image(), chain, 50, other_appends);
    let names: Vec<String> = one.names.keys().chain(other.names.keys()).cloned().collect();
    let names: BTreeSet<String> = names.into_iter().collect();
    let differing: Vec<String> =
        names.into_iter().filter(|name| one.bytes(name) != other.bytes(name)).collect();
    let sides = [ids(&one), ids(&other)];
    for mask in 0..1_u32 << differing.len().min(10) {
        let mut image = one.clone();
        for (at, name) in differing.iter().enumerate() {
            if mask >> at.min(9) & 1 == 1 {
                take(&mut image, &other, name);
            }
        }
        let answer = guarded(|| {
            let disk = ScriptedDisk::of(image);
            let Ok(opened) = Store::open(disk.shared()) else { return Ok(true) };
            let found: BTreeSet<CommitId> = handed_out(&opened).into_iter().collect();
            match sides.iter().any(|side| side.is_subset(&found)) {
                true => Ok(false),
                false => Err(format!("{} commits of neither copy", found.len())),
            }
        });
        match answer {
            Ok(is_refused) => tally.counted(is_refused, true),
            Err(text) => {
                tally.counted(false, false);
                tally.broken(format!(
                    "{appends} and {other_appends} appends in files of {segment_file_bytes_max}, \
                     files {mask:b} of {differing:?}: {text}"
                ));
            }
        }
    }
}

fn gone_on(image: &Image, mut chain: Chain, bytes: usize, appends: usize) -> Image {
    let disk = ScriptedDisk::of(image.clone());
    let store = Store::open(disk.shared()).expect("the disk does not fail").store;
    for _ in 0..appends {
        store.append(&[chain.next(bytes)]).expect("the disk does not fail");
    }
    drop(store);
    disk.image()
}

fn ids(image: &Image) -> BTreeSet<CommitId> {
    let opened = Store::open(ScriptedDisk::of(image.clone()).shared());
    handed_out(&opened.expect("the disk does not fail")).into_iter().collect()
}

/// Puts a file of the other image in place of this one's, or leaves it away where it has none.
fn take(image: &mut Image, other: &Image, name: &str) {
    let number = 1_000 + image.files.len() as u64;
    match (other.names.get(name), other.bytes(name)) {
        (Some(super::image::Entry::File(from)), Some(_)) => {
            image.files.insert(number, other.files[from].clone());
            image.names.insert(name.to_owned(), super::image::Entry::File(number));
        }
        _ => {
            image.names.remove(name);
        }
    }
}
