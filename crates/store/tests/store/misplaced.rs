//! Whole pieces that are sound and do not belong where they are: swapped, stale, rolled back.

use crate::samples::{FIRST, HEADS, Sample, create, ids, open, small_files};
use crate::woven::woven;
use std::collections::BTreeSet;
use woodland_format::CommitId;
use woodland_store::{MemoryDisk, Moved, OpenError, Position, Problem, RecordError, Store};

/// A directory at three moments: appended, merged, and merged again with more behind.
struct Moments {
    appended: MemoryDisk,
    merged: MemoryDisk,
    last: MemoryDisk,
}

const FIRST_LAYOUT: &str = "segments/00000001.layout";
const SECOND_LAYOUT: &str = "segments/00000002.layout";
const MERGED: &str = "segments/00000001.wlm";
const MERGED_LATER: &str = "segments/00000002.wlm";

fn moments() -> Moments {
    let woven = woven(12);
    let sample = Sample { dataset: woven.dataset, segments: woven.segments, ids: vec![] };
    let disk = MemoryDisk::new();
    let store = create(&disk, &sample, &small_files());
    let append = |from: usize, to: usize| {
        for segment in &sample.segments[from..to] {
            store.append(std::slice::from_ref(segment)).expect("append");
        }
    };
    append(0, 30);
    let appended = disk.image();
    store.maintain(&store.position()).expect("merged");
    let merged = disk.image();
    append(30, 34);
    // What was merged first is larger, and stays.
    store.maintain(&store.position()).expect("merged");
    append(34, 38);
    drop(store);
    let last = disk.image();
    for name in [SECOND_LAYOUT, MERGED, MERGED_LATER] {
        assert!(last.bytes(name).is_some(), "{:?}", last.files());
    }
    assert!(last.bytes(FIRST_LAYOUT).is_none());
    Moments { appended, merged, last }
}

fn content(disk: &MemoryDisk) -> Vec<(String, Vec<u8>)> {
    let bytes = |name: String| (name.clone(), disk.bytes(&name).expect("listed"));
    disk.files().into_iter().map(bytes).collect()
}

fn commits(disk: &MemoryDisk) -> BTreeSet<CommitId> {
    ids(&open(disk).expect("open")).into_iter().collect()
}

/// The first problem for which the directory is refused; nothing in it may change.
fn problem(disk: &MemoryDisk) -> Problem {
    let before = content(disk);
    let result = open(disk);
    assert_eq!(content(disk), before);
    assert!(Store::read(disk).is_err(), "readers are no less careful");
    match result {
        Err(OpenError::Damaged { problem, .. } | OpenError::Mixed { problem }) => problem,
        other => panic!("{other:?}"),
    }
}

fn with(disk: &MemoryDisk, name: &str, bytes: &[u8]) -> MemoryDisk {
    let disk = disk.image();
    disk.replace(name, bytes);
    disk
}

fn bytes(disk: &MemoryDisk, name: &str) -> Vec<u8> {
    disk.bytes(name).unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn a_stale_or_forged_layout_is_named() {
    let Moments { merged, last, .. } = moments();
    let stale = with(&last, SECOND_LAYOUT, &bytes(&merged, FIRST_LAYOUT));
    let expected = RecordError::Value { what: "the layout number", expected: 2, found: 1 };
    assert!(matches!(problem(&stale), Problem::Record { name, error, .. }
        if name == SECOND_LAYOUT && error == expected));

    // The same with its number and its checksum made right: heads know its hash.
    let mut forged = bytes(&merged, FIRST_LAYOUT);
    forged[16] = 2;
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&forged[..12]);
    checksum.update(&forged[16..]);
    let checksum = checksum.finalize();
    forged[12..16].copy_from_slice(&checksum.to_le_bytes());
    let forged = with(&last, SECOND_LAYOUT, &forged);
    assert!(matches!(problem(&forged), Problem::Root { name, .. } if name == SECOND_LAYOUT));

    let gone = last.image();
    gone.erase(SECOND_LAYOUT);
    assert!(matches!(problem(&gone), Problem::Missing { name } if name == SECOND_LAYOUT));
    let shown = Store::inspect(&gone);
    let readable: usize = shown.files.iter().flat_map(|file| &file.found).count();
    assert!(readable > 4, "what is merged is shown without the layout, too");
}

