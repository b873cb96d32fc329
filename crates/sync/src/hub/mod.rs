//! The hub: one replica's conversations, with as many peers as there are.
//!
//! ```text
//!            take(peer, bytes) ─►┌─────┐─► Event::Arrived(log)   to be made durable
//!  transport                     │ hub │                                           host
//!            ◄─ say(peer) ───────└─────┘◄─ advanced(log)         what is durable now
//! ```
//!
//! **Invariants**
//! - It is asked of one peer at a time what this side lacks; of the others once that is durable. So
//!   nothing is fetched twice, but for what peers send unasked that remember this side. Who is
//!   asked and silent for some ticks holds up nobody: what it sends after that may come twice.
//! - What several peers tell of is wanted from one of them; whose own commits they are sends them
//!   unasked, and they are wanted from nobody else while it is connected and not late.
//! - What ends a conversation ends that one alone, and with it all that it held here.
//! - The same calls give the same bytes: salts and ticks come from the caller.
//!
//! What this does not do: connect, encrypt, store, or decide with whom to talk.

mod trust;

use crate::closed::Closed;
use crate::door::{Door, brings};
use crate::event::{Event, Peer, TooLong};
use crate::hub::trust::New;
use crate::limits::Limits;
use crate::memory::Memory;
use crate::names::Salt;
use crate::session::gate::{Credentials, Gate};
use crate::session::sending::Step;
use crate::session::{self, Fetch, Here, Session};
use crate::wants::{LATE_TICKS, Wants};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use woodland_format::{AuthorKey, IdentityKey, Segment};
use woodland_log::{Log, Place, Refusal, Verify};

/// One replica's conversations.
pub struct Hub {
    log: Log,
    author: AuthorKey,
    limits: Limits,
    credentials: Option<Credentials>,
    /// Until it has caught up for the first time.
    new: Option<New>,
    /// How many conversations were begun.
    begun: u64,
    door: Door,
    sessions: BTreeMap<Peer, Session>,
    wants: Wants,
    events: VecDeque<Event>,
}

impl Hub {
    /// Of a replica that writes under this key, and whose durable version this is.
    pub fn new(log: Log, author: AuthorKey, limits: Limits) -> Hub {
        Hub {
            log,
            author,
            limits,
            credentials: None,
            new: None,
            begun: 0,
            door: Door::new(woodland_format::verify_commit),
            sessions: BTreeMap::new(),
            wants: Wants::default(),
            events: VecDeque::new(),
        }
    }

    /// Asks this about signatures, in place of [`woodland_format::verify_commit`]. Meant for
    /// simulations, in which thousands of hubs share what one of them has found out.
    #[must_use]
    pub fn verified_by(mut self, verify: Verify) -> Hub {
        self.door = Door::new(verify);
        self
    }

    /// Proves by these who this side is, in a dataset that has an owner: there, nobody is talked to
    /// without them. They are of the author that it writes under.
    pub fn identify(&mut self, credentials: Option<Credentials>) {
        self.credentials = credentials;
    }

    /// Who a peer has proven to be: in a dataset that has an owner, whoever is talked to.
    pub fn identity(&self, peer: Peer) -> Option<IdentityKey> {
        self.sessions.get(&peer)?.gate.identity()
    }

    /// The version that is durable, as far as the hub was told.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Begins a conversation with a peer that this side connected to. The salt is fresh: random,
    /// and used for nothing else.
    pub fn open(&mut self, peer: Peer, salt: Salt) {
        self.insert(peer, Some(salt), None);
    }

    /// Begins one with a peer that connected to this side.
    pub fn accept(&mut self, peer: Peer) {
        self.insert(peer, None, None);
    }

    /// Begins one like [`Hub::open`], with somebody of whom something is remembered: what is new
    /// since then goes with the first message. It may begin so while the other side does, too, and
    /// whether that remembers anything or not.
    ///
    /// A memory of another dataset, of commits that are not held here, or of somebody else does no
    /// harm, but for at most [`Limits::UNASKED_BYTES_MAX`] that are sent in vain.
    pub fn open_known(&mut self, peer: Peer, salt: Salt, memory: &Memory) {
        self.insert(peer, Some(salt), Some(memory));
    }

