//! What a hostile peer says to a newcomer, and a hostile newcomer to others, part by part.

use crate::allowed::{OWNER, Side, owned};
use crate::newcomer::{Fresh, NEW, PEER, busy};
use crate::writer::key;
use woodland_format::{AuthorKey, Commit, DatasetId, Draft, Op, Payload, Position, encode_stretch};
use woodland_sync::parts::{AuthorRef, Hello, Introduced, Message, Part, Stretch};
use woodland_sync::{Closed, Limits, Reason, Salt};

/// As a hostile peer, by hand: what it answers to a newcomer's first message.
fn answers(fresh: &mut Fresh, parts: Vec<Part>) -> Option<Closed> {
    fresh.open();
    let first = fresh.say().expect("it begins");
    let first = Message::decode(&first).expect("as it was said");
    assert!(matches!(first.parts[..], [Part::Hello(_), Part::Newcomer]), "{first:?}");
    fresh.take(&Message { number: 0, heard: 1, parts }.encode());
    fresh.closed.pop()
}

pub(super) fn hello(dataset: DatasetId) -> Part {
    let author = key(3).author();
    let (salt, window, message_bytes_max) = (None, 1 << 20, Limits::MESSAGE_BYTES_LEAST);
    Part::Hello(Hello { dataset, author, salt, window, message_bytes_max })
}

fn stretch(author: AuthorKey, rows: Vec<u8>, unpacked: Option<u64>) -> Part {
    let author = AuthorRef { number: 0, introduced: Introduced::Key(author) };
    let (first_seq, previous, commits, is_new) = (0, None, 1, false);
    Part::Stretch(Stretch { author, first_seq, previous, commits, is_new, unpacked, rows })
}

fn founding_of(author: u32, nonce: u8) -> Commit {
    let schema = crate::writer::schema();
    let by = key(author).author();
    let position = Position::Founding {
        author: by,
        nonce: [nonce; 32],
        schema: schema.id(),
        certificate: None,
    };
    let payload = Payload::of(vec![Op::Schema(schema)]);
    Commit::seal(by, Draft { position, turn: 0, parents: vec![], payload }).expect("a founding")
}

#[test]
fn a_newcomer_takes_no_other_founding_commit() {
    let asked = founding_of(0, 7);
    let dataset = DatasetId::from(asked.id());
    let fresh = || Fresh::new(dataset, None);
    let rows = |commit: &Commit| encode_stretch(std::slice::from_ref(commit), |_| None);

    // What is sound is taken.
    let mut one = fresh();
    let sound = stretch(asked.author(), rows(&asked), None);
    assert_eq!(answers(&mut one, vec![hello(dataset), sound.clone()]), None);
    assert_eq!(one.log().founding(), &asked);

    // Before it was heard anything may be said to somebody else; after that it is this or nothing.
    let other = founding_of(1, 7);
    let other = stretch(other.author(), rows(&other), None);
    let mut one = fresh();
    one.open();
    let asks = one.say().expect("it begins");
    assert!(Message::decode(&asks).is_ok());
    let early = vec![hello(dataset), Part::Since(vec![]), other.clone(), Part::Sent { forks: 0 }];
    one.take(&Message { number: 0, heard: 0, parts: early }.encode());
    assert!(one.hub.is_none() && one.closed.is_empty());
    one.take(&Message { number: 1, heard: 1, parts: vec![sound.clone()] }.encode());
    assert!(one.hub.is_some());
    let mut one = fresh();
    let found = answers(&mut one, vec![hello(dataset), other]);
    let expected = Closed::OutOfPlace("it does not answer with the founding commit");
    assert_eq!(found, Some(expected));
    let mut one = fresh();
    let found = answers(&mut one, vec![hello(dataset), sound.clone(), sound.clone()]);
    assert_eq!(found, Some(Closed::OutOfPlace("it says more than was asked")));

    // One that does not hold its payload, or a signature that is none.
    let mut one = fresh();
    let bare = Commit::new(asked.author(), asked.header().clone(), None).expect("an erased one");
    let erased = stretch(asked.author(), rows(&bare), None);
    let found = answers(&mut one, vec![hello(dataset), erased]);
    assert_eq!(found, Some(Closed::Erased { author: asked.author(), seq: 0 }));
    let mut one = fresh();
    let forged = founding_of(1, 9).sign(&key(1)).signature;
    let signed = encode_stretch(std::slice::from_ref(&asked), |_| Some(forged));
    let found = answers(&mut one, vec![hello(dataset), stretch(asked.author(), signed, None)]);
    assert!(found.is_some_and(|why| why.is_hostile()));

    // One that has an owner, from who did not ask who this is.
    let owned = owned().founding().clone();
    let mut one = Fresh::new(DatasetId::from(owned.id()), Some(41));
    let answer = stretch(owned.author(), rows(&owned), None);
    let greets = hello(one.dataset);
    let found = answers(&mut one, vec![greets, answer]);
    let expected = "the dataset has an owner, and it asked for no proof";
    assert_eq!(found, Some(Closed::OutOfPlace(expected)));

    // Nonsense, a bomb, another dataset, another order.
    let mut one = fresh();
    let found = answers(&mut one, vec![hello(dataset), stretch(asked.author(), vec![1; 9], None)]);
    assert!(matches!(found, Some(Closed::Damaged(_))), "{found:?}");
    let mut one = fresh();
    let bomb = stretch(asked.author(), vec![1; 9], Some(1 << 40));
    let found = answers(&mut one, vec![hello(dataset), bomb]);
    assert!(matches!(found, Some(Closed::OverCredit { .. })), "{found:?}");
    let mut one = fresh();
    let other = DatasetId::from(founding_of(1, 1).id());
    let found = answers(&mut one, vec![hello(other), sound.clone()]);
    assert_eq!(found, Some(Closed::Dataset { expected: dataset, found: other }));
    let mut one = fresh();
    let found = answers(&mut one, vec![sound.clone()]);
    assert!(matches!(found, Some(Closed::OutOfPlace(_))), "{found:?}");
    // It is told why.
    let bye = Message::decode(&one.say().expect("a bye")).expect("as it was said");
    assert_eq!(bye.parts, [Part::Bye(Reason::Protocol)]);

    // Nothing.
    let mut one = fresh();
    assert_eq!(answers(&mut one, vec![hello(dataset)]), None);
    let newcomer = one.newcomer.as_mut().expect("it waits");
    let ticks = (0..).find(|_| newcomer.tick().is_err());
    assert_eq!(ticks, Some(Limits::default().patience as usize));
}

