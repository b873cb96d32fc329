//! Bytes are bent: every bit of a small store, foreign formats, swapped and random bytes.

use crate::samples::{FIRST, HEADS, filled, ids, open, sample, small_files};
use proptest::prelude::*;
use woodland_format::{DatasetId, FILE_HEADER_BYTES, FRAME_HEADER_BYTES};
use woodland_store::{MemoryDisk, Moved, OpenError, Problem, Store, StoreOptions};

/// Every file with its bytes.
fn content(disk: &MemoryDisk) -> Vec<(String, Vec<u8>)> {
    let bytes = |name: String| (name.clone(), disk.bytes(&name).expect("listed"));
    disk.files().into_iter().map(bytes).collect()
}

/// The error with which the directory is refused; nothing in it may change.
fn refused(disk: &MemoryDisk) -> OpenError {
    let before = content(disk);
    let error = open(disk).expect_err("refused");
    assert_eq!(content(disk), before, "{error}");
    error
}

#[test]
fn every_flipped_bit_is_detected_or_changes_nothing() {
    let (mut detected, mut harmless) = (0, 0);
    // With 3 segments the newest slot names a file just begun, with 4 one that goes on.
    for count in [3, 4] {
        let sample = sample(count);
        let disk = filled(&sample, &small_files());
        for (name, bytes) in content(&disk) {
            for bit in 0..bytes.len() * 8 {
                let disk = disk.copy();
                disk.flip(&name, bit);
                let inspection = Store::inspect(&disk);
                let is_seen = !inspection.problems.is_empty() || !inspection.warnings.is_empty();
                assert!(is_seen, "{name}, bit {bit}");
                match open(&disk) {
                    Ok(opened) => {
                        assert_eq!(ids(&opened), sample.ids, "{name}, bit {bit}");
                        // Only a slot has a second; a place that does not hold counts as a copy.
                        let damaged = matches!(opened.moved, Some(Moved::Damaged(_)));
                        assert!(name == HEADS || name == "place" && damaged, "{name}, bit {bit}");
                        assert_eq!(opened.warnings.len(), 1, "bit {bit}");
                        assert!(opened.torn.is_none());
                        harmless += 1;
                    }
                    Err(error) => {
                        assert!(error.to_string().starts_with(&name), "{name}: {error}");
                        detected += 1;
                    }
                }
            }
        }
    }
    println!("{detected} flips detected, {harmless} harmless");
}

#[test]
fn a_flipped_bit_past_the_acknowledged_bytes_costs_at_most_what_was_not_acknowledged() {
    let sample = sample(4);
    let disk = filled(&sample, &StoreOptions::default());
    let two = MemoryDisk::new();
    let store = crate::samples::create(&two, &sample, &StoreOptions::default());
    store.append(&sample.segments[..2]).expect("append");
    let (heads, end) = (two.bytes(HEADS).expect("heads"), two.bytes(FIRST).expect("file").len());
    disk.replace(HEADS, &heads);
    let whole = disk.bytes(FIRST).expect("file").len();
    let mut torn = 0;
    for bit in 0..whole * 8 {
        let disk = disk.copy();
        disk.flip(FIRST, bit);
        match open(&disk) {
            Ok(opened) => {
                let found = ids(&opened);
                assert!(bit / 8 >= end && found.len() >= 2, "bit {bit}");
                assert_eq!(found, sample.ids[..found.len()], "bit {bit}");
                let cut = opened.torn.as_ref().expect("the damaged segment is cut off");
                assert!(cut.offset as usize >= end);
                torn += 1;
            }
            Err(error) => assert!(bit / 8 < end, "bit {bit}: {error}"),
        }
    }
    assert_eq!(torn, (whole - end) * 8);
}

