//! Who holds nothing, and knows a dataset by name.

mod by_hand;

use crate::allowed::{
    OWNER, Side, certificate, change, credentials, granted, identity, owned, written,
};
use crate::writer::{Writer, key};
use by_hand::hello;
use woodland_format::{
    Commit, CommitId, DatasetId, Draft, Op, Payload, Position, RightsChange, TypeId,
};
use woodland_log::Log;
use woodland_sync::parts::{Hello, Message, Part, Proof, Settling};
use woodland_sync::{Closed, Credentials, Event, Hub, Limits, Newcomer, Peer, Reason, Salt};

const PEER: Peer = Peer(1);
/// Under which key a newcomer is going to write.
const NEW: u32 = 70;

/// A newcomer, then its hub.
struct Fresh {
    dataset: DatasetId,
    credentials: Option<Credentials>,
    salts: u8,
    newcomer: Option<Newcomer>,
    hub: Option<Hub>,
    closed: Vec<Closed>,
    messages: usize,
    has_caught_up: bool,
    presence: Vec<Vec<u8>>,
    limits: Limits,
}

impl Fresh {
    fn new(dataset: DatasetId, of: Option<u32>) -> Fresh {
        let credentials = of.map(|of| credentials(NEW, of));
        let (closed, newcomer, hub) = (vec![], None, None);
        let (salts, messages) = (1, 0);
        let (has_caught_up, presence, limits) = (false, vec![], Limits::default());
        Fresh {
            dataset,
            credentials,
            salts,
            newcomer,
            hub,
            closed,
            messages,
            has_caught_up,
            presence,
            limits,
        }
    }

    fn salt(&mut self) -> Salt {
        self.salts += 1;
        Salt([self.salts; 16])
    }

    /// Connects, as far as it has come.
    fn open(&mut self) {
        let salt = self.salt();
        match &mut self.hub {
            Some(hub) => hub.open(PEER, salt),
            None => {
                let (author, limits) = (key(NEW).author(), self.limits);
                let own = self.credentials.clone();
                self.newcomer = Some(Newcomer::new(self.dataset, author, limits, own, salt));
            }
        }
    }

    fn say(&mut self) -> Option<Vec<u8>> {
        match (&mut self.newcomer, &mut self.hub) {
            (Some(newcomer), _) => newcomer.say(),
            (None, hub) => hub.as_mut()?.say(PEER),
        }
    }

    fn take(&mut self, message: &[u8]) {
        self.messages += 1;
        let Some(newcomer) = &mut self.newcomer else {
            self.hub.as_mut().expect("it talks").take(PEER, message);
            return self.host();
        };
        match newcomer.take(message) {
            Ok(None) => {}
            Ok(Some(hub)) => {
                (self.newcomer, self.hub) = (None, Some(hub));
                self.open();
            }
            Err(why) => self.closed.push(why),
        }
    }

    fn host(&mut self) {
        let Some(hub) = &mut self.hub else { return };
        while let Some(event) = hub.event() {
            match event {
                Event::Arrived { log } => hub.advanced(&log),
                Event::Closed { why, .. } => self.closed.push(why),
                Event::CaughtUp { .. } => self.has_caught_up = true,
                Event::Presence { bytes, .. } => self.presence.push(bytes),
                _ => {}
            }
        }
    }

    fn log(&self) -> &Log {
        self.hub.as_ref().expect("it has the founding commit").log()
    }

    fn cut(&mut self) {
        self.newcomer = None;
        self.hub.iter_mut().for_each(|hub| hub.disconnect(PEER));
    }
}

/// Until neither says anything, or so many messages were heard; how many were.
fn talk(fresh: &mut Fresh, side: &mut Side, most: usize) -> usize {
    let mut heard = 0;
    loop {
        let before = heard;
        if heard < most
            && let Some(message) = fresh.say()
        {
            side.hear(&message);
            heard += 1;
        }
        if heard < most
            && let Some(message) = side.hub.say(PEER)
        {
            fresh.take(&message);
            heard += 1;
        }
        if heard == before {
            return heard;
        }
    }
}

fn meet(fresh: &mut Fresh, side: &mut Side) {
    fresh.open();
    side.hub.accept(PEER);
    talk(fresh, side, usize::MAX);
}

/// A founder with others, who has written so many.
fn busy(commits: usize) -> Log {
    let mut writers = vec![Writer::found()];
    writers.push(writers[0].join(1));
    writers.push(writers[0].join(2));
    for number in 0..commits {
        let (at, from) = (number % 3, (number + 1) % 3);
        let other = writers[from].clone();
        writers[at].merge(&other);
        writers[at].write();
    }
    let (one, rest) = writers.split_first_mut().expect("there are some");
    rest.iter().for_each(|other| one.merge(other));
    one.log.clone()
}

