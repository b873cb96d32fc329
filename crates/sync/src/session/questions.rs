//! What a conversation asks and answers, so that each side knows what the other lacks.
//!
//! **Invariants**
//! - One question of each side is open at a time. Who is asked may fetch by the gaps that it tells,
//!   and need not ask.
//! - Once both have heard all that settles them, nothing of it is held any more.
//!
//! What this does not do: choose when it is this peer's turn, or send commits.

use crate::closed::Closed;
use crate::message::Part;
use crate::session::sending::Sending;
use crate::session::settling::Question;
use crate::session::welcoming::Welcome;
use crate::session::{BEGINS, Event, Fetch, Here, Session};
use crate::settle::Note;
use woodland_format::AuthorKey;
use woodland_log::{Frontier, Log, Place, Tip};

impl Session {
    /// Whether this side can ask: names are made with a salt that both know.
    pub(crate) fn can_ask(&self) -> bool {
        // Who was asked answers first: it may fetch by its gaps, and need not ask.
        let answers = self.answered.as_ref().is_some_and(|question| !question.is_over());
        let is_met = (self.is_opener || self.hello.is_some())
            && !self.gate.is_shut()
            && self.welcome == Welcome::NotDue;
        let is_due = self.fetch == Fetch::Due && !self.awaits_beginning();
        is_due && !self.is_over && is_met && !answers
    }

    /// Asks to be sent what this side lacks.
    pub(crate) fn ask(&mut self, log: &Log) {
        (self.fetch, self.times_asked) = (Fetch::Running, self.times_asked + 1);
        self.fetches_rest = self.recalling.take_offer();
        self.has_asked = !std::mem::take(&mut self.can_fetch) && !self.fetches_rest;
        if !self.has_asked {
            self.replies.push(Part::Fetch);
            return;
        }
        let is_first = self.is_opener && !self.has_said_hello;
        if !is_first || !self.recalling.guesses(log) {
            self.ask_for(log);
        }
    }

    /// Asks what of this version the other side holds.
    pub(super) fn ask_for(&mut self, log: &Log) {
        let (question, note) = Question::ask(log, self.salt);
        self.asked = Some(question);
        self.replies.push(Part::Settle { is_asker: true, note });
    }

    /// Asks once more, when it is this peer's turn.
    pub(crate) fn ask_again(&mut self) {
        match self.fetch {
            Fetch::Due => {}
            Fetch::Running => self.asks_again = true,
            Fetch::Done => self.fetch = Fetch::Due,
        }
    }

    /// One side says something about a question; it may show that nothing is lacking here.
    pub(super) fn settle(
        &mut self,
        here: Here<'_>,
        is_asker: bool,
        note: Note,
    ) -> Result<Option<Event>, Closed> {
        let is_of_forks = matches!(note, Note::Forks(_));
        self.forks_heard[usize::from(is_asker)] += u64::from(is_of_forks);
        match is_asker {
            true => self.answer(here, note),
            false => self.learn(note).map(|()| None),
        }
    }

    /// Who asked says something.
    fn answer(&mut self, here: Here<'_>, note: Note) -> Result<Option<Event>, Closed> {
        let is_question = matches!(note, Note::Tips(_) | Note::Symbols(_));
        let open = self.answered.take().filter(|it| !(it.is_over() && is_question));
        if open.is_none() && is_question && self.sending()?.is_serving() {
            return Err(Closed::OutOfPlace("it asks again before it was sent all"));
        }
        let mut question = match open {
            Some(question) => question,
            None if is_question => {
                self.is_fetched = false;
                Question::answer(here.log, self.salt)
            }
            None => return Err(Closed::OutOfPlace("it goes on asking what it did not ask")),
        };
        // What it asks, and fetches by, is settled anew; and so is what it is sent.
        self.drop_rest();
        self.forget_offer();
        let answer = question.take(note)?;
        if let Some(known) = answer.known {
            self.held.has_settled(question.base(), &known);
            self.serve(known, question.base().clone())?;
        }
        let lacks_nothing = answer.lacks_nothing && self.fetch == Fetch::Due;
        if lacks_nothing {
            self.fetch = Fetch::Done;
        }
        self.can_fetch = matches!(answer.say, Some(Note::Tips(_) | Note::Gaps(_)));
        self.reply(false, answer.say);
        self.answered = Some(question);
        Ok(lacks_nothing.then_some(Event::CaughtUp))
    }

