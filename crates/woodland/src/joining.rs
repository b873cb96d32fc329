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
//! - It talks to one peer at a time. What came stays when that one is gone.
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
use woodland_format::{DatasetId, SecretKey};
use woodland_log::Pending;
use woodland_store::Store;
use woodland_sync::{Credentials, Event, Hub, Limits, Newcomer, Peer, Salt};

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
    stage: Stage,
}

/// How far it is.
enum Stage {
    /// Nothing is held.
    Asking(Option<Box<Newcomer>>),
    /// The founding commit is, at least.
    Fetching(Box<Hub>),
    CaughtUp(Box<Hub>),
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
        Ok(Joining { options, dataset, limits, key, peer: None, stage: Stage::Asking(None) })
    }

    /// Begins a conversation with a peer that this side connected to, in place of the one before.
    ///
    /// Until all has come it takes the word of the first that proves who it is, where the dataset
    /// has an owner: it cannot know yet who may read. Another is refused meanwhile, unless what
    /// came says that it may.
    ///
    /// # Errors
    /// The system gave no randomness.
    pub fn open(&mut self, peer: Peer) -> io::Result<()> {
        let salt = self.salt()?;
        let credentials = self.credentials()?;
        self.part();
        let author = self.key.author();
        match &mut self.stage {
            Stage::Asking(newcomer) => {
                let (dataset, limits) = (self.dataset, self.limits);
                let new = Newcomer::new(dataset, author, limits, credentials, salt);
                *newcomer = Some(Box::new(new));
            }
            Stage::Fetching(hub) | Stage::CaughtUp(hub) => hub.open(peer, salt),
            Stage::Finished => return Ok(()),
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
        match &mut self.stage {
            Stage::Asking(newcomer) => newcomer.as_mut()?.say(),
            Stage::Fetching(hub) | Stage::CaughtUp(hub) => hub.say(peer),
            Stage::Finished => None,
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
        match &mut self.stage {
            Stage::Asking(newcomer) => match newcomer.as_mut().map(|it| it.take(message)) {
                Some(Ok(Some(mut hub))) => {
                    // Both begin anew, over the same connection.
                    hub.open(peer, self.salt()?);
                    self.stage = Stage::Fetching(Box::new(hub));
                }
                Some(Err(why)) => return Ok(vec![Event::Closed { peer, why }]),
                _ => {}
            },
            Stage::Fetching(hub) | Stage::CaughtUp(hub) => hub.take(peer, message),
            Stage::Finished => {}
        }
        Ok(self.host())
    }

    /// Time passes, as for [`Exchange::tick`].
    pub fn tick(&mut self) -> Vec<Event> {
        match &mut self.stage {
            Stage::Asking(newcomer) => {
                let late = newcomer.as_mut().and_then(|newcomer| newcomer.tick().err());
                let closed = self.peer.zip(late).map(|(peer, why)| Event::Closed { peer, why });
                closed.into_iter().collect()
            }
            Stage::Fetching(hub) | Stage::CaughtUp(hub) => {
                hub.tick();
                self.host()
            }
            Stage::Finished => Vec::new(),
        }
    }

    /// Whether all that the peer had when it was asked is here.
    pub fn is_caught_up(&self) -> bool {
        matches!(self.stage, Stage::CaughtUp(_))
    }

    /// Makes the replica, durable when this returns, and the exchange that goes on with the
    /// conversation. It is done once; before, and after an error, all stays as it is: an error of
    /// the schema may be mended by another model.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn finish(&mut self, model: impl Into<Model>) -> Result<(Replica, Exchange), StartError> {
        let model = model.into();
        let Stage::CaughtUp(hub) = &self.stage else { return Err(StartError::NotCaughtUp) };
        model.schema().check()?;
        let Options { disk, keys, store, memory, .. } = self.options.clone();
        let derived = Derived::none(Arc::clone(&disk), &model, memory);
        let beginning = Beginning::of(hub.log().clone(), Pending::default());
        let replica = begin(disk, &model, beginning, (self.key.clone(), keys), &store)?;
        let replica = replica.derived_by(derived).kept_by(self.options.upkeep());
        let Stage::CaughtUp(hub) = std::mem::replace(&mut self.stage, Stage::Finished) else {
            return Err(StartError::NotCaughtUp);
        };
        let exchange = Exchange::of(&replica, *hub);
        Ok((replica, exchange))
    }

    /// The conversation is over.
    fn part(&mut self) {
        let Some(peer) = self.peer.take() else { return };
        match &mut self.stage {
            Stage::Asking(newcomer) => *newcomer = None,
            Stage::Fetching(hub) | Stage::CaughtUp(hub) => hub.disconnect(peer),
            Stage::Finished => {}
        }
    }

    /// Keeps what arrived, in memory.
    fn host(&mut self) -> Vec<Event> {
        let (Stage::Fetching(hub) | Stage::CaughtUp(hub)) = &mut self.stage else {
            return Vec::new();
        };
        let mut events = Vec::new();
        while let Some(event) = hub.event() {
            match event {
                Event::Arrived { log } => hub.advanced(&log),
                other => events.push(other),
            }
        }
        if events.iter().any(|event| matches!(event, Event::CaughtUp { .. })) {
            self.stage = match std::mem::replace(&mut self.stage, Stage::Finished) {
                Stage::Fetching(hub) => Stage::CaughtUp(hub),
                other => other,
            };
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

impl fmt::Debug for Joining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = match &self.stage {
            Stage::Fetching(hub) | Stage::CaughtUp(hub) => hub.log().len(),
            Stage::Asking(_) | Stage::Finished => 0,
        };
        f.debug_struct("Joining")
            .field("dataset", &self.dataset)
            .field("peer", &self.peer)
            .field("held", &held)
            .finish()
    }
}
