//! A conversation with one peer: what it says is taken part by part, what to say is made when the
//! transport can take it.
//!
//! ```text
//!  known    hello ─ since ─ stretches ─ sent ◄►            see `recalling`
//!
//!  opener   hello ─ tips | sketch ──────────►              asks what it lacks
//!                    ◄── hello ─ gaps ─ fetch ─ stretches ─ sent     and is sent it
//!           stretches ─ sent ───────────────►              so is the other, by its gaps
//!
//!  then     own commits are pushed, others' tips told (`have`) and sent where they are wanted
//! ```
//!
//! **Invariants**
//! - Nothing is queued but what to say of it: a peer that reads slowly costs a version that is
//!   held, and tips. Messages are made one at a time, within the credit that the other side gave.
//! - A message out of turn ends it. One that comes again is passed over.
//! - Once something ended it, the only thing said is why.
//!
//! What this does not do: choose between peers; the hub does.

pub(crate) mod arriving;
pub(crate) mod authors;
mod basis;
pub(crate) mod gate;
mod hearing;
mod held;
mod pieces;
mod questions;
mod recalling;
mod saying;
pub(crate) mod sending;
mod settling;
pub(crate) mod turns;
mod welcoming;

use crate::closed::Closed;
use crate::limits::Limits;
use crate::memory::Memory;
use crate::message::{Hello, Part, Reason};
use crate::names::{CommitName, Salt};
use crate::session::arriving::{Arriving, find};
use crate::session::authors::{HeardOf, Spoken};
use crate::session::gate::Gate;
use crate::session::held::Held;
use crate::session::recalling::Recalling;
use crate::session::sending::{Sending, Step};
use crate::session::settling::Question;
use crate::session::turns::Turns;
use crate::session::welcoming::{MEANWHILE, Welcome};
use std::collections::BTreeMap;
use woodland_format::{AuthorKey, CommitId, Segment};
use woodland_log::{Log, Tip};

const BEGINS: &str = "it does not begin with a hello";

/// What of the own side a conversation looks at.
#[derive(Clone, Copy)]
pub(crate) struct Here<'a> {
    pub(crate) log: &'a Log,
    /// With what is admitted and not durable yet.
    pub(crate) ahead: &'a Log,
    pub(crate) author: AuthorKey,
    pub(crate) limits: &'a Limits,
}

/// Where this side stands in getting what it lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fetch {
    /// It has not asked.
    Due,
    /// It has.
    Running,
    /// It was sent all of it.
    Done,
}

/// What a message led to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    pub(crate) events: Vec<Event>,
    /// What it brought.
    pub(crate) segments: Vec<Segment>,
}

/// What the hub is to hear of.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// The other side has these, and this side has not.
    Offered(AuthorKey, (u64, CommitName)),
    /// All that was asked for is durable.
    CaughtUp,
    /// The other side holds more of this side's author than this side.
    Behind(Tip),
    /// What it says is kept nowhere.
    Presence(Vec<u8>),
    /// It passed over what it was told and asked for.
    Unheld,
}