    /// Who answers says something.
    fn learn(&mut self, note: Note) -> Result<(), Closed> {
        let asked = self.asked.take();
        let mut question = asked.ok_or(Closed::OutOfPlace("it answers what it was not asked"))?;
        let answer = question.take(note)?;
        self.quiet_ticks = 0;
        self.drop_rest();
        self.reply(true, answer.say);
        if answer.other_lacks_nothing {
            self.held.has_all(question.base());
            self.sending()?.has_all(question.base());
        } else if let Some(known) = &answer.known {
            self.held.has_settled(question.base(), known);
        }
        if let (Some(known), true) = (answer.known, self.is_fetched) {
            self.serve(known, question.base().clone())?;
        }
        self.asked = Some(question);
        Ok(())
    }

    pub(super) fn awaits_forks(&self) -> bool {
        self.asked.as_ref().is_some_and(|question| question.known().is_none())
    }

    fn reply(&mut self, is_asker: bool, note: Option<Note>) {
        let is_of_forks = matches!(note, Some(Note::Forks(_)));
        self.forks_said[usize::from(is_asker)] += u64::from(is_of_forks);
        self.replies.extend(note.map(|note| Part::Settle { is_asker, note }));
    }

    /// Who answered wants to be sent what it lacks.
    pub(super) fn serve_by_gaps(&mut self) -> Result<(), Closed> {
        if let Some((known, until)) = self.take_rest() {
            return self.serve(known, until);
        }
        let asked = self.asked.as_ref();
        let asked = asked.ok_or(Closed::OutOfPlace("it fetches by what it was not asked"))?;
        let (known, base) = (asked.known().cloned(), asked.base().clone());
        if self.sending()?.is_serving() {
            return Err(Closed::OutOfPlace("it fetches again before it was sent all"));
        }
        self.is_fetched = true;
        // Else it is served once that is settled.
        known.map_or(Ok(()), |known| self.serve(known, base))
    }

    /// Sends what is lacking there; says so first where it is the other side's own.
    fn serve(&mut self, known: Frontier, until: Log) -> Result<(), Closed> {
        let author = self.author().ok_or(Closed::OutOfPlace(BEGINS))?;
        let known = self.with_sent(known, &until);
        let ahead = ahead(&until, author, known.tips(&author));
        self.replies.extend(ahead.map(Part::Ahead));
        self.sending()?.serve(known, until);
        Ok(())
    }

    /// Lets go of what was needed to settle.
    pub(super) fn settle_down(&mut self) {
        let is_live = self.sending.as_ref().is_some_and(Sending::is_live);
        if !is_live || self.fetch != Fetch::Done {
            return;
        }
        // Who was told gaps may say forks to that: not once it has heard them, and said nothing.
        if self.turns.acknowledged >= self.settled {
            (self.asked, self.answered) = (None, None);
        }
        if self.turns.acknowledged == self.turns.said {
            self.heard_of.settle_down();
        }
    }
}

/// Of who writes under this key and holds these tips of it, the last that it lacks.
pub(super) fn ahead(
    until: &Log,
    author: AuthorKey,
    held: impl Iterator<Item = Tip>,
) -> Option<Tip> {
    let held: Vec<Place> = held.filter_map(|tip| until.place(&tip.id)).collect();
    let is_known = |tip: &Tip| {
        let tip = until.place(&tip.id);
        tip.is_some_and(|tip| held.iter().any(|held| until.saw(*held, tip)))
    };
    until.tips(&author).into_iter().rfind(|tip| !is_known(tip))
}
