//! The scars of our nearest kin, each as a test of its name. Those of compaction and of sync wait
//! for what they are about: `docs/reliability/promises.md` says which.

use std::sync::Arc;
use woodland::sync::{Exchange, Limits, Peer};
use woodland::{Notice, Options, Record, Replica, all, define};
use woodland_format::{DatasetId, SecretKey, Signature, SignedPoint, verify_commit};
use woodland_store::{AppendError, MemoryDisk, Store, StoreOptions};
use woodland_tests::reliability::{
    Chain, Event, Lying, Platter, Ring, ScriptedDisk, Tally, Tier, Unit, Vary, key, rehearse, torn,
    workloads,
};

#[derive(Record, Debug)]
struct Note {
    title: String,
}

fn model() -> woodland::Model {
    define().record::<Note>().model().expect("the record is valid")
}

fn write(replica: &Replica, title: &str) {
    replica.write(|batch| batch.insert(&Note { title: title.into() })).expect("written");
}

fn titles(replica: &Replica) -> Vec<String> {
    let found = replica.snapshot().read(all::<Note>()).expect("readable");
    let mut titles: Vec<String> = found.into_iter().map(|(_, note)| note.title).collect();
    titles.sort();
    titles
}

/// jj #4423, #3370.
#[test]
fn scar_1_folder_entries_vanish() {
    let mut tally = Tally::of("folder entry lost", Ring::Simulated, "P2");
    for name in ["create", "roll-over", "maintained", "renewed"] {
        let workload = workloads().into_iter().find(|one| one.name == name).expect("is there");
        torn(&rehearse(workload), Tier::Long, Vary::Names, &mut tally);
    }
    let row = tally.end();
    assert!(row.violations.is_empty() && row.injected > 500, "{row:#?}");
}

/// A store, and what it was like before the last append was synced.
fn before_last_sync(bytes: usize) -> (Platter, usize) {
    let disk = ScriptedDisk::empty();
    let (mut chain, founding) = Chain::found();
    let created = Store::create(disk.shared(), chain.dataset(), &key(1), &StoreOptions::default());
    let store = created.expect("created");
    store.append(&[founding, chain.next(20)]).expect("appended");
    let before = disk.journal().len();
    store.append(&[chain.next(bytes)]).expect("appended");
    let mut platter = Platter::default();
    let journal = disk.journal();
    let is_sync = |event: &Event| matches!(event, Event::Sync { .. });
    let sync = before + journal[before..].iter().position(is_sync).expect("it is synced");
    let waits = |at: usize| at >= before && matches!(journal[at], Event::Bytes { .. });
    let sync = (sync..journal.len()).find(|at| is_sync(&journal[*at]) && waits(at - 1));
    let sync = sync.expect("the segment is written, then synced");
    journal[..sync].iter().for_each(|event| platter.apply(event, Lying::No));
    (platter, 2)
}

fn opens_with(platter: &Platter, count: usize, keep: impl Fn(usize, &Unit) -> bool) {
    let units = platter.units();
    let kept = units.iter().enumerate().filter(|(at, unit)| keep(*at, unit)).map(|(_, unit)| unit);
    let opened = Store::open(ScriptedDisk::of(platter.with(kept)).shared()).expect("opened");
    assert_eq!(opened.segments.len(), count);
}

/// redb: the length is durable, the data is not.
#[test]
fn scar_2_length_before_data() {
    let (platter, count) = before_last_sync(3_000);
    opens_with(&platter, count, |_, unit| matches!(unit, Unit::Growth { .. }));
}

/// etcd #16596: the second half of a write is there, the first is not.
#[test]
fn scar_3_torn_big_write() {
    let (platter, count) = before_last_sync(16 * 1024);
    let units = platter.units().len();
    assert!(units > 30, "{units} sectors");
    opens_with(&platter, count, |at, _| at >= units / 2);
    opens_with(&platter, count, |at, _| at % 2 == 1);
}

/// automerge #536, #567: overlapping pieces of two peers make a document that no longer loads.
/// What sync adds to this waits for it.
#[test]
fn scar_5_two_peers_at_once() {
    let disk = Arc::new(MemoryDisk::new());
    let main = Replica::create(Options::on(disk.clone()).seed(1), model()).expect("created");
    write(&main, "base");
    let (one, _) = Replica::join_in_memory(model(), &main, 2).expect("joined");
    let (other, _) = Replica::join_in_memory(model(), &main, 3).expect("joined");
    for round in 0..4 {
        write(&one, &format!("one {round}"));
        write(&other, &format!("other {round}"));
        if round % 2 == 0 {
            other.merge(&one).expect("merged");
        }
        main.merge(&one).expect("merged");
        main.merge(&other).expect("merged");
        one.merge(&main).expect("merged");
    }
    let shown = (titles(&main), main.snapshot().digest());
    assert_eq!(shown.0.len(), 9);
    drop(main);
    let again = Replica::open(Options::on(disk).seed(4), model()).expect("it loads");
    assert_eq!((titles(&again), again.snapshot().digest()), shown);
}

