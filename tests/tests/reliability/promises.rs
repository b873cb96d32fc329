//! Bugs that the harness has found, each as a test of its own.

use woodland_store::{Store, StoreOptions};
use woodland_tests::reliability::{Chain, Fault, Lying, Platter, ScriptedDisk, key};

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
