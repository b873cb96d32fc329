//! A new incarnation: the store's key is replaced, and the one before it is gone.
//!
//! ```text
//!  write author.key.making ─ sync ─ rename to author.key ─ sync folder ─ write place ─ sync
//!         a                            b                                  c
//! ```
//!
//! Cut at *a*: the key and its place are as before, and so is what is known of them; a leftover is
//! removed. Between *a* and *b*: one key or the other, and only the one before fits the place.
//! After *b*: the new key, which was never used, beside a place that does not fit it; the next
//! opening says so, and one more key is taken. After *c*: the new key, in its place.
//!
//! **Invariants**
//! - The new place is never durable before the new key is: no crash makes a key look at home that
//!   was not put there by this directory's own renewal.
//! - A key that was replaced is nowhere in the directory.
//! - A renewal that failed poisons the handle, as an append does: which key is there is unknown.
//!
//! What this does not do: draw a key, or know why one is needed.

use crate::disk::{Access, Disk, DiskError};
use crate::place::Place;
use crate::store::{Store, TurnError};
use crate::{key, names};
use std::io::ErrorKind;
use woodland_format::SecretKey;

/// The key was not replaced, or it is not known whether it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenewError {
    /// An earlier write failed.
    #[error(
        "an earlier write failed and what of it is on the disk is unknown: open the store again"
    )]
    Poisoned,
    /// The disk failed. Which key is there, opening again tells.
    #[error("{0}; the store takes no more writes: open it again")]
    Disk(#[source] DiskError),
}

impl Store {
    /// Replaces the author's key, for good. When it returns, the new one is durable.
    ///
    /// # Errors
    /// [`RenewError`]; after `Disk` the store opens again under one of the two keys.
    pub fn renew(&self, key: &SecretKey) -> Result<(), RenewError> {
        self.alone(|_| replace(self.disk(), key)).map_err(|error| match error {
            TurnError::Poisoned => RenewError::Poisoned,
            TurnError::Disk(error) => RenewError::Disk(error),
        })
    }
}

fn replace(disk: &dyn Disk, secret: &SecretKey) -> Result<(), DiskError> {
    remove_leftover(disk)?;
    disk.create_file(names::AUTHOR_KEY_MAKING, Access::OwnerOnly)?;
    disk.write_at(names::AUTHOR_KEY_MAKING, 0, &key::encode(secret))?;
    disk.sync(names::AUTHOR_KEY_MAKING)?;
    disk.rename(names::AUTHOR_KEY_MAKING, names::AUTHOR_KEY)?;
    #[cfg(planted)]
    if woodland_format::planted::is("renewed-key-not-synced") {
        let _ = disk.create_file(names::PLACE, Access::Shared);
        let place = Place::of_key(disk, secret.author())?;
        return disk.write_at(names::PLACE, 0, &place.encode());
    }
    disk.sync_folder("")?;
    let place = Place::of_key(disk, secret.author())?;
    match disk.len(names::PLACE) {
        Ok(_) => place.write(disk),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            place.create(disk)?;
            disk.sync_folder("")
        }
        Err(error) => Err(error),
    }
}

/// Removes the key of a renewal that was cut short; it was never used.
pub(crate) fn remove_leftover(disk: &dyn Disk) -> Result<(), DiskError> {
    match disk.remove(names::AUTHOR_KEY_MAKING) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
