//! Power cuts and failing acts while what was derived is put to rest.

use crate::model::{Dice, act, assert_alike, created, model, twin};
use std::io::ErrorKind;
use std::sync::Arc;
use woodland::{MemoryDisk, Options, PowerCut, Replica, RestError, Unsynced};

/// A replica with some commits, once rested, and more of them.
fn begun(disk: &Arc<MemoryDisk>) -> (Replica, Dice) {
    let replica = created(disk, 1);
    let mut dice = Dice(11);
    (0..25).for_each(|_| act(&replica, &mut dice));
    replica.rest().expect("rested");
    (0..25).for_each(|_| act(&replica, &mut dice));
    (replica, dice)
}

#[test]
fn a_cut_while_resting_loses_nothing() {
    let whole = Arc::new(MemoryDisk::new());
    let (replica, _) = begun(&whole);
    let before = whole.calls();
    replica.rest().expect("rested");
    let calls = whole.calls() - before;
    assert!(calls > 5, "{calls}");
    for call in 1..=calls {
        let disk = Arc::new(MemoryDisk::new());
        let (replica, _) = begun(&disk);
        let expected = twin(&replica);
        disk.power_off_at_call(call);
        drop(replica.rest());
        drop(replica);
        for (names, lengths, bytes_kept) in [
            (Unsynced::Lost, Unsynced::Lost, 0),
            (Unsynced::Kept, Unsynced::Kept, usize::MAX),
            (Unsynced::Kept, Unsynced::Lost, 5_000),
        ] {
            let cut = disk.after_power_cut(PowerCut { names, lengths, bytes_kept });
            let options = Options::on(Arc::new(cut)).seed(2);
            let replica = Replica::open(options, model()).expect("opened");
            assert_alike(&replica.snapshot(), &expected);
        }
    }
}

#[test]
fn a_failing_act_while_resting_is_told_and_the_replica_goes_on() {
    let mut failures = 0;
    for call in 1..40 {
        let disk = Arc::new(MemoryDisk::new());
        let (replica, mut dice) = begun(&disk);
        let expected = twin(&replica);
        disk.fail_call(call, ErrorKind::Other);
        let rested = replica.rest();
        if rested.is_ok() {
            break; // The failure would meet a later act.
        }
        assert!(matches!(rested, Err(RestError::Base(_))), "{rested:?}");
        failures += 1;
        assert_alike(&replica.snapshot(), &expected);
        act(&replica, &mut dice);
        let written = twin(&replica);
        drop(replica);
        let replica = Replica::open(Options::on(disk).seed(2), model()).expect("opened");
        assert_alike(&replica.snapshot(), &written);
    }
    assert!(failures > 5, "{failures}");
}
