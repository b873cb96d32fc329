//! Migrations: proposed to the program, and written as a commit like any other.
//!
//! **Invariants**
//! - A migration is one commit: the steps, and the schema that they make, which the commit
//!   introduces. It is durable when it is shown.
//! - What others migrate changes nothing for an open replica: it works through the schema with
//!   which it was opened.
//!
//! What this does not do: touch content. What was written is read through the schema (`graph`).

use crate::binding::Bindings;
use crate::durability::Durability;
use crate::fit::{fitting, propose};
use crate::model::Model;
use crate::replica::Replica;
use crate::start::StartError;
use crate::write::WriteError;
use std::sync::Arc;
use woodland_format::{Op, Proposal};

impl Replica {
    /// What a program with this model would have to migrate; none where a schema of the dataset
    /// fits it already. Nothing is changed: to migrate, open the dataset with a model that agrees
    /// ([`Model::migrate_if`]).
    ///
    /// # Errors
    /// [`StartError::Misfit`], where no migration leads there.
    pub fn propose(&self, model: impl Into<Model>) -> Result<Option<Proposal>, StartError> {
        let (snapshot, model) = (self.snapshot(), model.into());
        match fitting(&snapshot.graph, model.schema()) {
            Some(_) => Ok(None),
            None => propose(&snapshot.graph, &model),
        }
    }

    /// Makes the migration that was proposed when the replica was opened, if the program agrees.
    pub(crate) fn settle_schema(&self, proposal: Option<Box<Proposal>>) -> Result<(), StartError> {
        match proposal {
            Some(proposal) => {
                self.migrate(*proposal).map_err(|error| StartError::Migrate(Box::new(error)))
            }
            None => Ok(()),
        }
    }

    /// Writes a migration, and goes on through the schema that it makes.
    fn migrate(&self, proposal: Proposal) -> Result<(), WriteError> {
        let made = Bindings::to(Arc::new(proposal.schema));
        let durability = Durability::Durable;
        self.write_under(Some(made), durability, |b| {
            b.collected.ops.push(Op::Migrate(proposal.migration));
        })
    }
}
