//! What a conversation begins with where something is remembered, or is known at once: what is new
//! since then goes with the first message, unasked.
//!
//! ```text
//!  remembers   hello ─ since ─ stretches ─ sent ──►◄── the same       who remembers, too: at once
//!  or                                              ◄── hello ─ since what was named ─ …
//!  or                                              ◄── hello ─ unheld ─ a question, as ever
//! ```
//!
//! **Invariants**
//! - It is one message: until the other side is heard, nothing follows.
//! - Who does not hold what it names says so, and passes over what stands on it until that is
//!   heard; then each begins anew, as strangers do.
//! - Who says what it has beyond it is known in full: it holds that, and what it named.
//! - A stranger with many authors names its own heads, in place of a sketch: who holds them knows
//!   all that a sketch would say, and more.
//!
//! What this does not do: believe it. What is sent goes through the door, and what is not held is
//! asked for.

use crate::closed::Closed;
use crate::memory::{HEADS_MAX, Memory};
use crate::message::Part;
use crate::session::basis::Basis;
use crate::session::held::Held;
use crate::session::questions::ahead;
use crate::session::sending::Sending;
use crate::session::{Event, Fetch, Here, Session};
use crate::settle::TIPS_TOLD_MAX;
use woodland_format::{AuthorKey, CommitId};
use woodland_log::{Frontier, Log, Place, Tip};

/// What is remembered, said and heard of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recalling {
    /// What is remembered and not said yet: where the heads are.
    remembered: Option<Vec<Place>>,
    /// Under which key the other side wrote.
    author: Option<AuthorKey>,
    /// What this side said.
    said: Option<Said>,
    /// What the other side said, where it is held.
    named: Option<Named>,
    /// Whether the message that is being made or heard stands on what it names.
    is_beginning: bool,
    /// What both reckon from in it, once that is needed.
    basis: Option<Basis>,
    /// The other side does not know that what it says stands on nothing: until it has heard so many
    /// messages.
    deaf_until: Option<u64>,
    /// Whether the other side can be asked for the rest of what it has: nothing came since.
    is_offered: bool,
    /// Whether what is heard next, or is being heard, is what this side would ask for.
    is_fetching: bool,
}

#[derive(Debug, Clone)]
struct Said {
    heads: Vec<Place>,
    /// Where what was sent ends.
    ends: Vec<(AuthorKey, Tip)>,
    /// What did not go with the first message.
    rest: Option<(Frontier, Log)>,
}

#[derive(Debug, Clone)]
struct Named {
    heads: Vec<Place>,
    /// Where what came with it ends.
    ends: Vec<(AuthorKey, Tip)>,
    /// Whether that is all.
    is_all: bool,
}

impl Recalling {
    pub(crate) fn of(log: &Log, memory: Option<&Memory>) -> Recalling {
        let author = memory.map(|memory| memory.author);
        let remembered = memory.and_then(|memory| memory.places(log));
        Recalling { author, remembered, ..Recalling::default() }
    }

    /// Under which key the other side is remembered to write.
    pub(crate) fn author(&self) -> Option<AuthorKey> {
        self.author
    }

    /// Whether it has something to begin with.
    pub(crate) fn is_ready(&self) -> bool {
        self.remembered.is_some()
    }

    /// Takes the other side to hold all of this version, as nothing better is known: where it does,
    /// some heads say what a sketch of many tips would.
    pub(super) fn guesses(&mut self, log: &Log) -> bool {
        let heads = log.heads();
        let is_short = heads.len() <= HEADS_MAX && log.frontier().len() > TIPS_TOLD_MAX;
        if is_short {
            self.remembered = heads.map(|head| log.place(&head)).collect();
            self.is_fetching = true;
        }
        is_short
    }

    /// Whether it has begun so.
    pub(crate) fn has_begun(&self) -> bool {
        self.said.is_some()
    }

    /// What is remembered to be held.
    pub(crate) fn held(&self) -> Held {
        let mut held = Held::default();
        self.remembered.iter().flatten().for_each(|head| held.has(*head));
        held
    }

    /// Whether the message that is being heard stands on what it names.
    pub(super) fn is_beginning(&self) -> bool {
        self.is_beginning
    }

    /// What both reckon from, where the message that is being heard names it.
    pub(super) fn basis(&mut self, log: &Log) -> Option<&Basis> {
        if let (true, None, Some(named)) = (self.is_beginning, &self.basis, &self.named) {
            self.basis = Some(Basis::of(log, &named.heads));
        }
        self.basis.as_ref()
    }

    /// The same, where this side's message does.
    pub(super) fn own_basis(&self) -> Option<&Basis> {
        self.basis.as_ref()
    }

    /// Takes the offer to be sent the rest, if there is one.
    pub(super) fn take_offer(&mut self) -> bool {
        std::mem::take(&mut self.is_offered)
    }

