//! A conversation by vectors: each side says how far it holds every author, and is sent the rest.
//!
//! ```text
//!  nothing remembered   vector ──►
//!                              ◄── what is new, and a vector where the first may have something
//!         what is new to that ──►
//!  the other's vector remembered      what is new since then, from either side, unasked
//!
//!  message   length of the vector (varint) ─ vector ─ updates
//! ```
//!
//! **Invariants**
//! - What a side has sent or been sent it takes the other to have: nothing gets lost here.
//! - Where a vector does not show all there is, nothing is left out for what it shows.
//!
//! What this does not do: make vectors or updates; the peer's document does.

use crate::sync::{Role, Side};
use anyhow::{Context, Result};
use woodland_format::{put_varint, take_varint};

/// A document that tells by a vector what it holds.
pub(crate) trait Vectored {
    type Vector: PartialOrd;
    /// Whether who holds all that a vector names holds the same.
    const SHOWS_ALL: bool;

    fn vector(&self) -> Self::Vector;
    fn encode(vector: &Self::Vector) -> Vec<u8>;
    fn decode(bytes: &[u8]) -> Result<Self::Vector>;
    /// What whoever holds that lacks.
    fn since(&self, vector: &Self::Vector) -> Result<Vec<u8>>;
    fn take(&mut self, updates: &[u8]) -> Result<()>;
}

/// A document in a conversation.
pub(crate) struct Talking<D: Vectored> {
    pub(crate) document: D,
    /// What the other side is known to have.
    theirs: Option<D::Vector>,
    /// Whether the other side was told this side's vector.
    has_asked: bool,
    to_say: Option<Vec<u8>>,
}

impl<D: Vectored> Talking<D> {
    pub(crate) fn of(document: D) -> Self {
        Talking { document, theirs: None, has_asked: false, to_say: None }
    }

    /// Says what is new since this vector.
    fn tell(&mut self, asks: bool, since: &D::Vector) -> Result<()> {
        let vector = if asks { D::encode(&self.document.vector()) } else { Vec::new() };
        self.has_asked |= asks;
        self.to_say = Some(message(&vector, &self.document.since(since)?));
        self.theirs = Some(self.document.vector());
        Ok(())
    }
}

fn message(vector: &[u8], updates: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    put_varint(&mut message, vector.len() as u64);
    message.extend_from_slice(vector);
    message.extend_from_slice(updates);
    message
}

impl<D: Vectored> Side for Talking<D> {
    type Version = D::Vector;

    fn version(&self) -> D::Vector {
        self.document.vector()
    }

    fn connect(&mut self, role: Role) -> Result<()> {
        (self.to_say, self.has_asked) = (None, false);
        match self.theirs.take() {
            Some(theirs) if !D::SHOWS_ALL || !(self.document.vector() <= theirs) => {
                self.tell(false, &theirs)
            }
            Some(theirs) => {
                self.theirs = Some(theirs);
                Ok(())
            }
            None if role == Role::Opens => {
                self.has_asked = true;
                self.to_say = Some(message(&D::encode(&self.document.vector()), &[]));
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn say(&mut self) -> Result<Option<Vec<u8>>> {
        Ok(self.to_say.take())
    }

    fn hear(&mut self, mut message: &[u8]) -> Result<()> {
        let length = usize::try_from(take_varint(&mut message).ok().context("a length")?)?;
        let (vector, updates) = message.split_at_checked(length).context("a vector")?;
        if !updates.is_empty() {
            self.document.take(updates)?;
            self.theirs = Some(self.document.vector());
        }
        if !vector.is_empty() {
            let theirs = D::decode(vector)?;
            let may_lack = !D::SHOWS_ALL || !(theirs <= self.document.vector());
            self.tell(may_lack && !self.has_asked, &theirs)?;
        }
        Ok(())
    }

    fn forget(&mut self) {
        self.theirs = None;
    }
}