/// Who holds nothing gets all, in one round trip more than others, and is like them then.
#[test]
fn a_name_is_enough() {
    for commits in [0, 1, 30, 300] {
        let mut side = Side::new(&busy(commits), 0, None);
        let mut fresh = Fresh::new(side.log.dataset(), None);
        meet(&mut fresh, &mut side);
        assert_eq!(fresh.log(), &side.log, "{commits}");
        assert!(fresh.has_caught_up && fresh.closed.is_empty() && side.closed.is_empty());
        let mut authors = fresh.log().order().map(|(_, commit)| commit.author());
        assert!(authors.all(|author| fresh.log().is_vouched(&author)), "signatures came, too");
        // A hello and the founding commit, then what anybody would say.
        assert!(side.messages <= 4, "{}", side.messages);
        // Live, both ways.
        side.log = {
            let mut writer = Writer::found();
            writer.log = side.log.clone();
            let mut other = writer.join(50);
            other.write();
            other.log
        };
        side.hub.advanced(&side.log);
        talk(&mut fresh, &mut side, usize::MAX);
        assert_eq!(fresh.log(), &side.log, "{commits}");
    }
}

/// The founder has signed its last commit only, as where segments were merged.
#[test]
fn the_founding_commit_may_come_unsigned() {
    let mut founder = Writer::found();
    (0..20).for_each(|_| founder.write());
    let tip = founder.log.tips(&founder.author()).pop().expect("it wrote");
    let signature = founder.log.signature(&tip.id).expect("it signed");
    let commits: Vec<Commit> = founder.log.order().map(|(_, commit)| commit).collect();
    let bare = Log::found(commits[0].clone()).expect("it founds").extend(&commits);
    let point = woodland_format::SignedPoint { commit: tip.id, signature };
    let log = bare.expect("they follow").with_point(&point).expect("its own");
    assert_eq!(log.signature(&commits[0].id()), None);
    let mut side = Side::new(&log, 0, None);
    let mut fresh = Fresh::new(log.dataset(), None);
    meet(&mut fresh, &mut side);
    assert_eq!(fresh.log(), &log);
    assert!(fresh.log().is_vouched(&founder.author()));
}

/// After any message the connection may be gone: the next one goes on.
#[test]
fn a_newcomer_goes_on_after_a_cut_anywhere() {
    for (log, of) in [(busy(40), None), (written(&granted()), Some(41))] {
        for at in 0.. {
            let mut side = Side::new(&log, 0, of.map(|_| OWNER));
            let mut fresh = Fresh::new(log.dataset(), of);
            fresh.open();
            side.hub.accept(PEER);
            let is_over = talk(&mut fresh, &mut side, at) < at;
            fresh.cut();
            side.hub.disconnect(PEER);
            meet(&mut fresh, &mut side);
            assert_eq!(fresh.log(), &log, "cut after {at}");
            assert!(fresh.closed.is_empty() && side.closed.is_empty(), "cut after {at}");
            if is_over {
                assert!(at > 4, "it was cut in the middle, too");
                break;
            }
        }
    }
}

/// Who opens with a memory of somebody else, or is taken for somebody, is answered all the same.
#[test]
fn whoever_remembers_another_welcomes_a_newcomer() {
    let mut side = Side::new(&busy(30), 0, None);
    let mut reader = Fresh::new(side.log.dataset(), None);
    meet(&mut reader, &mut side);
    (0..4).for_each(|_| {
        reader.hub.iter_mut().for_each(Hub::tick);
        side.hub.tick();
        talk(&mut reader, &mut side, usize::MAX);
    });
    let memory = side.hub.memory(PEER).expect("it holds all");
    side.hub.disconnect(PEER);
    // It remembers, and has said so before it hears who is there.
    let mut fresh = Fresh::new(side.log.dataset(), None);
    fresh.open();
    side.hub.accept_known(PEER, &memory);
    let first = side.hub.say(PEER).expect("it begins at once");
    fresh.take(&first);
    talk(&mut fresh, &mut side, usize::MAX);
    assert_eq!(fresh.log(), &side.log);
    assert!(fresh.closed.is_empty() && side.closed.is_empty());
}

#[test]
fn an_owner_welcomes_whom_it_granted() {
    for reader in [41, 42, OWNER] {
        let mut side = Side::new(&written(&granted()), 0, Some(OWNER));
        let mut fresh = Fresh::new(side.log.dataset(), Some(reader));
        meet(&mut fresh, &mut side);
        assert_eq!(fresh.log(), &side.log);
        assert!(fresh.closed.is_empty() && side.closed.is_empty());
        assert_eq!(side.hub.identity(PEER), Some(identity(reader)));
    }
}