#[test]
fn swapped_and_stale_files_are_named() {
    let Moments { appended, merged, last, .. } = moments();
    let names: Vec<String> =
        last.files().into_iter().filter(|name| name.starts_with("segments/0")).collect();
    let mut tried = 0;
    for one in &names {
        for other in names.iter().filter(|other| *other > one) {
            let disk = with(&last, one, &bytes(&last, other));
            disk.replace(other, &bytes(&last, one));
            let shown = problem(&disk).to_string();
            assert!(shown.starts_with(one) || shown.starts_with(other), "{one} {other}: {shown}");
            tried += 1;
        }
    }
    assert!(tried >= 10);

    // A file as it was at an earlier moment.
    let stale = with(&last, MERGED_LATER, &bytes(&merged, MERGED));
    let shown = problem(&stale).to_string();
    assert!(shown.starts_with(MERGED_LATER), "{shown}");
    let newest = last.files().into_iter().rfind(|name| name.ends_with(".wls")).expect("files");
    let whole = bytes(&last, &newest);
    let stale = with(&last, &newest, &whole[..48]);
    assert!(matches!(problem(&stale), Problem::Short { name, .. } if name == newest));
    let stale = with(&last, "closed", &bytes(&appended, "closed")[..64]);
    assert!(matches!(problem(&stale), Problem::Short { name, .. } if name == "closed"));
}

#[test]
fn segments_swapped_within_a_merged_file_are_named() {
    let Moments { last, .. } = moments();
    let whole = bytes(&last, MERGED);
    let report = Store::inspect(&last).files.remove(0);
    assert_eq!(report.name, MERGED);
    let parts: Vec<&[u8]> = report
        .found
        .iter()
        .map(|found| {
            let segment = found.segment.as_ref().expect("whole");
            &whole[segment.offset as usize..(segment.offset + segment.bytes) as usize]
        })
        .collect();
    assert!(parts.len() > 2);
    for at in 1..parts.len() {
        let mut swapped = parts.clone();
        swapped.swap(at - 1, at);
        let swapped = [&whole[..48], &swapped.concat()].concat();
        assert_eq!(swapped.len(), whole.len());
        let disk = with(&last, MERGED, &swapped);
        assert!(matches!(problem(&disk), Problem::Root { name, .. } if name == MERGED));
    }
}

#[test]
fn heads_of_an_earlier_moment_are_noticed_or_lose_nothing() {
    let Moments { appended, merged, last } = moments();
    let expected = commits(&last.image());
    // Both slots: more was closed than they know of, and what they count on is gone.
    for (moment, missing) in [(&appended, FIRST), (&merged, FIRST_LAYOUT)] {
        let disk = with(&last, HEADS, &bytes(moment, HEADS));
        assert!(matches!(problem(&disk), Problem::Long { name, .. } if name == "closed"));
        let problems = Store::inspect(&disk).problems;
        let is_named =
            |problem: &Problem| matches!(problem, Problem::Missing { name } if name == missing);
        assert!(problems.iter().any(is_named), "{problems:?}");
    }
    // One slot: the other speaks, and what it does not cover is read as never acknowledged.
    for slot in [0, 512] {
        let mut heads = bytes(&last, HEADS);
        heads[slot..slot + 512].copy_from_slice(&bytes(&merged, HEADS)[slot..slot + 512]);
        let disk = with(&last, HEADS, &heads);
        assert_eq!(commits(&disk), expected, "slot at {slot}");
    }
}

/// Right behind a swap either slot may rot: the other does not count on files that are gone.
#[test]
fn either_slot_is_enough_behind_a_swap() {
    let Moments { merged, .. } = moments();
    let expected = commits(&merged.image());
    for slot in [0, 512] {
        let mut heads = bytes(&merged, HEADS);
        heads[slot..slot + 512].fill(0);
        let disk = with(&merged, HEADS, &heads);
        assert_eq!(commits(&disk), expected, "slot at {slot}");
    }
}