/// Lets each side of each link say one message, which then arrives, until nobody has any more.
fn talk(links: &[(u64, &Exchange, &Exchange)]) {
    loop {
        let mut is_moved = false;
        for (number, one, other) in links {
            let peer = Peer(*number);
            let (from_one, from_other) = (one.say(peer), other.say(peer));
            is_moved |= from_one.is_some() || from_other.is_some();
            from_one.map(|message| other.take(peer, &message).expect("stored"));
            from_other.map(|message| one.take(peer, &message).expect("stored"));
        }
        if !is_moved {
            return;
        }
    }
}

fn meet(number: u64, one: &Exchange, other: &Exchange) {
    one.open(Peer(number)).expect("randomness");
    other.accept(Peer(number));
}

/// The same by sync: messages of two conversations lie between each other.
#[test]
fn scar_5_two_peers_at_once_by_sync() {
    let disk = Arc::new(MemoryDisk::new());
    let main = Replica::create(Options::on(disk.clone()).seed(1), model()).expect("created");
    let (one, _) = Replica::join_in_memory(model(), &main, 2).expect("joined");
    let (other, _) = Replica::join_in_memory(model(), &main, 3).expect("joined");
    let exchanges = [&main, &one, &other].map(|it| it.exchange(Limits::default()));
    let [at_main, at_one, at_other] = &exchanges;
    let links = [(1, at_main, at_one), (2, at_other, at_main), (3, at_one, at_other)];
    for round in 0..4 {
        write(&one, &format!("one {round}"));
        write(&other, &format!("other {round}"));
        if round == 1 {
            links.iter().for_each(|(number, opener, peer)| meet(*number, opener, peer));
        }
        // Half a conversation, and more is written.
        if round > 1 {
            talk(&links[..round - 1]);
        }
    }
    talk(&links);
    let shown = (titles(&main), main.snapshot().digest());
    assert_eq!(shown.0.len(), 8);
    assert_eq!((titles(&one), titles(&other)), (shown.0.clone(), shown.0.clone()));
    drop((exchanges, main));
    let again = Replica::open(Options::on(disk).seed(4), model()).expect("it loads");
    assert_eq!((titles(&again), again.snapshot().digest()), shown);
}

/// loro #1088: import says fine, the first read panics.
#[test]
fn scar_6_accepted_at_the_door_fatal_at_the_read() {
    let (mut chain, founding) = Chain::found();
    let segment = chain.next(40);
    let (mut refused, mut read) = (0, 0);
    for bit in 0..segment.len() * 8 {
        let mut bent = segment.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        let disk = ScriptedDisk::empty();
        let created =
            Store::create(disk.shared(), chain.dataset(), &key(1), &StoreOptions::default());
        let store = created.expect("created");
        store.append(std::slice::from_ref(&founding)).expect("appended");
        match store.append(&[bent]) {
            Err(AppendError::NotASegment { .. }) => refused += 1,
            Err(error) => panic!("bit {bit}: {error}"),
            Ok(()) => {
                drop(store);
                let opened = Store::open(disk.shared()).expect("what was taken is read");
                read +=
                    opened.segments.iter().map(|one| one.segment.commits().count()).sum::<usize>();
            }
        }
    }
    assert!(refused > 0, "{refused} refused, {read} read");
}

/// Two handles of one image: the same key, the same place in its chain, two contents.
fn forked() -> (Replica, Replica, Replica) {
    let disk = ScriptedDisk::empty();
    let options = Options::on(disk.shared()).seed(1);
    let first = Replica::create(options, model()).expect("created");
    write(&first, "base");
    let (peer, _) = Replica::join_in_memory(model(), &first, 2).expect("joined");
    drop(first);
    let open = |seed| {
        let twin = ScriptedDisk::of(disk.image());
        Replica::open(Options::on(twin.shared()).seed(seed), model()).expect("opened")
    };
    let (one, other) = (open(3), open(4));
    write(&one, "as one");
    write(&other, "as other");
    (one, other, peer)
}

/// p2panda says fork-tolerant; its sync was not (#919).
#[test]
fn scar_7_forks_promised_not_handled() {
    let (one, other, peer) = forked();
    peer.merge(&one).expect("merged");
    let merged = peer.merge(&other).expect("merged");
    assert!(merged.refused.is_empty(), "{merged:?}");
    assert_eq!(titles(&peer), ["as one", "as other", "base"]);
    assert!(
        merged.notices.iter().any(|notice| matches!(notice, Notice::Forked { .. })),
        "{merged:?}"
    );
}

