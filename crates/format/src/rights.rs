//! Rights: what the owner of a dataset gives to identities, and takes from them.
//!
//! **Invariants**
//! - They stand in headers, so that who may write is decided by headers alone.
//!
//! What this does not do: say who has which right; that is the log's.

use crate::id::IdentityKey;
use serde::{Deserialize, Serialize};

/// What an identity may do with a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Right {
    /// Be served it.
    Read,
    /// Be served it, and write.
    Write,
}

/// What a commit changes in the list of who may do what. Only the owner may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RightsChange {
    /// From here on the identity has this right, beside what it has.
    Grant(IdentityKey, Right),
    /// The identity loses every right that this commit's author knows of. What it wrote and this
    /// commit does not have in its past does not count.
    Revoke(IdentityKey),
}

impl RightsChange {
    /// Whose rights it changes.
    pub fn identity(&self) -> IdentityKey {
        match self {
            RightsChange::Grant(identity, _) | RightsChange::Revoke(identity) => *identity,
        }
    }
}
