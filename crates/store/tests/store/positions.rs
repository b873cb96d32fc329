//! A position: what lies before it is not read, and one of another history is not believed.

use crate::hooked::HookedDisk;
use crate::samples::{
    FIRST, HEADS, Sample, create, filled, ids, open, sample, shared, small_files,
};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use woodland_store::{
    DiskAct, MemoryDisk, OpenError, Opened, Position, Problem, Store, StoreOptions,
};

fn after(disk: &MemoryDisk, position: &Position) -> Result<Opened, OpenError> {
    Store::open_after(shared(disk), position)
}

/// A disk with all of the sample, and the position after each segment, the first before all.
fn walked(sample: &Sample, options: &StoreOptions) -> (MemoryDisk, Vec<Position>) {
    let disk = MemoryDisk::new();
    let store = create(&disk, sample, options);
    let mut positions = vec![store.position()];
    for segment in &sample.segments {
        store.append(std::slice::from_ref(segment)).expect("append");
        positions.push(store.position());
    }
    drop(store);
    (disk, positions)
}

#[test]
fn what_lies_behind_each_position_is_handed_out_and_appending_goes_on() {
    let longer = sample(10);
    for options in [small_files(), StoreOptions::default()] {
        let (disk, positions) = walked(&sample(9), &options);
        for (count, position) in positions.iter().enumerate() {
            let disk = disk.image();
            let opened = after(&disk, position).expect("open");
            assert_eq!(ids(&opened), longer.ids[count..9]);
            assert_eq!(opened.store.position(), positions[9]);
            opened.store.append(&longer.segments[9..]).expect("append");
            drop(opened);
            assert_eq!(ids(&after(&disk, position).expect("open")), longer.ids[count..]);
            assert_eq!(ids(&open(&disk).expect("open")), longer.ids);
        }
    }
}

#[test]
fn what_lies_before_is_not_read_but_its_length_is() {
    let (disk, positions) = walked(&sample(9), &small_files());
    let seen: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let into = seen.clone();
    let hooked = HookedDisk::of(&disk, move |act, name| {
        if act == DiskAct::Read {
            into.lock().expect("seen").insert(name.to_owned());
        }
    });
    drop(Store::open_after(Arc::new(hooked), &positions[7]).expect("open"));
    let seen = seen.lock().expect("seen");
    let files: Vec<&String> = seen.iter().filter(|name| name.ends_with(".wls")).collect();
    assert_eq!(files, ["segments/00000004.wls", "segments/00000005.wls"]);

    let named = |damage: &dyn Fn(&MemoryDisk)| {
        let disk = disk.image();
        damage(&disk);
        match after(&disk, &positions[7]) {
            Err(OpenError::Damaged { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(named(&|disk| disk.erase(FIRST)), Problem::Missing { name } if name == FIRST));
    assert!(matches!(named(&|disk| disk.cut(FIRST, 60)), Problem::Short { found: 60, .. }));
    let longer = [disk.bytes(FIRST).expect("file"), vec![0]].concat();
    assert!(matches!(named(&|disk| disk.replace(FIRST, &longer)), Problem::Long { .. }));
}

#[test]
fn a_torn_tail_behind_a_position_is_cut_off_and_whole_segments_are_kept() {
    let sample = sample(9);
    let (disk, positions) = walked(&sample, &StoreOptions::default());
    let (shorter, _) = walked(&crate::samples::sample(7), &StoreOptions::default());
    disk.replace(HEADS, &shorter.bytes(HEADS).expect("heads"));
    disk.cut(FIRST, disk.bytes(FIRST).expect("file").len() - 3);
    let opened = after(&disk, &positions[5]).expect("open");
    assert_eq!(ids(&opened), sample.ids[5..8]);
    assert!(opened.torn.is_some());
    drop(opened);
    assert_eq!(ids(&open(&disk).expect("open")), sample.ids[..8]);
}

/// The error, and nothing may be changed.
fn refused(disk: &MemoryDisk, position: &Position) -> OpenError {
    let content = |disk: &MemoryDisk| -> Vec<_> {
        disk.files().into_iter().map(|name| (disk.bytes(&name), name)).collect()
    };
    let before = content(disk);
    let error = after(disk, position).expect_err("refused");
    assert_eq!(content(disk), before, "{error}");
    error
}

#[test]
fn a_position_of_another_history_is_refused() {
    for options in [small_files(), StoreOptions::default()] {
        let (disk, positions) = walked(&sample(9), &options);
        let is_none = |disk: &MemoryDisk, position: Position| match refused(disk, &position) {
            OpenError::NotAPrefix { position: found } => assert_eq!(found, position),
            other => panic!("{position:?}: {other}"),
        };
        for position in &positions {
            for bit in 0..256 {
                let mut forged = *position;
                forged.root[bit / 8] ^= 1 << (bit % 8);
                is_none(&disk, forged);
            }
            for bytes in [0, 47, position.bytes - 1, position.bytes + 1, u64::MAX] {
                is_none(&disk, Position { bytes, ..*position });
            }
            for file_number in [0, position.file_number + 1, u64::MAX] {
                is_none(&disk, Position { file_number, ..*position });
            }
        }
        // The directory went back in time.
        let (earlier, _) = walked(&sample(6), &options);
        for position in &positions[7..] {
            is_none(&earlier, *position);
        }
        // Bytes behind it are damaged: reading everything names them.
        let last = disk.files().into_iter().rfind(|name| name.ends_with(".wls")).expect("files");
        disk.flip(&last, 8 * (disk.bytes(&last).expect("file").len() - 5));
        is_none(&disk, positions[8]);
        assert!(matches!(open(&disk), Err(OpenError::Damaged { .. })));
    }
}

#[test]
fn a_foreign_format_behind_a_position_is_named_as_one() {
    let (disk, positions) = walked(&sample(9), &small_files());
    for name in [HEADS, "author.key", "closed", "segments/00000005.wls"] {
        let disk = disk.image();
        let mut bytes = disk.bytes(name).expect("file");
        bytes[8] = 9;
        disk.replace(name, &bytes);
        let error = refused(&disk, &positions[9]);
        assert!(matches!(error, OpenError::ForeignFormat { .. }), "{name}: {error}");
    }
    assert!(matches!(after(&MemoryDisk::new(), &positions[9]), Err(OpenError::NothingHere)));
    let held = open(&disk).expect("open");
    assert!(matches!(after(&disk, &positions[9]), Err(OpenError::Locked)));
    drop(held);
    drop(filled(&sample(1), &small_files()));
}