pub(crate) struct Session {
    is_opener: bool,
    pub(crate) gate: Gate,
    salt: Salt,
    turns: Turns,
    /// How many it had said when it last said something in order to settle.
    settled: u64,
    welcome: Welcome,
    recalling: Recalling,
    held: Held,
    /// For how many ticks all that came is durable, and the other side was not told so.
    unacknowledged_ticks: u32,
    hello: Option<Hello>,
    has_said_hello: bool,
    asked: Option<Question>,
    /// Whether the other side fetches by the gaps that it told.
    is_fetched: bool,
    /// Whether this side can: its gaps are about to be told.
    can_fetch: bool,
    answered: Option<Question>,
    /// How many notes about forks each side has said: as who answers, as who asks.
    forks_said: [u64; 2],
    forks_heard: [u64; 2],
    /// Whether this side asked last; else it fetches by its gaps.
    has_asked: bool,
    /// Or else the rest of what was sent unasked, which needs nothing settled.
    fetches_rest: bool,
    /// What is to be said to what was heard: at most one for each question, and a few bytes.
    replies: Vec<Part>,
    sending: Option<Sending>,
    arriving: Arriving,
    spoken: Spoken,
    heard_of: HeardOf,
    pub(crate) fetch: Fetch,
    /// What was sent until the other side said that it is all: it must become durable.
    due: Option<Vec<(AuthorKey, CommitId)>>,
    /// How far it is held, and up to where it is wanted.
    wants: BTreeMap<AuthorKey, (Option<Tip>, (u64, CommitName))>,
    pub(crate) presence: Option<Vec<u8>>,
    /// How many tips that it told of are noted.
    pub(crate) noted: usize,
    /// How often it was asked.
    pub(crate) times_asked: u64,
    /// Whether it is to be asked once more when what runs is done.
    asks_again: bool,
    /// For how long nothing came of what it owes.
    pub(crate) quiet_ticks: u32,
    bye: Option<Reason>,
    pub(crate) is_over: bool,
}

impl Session {
    /// Where the other side has to prove who it is first, nothing is sent unasked.
    pub(crate) fn new(
        here: Here<'_>,
        salt: Option<Salt>,
        gate: Gate,
        memory: Option<&Memory>,
    ) -> Session {
        let recalling = Recalling::of(here.log, memory.filter(|_| !gate.is_shut()));
        Session {
            held: recalling.held(),
            recalling,
            unacknowledged_ticks: 0,
            welcome: Welcome::NotDue,
            is_opener: salt.is_some(),
            gate,
            salt: salt.unwrap_or(Salt([0; 16])),
            turns: Turns::default(),
            settled: 0,
            hello: None,
            has_said_hello: false,
            asked: None,
            is_fetched: false,
            can_fetch: false,
            answered: None,
            forks_said: [0; 2],
            forks_heard: [0; 2],
            has_asked: false,
            fetches_rest: false,
            replies: Vec::new(),
            sending: None,
            arriving: Arriving::new(here.limits),
            spoken: Spoken::default(),
            heard_of: HeardOf::default(),
            fetch: Fetch::Due,
            due: None,
            wants: BTreeMap::new(),
            noted: 0,
            times_asked: 0,
            asks_again: false,
            presence: None,
            quiet_ticks: 0,
            bye: None,
            is_over: false,
        }
    }

    /// Under which key the other side writes, once it has said so.
    pub(crate) fn author(&self) -> Option<AuthorKey> {
        self.hello.map(|hello| hello.author)
    }

    /// The other side has this, and is asked for it.
    pub(crate) fn want(&mut self, author: AuthorKey, from: Option<Tip>, tip: (u64, CommitName)) {
        self.wants.insert(author, (from, tip));
    }

    pub(crate) fn present(&mut self, bytes: &[u8]) {
        self.presence = Some(bytes.to_vec());
    }

    /// Time passes. What came is said to be durable once nothing more came for a while.
    pub(crate) fn tick(&mut self) {
        let is_due = self.arriving.is_to_acknowledge();
        self.unacknowledged_ticks = if is_due { self.unacknowledged_ticks + 1 } else { 0 };
    }

    /// Whether the other side owes something: nothing may come for a while, but not for ever.
    pub(crate) fn is_owed(&self, has_wants: bool) -> bool {
        let is_fetched = self.fetch == Fetch::Running && self.due.is_none();
        // While what came is not durable yet it may have no room to send more.
        self.hello.is_none()
            || self.gate.is_shut()
            || self.arriving.is_settled() && (is_fetched || has_wants)
    }

    /// Whether it was asked, and has not sent all.
    pub(crate) fn is_sending(&self) -> bool {
        !self.is_over && self.fetch == Fetch::Running
    }

    /// Whether the tip of that name is held here.
    pub(crate) fn holds(&self, log: &Log, author: AuthorKey, tip: (u64, CommitName)) -> bool {
        find(log, self.salt, author, tip).is_some()
    }