    /// What a stretch brought.
    pub(super) fn came(&mut self, author: AuthorKey, tip: Tip) {
        if let (true, Some(named)) = (self.is_beginning, &mut self.named) {
            named.ends.push((author, tip));
        }
    }

    /// Where what was sent unasked ends.
    pub(super) fn is_sent(&mut self, author: AuthorKey, tip: Tip) {
        if let (true, Some(said)) = (self.is_beginning, &mut self.said) {
            said.ends.push((author, tip));
        }
    }

    /// What is said from here on was heard by who passed over what stands on nothing.
    pub(super) fn says_unheld(&mut self, said: u64) {
        if self.deaf_until.is_some() {
            self.deaf_until = Some(said);
        }
    }
}

impl Session {
    /// Whether it begins by saying what is new: it waits until it hears what the other side says.
    pub(super) fn awaits_beginning(&self) -> bool {
        let recalls = self.recalling.is_ready() || self.recalling.has_begun();
        recalls && self.hello.is_none()
    }

    /// Names, behind a hello, what the other side holds, and prepares to send what is new.
    pub(super) fn begin(&mut self, here: Here<'_>, parts: &mut Vec<Part>) {
        let remembered = self.recalling.remembered.take();
        // Who was asked already answers.
        if self.answered.is_some() {
            return;
        }
        let named = self.recalling.named.as_ref().filter(|named| named.is_all);
        let (heads, ends, ids) = match (named, remembered) {
            (Some(named), _) => (named.heads.clone(), named.ends.clone(), Vec::new()),
            (None, Some(heads)) => {
                let ids = heads.iter().filter_map(|head| here.log.id(*head)).collect();
                (heads, Vec::new(), ids)
            }
            (None, None) => return,
        };
        parts.push(Part::Since(ids));
        // It was made for an earlier version than what is sent here.
        if self.asked.is_some() {
            self.take_back();
            self.ask_for(here.log);
        }
        let sending = self.sending.get_or_insert_with(Sending::unasked);
        let places = ends.iter().filter_map(|(_, tip)| here.log.place(&tip.id));
        let held: Vec<Place> = heads.iter().copied().chain(places).collect();
        let is_held = |head: &CommitId| {
            let place = here.log.place(head);
            place.is_some_and(|place| held.iter().any(|held| here.log.saw(*held, place)))
        };
        self.recalling.said = Some(Said { heads, ends: Vec::new(), rest: None });
        if here.log.heads().all(|head| is_held(&head)) {
            sending.has_all(here.log);
            parts.push(Part::Sent { forks: 0 });
            return;
        }
        let said = self.recalling.said.as_ref().map_or(&[][..], |said| &said.heads);
        let basis = Basis::of(here.log, said);
        // Heads have the rest in their past: what is sent is found faster from few tips.
        let mut known: Frontier = said.iter().filter_map(|head| tip_at(here.log, *head)).collect();
        ends.into_iter().for_each(|(author, tip)| known.insert(author, tip));
        let author = self.author().or(self.recalling.author);
        if let Some(author) = author {
            let held = basis.known().tips(&author).chain(known.tips(&author));
            let ahead = ahead(here.log, author, held);
            self.replies.extend(ahead.map(Part::Ahead));
        }
        if let Some(sending) = &mut self.sending {
            sending.serve(known, here.log.clone());
        }
        (self.recalling.is_beginning, self.recalling.basis) = (true, Some(basis));
    }

    /// The first message is made.
    pub(super) fn has_begun(&mut self) {
        self.recalling.basis = None;
        let is_beginning = std::mem::take(&mut self.recalling.is_beginning);
        if let (Some(said), Some(sending), true) =
            (&mut self.recalling.said, &mut self.sending, is_beginning)
        {
            said.rest = sending.pause();
        }
    }

    /// The other side names what this side holds, as far as it knows.
    pub(super) fn since(&mut self, here: Here<'_>, ids: &[CommitId]) -> Result<(), Closed> {
        let has_named = self.recalling.named.is_some() || self.recalling.deaf_until.is_some();
        if self.turns.heard != 1 || has_named || ids.len() > HEADS_MAX {
            return Err(Closed::OutOfPlace("it says anew what is held, or too much at once"));
        }
        let said = self.recalling.said.as_ref().map(|said| said.heads.clone());
        let heads = match ids {
            [] => Some(said.ok_or(Closed::OutOfPlace("it stands on what was not named"))?),
            ids => ids.iter().map(|id| here.log.place(id)).collect(),
        };
        self.arriving.takes_unasked();
        // It need not be asked what it says anyway; and what it answers is passed over with the
        // rest where that stands on nothing.
        if (self.turns.said == 0 || heads.is_none()) && self.asked.is_some() {
            self.take_back();
            self.fetch = Fetch::Due;
            (self.forks_heard[0], self.forks_said[1]) = (0, 0);
        }
        let Some(heads) = heads else {
            self.recalling.deaf_until = Some(u64::MAX);
            self.replies.push(Part::Unheld);
            return Ok(());
        };
        heads.iter().for_each(|head| self.held.has(*head));
        self.recalling.is_beginning = true;
        self.recalling.named = Some(Named { heads, ends: Vec::new(), is_all: false });
        if self.fetch == Fetch::Due || self.recalling.is_fetching {
            self.fetch = Fetch::Running;
            (self.recalling.is_offered, self.recalling.is_fetching) = (true, true);
        }
        Ok(())
    }

