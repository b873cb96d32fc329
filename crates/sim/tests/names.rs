//! Names of segment files, where syncing their folder fails: the disk then has them in memory
//! alone.

use std::sync::Arc;
use woodland::{Model, Options, Record, Replica, define};
use woodland_sim::{FaultKind, Lasting, Random, SimDisk, Survival};

#[derive(Record)]
struct Word {
    word: String,
}

fn model() -> Model {
    define().record::<Word>().model().expect("a model")
}

fn options(disk: &SimDisk, seed: u64) -> Options {
    Options::on(Arc::new(disk.clone())).seed(seed).segment_file_bytes_max(1)
}

#[test]
fn a_segment_file_whose_name_was_not_saved_is_begun_anew() {
    let mut failed = 0;
    for left in 0..12 {
        for seed in 0..8 {
            let disk = SimDisk::new(1, seed);
            let replica = Replica::create(options(&disk, 1), model()).expect("founded");
            let write = |replica: &Replica| {
                replica.write(|b| b.insert(&Word { word: "word".into() })).is_ok()
            };
            assert!(write(&replica), "nothing fails yet");
            disk.fail(FaultKind::FailedSync, left, Lasting::Once);
            failed += u64::from((0..4).any(|_| !write(&replica)));
            drop(replica);
            disk.mend();
            let replica = Replica::open(options(&disk, 2), model()).expect("opened");
            assert!((0..3).all(|_| write(&replica)), "nothing fails any more");
            let written = replica.snapshot().log().len();
            let after = disk.crash(Survival::Nothing, &mut Random::from_seed(seed));
            let replica = Replica::open(options(&after, 3), model()).expect("nothing is lost");
            assert_eq!(replica.snapshot().log().len(), written, "sync {left}, seed {seed}");
        }
    }
    assert!(failed > 40, "{failed}: each sync of a write fails in its turn");
}
