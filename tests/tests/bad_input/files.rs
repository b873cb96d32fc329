//! Files that are no log files, or damaged ones: a typed error or a report, and what is whole is
//! taken.

use crate::by_hand::Hand;
use crate::notes::{Note, Tag, exported, facts, folder, founded, joined, note, read, says, schema};
use crate::refit::{bent, find, frames, number};
use std::path::Path;
use woodland::{Merged, Pointer, Replica};
use woodland_format::{FRAME_HEADER_BYTES, FileHeader, Purpose, limits::FRAME_BYTES_MAX};
use woodland_tests::histories::Rng;

/// A log file of three authors, and one of them.
fn sound(folder: &Path) -> (Vec<u8>, Replica, Pointer<Note>) {
    let (ada, trip) = founded(1);
    for (seed, title) in [(2, "Hike"), (3, "Walk")] {
        let other = joined(&ada, seed);
        for word in ["warm ", "cold ", "soft "] {
            let write = |b: &mut woodland::Batch<'_>| {
                let tag = b.insert(&Tag { name: title.into() });
                b.edit(trip, (Note::TITLE.set(title), Note::TAGS.set(vec![tag])));
                b.edit(trip, Note::BODY.insert(5, word));
            };
            other.write(write).expect("written");
        }
        ada.merge(&other).expect("merged");
    }
    ada.write(|b| b.insert(&note("Other", "text"))).expect("written");
    let path = exported(&ada, folder, "sound.wll");
    (std::fs::read(path).expect("bytes"), ada, trip)
}

/// What came of joining: an error's words, or the words of the report.
fn joining(path: &Path) -> (String, Option<(Replica, Merged)>) {
    match Replica::join_in_memory(schema(), path, 9) {
        Err(error) => (error.to_string(), None),
        Ok((replica, merged)) => {
            let damage = merged.damage.iter().map(ToString::to_string);
            let refused = merged.refused.iter().map(ToString::to_string);
            let said: Vec<String> = damage.chain(refused).collect();
            (said.join("\n"), Some((replica, merged)))
        }
    }
}

/// With the length of the frame at `at` claimed to be `length`.
fn claiming(bytes: &[u8], at: usize, length: u32) -> Vec<u8> {
    let mut bytes = bytes.to_owned();
    bytes[at + 4..at + 8].copy_from_slice(&length.to_le_bytes());
    bytes
}

fn with(bytes: &[u8], at: usize, value: u8) -> Vec<u8> {
    let mut bytes = bytes.to_owned();
    bytes[at] = value;
    bytes
}

