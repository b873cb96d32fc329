//! Replicas exchange commits through their facade: what a program sees of it.

mod joining;

use std::collections::BTreeMap;
use std::sync::Arc;
use woodland::sync::{Closed, Event, Exchange, Limits, Memory, Peer};
use woodland::{
    Durability, MemoryDisk, Model, Options, Record, Replica, Right, SecretKey, all, define,
};

#[derive(Record, Debug, Clone, PartialEq)]
struct Note {
    title: String,
}

fn note(title: &str) -> Note {
    Note { title: title.into() }
}

fn model() -> Model {
    define().record::<Note>().model().expect("a model")
}

fn titles(replica: &Replica) -> Vec<String> {
    let all = replica.snapshot().read(all::<Note>()).expect("notes");
    let mut titles: Vec<String> = all.into_iter().map(|(_, note)| note.title).collect();
    titles.sort();
    titles
}

/// A link between two exchanges: its peer number, and who stands at its ends.
type Link = (u64, usize, usize);

/// Carries messages until nobody has anything to say. What each was told, by number.
fn settle(exchanges: &[&Exchange], links: &[Link]) -> BTreeMap<usize, Vec<Event>> {
    let mut told: BTreeMap<usize, Vec<Event>> = BTreeMap::new();
    loop {
        let mut is_moved = false;
        for (number, one, other) in links {
            for (from, to) in [(*one, *other), (*other, *one)] {
                while let Some(message) = exchanges[from].say(Peer(*number)) {
                    let events = exchanges[to].take(Peer(*number), &message).expect("it is stored");
                    told.entry(to).or_default().extend(events);
                    is_moved = true;
                }
            }
        }
        if !is_moved {
            return told;
        }
    }
}

fn pair() -> (Replica, Replica) {
    let one = Replica::in_memory(model(), 1).expect("a dataset");
    let (two, _) = Replica::join_in_memory(model(), &one, 2).expect("another");
    (one, two)
}

#[test]
fn what_is_written_on_one_side_is_shown_on_the_other() {
    let (laptop, phone) = pair();
    laptop.write(|batch| batch.insert(&note("before"))).expect("a note");
    phone.write(|batch| batch.insert(&note("offline"))).expect("a note");
    let (one, two) = (laptop.exchange(Limits::default()), phone.exchange(Limits::default()));
    one.open(Peer(1)).expect("randomness");
    two.accept(Peer(1));
    let links = [(1, 0, 1)];
    settle(&[&one, &two], &links);
    assert_eq!(titles(&laptop), ["before", "offline"]);
    assert_eq!(titles(&phone), ["before", "offline"]);
    assert!(one.is_caught_up(Peer(1)) && two.is_caught_up(Peer(1)));

    laptop.write(|batch| batch.insert(&note("live"))).expect("a note");
    settle(&[&one, &two], &links);
    assert_eq!(titles(&phone), ["before", "live", "offline"]);
    assert_eq!(laptop.snapshot().digest(), phone.snapshot().digest());
}

#[test]
fn what_is_buffered_is_told_once_it_is_durable() {
    let (laptop, phone) = pair();
    let (one, two) = (laptop.exchange(Limits::default()), phone.exchange(Limits::default()));
    one.open(Peer(1)).expect("randomness");
    two.accept(Peer(1));
    settle(&[&one, &two], &[(1, 0, 1)]);
    laptop
        .write_with(Durability::Buffered, |batch| batch.insert(&note("buffered")))
        .expect("a note");
    settle(&[&one, &two], &[(1, 0, 1)]);
    assert!(titles(&phone).is_empty(), "a power cut would take it back");
    laptop.flush().expect("it is flushed");
    settle(&[&one, &two], &[(1, 0, 1)]);
    assert_eq!(titles(&phone), ["buffered"]);
}

