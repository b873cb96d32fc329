//! Rights on the pages: what is granted and revoked, what is masked and refused.

use crate::{assert_snapshot, session};
use std::fs;

/// The log file of `docs/format.md` in which rights change.
fn file() -> Vec<u8> {
    let page = include_str!("../../../../docs/format.md");
    let line = page.lines().find_map(|line| line.strip_prefix("rights.file = ")).unwrap();
    let pairs = line.as_bytes().as_chunks::<2>().0.iter();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
    pairs.map(|pair| byte(pair).unwrap()).collect()
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
