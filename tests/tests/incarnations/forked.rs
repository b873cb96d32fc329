//! Forks among many: whoever meets them in whatever order holds the same, and says the same.

use crate::folders::{add, put_back, save, titles};
use crate::notes::{exported, facts, folder, joined, schema};
use std::collections::BTreeSet;
use std::path::Path;
use woodland::{Fork, ForkProof, Notice, Replica};

/// The log files of what one directory wrote, each time put back to the same state; the last is
/// left open.
fn incarnations(folder: &Path, count: usize) -> (Replica, Vec<std::path::PathBuf>) {
    let one = folder.join("one");
    let replica = Replica::create(&one, schema()).expect("created");
    add(&replica, "base");
    drop(replica);
    let saved = save(&one);
    let mut files = Vec::new();
    loop {
        let replica = Replica::open(&one, schema()).expect("opened");
        let number = files.len();
        for part in 0..=number {
            add(&replica, &format!("copy {number}, note {part}"));
        }
        files.push(exported(&replica, folder, &format!("{number}.wll")));
        if files.len() == count {
            return (replica, files);
        }
        drop(replica);
        put_back(&saved, &one);
    }
}

fn forks(replica: &Replica) -> BTreeSet<(woodland::AuthorKey, Vec<woodland::CommitId>)> {
    let fork = |notice: &Notice| match notice {
        Notice::Forked { fork, .. } | Notice::ForkedSelf { fork, .. } => Some(fork.clone()),
        _ => None,
    };
    let forks = replica.notices().iter().filter_map(fork).collect::<Vec<Fork>>();
    forks.into_iter().map(|fork| (fork.author, fork.rivals)).collect()
}

#[test]
fn scar_7_forks_merge_in_all_orders_and_nothing_is_lost() {
    let folder = folder();
    let (last, files) = incarnations(folder.path(), 3);
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let mut seen = Vec::new();
    for (seed, order) in orders.into_iter().enumerate() {
        let (replica, _) =
            Replica::join_in_memory(schema(), &files[order[0]], 10 + seed as u64).expect("joined");
        let mut told = Vec::new();
        for at in &order[1..] {
            told.extend(replica.merge(&files[*at]).expect("merged").notices);
        }
        assert_eq!(told.len(), 2, "each rival more is told");
        assert_eq!(titles(&replica).len(), 1 + 1 + 2 + 3, "every written note is there");
        let [notice @ Notice::Forked { proof: Some(proof), .. }] = &replica.notices()[..] else {
            panic!("one fork, proven")
        };
        assert!(ForkProof::decode(&proof.encode()).is_ok());
        assert!(notice.to_string().contains(&last.author().short()));
        seen.push((facts(&replica), forks(&replica)));
    }
    assert!(seen.iter().all(|one| *one == seen[0]));
    // The one who forked, too: it takes a key, and goes on.
    let retired = last.author();
    last.merge(&files[0]).expect("merged");
    last.merge(&files[1]).expect("merged");
    assert_eq!((facts(&last), forks(&last)), seen[0]);
    assert_ne!(last.author(), retired);
    add(&last, "after");
    let far = joined(&last, 99);
    assert_eq!(facts(&far), facts(&last));
}

#[test]
fn two_restored_ones_that_wrote_meet_each_other_and_a_third() {
    let folder = folder();
    let (last, files) = incarnations(folder.path(), 2);
    let (third, _) = Replica::join_in_memory(schema(), &files[0], 7).expect("joined");
    add(&third, "third");
    let merged = last.merge(&third).expect("merged");
    assert!(matches!(&merged.notices[..], [Notice::ForkedSelf { .. }]));
    third.merge(&last).expect("merged");
    add(&last, "after the fork");
    third.merge(&last).expect("merged");
    assert_eq!(facts(&last), facts(&third));
    assert_eq!(titles(&third).len(), 1 + 1 + 2 + 1 + 1);
    assert_eq!(forks(&last), forks(&third));
}