/// One predicate decides, everywhere, on odd signatures too.
#[test]
fn scar_8_batch_against_single_signature_checks() {
    let replica = Replica::in_memory(model(), 1).expect("founded");
    write(&replica, "one");
    let log = replica.snapshot().log().clone();
    let commit = log.founding().clone();
    let good = log
        .signature(&commit.id())
        .or_else(|| {
            log.chains(&woodland_log::Frontier::new())
                .flatten()
                .find_map(|one| log.signature(&one.id()))
        })
        .expect("something is signed");
    let signed = log.order().map(|(_, one)| one).find(|one| log.signature(&one.id()) == Some(good));
    let signed = signed.expect("it is in the log");
    // The order of the group: S + L is the same number to a lax verifier.
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut not_canonical = good;
    let mut carry = 0_u16;
    for (byte, add) in not_canonical.0[32..].iter_mut().zip(order) {
        carry += u16::from(*byte) + u16::from(add);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    let mut identity = Signature([0; 64]);
    identity.0[0] = 1;
    let other_key = SecretKey::from_seed([9; 32]);
    let odd = [
        not_canonical,
        identity,
        Signature([0; 64]),
        Signature([0xff; 64]),
        signed.sign(&other_key).signature,
    ];
    for signature in odd {
        let point = SignedPoint { commit: signed.id(), signature };
        assert!(!verify_commit(&signed.author(), &signed.id(), &signature), "{signature:?}");
        assert!(!signed.is_signed_by_author(&signature), "{signature:?}");
        // A log that has no signature of this commit yet asks the same predicate.
        let bare = woodland_log::Log::found(commit.clone()).expect("founded");
        if signed.id() == commit.id() {
            assert!(bare.with_point(&point).is_err(), "{signature:?}");
        }
    }
    assert!(verify_commit(&signed.author(), &signed.id(), &good));
}

/// Kleppmann 2022: peers compare clocks, see nothing missing, and differ for ever.
#[test]
fn scar_9_version_vectors_under_a_lying_author() {
    let (one, other, peer) = forked();
    let (second, _) = Replica::join_in_memory(model(), &peer, 5).expect("joined");
    peer.merge(&one).expect("merged");
    second.merge(&other).expect("merged");
    assert_ne!(peer.snapshot().digest(), second.snapshot().digest());
    assert_eq!(peer.merge(&second).expect("merged").admitted, 1, "the clocks are equal");
    assert_eq!(second.merge(&peer).expect("merged").admitted, 1, "the clocks are equal");
    assert_eq!(peer.snapshot().digest(), second.snapshot().digest());
}

/// Scars 7 and 9 by sync: both branches reach everybody, with the proof, though the clocks are
/// equal.
#[test]
fn scars_7_and_9_forks_by_sync() {
    let (one, other, peer) = forked();
    let (second, _) = Replica::join_in_memory(model(), &peer, 5).expect("joined");
    peer.merge(&one).expect("merged");
    second.merge(&other).expect("merged");
    let (at_peer, at_second) =
        (peer.exchange(Limits::default()), second.exchange(Limits::default()));
    meet(1, &at_peer, &at_second);
    talk(&[(1, &at_peer, &at_second)]);
    assert_eq!(titles(&peer), ["as one", "as other", "base"]);
    assert_eq!(peer.snapshot().digest(), second.snapshot().digest());
    for replica in [&peer, &second] {
        let proof = replica.notices().into_iter().find_map(|notice| match notice {
            Notice::Forked { proof, .. } => proof,
            _ => None,
        });
        proof.expect("it has the proof").verify().expect("which holds");
    }
}

/// A replica that was put back to an earlier state, and a peer that has seen more of it.
fn restored() -> (Replica, Replica) {
    let disk = ScriptedDisk::empty();
    let main = Replica::create(Options::on(disk.shared()).seed(1), model()).expect("created");
    write(&main, "base");
    let backup = disk.image();
    write(&main, "after the backup");
    let (peer, _) = Replica::join_in_memory(model(), &main, 2).expect("joined");
    drop(main);
    let restored = ScriptedDisk::of(backup);
    let options = Options::on(restored.shared()).seed(3);
    (Replica::open(options, model()).expect("opened"), peer)
}

/// An honest author goes back in time and reuses sequence numbers.
#[test]
fn scar_10_backup_restored() {
    let (main, peer) = restored();
    let author = main.author();
    write(&main, "after the restore");
    main.merge(&peer).expect("merged");
    assert_ne!(main.author(), author, "it takes another key");
    write(&main, "later");
    peer.merge(&main).expect("merged");
    assert_eq!(titles(&peer), ["after the backup", "after the restore", "base", "later"]);
    assert_eq!(peer.snapshot().digest(), main.snapshot().digest());
    assert_eq!(peer.dataset(), DatasetId::from(peer.snapshot().log().founding().id()));
}

/// The same by sync: whoever has seen more of it says so, before anything is written.
#[test]
fn scar_10_backup_restored_by_sync() {
    let (main, peer) = restored();
    let author = main.author();
    let (at_main, at_peer) = (main.exchange(Limits::default()), peer.exchange(Limits::default()));
    meet(1, &at_main, &at_peer);
    talk(&[(1, &at_main, &at_peer)]);
    assert_ne!(main.author(), author, "it takes another key");
    write(&main, "after the restore");
    talk(&[(1, &at_main, &at_peer)]);
    assert_eq!(titles(&peer), ["after the backup", "after the restore", "base"]);
    assert!(peer.snapshot().log().forks().is_empty(), "nothing forked");
}