/// What the founding commit does not say: who was granted to read, and may serve a newcomer.
#[test]
fn who_was_granted_later_can_welcome() {
    let mut side = Side::new(&written(&granted()), 5, Some(42));
    let mut fresh = Fresh::new(side.log.dataset(), Some(41));
    meet(&mut fresh, &mut side);
    assert_eq!(fresh.log(), &side.log);
    assert!(fresh.has_caught_up && fresh.closed.is_empty() && side.closed.is_empty());
}

#[test]
fn who_is_not_granted_is_told_nothing() {
    let mut side = Side::new(&granted(), 0, Some(OWNER));
    let mut fresh = Fresh::new(side.log.dataset(), Some(43));
    meet(&mut fresh, &mut side);
    assert_eq!(side.closed, [Closed::NotAllowed { identity: identity(43) }]);
    assert_eq!(fresh.closed, [Closed::Bye(Reason::NotAllowed)]);
    assert!(fresh.hub.is_none(), "it holds nothing");

    let mut side = Side::new(&granted(), 0, Some(OWNER));
    let mut fresh = Fresh::new(side.log.dataset(), None);
    meet(&mut fresh, &mut side);
    assert_eq!(fresh.closed, [Closed::NoCredentials]);
    assert!(fresh.hub.is_none());
}

/// It took somebody's word: once it knows better, it talks to that one no more.
#[test]
fn who_may_not_read_is_left_once_that_is_known() {
    let revoked = change(&granted(), RightsChange::Revoke(identity(42)));
    // It does not hear itself that it is revoked: another version of its own judges the newcomer.
    let mut side = Side::new(&granted(), 5, Some(42));
    let mut fresh = Fresh::new(side.log.dataset(), Some(41));
    fresh.open();
    side.hub.accept(PEER);
    talk(&mut fresh, &mut side, usize::MAX);
    assert!(fresh.has_caught_up && fresh.closed.is_empty());
    // From somebody else.
    let hub = fresh.hub.as_mut().expect("it caught up");
    let log = hub.log().merge(&revoked).expect("one dataset");
    hub.advanced(&log);
    fresh.host();
    assert_eq!(fresh.closed, [Closed::NotAllowed { identity: identity(42) }]);
}

/// Half of it came from one identity: another, of which that half does not say that it may read,
/// is sent nothing of it.
#[test]
fn another_identity_is_not_taken_at_its_word() {
    let log = written(&granted());
    let mut one = Side::new(&log, 0, Some(OWNER));
    let mut fresh = Fresh::new(log.dataset(), Some(41));
    fresh.open();
    one.hub.accept(PEER);
    for at in 1.. {
        if fresh.hub.is_some() {
            break;
        }
        assert!(at < 20, "it is told the founding commit");
        talk(&mut fresh, &mut one, 1);
    }
    fresh.cut();
    assert!(fresh.log() != &log && !fresh.has_caught_up);
    let mut other = Side::new(&log, 5, Some(42));
    meet(&mut fresh, &mut other);
    assert_eq!(fresh.closed, [Closed::NotAllowed { identity: identity(42) }]);
    fresh.cut();
    fresh.closed.clear();
    one.hub.disconnect(PEER);
    meet(&mut fresh, &mut one);
    assert_eq!(fresh.log(), &log);
}

/// Identity 41 writes something, having seen all.
fn by_a_writer(log: &Log) -> Log {
    let (author, schema, dataset) = (key(5).author(), crate::writer::schema().id(), log.dataset());
    let certificate = Some(certificate(5, 41));
    let position = Position::First { author, dataset, schema, certificate };
    let parents: Vec<CommitId> = log.heads().collect();
    let turn = log.next_turn(None, &parents).expect("it is held");
    let payload = Payload::of(vec![Op::Create { node_type: TypeId(0), salt: 1 }]);
    let commit = Commit::seal(author, Draft { position, turn, parents, payload }).expect("sound");
    let log = log.append(&commit).expect("it was granted");
    log.with_point(&commit.sign(&key(5))).expect("its own")
}

