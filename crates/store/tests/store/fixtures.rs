//! Directories that earlier releases wrote open for ever, and go on.
//!
//! `tests/fixtures/format-N` has one folder a shape, as the release wrote it that knew format N and
//! no newer one, and in `ids.txt` the commits that it holds. `UPDATE=1` writes shapes that are
//! missing, and never one that is there.

use crate::samples::{Sample, create, ids, key, open, sample, shared, small_files};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use woodland_format::{Commit, SecretKey, encode_segment};
use woodland_store::{BranchStore, Disk, MemoryDisk, Position, StoreOptions};

/// Shape, what it shows, and how it is made.
type Shape = (&'static str, fn() -> (MemoryDisk, Sample, usize));

const FORMAT_1: &[Shape] = &[
    ("empty", || appended(0, &default_then())),
    ("one-file", || appended(4, &default_then())),
    ("several-files", || appended(9, &small_files())),
    ("torn-tail", torn_tail),
    ("unacknowledged-file", unacknowledged_file),
    ("signed", signed),
    ("branch", branch),
];

const FORMAT_2: &[Shape] = &[
    ("merged", || merged(9, 12)),
    ("kept", kept),
    ("merged-torn", merged_torn),
    ("leftovers", leftovers),
];

/// What was the default when the fixtures were made.
fn default_then() -> StoreOptions {
    StoreOptions { segment_file_bytes_max: 64 * 1024 * 1024 }
}

fn appended(count: usize, options: &StoreOptions) -> (MemoryDisk, Sample, usize) {
    let sample = sample(count.max(1));
    let disk = MemoryDisk::new();
    let store = create(&disk, &sample, options);
    for segment in &sample.segments[..count] {
        store.append(std::slice::from_ref(segment)).expect("append");
    }
    drop(store);
    (disk, sample, count)
}

/// A power cut in the fifth append: one whole segment that heads do not name, and half of another.
fn torn_tail() -> (MemoryDisk, Sample, usize) {
    let (disk, ..) = appended(4, &default_then());
    let sample = sample(6);
    let name = crate::samples::FIRST;
    let mut bytes = disk.bytes(name).expect("file");
    bytes.extend_from_slice(&sample.segments[4]);
    bytes.extend_from_slice(&sample.segments[5][..40]);
    disk.replace(name, &bytes);
    (disk, sample, 5)
}

/// A power cut between the begin of a file and the flip of heads.
fn unacknowledged_file() -> (MemoryDisk, Sample, usize) {
    let (before, ..) = appended(4, &small_files());
    let (disk, sample, count) = appended(5, &small_files());
    disk.replace("heads", &before.bytes("heads").expect("heads"));
    (disk, sample, count)
}

/// Three commits in a segment, each signed.
fn signed() -> (MemoryDisk, Sample, usize) {
    let mut sample = sample(9);
    let opened = {
        let (disk, ..) = appended(9, &default_then());
        open(&disk).expect("open")
    };
    let commits: Vec<Commit> =
        opened.segments.iter().flat_map(|stored| stored.segment.commits()).collect();
    let segment = |run: &[Commit]| {
        encode_segment(sample.dataset, run, |commit| Some(key().sign_commit(&commit.id())))
    };
    sample.segments = commits.chunks(3).map(segment).collect();
    let disk = MemoryDisk::new();
    let store = create(&disk, &sample, &small_files());
    store.append(&sample.segments[..2]).expect("append");
    store.append(&sample.segments[2..]).expect("append");
    drop(store);
    (disk, sample, 9)
}

/// A branch that was written to.
fn branch() -> (MemoryDisk, Sample, usize) {
    let (disk, sample, count) = appended(3, &default_then());
    let heads = [sample.ids[2]];
    let (begun, _) =
        BranchStore::open(&shared(&disk), "draft", sample.dataset, &heads).expect("begun");
    let store = begun.create(&SecretKey::from_seed([2; 32])).expect("created");
    store.append(&sample.segments[..1]).expect("append");
    drop((store, begun));
    (disk, sample, count)
}

/// So many appended, merged, and then up to so many appended.
fn merged(before: usize, after: usize) -> (MemoryDisk, Sample, usize) {
    let (disk, ..) = appended(before, &small_files());
    let sample = sample(after);
    let store = open(&disk).expect("open").store;
    store.maintain(&store.position()).expect("merged");
    store.append(&sample.segments[before..]).expect("append");
    drop(store);
    (disk, sample, after)
}

/// The layout counts on a segment file as it was appended to.
fn kept() -> (MemoryDisk, Sample, usize) {
    let (disk, sample, count) = appended(9, &small_files());
    let store = open(&disk).expect("open").store;
    let behind_the_first = Position { file_number: 2, bytes: 48, root: [0; 32] };
    store.maintain(&behind_the_first).expect("merged");
    drop(store);
    assert!(disk.bytes("segments/00000001.layout").is_some());
    (disk, sample, count)
}

fn merged_torn() -> (MemoryDisk, Sample, usize) {
    let (disk, ..) = merged(9, 11);
    let further = sample(13);
    let name = disk.files().into_iter().rfind(|name| name.ends_with(".wls")).expect("files");
    let mut bytes = disk.bytes(&name).expect("file");
    bytes.extend_from_slice(&further.segments[11]);
    bytes.extend_from_slice(&further.segments[12][..40]);
    disk.replace(&name, &bytes);
    (disk, further, 12)
}

/// A power cut behind the swap, before what nobody counts on was removed.
fn leftovers() -> (MemoryDisk, Sample, usize) {
    let (before, ..) = appended(9, &small_files());
    let (disk, sample, count) = merged(9, 9);
    for name in before.files() {
        if disk.bytes(&name).is_none() {
            disk.replace(&name, &before.bytes(&name).expect("file"));
        }
    }
    (disk, sample, count)
}

fn folder(format: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(format)
}

fn listed(disk: &MemoryDisk) -> Vec<(String, Vec<u8>)> {
    let bytes = |name: String| (name.clone(), disk.bytes(&name).expect("listed"));
    disk.files().into_iter().map(bytes).collect()
}

fn write(shape: &Path, disk: &MemoryDisk, ids: &str) {
    for (name, bytes) in listed(disk) {
        let path = shape.join("dataset").join(&name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, bytes).expect("written");
    }
    fs::write(shape.join("ids.txt"), ids).expect("written");
}

fn text(sample: &Sample, count: usize) -> String {
    sample.ids[..count].iter().fold(String::new(), |mut text, id| {
        writeln!(text, "{id}").expect("a string takes it");
        text
    })
}

/// The fixture as a disk.
fn read(shape: &Path) -> MemoryDisk {
    let disk = MemoryDisk::new();
    let whole = shape.join("dataset");
    let mut waiting = vec![whole.clone()];
    while let Some(folder) = waiting.pop() {
        let mut entries: Vec<PathBuf> = fs::read_dir(&folder)
            .expect("folder")
            .map(|entry| entry.expect("entry").path())
            .collect();
        entries.sort();
        for path in entries {
            let name = path.strip_prefix(&whole).expect("inside").to_str().expect("a name");
            if path.is_dir() {
                disk.create_folder(name).expect("folder");
                waiting.push(path);
            } else {
                disk.replace(name, &fs::read(&path).expect("file"));
            }
        }
    }
    disk
}

fn check(format: &str, shapes: &[Shape]) {
    let further = sample(20);
    for (name, make) in shapes {
        let shape = folder(format).join(name);
        if std::env::var_os("UPDATE").is_some() && !shape.exists() {
            let (disk, sample, count) = make();
            write(&shape, &disk, &text(&sample, count));
        }
        let expected = fs::read_to_string(shape.join("ids.txt")).expect("ids");
        let disk = read(&shape);
        let shown = |disk: &MemoryDisk| {
            let opened = open(disk).unwrap_or_else(|error| panic!("{name}: {error}"));
            (ids(&opened).iter().map(|id| format!("{id}\n")).collect::<String>(), opened)
        };
        let (found, opened) = shown(&disk);
        assert_eq!(found, expected, "{name}");
        let count = expected.lines().count();
        opened.store.append(&further.segments[count..=count]).expect("append");
        opened.store.maintain(&opened.store.position()).expect("merged");
        drop(opened);
        let (found, _) = shown(&disk);
        assert_eq!(found, text(&further, count + 1), "{name}");
    }
}

#[test]
fn shapes_of_format_1_open_with_what_they_hold_and_go_on() {
    check("format-1", FORMAT_1);
}

#[test]
fn shapes_of_format_2_open_with_what_they_hold_and_go_on() {
    check("format-2", FORMAT_2);
}

/// A directory is no newer than what it uses: nothing of format 2 is written before a merging.
#[test]
fn what_is_not_merged_is_written_as_format_1() {
    for (name, make) in FORMAT_1 {
        let (disk, ..) = make();
        let fixture = read(&folder("format-1").join(name));
        for (file, bytes) in listed(&disk).into_iter().filter(|(file, _)| !file.ends_with("place"))
        {
            assert_eq!(fixture.bytes(&file), Some(bytes), "{name}: {file}");
        }
    }
}
