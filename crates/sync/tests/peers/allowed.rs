//! A dataset with an owner is served only to whom the owner allows, and who proves it.

use crate::writer::{key, schema};
use woodland_format::{
    Certificate, Commit, CommitId, Draft, IdentityKey, Op, Payload, Position, Right, RightsChange,
    SecretKey, TypeId,
};
use woodland_log::Log;
use woodland_sync::parts::{Message, Part, Proof};
use woodland_sync::{Closed, Credentials, Event, Hub, Limits, Peer, Reason, Salt};

pub(crate) const OWNER: u32 = 40;
const PEER: Peer = Peer(1);

pub(crate) fn identity(number: u32) -> IdentityKey {
    key(number).identity()
}

/// The author of this number writes for that identity.
pub(crate) fn certificate(author: u32, of: u32) -> Certificate {
    key(of).certify(&key(author).author(), "somebody")
}

pub(crate) fn credentials(author: u32, of: u32) -> Credentials {
    let seed = Salt([author as u8; 16]);
    Credentials { key: key(author), certificate: certificate(author, of), seed }
}

fn with(log: &Log, by: u32, position: Position, ops: Vec<Op>) -> Log {
    let tip = position_of(&position);
    let turn = match tip {
        None => 0,
        Some(tip) => log.next_turn(Some(tip), &[]).expect("it is held"),
    };
    let draft = Draft { position, turn, parents: vec![], payload: Payload::of(ops) };
    let commit = Commit::seal(key(by).author(), draft).expect("a commit");
    let log = log.append(&commit).expect("its past is held");
    log.with_point(&commit.sign(&key(by))).expect("its own")
}

fn position_of(position: &Position) -> Option<CommitId> {
    match position {
        Position::Next { backlink, .. } | Position::Rights { backlink, .. } => Some(*backlink),
        _ => None,
    }
}

/// Owned by identity 40, founded by author 0.
pub(crate) fn owned() -> Log {
    let author = key(0).author();
    let (schema_id, certificate) = (schema().id(), certificate(0, OWNER));
    let position = Position::Owned { author, nonce: [7; 32], schema: schema_id, certificate };
    let payload = Payload::of(vec![Op::Schema(schema())]);
    let draft = Draft { position, turn: 0, parents: vec![], payload };
    let founding = Commit::seal(author, draft).expect("a founding");
    let log = Log::found(founding.clone()).expect("a log");
    log.with_point(&founding.sign(&key(0))).expect("its own")
}

/// The owner says so.
pub(crate) fn change(log: &Log, change: RightsChange) -> Log {
    let tip = log.tips(&key(0).author()).pop().expect("it founded");
    let position = Position::Rights { backlink: tip.id, seq: tip.seq + 1, change };
    with(log, 0, position, vec![])
}

/// Identity 41 may write, 42 read.
pub(crate) fn granted() -> Log {
    let log = change(&owned(), RightsChange::Grant(identity(41), Right::Write));
    change(&log, RightsChange::Grant(identity(42), Right::Read))
}

/// The owner's author writes one more.
pub(crate) fn written(log: &Log) -> Log {
    let tip = log.tips(&key(0).author()).pop().expect("it founded");
    let schema = woodland_format::SchemaChange::Keep;
    let position = Position::Next { backlink: tip.id, seq: tip.seq + 1, schema };
    with(log, 0, position, vec![Op::Create { node_type: TypeId(0), salt: tip.seq }])
}

pub(crate) struct Side {
    pub(crate) hub: Hub,
    pub(crate) log: Log,
    pub(crate) closed: Vec<Closed>,
    /// What it was told, in how many messages.
    pub(crate) heard: Vec<Part>,
    pub(crate) messages: u64,
}

impl Side {
    pub(crate) fn new(log: &Log, author: u32, of: Option<u32>) -> Side {
        let mut hub = Hub::new(log.clone(), key(author).author(), Limits::default());
        hub.identify(of.map(|of| credentials(author, of)));
        Side { hub, log: log.clone(), closed: vec![], heard: vec![], messages: 0 }
    }

