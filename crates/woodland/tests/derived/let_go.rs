//! Whoever closes a dataset gives back all that it took: nothing holds on to its disk.

use crate::model::{Dice, act, created, model};
use std::sync::Arc;
use woodland::{MemoryDisk, Options, Replica};

#[test]
fn nothing_holds_on_to_the_disk_of_a_replica_that_is_gone() {
    let disk = Arc::new(MemoryDisk::new());
    let mut dice = Dice(3);
    for seed in 1..5 {
        let options = || Options::on(disk.clone()).seed(seed).memory(0);
        let replica = match seed {
            1 => created(&disk, 1),
            _ => Replica::open(options(), model()).expect("opened"),
        };
        (0..40).for_each(|_| act(&replica, &mut dice));
        replica.rest().expect("rested");
        let held = replica.snapshot();
        (0..40).for_each(|_| act(&replica, &mut dice));
        replica.maintain().expect("merged");
        let (peer, _) = Replica::join_in_memory(model(), &replica, 50 + seed).expect("joined");
        act(&peer, &mut dice);
        replica.merge(&peer).expect("merged");
        assert_ne!(held.digest(), replica.snapshot().digest());
        drop((held, replica, peer));
        assert_eq!(Arc::strong_count(&disk), 1, "opening {seed}");
    }
}
