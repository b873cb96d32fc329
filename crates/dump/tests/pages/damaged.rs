//! Bad input: what the facade refuses is opened, and what is wrong is said.

use crate::writer::{History, directory, insert, key, log_file, note, set};
use crate::{assert_snapshot, binary, session, shared};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use woodland_format::{
    Commit, FILE_HEADER_BYTES, ForkProof, Header, Position, SchemaChange, encode_segment,
    payload_hash,
};

/// Writes a log file and tells what `summary`, `verify` and `commits` say of it.
fn story(folder: &TempDir, name: &str, bytes: &[u8]) -> String {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    tell(folder, &path)
}

fn tell(folder: &TempDir, path: &Path) -> String {
    let path = path.to_str().unwrap();
    let tell = |command| session(folder, &[command, path]);
    ["summary", "verify", "commits", "segments"].map(tell).concat()
}

#[test]
fn a_flipped_bit_is_placed_and_the_rest_is_shown() {
    let (folder, history) = (tempfile::tempdir().unwrap(), History::shared());
    let segments = history.segments(None);
    let mut bytes = log_file(history.dataset(), &segments);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let story = story(&folder, "flipped.log", &bytes);
    assert!(story.contains("block at byte"), "{story}");
    assert_snapshot("flipped.txt", &story);
}

#[test]
fn a_directory_with_a_flipped_bit_is_opened() {
    let (folder, _file, store) = shared();
    let path = store.join("segments/00000001.wls");
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_snapshot("flipped-directory.txt", &tell(&folder, &store));
}

#[test]
fn a_torn_tail_is_a_note() {
    let (folder, _file, store) = shared();
    let path = store.join("segments/00000001.wls");
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend_from_slice(b"SEGH and then the lights went out");
    fs::write(&path, bytes).unwrap();
    let verify = session(&folder, &["verify", store.to_str().unwrap()]);
    assert_snapshot("torn.txt", &verify);
}

#[test]
fn without_its_founding_commit_a_log_is_still_listed() {
    let (folder, history) = (tempfile::tempdir().unwrap(), History::shared());
    let segments = history.segments(None);
    assert_snapshot(
        "unfounded.txt",
        &story(&folder, "unfounded.log", &log_file(history.dataset(), &segments[1..])),
    );
    let unsigned = history.segments(Some(key(1).author()));
    assert_snapshot(
        "unsigned-founder.txt",
        &story(&folder, "unsigned.log", &log_file(history.dataset(), &unsigned)),
    );
}

#[test]
fn what_waits_is_told_apart() {
    let (folder, mut history) = (tempfile::tempdir().unwrap(), History::shared());
    let walk = history.commits[2].id();
    let ben = key(2).author();
    let more = history.write_after(ben, Some(walk), &[], vec![insert(note(), 0, "more ")]);
    let dora = key(4).author();
    history.write_after(dora, None, &[more], vec![set(note(), crate::writer::TITLE, "Stay")]);
    let mut segments = history.segments(Some(ben));
    let unsigned = story(&folder, "waiting.log", &log_file(history.dataset(), &segments));
    segments.remove(1);
    let partial = story(&folder, "partial.log", &log_file(history.dataset(), &segments));
    assert_snapshot("waiting.txt", &(unsigned + &partial));
}

#[test]
fn a_false_signature_is_refused() {
    let (folder, history) = (tempfile::tempdir().unwrap(), History::shared());
    let mut segments = history.segments(None);
    let ben = [history.commits[2].clone()];
    let false_point = key(3).sign_commit(&ben[0].id());
    segments[1] = encode_segment(history.dataset(), &ben, |_| Some(false_point));
    let path = folder.path().join("false.log");
    fs::write(&path, log_file(history.dataset(), &segments)).unwrap();
    let path = path.to_str().unwrap();
    let plain = session(&folder, &["verify", path]);
    assert_snapshot(
        "false-signature.txt",
        &(plain + &session(&folder, &["verify", "--deep", path])),
    );
}

