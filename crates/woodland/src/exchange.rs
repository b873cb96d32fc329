//! An exchange: a replica and its conversations with others, over whatever carries bytes.
//!
//! ```text
//!  write() ──► durable ──► told to the hub ──► say(peer) ──► transport
//!  merge() ◄── through the door ◄── the hub ◄── take(peer, message) ◄──┘
//! ```
//!
//! **Invariants**
//! - What is told to others is durable here; what others send is shown once it is.
//! - No lock is held while the disk is waited for: peers are answered meanwhile.
//! - What arrived and could not be stored was acknowledged to nobody: it is kept for the next call,
//!   and where the disk failed, which takes opening again, peers send it again.
//!
//! What this does not do: connect, encrypt, start a thread, or look at a clock.

use crate::current::Listen;
use crate::merge::{MergeError, Source};
use crate::replica::Replica;
use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use woodland_format::IdentityKey;
use woodland_log::Log;
use woodland_sync::{Closed, Event, Hub, Limits, Memory, Peer, Salt, TooLong};

/// A replica's conversations with others. Made by [`Replica::exchange`].
///
/// Any number of threads may use it at once: most programs have one for each connection that
/// reads, and one that writes.
pub struct Exchange {
    replica: Replica,
    hub: Mutex<Hub>,
    held: Mutex<Held>,
    board: Arc<Board>,
}

/// What the disk stood in the way of.
#[derive(Default)]
struct Held {
    /// Arrived, and not stored.
    unmerged: Option<Box<Log>>,
    /// What the caller is to be told.
    events: Vec<Event>,
}

/// Whether there may be something to say.
#[derive(Default)]
struct Board {
    changes: Mutex<u64>,
    changed: Condvar,
}

impl Board {
    fn changes(&self) -> MutexGuard<'_, u64> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listen for Board {
    fn tell(&self) {
        *self.changes() += 1;
        self.changed.notify_all();
    }
}

impl Replica {
    /// Begins to exchange commits with other replicas of this dataset.
    ///
    /// ```
    /// use woodland::sync::{Limits, Peer};
    /// use woodland::{Record, Replica, all, define};
    ///
    /// #[derive(Record)]
    /// struct Note { title: String }
    ///
    /// let model = define().record::<Note>().model()?;
    /// let laptop = Replica::in_memory(&model, 1)?;
    /// let (phone, _) = Replica::join_in_memory(&model, &laptop, 2)?;
    /// laptop.write(|b| b.insert(&Note { title: "Trip".into() }))?;
    ///
    /// let one = laptop.exchange(Limits::default());
    /// let two = phone.exchange(Limits::default());
    /// // A transport knows which connection a message came over; here there is one.
    /// let peer = Peer(1);
    /// one.open(peer)?;
    /// two.accept(peer);
    /// loop {
    ///     let (hers, his) = (one.say(peer), two.say(peer));
    ///     if hers.is_none() && his.is_none() {
    ///         break;
    ///     }
    ///     hers.map(|message| two.take(peer, &message)).transpose()?;
    ///     his.map(|message| one.take(peer, &message)).transpose()?;
    /// }
    /// assert_eq!(phone.snapshot().read(all::<Note>())?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A dataset that has an owner is exchanged only with those who may read it, and prove by their
    /// identity that it is they; so both sides need one (`Options::identity`).
    pub fn exchange(&self, limits: Limits) -> Exchange {
        let log = self.durable_snapshot().log().clone();
        Exchange::of(self, Hub::new(log, self.author(), limits))
    }
}

impl Exchange {
    /// Goes on with these conversations, which began with this replica's version, or an earlier
    /// one of it.
    pub(crate) fn of(replica: &Replica, mut hub: Hub) -> Exchange {
        hub.identify(replica.writer().credentials());
        let hub = Mutex::new(hub);
        let board = Arc::new(Board::default());
        let listener: Arc<dyn Listen> = Arc::<Board>::clone(&board);
        let weak: Weak<dyn Listen> = Arc::downgrade(&listener);
        replica.0.current.listen(weak);
        Exchange { replica: replica.clone(), hub, held: Mutex::default(), board }
    }

    /// Begins a conversation with a peer that this side connected to.
    ///
    /// # Errors
    /// The system gave no randomness.
    pub fn open(&self, peer: Peer) -> io::Result<()> {
        let salt = Salt(self.replica.writer().keys.bytes()?);
        self.hub().open(peer, salt);
        self.board.tell();
        Ok(())
    }

    /// Begins one with a peer that connected to this side.
    pub fn accept(&self, peer: Peer) {
        self.hub().accept(peer);
        self.board.tell();
    }

    /// Begins one like [`Exchange::open`], with a peer of which something is remembered: what is
    /// new since then goes with the first message. A memory that is old, or of somebody else, costs
    /// a message and at most [`Limits::UNASKED_BYTES_MAX`].
    ///
    /// # Errors
    /// The system gave no randomness.
    pub fn open_known(&self, peer: Peer, memory: &Memory) -> io::Result<()> {
        let salt = Salt(self.replica.writer().keys.bytes()?);
        self.hub().open_known(peer, salt, memory);
        self.board.tell();
        Ok(())
    }