    /// Begins one like [`Hub::accept`], with somebody of whom something is remembered; see
    /// [`Hub::open_known`].
    pub fn accept_known(&mut self, peer: Peer, memory: &Memory) {
        self.insert(peer, None, Some(memory));
    }

    /// What a peer is known to hold, to be remembered for the next conversation with it. Ask at any
    /// time before [`Hub::disconnect`]; what it was sent last counts once it has said that it is
    /// durable, a tick later or two. None where nothing is known.
    pub fn memory(&self, peer: Peer) -> Option<Memory> {
        self.sessions.get(&peer)?.memory(&self.log)
    }

    fn insert(&mut self, peer: Peer, salt: Option<Salt>, memory: Option<&Memory>) {
        self.begun += 1;
        let (own, fresh) = (self.credentials.as_ref(), (salt, self.begun));
        let (gate, refused) = match Gate::of(&self.log, own, fresh, self.trusted()) {
            Ok(gate) => (gate, None),
            Err(why) => (Gate::Open, Some(why)),
        };
        let session = Session::new(self.here(), salt, gate, memory);
        self.forget(peer);
        self.sessions.insert(peer, session);
        refused.into_iter().for_each(|why| self.close(peer, why));
        self.plan();
    }

    /// The connection is gone. Whatever came is kept; the next conversation goes on from there.
    pub fn disconnect(&mut self, peer: Peer) {
        self.forget(peer);
        self.plan();
    }

    fn forget(&mut self, peer: Peer) {
        let session = self.sessions.remove(&peer);
        self.wants.drop_peer(peer);
        if session.is_some_and(|session| !session.waiting().is_empty()) {
            self.keep_waiting();
        }
    }

    /// What others brought goes on waiting.
    fn keep_waiting(&mut self) {
        let others = self.sessions.values().filter(|session| !session.is_over);
        self.door.keep_only(&self.log, others.flat_map(Session::waiting));
    }

    /// Offers to the door what a peer brought.
    fn offer_to_door(&mut self, peer: Peer, segments: Vec<Segment>) {
        if let Some(why) = self.takes_too_much(&segments) {
            return self.close(peer, why);
        }
        let passed = self.door.offer(&self.log, &segments);
        self.wants.look_at(segments.iter().map(|segment| segment.head.author));
        let Hub { log, author, limits, door, sessions, .. } = self;
        let here = Here { log, ahead: door.ahead(log), author: *author, limits };
        let own = brings(&segments, &passed.refused).cloned();
        let session = sessions.get_mut(&peer);
        let events = session.map(|session| session.offered(here, segments, passed.last));
        self.events.extend(passed.log.map(|log| Event::Arrived { log: Box::new(log) }));
        match (own, events) {
            (Some(refusal), _) => self.close(peer, Closed::Refused(Box::new(refusal))),
            (None, Some(Ok(events))) => self.heard(peer, events),
            (None, Some(Err(why))) => self.close(peer, why),
            (None, None) => {}
        }
        self.blame(&passed.refused);
    }

    /// Cuts off who brought what was refused.
    fn blame(&mut self, refused: &[Refusal]) {
        if refused.is_empty() {
            return;
        }
        let sessions = self.sessions.iter().filter(|(_, session)| !session.is_over);
        #[cfg(planted)]
        if woodland_format::planted::is("all-blamed-for-one") {
            let why = || Closed::Refused(Box::new(refused[0].clone()));
            let all: Vec<Peer> = sessions.map(|(peer, _)| *peer).collect();
            all.into_iter().for_each(|peer| self.close(peer, why()));
            return;
        }
        let guilty = sessions.filter_map(|(peer, session)| {
            let refusal = brings(session.waiting(), refused)?;
            Some((*peer, Closed::Refused(Box::new(refusal.clone()))))
        });
        let guilty: Vec<(Peer, Closed)> = guilty.collect();
        guilty.into_iter().for_each(|(peer, why)| self.close(peer, why));
    }

    /// What is durable now may be what a peer was asked for.
    fn settled(&mut self, peer: Peer) {
        let Hub { log, author, limits, door, sessions, .. } = self;
        let here = Here { log, ahead: door.ahead(log), author: *author, limits };
        let session = sessions.get_mut(&peer).filter(|session| !session.is_over);
        match session.map(|session| session.advanced(here)) {
            Some(Ok(events)) => self.heard(peer, events),
            Some(Err(why)) => self.close(peer, why),
            None => {}
        }
    }