type Case = (&'static str, Vec<u8>, &'static [&'static str]);

fn bad_headers(sound: &[u8], other: &[u8]) -> Vec<Case> {
    let mut foreign_purpose = sound.to_owned();
    foreign_purpose[9] = 2;
    let dataset = FileHeader::decode(sound).expect("a header").dataset;
    let store = FileHeader { purpose: Purpose::Store, dataset }.encode();
    let founding_less = [&sound[..48], &sound[frames(sound)[2]..]].concat();
    vec![
        ("empty", vec![], &["the file is empty"]),
        ("text", b"hello world, how are you".to_vec(), &["byte 0 begins \"hello wo\""]),
        ("short", sound[..20].to_vec(), &["ends at byte 20, inside its header of 48"]),
        ("newer file", with(sound, 8, 2), &["file format 2 is not known", "upgrade it"]),
        ("bent header", with(sound, 20, !sound[20]), &["file header has checksum", "expected"]),
        ("bent purpose", foreign_purpose, &["file header has checksum", "expected"]),
        (
            "a store's file",
            [&store[..], &sound[48..]].concat(),
            &["a segment file of a dataset directory: open the directory"],
        ),
        ("a header alone", sound[..48].to_vec(), &["does not hold the signed founding commit"]),
        ("no founding commit", founding_less, &["does not hold the signed founding commit"]),
        (
            "another's segments",
            [&sound[..48], &other[48..]].concat(),
            &["does not hold the signed founding commit"],
        ),
    ]
}

#[test]
fn what_is_no_log_file_is_told() {
    let folder = folder();
    let (sound, ada, _) = sound(folder.path());
    let (stranger, _) = founded(50);
    let other = exported(&stranger, folder.path(), "other.wll");
    let other = std::fs::read(other).expect("bytes");
    let before = facts(&ada);
    for (name, bytes, fragments) in bad_headers(&sound, &other) {
        let path = folder.path().join("bad.wll");
        std::fs::write(&path, &bytes).expect("bytes");
        let (text, replica) = joining(&path);
        says(name, &text, fragments);
        assert!(replica.is_none(), "{name}: it joined");
        // Into a replica that is there already: the same, or a report; and nothing changes.
        if let Err(error) = ada.merge(&path) {
            says(name, &error.to_string(), &["bad.wll: "]);
            says(name, &error.to_string(), fragments);
        }
        assert_eq!(facts(&ada), before, "{name}");
    }
    let missing = folder.path().join("missing.wll");
    says("missing", &joining(&missing).0, &["missing.wll: No such file"]);
    says("a folder", &joining(folder.path()).0, &["Is a directory"]);
    std::fs::write(&missing, &other).expect("bytes");
    let error = ada.merge(&missing).expect_err("another dataset").to_string();
    says(
        "other",
        &error,
        &["the source is of dataset ", ", this replica is of ", "merge it there"],
    );
    let error = ada.merge(&stranger).expect_err("another dataset").to_string();
    says("other", &error, &["the source is of dataset "]);
    assert_eq!(facts(&ada), before);
}

/// Damage of the last segment, whose frames' checksums hold or do not; the rest must come in.
fn bad_segments(sound: &[u8], other: &[u8]) -> Vec<Case> {
    let at = frames(sound);
    let (head, block) = (at[at.len() - 2], at[at.len() - 1]);
    let body = block + FRAME_HEADER_BYTES;
    let head_body = head + FRAME_HEADER_BYTES;
    let put = |at: usize, value: &'static [u8]| {
        bent(sound, |bytes| bytes[at..at + value.len()].copy_from_slice(value))
    };
    let most: &[u8] = &[u8::MAX; 4];
    let counts = sound[head_body..block].len() - 8;
    let word = body + find(&sound[body..], b"warm ");
    let header_length = body + 13;
    let limit = u32::try_from(FRAME_BYTES_MAX).expect("small") + 1;
    vec![
        (
            "claims 2^32-1",
            claiming(sound, block, u32::MAX),
            &["claims 4294967295 bytes, the limit"],
        ),
        ("claims one more", claiming(sound, block, limit), &["bytes, the limit is"]),
        ("claims all", claiming(sound, block, limit - 1), &["the bytes end"]),
        ("head claims 2^32-1", claiming(sound, head, u32::MAX), &["head at byte", "4294967295"]),
        ("foreign segment", put(head_body, &[9]), &["segment format 9 is not known", "upgrade it"]),
        ("too many commits", put(head_body + counts, most), &["number of commits is 4294967295"]),
        ("too many blocks", put(head_body + counts + 4, most), &["number of blocks is 4294967295"]),
        ("block of too many", put(body + 8, most), &["the number of commits is 4294967295"]),
        ("block from 2^32-1", put(body, most), &["the first seq is 4294967295, expected 0"]),
        (
            "header of 2^32-1",
            put(header_length, &[0xff, 0xff, 0xff, 0xff, 0x0f]),
            &["commit 0 has a header over the limit"],
        ),
        ("header of 2^70", put(header_length, &[0xff; 10]), &["commit 0 has a number that is too"]),
        (
            "like nothing",
            put(body + 12, &[0x81]),
            &["commit 0 is like a payload that is not there"],
        ),
        (
            "bent payload",
            put(word, b"cold "),
            &["commit 0: ", "its payload has hash ", "its header says "],
        ),
        ("bent, unfitted", with(sound, word, b'c'), &["block at byte", "it has checksum"]),
        (
            "another's segment",
            [sound, &other[48..]].concat(),
            &["the segment is of dataset ", ", expected "],
        ),
        ("rubbish after it", [sound, b"SEGHello"].concat(), &["the bytes end", "head at byte"]),
    ]
}

#[test]
fn what_is_whole_is_taken_and_what_is_damaged_is_named() {
    let folder = folder();
    let (sound, ada, _) = sound(folder.path());
    let (stranger, _) = founded(50);
    let other = exported(&stranger, folder.path(), "other.wll");
    let other = std::fs::read(other).expect("bytes");
    let (whole, path) = (folder.path().join("sound.wll"), folder.path().join("bad.wll"));
    for (name, bytes, fragments) in bad_segments(&sound, &other) {
        std::fs::write(&path, &bytes).expect("bytes");
        let (text, replica) = joining(&path);
        says(name, &text, fragments);
        let (replica, merged) = replica.unwrap_or_else(|| panic!("{name}: {text}"));
        assert!(!merged.damage.is_empty(), "{name}: {merged:?}");
        let offset = format!("byte {}", merged.damage[0].offset);
        says(name, &text, &[&offset, "segment "]);
        // The founder's commits are whole; their signature may stand behind what is damaged.
        let held = replica.snapshot().log().len();
        let waiting = merged.waiting as u64;
        assert!(held + waiting >= 3, "{name}: {held} held, {waiting} wait");
        assert_eq!(replica.merge(&whole).expect("merged").damage, [], "{name}");
        assert_eq!(facts(&replica), facts(&ada), "{name}: the rest came in later");
    }
}

#[test]
fn a_payload_that_is_bent_in_mid_chain_is_told_by_the_last_id() {
    let folder = folder();
    let (sound, ada, _) = sound(folder.path());
    // The second commit's word, in a row that says how it differs from the first's.
    let at = find(&sound, b"cold");
    let bytes = bent(&sound, |bytes| bytes[at..at + 4].copy_from_slice(b"mild"));
    let path = folder.path().join("bad.wll");
    std::fs::write(&path, bytes).expect("bytes");
    let (text, replica) = joining(&path);
    says("bent", &text, &["the last commit is ", ", expected ", "is not that of its author"]);
    let (replica, _) = replica.expect("the rest is whole");
    replica.merge(&folder.path().join("sound.wll")).expect("merged");
    assert_eq!(facts(&replica), facts(&ada), "what was forged is not in it");
}

#[test]
fn parents_that_do_not_ascend_are_damage() {
    let mut hand = Hand::found();
    let folder = folder();
    let one = hand.write(1, None, &[], vec![]);
    let two = hand.write(2, None, &[], vec![]);
    let first = hand.write(3, None, &[], vec![]);
    let both = hand.write(3, Some(&first), &[&one, &two], vec![]);
    let segments =
        [hand.segment(&[one]), hand.segment(&[two]), hand.segment(&[first, both.clone()])];
    let path = hand.file(folder.path().join("log.wll"), &segments);
    let bytes = std::fs::read(&path).expect("bytes");
    let [low, high] = both.parents() else { panic!("two parents") };
    let ids = [low.0, high.0].concat();
    let at = find(&bytes, &ids);
    let turned = [high.0, low.0].concat();
    std::fs::write(&path, bent(&bytes, |bytes| bytes[at..at + 64].copy_from_slice(&turned)))
        .expect("bytes");
    let (text, replica) = joining(&path);
    says("parents", &text, &["commit 1: ", "ascend", "commit 0 before it is intact"]);
    assert_eq!(replica.expect("the rest is whole").1.damage.len(), 1);
}

#[test]
fn an_export_cut_anywhere_gives_a_prefix_or_an_error() {
    let folder = folder();
    let (sound, ada, trip) = sound(folder.path());
    let (whole, path) = (folder.path().join("sound.wll"), folder.path().join("cut.wll"));
    let ends = frames(&sound);
    let mut replicas = 0;
    for length in (0..sound.len()).step_by(97) {
        std::fs::write(&path, &sound[..length]).expect("bytes");
        let (text, joined) = joining(&path);
        let is_whole = ends.iter().step_by(2).any(|end| *end == length);
        assert!(is_whole || !text.is_empty(), "cut at {length}: nothing was told");
        let Some((replica, merged)) = joined else { continue };
        replicas += 1;
        assert!(is_whole || merged.damage.len() == 1, "cut at {length}: {merged:?}");
        assert!(merged.damage.iter().all(|one| one.offset < length as u64));
        replica.merge(&whole).expect("merged");
        assert_eq!(facts(&replica), facts(&ada), "cut at {length}");
        assert_eq!(read(&replica, trip), read(&ada, trip));
    }
    assert!(replicas > 5, "only {replicas} cuts left a founding commit");
}

#[test]
fn an_export_with_a_flipped_bit_names_the_place() {
    let folder = folder();
    let (sound, ada, _) = sound(folder.path());
    let (whole, path) = (folder.path().join("sound.wll"), folder.path().join("bent.wll"));
    let (mut rng, mut replicas) = (Rng::from_seed(4), 0);
    for _ in 0..300 {
        let at = rng.below(sound.len());
        let bit = 1 << rng.below(8);
        std::fs::write(&path, with(&sound, at, sound[at] ^ bit)).expect("bytes");
        let (text, joined) = joining(&path);
        assert!(!text.is_empty(), "bit {bit} of byte {at}: nothing was told");
        let Some((replica, merged)) = joined else { continue };
        replicas += 1;
        let has = |one: &woodland_format::Damage| (one.offset..one.resumed).contains(&(at as u64));
        assert!(merged.damage.iter().any(has), "bit {bit} of byte {at}: {text}");
        replica.merge(&whole).expect("merged");
        assert_eq!(facts(&replica), facts(&ada), "bit {bit} of byte {at}");
    }
    assert!(replicas > 50, "only {replicas} flips left a founding commit");
    assert_eq!(number(&sound, frames(&sound)[0]), u32::from_le_bytes(*b"SEGH"));
}
