//! Migrations in words, for people who review one before it is made.

use super::{Migration, MigrationStep};
use crate::canonical::decode;
use crate::excerpt::joined;
use crate::limits::CONFIG_BYTES_MAX;
use crate::value_type::ValueType;
use std::fmt;

impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        joined(f, "; ", &self.steps, |f, step| write!(f, "{step}"))
    }
}

impl fmt::Display for MigrationStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MigrationStep::AddType(definition) => write!(f, "add type {}", definition.name),
            MigrationStep::RemoveType { node_type } => write!(f, "remove type {}", node_type.0),
            MigrationStep::RenameType { node_type, name } => {
                write!(f, "rename type {} to {name}", node_type.0)
            }
            MigrationStep::AddField { node_type, field } => {
                write!(f, "add {} {} to type {}", field.kind, field.name, node_type.0)
            }
            MigrationStep::RemoveField { field } => write!(f, "remove field {}", field.0),
            MigrationStep::RenameField { field, name } => {
                write!(f, "rename field {} to {name}", field.0)
            }
            MigrationStep::ChangeType { field, .. } => {
                write!(f, "change the type of field {}", field.0)
            }
            MigrationStep::MoveField { from, to } => {
                write!(f, "move field {} to the place of field {}", from.0, to.0)
            }
            MigrationStep::ChangeDefaultType { field, value } => {
                write!(f, "change the default type of field {}", field.0)?;
                match decode::<ValueType, CONFIG_BYTES_MAX>("a type", value) {
                    Ok(value) => write!(f, " to {value}"),
                    Err(_) => f.write_str(" to what is no type"),
                }
            }
            MigrationStep::RemoveDefaultType { field } => {
                write!(f, "remove the default type of field {}", field.0)
            }
        }
    }
}
