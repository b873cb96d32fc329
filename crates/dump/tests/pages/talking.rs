//! `talk`: a recorded conversation as a transcript.

use crate::writer::{History, key};
use crate::{assert_snapshot, owned, session};
use std::fs;
use woodland_sync::recording::{Speaker, begin, entry};
use woodland_sync::{Event, Hub, Limits, Newcomer, Peer, Salt};

/// What one side, which holds the founding commit alone, records with somebody who holds all.
fn recorded() -> Vec<u8> {
    let (mut here, mut there) = hubs(1);
    let peer = Peer(1);
    here.open(peer, Salt([7; 16]));
    there.accept(peer);
    here.present(b"line 3").expect("it is short");
    let mut bytes = begin();
    talk(&mut here, &mut there, peer, &mut bytes);
    bytes
}

/// The same, when they met before: it is sent what is new at once. Then it names what it was known
/// to hold, and has lost.
fn recorded_again() -> Vec<u8> {
    let ((mut here, mut there), (mut lost, _)) = (hubs(3), hubs(3));
    let (first, again, restored) = (Peer(1), Peer(2), Peer(3));
    let (mut met, _) = hubs(4);
    met.open(first, Salt([7; 16]));
    here.accept(first);
    settle(&mut met, &mut here, first, &mut Vec::new());
    let founded = here.memory(first).expect("it is known");
    let mut bytes = begin();
    here.open(again, Salt([8; 16]));
    there.accept_known(again, &founded);
    // Both speak at once.
    let all = there.say(again).expect("what is new");
    bytes.extend(entry(Speaker::Other, &all));
    here.take(again, &all);
    settle(&mut here, &mut there, again, &mut bytes);
    (0..3).for_each(|_| here.tick());
    settle(&mut here, &mut there, again, &mut bytes);
    let whole = there.memory(again).expect("it is known");
    lost.open(restored, Salt([9; 16]));
    there.accept_known(restored, &whole);
    let all = there.say(restored).expect("a hello");
    bytes.extend(entry(Speaker::Other, &all));
    lost.take(restored, &all);
    settle(&mut lost, &mut there, restored, &mut bytes);
    bytes
}

/// What a newcomer to a dataset that has an owner records, with the owner.
fn recorded_newcomer() -> Vec<u8> {
    let (peer, limits) = (Peer(1), Limits::default());
    let mut owner = Hub::new(owned::log(), key(1).author(), limits);
    owner.identify(Some(owned::device(1)));
    let (dataset, author) = (owner.log().dataset(), key(3).author());
    let mut new = Newcomer::new(dataset, author, limits, Some(owned::device(3)), Salt([7; 16]));
    owner.accept(peer);
    let mut bytes = begin();
    let mut here = loop {
        let message = new.say().expect("it asks until it is answered");
        bytes.extend(entry(Speaker::This, &message));
        owner.take(peer, &message);
        let answer = owner.say(peer).expect("it is answered");
        bytes.extend(entry(Speaker::Other, &answer));
        if let Some(hub) = new.take(&answer).expect("it is sound") {
            break hub;
        }
    };
    here.open(peer, Salt([8; 16]));
    settle(&mut here, &mut owner, peer, &mut bytes);
    assert_eq!(here.log(), owner.log());
    bytes
}

/// One that holds the founding commit alone, and one that holds all.
fn hubs(author: u8) -> (Hub, Hub) {
    let (history, founded) = (History::shared(), History::found());
    assert_eq!(history.dataset(), founded.dataset());
    let here = Hub::new(founded.log, key(author).author(), Limits::default());
    let log = history.commits.iter().fold(history.log, |log, commit| {
        let signs = [1, 2].into_iter().find(|number| key(*number).author() == commit.author());
        log.with_point(&commit.sign(&key(signs.unwrap()))).unwrap()
    });
    (here, Hub::new(log, key(2).author(), Limits::default()))
}

/// Makes durable what arrived.
fn host(hub: &mut Hub) {
    while let Some(event) = hub.event() {
        if let Event::Arrived { log } = event {
            let log = hub.log().merge(&log).expect("one dataset");
            hub.advanced(&log);
        }
    }
}

/// The same, where what arrives is made durable.
fn settle(here: &mut Hub, there: &mut Hub, peer: Peer, bytes: &mut Vec<u8>) {
    talk(here, there, peer, bytes);
    [&mut *here, &mut *there].into_iter().for_each(host);
    talk(here, there, peer, bytes);
}

/// Talks until neither has anything to say, and records it.
fn talk(here: &mut Hub, there: &mut Hub, peer: Peer, bytes: &mut Vec<u8>) {
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
            return;
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
fn who_met_before_begins_with_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("peer.talk");
    fs::write(&path, recorded_again()).unwrap();
    assert_snapshot("talk-known.txt", &session(&folder, &["talk", path.to_str().unwrap()]));
}

#[test]
fn a_newcomer_begins_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("peer.talk");
    fs::write(&path, recorded_newcomer()).unwrap();
    assert_snapshot("talk-newcomer.txt", &session(&folder, &["talk", path.to_str().unwrap()]));
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
