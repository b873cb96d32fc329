//! The gate: in a dataset with an owner, a peer is told nothing, and heard in nothing, before it
//! has proven who it is and may read.
//!
//! ```text
//!  opener   hello, salt ───────────────────►
//!                       ◄─── hello, challenge, proof       over both salts
//!           proof, and what else there is ─►
//! ```
//!
//! **Invariants**
//! - A proof is an identity's certificate for the author key that the hello named, and that key's
//!   signature over dataset, both salts and which side it is: it is of use in this conversation,
//!   and to this side, alone.
//! - Whoever opened shows who it is only to who may read; a newcomer, who does not know yet who
//!   may, to whoever proves an identity.
//! - Where nobody owns the dataset the gate is open, and costs nothing.
//!
//! What this does not do: see to it that who proves itself is who talks on. That takes a transport
//! that encrypts.

use crate::closed::Closed;
use crate::message::Part;
use crate::names::Salt;
use std::fmt;
use woodland_format::{
    AuthorKey, Certificate, DatasetId, IdentityKey, Right, SecretKey, Signature, verify_peer,
};
use woodland_log::Log;

/// By what a replica proves for whom it writes, to peers of a dataset that has an owner.
#[derive(Clone)]
pub struct Credentials {
    /// The key of the author that it writes under.
    pub key: SecretKey,
    /// An identity's word for that author.
    pub certificate: Certificate,
    /// Fresh: random, and used for nothing else. Challenges are made of it.
    pub seed: Salt,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials(of {})", self.certificate.identity.short())
    }
}

/// What one side proves itself with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// For whom the author that its hello named writes.
    pub certificate: Certificate,
    /// That author's.
    pub signature: Signature,
}

/// Of one conversation.
#[derive(Debug)]
pub(crate) enum Gate {
    Open,
    Guarded(Box<Guard>),
}

#[derive(Debug)]
pub(crate) struct Guard {
    dataset: DatasetId,
    /// As they were when it began: its hello names that author.
    credentials: Credentials,
    /// What the other side is to sign.
    mine: Salt,
    /// What this side is to sign, once it was told.
    theirs: Option<Salt>,
    /// Who the other side has proven to be.
    proven: Option<IdentityKey>,
    /// Who is taken for a reader, where the version that is held does not say so.
    trusted: Option<IdentityKey>,
    has_said: bool,
}

impl Gate {
    /// Of this side, which brings that salt if it opens. One identity may be trusted.
    ///
    /// # Errors
    /// [`Closed::NoCredentials`], where they are needed.
    pub(crate) fn of(
        log: &Log,
        credentials: Option<&Credentials>,
        (opens, nonce): (Option<Salt>, u64),
        trusted: Option<IdentityKey>,
    ) -> Result<Gate, Closed> {
        if log.owner().is_none() {
            return Ok(Gate::Open);
        }
        let credentials = credentials.ok_or(Closed::NoCredentials)?.clone();
        Ok(Gate::Guarded(Box::new(Guard {
            dataset: log.dataset(),
            mine: opens.unwrap_or_else(|| credentials.challenge(nonce)),
            credentials,
            theirs: None,
            proven: None,
            trusted,
            has_said: false,
        })))
    }

    /// Of a newcomer, which was told what to sign.
    pub(crate) fn of_newcomer(
        dataset: DatasetId,
        credentials: &Credentials,
        [mine, theirs]: [Salt; 2],
    ) -> Gate {
        Gate::Guarded(Box::new(Guard {
            dataset,
            mine,
            credentials: credentials.clone(),
            theirs: Some(theirs),
            proven: None,
            trusted: None,
            has_said: false,
        }))
    }

    /// Whether nothing else goes through yet.
    pub(crate) fn is_shut(&self) -> bool {
        matches!(self, Gate::Guarded(guard) if guard.proven.is_none())
    }

    /// Who the other side has proven to be, where that was asked.
    pub(crate) fn identity(&self) -> Option<IdentityKey> {
        self.guard().and_then(|guard| guard.proven)
    }

    /// Nobody is taken for a reader any more whom the version does not name.
    pub(crate) fn trust_nobody(&mut self) {
        if let Gate::Guarded(guard) = self {
            guard.trusted = None;
        }
    }

    /// Under which key this side says that it writes, where it has to prove that.
    pub(crate) fn author(&self) -> Option<AuthorKey> {
        self.guard().map(|guard| guard.credentials.key.author())
    }

    /// The other side said what this side is to sign.
    pub(crate) fn challenged(&mut self, salt: Salt) -> Result<(), Closed> {
        match self {
            Gate::Guarded(guard) if guard.theirs.is_none() => {
                guard.theirs = Some(salt);
                Ok(())
            }
            _ => Err(Closed::OutOfPlace("it asks for a proof where none is due")),
        }
    }

    /// The other side, which writes under this key, says who it is. Without a log it is not known
    /// who may read.
    pub(crate) fn proves(
        &mut self,
        log: Option<&Log>,
        is_opener: bool,
        author: &AuthorKey,
        proof: &Proof,
    ) -> Result<(), Closed> {
        let due = match self {
            Gate::Guarded(guard) if guard.proven.is_none() => {
                guard.salts(is_opener).map(|it| (guard, it))
            }
            _ => None,
        };
        let Some((guard, salts)) = due else {
            return Err(Closed::OutOfPlace("it proves itself where that is not due"));
        };
        let Proof { certificate, signature } = proof;
        let is_signed = || verify_peer(author, &guard.dataset, salts, !is_opener, signature);
        if !certificate.vouches_for(author) || !is_signed() {
            return Err(Closed::Unproven);
        }
        let identity = certificate.identity;
        let is_reader = log.is_none_or(|log| log.may(&identity, Right::Read));
        if !is_reader && guard.trusted != Some(identity) {
            return Err(Closed::NotAllowed { identity });
        }
        guard.proven = Some(identity);
        Ok(())
    }

    /// What this side says behind its hello, or as soon as it can.
    pub(crate) fn say(&mut self, is_opener: bool, parts: &mut Vec<Part>) {
        let Gate::Guarded(guard) = self else { return };
        if guard.has_said || is_opener && guard.proven.is_none() {
            return;
        }
        let Some(salts) = guard.salts(is_opener) else { return };
        if !is_opener {
            parts.push(Part::Challenge(guard.mine));
        }
        let Credentials { key, certificate, .. } = &guard.credentials;
        let signature = key.prove_peer(&guard.dataset, salts, is_opener);
        parts.push(Part::Proof(Box::new(Proof { certificate: certificate.clone(), signature })));
        guard.has_said = true;
    }

    fn guard(&self) -> Option<&Guard> {
        match self {
            Gate::Open => None,
            Gate::Guarded(guard) => Some(guard),
        }
    }
}

impl Guard {
    /// The opener's first, once both are known.
    fn salts(&self, is_opener: bool) -> Option<[[u8; 16]; 2]> {
        let (mine, theirs) = (self.mine.0, self.theirs?.0);
        Some(if is_opener { [mine, theirs] } else { [theirs, mine] })
    }
}

impl Credentials {
    /// What a peer is to sign, another thing for each number.
    fn challenge(&self, nonce: u64) -> Salt {
        let hash = blake3::keyed_hash(&self.seed.challenging(), &nonce.to_le_bytes());
        let mut salt = [0; 16];
        salt.copy_from_slice(&hash.as_bytes()[..16]);
        Salt(salt)
    }
}
