//! Bugs that the harness has found, and promises that a row only counts, each as a test of its own.

use woodland_store::{Store, StoreOptions};
use woodland_tests::reliability::{Chain, Fault, Lying, Platter, SECTOR_BYTES, ScriptedDisk, key};

/// The last sync of a creation fails, or the process ends before it. What memory shows is opened
/// and written to, and then the power is cut: the name of heads was never synced.
#[test]
fn a_creation_that_ended_before_its_last_sync_is_not_lost_once_it_is_written_to() {
    let (mut chain, founding) = Chain::found();
    let create = |disk: &ScriptedDisk| {
        Store::create(disk.shared(), chain.dataset(), &key(1), &StoreOptions::default())
    };
    let whole = ScriptedDisk::empty();
    create(&whole).expect("created");
    let last = whole.counts().0;
    let disk = ScriptedDisk::empty();
    disk.set_fault(Some(Fault::Call(last, std::io::ErrorKind::Other)));
    create(&disk).expect_err("the last call is the sync of the folder");
    disk.set_fault(None);
    let store = Store::open(disk.shared()).expect("memory shows it").store;
    store.append(&[founding, chain.next(10)]).expect("acknowledged");
    drop(store);
    let mut platter = Platter::default();
    disk.journal().iter().for_each(|event| platter.apply(event, Lying::No));
    let opened = Store::open(ScriptedDisk::of(platter.bare()).shared()).expect("opened");
    assert_eq!(opened.segments.len(), 2);
}

/// A sector fails for ever, in the middle of a file: every segment that it does not touch is read.
#[test]
fn what_lies_around_a_sector_that_fails_for_ever_is_read() {
    let disk = ScriptedDisk::empty();
    let (mut chain, founding) = Chain::found();
    let store =
        Store::create(disk.shared(), chain.dataset(), &key(1), &StoreOptions::default()).unwrap();
    store.append(&[founding]).unwrap();
    (0..40).for_each(|_| store.append(&[chain.next(300)]).unwrap());
    drop(store);
    let name = "segments/00000001.wls";
    disk.set_fault(None);
    let whole = Store::inspect(disk.shared().as_ref());
    let (_, reads, _) = disk.counts();
    assert_eq!(whole.files[0].name, name);
    assert!(whole.problems.is_empty() && whole.files[0].unreadable.is_empty());
    let mut in_file = 0;
    for read in 1..=reads {
        disk.set_fault(Some(Fault::ReadForEver(read)));
        let found = Store::inspect(disk.shared().as_ref());
        // Of these acts some ask for no bytes.
        let Some((bad_name, bad)) = disk.bad_stretch() else { continue };
        if bad_name != name || bad.start == 0 {
            continue;
        }
        in_file += 1;
        assert!(!found.problems.is_empty(), "read {read} failed");
        let [stretch] = &found.files[0].unreadable[..] else { panic!("{:?}", found.files) };
        assert!(stretch.start <= bad.start && bad.end <= stretch.end, "{stretch:?} for {bad:?}");
        assert!(stretch.end - stretch.start <= 2 * SECTOR_BYTES);
        let is_apart = |from: u64, to: u64| to <= stretch.start || stretch.end <= from;
        let ids = |files: &[woodland_store::FileReport]| {
            let found = files[0].found.iter().filter(|found| found.damage.is_none());
            let segments = found.filter_map(|found| found.segment.as_ref());
            let apart = segments.filter(|one| is_apart(one.offset, one.offset + one.bytes));
            apart.flat_map(|one| one.commits().map(|commit| commit.id())).collect::<Vec<_>>()
        };
        assert_eq!(ids(&found.files), ids(&whole.files), "beside {stretch:?}");
        assert!(ids(&found.files).len() >= 36 && found.torn.is_none());
    }
    assert!(in_file > 0, "the file's body was hit");
}
