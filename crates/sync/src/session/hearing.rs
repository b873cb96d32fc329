//! What the other side says, part by part.
//!
//! **Invariants**
//! - Its hello comes first, then what proves who it is, where that is asked; whatever else it says
//!   before ends the conversation.
//! - What is said at the wrong place ends it, and says what was wrong.
//!
//! What this does not do: take messages apart, or let commits in.

use crate::closed::Closed;
use crate::limits::Limits;
use crate::message::{Hello, Part, Stretch, Told, Want};
use crate::session::arriving::find;
use crate::session::sending::Sending;
use crate::session::welcoming::Welcome;
use crate::session::{BEGINS, Event, Fetch, Heard, Here, Session};
use woodland_format::Segment;
use woodland_log::Tip;

impl Session {
    /// One thing that the other side says.
    pub(super) fn part(
        &mut self,
        here: Here<'_>,
        part: Part,
        told: &mut Heard,
    ) -> Result<(), Closed> {
        let Heard { events, segments } = told;
        let Some(hello) = self.hello else {
            return match part {
                Part::Hello(hello) => self.hello(here, hello),
                Part::Bye(reason) => Err(Closed::Bye(reason)),
                _ => Err(Closed::OutOfPlace(BEGINS)),
            };
        };
        match part {
            Part::Challenge(salt) if self.is_opener => return self.gate.challenged(salt),
            Part::Proof(proof) => {
                return self.gate.proves(Some(here.log), self.is_opener, &hello.author, &proof);
            }
            Part::Newcomer => return self.is_newcomer(),
            Part::Bye(reason) => return Err(Closed::Bye(reason)),
            _ if self.gate.is_shut() => {
                return Err(Closed::OutOfPlace("it says more before it has proven who it is"));
            }
            _ if self.welcome != Welcome::NotDue => {
                return Err(Closed::OutOfPlace("it is new, and says more"));
            }
            _ => {}
        }
        if self.is_in_vain(&part)? {
            return Ok(());
        }
        match part {
            Part::Hello(_) => return Err(Closed::OutOfPlace("it says hello twice")),
            Part::Since(heads) => self.since(here, &heads)?,
            Part::Unheld => events.push(self.unheld()?),
            Part::Durable(messages) => self.is_durable(messages)?,
            Part::Settle { is_asker, note } => {
                let lacked = self.settle(here, is_asker, note)?;
                events.extend(lacked);
            }
            Part::Fetch => self.serve_by_gaps()?,
            Part::Sent { forks } => self.is_all_sent(forks),
            Part::Credit(bytes) => self.sending()?.more_credit(bytes)?,
            Part::Have(tips) => self.other_has(here, tips, events)?,
            Part::Want(wants) => self.other_wants(here, wants)?,
            Part::Stretch(stretch) => segments.extend(self.stretch(here, &stretch)?),
            // It may have been written after this side asked.
            Part::Ahead(tip) if here.log.contains(&tip.id) => {}
            Part::Ahead(tip) => events.push(Event::Behind(tip)),
            Part::Presence(bytes) => events.push(Event::Presence(bytes)),
            Part::Challenge(_) => return Err(Closed::OutOfPlace("it asks who opened it twice")),
            // Taken above.
            Part::Bye(_) | Part::Proof(_) | Part::Newcomer => {}
        }
        Ok(())
    }

    fn hello(&mut self, here: Here<'_>, hello: Hello) -> Result<(), Closed> {
        let (expected, found) = (here.log.dataset(), hello.dataset);
        if expected != found {
            return Err(Closed::Dataset { expected, found });
        }
        match (self.is_opener, hello.salt) {
            (false, Some(salt)) => {
                self.salt = salt;
                if self.gate.is_shut() {
                    self.gate.challenged(salt)?;
                }
            }
            (true, None) => {}
            (false, None) => return Err(Closed::OutOfPlace("it opens without a salt")),
            (true, Some(_)) => return Err(Closed::OutOfPlace("both sides open")),
        }
        if hello.message_bytes_max < Limits::MESSAGE_BYTES_LEAST {
            return Err(Closed::OutOfPlace("it takes no messages of the least size"));
        }
        let sending = self.sending.get_or_insert_with(Sending::unasked);
        sending.has_room(hello.window, hello.message_bytes_max);
        self.hello = Some(hello);
        self.quiet_ticks = 0;
        Ok(())
    }

    /// What came in so many messages is durable there.
    fn is_durable(&mut self, messages: u64) -> Result<(), Closed> {
        if messages > self.turns.said {
            return Err(Closed::OutOfPlace("it holds what was not said"));
        }
        self.held.is_durable(messages);
        Ok(())
    }

    /// All that was asked for is sent, as far as so many notes about forks tell.
    fn is_all_sent(&mut self, forks: u64) {
        // Whoever heard of less has more to send.
        let is_settled = forks == self.forks_said[usize::from(self.has_asked)];
        let is_unasked = self.fetches_rest || self.recalling.is_beginning();
        if self.fetch == Fetch::Running && (is_settled || is_unasked) {
            self.fetches_rest = false;
            self.due = Some(self.arriving.fetched());
            self.is_all_named();
        }
    }

    fn other_has(
        &mut self,
        here: Here<'_>,
        tips: Vec<Told>,
        events: &mut Vec<Event>,
    ) -> Result<(), Closed> {
        for Told { author, tip } in tips {
            let author = self.heard_of.who(author, here.log, self.salt, None)?;
            match find(here.log, self.salt, author, tip) {
                Some(place) => {
                    self.held.has(place);
                    self.sending()?.other_has(place);
                }
                None => events.push(Event::Offered(author, tip)),
            }
        }
        Ok(())
    }

    fn other_wants(&mut self, here: Here<'_>, wants: Vec<Want>) -> Result<(), Closed> {
        for Want { author, from, tip } in wants {
            let author = self.heard_of.who(author, here.log, self.salt, None)?;
            let held = |step| find(here.log, self.salt, author, step);
            let (from, tip) = (from.and_then(held), held(tip));
            let tip = tip.ok_or(Closed::OutOfPlace("it wants what it was not told of"))?;
            self.sending()?.wanted(from, tip)?;
        }
        Ok(())
    }

    /// Commits; none where they are passed over.
    fn stretch(&mut self, here: Here<'_>, stretch: &Stretch) -> Result<Option<Segment>, Closed> {
        let (ahead, salt, basis) = (here.ahead, self.salt, self.recalling.basis(here.log));
        let author = self.heard_of.who(stretch.author, ahead, salt, basis)?;
        match self.arriving.read(ahead, salt, author, stretch, basis) {
            Ok((segment, is_news)) => {
                self.quiet_ticks = if is_news { 0 } else { self.quiet_ticks };
                self.unacknowledged_ticks = 0;
                let seq = segment.head.first_seq + u64::from(segment.head.commits) - 1;
                self.recalling.came(author, Tip { seq, id: segment.head.last });
                Ok(Some(segment))
            }
            // Who answered has not heard of a fork yet, and took more to be held here than is. It
            // sends anew once it has.
            Err(Closed::Unplaced { .. }) if self.awaits_forks() => {
                self.arriving.pass_over(stretch);
                Ok(None)
            }
            Err(why) => Err(why),
        }
    }
}