/// Where it is not due it ends the conversation, and whoever says it learns nothing by it.
#[test]
fn a_hostile_newcomer_gains_nothing() {
    let hello = |side: &Side| {
        let (author, salt) = (key(NEW).author(), Some(Salt([9; 16])));
        let (window, message_bytes_max) = (1 << 20, Limits::MESSAGE_BYTES_LEAST);
        let dataset = side.log.dataset();
        Part::Hello(Hello { dataset, author, salt, window, message_bytes_max })
    };
    let says = |side: &mut Side, number, parts| {
        side.hear(&Message { number, heard: 0, parts }.encode());
        side.closed.pop()
    };
    let open = || {
        let mut side = Side::new(&busy(9), 0, None);
        side.hub.accept(PEER);
        side
    };
    let mut one = open();
    let first = vec![hello(&one)];
    assert_eq!(says(&mut one, 0, first), None);
    let found = says(&mut one, 1, vec![Part::Newcomer]);
    assert_eq!(found, Some(Closed::OutOfPlace("it is new in the middle of a conversation")));

    let mut one = open();
    let twice = vec![hello(&one), Part::Newcomer, Part::Newcomer];
    assert!(matches!(says(&mut one, 0, twice), Some(Closed::OutOfPlace(_))));

    let mut one = open();
    let late = vec![hello(&one), Part::Presence(vec![1]), Part::Newcomer];
    assert!(matches!(says(&mut one, 0, late), Some(Closed::OutOfPlace(_))));
    let mut one = open();
    let more = vec![hello(&one), Part::Newcomer, Part::Presence(vec![1])];
    assert_eq!(says(&mut one, 0, more), Some(Closed::OutOfPlace("it is new, and says more")));

    // Again and again on one connection: each time it costs an answer, and nothing stays.
    let mut one = open();
    let asks = vec![hello(&one), Part::Newcomer];
    for _ in 0..100 {
        assert_eq!(says(&mut one, 0, asks.clone()), None);
        let answer = Message::decode(&one.hub.say(PEER).expect("an answer")).expect("sound");
        assert!(matches!(answer.parts[..], [Part::Hello(_), Part::Stretch(_)]), "{answer:?}");
        assert_eq!(one.hub.say(PEER), None);
    }

    // Before it has proven who it is, it hears of nothing.
    let mut one = Side::new(&owned(), 0, Some(OWNER));
    one.hub.accept(PEER);
    let asks = vec![hello(&one), Part::Newcomer];
    assert_eq!(says(&mut one, 0, asks), None);
    let answer = Message::decode(&one.hub.say(PEER).expect("a challenge")).expect("sound");
    let is_guarded =
        matches!(answer.parts[..], [Part::Hello(_), Part::Challenge(_), Part::Proof(_)]);
    assert!(is_guarded, "{answer:?}");
    assert_eq!(one.hub.say(PEER), None);
}
