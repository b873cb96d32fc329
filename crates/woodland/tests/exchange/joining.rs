//! A replica that comes about over the wire: what a program sees of it.

use crate::{model, note, titles};
use std::sync::Arc;
use woodland::sync::{Closed, Event, Exchange, Joining, Limits, Peer, Reason};
use woodland::{
    DatasetId, Log, MemoryDisk, Options, Replica, Right, SecretKey, StartError, define,
};
use woodland_sync::Hub;

const PEER: Peer = Peer(1);

/// The same notes in a later release, which it takes a migration to read.
mod later {
    use woodland::{Record, Set};

    #[derive(Record, Debug, Clone, PartialEq)]
    pub(crate) struct Note {
        pub(crate) title: String,
        pub(crate) marks: Set<String>,
    }
}

fn place() -> (Arc<MemoryDisk>, Options) {
    let disk = Arc::new(MemoryDisk::new());
    (Arc::clone(&disk), Options::on(disk))
}

fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}

/// Until neither says anything; what the one that joins was told.
fn talk(joining: &mut Joining, exchange: &Exchange) -> Vec<Event> {
    let mut told = Vec::new();
    loop {
        let mut is_moved = false;
        while let Some(message) = joining.say(PEER) {
            exchange.take(PEER, &message).expect("it is stored");
            is_moved = true;
        }
        while let Some(message) = exchange.say(PEER) {
            told.extend(joining.take(PEER, &message).expect("randomness"));
            is_moved = true;
        }
        if !is_moved {
            return told;
        }
    }
}

fn meet(joining: &mut Joining, exchange: &Exchange) -> Vec<Event> {
    joining.open(PEER).expect("randomness");
    exchange.accept(PEER);
    talk(joining, exchange)
}

/// They meet, and after a dozen messages the connection is gone.
fn a_dozen_messages(joining: &mut Joining, exchange: &Exchange, peer: Peer) {
    joining.open(peer).expect("randomness");
    exchange.accept(peer);
    for _ in 0..12 {
        while let Some(message) = joining.say(peer) {
            exchange.take(peer, &message).expect("it is stored");
        }
        let Some(message) = exchange.say(peer) else { break };
        joining.take(peer, &message).expect("randomness");
    }
    joining.disconnect(peer);
    exchange.disconnect(peer);
}

/// Carries what both say, until neither says anything.
fn settle(one: &Exchange, two: &Exchange) {
    loop {
        let (hers, his) = (one.say(PEER), two.say(PEER));
        if hers.is_none() && his.is_none() {
            return;
        }
        hers.map(|message| two.take(PEER, &message)).transpose().expect("it is stored");
        his.map(|message| one.take(PEER, &message)).transpose().expect("it is stored");
    }
}

fn joining(dataset: DatasetId) -> (Arc<MemoryDisk>, Joining) {
    let (disk, options) = place();
    (disk, Joining::new(options, dataset, Limits::default()).expect("an empty place"))
}

#[test]
fn a_replica_is_made_of_a_name_and_stays_in_step() {
    let laptop = Replica::in_memory(model(), 1).expect("a dataset");
    for number in 0..50 {
        laptop.write(|batch| batch.insert(&note(&format!("{number:02}")))).expect("a note");
    }
    let exchange = laptop.exchange(Limits::default());
    let (disk, mut joining) = joining(laptop.dataset());
    assert!(matches!(joining.finish(model()), Err(StartError::NotCaughtUp)));
    let told = meet(&mut joining, &exchange);
    assert!(matches!(told[..], [Event::CaughtUp { peer: PEER }]), "{told:?}");
    let (phone, staying) = joining.finish(model()).expect("a replica");
    assert_eq!(titles(&phone), titles(&laptop));
    assert_eq!(phone.snapshot().digest(), laptop.snapshot().digest());

    // The conversation goes on, both ways, and it writes under the key that it spoke under.
    phone.write(|batch| batch.insert(&note("from the phone"))).expect("a note");
    laptop.write(|batch| batch.insert(&note("from the laptop"))).expect("a note");
    settle(&staying, &exchange);
    assert!(titles(&laptop).contains(&"from the phone".to_owned()));
    assert_eq!(titles(&phone), titles(&laptop));
    assert!(staying.is_with(PEER) && exchange.is_with(PEER));

    // And it lasts.
    let before = titles(&phone);
    drop((phone, staying));
    let again = Replica::open(Options::on(disk), model()).expect("it is whole");
    assert_eq!(titles(&again), before);

    // It is done once.
    assert!(matches!(joining.finish(model()), Err(StartError::Finished)));
    assert_eq!(joining.say(PEER), None);
    joining.open(PEER).expect("nothing is opened");
    assert_eq!(joining.say(PEER), None);
}

