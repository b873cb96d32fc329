//! Keys: where those of authors come from, and who vouches for them.
//!
//! **Invariants**
//! - The same seed gives the same bytes in the same order.
//! - The secret key of an identity is in memory only, and shown to nobody.
//!
//! What this does not do: make a seed secret. A seeded dataset is for tests.

use std::fmt;
use std::io;
use std::sync::Arc;
use woodland_format::{AuthorKey, Certificate, IdentityKey, SecretKey};

/// A source of author keys.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    entropy: Entropy,
    /// Who vouches for new authors.
    pub(crate) identity: Option<Arc<Identity>>,
}

/// For whom a replica writes.
pub(crate) struct Identity {
    pub(crate) key: SecretKey,
    name: String,
}

#[derive(Debug, Clone)]
enum Entropy {
    System,
    /// SplitMix64 (Steele, Lea and Flood, *Fast splittable pseudorandom number generators*, 2014).
    Seeded(u64),
}

impl Keys {
    /// Of the system's randomness.
    pub(crate) fn of_system() -> Self {
        Keys { entropy: Entropy::System, identity: None }
    }

    /// Of a seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Keys { entropy: Entropy::Seeded(seed), identity: None }
    }

    pub(crate) fn seed(self, seed: u64) -> Self {
        Keys { entropy: Entropy::Seeded(seed), ..self }
    }

    pub(crate) fn identified(self, key: SecretKey, name: String) -> Self {
        Keys { identity: Some(Arc::new(Identity { key, name })), ..self }
    }

    /// A source for a branch, which is opened beside this one.
    pub(crate) fn branch(&mut self) -> io::Result<Keys> {
        let entropy = match self.entropy {
            Entropy::System => Entropy::System,
            Entropy::Seeded(_) => Entropy::Seeded(u64::from_le_bytes(self.bytes()?)),
        };
        Ok(Keys { entropy, identity: self.identity.clone() })
    }

    /// A new author's key.
    pub(crate) fn author(&mut self) -> io::Result<SecretKey> {
        Ok(SecretKey::from_seed(self.bytes()?))
    }

    /// The identity, if there is one.
    pub(crate) fn who(&self) -> Option<IdentityKey> {
        self.identity.as_ref().map(|identity| identity.key.identity())
    }

    /// The identity's word for an author.
    pub(crate) fn certify(&self, author: &AuthorKey) -> Option<Certificate> {
        self.identity.as_ref().map(|identity| identity.key.certify(author, &identity.name))
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        match &mut self.entropy {
            Entropy::System => getrandom::fill(&mut bytes).map_err(io::Error::other)?,
            Entropy::Seeded(state) => {
                for chunk in bytes.chunks_mut(8) {
                    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                    let mut mixed = *state;
                    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
                    mixed ^= mixed >> 31;
                    chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
                }
            }
        }
        Ok(bytes)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({} {})", self.key.identity(), self.name)
    }
}
