//! What others have and this side lacks, and from whom it is wanted.
//!
//! **Invariants**
//! - Of an author something is wanted from one peer at a time; from the next, where that is late.
//! - What is noted for a peer is bounded, however much it tells of; the hub asks it for all again.
//! - Only authors of whom something changed are looked at, but for each tick.
//!
//! What this does not do: want anything while one peer is asked for all that is lacking.

use crate::event::Peer;
use crate::names::CommitName;
use crate::session::{Fetch, Session};
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::AuthorKey;
use woodland_log::Log;

/// So many tips of one author are noted for a peer: it has more than one where it forked.
const OFFERS_OF_AN_AUTHOR_MAX: usize = 8;
/// So many tips are noted for a peer: whoever tells of more is asked for all again.
const OFFERS_OF_A_PEER_MAX: usize = 4096;
/// Ticks after which what its author should have sent is wanted from somebody else, and after which
/// others are asked beside a peer that does not answer.
pub(crate) const LATE_TICKS: u32 = 3;

/// Somebody has something that is lacking here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Offer {
    peer: Peer,
    tip: (u64, CommitName),
    /// For how long it is not sent; where it is wanted, since it is.
    ticks: u32,
}

#[derive(Default)]
pub(crate) struct Wants {
    /// What others told of and this side lacks.
    offers: BTreeMap<AuthorKey, Vec<Offer>>,
    /// Who was asked for it.
    wanted: BTreeMap<AuthorKey, Offer>,
    /// Of whom something changed since that was looked at.
    unplanned: BTreeSet<AuthorKey>,
}

type Sessions = BTreeMap<Peer, Session>;

impl Wants {
    /// A peer has this. Where there is no room to note all that it has, it is asked again.
    pub(crate) fn offered(
        &mut self,
        sessions: &mut Sessions,
        peer: Peer,
        author: AuthorKey,
        tip: (u64, CommitName),
    ) {
        let Some(session) = sessions.get_mut(&peer) else { return };
        if session.noted < OFFERS_OF_A_PEER_MAX {
            self.note(session, author, Offer { peer, tip, ticks: 0 });
        }
        if session.noted >= OFFERS_OF_A_PEER_MAX {
            session.ask_again();
        }
    }

    fn note(&mut self, session: &mut Session, author: AuthorKey, offer: Offer) {
        let offers = self.offers.entry(author).or_default();
        let of_peer = |other: &&Offer| other.peer == offer.peer;
        if offers.iter().filter(of_peer).any(|other| other.tip == offer.tip) {
            return;
        }
        // A chain moves on: what came before it in its chain comes with it.
        if offers.iter().filter(of_peer).count() >= OFFERS_OF_AN_AUTHOR_MAX {
            let least =
                offers.iter().filter(of_peer).map(|other| other.tip).min_by_key(|tip| tip.0);
            offers.retain(|other| other.peer != offer.peer || Some(other.tip) != least);
            session.noted -= 1;
            session.ask_again();
        }
        offers.push(offer);
        session.noted += 1;
        self.unplanned.insert(author);
    }

    /// Nothing is expected of a peer any more.
    pub(crate) fn drop_peer(&mut self, peer: Peer) {
        self.offers.retain(|_, offers| {
            offers.retain(|offer| offer.peer != peer);
            !offers.is_empty()
        });
        self.wanted.retain(|_, offer| offer.peer != peer);
        self.look_at_all();
    }

    /// Something of these authors changed.
    pub(crate) fn look_at(&mut self, authors: impl IntoIterator<Item = AuthorKey>) {
        self.unplanned.extend(authors);
    }

    fn look_at_all(&mut self) {
        self.unplanned.extend(self.offers.keys());
    }

    /// Time passes.
    pub(crate) fn tick(&mut self) {
        self.offers.values_mut().flatten().for_each(|offer| offer.ticks += 1);
        self.wanted.values_mut().for_each(|offer| offer.ticks += 1);
        self.look_at_all();
    }

    /// Whether something is wanted from a peer.
    pub(crate) fn are_of(&self, peer: Peer) -> bool {
        self.wanted.values().any(|offer| offer.peer == peer)
    }