#[test]
fn a_fork_is_proved() {
    let (folder, mut history) = (tempfile::tempdir().unwrap(), History::shared());
    let founding = history.commits[0].id();
    let ada = key(1).author();
    let title = crate::writer::TITLE;
    history.write_after(ada, Some(founding), &[], vec![set(note(), title, "Restored")]);
    let path = folder.path().join("fork.log");
    fs::write(&path, log_file(history.dataset(), &history.segments(None))).unwrap();
    let path = path.to_str().unwrap();
    let pages = ["frontier", "verify"].map(|command| session(&folder, &[command, path])).concat();
    let verified = session(&folder, &["verify", "--json", path]);
    let proof = verified.split(r#""proof":""#).nth(1).and_then(|rest| rest.split('"').next());
    let digits = proof.unwrap().as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    let bytes: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    let proven = ForkProof::decode(&bytes).unwrap().verify().unwrap();
    assert_eq!(proven.author, key(1).author());
    assert_snapshot("fork.txt", &(pages + &verified));
}

#[test]
fn files_that_are_no_log_say_what_they_are() {
    let (folder, history) = (tempfile::tempdir().unwrap(), History::shared());
    let whole = log_file(history.dataset(), &history.segments(None));
    let mut foreign = whole.clone();
    foreign[8] = 9;
    let mut header = whole.clone();
    header[20] ^= 1;
    let cases: [(&str, &[u8]); 6] = [
        ("empty.log", b""),
        ("short.log", &whole[..20]),
        ("bare.log", &whole[..FILE_HEADER_BYTES]),
        ("foreign.log", &foreign),
        ("header.log", &header),
        ("letter.txt", b"Dear Ada, here is no dataset at all, only words and words."),
    ];
    let mut told = String::new();
    for (name, bytes) in cases {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        told += &session(&folder, &["verify", path.to_str().unwrap()]);
    }
    let path = folder.path().to_str().unwrap();
    told += &session(&folder, &["summary", path]);
    told += &session(&folder, &["summary", &format!("{path}/nothing")]);
    assert_snapshot("wrong-files.txt", &told);
}

#[test]
fn no_truncation_or_flipped_byte_panics() {
    let (folder, history) = (tempfile::tempdir().unwrap(), History::shared());
    let whole = log_file(history.dataset(), &history.segments(None));
    let path = folder.path().join("some.log");
    let say = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        use woodland_dump::Command;
        for command in
            [Command::Graph, Command::Segments, Command::Svg, Command::Verify { deep: true }]
        {
            let request = woodland_dump::Request::of(command, &path);
            let _ = woodland_dump::dump(&request, &mut Vec::new(), &mut Vec::new());
        }
    };
    for length in (0..whole.len()).step_by(7) {
        say(&whole[..length]);
    }
    for at in (0..whole.len()).step_by(5) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x5a;
        say(&bytes);
    }
}

#[test]
fn an_empty_dataset_and_a_lone_segment_file_are_read() {
    let (folder, history) = (tempfile::tempdir().unwrap(), History::found());
    let empty = folder.path().join("empty");
    directory(&empty, history.dataset(), &[]);
    let told = tell(&folder, &empty);
    let (shared_folder, _file, store) = shared();
    let lone = store.join("segments/00000001.wls");
    let lone = session(&shared_folder, &["summary", lone.to_str().unwrap()]);
    assert_snapshot("empty-and-lone.txt", &(told + &lone));
}

#[test]
fn the_dump_writes_nothing() {
    let (folder, _file, store) = shared();
    let list = || {
        let mut names: Vec<_> = fs::read_dir(&store)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name(), entry.metadata().unwrap().modified().unwrap()))
            .collect();
        names.sort();
        names
    };
    let before = list();
    binary(&["verify", "--deep", store.to_str().unwrap()]);
    assert_eq!(before, list());
    drop(folder);
}

#[test]
fn an_erased_and_a_foreign_payload_are_told() {
    let (folder, mut history) = (tempfile::tempdir().unwrap(), History::shared());
    let (walk, ben) = (history.commits[2].id(), key(2).author());
    history.write_after(ben, Some(walk), &[], vec![insert(note(), 0, "gone")]);
    let gone = history.commits.pop().unwrap();
    history.commits.push(Commit::new(ben, gone.header().clone(), None).unwrap());
    let payload = [9, 9, 9];
    let header = Header {
        position: Position::Next { backlink: gone.id(), seq: 2, schema: SchemaChange::Keep },
        payload_hash: payload_hash(&payload),
        payload_bytes: 3,
        ..gone.header().clone()
    };
    history.commits.push(Commit::new(ben, header, Some(payload.into())).unwrap());
    let path = folder.path().join("erased.log");
    fs::write(&path, log_file(history.dataset(), &history.segments(None))).unwrap();
    let path = path.to_str().unwrap();
    let pages = ["commits", "graph", "verify"].map(|command| session(&folder, &[command, path]));
    assert_snapshot("erased.txt", &pages.concat());
}
