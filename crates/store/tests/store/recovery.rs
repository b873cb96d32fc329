//! The power is cut again, while the store mends what the first cut left.

use crate::samples::{create, ids, open, sample, small_files};
use std::collections::BTreeSet;
use woodland_format::CommitId;
use woodland_store::{MemoryDisk, PowerCut, Unsynced};

const CUTS: [PowerCut; 4] = [
    PowerCut { names: Unsynced::Lost, lengths: Unsynced::Lost, bytes_kept: 0 },
    PowerCut { names: Unsynced::Kept, lengths: Unsynced::Kept, bytes_kept: 60 },
    PowerCut { names: Unsynced::Kept, lengths: Unsynced::Lost, bytes_kept: 230 },
    PowerCut { names: Unsynced::Kept, lengths: Unsynced::Lost, bytes_kept: usize::MAX },
];

fn set(disk: &MemoryDisk, what: &dyn Fn() -> String) -> BTreeSet<CommitId> {
    let opened = open(disk).unwrap_or_else(|error| panic!("{}: {error}", what()));
    ids(&opened).into_iter().collect()
}

#[test]
fn a_second_power_cut_at_every_act_of_opening_loses_nothing() {
    let sample = sample(14);
    let start = MemoryDisk::new();
    drop(create(&start, &sample, &small_files()));
    // Appends, hands over, merges. Says how many are durable.
    let work = |disk: &MemoryDisk| -> usize {
        let mut durable = 0;
        let Ok(opened) = open(disk) else { return 0 };
        for (at, segment) in sample.segments.iter().enumerate() {
            let staged = opened.store.stage(vec![segment.clone()]);
            let Ok(ticket) = staged else { return durable };
            let brought = match at % 3 {
                0 => opened.store.hand_over(ticket),
                _ => opened.store.settle(ticket).inspect(|()| durable = at + 1),
            };
            let merged = at % 5 != 4 || opened.store.maintain(&opened.store.position()).is_ok();
            if brought.is_err() || !merged {
                return durable;
            }
        }
        durable
    };
    let whole = start.image();
    assert_eq!(work(&whole), 14);
    let (mut tried, mut mended) = (0, 0);
    for call in 1..=whole.calls() {
        let disk = start.image();
        disk.power_off_at_call(call);
        let least = work(&disk);
        for first in CUTS {
            let cut = disk.after_power_cut(first);
            let calls = {
                let disk = cut.image();
                drop(open(&disk).unwrap_or_else(|e| panic!("call {call}, {first:?}: {e}")));
                disk.calls()
            };
            let reads = {
                let disk = cut.image();
                drop(open(&disk));
                // A second opening finds nothing to mend: what it calls, any opening calls.
                let before = disk.calls();
                drop(open(&disk));
                disk.calls() - before
            };
            mended += usize::from(calls > reads);
            for call_of_open in reads.saturating_sub(1).max(1)..=calls {
                let disk = cut.image();
                disk.power_off_at_call(call_of_open);
                drop(open(&disk));
                for second in CUTS {
                    let what = || format!("call {call}, {first:?}, {call_of_open}, {second:?}");
                    let found = set(&disk.after_power_cut(second), &what);
                    let expected: BTreeSet<_> = sample.ids[..found.len()].iter().copied().collect();
                    assert_eq!(found, expected, "{}", what());
                    assert!(found.len() >= least, "{}", what());
                    tried += 1;
                }
            }
        }
    }
    println!("{tried} second cuts, {mended} openings had to mend");
    assert!(mended > 50);
}
