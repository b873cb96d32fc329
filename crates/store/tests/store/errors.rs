//! Every error that the other files do not raise, and what it says.

use crate::samples::{FIRST, HEADS, create, filled, key, open, sample, shared, small_files};
use std::sync::Arc;
use woodland_format::{DatasetId, FileHeader, Purpose};
use woodland_store::limits::{APPEND_BYTES_MAX, FILE_BYTES_MAX, SEGMENT_FILE_BYTES_LIMIT};
use woodland_store::{
    Access, AppendError, CreateError, Disk, DiskAct, FileDisk, KeyError, MemoryDisk, NotASegment,
    OpenError, Problem, RecordError, Store, StoreOptions,
};

fn whole() -> MemoryDisk {
    filled(&sample(6), &small_files())
}

/// The first problem for which the directory is refused.
fn problem(disk: &MemoryDisk) -> Problem {
    match open(disk) {
        Err(OpenError::Damaged { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_missing_is_named() {
    for name in ["lock", "author.key", "closed", HEADS, "segments", FIRST, "segments/00000002.wls"]
    {
        let disk = whole();
        disk.erase(name);
        match problem(&disk) {
            Problem::Missing { name: found } => assert_eq!(found, name),
            other => panic!("{name}: {other}"),
        }
    }
    let last = whole().files().pop().expect("files");
    let disk = whole();
    disk.erase(&last);
    assert!(matches!(problem(&disk), Problem::Missing { name } if name == last));
}

#[test]
fn a_creation_cut_short_is_told_from_damage() {
    let disk = MemoryDisk::new();
    drop(create(&disk, &sample(1), &small_files()));
    disk.erase(HEADS);
    assert!(matches!(open(&disk), Err(OpenError::Unfinished)));
}

#[test]
fn a_file_in_the_place_of_the_segments_is_named() {
    let disk = whole();
    disk.erase("segments");
    disk.replace("segments", b"");
    assert!(matches!(problem(&disk), Problem::NotAFolder { name } if name == "segments"));
}

#[test]
fn lengths_are_compared() {
    let grown = |name: &str, more: usize| {
        let disk = whole();
        let mut bytes = disk.bytes(name).expect("file");
        bytes.resize(bytes.len() + more, 0);
        disk.replace(name, &bytes);
        problem(&disk)
    };
    assert!(matches!(grown(HEADS, 1), Problem::Long { expected: 1024, found: 1025, .. }));
    assert!(matches!(grown("closed", 65), Problem::Long { .. }));
    assert!(matches!(grown(FIRST, 1), Problem::Long { name, .. } if name == FIRST));

    let cut = |name: &str, length: usize| {
        let disk = whole();
        disk.cut(name, length);
        problem(&disk)
    };
    assert!(matches!(cut("closed", 10), Problem::Short { found: 10, .. }));
    assert!(matches!(cut(FIRST, 100), Problem::Short { name, found: 100, .. } if name == FIRST));
    let short = RecordError::Short { expected: 512, found: 0 };
    assert!(matches!(cut(HEADS, 0), Problem::Record { offset: 0, error, .. } if error == short));
}

#[test]
fn records_that_do_not_hold_are_named() {
    let bent = |name: &str, change: &dyn Fn(&mut [u8])| {
        let disk = whole();
        let mut bytes = disk.bytes(name).expect("file");
        change(&mut bytes);
        disk.replace(name, &bytes);
        problem(&disk)
    };
    let magic = bent("closed", &|bytes| bytes[64..72].fill(7));
    assert!(matches!(&magic, Problem::Record { offset: 64, error: RecordError::Magic { .. }, .. }));
    assert!(magic.to_string().contains("WOODDONE"), "{magic}");
    let sum = bent(HEADS, &|bytes| [20, 600].map(|at| bytes[at] ^= 1).into_iter().collect());
    assert!(matches!(sum, Problem::Record { error: RecordError::Checksum { .. }, .. }));
    let swapped = bent("closed", &|bytes| bytes.copy_within(64..128, 0));
    let value = RecordError::Value { what: "the file number", expected: 1, found: 2 };
    assert!(matches!(swapped, Problem::Record { error, .. } if error == value));
}

#[test]
fn a_key_that_cannot_be_used_is_refused_and_not_shown() {
    let bytes = whole().bytes("author.key").expect("key");
    let mut other = bytes.clone();
    other[0] ^= 1;
    let mut rotten = bytes.clone();
    rotten[20] ^= 1;
    let cases = [
        (bytes[..47].to_vec(), KeyError::Length { found: 47 }),
        ([bytes.clone(), vec![0]].concat(), KeyError::Length { found: 49 }),
        (vec![], KeyError::Length { found: 0 }),
        (other, KeyError::Magic),
        (rotten, KeyError::Checksum),
        (key().to_seed().repeat(2)[..48].to_vec(), KeyError::Magic),
    ];
    for (bytes, expected) in cases {
        let disk = whole();
        disk.replace("author.key", &bytes);
        let found = problem(&disk);
        let shown = format!("{found} {found:?} {:?}", Store::inspect(&disk));
        assert!(!shown.contains("0101") && !shown.contains("1, 1, 1, 1"), "{shown}");
        assert!(matches!(found, Problem::Key { error, .. } if error == expected));
    }
}

#[test]
fn a_key_that_others_may_read_is_warned_of() {
    let disk = whole();
    disk.set_access("author.key", Access::Shared);
    assert!(matches!(&Store::inspect(&disk).warnings[..], [Problem::Exposed { .. }]));
    let opened = open(&disk).expect("open");
    assert!(matches!(&opened.warnings[..], [Problem::Exposed { .. }]));
    assert!(!format!("{opened:?}").contains("1, 1, 1, 1"));
}

#[test]
fn what_belongs_elsewhere_is_named() {
    let sample = sample(6);
    let with_header = |name: &str, header: FileHeader| {
        let disk = whole();
        let mut bytes = disk.bytes(name).expect("file");
        bytes[..48].copy_from_slice(&header.encode());
        disk.replace(name, &bytes);
        problem(&disk)
    };
    let log = FileHeader { purpose: Purpose::Log, dataset: sample.dataset };
    assert!(matches!(with_header(FIRST, log), Problem::Purpose { name } if name == FIRST));
    let other = FileHeader { purpose: Purpose::Store, dataset: DatasetId([9; 32]) };
    match with_header(FIRST, other) {
        Problem::Dataset { name, offset: 16, expected, found } => {
            assert_eq!((name.as_str(), expected, found), (FIRST, sample.dataset, other.dataset));
        }
        other => panic!("{other}"),
    }
    let disk = whole();
    disk.replace(FIRST, b"");
    assert!(matches!(problem(&disk), Problem::Header { name, .. } if name == FIRST));

    // One slot of another dataset's heads.
    let stranger = MemoryDisk::new();
    let dataset = DatasetId([9; 32]);
    let store = Store::create(shared(&stranger), dataset, &key(), &small_files());
    drop(store.expect("create"));
    let disk = whole();
    let mut heads = disk.bytes(HEADS).expect("heads");
    let newest = Store::inspect(&disk).heads.expect("heads").slot();
    let range = (1 - newest) * 512..(2 - newest) * 512;
    let foreign = stranger.bytes(HEADS).expect("heads");
    heads[range.clone()].copy_from_slice(&foreign[range]);
    disk.replace(HEADS, &heads);
    assert!(matches!(problem(&disk), Problem::Dataset { name, .. } if name == HEADS));
}

#[test]
fn a_file_that_cannot_be_there_is_named_and_strangers_are_left_alone() {
    let disk = whole();
    let count = Store::inspect(&disk).files.len() as u64;
    disk.replace("segments/.DS_Store", b"whatever");
    disk.replace("notes.txt", b"whatever");
    drop(open(&disk).expect("strangers do not matter"));
    assert_eq!(disk.bytes("notes.txt").expect("notes"), b"whatever");
    let name = format!("segments/{:08}.wls", count + 2);
    disk.replace(&name, &disk.bytes(FIRST).expect("file"));
    assert!(matches!(problem(&disk), Problem::Unexpected { name: found, .. } if found == name));
}

#[test]
fn a_file_longer_than_any_is_not_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let disk: Arc<dyn Disk> = Arc::new(FileDisk::at(folder.path()));
    let sample = sample(1);
    drop(Store::create(disk.clone(), sample.dataset, &key(), &small_files()).expect("create"));
    for length in [FILE_BYTES_MAX + 1, 1 << 42] {
        disk.truncate(FIRST, length).expect("sparse");
        match Store::open(disk.clone()) {
            Err(OpenError::Damaged { problem: Problem::TooLong { found, .. }, .. }) => {
                assert_eq!(found, length);
            }
            other => panic!("{other:?}"),
        }
    }
    disk.truncate(FIRST, 48).expect("back");
    for name in [HEADS, "author.key", "closed"] {
        let length = disk.len(name).expect("length");
        disk.truncate(name, 1 << 42).expect("sparse");
        assert!(matches!(Store::open(disk.clone()), Err(OpenError::Damaged { .. })), "{name}");
        disk.truncate(name, length).expect("back");
    }
    Store::open(disk).expect("as before");
}

#[test]
fn limits_of_the_caller() {
    let dataset = sample(1).dataset;
    let created = |segment_file_bytes_max| {
        let options = StoreOptions { segment_file_bytes_max };
        Store::create(shared(&MemoryDisk::new()), dataset, &key(), &options)
    };
    for fine in [1, SEGMENT_FILE_BYTES_LIMIT - 1, SEGMENT_FILE_BYTES_LIMIT] {
        drop(created(fine).expect("within the limit"));
    }
    for wrong in [0, SEGMENT_FILE_BYTES_LIMIT + 1] {
        match created(wrong) {
            Err(CreateError::SegmentFileBytes { found }) => assert_eq!(found, wrong),
            other => panic!("{other:?}"),
        }
    }
    let store = create(&MemoryDisk::new(), &sample(1), &small_files());
    let length = usize::try_from(APPEND_BYTES_MAX).expect("64 bits") + 1;
    match store.append(&[vec![0; length]]) {
        Err(AppendError::TooLarge { found }) => assert_eq!(found, length as u64),
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_whole_segments_of_the_dataset_are_appended() {
    let sample = sample(3);
    let store = create(&MemoryDisk::new(), &sample, &small_files());
    let refused = |segment: Vec<u8>| {
        let given = [sample.segments[0].clone(), segment];
        match store.append(&given) {
            Err(AppendError::NotASegment { index: 1, reason }) => reason,
            other => panic!("{other:?}"),
        }
    };
    let segment = &sample.segments[1];
    assert_eq!(refused(vec![]), NotASegment::Empty);
    let cut = segment[..segment.len() - 1].to_vec();
    assert!(matches!(refused(cut), NotASegment::Damaged(_)));
    let two = [segment.clone(), sample.segments[2].clone()].concat();
    assert!(matches!(refused(two), NotASegment::MoreFollows { .. }));
    assert!(matches!(refused(vec![0; 400]), NotASegment::Damaged(_)));
    assert_eq!(store.heads().generation, 1, "nothing was written");
    let stranger = DatasetId([9; 32]);
    let options = small_files();
    let created = Store::create(shared(&MemoryDisk::new()), stranger, &key(), &options);
    let appended = created.expect("create").append(&sample.segments);
    assert!(matches!(appended, Err(AppendError::NotASegment { index: 0, .. })));
}

#[test]
fn disks_name_the_act_and_the_file_and_agree_on_the_kind() {
    let folder = tempfile::tempdir().expect("a folder");
    let disks: [Arc<dyn Disk>; 2] =
        [Arc::new(FileDisk::at(folder.path())), Arc::new(MemoryDisk::new())];
    let failures = disks.map(|disk| {
        disk.create_folder("segments").expect("folder");
        disk.create_file("a", Access::Shared).expect("file");
        disk.write_at("a", 0, b"abc").expect("write");
        let mut into = [0; 4];
        let results = [
            disk.len("none").map(drop),
            disk.read_at("a", 0, &mut into),
            disk.read_at("a", u64::MAX / 4, &mut into),
            disk.write_at("none", 0, b"x"),
            disk.truncate("none", 1),
            disk.sync("none"),
            disk.create_folder("segments"),
            disk.sync_folder("none"),
            disk.create_file("a", Access::Shared),
            disk.create_file("none/a", Access::Shared),
            disk.access("none").map(drop),
            disk.rename("none", "a"),
            disk.remove("none"),
            disk.list("none").map(drop),
            disk.list("a").map(drop),
            disk.lock("none").map(drop),
        ];
        results.map(|result| {
            let error = result.expect_err("fails");
            let shown = error.to_string();
            assert!(shown.contains(&error.act.to_string()) && shown.contains(&error.name));
            (error.act, error.name.clone(), error.kind())
        })
    });
    assert_eq!(failures[0], failures[1]);
    assert_eq!(failures[0][5].0, DiskAct::Sync);
}
