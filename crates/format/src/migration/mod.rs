//! Migrations: what takes one schema to the next, as an op in the log.
//!
//! ```text
//!   schema ── apply(steps) ──► schema      all steps, or none
//! ```
//!
//! **Invariants**
//! - `apply` is a function of the steps and the schema alone; what it makes keeps every rule of
//!   `Schema::check`, and every configuration in it is sound.
//! - A step whose outcome is there already changes nothing: the same migration, made twice, is made
//!   once.
//! - A type that changed has the next version in its label.
//!
//! `propose` finds the steps from one schema to a program's, by name; `review` says in words what
//! steps do to what is there.
//!
//! What this does not do: touch a value. Values are converted when they are read
//! (`ValueType::read`).

mod apply;
mod conversion;
mod propose;
mod renames;
mod review;
mod shape;
mod sound;
mod words;

pub use crate::migration::apply::Misfit;
pub use crate::migration::propose::Proposal;
pub use crate::migration::renames::Renames;
pub use crate::migration::review::{Loss, StepNote};
pub use crate::migration::shape::same_shape;

use crate::canonical;
use crate::id::{FieldId, TypeId};
use crate::limits::{CONFIG_BYTES_MAX, MIGRATION_STEPS_MAX, NAME_BYTES_MAX};
use crate::schema::{FieldDefinition, TypeDefinition};
use crate::value_type::ValueType;
use serde::{Deserialize, Serialize};

/// Steps that are made together, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migration {
    /// One after the other.
    #[serde(deserialize_with = "canonical::list::<_, _, MIGRATION_STEPS_MAX>")]
    pub steps: Vec<MigrationStep>,
}

/// One step of a migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MigrationStep {
    /// Adds a type. Its label begins at the version that the definition says.
    AddType(TypeDefinition),
    /// Removes a type, and with it from sight the nodes of it; nothing may point to it any more.
    RemoveType {
        /// The type.
        node_type: TypeId,
    },
    /// Gives a type another name.
    RenameType {
        /// The type.
        node_type: TypeId,
        /// Its name.
        #[serde(deserialize_with = "canonical::text::<_, NAME_BYTES_MAX>")]
        name: String,
    },
    /// Adds a field. A default, which nodes that are there already read, is part of its
    /// configuration.
    AddField {
        /// The type.
        node_type: TypeId,
        /// The field.
        field: FieldDefinition,
    },
    /// Removes a field. What was written to it stays in the log, and in sight of programs that know
    /// the field.
    RemoveField {
        /// The field.
        field: FieldId,
    },
    /// Gives a field another name.
    RenameField {
        /// The field.
        field: FieldId,
        /// Its name.
        #[serde(deserialize_with = "canonical::text::<_, NAME_BYTES_MAX>")]
        name: String,
    },
    /// Gives a field another configuration of its kind: another type of value, another default.
    ChangeType {
        /// The field.
        field: FieldId,
        /// The configuration.
        #[serde(
            serialize_with = "canonical::put_bytes",
            deserialize_with = "canonical::bytes::<_, CONFIG_BYTES_MAX>"
        )]
        config: Vec<u8>,
    },
    /// Puts a field in the place of another one of the same type and kind, whose name it takes; the
    /// other is no longer there. Where that is so already, nothing is done.
    MoveField {
        /// The field whose content is wanted.
        from: FieldId,
        /// The field whose name it takes.
        to: FieldId,
    },
    /// Gives the keys of a map another type of value.
    ChangeDefaultType {
        /// A field of kind `map`.
        field: FieldId,
        /// The type of what may stand at a key, in canonical bytes: in memory, types are ten times
        /// as much. [`MigrationStep::change_default_type`] takes the type.
        #[serde(
            serialize_with = "canonical::put_bytes",
            deserialize_with = "canonical::bytes::<_, CONFIG_BYTES_MAX>"
        )]
        value: Vec<u8>,
    },
    /// Takes from a type the map that held what no field is declared for.
    RemoveDefaultType {
        /// A field of kind `map`.
        field: FieldId,
    },
}

impl MigrationStep {
    /// [`MigrationStep::ChangeDefaultType`] to this type.
    pub fn change_default_type(field: FieldId, value: &ValueType) -> Self {
        MigrationStep::ChangeDefaultType { field, value: canonical::encode(value) }
    }
}