    fn host(&mut self) {
        while let Some(event) = self.hub.event() {
            match event {
                Event::Arrived { log } => {
                    self.log = self.log.merge(&log).expect("one dataset");
                    self.hub.advanced(&self.log);
                }
                Event::Closed { why, .. } => self.closed.push(why),
                _ => {}
            }
        }
    }

    pub(crate) fn hear(&mut self, message: &[u8]) {
        self.heard.extend(Message::decode(message).expect("as it was said").parts);
        self.messages += 1;
        self.hub.take(PEER, message);
        self.host();
    }

    fn says(&mut self) -> Option<Message> {
        self.hub.say(PEER).map(|message| Message::decode(&message).expect("as it was said"))
    }
}

/// Until neither has anything to say.
fn talk(one: &mut Side, other: &mut Side) {
    loop {
        let (hers, his) = (one.hub.say(PEER), other.hub.say(PEER));
        if hers.is_none() && his.is_none() {
            return;
        }
        hers.into_iter().for_each(|message| other.hear(&message));
        his.into_iter().for_each(|message| one.hear(&message));
    }
}

fn meet(one: &mut Side, other: &mut Side) {
    one.hub.open(PEER, Salt([9; 16]));
    other.hub.accept(PEER);
    one.host();
    other.host();
    talk(one, other);
}

fn is_telling(part: &Part) -> bool {
    !matches!(part, Part::Hello(_) | Part::Challenge(_) | Part::Proof(_) | Part::Bye(_))
}

#[test]
fn whoever_may_read_is_served_and_known() {
    for (reader, opens) in [(41, true), (42, true), (OWNER, true), (41, false), (42, false)] {
        let mut owner = Side::new(&written(&granted()), 0, Some(OWNER));
        let mut other = Side::new(&granted(), 5, Some(reader));
        match opens {
            true => meet(&mut other, &mut owner),
            false => meet(&mut owner, &mut other),
        }
        assert_eq!(owner.log, other.log, "{reader} {opens}");
        assert!(owner.closed.is_empty() && other.closed.is_empty());
        assert_eq!(owner.hub.identity(PEER), Some(identity(reader)));
        assert_eq!(other.hub.identity(PEER), Some(identity(OWNER)));
        // Live, too.
        owner.log = written(&owner.log);
        owner.hub.advanced(&owner.log);
        talk(&mut owner, &mut other);
        assert_eq!(owner.log, other.log);
    }
}

/// Two who may read need no owner between them.
#[test]
fn two_readers_serve_each_other() {
    let mut one = Side::new(&written(&granted()), 5, Some(41));
    let mut other = Side::new(&granted(), 6, Some(42));
    meet(&mut one, &mut other);
    assert_eq!(one.log, other.log);
}

#[test]
fn a_stranger_is_told_nothing_but_that() {
    for opens in [true, false] {
        let mut owner = Side::new(&written(&granted()), 0, Some(OWNER));
        let mut stranger = Side::new(&owned(), 5, Some(43));
        match opens {
            true => meet(&mut stranger, &mut owner),
            false => meet(&mut owner, &mut stranger),
        }
        let [Closed::NotAllowed { identity: found }] = owner.closed[..] else {
            panic!("{:?}", owner.closed)
        };
        assert_eq!(found, identity(43));
        assert!(!owner.closed[0].is_hostile());
        assert_eq!(stranger.closed, [Closed::Bye(Reason::NotAllowed)]);
        assert!(!stranger.heard.iter().any(is_telling), "{:?}", stranger.heard);
        // The owner may read, and so may be told: but not before it has proven who it is.
        assert!(opens || !owner.heard.iter().any(is_telling), "{:?}", owner.heard);
        assert_eq!(stranger.log, owned());
    }
}

