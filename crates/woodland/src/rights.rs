//! Rights: the owner of a dataset says who may write and read it.
//!
//! ```text
//!   Options::identity + owned ─► create          the dataset has an owner, for good
//!   Replica::grant, revoke    ─► a commit each   like any other: durable, merged, exchanged
//! ```
//!
//! **Invariants**
//! - Who may what is in the log; `snapshot().log().rights()` lists it.
//!
//! What this does not do: keep a secret. Who was given the dataset has it; a revocation ends what
//! is served and what counts from there on.

use crate::durability::Durability;
use crate::replica::Replica;
#[cfg(feature = "net")]
use crate::stage::Writer;
use crate::write::{Chain, WriteError};
use std::sync::Arc;
use woodland_format::{IdentityKey, Right, RightsChange};
use woodland_page::catch;
#[cfg(feature = "net")]
use woodland_sync::{Credentials, Salt};

/// Rights were not changed; nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RightsError {
    /// The caller's mistake: only a dataset that was created with `Options::owned` has an owner,
    /// who alone may.
    #[error("{}; this replica writes for {}", owned_by(owner), named(identity))]
    NotOwner {
        /// Who may, if anybody.
        owner: Option<IdentityKey>,
        /// For whom the replica writes.
        identity: Option<IdentityKey>,
    },
    /// The caller's mistake: the owner has every right, and cannot lose one.
    #[error("{owner} owns the dataset: its rights cannot be changed")]
    OfTheOwner {
        /// The owner.
        owner: IdentityKey,
    },
    /// The commit could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

fn owned_by(owner: &Option<IdentityKey>) -> String {
    match owner {
        Some(owner) => format!("only the owner of a dataset changes rights, here {owner}"),
        None => "the dataset has no owner, so everybody may write and nobody changes rights: that \
                 is settled when it is created (`Options::owned`)"
            .to_owned(),
    }
}

fn named(identity: &Option<IdentityKey>) -> String {
    identity.map_or("nobody".to_owned(), |identity| identity.to_string())
}

#[cfg(feature = "net")]
impl Writer {
    /// By what this replica proves for whom it writes, where peers ask: none where they do not, or
    /// nobody vouches for its author.
    pub(crate) fn credentials(&mut self) -> Option<Credentials> {
        let log = self.newest.snapshot.log().clone();
        log.owner()?;
        let (author, tip) = (self.key.author(), self.tip.and_then(|tip| log.place(&tip)));
        let identity = match tip {
            Some(tip) => log.identity(tip),
            None => self.keys.who(),
        };
        // The word in the author's first commit does where the identity's key is not at hand.
        let told = || {
            let firsts = log.with_seq(&author, 0).filter_map(|first| log.commit(first));
            firsts.filter_map(|first| first.header().certificate().cloned()).collect::<Vec<_>>()
        };
        let words = self.keys.certify(&author).into_iter().chain(told());
        let certificate = words.into_iter().find(|word| Some(word.identity) == identity)?;
        let seed = Salt(self.keys.bytes().ok()?);
        Some(Credentials { key: self.key.clone(), certificate, seed })
    }
}

impl Replica {
    /// Grants an identity a right, for all replicas that merge this: durable when it returns. Who
    /// may write may read, too.
    ///
    /// ```
    /// use woodland::{MemoryDisk, Options, Record, Replica, Right, SecretKey, define};
    /// use std::sync::Arc;
    ///
    /// #[derive(Record)]
    /// struct Note { title: String }
    ///
    /// let model = define().record::<Note>().model()?;
    /// let place = |seed| Options::on(Arc::new(MemoryDisk::new())).seed(seed);
    /// // Secret keys come from 32 random bytes, and are the application's to keep.
    /// let [ada, bob] = [[1; 32], [2; 32]].map(SecretKey::from_seed);
    /// let laptop = Replica::create(place(1).identity(ada, "Ada").owned(), &model)?;
    /// let (phone, _) = Replica::join(place(2).identity(bob.clone(), "Bob"), &model, &laptop)?;
    /// let trip = Note { title: "Trip".into() };
    /// assert!(phone.write(|b| b.insert(&trip)).is_err());
    ///
    /// laptop.grant(bob.identity(), Right::Write)?;
    /// phone.merge(&laptop)?;
    /// phone.write(|b| b.insert(&trip))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`RightsError`].
    pub fn grant(&self, to: IdentityKey, right: Right) -> Result<(), RightsError> {
        self.change_rights(RightsChange::Grant(to, right))
    }

    /// Takes every right from an identity: durable when it returns. What it wrote and this replica
    /// has seen counts on; what it wrote beside this does not, wherever the two meet, and what it
    /// writes after it is refused. A later grant gives rights again, to what is written after that.
    ///
    /// # Errors
    /// [`RightsError`].
    pub fn revoke(&self, from: IdentityKey) -> Result<(), RightsError> {
        self.change_rights(RightsChange::Revoke(from))
    }

    fn change_rights(&self, change: RightsChange) -> Result<(), RightsError> {
        let staged = catch(|| -> Result<_, RightsError> {
            let mut writer = self.writer();
            writer.target.check().map_err(WriteError::from)?;
            let current = writer.newest.snapshot.clone();
            let bindings = Arc::clone(&current.bindings);
            let mut chain = Chain::at(&writer, &current, &bindings);
            let (owner, identity) = (chain.log.owner(), chain.identity());
            match owner {
                Some(owner) if owner == change.identity() => {
                    return Err(RightsError::OfTheOwner { owner });
                }
                Some(_) if identity == owner => {}
                _ => return Err(RightsError::NotOwner { owner, identity }),
            }
            chain.begin(true)?;
            let commit = chain.add_rights(change)?;
            let (log, arrived) = chain.signed();
            let graph = current.graph.advance(&log);
            let next = current.with(graph, bindings);
            let durability = Durability::Durable;
            let staged = self.stage(&mut writer, next, (&log, &arrived), durability);
            let staged = staged.map_err(WriteError::from)?;
            writer.tip = Some(commit.id());
            Ok(staged)
        });
        let staged = staged.map_err(WriteError::from)??;
        Ok(self.acknowledge(staged).map_err(WriteError::from)?)
    }
}
