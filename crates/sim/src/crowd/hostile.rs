//! Hostile members: each conversation is one attack, by hand, on a hub that talks to honest members
//! at the same time.
//!
//! **Invariants**
//! - Each attack has an outcome that it has to end with, once all of it has arrived; to end
//!   otherwise, or not at all, is a violation.
//! - What is cut by something else before is no attack, and is not counted.
//!
//! What this does not do: look at what the victim says. `woodland-sync` has tests that do.

use crate::crowd::links::Way;
use crate::crowd::member::PATIENCE_TICKS;
use crate::crowd::world::{Event, World};
use crate::crowd::writing;
use woodland_format::{Commit, DatasetId, Draft, Payload, SecretKey, Signature, encode_stretch};
use woodland_laws::Random;
use woodland_log::Log;
use woodland_sync::parts::{
    AuthorRef, CommitName, Hello, Introduced, Message, Part, Stretch, Told, Want,
};
use woodland_sync::{Closed, Limits, MessageError, PRESENCE_BYTES_MAX, Peer, Salt};

/// One way to attack.
pub(crate) struct Kind {
    name: &'static str,
    says: fn(&mut Making<'_>),
    is_expected: fn(&Closed) -> bool,
    /// Whether the first message that is wrong ends it; else patience does, or what comes last.
    is_quick: bool,
}

/// An attack that goes on.
pub(crate) struct Attack {
    kind: usize,
    /// Messages that were sent, and that came.
    sent: usize,
    arrived: usize,
}

/// What is due of an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// It says what nobody can read.
    Last,
    /// It was to be over.
    Over,
}

/// An attack that is being made: its messages, in order.
pub(crate) struct Making<'a> {
    hello: Hello,
    log: &'a Log,
    key: SecretKey,
    random: &'a mut Random,
    said: Vec<Vec<u8>>,
}

/// All ways.
pub(crate) const KINDS: [Kind; 24] = [
    quick("garbage", |it| it.sends_garbage(), is_unreadable),
    quick("cut off", |it| it.cuts_off(), is_broken),
    quick("oversized", |it| it.sends_too_much(), |why| matches!(why, Closed::TooLarge { .. })),
    quick("no hello", |it| it.says(vec![Part::Credit(0)]), is_out_of_place),
    quick("hello twice", |it| it.greets(vec![Part::Hello(it.hello)]), is_out_of_place),
    quick(
        "another version",
        |it| it.speaks_another(),
        |why| matches!(why, Closed::Message(MessageError::Version { .. })),
    ),
    quick("another dataset", |it| it.is_of_another(), |why| matches!(why, Closed::Dataset { .. })),
    quick("takes no messages", |it| it.takes_none(), is_out_of_place),
    quick("room without end", |it| it.greets(vec![Part::Credit(u64::MAX)]), is_out_of_place),
    quick("wants the untold", |it| it.greets(vec![it.wants()]), is_out_of_place),
    quick("an author out of turn", |it| it.greets(vec![it.has(5, 1)]), is_out_of_place),
    quick("heard the unsaid", |it| it.heard_too_much(), is_out_of_place),
    quick("a message missing", |it| it.leaves_one_out(), |why| matches!(why, Closed::Lost { .. })),
    quick("a long presence", |it| it.is_too_present(), is_broken),
    quick("forged", |it| it.forges(), is_refused),
    quick("a wrong turn", |it| it.breaks_a_rule(), is_refused),
    quick(
        "beyond its room",
        |it| it.sends_beyond(),
        |why| matches!(why, Closed::OverCredit { .. }),
    ),
    quick(
        "packed wrongly",
        |it| it.sends(|one| one.unpacked = Some(900)),
        |why| matches!(why, Closed::Packing { .. }),
    ),
    quick("erased", |it| it.erases(), |why| matches!(why, Closed::Erased { .. })),
    lasting(
        "bent commits",
        |it| it.bends(),
        |why| {
            matches!(why, Closed::Damaged(_) | Closed::Erased { .. } | Closed::Refused(_))
                || is_unfinished(why)
        },
    ),
    // Where it was asked, it may fetch, once.
    lasting(
        "fetches unasked",
        |it| it.greets(vec![Part::Fetch; 2]),
        |why| is_out_of_place(why) || is_unfinished(why),
    ),
    lasting("incomplete", |it| it.leaves_past_out(), is_unfinished),
    lasting("has what nobody has", |it| it.greets(vec![it.has(0, u64::MAX)]), is_unfinished),
    lasting("silent", |_| {}, is_unfinished),
];