/// It goes on where it was: but for what no signature stands behind yet, at most 256 KiB a chain.
#[test]
fn a_connection_that_is_gone_costs_nothing_that_came() {
    let laptop = Replica::in_memory(model(), 1).expect("a dataset");
    for number in 0..60 {
        let long = format!("{number:02} {}", "a long title ".repeat(5_000));
        laptop.write(|batch| batch.insert(&note(&long))).expect("a note");
    }
    let limits = Limits { window: 64 * 1024, ..Limits::default() };
    let exchange = laptop.exchange(Limits::default());
    let (_, options) = place();
    let mut joining = Joining::new(options, laptop.dataset(), limits).expect("an empty place");
    let mut connections = 0;
    while !joining.is_caught_up() {
        connections += 1;
        assert!(connections < 12, "each brings some");
        let peer = Peer(connections);
        a_dozen_messages(&mut joining, &exchange, peer);
    }
    assert!(connections > 3, "it was gone in the middle");
    let (phone, _) = joining.finish(model()).expect("a replica");
    assert_eq!(titles(&phone), titles(&laptop));
}

/// The founder's own signature may stand behind all else, and the connection be gone before it
/// came: then the next one is asked for one.
#[test]
fn a_dataset_is_not_joined_without_its_founders_word() {
    let laptop = Replica::in_memory(model(), 1).expect("a dataset");
    let (phone, _) = Replica::join_in_memory(model(), &laptop, 2).expect("another");
    for number in 0..20 {
        let long = format!("{number:02} {}", "a long title ".repeat(5_000));
        phone.write(|batch| batch.insert(&note(&long))).expect("a note");
    }
    laptop.merge(&phone).expect("merged");
    laptop.write(|batch| batch.insert(&note("last"))).expect("a note");
    let log = laptop.snapshot().log().clone();
    assert_eq!(log.signature(&log.founding().id()), None, "a later one vouches for it");

    let limits = Limits { window: 64 * 1024, ..Limits::default() };
    let (disk, options) = place();
    let mut joining = Joining::new(options, laptop.dataset(), limits).expect("an empty place");
    let exchange = laptop.exchange(Limits::default());
    a_dozen_messages(&mut joining, &exchange, PEER);
    assert!(!joining.is_caught_up(), "the last did not come");
    // The phone lacks what vouches for the founder there, and has what vouched before.
    let other = phone.exchange(Limits::default());
    meet(&mut joining, &other);
    let (tablet, staying) = joining.finish(model()).expect("a replica");
    assert_eq!(tablet.snapshot().log(), phone.snapshot().log());
    drop((tablet, staying));
    drop(Replica::open(Options::on(disk), model()).expect("it is whole"));

    // Somebody who has no signature at all.
    let bare = Log::found(log.founding().clone()).expect("it founds");
    let mut hub = Hub::new(bare, laptop.author(), Limits::default());
    let (_, mut joining) = self::joining(laptop.dataset());
    joining.open(PEER).expect("randomness");
    hub.accept(PEER);
    let mut told = Vec::new();
    for _ in 0..10 {
        joining.say(PEER).into_iter().for_each(|message| hub.take(PEER, &message));
        let heard = hub.say(PEER).map(|message| joining.take(PEER, &message));
        told.extend(heard.transpose().expect("randomness").unwrap_or_default());
    }
    let [Event::Closed { why: Closed::Incomplete { commit, .. }, .. }] = told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(commit, log.founding().id());
    assert!(matches!(joining.finish(model()), Err(StartError::NotCaughtUp)));
}

/// A reader may not write the migration that its program would need.
#[test]
fn a_migration_that_is_not_allowed_leaves_the_place_empty() {
    let (_, options) = place();
    let ada = Replica::create(options.identity(secret(1), "Ada").owned(), model());
    let ada = ada.expect("a dataset");
    ada.grant(secret(2).identity(), Right::Read).expect("she owns it");
    let exchange = ada.exchange(Limits::default());
    let (_, options) = place();
    let options = options.identity(secret(2), "Bob");
    let mut bob = Joining::new(options, ada.dataset(), Limits::default()).expect("an empty place");
    meet(&mut bob, &exchange);
    let ahead = define().record::<later::Note>().model().expect("a model");
    let refused = bob.finish(ahead.migrate_if(|_| true)).expect_err("he may not write");
    assert!(matches!(refused, StartError::Migrate(_)), "{refused}");
    bob.finish(model()).expect("the place is empty still");
}

