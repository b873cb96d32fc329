//! A model from the application's records: its schema, and the kinds that it knows.
//!
//! **Invariants**
//! - Types and fields get their numbers in the order in which they are named, from 1: the same
//!   program makes the same schema, with the same digest.
//! - A schema that is given out keeps every rule, those of the types of its fields included.
//!
//! What this does not do: open a dataset. The numbers are the program's; a dataset's schema is
//! found by its shape (`fit`), whatever its numbers are.

use crate::field::{AnyField, FieldType};
use crate::model::Model;
use crate::record::Record;
use crate::rule::Rule;
use crate::shape::Shape;
use crate::value::FieldValue;
use std::fmt;
use woodland_format::{
    FieldDefinition, FieldId, RegisterConfig, Renames, Schema, SchemaError, TypeDefinition,
    TypeError, TypeId, UnseenEdits, ValueType, encode,
};
use woodland_graph::{Kind, Kinds};

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
    /// A field's type breaks a rule.
    #[error("{owner}.{field}: {error}")]
    Type {
        /// The type with the field.
        owner: String,
        /// The field.
        field: String,
        /// The rule.
        #[source]
        error: Box<TypeError>,
    },
    /// A kind of the program's own refuses a field.
    #[error("{owner}.{field}: {reason}")]
    Kind {
        /// The type with the field.
        owner: String,
        /// The field.
        field: String,
        /// Why.
        reason: String,
    },
    /// More than one field of a type is its key.
    #[error("{owner} has two keys, {first} and {second}: a struct as one key holds several values")]
    KeyTwice {
        /// The type.
        owner: String,
        /// One field.
        first: String,
        /// The other.
        second: String,
    },
    /// A rule of uniqueness names what is no register of its record.
    #[error(
        "{owner}.{field} cannot be unique: it is a {kind}, and what is unique is a plain value"
    )]
    NotUnique {
        /// The type.
        owner: String,
        /// What is named.
        field: String,
        /// What it is.
        kind: &'static str,
    },
    /// A kind of the program's own has the name of a built-in one, or of another.
    #[error("there is a kind {name} already: give yours another name")]
    KindTwice {
        /// The name.
        name: &'static str,
    },
    /// The schema breaks a rule of the format.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

/// What a field's type says about itself breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A pointer to a record that the schema does not have.
    #[error("it points to {0}, which the schema lacks")]
    UnknownTarget(&'static str),
    /// A type of values breaks a rule.
    #[error(transparent)]
    Type(Box<TypeError>),
    /// Something that only the kind knows.
    #[error("{0}")]
    Refused(String),
}

impl From<TypeError> for ConfigError {
    fn from(error: TypeError) -> Self {
        ConfigError::Type(Box::new(error))
    }
}

/// The types of a schema, by name.
#[derive(Clone, Copy)]
pub struct Types<'a> {
    number: &'a dyn Fn(&str) -> Option<TypeId>,
}

impl<'a> Types<'a> {
    pub(crate) fn of(number: &'a dyn Fn(&str) -> Option<TypeId>) -> Self {
        Types { number }
    }

    /// The type of values that a shape stands for.
    ///
    /// # Errors
    /// [`ConfigError::UnknownTarget`].
    pub fn value_type(&self, shape: &Shape) -> Result<ValueType, ConfigError> {
        shape.resolve(self.number).map_err(ConfigError::UnknownTarget)
    }

    pub(crate) fn resolved<T>(
        &self,
        resolve: impl FnOnce(&dyn Fn(&str) -> Option<TypeId>) -> Result<T, &'static str>,
    ) -> Result<T, ConfigError> {
        resolve(self.number).map_err(ConfigError::UnknownTarget)
    }
}

impl fmt::Debug for Types<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Types")
    }
}

/// Collects the fields of one record, in an order that never changes.
#[derive(Debug, Default)]
pub struct Fields {
    pub(crate) fields: Vec<Planned>,
    /// They stand in the schema behind the fields, and in no record.
    pub(crate) rules: Vec<Rule>,
    /// What the record's type was called in earlier releases.
    pub(crate) type_was: Vec<&'static str>,
    /// What fields were called, by their place.
    pub(crate) was: Vec<(u16, &'static str)>,
    /// The fields that take the place of others.
    pub(crate) moved: Vec<(u16, &'static str)>,
}

/// A field, before the types have their numbers.
pub(crate) struct Planned {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) config: Box<Config>,
}

type Config = dyn Fn(&Types<'_>) -> Result<Vec<u8>, ConfigError>;

impl fmt::Debug for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.kind)
    }
}

impl Fields {
    /// Adds a field of this Rust type.
    pub fn add<T: FieldType>(&mut self, name: &'static str) -> &mut Self {
        self.fields.push(Planned { name, kind: T::KIND, config: Box::new(T::config) });
        self
    }

