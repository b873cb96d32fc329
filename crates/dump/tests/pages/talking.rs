//! `talk`: a recorded conversation as a transcript.

use crate::writer::{History, key};
use crate::{assert_snapshot, session};
use std::fs;
use woodland_sync::recording::{Speaker, begin, entry};
use woodland_sync::{Hub, Limits, Peer, Salt};

/// What one side, which holds the founding commit alone, records with somebody who holds all.
fn recorded() -> Vec<u8> {
    let (history, founded) = (History::shared(), History::found());
    assert_eq!(history.dataset(), founded.dataset());
    let peer = Peer(1);
    let mut here = Hub::new(founded.log, key(1).author(), Limits::default());
    let log = history.commits.iter().fold(history.log, |log, commit| {
        let signs = [1, 2].into_iter().find(|number| key(*number).author() == commit.author());
        log.with_point(&commit.sign(&key(signs.unwrap()))).unwrap()
    });
    let mut there = Hub::new(log, key(2).author(), Limits::default());
    here.open(peer, Salt([7; 16]));
    there.accept(peer);
    here.present(b"line 3").expect("it is short");
    let mut bytes = begin();
    loop {
        let mut is_moved = false;
        while let Some(message) = here.say(peer) {
            bytes.extend(entry(Speaker::This, &message));
            there.take(peer, &message);
            is_moved = true;
        }
        while let Some(message) = there.say(peer) {
            bytes.extend(entry(Speaker::Other, &message));
            here.take(peer, &message);
            is_moved = true;
        }
        if !is_moved {
            return bytes;
        }
    }
}

#[test]
fn a_recording_reads_as_a_transcript() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("peer.talk");
    let bytes = recorded();
    fs::write(&path, &bytes).unwrap();
    let path = path.to_str().unwrap();
    let whole = session(&folder, &["talk", path]) + &session(&folder, &["talk", "--json", path]);
    assert_snapshot("talk.txt", &whole);
}

#[test]
fn a_recording_that_is_cut_or_is_none_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (cut, other) = (folder.path().join("cut.talk"), folder.path().join("other"));
    let bytes = recorded();
    fs::write(&cut, &bytes[..bytes.len() - 9]).unwrap();
    fs::write(&other, b"something else").unwrap();
    let gone = folder.path().join("gone");
    let shown: String = [cut, other, gone]
        .iter()
        .map(|path| session(&folder, &["talk", path.to_str().unwrap()]))
        .collect();
    assert_snapshot("talk-damaged.txt", &shown);
}
