//! A newcomer: a replica that knows a dataset by name and holds nothing of it. It asks one peer for
//! the founding commit; with that it has a log, and talks on as everybody does.
//!
//! ```text
//!  newcomer  hello ─ newcomer ─────────────►
//!                     ◄── hello ─ (challenge ─ proof)         where the dataset has an owner
//!            (proof) ──────────────────────►
//!                     ◄── stretch: the founding commit
//!            hello, as ever ───────────────►                  both begin anew: `Hub::open`
//! ```
//!
//! **Invariants**
//! - The founding commit is told by its id, which is the dataset's: nobody can pass off another.
//! - Who may read is not known yet. It takes the word of one identity, until it has caught up or
//!   another has proven itself, and talks to no other that is not known to be allowed.
//! - It holds one message at a time, and keeps nothing but the founding commit. The first commits
//!   that it is sent once it was heard are that, or the conversation ends.
//!
//! What this does not do: fetch the rest; its hub does.

use crate::closed::Closed;
use crate::hub::Hub;
use crate::limits::Limits;
use crate::message::{Hello, Introduced, Part, Stretch};
use crate::names::Salt;
use crate::session::gate::{Credentials, Gate};
use crate::session::turns::Turns;
use woodland_format::{AuthorKey, Commit, DatasetId, Segment, StretchStart, read_stretch};
use woodland_log::Log;

/// A conversation of a replica that holds nothing yet.
#[derive(Debug)]
pub struct Newcomer {
    dataset: DatasetId,
    author: AuthorKey,
    limits: Limits,
    credentials: Option<Credentials>,
    salt: Salt,
    gate: Gate,
    /// Under which key the other side writes.
    peer: Option<AuthorKey>,
    turns: Turns,
    quiet_ticks: u32,
    bye: Option<Part>,
    is_over: bool,
}

impl Newcomer {
    /// Of a replica that will write under this key, to a peer that this side connected to. The
    /// salt is fresh: random, and used for nothing else. Credentials are of that key; a dataset
    /// that has an owner is joined with them alone.
    pub fn new(
        dataset: DatasetId,
        author: AuthorKey,
        limits: Limits,
        credentials: Option<Credentials>,
        salt: Salt,
    ) -> Newcomer {
        Newcomer {
            dataset,
            author,
            limits,
            credentials,
            salt,
            gate: Gate::Open,
            peer: None,
            turns: Turns::default(),
            quiet_ticks: 0,
            bye: None,
            is_over: false,
        }
    }

    /// The next message for the peer, if there is one.
    pub fn say(&mut self) -> Option<Vec<u8>> {
        let mut parts = Vec::new();
        match (self.is_over, self.turns.said) {
            (true, _) => parts.extend(self.bye.take()),
            (false, 0) => {
                parts.push(Part::Hello(Hello {
                    dataset: self.dataset,
                    author: self.author,
                    salt: Some(self.salt),
                    window: self.limits.window,
                    message_bytes_max: self.limits.message_bytes_max,
                }));
                parts.push(Part::Newcomer);
            }
            (false, _) => self.gate.say(true, &mut parts),
        }
        (!parts.is_empty()).then(|| self.turns.say(parts))
    }

    /// Takes a message from the peer. Once the founding commit came: a hub of a log that holds it
    /// and nothing else. Go on with [`Hub::open`], on the same connection.
    ///
    /// # Errors
    /// Why it ended: say what is left, and close the connection.
    pub fn take(&mut self, message: &[u8]) -> Result<Option<Hub>, Closed> {
        if self.is_over {
            return Ok(None);
        }
        let taken = self.hear(message);
        match &taken {
            Ok(founded) => self.is_over = founded.is_some(),
            Err(why) => self.close(why),
        }
        Ok(taken?.map(|log| self.hub(log)))
    }

    /// Time passes, as for [`Hub::tick`].
    ///
    /// # Errors
    /// As [`Newcomer::take`].
    pub fn tick(&mut self) -> Result<(), Closed> {
        self.quiet_ticks += 1;
        if self.is_over || self.quiet_ticks <= self.limits.patience {
            return Ok(());
        }
        let why = Closed::Stalled { ticks: self.quiet_ticks };
        self.close(&why);
        Err(why)
    }

    fn close(&mut self, why: &Closed) {
        let is_told = !matches!(why, Closed::Bye(_));
        self.bye = is_told.then(|| Part::Bye(why.reason()));
        self.is_over = true;
    }

