//! What to say next: one message, made when the transport can take it.
//!
//! **Invariants**
//! - A message has what was asked first, then what is told, then commits, as many as there is room
//!   for.
//! - Nothing is said where there is nothing to say.
//!
//! What this does not do: wait, or say anything twice.

use crate::closed::Closed;
use crate::message::{Hello, Introduced, Part, Stretch, Told, Want};
use crate::session::pieces::{Known, Piece};
use crate::session::sending::{MESSAGE_BYTES_TARGET, Sending};
use crate::session::welcoming::Welcome;
use crate::session::{Here, Session};
use woodland_log::Tip;

/// Ticks after which what is durable is told by itself, where there is nothing else to say.
const ACKNOWLEDGED_TICKS: u32 = 1;
/// What else than commits a message has at most, in bytes.
const REST_BYTES: u64 = 4 * 1024 * 1024;
/// Most tips, and most chains, of one message.
const TIPS_A_MESSAGE: usize = 1024;

impl Session {
    /// The next message.
    pub(crate) fn say(&mut self, here: Here<'_>) -> Result<Option<Vec<u8>>, Closed> {
        let mut parts = Vec::new();
        if self.is_over {
            parts.extend(self.bye.take().map(Part::Bye));
            return Ok(self.message(parts));
        }
        let is_first = !self.has_said_hello;
        let is_met = self.is_opener || self.hello.is_some() || self.recalling.is_ready();
        if is_first && !is_met || !is_first && self.awaits_beginning() {
            return Ok(None);
        }
        if is_first {
            self.has_said_hello = true;
            parts.push(Part::Hello(Hello {
                dataset: here.log.dataset(),
                author: self.gate.author().unwrap_or(here.author),
                salt: self.is_opener.then_some(self.salt),
                window: here.limits.window,
                message_bytes_max: here.limits.message_bytes_max,
            }));
            if self.welcome == Welcome::NotDue {
                self.begin(here, &mut parts);
            }
        }
        if self.has_said_hello {
            self.gate.say(self.is_opener, &mut parts);
        }
        if self.gate.is_shut() {
            return Ok(self.message(parts));
        }
        if self.welcome == Welcome::Due {
            self.welcomes(here, &mut parts)?;
            return Ok(self.message(parts));
        }
        parts.append(&mut self.replies);
        self.can_fetch = false;
        parts.extend(self.arriving.credit().map(Part::Credit));
        parts.extend(self.presence.take().map(Part::Presence));
        self.say_wants(&mut parts);
        self.say_tips(here, &mut parts);
        self.say_commits(here, &mut parts)?;
        let message = self.message(parts);
        if is_first {
            self.has_begun();
        }
        self.settle_down();
        Ok(message)
    }

    fn message(&mut self, mut parts: Vec<Part>) -> Option<Vec<u8>> {
        if self.arriving.is_to_acknowledge()
            && (!parts.is_empty() || self.unacknowledged_ticks > ACKNOWLEDGED_TICKS)
        {
            self.arriving.is_acknowledged();
            // Behind a reason why nothing more is said.
            let is_last = matches!(parts.last(), Some(Part::Bye(_)));
            parts.insert(parts.len() - usize::from(is_last), Part::Durable(self.turns.heard));
        }
        if parts.is_empty() {
            return None;
        }
        let said = self.turns.said + 1;
        if parts.contains(&Part::Unheld) {
            self.recalling.says_unheld(said);
        }
        if parts.iter().any(|part| matches!(part, Part::Settle { .. } | Part::Fetch)) {
            self.settled = said;
        }
        Some(self.turns.say(parts))
    }

    fn say_wants(&mut self, parts: &mut Vec<Part>) {
        let mut wants: Vec<Want> = Vec::new();
        while wants.len() < TIPS_A_MESSAGE
            && let Some((author, (from, tip))) = self.wants.pop_first()
        {
            wants.push(Want {
                // Who told of it holds it.
                author: self.spoken.of(author, Introduced::Name(self.salt.author(&author))),
                from: from.map(|from| (from.seq, self.salt.commit(&from.id))),
                tip,
            });
        }
        parts.extend((!wants.is_empty()).then_some(Part::Want(wants)));
    }

    fn say_tips(&mut self, here: Here<'_>, parts: &mut Vec<Part>) {
        let Some(sending) = &mut self.sending else { return };
        sending.notice(here.log, here.author);
        let tips = sending.next_tips(TIPS_A_MESSAGE).into_iter().filter_map(|place| {
            let (author, id) = (here.log.author(place)?, here.log.id(place)?);
            let said = self.spoken.of(author, Introduced::Key(author));
            self.heard_of.tells_of(author, said, self.salt);
            Some(Told { author: said, tip: (place.seq, self.salt.commit(&id)) })
        });
        let tips: Vec<Told> = tips.collect();
        parts.extend((!tips.is_empty()).then_some(Part::Have(tips)));
    }

    /// What is fetched, or chains until the message is full.
    fn say_commits(&mut self, here: Here<'_>, parts: &mut Vec<Part>) -> Result<(), Closed> {
        let has_commits = |sending: &Sending| sending.is_serving() || sending.has_chains();
        let (mut left, mut goes_on) =
            (MESSAGE_BYTES_TARGET, self.sending.as_ref().is_some_and(has_commits));
        while left > 0 && goes_on {
            let bytes = self.say_load(here, left, parts)?;
            left = left.saturating_sub(bytes);
            goes_on = bytes > 0 && self.sending.as_ref().is_some_and(|it| it.has_chains());
        }
        Ok(())
    }

    /// Says about so many bytes of rows at most; how many those are.
    fn say_load(
        &mut self,
        here: Here<'_>,
        room: u64,
        parts: &mut Vec<Part>,
    ) -> Result<u64, Closed> {
        let Some(sending) = &mut self.sending else { return Ok(0) };
        let (shared, is_new) = (sending.shared().cloned(), !sending.is_serving());
        let load = sending.load(here.log, room);
        let (mut said, mut ends) = (0, Vec::new());
        for piece in load.pieces {
            let basis = self.recalling.own_basis();
            let known = Known { shared: shared.as_ref(), is_held: load.is_held, is_new, basis };
            let stretch = piece.stretch(&load.log, self.salt, &mut self.spoken, known);
            check_length(&piece, &stretch, sending)?;
            sending.spend(stretch.length());
            said += stretch.length();
            parts.push(Part::Stretch(stretch));
            let (author, last) = (piece.last().author(), piece.last());
            self.recalling.is_sent(author, Tip { seq: last.seq(), id: last.id() });
            ends.push(piece.end());
        }
        self.held.is_sent(self.turns.said + 1, &ends);
        if load.is_sent {
            sending.sent();
            // As who asked, or as who answered and fetches by its gaps.
            let forks = self.forks_heard[usize::from(!self.is_fetched)];
            parts.push(Part::Sent { forks });
        }
        Ok(said)
    }
}

/// Whether the other side takes a message with this.
pub(super) fn check_length(
    piece: &Piece,
    stretch: &Stretch,
    sending: &Sending,
) -> Result<(), Closed> {
    let (found, limit) = (stretch.rows.len() as u64, sending.message_bytes_max);
    if found > limit - limit.min(REST_BYTES) {
        return Err(Closed::CommitTooLarge { commit: piece.first().id(), found, limit });
    }
    Ok(())
}
