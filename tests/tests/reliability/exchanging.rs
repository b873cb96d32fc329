//! An exchange whose disk has no room for what arrives: nothing is shown or acknowledged that is
//! not stored, and it all comes again.

use woodland::sync::{Event, Exchange, Limits, Peer};
use woodland::{Options, Record, Replica, all, define};
use woodland_tests::reliability::{Fault, ScriptedDisk};

#[derive(Record)]
struct Note {
    title: String,
}

const PEER: Peer = Peer(1);

/// Carries messages until there are none; what the first was told, and how often it failed.
fn talk(one: &Exchange, other: &Exchange) -> (Vec<Event>, usize) {
    let (mut told, mut failed) = (Vec::new(), 0);
    loop {
        let (from_one, from_other) = (one.say(PEER), other.say(PEER));
        if from_one.is_none() && from_other.is_none() {
            return (told, failed);
        }
        from_one.map(|message| other.take(PEER, &message).expect("it has room"));
        match from_other.map(|message| one.take(PEER, &message)) {
            Some(Ok(events)) => told.extend(events),
            Some(Err(_)) => failed += 1,
            None => {}
        }
    }
}

#[test]
fn what_there_was_no_room_for_comes_again() {
    let model = define().record::<Note>().model().expect("the record is valid");
    let disk = ScriptedDisk::empty();
    let main = Replica::create(Options::on(disk.shared()).seed(1), &model).expect("created");
    let (peer, _) = Replica::join_in_memory(&model, &main, 2).expect("joined");
    for number in 0..20 {
        let title = format!("note {number}");
        peer.write(|batch| batch.insert(&Note { title })).expect("written");
    }
    let (one, other) = (main.exchange(Limits::default()), peer.exchange(Limits::default()));
    one.open(PEER).expect("randomness");
    other.accept(PEER);

    disk.set_fault(Some(Fault::Quota(disk.bytes_max())));
    let (told, failed) = talk(&one, &other);
    assert!(failed > 0, "there was no room");
    assert!(told.is_empty() && !one.is_caught_up(PEER), "{told:?}");
    let titles = |replica: &Replica| replica.snapshot().read(all::<Note>()).expect("notes").len();
    assert_eq!(titles(&main), 0, "what is not durable is not shown");

    // A write failed, so that it takes opening again, and no less.
    disk.set_fault(None);
    one.tick().expect_err("what of it is on the disk is unknown");
    drop((one, main));
    other.disconnect(PEER);
    let main = Replica::open(Options::on(disk.shared()).seed(3), &model).expect("opened");
    let one = main.exchange(Limits::default());
    one.open(PEER).expect("randomness");
    other.accept(PEER);
    let (told, failed) = talk(&one, &other);
    assert_eq!((titles(&main), failed), (20, 0));
    assert!(matches!(told[..], [Event::CaughtUp { peer: PEER }]), "{told:?}");
    assert_eq!(main.snapshot().digest(), peer.snapshot().digest());
}