#[test]
fn every_flipped_bit_of_a_merged_directory_is_named_or_changes_nothing() {
    let Moments { last, .. } = moments();
    let expected = commits(&last.image());
    let (mut detected, mut harmless) = (0, 0);
    for (name, bytes) in content(&last) {
        // Of the empty rest of a slot, a sample.
        let bits = (0..bytes.len() * 8).filter(|bit| name != HEADS || bit % 4096 < 1400);
        for bit in bits {
            let disk = last.image();
            disk.flip(&name, bit);
            match open(&disk) {
                Ok(opened) => {
                    let found: BTreeSet<_> = ids(&opened).into_iter().collect();
                    assert_eq!(found, expected, "{name}, bit {bit}");
                    let damaged = matches!(opened.moved, Some(Moved::Damaged(_)));
                    assert!(name == HEADS || name == "place" && damaged, "{name}, bit {bit}");
                    assert!(!opened.warnings.is_empty(), "{name}, bit {bit}");
                    harmless += 1;
                }
                Err(error) => {
                    assert!(error.to_string().starts_with(&name), "{name}, bit {bit}: {error}");
                    detected += 1;
                }
            }
        }
    }
    println!("{detected} flips detected, {harmless} harmless");
    assert!(detected > 10_000 && harmless > 1_000);
}

#[test]
fn a_newer_format_of_anything_is_refused_before_a_byte_is_written() {
    let Moments { last, .. } = moments();
    let newest = last.files().into_iter().rfind(|name| name.ends_with(".wls")).expect("files");
    let places = [
        (HEADS, 8, 2),
        (HEADS, 520, 2),
        ("author.key", 8, 1),
        ("place", 8, 1),
        ("closed", 8, 1),
        ("closed", 72, 1),
        (SECOND_LAYOUT, 8, 1),
        (MERGED, 8, 1),
        (MERGED_LATER, 8, 1),
        (newest.as_str(), 8, 1),
    ];
    let mut refused = 0;
    for (name, offset, known) in places {
        for format in 0..=255 {
            let mut changed = bytes(&last, name);
            if changed[offset] == format {
                continue;
            }
            changed[offset] = format;
            let disk = with(&last, name, &changed);
            if format > known {
                let before = content(&disk);
                match open(&disk) {
                    Err(OpenError::ForeignFormat { problem }) => {
                        let shown = problem.to_string();
                        assert!(shown.starts_with(name) && shown.contains("upgrade"), "{shown}");
                        assert!(shown.contains(&format!("format {format} ")), "{shown}");
                    }
                    other => panic!("{name}, format {format}: {other:?}"),
                }
                assert_eq!(content(&disk), before);
                refused += 1;
            } else if let Ok(opened) = open(&disk) {
                // Not a newer one, and the checksum does not hold: a slot or the place.
                assert!(name == HEADS || name == "place", "{name}, format {format}");
                assert!(!opened.warnings.is_empty());
            }
        }
        let mut position = Position { file_number: 1, bytes: 48, root: [0; 32] }.encode();
        position[8] = 2;
        let expected = RecordError::ForeignFormat { found: 2, known: 1 };
        assert_eq!(Position::decode(&position), Err(expected));
    }
    assert_eq!(refused, 8 * 254 + 2 * 253);
}

#[test]
fn strangers_among_the_segments_are_left_alone_and_leftovers_are_not() {
    let Moments { last, appended, .. } = moments();
    let expected = commits(&last.image());
    let disk = last.image();
    disk.replace("segments/notes.txt", b"whatever");
    disk.replace("segments/7.wlm", b"whatever");
    for (name, bytes) in [
        ("segments/00000009.wlm", b"half a merging".to_vec()),
        (FIRST_LAYOUT, vec![]),
        (FIRST, bytes(&appended, FIRST)),
    ] {
        disk.replace(name, &bytes);
    }
    assert_eq!(commits(&disk), expected);
    let files = disk.files();
    assert!(files.contains(&"segments/notes.txt".to_owned()));
    assert!(files.contains(&"segments/7.wlm".to_owned()));
    let mut without: Vec<String> = files;
    without.retain(|name| !name.ends_with("notes.txt") && !name.ends_with("/7.wlm"));
    assert_eq!(without, last.files());
}