    /// Whether the tip of that name is in a segment.
    pub(crate) fn is_in(
        &self,
        segment: &Segment,
        author: AuthorKey,
        (seq, name): (u64, CommitName),
    ) -> bool {
        let head = &segment.head;
        let at = seq.checked_sub(head.first_seq).filter(|at| *at < u64::from(head.commits));
        let Some(at) = at.filter(|_| head.author == author) else { return false };
        let commit = segment.commits().nth(usize::try_from(at).unwrap_or(usize::MAX));
        commit.is_some_and(|commit| self.salt.commit(&commit.id()) == name)
    }

    /// Ends it; the other side is told why.
    pub(crate) fn close(&mut self, closed: &Closed) {
        self.bye = Some(closed.reason()).filter(|_| !matches!(closed, Closed::Bye(_)));
        self.is_over = true;
        // Nothing of it is needed any more.
        self.sending = None;
        (self.asked, self.answered) = (None, None);
        self.replies.clear();
        self.wants.clear();
    }

    /// Takes a message. What it brings is to be offered to the door, and then [`Session::offered`].
    pub(crate) fn take(&mut self, here: Here<'_>, bytes: &[u8]) -> Result<Heard, Closed> {
        let Some(parts) = self.turns.hear(bytes, here.limits.message_bytes_max)? else {
            return Ok(Heard::default());
        };
        let mut heard = Heard::default();
        for (at, part) in parts.into_iter().enumerate() {
            if part == Part::Newcomer && at != 1 {
                return Err(Closed::OutOfPlace(MEANWHILE));
            }
            self.part(here, part, &mut heard)?;
        }
        self.has_heard();
        Ok(heard)
    }

    /// The door was offered what a message brought.
    pub(crate) fn offered(
        &mut self,
        here: Here<'_>,
        segments: Vec<Segment>,
        last: Option<CommitId>,
    ) -> Result<Vec<Event>, Closed> {
        self.arriving.offered(here.ahead, segments, last, here.limits)?;
        // Some may have been held already.
        self.advanced(here)
    }

    /// What it brought and the door has not let in.
    pub(crate) fn waiting(&self) -> &[Segment] {
        self.arriving.waiting()
    }

    fn sending(&mut self) -> Result<&mut Sending, Closed> {
        self.sending.as_mut().ok_or(Closed::OutOfPlace(BEGINS))
    }

    /// Whether what was asked is durable, and all of it; who said that it is all is held to it.
    fn check_due(&mut self, here: Here<'_>, events: &mut Vec<Event>) -> Result<(), Closed> {
        if !self.arriving.is_settled() {
            return Ok(());
        }
        let Some(due) = &mut self.due else { return Ok(()) };
        due.retain(|(_, id)| !here.log.contains(id));
        // Some of it may have come from others before, and is about to be durable.
        if let Some((author, commit)) = due.iter().find(|(_, id)| !here.ahead.contains(id)) {
            return Err(Closed::Incomplete { author: *author, commit: *commit });
        }
        if due.is_empty() {
            self.due = None;
            let is_due = std::mem::take(&mut self.asks_again);
            self.fetch = if is_due { Fetch::Due } else { Fetch::Done };
            events.push(Event::CaughtUp);
        }
        Ok(())
    }

    /// What is new here is to be told.
    pub(crate) fn notice(&mut self, step: Step<'_>, own: AuthorKey) {
        if let Some(sending) = &mut self.sending {
            sending.notice_since(step, own);
        }
    }

    /// The host says what is durable now.
    pub(crate) fn advanced(&mut self, here: Here<'_>) -> Result<Vec<Event>, Closed> {
        let mut events = Vec::new();
        self.note_durable(here.log);
        self.check_due(here, &mut events)?;
        Ok(events)
    }

    /// What was sent by the other side and is durable, the other side has.
    fn note_durable(&mut self, log: &Log) {
        for place in self.arriving.is_durable(log) {
            self.held.has(place);
            if let Some(sending) = &mut self.sending {
                sending.other_has(place);
            }
        }
    }
}
