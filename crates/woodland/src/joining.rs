//! Joining: a replica comes about over the wire, of a dataset that is known by name.
//!
//! ```text
//!  dataset id ─► Joining ◄─ messages ─► a peer       all of it in memory
//!                   │ finish(model)
//!                   ▼
//!            Replica, Exchange                       durable; the conversation goes on
//! ```
//!
//! **Invariants**
//! - Nothing is made before all has come and the program's schema fits it.
//! - It talks to one peer at a time. What came stays when that one is gone, but for the founding
//!   commit alone, which costs nothing to ask for again.
//! - While no signature of the founder is held, each peer is asked for one first: whoever holds the
//!   dataset has one.
//! - The replica writes under the key that it was heard of by.
//!
//! What this does not do: outlast its process. Whoever ends in the middle begins again.

use crate::derived::Derived;
use crate::exchange::Exchange;
use crate::model::Model;
use crate::options::Options;
use crate::replica::Replica;
use crate::start::{Beginning, StartError, begin};
use std::fmt;
use std::io;
use std::sync::Arc;
use woodland_format::{DatasetId, SecretKey, SignedPoint};
use woodland_log::Pending;
use woodland_store::Store;
use woodland_sync::{Closed, Credentials, Event, Hub, Limits, Newcomer, Peer, Salt};

/// A replica that is about to be: it asks a peer for all of a dataset.
///
/// ```
/// use woodland::sync::{Joining, Limits, Peer};
/// use woodland::{MemoryDisk, Options, Record, Replica, all, define};
/// use std::sync::Arc;
///
/// #[derive(Record)]
/// struct Note { title: String }
///
/// let model = define().record::<Note>().model()?;
/// let laptop = Replica::in_memory(&model, 1)?;
/// laptop.write(|b| b.insert(&Note { title: "Trip".into() }))?;
/// let exchange = laptop.exchange(Limits::default());
///
/// // All that the phone knows is the name, from a code that was scanned, say.
/// let name = laptop.dataset();
/// let place = Options::on(Arc::new(MemoryDisk::new()));
/// let mut joining = Joining::new(place, name, Limits::default())?;
/// let peer = Peer(1);
/// joining.open(peer)?;
/// exchange.accept(peer);
/// while !joining.is_caught_up() {
///     while let Some(message) = joining.say(peer) {
///         exchange.take(peer, &message)?;
///     }
///     while let Some(message) = exchange.say(peer) {
///         joining.take(peer, &message)?;
///     }
/// }
/// let (phone, staying_in_step) = joining.finish(&model)?;
/// assert_eq!(phone.snapshot().read(all::<Note>())?.len(), 1);
/// assert!(staying_in_step.is_with(peer));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Joining {
    options: Options,
    dataset: DatasetId,
    limits: Limits,
    key: SecretKey,
    peer: Option<Peer>,
    /// What asks for the founding commit, or for a signature of the founder.
    newcomer: Option<Box<Newcomer>>,
    /// What fetches the rest.
    hub: Option<Box<Hub>>,
    stage: Stage,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Fetching,
    CaughtUp,
    /// The conversation is the exchange's.
    Finished,
}

impl Joining {
    /// Of the dataset of this name, in a directory that does not exist yet, or is empty. Where the
    /// dataset has an owner, an identity is needed that may read it (`Options::identity`).
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(
        place: impl Into<Options>,
        dataset: DatasetId,
        limits: Limits,
    ) -> Result<Joining, StartError> {
        let mut options = place.into().for_a_new_dataset()?;
        Store::claim(options.disk.as_ref(), &options.store)?;
        let key = options.keys.author()?;
        let (peer, newcomer, hub, stage) = (None, None, None, Stage::Fetching);
        Ok(Joining { options, dataset, limits, key, peer, newcomer, hub, stage })
    }

    /// Begins a conversation with a peer that this side connected to, in place of the one before.
    ///
    /// Until all has come it takes the word of the first that proves who it is, where the dataset
    /// has an owner: it cannot know yet who may read. Another is refused meanwhile, unless what
    /// came says that it may; if the first one does not come back, begin another `Joining`.
    ///
    /// # Errors
    /// The system gave no randomness.
    pub fn open(&mut self, peer: Peer) -> io::Result<()> {
        if self.stage == Stage::Finished {
            return Ok(());
        }
        let salt = self.salt()?;
        self.part();
        match self.hub.as_mut().filter(|hub| is_vouched(hub)) {
            Some(hub) => hub.open(peer, salt),
            None => {
                let credentials = self.credentials()?;
                let (dataset, author, limits) = (self.dataset, self.key.author(), self.limits);
                let new = Newcomer::new(dataset, author, limits, credentials, salt);
                self.newcomer = Some(Box::new(new));
            }
        }
        self.peer = Some(peer);
        Ok(())
    }

    /// The connection is gone. What came is kept, for as long as this is.
    pub fn disconnect(&mut self, peer: Peer) {
        if self.peer == Some(peer) {
            self.part();
        }
    }

    /// The next message for the peer: ask whenever the transport can take one.
    pub fn say(&mut self, peer: Peer) -> Option<Vec<u8>> {
        if self.peer != Some(peer) {
            return None;
        }
        match (&mut self.newcomer, &mut self.hub) {
            (Some(newcomer), _) => newcomer.say(),
            (None, hub) => hub.as_mut()?.say(peer),
        }
    }