    /// The peers with whom it talks.
    pub fn peers(&self) -> impl Iterator<Item = Peer> + '_ {
        self.sessions.keys().copied()
    }

    /// Whether the conversation with a peer goes on.
    pub fn is_with(&self, peer: Peer) -> bool {
        self.sessions.get(&peer).is_some_and(|session| !session.is_over)
    }

    /// Whether all that a peer had when it was asked is durable here.
    pub fn is_caught_up(&self, peer: Peer) -> bool {
        self.sessions.get(&peer).is_some_and(|session| session.fetch == Fetch::Done)
    }

    /// Takes a message from a peer. A peer that is not known is not heard.
    pub fn take(&mut self, peer: Peer, message: &[u8]) {
        let Hub { log, author, limits, door, sessions, .. } = self;
        let here = Here { log, ahead: door.ahead(log), author: *author, limits };
        let Some(session) = sessions.get_mut(&peer).filter(|session| !session.is_over) else {
            return;
        };
        match session.take(here, message) {
            Ok(heard) => {
                // What another brings is not this one's to read.
                let identity = session.gate.identity();
                if identity.is_some() && identity != self.trusted() {
                    self.trust_nobody();
                }
                self.heard(peer, heard.events);
                if !heard.segments.is_empty() {
                    self.offer_to_door(peer, heard.segments);
                } else {
                    self.settled(peer);
                }
            }
            Err(why) => self.close(peer, why),
        }
        self.plan();
    }

    /// The next message for a peer: ask when the transport can take one, until there is none.
    pub fn say(&mut self, peer: Peer) -> Option<Vec<u8>> {
        let Hub { log, author, limits, sessions, .. } = self;
        let here = Here { log, ahead: log, author: *author, limits };
        let session = sessions.get_mut(&peer)?;
        match session.say(here) {
            Ok(message) => {
                if session.has_welcomed() {
                    let presence = session.presence.take();
                    self.insert(peer, None, None);
                    let session = self.sessions.get_mut(&peer);
                    session.into_iter().for_each(|session| session.presence = presence.clone());
                }
                message
            }
            Err(why) => {
                self.close(peer, why);
                self.say(peer)
            }
        }
    }

    /// What the host is to do or to know, in order.
    pub fn event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The version that is durable now: with what this side wrote, and what [`Event::Arrived`]
    /// brought. It was made from the one before.
    pub fn advanced(&mut self, log: &Log) {
        let before = std::mem::replace(&mut self.log, log.clone());
        self.door.is_durable(log);
        let arrived = self.notice(&before);
        if self.door.is_waiting() {
            let passed = self.door.offer(&self.log, &[]);
            self.events.extend(passed.log.map(|log| Event::Arrived { log: Box::new(log) }));
            self.blame(&passed.refused);
        }
        let peers: Vec<Peer> = self.sessions.keys().copied().collect();
        peers.into_iter().for_each(|peer| self.settled(peer));
        self.wants.came(&mut self.sessions, log, arrived);
        self.serve_only_readers();
        self.plan();
    }

    /// Conversations have something new to tell; whose commits that are.
    fn notice(&mut self, before: &Log) -> BTreeSet<AuthorKey> {
        let Hub { log, author, sessions, .. } = self;
        let mut listed = log.arrived(before);
        let places: Vec<Place> = std::iter::from_fn(|| listed.next_place()).collect();
        let step = Step { from: before, to: log, arrived: &places };
        sessions.values_mut().for_each(|session| session.notice(step, *author));
        places.iter().filter_map(|place| log.author(*place)).collect()
    }

    /// Under which key this replica writes, as far as the hub was told.
    pub fn author(&self) -> AuthorKey {
        self.author
    }

    /// This replica writes under another key from now on.
    pub fn renamed(&mut self, author: AuthorKey) {
        self.author = author;
    }

    /// Tells all peers something that is kept nowhere, at most
    /// [`crate::PRESENCE_BYTES_MAX`] bytes of it; what was not sent yet is forgotten for it.
    ///
    /// # Errors
    /// [`TooLong`], and nothing is told.
    pub fn present(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        if bytes.len() > crate::PRESENCE_BYTES_MAX {
            return Err(TooLong { found: bytes.len() });
        }
        self.sessions.values_mut().for_each(|session| session.present(bytes));
        Ok(())
    }

    /// Time passes: by as much as the host likes, such as a second. Who owes something and is
    /// silent for too long is cut off.
    pub fn tick(&mut self) {
        let mut late = Vec::new();
        for (peer, session) in &mut self.sessions {
            session.tick();
            let has_wants = self.wants.are_of(*peer);
            if session.is_over || !session.is_owed(has_wants) {
                session.quiet_ticks = 0;
                continue;
            }
            session.quiet_ticks += 1;
            #[cfg(planted)]
            if woodland_format::planted::is("silence-borne-for-ever") {
                session.quiet_ticks = 0;
            }
            if session.quiet_ticks > self.limits.patience {
                late.push((*peer, Closed::Stalled { ticks: session.quiet_ticks }));
            }
        }
        late.into_iter().for_each(|(peer, why)| self.close(peer, why));
        self.wants.tick();
        self.plan();
    }

    /// Ends the conversation with a peer, and tells it so.
    pub fn close(&mut self, peer: Peer, why: Closed) {
        let Some(session) = self.sessions.get_mut(&peer).filter(|session| !session.is_over) else {
            return;
        };
        let had_waiting = !session.waiting().is_empty();
        session.close(&why);
        self.wants.drop_peer(peer);
        if had_waiting {
            self.keep_waiting();
        }
        self.events.push_back(Event::Closed { peer, why });
    }

    fn here(&self) -> Here<'_> {
        Here { log: &self.log, ahead: &self.log, author: self.author, limits: &self.limits }
    }

    fn heard(&mut self, peer: Peer, events: Vec<session::Event>) {
        if events.is_empty() {
            return;
        }
        for event in events {
            let told = match event {
                session::Event::CaughtUp => {
                    // Whoever brought it may turn out not to be a reader: then that is told.
                    self.trust_nobody();
                    if !self.is_with(peer) {
                        continue;
                    }
                    self.new = None;
                    Event::CaughtUp { peer }
                }
                session::Event::Behind(tip) => Event::Behind { peer, tip },
                session::Event::Presence(bytes) => {
                    let author = self.sessions.get(&peer).and_then(Session::author);
                    let Some(author) = author else { continue };
                    Event::Presence { peer, author, bytes }
                }
                session::Event::Unheld => {
                    self.unheld(peer);
                    continue;
                }
                session::Event::Offered(author, tip) => {
                    self.wants.offered(&mut self.sessions, peer, author, tip);
                    continue;
                }
            };
            self.events.push_back(told);
        }
    }

    /// What was wanted from a peer was said to it in vain: it is asked for all.
    fn unheld(&mut self, peer: Peer) {
        let has_wants = self.wants.are_of(peer);
        self.wants.drop_peer(peer);
        if let Some(session) = self.sessions.get_mut(&peer) {
            session.noted = 0;
            if has_wants {
                session.ask_again();
            }
        }
    }

    /// Whom to ask next, and for what.
    fn plan(&mut self) {
        let mut sessions = self.sessions.values();
        if sessions.any(|session| session.is_sending() && session.quiet_ticks < LATE_TICKS) {
            return;
        }
        // Whoever has itself asked again and again waits for the others.
        let due = self.sessions.iter().filter(|(_, session)| session.can_ask());
        let due = due.min_by_key(|(_, session)| session.times_asked).map(|(peer, _)| *peer);
        let Some(peer) = due else {
            self.wants.want(&mut self.sessions, self.door.ahead(&self.log));
            return;
        };
        // What is on its way would be sent once more: it comes first, and nothing more is wanted.
        let is_quiet =
            self.door.is_settled() && !self.wants.are_under_way(&self.sessions, &self.log);
        if let Some(session) = self.sessions.get_mut(&peer).filter(|_| is_quiet) {
            session.ask(&self.log);
            // What this one sends, the others would send, too, as they know of nothing else.
            let others = self.sessions.iter_mut().filter(|(other, _)| **other != peer);
            others.for_each(|(_, session)| session.forget_offer());
        }
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fetches = self.sessions.iter().map(|(peer, session)| (peer.0, session.fetch));
        f.debug_struct("Hub")
            .field("log", &self.log)
            .field("fetches", &fetches.collect::<Vec<_>>())
            .field("offers", &self.wants.noted().collect::<Vec<_>>())
            .finish()
    }
}