/// The grant is here, and not yet there: that side has to hear of it from somebody else first.
#[test]
fn a_grant_counts_where_it_is_known() {
    let mut knows = Side::new(&granted(), 5, Some(41));
    let mut does_not = Side::new(&owned(), 0, Some(OWNER));
    meet(&mut knows, &mut does_not);
    assert_eq!(does_not.closed, [Closed::NotAllowed { identity: identity(41) }]);
    does_not.log = granted();
    does_not.hub.advanced(&does_not.log);
    does_not.hub.disconnect(PEER);
    knows.hub.disconnect(PEER);
    meet(&mut knows, &mut does_not);
    assert_eq!(does_not.hub.identity(PEER), Some(identity(41)));
}

#[test]
fn whose_rights_are_revoked_is_served_no_more() {
    let mut owner = Side::new(&granted(), 0, Some(OWNER));
    let mut other = Side::new(&granted(), 5, Some(41));
    meet(&mut owner, &mut other);
    other.heard.clear();
    owner.log = written(&change(&owner.log, RightsChange::Revoke(identity(41))));
    owner.hub.advanced(&owner.log);
    owner.host();
    talk(&mut owner, &mut other);
    assert_eq!(owner.closed, [Closed::NotAllowed { identity: identity(41) }]);
    assert_eq!(other.heard, [Part::Bye(Reason::NotAllowed)]);
    assert_eq!(other.log, granted());
}

#[test]
fn without_credentials_nobody_is_talked_to() {
    let mut owner = Side::new(&granted(), 0, Some(OWNER));
    let mut nobody = Side::new(&granted(), 5, None);
    meet(&mut nobody, &mut owner);
    assert_eq!(nobody.closed, [Closed::NoCredentials]);
    assert!(nobody.closed[0].to_string().contains("give it an identity"));
    assert_eq!(owner.closed, [Closed::Bye(Reason::Done)]);
}

/// Says hello as this author, and gives what the victim answers.
fn hello(victim: &mut Side, salt: Salt, author: &SecretKey) -> (Salt, Proof) {
    let mut opener = Side::new(&granted(), 5, Some(41));
    opener.hub.open(PEER, salt);
    let mut first = opener.says().expect("a hello");
    for part in &mut first.parts {
        if let Part::Hello(hello) = part {
            hello.author = author.author();
        }
    }
    victim.hub.accept(PEER);
    victim.hear(&first.encode());
    let answer = victim.says().expect("a challenge");
    let [Part::Hello(_), Part::Challenge(challenge), Part::Proof(proof)] = &answer.parts[..] else {
        panic!("{answer:?}")
    };
    (*challenge, (**proof).clone())
}

fn says(victim: &mut Side, parts: Vec<Part>) -> Option<Closed> {
    victim.hear(&Message { number: 1, heard: 1, parts }.encode());
    victim.closed.pop()
}

/// As the author of this number would prove itself.
fn proof(author: u32, of: u32, salts: [Salt; 2], is_opener: bool) -> Part {
    let salts = salts.map(|salt| salt.0);
    let signature = key(author).prove_peer(&owned().dataset(), salts, is_opener);
    Part::Proof(Box::new(Proof { certificate: certificate(author, of), signature }))
}