    /// Takes a message from the peer. Tells what there is to know; after [`Event::CaughtUp`] it can
    /// be finished, after [`Event::Closed`] say what is left, and connect anew.
    ///
    /// # Errors
    /// The system gave no randomness.
    pub fn take(&mut self, peer: Peer, message: &[u8]) -> io::Result<Vec<Event>> {
        if self.peer != Some(peer) {
            return Ok(Vec::new());
        }
        if let Some(newcomer) = &mut self.newcomer {
            match newcomer.take(message) {
                Ok(Some(founded)) => self.begin_anew(peer, founded)?,
                Ok(None) => {}
                Err(why) => return Ok(vec![Event::Closed { peer, why }]),
            }
        } else if let Some(hub) = &mut self.hub {
            hub.take(peer, message);
        }
        Ok(self.host(peer))
    }

    /// Time passes, as for [`Exchange::tick`].
    pub fn tick(&mut self) -> Vec<Event> {
        let Some(peer) = self.peer else { return Vec::new() };
        if let Some(newcomer) = &mut self.newcomer {
            let late = newcomer.tick().err();
            return late.into_iter().map(|why| Event::Closed { peer, why }).collect();
        }
        self.hub.iter_mut().for_each(|hub| hub.tick());
        self.host(peer)
    }

    /// Whether all that the peer had when it was asked is here.
    pub fn is_caught_up(&self) -> bool {
        self.stage == Stage::CaughtUp
    }

    /// Makes the replica, durable when this returns, and the exchange that goes on with the
    /// conversation. It is done once.
    ///
    /// # Errors
    /// [`StartError`]. After [`StartError::NotCaughtUp`] and errors of the schema all is as it was:
    /// go on, or finish with another model. What the disk did not take may have left a directory
    /// that is to be opened, or emptied; the error says so.
    pub fn finish(&mut self, model: impl Into<Model>) -> Result<(Replica, Exchange), StartError> {
        let model = model.into();
        if self.stage == Stage::Finished {
            return Err(StartError::Finished);
        }
        let hub = self.hub.as_ref().filter(|_| self.stage == Stage::CaughtUp);
        let log = hub.ok_or(StartError::NotCaughtUp)?.log().clone();
        model.schema().check()?;
        let Options { disk, keys, store, memory, .. } = self.options.clone();
        let derived = Derived::none(Arc::clone(&disk), &model, memory);
        let beginning = Beginning::of(log, Pending::default());
        let replica = begin(disk, &model, beginning, (self.key.clone(), keys), &store)?;
        let replica = replica.derived_by(derived).kept_by(self.options.upkeep());
        self.stage = Stage::Finished;
        let hub = self.hub.take().ok_or(StartError::NotCaughtUp)?;
        let exchange = Exchange::of(&replica, *hub);
        Ok((replica, exchange))
    }

    /// The peer has said the founding commit: both begin anew, over the same connection.
    fn begin_anew(&mut self, peer: Peer, founded: Hub) -> io::Result<()> {
        let salt = self.salt()?;
        self.newcomer = None;
        let hub = match &mut self.hub {
            // The rest was here already; the signature may be news.
            Some(hub) if hub.log().len() > 1 => {
                let commit = hub.log().founding().id();
                let signature = founded.log().signature(&commit);
                let point = signature.map(|signature| SignedPoint { commit, signature });
                let log = point.and_then(|point| hub.log().with_verified_point(&point).ok());
                log.iter().for_each(|log| hub.advanced(log));
                hub
            }
            other => other.insert(Box::new(founded)),
        };
        hub.open(peer, salt);
        Ok(())
    }

    /// The conversation is over.
    fn part(&mut self) {
        let Some(peer) = self.peer.take() else { return };
        self.newcomer = None;
        self.hub.iter_mut().for_each(|hub| hub.disconnect(peer));
        self.hub.take_if(|hub| hub.log().len() == 1 && self.stage == Stage::Fetching);
    }

    /// Keeps what arrived, in memory.
    fn host(&mut self, peer: Peer) -> Vec<Event> {
        let Some(hub) = &mut self.hub else { return Vec::new() };
        let mut events = Vec::new();
        while let Some(event) = hub.event() {
            match event {
                Event::Arrived { log } => hub.advanced(&log),
                // It says that this is all, and cannot say that the founder wrote any of it.
                Event::CaughtUp { .. } if !is_vouched(hub) => {
                    let founding = hub.log().founding();
                    let (author, commit) = (founding.author(), founding.id());
                    hub.close(peer, Closed::Incomplete { author, commit });
                }
                other => events.push(other),
            }
        }
        if events.iter().any(|event| matches!(event, Event::CaughtUp { .. })) {
            self.stage = Stage::CaughtUp;
        }
        events
    }

    fn salt(&mut self) -> io::Result<Salt> {
        Ok(Salt(self.options.keys.bytes()?))
    }

    fn credentials(&mut self) -> io::Result<Option<Credentials>> {
        let keys = &mut self.options.keys;
        let Some(certificate) = keys.certify(&self.key.author()) else { return Ok(None) };
        let seed = Salt(keys.bytes()?);
        Ok(Some(Credentials { key: self.key.clone(), certificate, seed }))
    }
}

/// Whether the founder's signature stands on its chain: without one it is no dataset's beginning.
fn is_vouched(hub: &Hub) -> bool {
    hub.log().is_vouched(&hub.log().founding().author())
}

impl fmt::Debug for Joining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.hub.as_ref().map_or(0, |hub| hub.log().len());
        f.debug_struct("Joining")
            .field("dataset", &self.dataset)
            .field("peer", &self.peer)
            .field("held", &held)
            .finish()
    }
}