    /// Whether something is wanted that has not come, and is not late.
    pub(crate) fn are_under_way(&self, sessions: &Sessions, ahead: &Log) -> bool {
        let mut wanted = self.wanted.iter().filter(|(_, offer)| offer.ticks < LATE_TICKS);
        wanted.any(|(author, offer)| !is_coming(sessions, ahead, *author, offer))
    }

    /// Commits of these authors are durable now: what is held is lacking no more.
    pub(crate) fn came(
        &mut self,
        sessions: &mut Sessions,
        log: &Log,
        authors: BTreeSet<AuthorKey>,
    ) {
        for author in &authors {
            let is_held = |offer: &Offer| {
                let session = sessions.get(&offer.peer);
                session.is_none_or(|session| session.holds(log, *author, offer.tip))
            };
            if self.wanted.get(author).is_some_and(is_held) {
                self.wanted.remove(author);
            }
            let Some(offers) = self.offers.get_mut(author) else { continue };
            let came: Vec<Offer> = offers.extract_if(.., |offer| is_held(offer)).collect();
            if offers.is_empty() {
                self.offers.remove(author);
            }
            for offer in came {
                if let Some(session) = sessions.get_mut(&offer.peer) {
                    session.noted -= 1;
                }
            }
        }
        self.look_at(authors);
    }

    /// Wants what is lacking and is not on its way. `ahead` has what is admitted.
    pub(crate) fn want(&mut self, sessions: &mut Sessions, ahead: &Log) {
        let unplanned = std::mem::take(&mut self.unplanned);
        if unplanned.is_empty() || self.offers.is_empty() {
            return;
        }
        let directs = directs(sessions);
        for author in unplanned {
            let Some(offers) = self.offers.get(&author) else { continue };
            // One after the other: the next may come with it, where it is not of another branch.
            let is_due = |offer: &&Offer| !is_coming(sessions, ahead, author, offer);
            let wanted = self.wanted.get(&author).filter(is_due);
            if wanted.is_some_and(|wanted| wanted.ticks < LATE_TICKS) {
                continue;
            }
            // Who was asked and has not sent it is not asked again.
            let is_another = |offer: &&Offer| wanted.is_none_or(|it| it.peer != offer.peer);
            let due = offers.iter().filter(is_due).filter(is_another);
            let Some(best) = due.max_by_key(|offer| offer.tip.0).copied() else { continue };
            let is_sent = directs.get(&author).is_some_and(|peer| *peer != best.peer);
            let is_late = offers.iter().any(|offer| offer.ticks >= LATE_TICKS);
            if is_sent && !is_late {
                continue;
            }
            if let Some(session) = sessions.get_mut(&best.peer) {
                session.want(author, ahead.tips(&author).pop(), best.tip);
                self.wanted.insert(author, Offer { ticks: 0, ..best });
            }
        }
    }

    /// Of each author, how much is noted.
    pub(crate) fn noted(&self) -> impl Iterator<Item = (&AuthorKey, usize)> {
        self.offers.iter().map(|(author, offers)| (author, offers.len()))
    }
}

/// Whether what a peer has was sent by somebody.
fn is_coming(sessions: &Sessions, ahead: &Log, author: AuthorKey, offer: &Offer) -> bool {
    let Some(session) = sessions.get(&offer.peer) else { return true };
    // What somebody else brought may wait for ever.
    let is_late = offer.ticks >= LATE_TICKS;
    let others = sessions.iter().filter(|(_, other)| !other.is_over);
    let mut others = others.filter(|(peer, _)| !is_late || **peer == offer.peer);
    session.holds(ahead, author, offer.tip)
        || others.any(|(_, other)| {
            let mut segments = other.waiting().iter();
            segments.any(|segment| session.is_in(segment, author, offer.tip))
        })
}

/// Who writes under which key, of those who send what is theirs.
fn directs(sessions: &Sessions) -> BTreeMap<AuthorKey, Peer> {
    let is_live = |session: &Session| !session.is_over && session.fetch == Fetch::Done;
    let live = sessions.iter().filter(|(_, session)| is_live(session));
    live.filter_map(|(peer, session)| Some((session.author()?, *peer))).collect()
}