    /// Adds a register that reads as this value while nothing is written.
    pub fn add_or<T: FieldValue>(&mut self, name: &'static str, default: &T) -> &mut Self {
        let place = Shape::Default(Box::new(T::shape()), default.to_value());
        let config = move |types: &Types<'_>| {
            let config = RegisterConfig { value: types.value_type(&place)? };
            config.check()?;
            Ok(encode(&config))
        };
        let kind = <T as FieldType>::KIND;
        self.fields.push(Planned { name, kind, config: Box::new(config) });
        self
    }

    /// No two nodes should have equal values in all of these fields
    /// ([`Snapshot::clashes`](crate::Snapshot::clashes)).
    pub fn unique<R>(&mut self, fields: &[AnyField<R>]) -> &mut Self {
        let fields = fields.iter().map(|field| field.index()).collect();
        self.rules.push(Rule::Unique(fields));
        self
    }

    /// What becomes of edits that the deletion of their node did not see.
    pub fn unseen_edits(&mut self, edits: UnseenEdits) -> &mut Self {
        self.rules.push(Rule::UnseenEdits(edits));
        self
    }

    /// A field had another name in an earlier release: a migration renames it.
    pub fn was<R>(&mut self, field: AnyField<R>, name: &'static str) -> &mut Self {
        self.was.push((field.index(), name));
        self
    }

    /// Another field of an earlier release takes this field's place: a migration moves it here. Its
    /// content is read from then on; what was written here before is not.
    pub fn moved_from<R>(&mut self, field: AnyField<R>, name: &'static str) -> &mut Self {
        self.moved.push((field.index(), name));
        self
    }

    /// The record's type had another name in an earlier release: a migration renames it.
    pub fn type_was(&mut self, name: &'static str) -> &mut Self {
        self.type_was.push(name);
        self
    }

    pub(crate) fn of<R: Record>() -> Self {
        let mut fields = Fields::default();
        R::define(&mut fields);
        fields
    }
}

/// Collects records into a model. Made by [`define`].
#[derive(Debug, Default)]
pub struct Define {
    types: Vec<(&'static str, Fields)>,
    kinds: Kinds,
    kind_twice: Option<&'static str>,
}

/// Begins a model: `define().record::<Note>().record::<Tag>().model()?`.
pub fn define() -> Define {
    Define::default()
}

impl Define {
    /// Adds a record's type.
    #[must_use]
    pub fn record<R: Record>(mut self) -> Self {
        self.types.push((R::TYPE, Fields::of::<R>()));
        self
    }

    /// Adds a kind of the program's own.
    #[must_use]
    pub fn kind<K: Kind>(mut self, kind: K) -> Self {
        if self.kinds.contains(K::NAME) {
            self.kind_twice = Some(K::NAME);
            return self;
        }
        self.kinds = self.kinds.with(kind);
        self
    }

    /// The schema of all that was added, and its kinds.
    ///
    /// # Errors
    /// [`DefineError`] says which rule the program's types break.
    pub fn model(self) -> Result<Model, DefineError> {
        let schema = self.build()?;
        Ok(Model::of(schema, self.renames(), self.kinds))
    }

    /// The schema alone, for programs without kinds of their own.
    ///
    /// # Errors
    /// [`DefineError`] says which rule the program's types break.
    pub fn schema(self) -> Result<Schema, DefineError> {
        self.build()
    }

    fn renames(&self) -> Renames {
        let mut renames = Renames::default();
        for (owner, fields) in &self.types {
            for was in &fields.type_was {
                renames.type_was(owner, was);
            }
            let named = |index: u16| fields.fields.get(usize::from(index)).map(|field| field.name);
            for (index, was) in &fields.was {
                named(*index).map(|name| renames.field_was(owner, name, was));
            }
            for (index, from) in &fields.moved {
                named(*index).map(|to| renames.field_moved(owner, from, to));
            }
        }
        renames
    }

    fn build(&self) -> Result<Schema, DefineError> {
        if let Some(name) = self.kind_twice {
            return Err(DefineError::KindTwice { name });
        }
        let number = |name: &str| {
            let at = self.types.iter().position(|(one, _)| *one == name)?;
            Some(TypeId(at as u64 + 1))
        };
        let mut numbers = 1..;
        let mut types = Vec::new();
        for (id, (name, fields)) in (1..).zip(&self.types) {
            one_key(name, fields)?;
            let field = |one: &Planned| {
                let config = (one.config)(&Types::of(&number));
                let config = config.map_err(|error| DefineError::at(name, one.name, error))?;
                let id = FieldId(numbers.next().expect("numbers do not end"));
                let (name, kind) = (one.name.to_owned(), one.kind.to_owned());
                Ok(FieldDefinition { id, name, kind, config })
            };
            let mut defined =
                fields.fields.iter().map(field).collect::<Result<Vec<_>, DefineError>>()?;
            for rule in &fields.rules {
                let id = FieldId(numbers.next().expect("numbers do not end"));
                defined.push(rule.define(name, id, &defined)?);
            }
            types.push(TypeDefinition {
                id: TypeId(id),
                name: (*name).to_owned(),
                version: 1,
                fields: defined,
            });
        }
        let schema = Schema { types };
        schema.check()?;
        Ok(schema)
    }
}

fn one_key(owner: &str, fields: &Fields) -> Result<(), DefineError> {
    let mut keys = fields.fields.iter().filter(|one| one.kind == "key");
    match (keys.next(), keys.next()) {
        (Some(first), Some(second)) => {
            let (first, second) = (first.name.to_owned(), second.name.to_owned());
            Err(DefineError::KeyTwice { owner: owner.to_owned(), first, second })
        }
        _ => Ok(()),
    }
}

impl DefineError {
    fn at(owner: &str, field: &str, error: ConfigError) -> Self {
        let (owner, field) = (owner.to_owned(), field.to_owned());
        match error {
            ConfigError::UnknownTarget(target) => {
                DefineError::UnknownTarget { owner, field, target: target.to_owned() }
            }
            ConfigError::Type(error) => DefineError::Type { owner, field, error },
            ConfigError::Refused(reason) => DefineError::Kind { owner, field, reason },
        }
    }
}