/// What a peer is known to hold survives the exchange, as bytes; what is new goes at once.
#[test]
fn who_was_met_before_is_sent_what_is_new_at_once() {
    let (laptop, phone) = pair();
    let (one, two) = (laptop.exchange(Limits::default()), phone.exchange(Limits::default()));
    assert!(one.memory(Peer(1)).is_none());
    one.open(Peer(1)).expect("randomness");
    two.accept(Peer(1));
    settle(&[&one, &two], &[(1, 0, 1)]);
    let kept = [&one, &two].map(|exchange| exchange.memory(Peer(1)).expect("known").encode());
    drop((one, two));

    laptop.write(|batch| batch.insert(&note("by laptop"))).expect("a note");
    phone.write(|batch| batch.insert(&note("by phone"))).expect("a note");
    let [of_phone, of_laptop] = kept.map(|bytes| Memory::decode(&bytes).expect("a memory"));
    let (one, two) = (laptop.exchange(Limits::default()), phone.exchange(Limits::default()));
    one.open_known(Peer(2), &of_phone).expect("randomness");
    two.accept_known(Peer(2), &of_laptop);
    let (hers, his) = (one.say(Peer(2)).expect("all"), two.say(Peer(2)).expect("all"));
    one.take(Peer(2), &his).expect("it is stored");
    two.take(Peer(2), &hers).expect("it is stored");
    assert_eq!(titles(&laptop), ["by laptop", "by phone"]);
    assert_eq!(laptop.snapshot().digest(), phone.snapshot().digest());
    assert!(one.is_caught_up(Peer(2)) && two.is_caught_up(Peer(2)));
    assert!(one.say(Peer(2)).is_none() && two.say(Peer(2)).is_none());
}

#[test]
fn presence_reaches_peers_and_no_log() {
    let (laptop, phone) = pair();
    let (one, two) = (laptop.exchange(Limits::default()), phone.exchange(Limits::default()));
    one.open(Peer(1)).expect("randomness");
    two.accept(Peer(1));
    settle(&[&one, &two], &[(1, 0, 1)]);
    let before = phone.snapshot();
    one.present(b"line 1").expect("it is short");
    one.present(b"line 2").expect("it is short");
    let told = settle(&[&one, &two], &[(1, 0, 1)]);
    let Some([Event::Presence { author, bytes, .. }]) = told.get(&1).map(Vec::as_slice) else {
        panic!("the newest alone: {told:?}");
    };
    assert_eq!((bytes.as_slice(), *author), (&b"line 2"[..], laptop.author()));
    assert_eq!(phone.snapshot().log(), before.log());
    assert!(one.present(&[0; 4097]).is_err());
}

