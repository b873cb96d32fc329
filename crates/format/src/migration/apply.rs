//! One schema from another, step by step.
//!
//! **Invariants**
//! - The schema that steps are applied to is not changed where one of them does not fit.
//!
//! What this does not do: say whether a migration is wanted.

use super::sound::check_sound;
use super::{Migration, MigrationStep};
use crate::canonical::{CanonicalError, decode, encode};
use crate::id::{FieldId, TypeId};
use crate::limits::{CONFIG_BYTES_MAX, MIGRATION_STEPS_MAX};
use crate::op::MapConfig;
use crate::schema::{FieldDefinition, Schema, SchemaError, TypeDefinition};

/// A migration that does not fit a schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misfit {
    /// No steps.
    #[error("a migration has at least one step")]
    Empty,
    /// There is nothing to apply it to.
    #[error("there is no current schema: no commit carries the one that the dataset began with")]
    NoSchema,
    /// The schema has no such type.
    #[error("the schema has no type {}: it was removed, or is of another branch", .0.0)]
    NoType(TypeId),
    /// The schema has no such field.
    #[error("the schema has no field {}: it was removed, or is of another branch", .0.0)]
    NoField(FieldId),
    /// Something else has this id.
    #[error("id {0} is another's already")]
    Taken(u64),
    /// The fields are not of one type and one kind.
    #[error("fields {} and {} are not of one type and one kind: move within both", .from.0, .to.0)]
    Apart {
        /// One field.
        from: FieldId,
        /// The other.
        to: FieldId,
    },
    /// A default type is that of a map.
    #[error("field {} is no map: only a map has a default type", .0.0)]
    NoMap(FieldId),
    /// A field would have a configuration that is none of its kind.
    #[error("field {field}: {reason}")]
    Unsound {
        /// The type and the field.
        field: String,
        /// Why.
        reason: String,
    },
    /// The outcome would break a rule of schemas.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

impl Migration {
    /// The schema that these steps make of this one.
    ///
    /// # Errors
    /// [`Misfit`] says which step does not fit, or which rule the outcome would break.
    pub fn apply(&self, schema: &Schema) -> Result<Schema, Misfit> {
        if self.steps.is_empty() {
            return Err(Misfit::Empty);
        }
        let found = self.steps.len();
        if found > MIGRATION_STEPS_MAX {
            let what = "steps of a migration";
            return Err(SchemaError::TooMany { what, found, limit: MIGRATION_STEPS_MAX }.into());
        }
        let mut run = Run { schema: schema.clone() };
        for step in &self.steps {
            run.step(step)?;
        }
        let mut made = run.schema;
        for one in &mut made.types {
            let before = schema.type_with(one.id);
            if let Some(before) = before
                && before != one
            {
                one.version = before.version.saturating_add(1);
            }
        }
        made.check()?;
        check_sound(&made)?;
        Ok(made)
    }
}

/// A schema between two steps.
pub(super) struct Run {
    pub(super) schema: Schema,
}

impl Run {
    pub(super) fn step(&mut self, step: &MigrationStep) -> Result<(), Misfit> {
        match step {
            MigrationStep::AddType(definition) => self.add_type(definition),
            MigrationStep::RemoveType { node_type } => {
                self.schema.types.retain(|one| one.id != *node_type);
                Ok(())
            }
            MigrationStep::RenameType { node_type, name } => {
                self.type_mut(*node_type)?.name.clone_from(name);
                Ok(())
            }
            MigrationStep::AddField { node_type, field } => self.add_field(*node_type, field),
            MigrationStep::RemoveField { field } => {
                self.remove(*field);
                Ok(())
            }
            MigrationStep::RenameField { field, name } => {
                self.field_mut(*field)?.name.clone_from(name);
                Ok(())
            }
            MigrationStep::ChangeType { field, config } => {
                self.field_mut(*field)?.config.clone_from(config);
                Ok(())
            }
            MigrationStep::MoveField { from, to } => self.move_field(*from, *to),
            MigrationStep::ChangeDefaultType { field, value } => {
                self.change_default_type(*field, value)
            }
            MigrationStep::RemoveDefaultType { field } => {
                if self.schema.field_with(*field).is_some() {
                    self.map_mut(*field)?;
                    self.remove(*field);
                }
                Ok(())
            }
        }
    }

    fn add_type(&mut self, definition: &TypeDefinition) -> Result<(), Misfit> {
        let id = definition.id;
        match self.schema.types.binary_search_by_key(&id, |one| one.id) {
            // What was made of it since is not undone.
            Ok(at) if self.schema.types[at].name == definition.name => Ok(()),
            Ok(_) => Err(Misfit::Taken(id.0)),
            Err(at) => {
                self.schema.types.insert(at, definition.clone());
                Ok(())
            }
        }
    }

    fn add_field(&mut self, node_type: TypeId, field: &FieldDefinition) -> Result<(), Misfit> {
        if let Some((owner, known)) = self.schema.field_with(field.id) {
            let is_same = owner.id == node_type && *known == *field;
            return if is_same { Ok(()) } else { Err(Misfit::Taken(field.id.0)) };
        }
        let fields = &mut self.type_mut(node_type)?.fields;
        let at = fields.partition_point(|one| one.id < field.id);
        fields.insert(at, field.clone());
        Ok(())
    }

    fn move_field(&mut self, from: FieldId, to: FieldId) -> Result<(), Misfit> {
        if from == to {
            return Err(Misfit::Taken(to.0));
        }
        let (owner, moved) = self.schema.field_with(from).ok_or(Misfit::NoField(from))?;
        let Some((other, target)) = self.schema.field_with(to) else {
            // It was moved already, or is gone anyway: what its name was, nobody knows any more.
            return Ok(());
        };
        if owner.id != other.id || moved.kind != target.kind {
            return Err(Misfit::Apart { from, to });
        }
        let name = target.name.clone();
        self.remove(to);
        self.field_mut(from)?.name = name;
        Ok(())
    }

    fn change_default_type(&mut self, field: FieldId, value: &[u8]) -> Result<(), Misfit> {
        let map = self.map_mut(field)?;
        let config = decode::<MapConfig, CONFIG_BYTES_MAX>("a map", &map.config);
        let mut config = config.map_err(|_| Misfit::NoMap(field))?;
        let value = decode::<_, CONFIG_BYTES_MAX>("a type", value);
        config.value = value.map_err(|error: CanonicalError| {
            let (field, reason) = (map.name.clone(), error.to_string());
            Misfit::Unsound { field, reason }
        })?;
        map.config = encode(&config);
        Ok(())
    }

    fn remove(&mut self, field: FieldId) {
        for one in &mut self.schema.types {
            one.fields.retain(|known| known.id != field);
        }
    }

    fn type_mut(&mut self, id: TypeId) -> Result<&mut TypeDefinition, Misfit> {
        let mut types = self.schema.types.iter_mut();
        types.find(|one| one.id == id).ok_or(Misfit::NoType(id))
    }

    fn field_mut(&mut self, id: FieldId) -> Result<&mut FieldDefinition, Misfit> {
        let mut fields = self.schema.types.iter_mut().flat_map(|one| &mut one.fields);
        fields.find(|field| field.id == id).ok_or(Misfit::NoField(id))
    }

    fn map_mut(&mut self, id: FieldId) -> Result<&mut FieldDefinition, Misfit> {
        let field = self.field_mut(id)?;
        if field.kind == "map" { Ok(field) } else { Err(Misfit::NoMap(id)) }
    }
}