#[test]
fn what_does_not_prove_it_is_not_taken() {
    let salt = Salt([9; 16]);
    let victim = || Side::new(&granted(), 0, Some(OWNER));

    // What is sound is taken; that all below is refused for what it is about.
    let mut one = victim();
    let (challenge, _) = hello(&mut one, salt, &key(5));
    assert_eq!(says(&mut one, vec![proof(5, 41, [salt, challenge], true)]), None);
    assert_eq!(one.hub.identity(PEER), Some(identity(41)));

    // A certificate that stands in the log, by who has not its author's key.
    let mut one = victim();
    let (challenge, _) = hello(&mut one, salt, &key(5));
    let Part::Proof(mut stolen) = proof(6, 41, [salt, challenge], true) else { panic!() };
    stolen.certificate = certificate(5, 41);
    assert_eq!(says(&mut one, vec![Part::Proof(stolen)]), Some(Closed::Unproven));

    // A sound proof, for another author than the hello named.
    let mut one = victim();
    let (challenge, _) = hello(&mut one, salt, &key(5));
    let other = proof(6, 41, [salt, challenge], true);
    assert_eq!(says(&mut one, vec![other]), Some(Closed::Unproven));

    // What was said in another conversation, or is said back.
    let mut one = victim();
    let (earlier, _) = hello(&mut one, salt, &key(5));
    one.hub.disconnect(PEER);
    let mut two = victim();
    two.hub.identify(Some(Credentials { seed: Salt([77; 16]), ..credentials(0, OWNER) }));
    let (challenge, _) = hello(&mut two, salt, &key(5));
    assert_ne!(earlier, challenge, "each hub has a seed of its own");
    let again = proof(5, 41, [salt, earlier], true);
    assert_eq!(says(&mut two, vec![again]), Some(Closed::Unproven));
    let mut one = victim();
    let (_, own) = hello(&mut one, salt, &key(0));
    assert_eq!(says(&mut one, vec![Part::Proof(Box::new(own))]), Some(Closed::Unproven));

    // Nobody's word.
    let mut one = victim();
    let (challenge, _) = hello(&mut one, salt, &key(5));
    let Part::Proof(mut bent) = proof(5, 41, [salt, challenge], true) else { panic!() };
    bent.certificate.identity = identity(OWNER);
    assert_eq!(says(&mut one, vec![Part::Proof(bent)]), Some(Closed::Unproven));
    assert!(Closed::Unproven.is_hostile());
}

#[test]
fn each_number_of_a_connection_is_challenged_otherwise() {
    let mut owner = Side::new(&granted(), 0, Some(OWNER));
    let mut challenges = std::collections::BTreeSet::new();
    for number in 1..20 {
        let mut opener = Side::new(&granted(), 5, Some(41));
        opener.hub.open(Peer(number), Salt([9; 16]));
        owner.hub.accept(Peer(number));
        owner.hub.take(Peer(number), &opener.hub.say(Peer(number)).expect("a hello"));
        let answer = owner.hub.say(Peer(number)).expect("a challenge");
        let parts = Message::decode(&answer).expect("as it was said").parts;
        challenges.extend(parts.into_iter().find_map(|part| match part {
            Part::Challenge(salt) => Some(salt.0),
            _ => None,
        }));
    }
    assert_eq!(challenges.len(), 19);
}

#[test]
fn who_says_more_or_less_than_a_proof_is_cut_off() {
    let salt = Salt([9; 16]);
    let victim = || Side::new(&granted(), 0, Some(OWNER));
    let mut one = victim();
    hello(&mut one, salt, &key(5));
    let more = says(&mut one, vec![Part::Presence(vec![1])]);
    let expected = "it says more before it has proven who it is";
    assert_eq!(more, Some(Closed::OutOfPlace(expected)));

    let mut one = victim();
    let (challenge, _) = hello(&mut one, salt, &key(5));
    let twice = || proof(5, 41, [salt, challenge], true);
    let found = says(&mut one, vec![twice(), twice()]);
    assert_eq!(found, Some(Closed::OutOfPlace("it proves itself where that is not due")));

    let mut one = victim();
    hello(&mut one, salt, &key(5));
    let found = says(&mut one, vec![Part::Challenge(salt)]);
    assert!(matches!(found, Some(Closed::OutOfPlace(_))), "{found:?}");

    let mut one = victim();
    hello(&mut one, salt, &key(5));
    for _ in 0..=Limits::default().patience {
        one.hub.tick();
    }
    one.host();
    assert!(matches!(one.closed[..], [Closed::Stalled { .. }]), "{:?}", one.closed);

    // Where nobody owns, nobody proves anything.
    let open = crate::writer::Writer::found();
    let mut one = Side::new(&open.log, 0, None);
    let mut other = Side::new(&open.log, 5, None);
    meet(&mut other, &mut one);
    let number = one.messages;
    let parts = vec![proof(5, 41, [salt, salt], true)];
    one.hear(&Message { number, heard: 1, parts }.encode());
    assert!(matches!(one.closed[..], [Closed::OutOfPlace(_)]), "{:?}", one.closed);
}
