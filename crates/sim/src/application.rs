//! What an application brings into the simulated world: its model, its acts, and what it says must
//! always hold.
//!
//! **Invariants**
//! - An application has no state: what it does follows from the replica, the pen's clock and the
//!   random numbers that it is given. So the same seed does the same.

use std::error::Error;
use std::fmt::Debug;
use woodland::{Batch, Durability, Model, Replica, Snapshot, WriteError};
use woodland_laws::Random;

/// An application, as the simulated world drives it.
pub trait Application: Send + Sync {
    /// Its schema with all that belongs to it.
    ///
    /// # Errors
    /// Whatever makes it no model; then nothing is simulated.
    fn model(&self) -> Result<Model, Box<dyn Error>>;

    /// Does something: usually one batch. Reads through `pen.snapshot()`.
    ///
    /// # Errors
    /// What [`Pen::write`] says, and [`WriteError::Derived`] where reading says the like. A batch
    /// that the schema's rules refuse is no violation; any other mistake of the caller is.
    fn act(&self, pen: &Pen<'_>, random: &mut Random) -> Result<(), WriteError>;

    /// What must hold in every version, whatever came together in it. Where what rests cannot be
    /// read, nothing is to be said of it.
    ///
    /// # Errors
    /// What does not hold, in words: the seed is then a violation.
    fn check(&self, snapshot: &Snapshot) -> Result<(), String> {
        let _ = snapshot;
        Ok(())
    }
}

/// What an application writes with, as the world lets it.
///
/// It stands between the application and the replica so that the world can choose how a batch is
/// made durable, and what time it is.
#[derive(Debug)]
pub struct Pen<'a> {
    replica: &'a Replica,
    wall_milliseconds: i64,
    durability: Durability,
}

impl<'a> Pen<'a> {
    pub(crate) fn of(replica: &'a Replica, wall_milliseconds: i64, durability: Durability) -> Self {
        Pen { replica, wall_milliseconds, durability }
    }

    /// The replica's current version.
    pub fn snapshot(&self) -> Snapshot {
        self.replica.snapshot()
    }

    /// Writes a batch.
    ///
    /// # Errors
    /// [`WriteError`]: hand it on.
    pub fn write<T>(&self, closure: impl FnOnce(&mut Batch<'_>) -> T) -> Result<T, WriteError> {
        self.replica.write_with(self.durability, closure)
    }

    /// What this peer's clock on the wall shows, which may be years off and go backwards. A label
    /// for people: nothing may depend on it.
    pub fn wall_milliseconds(&self) -> i64 {
        self.wall_milliseconds
    }
}