    /// Begins one like [`Exchange::accept`], with a peer of which something is remembered; see
    /// [`Exchange::open_known`]. It needs to be known who connects: the transport says so, or
    /// nobody does.
    pub fn accept_known(&self, peer: Peer, memory: &Memory) {
        self.hub().accept_known(peer, memory);
        self.board.tell();
    }

    /// What a peer is known to hold: keep its bytes under a name of your own for that peer, and
    /// give it back at the next connection. Ask now and then, and before
    /// [`Exchange::disconnect`]. None where nothing is known.
    pub fn memory(&self, peer: Peer) -> Option<Memory> {
        self.hub().memory(peer)
    }

    /// The connection is gone. Whatever came is kept; a new connection goes on from there.
    pub fn disconnect(&self, peer: Peer) {
        self.hub().disconnect(peer);
        self.board.tell();
    }

    /// Ends a conversation: what is left to say tells the peer so.
    ///
    /// # Errors
    /// As [`Exchange::take`].
    pub fn close(&self, peer: Peer) -> Result<Vec<Event>, MergeError> {
        let mut hub = self.hub();
        hub.close(peer, Closed::Done);
        self.go_on(hub)
    }

    /// Takes a message from a peer: what it brings is durable when this returns. Tells what else
    /// there is to know; after [`Event::Closed`] say what is left, and close the connection.
    ///
    /// # Errors
    /// [`MergeError`]: what arrived could not be stored. It is kept for the next call, and so is
    /// what there is to tell. After a failed disk a replica takes no more writes: open it again,
    /// and begin another exchange; peers send again what was not stored.
    pub fn take(&self, peer: Peer, message: &[u8]) -> Result<Vec<Event>, MergeError> {
        let mut hub = self.hub();
        hub.take(peer, message);
        self.go_on(hub)
    }

    /// The next message for a peer: ask whenever the transport can take one. None where there is
    /// nothing to say.
    pub fn say(&self, peer: Peer) -> Option<Vec<u8>> {
        self.hub().say(peer)
    }

    /// The next message for a peer, for which it waits so long at most.
    pub fn wait_to_say(&self, peer: Peer, at_most: Duration) -> Option<Vec<u8>> {
        let seen = *self.board.changes();
        if let Some(message) = self.say(peer) {
            return Some(message);
        }
        let changes = self.board.changes();
        let waits = |changes: &mut u64| *changes == seen;
        let waited = self.board.changed.wait_timeout_while(changes, at_most, waits);
        drop(waited);
        self.say(peer)
    }

    /// Time passes, by as much as the program likes, such as a second: a peer that owes something
    /// and is silent for [`Limits::patience`] of them is cut off.
    ///
    /// # Errors
    /// As [`Exchange::take`].
    pub fn tick(&self) -> Result<Vec<Event>, MergeError> {
        let mut hub = self.hub();
        hub.tick();
        self.go_on(hub)
    }

    /// Tells all peers something that is kept nowhere, such as where a cursor is.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn present(&self, bytes: &[u8]) -> Result<(), TooLong> {
        self.hub().present(bytes)?;
        self.board.tell();
        Ok(())
    }

    /// Who a peer has proven to be: in a dataset that has an owner, whoever is talked to.
    pub fn identity(&self, peer: Peer) -> Option<IdentityKey> {
        self.hub().identity(peer)
    }

    /// Whether all that a peer had when it was asked is here.
    pub fn is_caught_up(&self, peer: Peer) -> bool {
        self.hub().is_caught_up(peer)
    }

    /// Whether the conversation with a peer goes on.
    pub fn is_with(&self, peer: Peer) -> bool {
        self.hub().is_with(peer)
    }

    /// The hub, which knows of all that is durable.
    fn hub(&self) -> MutexGuard<'_, Hub> {
        let mut hub = self.hub.lock().unwrap_or_else(PoisonError::into_inner);
        let durable = self.replica.durable_snapshot();
        if durable.log() != hub.log() {
            let author = self.replica.author();
            if author != hub.author() {
                hub.renamed(author);
                hub.identify(self.replica.writer().credentials());
            }
            hub.advanced(durable.log());
        }
        hub
    }

    /// Stores what arrived, as long as anything does.
    fn go_on<'a>(&'a self, mut hub: MutexGuard<'a, Hub>) -> Result<Vec<Event>, MergeError> {
        loop {
            let mut held = self.held();
            while let Some(event) = hub.event() {
                match event {
                    // A later one holds what an earlier one does.
                    Event::Arrived { log } => held.unmerged = Some(log),
                    other => held.events.push(other),
                }
            }
            drop(hub);
            let Some(arrived) = held.unmerged.take() else {
                let events = std::mem::take(&mut held.events);
                drop(held);
                self.board.tell();
                return Ok(events);
            };
            drop(held);
            self.board.tell();
            if let Err(error) = self.replica.merge(Source::Log(&arrived)) {
                self.held().unmerged.get_or_insert(arrived);
                return Err(error);
            }
            hub = self.hub();
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("hub", &*self.hub()).finish()
    }
}