#[test]
fn another_dataset_is_refused_on_both_sides() {
    let one = Replica::in_memory(model(), 1).expect("a dataset");
    let two = Replica::in_memory(model(), 2).expect("another dataset");
    let (left, right) = (one.exchange(Limits::default()), two.exchange(Limits::default()));
    left.open(Peer(1)).expect("randomness");
    right.accept(Peer(1));
    let told = settle(&[&left, &right], &[(1, 0, 1)]);
    let why = |at: usize| match told.get(&at).map(Vec::as_slice) {
        Some([Event::Closed { why, .. }]) => why.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(why(1).contains(&one.dataset().to_string()), "{}", why(1));
    assert!(matches!(told[&0][0], Event::Closed { why: Closed::Bye(_), .. }), "{}", why(0));
    assert!(!left.is_with(Peer(1)) && !right.is_with(Peer(1)));
}

/// A key in two places: a peer that has seen more of it than its own replica says so, and the
/// replica takes another.
#[test]
fn an_old_copy_hears_that_it_is_behind() {
    let (original, phone) = pair();
    original.write(|batch| batch.insert(&note("one"))).expect("a note");
    // The same seed is the same key: a copy of the founder, from before it wrote.
    let copy = Replica::in_memory(model(), 1).expect("a copy");
    assert_eq!((copy.author(), copy.dataset()), (original.author(), original.dataset()));
    phone.merge(&original).expect("one dataset");
    let key = copy.author();
    let (one, two) = (copy.exchange(Limits::default()), phone.exchange(Limits::default()));
    one.open(Peer(1)).expect("randomness");
    two.accept(Peer(1));
    let told = settle(&[&one, &two], &[(1, 0, 1)]);
    let is_behind = |event: &Event| matches!(event, Event::Behind { tip, .. } if tip.seq > 0);
    assert!(told[&0].iter().any(is_behind), "{told:?}");
    assert_ne!(copy.author(), key, "it writes under another key");
    copy.write(|batch| batch.insert(&note("two"))).expect("a note");
    settle(&[&one, &two], &[(1, 0, 1)]);
    assert_eq!(titles(&phone), ["one", "two"]);
    assert!(phone.snapshot().log().forks().is_empty(), "nothing forked");
}

/// Three in a ring: nothing is sent twice to anybody, and all hold all.
#[test]
fn three_in_a_ring_hold_the_same() {
    let (one, two) = pair();
    let (three, _) = Replica::join_in_memory(model(), &one, 3).expect("another");
    let replicas = [&one, &two, &three];
    for (at, replica) in replicas.iter().enumerate() {
        for number in 0..20 {
            let title = format!("{at}-{number}");
            replica.write(|batch| batch.insert(&note(&title))).expect("a note");
        }
    }
    let exchanges: Vec<Exchange> =
        replicas.iter().map(|replica| replica.exchange(Limits::default())).collect();
    let exchanges: Vec<&Exchange> = exchanges.iter().collect();
    let links = [(1, 0, 1), (2, 1, 2), (3, 2, 0)];
    for (number, opener, other) in links {
        exchanges[opener].open(Peer(number)).expect("randomness");
        exchanges[other].accept(Peer(number));
    }
    settle(&exchanges, &links);
    for replica in replicas {
        assert_eq!(titles(replica).len(), 60);
        assert_eq!(replica.snapshot().digest(), one.snapshot().digest());
    }
}

/// A dataset with an owner: whoever may read it exchanges it, and nobody else.
#[test]
fn what_has_an_owner_is_exchanged_with_whom_the_owner_grants() {
    let place = |seed| Options::on(Arc::new(MemoryDisk::new())).seed(seed);
    let key = |byte| SecretKey::from_seed([byte; 32]);
    let owned = place(1).identity(key(1), "Ada").owned();
    let laptop = Replica::create(owned, model()).expect("a dataset");
    laptop.grant(key(2).identity(), Right::Write).expect("a grant");
    laptop.grant(key(3).identity(), Right::Read).expect("a grant");
    let joined = |seed: u64, byte: u8| {
        let options = place(seed).identity(key(byte), "");
        Replica::join(options, model(), &laptop).expect("joined").0
    };
    let (writes, reads, stranger) = (joined(2, 2), joined(3, 3), joined(4, 4));
    let (nobody, _) = Replica::join_in_memory(model(), &laptop, 5).expect("joined");
    laptop.write(|batch| batch.insert(&note("by Ada"))).expect("a note");
    writes.write(|batch| batch.insert(&note("by Bob"))).expect("a note");

    let replicas = [&laptop, &writes, &reads, &stranger, &nobody];
    let exchanges = replicas.map(|replica| replica.exchange(Limits::default()));
    let ends: Vec<&Exchange> = exchanges.iter().collect();
    let links = [(1, 0, 1), (2, 0, 2), (3, 0, 3), (4, 0, 4)];
    for (number, one, other) in links {
        exchanges[one].open(Peer(number)).expect("a salt");
        exchanges[other].accept(Peer(number));
    }
    let mut told = settle(&ends, &links);
    for replica in [&laptop, &writes, &reads] {
        assert_eq!(titles(replica), ["by Ada", "by Bob"]);
    }
    for replica in [&stranger, &nobody] {
        assert!(titles(replica).is_empty());
    }
    assert_eq!(exchanges[0].identity(Peer(1)), Some(key(2).identity()));
    assert_eq!(exchanges[2].identity(Peer(2)), Some(key(1).identity()));
    let refused = |events: &[Event]| {
        let closed = events.iter().find_map(|event| match event {
            Event::Closed { peer, why } => Some((*peer, why.clone())),
            _ => None,
        });
        closed.expect("it ended")
    };
    let identity = key(4).identity();
    let events = told.remove(&0).expect("it was told");
    assert_eq!(refused(&events), (Peer(3), Closed::NotAllowed { identity }));
    let events = told.remove(&4).expect("it was told");
    assert_eq!(refused(&events), (Peer(4), Closed::NoCredentials));

    // Whose rights are revoked is told so, and served no more.
    laptop.revoke(key(2).identity()).expect("a revocation");
    laptop.write(|batch| batch.insert(&note("for readers"))).expect("a note");
    settle(&ends, &links[..2]);
    assert_eq!(titles(&writes), ["by Ada", "by Bob"]);
    assert_eq!(titles(&reads), ["by Ada", "by Bob", "for readers"]);
    assert!(!exchanges[0].is_with(Peer(1)) && !exchanges[1].is_with(Peer(1)));
}
