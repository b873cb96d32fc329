//! A schema from the application's records.
//!
//! **Invariants**
//! - Types and fields get their numbers in the order in which they are named, from 1: the same
//!   program makes the same schema, with the same digest.
//!
//! What this does not do: migrate. Naming things in another order, or other things, is another
//! schema.

use crate::record::Record;
use crate::value::{FieldValue, Shape};
use woodland_format::{
    FieldDefinition, FieldId, MemberDefinition, RecordConfig, RegisterConfig, Schema, SchemaError,
    TypeDefinition, TypeId, encode,
};

/// A schema could not be built: the program's mistake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DefineError {
    /// A pointer to a type that the schema does not have.
    #[error(
        "{owner}.{field} points to {target}, which the schema lacks: add `.record::<{target}>()`"
    )]
    UnknownTarget {
        /// The type with the pointer.
        owner: String,
        /// The field.
        field: String,
        /// What it points to.
        target: String,
    },
    /// The schema breaks a rule of the format.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

/// Collects records into a schema. Made by [`define`].
#[derive(Debug, Clone, Default)]
pub struct Define {
    types: Vec<(&'static str, Fields)>,
}

/// Begins a schema: `define().record::<Note>().record::<Tag>().schema()?`.
pub fn define() -> Define {
    Define::default()
}

/// Collects the fields of one record.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    fields: Vec<(String, Kind)>,
}

#[derive(Debug, Clone)]
enum Kind {
    Register(Shape),
    Record(Vec<(String, Shape)>),
    Text,
}

impl Fields {
    /// A register: the last write in order wins.
    pub fn register<T: FieldValue>(&mut self, name: &str) -> &mut Self {
        self.add(name, Kind::Register(T::shape()))
    }

    /// A record: each member merges by itself.
    pub fn record(&mut self, name: &str, members: &[(&str, Shape)]) -> &mut Self {
        let owned = |(name, shape): &(&str, Shape)| ((*name).to_owned(), shape.clone());
        self.add(name, Kind::Record(members.iter().map(owned).collect()))
    }

    /// A text that several people can type in at once.
    pub fn text(&mut self, name: &str) -> &mut Self {
        self.add(name, Kind::Text)
    }

    fn add(&mut self, name: &str, kind: Kind) -> &mut Self {
        self.fields.push((name.to_owned(), kind));
        self
    }
}

impl Define {
    /// Adds a record's type.
    #[must_use]
    pub fn record<R: Record>(mut self) -> Self {
        let mut fields = Fields::default();
        R::define(&mut fields);
        self.types.push((R::TYPE, fields));
        self
    }

    /// The schema of all that was added.
    ///
    /// # Errors
    /// [`DefineError`] says which rule the program's types break.
    pub fn schema(self) -> Result<Schema, DefineError> {
        let mut next_field = 1;
        let mut types = Vec::new();
        for (number, (name, fields)) in (1..).zip(&self.types) {
            let mut definitions = Vec::new();
            for (field, kind) in &fields.fields {
                let (kind, config) = self.config(kind).map_err(|target| {
                    let (owner, field, target) = ((*name).into(), field.clone(), target.into());
                    DefineError::UnknownTarget { owner, field, target }
                })?;
                let (id, name) = (FieldId(next_field), field.clone());
                definitions.push(FieldDefinition { id, name, kind, config });
                next_field += 1;
            }
            let (id, name) = (TypeId(number), (*name).to_owned());
            types.push(TypeDefinition { id, name, version: 1, fields: definitions });
        }
        let schema = Schema { types };
        schema.check()?;
        Ok(schema)
    }

    fn config(&self, kind: &Kind) -> Result<(String, Vec<u8>), &'static str> {
        let number = |name: &'static str| {
            let at = self.types.iter().position(|(one, _)| *one == name)?;
            Some(TypeId(at as u64 + 1))
        };
        Ok(match kind {
            Kind::Register(shape) => {
                let value = shape.resolve(&number)?;
                ("register".to_owned(), encode(&RegisterConfig { value }))
            }
            Kind::Record(members) => {
                let members = (1..)
                    .zip(members)
                    .map(|(number_of_member, (name, shape))| {
                        let value = shape.resolve(&number)?;
                        Ok(MemberDefinition { number: number_of_member, name: name.clone(), value })
                    })
                    .collect::<Result<_, &'static str>>()?;
                ("record".to_owned(), encode(&RecordConfig { members }))
            }
            Kind::Text => ("text".to_owned(), Vec::new()),
        })
    }
}