#[test]
fn a_foreign_format_is_refused_before_a_byte_is_written() {
    let sample = sample(6);
    let disk = filled(&sample, &small_files());
    let places =
        [(HEADS, 8), (HEADS, 520), ("author.key", 8), ("closed", 8), ("closed", 72), (FIRST, 8)];
    for (name, offset) in places {
        for format in (0..=255).filter(|format| *format != 1) {
            // A slot may have format 2; then its checksum does not hold, and the other one speaks.
            if format == 2 && name == HEADS {
                continue;
            }
            let disk = disk.copy();
            let mut bytes = disk.bytes(name).expect("file");
            bytes[offset] = format;
            disk.replace(name, &bytes);
            // A lone slot with the format 0 is a hole that a cut left, and no format.
            if format == 0 && name == HEADS {
                assert_eq!(ids(&open(&disk).expect("the other slot")), sample.ids);
                continue;
            }
            match refused(&disk) {
                OpenError::ForeignFormat { problem } => {
                    let shown = problem.to_string();
                    assert!(shown.starts_with(name) && shown.contains("upgrade"), "{shown}");
                    assert!(shown.contains(&format!("format {format} ")), "{shown}");
                }
                OpenError::Damaged { .. } if format == 0 => {}
                other => panic!("{name}, format {format}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_segment_of_a_foreign_format_is_refused_and_never_cut_off() {
    let sample = sample(2);
    for acknowledged in [1, 2] {
        let disk = MemoryDisk::new();
        let store = crate::samples::create(&disk, &sample, &StoreOptions::default());
        store.append(&sample.segments[..acknowledged]).expect("append");
        drop(store);
        let start = FILE_HEADER_BYTES + sample.segments[0].len();
        let mut bytes = disk.bytes(FIRST).expect("file")[..start].to_vec();
        let mut foreign = sample.segments[1].clone();
        foreign[FRAME_HEADER_BYTES] = 9;
        let body = u32::from_le_bytes(foreign[4..8].try_into().expect("four")) as usize;
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(&foreign[..8]);
        checksum.update(&foreign[FRAME_HEADER_BYTES..FRAME_HEADER_BYTES + body]);
        foreign[8..12].copy_from_slice(&checksum.finalize().to_le_bytes());
        bytes.extend_from_slice(&foreign);
        disk.replace(FIRST, &bytes);
        let error = refused(&disk);
        assert!(matches!(error, OpenError::ForeignFormat { .. }), "{error}");
        assert!(error.to_string().contains(&format!("byte {start}")), "{error}");
    }
}

#[test]
fn segments_that_changed_places_break_the_root() {
    let sample = sample(4);
    let disk = filled(&sample, &StoreOptions::default());
    let (first, rest) = sample.segments.split_at(1);
    assert_eq!(rest[0].len(), rest[1].len());
    let mut bytes = disk.bytes(FIRST).expect("file")[..FILE_HEADER_BYTES].to_vec();
    for segment in [&first[0], &rest[1], &rest[0], &rest[2]] {
        bytes.extend_from_slice(segment);
    }
    disk.replace(FIRST, &bytes);
    match refused(&disk) {
        OpenError::Damaged { problem: Problem::Root { offset, .. }, more: 0 } => {
            assert_eq!(offset, bytes.len() as u64);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_that_changed_places_are_refused() {
    let sample = sample(6);
    let disk = filled(&sample, &small_files());
    let second = "segments/00000002.wls";
    let (one, two) = (disk.bytes(FIRST).expect("one"), disk.bytes(second).expect("two"));
    disk.replace(FIRST, &two);
    disk.replace(second, &one);
    assert!(matches!(refused(&disk), OpenError::Damaged { .. }));
}

#[test]
fn damage_is_told_like_the_standard_and_the_rest_is_shown() {
    let sample = sample(4);
    let disk = filled(&sample, &StoreOptions::default());
    let third = FILE_HEADER_BYTES + sample.segments[0].len() + sample.segments[1].len();
    let block = disk.bytes(FIRST).expect("file")[third..]
        .windows(4)
        .position(|window| window == b"SEGB")
        .expect("a block")
        + third;
    disk.flip(FIRST, (block + FRAME_HEADER_BYTES + 3) * 8);
    let author = crate::samples::key().author().short();
    let start =
        format!("{FIRST}: segment 2 (author {author}…): block at byte {block}: it has checksum ");
    let error = refused(&disk).to_string();
    assert!(error.starts_with(&start) && error.contains("expected"), "{error}");

    let inspection = Store::inspect(&disk);
    assert_eq!(inspection.problems.len(), 1);
    let found = &inspection.files[0].found;
    let whole = found.iter().filter(|found| found.damage.is_none()).count();
    assert_eq!((found.len(), whole), (4, 3), "what is before and after it is shown");
}

#[test]
fn without_heads_and_headers_the_segments_are_still_shown() {
    let sample = sample(3);
    let disk = filled(&sample, &StoreOptions::default());
    disk.erase(HEADS);
    disk.flip(FIRST, 5);
    let inspection = Store::inspect(&disk);
    assert_eq!(inspection.dataset, Some(sample.dataset));
    assert_eq!(inspection.files[0].found.len(), 3);
    assert!(inspection.files[0].found.iter().all(|found| found.damage.is_none()));
    assert!(inspection.heads.is_none() && inspection.files[0].acknowledged_bytes.is_none());
    assert!(matches!(refused(&disk), OpenError::Damaged { more: 1, .. }));
}

#[test]
fn heads_that_promise_the_sky_neither_hang_nor_take_memory() {
    let sample = sample(1);
    let disk = filled(&sample, &StoreOptions::default());
    let heads = sky_high_heads(sample.dataset);
    disk.replace(HEADS, &heads);
    let error = refused(&disk);
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
}

/// Both slots say: four thousand million files, the last as long as can be. Checksums hold.
fn sky_high_heads(dataset: DatasetId) -> Vec<u8> {
    let mut bytes = vec![0; 1024];
    for (slot, generation) in [(0, 2_u64), (1, 1)] {
        let record = &mut bytes[slot * 512..(slot + 1) * 512];
        record[..8].copy_from_slice(b"WOODHEAD");
        record[8] = 1;
        record[16..24].copy_from_slice(&generation.to_le_bytes());
        record[24..32].copy_from_slice(&u64::from(u32::MAX).to_le_bytes());
        let longest = woodland_store::limits::FILE_BYTES_MAX;
        record[32..40].copy_from_slice(&longest.to_le_bytes());
        record[48..80].copy_from_slice(&dataset.0);
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(&record[..12]);
        checksum.update(&record[16..]);
        let checksum = checksum.finalize();
        record[12..16].copy_from_slice(&checksum.to_le_bytes());
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_in_any_file_never_panic_and_never_pass_as_other_data(
        file in 0_usize..7,
        at in 0.0_f64..1.0,
        noise in prop::collection::vec(any::<u8>(), 0..200),
        keeps_tail in prop_oneof![Just(Tail::Kept), Just(Tail::Cut)],
    ) {
        let sample = sample(5);
        let disk = filled(&sample, &small_files());
        let files = disk.files();
        let name = &files[file % files.len()];
        let mut bytes = disk.bytes(name).expect("listed");
        let start = (at * bytes.len() as f64) as usize;
        let end = (start + noise.len()).min(bytes.len());
        match keeps_tail {
            Tail::Kept => drop(bytes.splice(start..end, noise)),
            Tail::Cut => drop(bytes.splice(start.., noise)),
        }
        disk.replace(name, &bytes);
        drop(format!("{:?}", Store::inspect(&disk)));
        if let Ok(opened) = open(&disk) {
            prop_assert_eq!(ids(&opened), sample.ids);
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Tail {
    Kept,
    Cut,
}
