//! Rights on the pages: what is granted and revoked, what is masked and refused.

use crate::writer::key;
use crate::{assert_snapshot, session};
use std::fs;
use woodland_format::{FILE_HEADER_BYTES, FileHeader, Segment, read_segments};
use woodland_log::{Log, Pending};
use woodland_sync::{Credentials, Salt};

/// The log file of `docs/format.md` in which rights change.
fn file() -> Vec<u8> {
    let page = include_str!("../../../../docs/format.md");
    let line = page.lines().find_map(|line| line.strip_prefix("rights.file = ")).unwrap();
    let pairs = line.as_bytes().as_chunks::<2>().0.iter();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
    pairs.map(|pair| byte(pair).unwrap()).collect()
}

/// What of it the door lets in.
pub(crate) fn log() -> Log {
    let bytes = file();
    let dataset = FileHeader::decode(&bytes).unwrap().dataset;
    let found = read_segments(dataset, &bytes[FILE_HEADER_BYTES..], FILE_HEADER_BYTES as u64);
    let segments: Vec<Segment> = found.filter_map(|found| found.segment).collect();
    let mut firsts = segments.iter().filter_map(Segment::first);
    let founding = firsts.find(|commit| commit.id() == dataset.founding()).unwrap();
    Pending::default().offer_all(&Log::found(founding).unwrap(), &segments).log
}

/// A device of its owner, who has key 9.
pub(crate) fn device(number: u8) -> Credentials {
    let certificate = key(9).certify(&key(number).author(), "Ada");
    Credentials { key: key(number), certificate, seed: Salt([number; 16]) }
}

#[test]
fn rights_are_shown_where_they_change_and_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rights.wll");
    fs::write(&path, file()).unwrap();
    let path = path.to_str().unwrap();
    let shown: String = [
        &["commits", path][..],
        &["commits", "--json", path],
        &["frontier", path],
        &["frontier", "--json", path],
        &["verify", path],
    ]
    .iter()
    .map(|arguments| session(&folder, arguments))
    .collect();
    assert_snapshot("rights.txt", &shown);
}
