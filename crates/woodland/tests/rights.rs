//! Rights through the facade: a dataset with an owner, and who writes it.

#![allow(missing_docs)]

use std::sync::Arc;
use woodland::{
    IdentityKey, MemoryDisk, Merged, Model, Notice, Options, Record, Refusal, Replica, Right,
    RightsError, SecretKey, Source, StartError, WriteError, all, define,
};

#[derive(Record, Debug, PartialEq)]
struct Note {
    title: String,
}

fn model() -> Model {
    define().record::<Note>().model().unwrap()
}

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}

fn who(number: u8) -> IdentityKey {
    key(number).identity()
}

fn place(seed: u64) -> Options {
    Options::on(Arc::new(MemoryDisk::new())).seed(seed)
}

/// Owned by identity 1.
fn owned() -> Replica {
    Replica::create(place(1).identity(key(1), "Ada").owned(), model()).unwrap()
}

fn joined(from: &Replica, number: u8) -> Replica {
    let options = place(u64::from(number)).identity(key(number), "");
    Replica::join(options, model(), from).unwrap().0
}

fn write(replica: &Replica, title: &str) -> Result<(), WriteError> {
    replica.write(|b| b.insert(&Note { title: title.into() })).map(|_| ())
}

fn titles(replica: &Replica) -> Vec<String> {
    let all = replica.snapshot().all::<Note>().unwrap();
    let mut titles: Vec<String> = all.into_iter().map(|(_, note)| note.title).collect();
    titles.sort();
    titles
}

#[test]
fn only_the_owner_and_who_is_granted_it_write() {
    let ada = owned();
    assert_eq!(ada.snapshot().log().owner(), Some(who(1)));
    write(&ada, "first").unwrap();
    let (bob, stranger) = (joined(&ada, 2), Replica::join_in_memory(model(), &ada, 9).unwrap().0);
    let refused = write(&bob, "too soon").unwrap_err();
    let WriteError::NotAllowed { identity: Some(identity), owner } = &refused else { panic!() };
    assert_eq!((*identity, *owner), (who(2), who(1)));
    assert!(refused.to_string().contains("ask its owner"), "{refused}");
    let refused = write(&stranger, "never").unwrap_err();
    assert!(refused.to_string().contains("a replica without an identity"), "{refused}");

    ada.grant(who(2), Right::Read).unwrap();
    bob.merge(&ada).unwrap();
    assert!(write(&bob, "reads only").is_err());
    ada.grant(who(2), Right::Write).unwrap();
    assert!(write(&bob, "not heard yet").is_err());
    bob.merge(&ada).unwrap();
    write(&bob, "second").unwrap();
    ada.merge(&bob).unwrap();
    assert_eq!(titles(&ada), ["first", "second"]);
    assert_eq!(ada.snapshot().log().rights(), [(who(2), Right::Write)].into());

    ada.revoke(who(2)).unwrap();
    bob.merge(&ada).unwrap();
    assert!(matches!(write(&bob, "after"), Err(WriteError::NotAllowed { .. })));
    assert!(ada.snapshot().log().rights().is_empty());
    ada.grant(who(2), Right::Write).unwrap();
    bob.merge(&ada).unwrap();
    write(&bob, "again").unwrap();
}

#[test]
fn who_changes_rights_without_being_the_owner_is_told_who_may() {
    let ada = owned();
    let bob = joined(&ada, 2);
    let refused = bob.grant(who(2), Right::Write).unwrap_err();
    assert!(matches!(
        refused,
        RightsError::NotOwner { owner: Some(owner), identity: Some(bob) }
            if owner == who(1) && bob == who(2)
    ));
    assert!(matches!(ada.revoke(who(1)), Err(RightsError::OfTheOwner { .. })));
    assert!(matches!(ada.grant(who(1), Right::Read), Err(RightsError::OfTheOwner { .. })));
    let open = Replica::in_memory(model(), 1).unwrap();
    let refused = open.grant(who(2), Right::Write).unwrap_err();
    assert!(refused.to_string().contains("has no owner"), "{refused}");
    assert!(matches!(Replica::create(place(1).owned(), model()), Err(StartError::NoIdentity)));
}

/// A device of the owner's that has not written yet begins with a commit that says nothing.
#[test]
fn every_device_of_the_owner_changes_rights() {
    let ada = owned();
    let (phone, _) = Replica::join(place(5).identity(key(1), "Ada"), model(), &ada).unwrap();
    assert_eq!(phone.snapshot().log().len(), 1);
    phone.grant(who(2), Right::Write).unwrap();
    assert_eq!(phone.snapshot().log().len(), 3);
    let bob = joined(&phone, 2);
    write(&bob, "by Bob").unwrap();
    ada.merge(&bob).unwrap();
    assert_eq!(titles(&ada), ["by Bob"]);
}

