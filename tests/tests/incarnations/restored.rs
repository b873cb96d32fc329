//! Directories put back to an earlier state, into the same files: nothing on the disk shows it.

use crate::folders::{add, converge, put_back, save, titles};
use crate::notes::{exported, folder, joined, says, schema};
use std::path::Path;
use woodland::{Notice, Replica};

fn open(at: &Path) -> Replica {
    Replica::open(at, schema()).expect("opened")
}

/// A replica with two notes, saved after the first; a peer that has both; put back.
fn restored(folder: &Path) -> (Replica, Replica) {
    let one = folder.join("one");
    let replica = Replica::create(&one, schema()).expect("created");
    add(&replica, "saved");
    drop(replica);
    let saved = save(&one);
    let replica = open(&one);
    add(&replica, "synced");
    let peer = joined(&replica, 2);
    drop(replica);
    put_back(&saved, &one);
    let replica = open(&one);
    assert_eq!(titles(&replica), ["saved"]);
    assert_eq!(replica.notices(), vec![], "alone, nobody can tell");
    (replica, peer)
}

#[test]
fn scar_10_a_restored_backup_that_meets_a_peer_before_it_writes_does_not_fork() {
    for by_file in [false, true] {
        let folder = folder();
        let (replica, peer) = restored(folder.path());
        let retired = replica.author();
        let merged = match by_file {
            false => replica.merge(&peer).expect("merged"),
            true => replica.merge(&exported(&peer, folder.path(), "p.wll")).expect("merged"),
        };
        let [Notice::Behind { retired: told, tip, found, author }] = &merged.notices[..] else {
            panic!("{:?}", merged.notices)
        };
        assert_eq!((*told, *author), (retired, replica.author()));
        assert_eq!(tip.map(|tip| tip.seq), Some(1));
        assert_eq!(found.iter().map(|tip| tip.seq).collect::<Vec<_>>(), [2]);
        assert_eq!(replica.notices(), merged.notices);
        let shown = merged.notices[0].to_string();
        says("behind", &shown, &["restored from a backup", &retired.short(), "found #2"]);
        assert_ne!(replica.author(), retired);

        add(&replica, "after");
        converge(&[&replica, &peer], folder.path());
        assert_eq!(titles(&replica), ["after", "saved", "synced"]);
        assert!(peer.snapshot().log().forks().is_empty());
        // It stays with the new key.
        let author = replica.author();
        drop(replica);
        assert_eq!(open(&folder.path().join("one")).author(), author);
    }
}

#[test]
fn scar_10_a_restored_backup_that_writes_first_forks_and_everybody_says_so() {
    let folder = folder();
    let (replica, peer) = restored(folder.path());
    let retired = replica.author();
    add(&replica, "instead");
    assert_eq!(replica.author(), retired, "nothing could be noticed");
    let merged = replica.merge(&peer).expect("merged");
    let [Notice::ForkedSelf { fork, proof, tip, author }] = &merged.notices[..] else {
        panic!("{:?}", merged.notices)
    };
    assert_eq!((fork.author, *author), (retired, replica.author()));
    assert_eq!(tip.map(|tip| tip.seq), Some(2));
    let proven = proof.as_ref().expect("both branches are signed").verify().expect("it holds");
    assert_eq!((proven.author, proven.backlink), (retired, fork.backlink));
    let shown = merged.notices[0].to_string();
    says("forked", &shown, &["both written", &retired.short(), "all of it counts", "look where"]);

    let told = peer.merge(&replica).expect("merged").notices;
    let [Notice::Forked { fork: other, proof: Some(_) }] = &told[..] else { panic!("{told:?}") };
    assert_eq!(other, fork);
    assert!(told[0].to_string().contains("its signatures prove it"), "{}", told[0]);
    assert_eq!(peer.merge(&replica).expect("merged").notices, vec![], "told once");
    assert_eq!(peer.notices(), told, "and asked for at any time");

    add(&replica, "after");
    converge(&[&replica, &peer], folder.path());
    assert_eq!(titles(&replica), ["after", "instead", "saved", "synced"]);
    drop(replica);
    let replica = open(&folder.path().join("one"));
    assert_eq!(replica.author(), *author);
    let [Notice::Forked { fork: again, .. }] = &replica.notices()[..] else { panic!("told again") };
    assert_eq!(again, fork);
}

#[test]
fn a_peers_word_counts_even_while_it_has_to_wait() {
    let folder = folder();
    let one = folder.path().join("one");
    let replica = Replica::create(&one, schema()).expect("created");
    let peer = joined(&replica, 2);
    drop(replica);
    let saved = save(&one);
    // What the original writes next stands on a commit that the restored one never gets.
    add(&peer, "the peer's");
    let replica = open(&one);
    replica.merge(&peer).expect("merged");
    add(&replica, "on top");
    let whole = std::fs::read(exported(&replica, folder.path(), "whole.wll")).expect("read");
    drop(replica);
    put_back(&saved, &one);
    let replica = open(&one);
    let retired = replica.author();
    let dataset = replica.dataset();
    let mut part = whole[..48].to_vec();
    for found in woodland_format::read_segments(dataset, &whole[48..], 48) {
        let segment = found.segment.expect("whole");
        if segment.head.author == retired {
            let from = usize::try_from(segment.offset).expect("small");
            let bytes = usize::try_from(segment.bytes).expect("small");
            part.extend(&whole[from..from + bytes]);
        }
    }
    let path = folder.path().join("part.wll");
    std::fs::write(&path, part).expect("written");
    let merged = replica.merge(&path).expect("merged");
    assert_eq!((merged.admitted, merged.waiting), (0, 1));
    assert!(
        matches!(&merged.notices[..], [Notice::Behind { retired: told, .. }] if *told == retired)
    );
    add(&replica, "meanwhile");
    converge(&[&replica, &peer], folder.path());
    replica.merge(&folder.path().join("whole.wll")).expect("merged");
    assert_eq!(titles(&replica), ["meanwhile", "on top", "the peer's"]);
    assert!(replica.snapshot().log().forks().is_empty());
}

/// As the scar has it: honest replicas that compare clocks would see nothing missing.
#[test]
fn scar_9_equal_seqs_with_two_contents_are_told_apart_by_hash() {
    let folder = folder();
    let (replica, peer) = restored(folder.path());
    let author = replica.author();
    add(&replica, "instead");
    let seq = |replica: &Replica| {
        replica.snapshot().log().frontier().tips(&author).map(|tip| tip.seq).collect::<Vec<_>>()
    };
    assert_eq!(seq(&replica), seq(&peer), "the clocks are equal");
    assert_ne!(replica.snapshot().version(), peer.snapshot().version());
    assert_eq!(peer.merge(&replica).expect("merged").admitted, 1);
    assert_eq!(replica.merge(&peer).expect("merged").admitted, 1);
    assert_eq!(replica.snapshot().digest(), peer.snapshot().digest());
}