/// Somebody who was shut out serves the beginning, and comes back when the owner has sent more.
#[test]
fn who_was_trusted_is_not_sent_what_another_brought() {
    let revoked = by_a_writer(&change(&granted(), RightsChange::Revoke(identity(42))));
    let mut shut_out = Side::new(&granted(), 5, Some(42));
    let mut owner = Side::new(&revoked, 0, Some(OWNER));
    let mut fresh = Fresh::new(revoked.dataset(), Some(41));
    fresh.limits.window = 64;
    fresh.open();
    shut_out.hub.accept(PEER);
    while fresh.hub.is_none() {
        assert!(talk(&mut fresh, &mut shut_out, 1) == 1, "it is told the founding commit");
    }
    fresh.cut();
    shut_out.hub.disconnect(PEER);
    fresh.open();
    owner.hub.accept(PEER);
    // All that the owner wrote, and not what another did.
    while fresh.log().len() == 1 {
        assert!(talk(&mut fresh, &mut owner, 1) == 1, "it is sent the rest");
    }
    assert!(fresh.log().len() < revoked.len() && !fresh.has_caught_up);
    fresh.cut();
    shut_out.heard.clear();
    meet(&mut fresh, &mut shut_out);
    assert_eq!(fresh.closed, [Closed::NotAllowed { identity: identity(42) }]);
    // Not even who it is, this time.
    let is_telling = |part: &Part| matches!(part, Part::Stretch(_) | Part::Proof(_));
    assert!(!shut_out.heard.iter().any(is_telling), "{:?}", shut_out.heard);
    assert!(!fresh.has_caught_up);
}

/// It turns out not to be a reader with the last that it says: that is told, and not that all came.
#[test]
fn nobody_has_caught_up_with_who_may_not_read() {
    let log = change(&granted(), RightsChange::Revoke(identity(42)));
    let mut shut_out = Side::new(&granted(), 5, Some(42));
    // Its own version names it a reader, and what it sends does not.
    let mut fresh = Fresh::new(log.dataset(), Some(41));
    fresh.open();
    shut_out.hub.accept(PEER);
    while fresh.hub.is_none() {
        talk(&mut fresh, &mut shut_out, 1);
    }
    let hub = fresh.hub.as_mut().expect("it has the founding commit");
    let known = hub.log().merge(&log).expect("one dataset");
    hub.advanced(&known);
    talk(&mut fresh, &mut shut_out, usize::MAX);
    assert_eq!(fresh.closed, [Closed::NotAllowed { identity: identity(42) }]);
    assert!(!fresh.has_caught_up);
}

/// The other side asks before this side can: it hears that nothing is lacking.
#[test]
fn who_is_asked_first_has_caught_up_too() {
    let log = owned();
    let mut side = Side::new(&log, 0, Some(OWNER));
    let mut fresh = Fresh::new(log.dataset(), Some(OWNER));
    fresh.open();
    side.hub.accept(PEER);
    while fresh.hub.is_none() {
        talk(&mut fresh, &mut side, 1);
    }
    let (opens, proves) = (fresh.say().expect("a hello"), Salt([9; 16]));
    let first = Message::decode(&opens).expect("as it was said");
    let [Part::Hello(said)] = &first.parts[..] else { panic!("{first:?}") };
    let salts = [said.salt.expect("it opens").0, proves.0];
    let credentials = credentials(0, OWNER);
    let signature = credentials.key.prove_peer(&log.dataset(), salts, false);
    let proof = Box::new(Proof { certificate: credentials.certificate, signature });
    let author = key(0).author();
    let asks = Part::Settle { is_asker: true, note: Settling::ask(&log, Salt(salts[0])).1 };
    let Part::Hello(hello) = hello(log.dataset()) else { panic!() };
    let hello = Part::Hello(Hello { author, ..hello });
    let parts = vec![hello, Part::Challenge(proves), Part::Proof(proof), asks];
    fresh.take(&Message { number: 0, heard: 1, parts }.encode());
    assert!(fresh.has_caught_up, "{:?}", fresh.closed);
}

#[test]
fn a_newcomer_takes_no_more_than_it_said() {
    let log = busy(300);
    let mut side = Side::new(&log, 0, None);
    let mut fresh = Fresh::new(log.dataset(), None);
    fresh.limits.newcomer_bytes_max = 20_000;
    meet(&mut fresh, &mut side);
    let [Closed::TooMuch { found, limit: 20_000 }] = fresh.closed[..] else {
        panic!("{:?}", fresh.closed)
    };
    assert!(found > 20_000 && !fresh.closed[0].is_hostile() && !fresh.has_caught_up);
    assert_eq!(side.closed, [Closed::Bye(Reason::Done)]);
}

/// What was to be shown to somebody is shown to it, though it turned out to be new.
#[test]
fn presence_is_told_behind_a_welcome() {
    let mut side = Side::new(&busy(9), 0, None);
    let mut fresh = Fresh::new(side.log.dataset(), None);
    fresh.open();
    side.hub.accept(PEER);
    side.hub.present(b"line 3").expect("it is short");
    talk(&mut fresh, &mut side, usize::MAX);
    assert_eq!(fresh.presence, [b"line 3".to_vec()]);
}