/// What the door refuses is told, and nothing else is held up by it.
#[test]
fn what_is_written_without_a_right_is_refused_wherever_it_is_brought() {
    let ada = owned();
    ada.grant(who(2), Right::Write).unwrap();
    let bob = joined(&ada, 2);
    write(&bob, "beside").unwrap();
    ada.revoke(who(2)).unwrap();
    // Bob goes on without having heard of it: that is taken in, as its past allows it.
    let Merged { refused, .. } = ada.merge(&bob).unwrap();
    assert!(refused.is_empty(), "{refused:?}");
    let at = bob.snapshot();
    let tip = at.log().heads().next().unwrap();
    let held = ada.snapshot();
    assert!(held.log().is_masked(held.log().place(&tip).unwrap()));

    // A log in which he went on after he heard of it is made by hand only.
    let heard = {
        use woodland_format::{Commit, Draft, Payload, Position, SchemaChange, encode_segment};
        let log = held.log();
        let secret = key(77);
        let (author, dataset) = (secret.author(), log.dataset());
        let schema = log.schema(log.place(&dataset.founding()).unwrap()).unwrap();
        let certificate = Some(key(2).certify(&author, "Bob"));
        let position = Position::First { author, dataset, schema, certificate };
        let heads: Vec<_> = log.heads().collect();
        let turn = log.next_turn(None, &heads).unwrap();
        let draft = Draft { position, turn, parents: heads, payload: Payload::of(vec![]) };
        let first = Commit::seal(author, draft).unwrap();
        let (backlink, schema) = (first.id(), SchemaChange::Keep);
        let position = Position::Next { backlink, seq: 1, schema };
        let draft = Draft { position, turn, parents: vec![], payload: Payload::of(vec![]) };
        let second = Commit::seal(author, draft).unwrap();
        let point = second.sign(&secret);
        let header =
            woodland_format::FileHeader { purpose: woodland_format::Purpose::Log, dataset };
        let mut file = header.encode().to_vec();
        file.extend(encode_segment(dataset, &[first, second], |commit| {
            (commit.id() == point.commit).then_some(point.signature)
        }));
        file
    };
    let merged = ada.merge(Source::from(&heard[..])).unwrap();
    assert_eq!(merged.admitted, 0);
    assert!(matches!(&merged.refused[..], [Refusal::Invalid { .. }, Refusal::Past { .. }]));
    assert!(merged.refused[0].to_string().contains("lets that write here"), "{merged:?}");
}

/// The key on disk is one identity's; whoever opens it for another gets a key of its own.
#[test]
fn a_replica_that_is_opened_for_another_identity_takes_another_key() {
    let disk = Arc::new(MemoryDisk::new());
    let options = |seed| Options::on(disk.clone()).seed(seed);
    let ada = Replica::create(options(1).identity(key(1), "Ada").owned(), model()).unwrap();
    let first = ada.author();
    write(&ada, "first").unwrap();
    drop(ada);
    // Without one it goes on as it was.
    let same = Replica::open(options(2), model()).unwrap();
    assert_eq!((same.author(), same.notices().len()), (first, 0));
    write(&same, "second").unwrap();
    drop(same);
    let other = Replica::open(options(3).identity(key(2), "Bob"), model()).unwrap();
    let [notice] = &other.notices()[..] else { panic!("one notice") };
    assert!(notice.to_string().contains("does not vouch for its key"), "{notice}");
    let Notice::OtherIdentity { retired, identity, author, .. } = notice else { panic!() };
    assert_eq!((*retired, *identity, *author), (first, who(2), other.author()));
    assert!(matches!(write(&other, "no"), Err(WriteError::NotAllowed { .. })));
    drop(other);
    let again = Replica::open(options(4).identity(key(1), "Ada"), model()).unwrap();
    write(&again, "third").unwrap();
    assert_eq!(titles(&again), ["first", "second", "third"]);
}

/// With more heads than a commit can name, the first names the one that lets it write.
#[test]
fn a_grant_among_many_heads_is_seen_first() {
    let ada = owned();
    let bob = joined(&ada, 2);
    for number in 0..300 {
        let options = place(1000 + number).identity(key(1), "");
        let (device, _) = Replica::join(options, model(), &ada).unwrap();
        write(&device, "beside").unwrap();
        bob.merge(&device).unwrap();
    }
    ada.grant(who(2), Right::Write).unwrap();
    bob.merge(&ada).unwrap();
    assert_eq!(bob.snapshot().log().heads().len(), 301);
    write(&bob, "joins them").unwrap();
    assert_eq!(bob.snapshot().log().heads().len(), 1);
    assert_eq!(titles(&bob).len(), 301);
}

#[test]
fn all_replicas_read_the_same() {
    let ada = owned();
    ada.grant(who(2), Right::Write).unwrap();
    let bob = joined(&ada, 2);
    write(&bob, "by Bob").unwrap();
    ada.merge(&bob).unwrap();
    bob.merge(&ada).unwrap();
    assert_eq!(
        ada.snapshot().read(all::<Note>()).unwrap(),
        bob.snapshot().read(all::<Note>()).unwrap()
    );
    assert_eq!(ada.snapshot().digest(), bob.snapshot().digest());
}