    /// What was asked is not asked.
    fn take_back(&mut self) {
        self.asked = None;
        self.replies.retain(|part| !matches!(part, Part::Settle { is_asker: true, .. }));
    }

    /// All that the other side has is sent with its first message.
    pub(super) fn is_all_named(&mut self) {
        if let (true, Some(named)) = (self.recalling.is_beginning, &mut self.recalling.named) {
            (named.is_all, self.recalling.is_offered) = (true, false);
        }
    }

    /// A message was heard to its end.
    pub(super) fn has_heard(&mut self) {
        // It is asked for the rest when it is its turn.
        (self.recalling.basis, self.recalling.is_beginning) = (None, false);
        if std::mem::take(&mut self.recalling.is_fetching) && self.due.is_none() {
            self.fetch = Fetch::Due;
        }
    }

    /// Passes over what stands on what is not held here; whether that does.
    pub(super) fn is_in_vain(&mut self, part: &Part) -> Result<bool, Closed> {
        if self.recalling.deaf_until.is_none_or(|until| self.turns.acknowledged >= until) {
            self.recalling.deaf_until = None;
            return Ok(false);
        }
        if let Part::Stretch(stretch) = part {
            self.arriving.skip(stretch)?;
        }
        let is_answer = matches!(part, Part::Settle { is_asker: false, .. });
        let stands = matches!(part, Part::Have(_) | Part::Want(_) | Part::Sent { .. });
        Ok(is_answer || stands || matches!(part, Part::Stretch(_) | Part::Fetch))
    }

    /// The other side does not hold what this side named: all that was said on it was in vain.
    pub(super) fn unheld(&mut self) -> Result<Event, Closed> {
        if self.recalling.said.take().is_none() {
            return Err(Closed::OutOfPlace("it does not hold what was not named"));
        }
        self.held = Held::default();
        self.spoken = Default::default();
        self.sending()?.begin_anew();
        self.answered = None;
        let is_void = |part: &Part| match part {
            Part::Settle { is_asker, .. } => !*is_asker,
            part => *part == Part::Fetch,
        };
        self.replies.retain(|part| !is_void(part));
        (self.forks_said[0], self.forks_heard[1]) = (0, 0);
        // It asked to be sent by what this side answered: that was passed over, too.
        let is_asking = !self.has_asked && !self.recalling.is_beginning;
        if self.fetch == Fetch::Running && is_asking && self.due.is_none() {
            self.fetch = Fetch::Due;
        }
        self.is_fetched = false;
        Ok(Event::Unheld)
    }

    /// What did not go with the first message is settled otherwise.
    pub(super) fn drop_rest(&mut self) {
        if let Some(said) = &mut self.recalling.said {
            said.rest = None;
        }
    }

    /// The rest of what did not go with the first message, and what of it the other side has.
    pub(super) fn take_rest(&mut self) -> Option<(Frontier, Log)> {
        let said = self.recalling.said.as_mut()?;
        let (sent, until) = said.rest.take()?;
        // From here on authors have names, where both know them.
        let basis = Basis::of(&until, &said.heads);
        Some((basis.known().iter().chain(sent.iter()).collect(), until))
    }

    /// What the other side told that it holds, and what it was sent before it did.
    pub(super) fn with_sent(&mut self, mut known: Frontier, of: &Log) -> Frontier {
        let Some(said) = &mut self.recalling.said else { return known };
        said.rest = None;
        let place = |tip: &Tip| of.place(&tip.id);
        let is_held = |head: &Place| {
            let tips = of.author(*head).into_iter().flat_map(|author| known.tips(&author));
            tips.filter_map(|tip| place(&tip)).any(|tip| of.saw(tip, *head))
        };
        if said.heads.iter().all(is_held) {
            said.ends.drain(..).for_each(|(author, tip)| known.insert(author, tip));
        }
        known
    }

    /// Another peer is asked for what this one offered.
    pub(crate) fn forget_offer(&mut self) {
        self.recalling.is_offered = false;
    }

    /// What the other side is known to hold.
    pub(crate) fn memory(&self, log: &Log) -> Option<Memory> {
        let author = self.author().or(self.recalling.author())?;
        let heads = self.held.heads(log);
        let dataset = log.dataset();
        (!heads.is_empty()).then_some(Memory { dataset, author, heads })
    }
}

fn tip_at(log: &Log, place: Place) -> Option<(AuthorKey, Tip)> {
    Some((log.author(place)?, Tip { seq: place.seq, id: log.id(place)? }))
}