#[test]
fn another_schema_is_told_and_costs_nothing_that_came() {
    let ahead = define().record::<later::Note>().model().expect("a model");
    let laptop = Replica::in_memory(model(), 1).expect("a dataset");
    laptop.write(|batch| batch.insert(&note("early"))).expect("a note");
    let exchange = laptop.exchange(Limits::default());
    let (disk, mut joining) = joining(laptop.dataset());
    meet(&mut joining, &exchange);
    let refused = joining.finish(&ahead).expect_err("nobody agreed to migrate");
    assert!(matches!(refused, StartError::SchemaDiffers { .. }), "{refused}");
    assert!(joining.is_caught_up());
    let (phone, staying) = joining.finish(ahead.clone().migrate_if(|_| true)).expect("a replica");
    settle(&staying, &exchange);
    assert_eq!(laptop.snapshot().log(), phone.snapshot().log());
    drop((phone, staying));
    drop(Replica::open(Options::on(disk), ahead).expect("it was migrated"));
}

#[test]
fn an_owner_decides_who_joins() {
    let (_, options) = place();
    let owned = options.identity(secret(1), "Ada").owned();
    let ada = Replica::create(owned, model()).expect("a dataset");
    ada.write(|batch| batch.insert(&note("for Bob"))).expect("a note");
    let exchange = ada.exchange(Limits::default());
    let closed = |told: Vec<Event>| match told.into_iter().next() {
        Some(Event::Closed { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    let new = |identity: Option<u8>| {
        let (_, options) = place();
        let options = match identity {
            Some(number) => options.identity(secret(number), "somebody"),
            None => options,
        };
        Joining::new(options, ada.dataset(), Limits::default()).expect("an empty place")
    };

    let told = closed(meet(&mut new(None), &exchange));
    assert_eq!(told, Closed::NoCredentials);
    let told = closed(meet(&mut new(Some(2)), &exchange));
    assert_eq!(told, Closed::Bye(Reason::NotAllowed));

    ada.grant(secret(2).identity(), Right::Write).expect("she owns it");
    let mut bob = new(Some(2));
    meet(&mut bob, &exchange);
    let (bob, staying) = bob.finish(model()).expect("a replica");
    assert_eq!(titles(&bob), ["for Bob"]);
    assert_eq!(exchange.identity(PEER), Some(secret(2).identity()));
    bob.write(|batch| batch.insert(&note("for Ada"))).expect("he may");
    settle(&staying, &exchange);
    assert_eq!(titles(&ada), ["for Ada", "for Bob"]);

    // From one who is not the owner, which a newcomer cannot know yet.
    let others = bob.exchange(Limits::default());
    let mut other = new(Some(1));
    meet(&mut other, &others);
    let (other, _) = other.finish(model()).expect("a replica");
    assert_eq!(titles(&other), ["for Ada", "for Bob"]);
}

#[test]
fn what_cannot_be_made_is_said_before_anything_is_fetched() {
    let laptop = Replica::in_memory(model(), 1).expect("a dataset");
    let (_, options) = place();
    let held = Replica::create(options.clone(), model()).expect("a dataset");
    let taken = Joining::new(options, laptop.dataset(), Limits::default());
    assert!(matches!(taken, Err(StartError::Create(_))), "{taken:?}");
    drop(held);
    let read_only = Joining::new(place().1.read_only(), laptop.dataset(), Limits::default());
    assert!(matches!(read_only, Err(StartError::ReadOnly)), "{read_only:?}");

    // The name of something else, and nobody there.
    let exchange = laptop.exchange(Limits::default());
    let other = Replica::in_memory(model(), 9).expect("another dataset");
    let (_, mut wrong) = joining(other.dataset());
    let told = meet(&mut wrong, &exchange);
    let [Event::Closed { why, .. }] = &told[..] else { panic!("{told:?}") };
    assert_eq!(*why, Closed::Bye(Reason::Dataset));
    let (_, mut alone) = joining(laptop.dataset());
    alone.open(PEER).expect("randomness");
    assert!(alone.say(PEER).is_some());
    let stalled = (0..100).find_map(|_| alone.tick().pop());
    let is_stalled =
        matches!(stalled, Some(Event::Closed { peer: PEER, why: Closed::Stalled { .. } }));
    assert!(is_stalled, "{stalled:?}");
}