    fn hub(&self, log: Log) -> Hub {
        let mut hub = Hub::new(log, self.author, self.limits).of_newcomer(self.gate.identity());
        hub.identify(self.credentials.clone());
        hub
    }

    fn hear(&mut self, bytes: &[u8]) -> Result<Option<Log>, Closed> {
        let parts = self.turns.hear(bytes, self.limits.message_bytes_max)?;
        let mut founded = None;
        for part in parts.into_iter().flatten() {
            if founded.is_some() {
                return Err(Closed::OutOfPlace("it says more than was asked"));
            }
            founded = self.part(part)?;
        }
        Ok(founded)
    }

    fn part(&mut self, part: Part) -> Result<Option<Log>, Closed> {
        let Some(peer) = self.peer else {
            return match part {
                Part::Hello(hello) => self.hello(&hello).map(|()| None),
                Part::Bye(reason) => Err(Closed::Bye(reason)),
                _ => Err(Closed::OutOfPlace("it does not begin with a hello")),
            };
        };
        match part {
            Part::Hello(_) => return Err(Closed::OutOfPlace("it says hello twice")),
            Part::Bye(reason) => return Err(Closed::Bye(reason)),
            Part::Challenge(theirs) if matches!(self.gate, Gate::Open) => {
                let credentials = self.credentials.as_ref().ok_or(Closed::NoCredentials)?;
                self.gate = Gate::of_newcomer(self.dataset, credentials, [self.salt, theirs]);
            }
            Part::Proof(proof) => self.gate.proves(None, true, &peer, &proof)?,
            _ if self.gate.is_shut() => {
                return Err(Closed::OutOfPlace("it says more before it has proven who it is"));
            }
            // Said before this side was heard, by who takes it for somebody it remembers.
            _ if self.turns.acknowledged == 0 => {}
            Part::Stretch(stretch) => return self.founding(&stretch).map(Some),
            _ => return Err(Closed::OutOfPlace(NOT_FOUNDING)),
        }
        Ok(None)
    }

    fn hello(&mut self, hello: &Hello) -> Result<(), Closed> {
        let (expected, found) = (self.dataset, hello.dataset);
        if expected != found {
            return Err(Closed::Dataset { expected, found });
        }
        if hello.salt.is_some() {
            return Err(Closed::OutOfPlace("both sides open"));
        }
        (self.peer, self.quiet_ticks) = (Some(hello.author), 0);
        Ok(())
    }

    /// The log that a stretch founds.
    fn founding(&self, stretch: &Stretch) -> Result<Log, Closed> {
        let (Introduced::Key(author), 0, 1) =
            (stretch.author.introduced, stretch.first_seq, stretch.commits)
        else {
            return Err(Closed::OutOfPlace(NOT_FOUNDING));
        };
        let (found, limit) = (stretch.length(), self.limits.message_bytes_max);
        if found > limit {
            return Err(Closed::OverCredit { found, limit });
        }
        let rows = stretch.unpack().ok_or(Closed::Packing { author, first_seq: 0 })?;
        let start = StretchStart { dataset: self.dataset, author, first_seq: 0, previous: None };
        let segment = read_stretch(start, 1, &rows);
        let segment = segment.map_err(|why| Closed::Damaged(Box::new(why)))?;
        let founding = Segment::first(&segment).filter(|it| it.id() == self.dataset.founding());
        let founding = founding.ok_or(Closed::OutOfPlace(NOT_FOUNDING))?;
        let log = founded(&founding, &segment)?;
        if log.owner().is_some() && self.gate.identity().is_none() {
            return Err(Closed::OutOfPlace("the dataset has an owner, and it asked for no proof"));
        }
        Ok(log)
    }
}

const NOT_FOUNDING: &str = "it does not answer with the founding commit";

/// With the founding commit's signature, where it came with one: otherwise that stands on a later
/// commit, and comes with it.
fn founded(founding: &Commit, segment: &Segment) -> Result<Log, Closed> {
    if founding.payload().is_none() {
        return Err(Closed::Erased { author: founding.author(), seq: 0 });
    }
    let log = Log::found(founding.clone()).map_err(|_| Closed::OutOfPlace(NOT_FOUNDING))?;
    let vouched = segment.points.iter().try_fold(log, |log, point| log.with_point(point));
    vouched.map_err(|_| Closed::OutOfPlace("the founding commit's signature does not hold"))
}