const fn quick(
    name: &'static str,
    says: fn(&mut Making<'_>),
    is_expected: fn(&Closed) -> bool,
) -> Kind {
    Kind { name, says, is_expected, is_quick: true }
}

const fn lasting(
    name: &'static str,
    says: fn(&mut Making<'_>),
    is_expected: fn(&Closed) -> bool,
) -> Kind {
    Kind { name, says, is_expected, is_quick: false }
}

fn is_out_of_place(why: &Closed) -> bool {
    matches!(why, Closed::OutOfPlace(_))
}

fn is_broken(why: &Closed) -> bool {
    matches!(why, Closed::Message(MessageError::Broken(_)))
}

fn is_refused(why: &Closed) -> bool {
    matches!(why, Closed::Refused(_))
}

/// What bytes that nobody wrote are called; they may look like a message.
fn is_unreadable(why: &Closed) -> bool {
    is_broken(why) || is_out_of_place(why) || matches!(why, Closed::Lost { .. })
}

/// What ends a conversation in which nothing is wrong until it goes on too long.
fn is_unfinished(why: &Closed) -> bool {
    is_broken(why) || matches!(why, Closed::Stalled { .. } | Closed::Incomplete { .. })
}

impl Making<'_> {
    fn says(&mut self, parts: Vec<Part>) {
        let number = self.said.len() as u64;
        self.said.push(Message { number, heard: 0, parts }.encode());
    }

    /// It says hello, and then this.
    fn greets(&mut self, parts: Vec<Part>) {
        self.says(vec![Part::Hello(self.hello)]);
        self.says(parts);
    }

    fn sends_garbage(&mut self) {
        let length = 16 + self.random.below(2_000);
        let garbage = self.random.bytes(length);
        self.said.push([&[0, 0], &garbage[..]].concat());
    }

    fn cuts_off(&mut self) {
        self.says(vec![Part::Hello(self.hello)]);
        let last = self.said.last_mut().expect("it was said");
        let left = 3 + self.random.below(last.len() - 3);
        last.truncate(left);
    }

    fn sends_too_much(&mut self) {
        let bytes = usize::try_from(Limits::MESSAGE_BYTES_LEAST).unwrap_or(usize::MAX);
        self.said.push(vec![0; bytes + 1]);
    }

    fn speaks_another(&mut self) {
        self.says(vec![Part::Hello(self.hello)]);
        let last = self.said.last_mut().expect("it was said");
        // Behind two numbers, a kind and "WOOD".
        last[7] = last[7].wrapping_add(1);
    }

    fn is_of_another(&mut self) {
        self.hello.dataset = DatasetId([5; 32]);
        self.says(vec![Part::Hello(self.hello)]);
    }

    fn takes_none(&mut self) {
        self.hello.message_bytes_max = 100;
        self.says(vec![Part::Hello(self.hello)]);
    }

    fn author(&self, number: u32) -> AuthorRef {
        AuthorRef { number, introduced: Introduced::Key(self.key.author()) }
    }

    fn wants(&self) -> Part {
        Part::Want(vec![Want { author: self.author(0), from: None, tip: (1, CommitName(1)) }])
    }

    fn has(&self, number: u32, seq: u64) -> Part {
        Part::Have(vec![Told { author: self.author(number), tip: (seq, CommitName(7)) }])
    }

    fn heard_too_much(&mut self) {
        let parts = vec![Part::Hello(self.hello)];
        self.said.push(Message { number: 0, heard: 1_000, parts }.encode());
    }

    fn leaves_one_out(&mut self) {
        self.says(vec![Part::Hello(self.hello)]);
        let parts = vec![Part::Presence(vec![1])];
        self.said.push(Message { number: 2, heard: 0, parts }.encode());
    }

    fn is_too_present(&mut self) {
        self.greets(vec![Part::Presence(vec![1; PRESENCE_BYTES_MAX + 1])]);
    }

    /// What it would write first, were it honest.
    fn first(&mut self) -> (Commit, Signature) {
        let written = writing::compose(self.log, &self.key, None, vec![], self.random);
        (written.commit, written.signature)
    }

    fn stretch(&self, commit: Commit, signature: Option<Signature>) -> Stretch {
        Stretch {
            author: self.author(0),
            first_seq: commit.seq(),
            previous: None,
            commits: 1,
            is_new: false,
            unpacked: None,
            rows: encode_stretch(&[commit], |_| signature),
        }
    }

    /// It sends a commit of which this was changed.
    fn sends(&mut self, change: impl FnOnce(&mut Stretch)) {
        let (commit, signature) = self.first();
        let mut stretch = self.stretch(commit, Some(signature));
        change(&mut stretch);
        self.greets(vec![Part::Stretch(stretch)]);
    }

    /// A single commit may be longer than the room that is left; two may not.
    fn sends_beyond(&mut self) {
        self.sends(|one| (one.commits, one.unpacked) = (2, Some(1 << 26)));
    }

    fn forges(&mut self) {
        let (commit, _) = self.first();
        let signature = commit.sign(&writing::key(0)).signature;
        let stretch = self.stretch(commit, Some(signature));
        self.greets(vec![Part::Stretch(stretch)]);
    }

    fn breaks_a_rule(&mut self) {
        let (commit, _) = self.first();
        let header = commit.header();
        let (position, parents) = (header.position.clone(), header.parents.clone());
        let draft = Draft { position, turn: 77_000, parents, payload: Payload::of(vec![]) };
        let commit = Commit::seal(self.key.author(), draft).expect("a commit within the limits");
        let signature = commit.sign(&self.key).signature;
        let stretch = self.stretch(commit, Some(signature));
        self.greets(vec![Part::Stretch(stretch)]);
    }

    fn erases(&mut self) {
        let (commit, signature) = self.first();
        let erased = Commit::new(commit.author(), commit.header().clone(), None);
        let stretch = self.stretch(erased.expect("an erased one"), Some(signature));
        self.greets(vec![Part::Stretch(stretch)]);
    }

    fn bends(&mut self) {
        let (bit, at) = (self.random.below(8), self.random.number());
        self.sends(|one| {
            let length = one.rows.len() as u64;
            one.rows[(at % length) as usize] ^= 1 << bit;
        });
    }

    fn leaves_past_out(&mut self) {
        let (commit, _) = self.first();
        let unsigned = Part::Stretch(self.stretch(commit, None));
        self.greets(vec![unsigned, Part::Sent { forks: 0 }]);
    }
}

impl World {
    /// A hostile member attacks over this way.
    pub(crate) fn attack(&mut self, way: Way, salt: Salt) {
        let kind = self.small.attacks_begun % KINDS.len();
        self.small.attacks_begun += 1;
        let Some(log) = self.small.founded.clone() else { return };
        let [hostile, victim] =
            [way.side, 1 - way.side].map(|side| self.links[way.link].ends[side]);
        // It may say that it is somebody else: nothing proves it.
        let claimed = if self.random.chance(50) { self.random.below(self.peers) } else { hostile };
        let key = self.members[hostile].key.clone();
        let mut making = Making {
            hello: Hello {
                dataset: log.dataset(),
                author: self.members[claimed].key.author(),
                salt: (way.side == 0).then_some(salt),
                window: Limits::default().window,
                message_bytes_max: Limits::MESSAGE_BYTES_LEAST,
            },
            log: &log,
            key,
            random: &mut self.random,
            said: Vec::new(),
        };
        (KINDS[kind].says)(&mut making);
        let said = making.said;
        let attack = Attack { kind, sent: said.len(), arrived: 0 };
        self.small.attacks.insert(way.number, attack);
        let latency = 20 + self.random.below(60) as u64;
        for (after, bytes) in (1..).zip(said) {
            self.after(latency * after, Event::Arrive(way, bytes, false));
        }
        let patience = u64::from(PATIENCE_TICKS + 2) * self.members[victim].tick;
        if !KINDS[kind].is_quick {
            self.after(patience, Event::Attack(way, Next::Last));
        }
        self.after(patience + 3_000, Event::Attack(way, Next::Over));
    }

    pub(crate) fn attack_goes_on(&mut self, way: Way, next: Next) {
        let Some(attack) = self.small.attacks.get_mut(&way.number) else { return };
        match next {
            Next::Last => {
                attack.sent += 1;
                self.after(30, Event::Arrive(way, vec![0xFF; 40], false));
            }
            Next::Over if attack.arrived == attack.sent => {
                let name = KINDS[attack.kind].name;
                self.violates(&format!("nobody is cut off who did this: {name}"));
            }
            Next::Over => {}
        }
    }

    /// A message arrives on this way, and is heard.
    pub(crate) fn attack_arrives(&mut self, way: Way) {
        if let Some(attack) = self.small.attacks.get_mut(&way.number) {
            attack.arrived += 1;
        }
    }

    pub(crate) fn is_attack(&self, peer: Peer) -> bool {
        self.small.attacks.contains_key(&peer.0)
    }

    /// A hub ended a conversation with a hostile member, and called it so.
    pub(crate) fn repelled(&mut self, peer: Peer, called: String, why: &Closed) {
        let Some(attack) = self.small.attacks.remove(&peer.0) else { return };
        let Kind { name, is_expected, is_quick, .. } = &KINDS[attack.kind];
        // Of one that lasts, something wrong may end it before all of it has come.
        let may_be_early = why.is_hostile() && !is_quick;
        if attack.arrived < attack.sent && !may_be_early {
            return;
        }
        if !is_expected(why) {
            self.violates(&format!("who did this was cut off otherwise: {name}: {why}"));
        }
        *self.counts.attacks.entry((*name).to_owned()).or_default() += 1;
        *self.counts.repelled.entry(called).or_default() += 1;
    }

    /// The connection is gone.
    pub(crate) fn attack_is_over(&mut self, number: u64) {
        self.small.attacks.remove(&number);
    }
}
