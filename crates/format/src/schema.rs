//! The schema, in its minimal form: types, their fields, and the kind of each field.
//!
//! **Invariants**
//! - Types and fields ascend by id; names are unique where they are looked up; ids are unique in
//!   the whole schema, so a field id alone tells the type.
//! - A schema's id is the hash of its canonical bytes: equal schemas are one schema.
//!
//! What this does not do: know what kinds there are. A kind is a name and a configuration, both
//! opaque here.

use crate::canonical::{self, CanonicalError};
use crate::hash;
use crate::id::{Digest, FieldId, SchemaId, TypeId};
use crate::limits::{CONFIG_BYTES_MAX, FIELDS_MAX, NAME_BYTES_MAX, SCHEMA_BYTES_MAX, TYPES_MAX};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The types that a dataset's nodes have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Ascending by id.
    #[serde(deserialize_with = "canonical::list::<_, _, TYPES_MAX>")]
    pub types: Vec<TypeDefinition>,
}

/// One type of node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeDefinition {
    /// Stable number.
    pub id: TypeId,
    /// Name, unique in the schema.
    #[serde(deserialize_with = "canonical::text::<_, NAME_BYTES_MAX>")]
    pub name: String,
    /// The label in `Name@version`, from 1.
    pub version: u32,
    /// Ascending by id.
    #[serde(deserialize_with = "canonical::list::<_, _, FIELDS_MAX>")]
    pub fields: Vec<FieldDefinition>,
}

/// One field of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldDefinition {
    /// Stable number.
    pub id: FieldId,
    /// Name, unique in its type.
    #[serde(deserialize_with = "canonical::text::<_, NAME_BYTES_MAX>")]
    pub name: String,
    /// The name of the kind, such as `register` or `text`.
    #[serde(deserialize_with = "canonical::text::<_, NAME_BYTES_MAX>")]
    pub kind: String,
    /// What the kind wants to know, in the kind's own canonical bytes.
    #[serde(
        serialize_with = "canonical::put_bytes",
        deserialize_with = "canonical::bytes::<_, CONFIG_BYTES_MAX>"
    )]
    pub config: Vec<u8>,
}

/// A schema that breaks a rule of this module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// The bytes are not canonical.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// A name is empty, too long, or holds a character that would blur messages and dumps.
    #[error(
        "'{}' is no name: names have 1 to {NAME_BYTES_MAX} bytes of ASCII letters, digits and '_'",
        .name.escape_debug()
    )]
    BadName {
        /// The name.
        name: String,
    },
    /// Two types, or two fields of one type, share a name.
    #[error("the name '{name}' is used twice: rename one")]
    NameTwice {
        /// The name.
        name: String,
    },
    /// Ids do not ascend strictly, or a field id is used in two types.
    #[error("id {id} is used twice or out of order; ids ascend and are unique in a schema")]
    IdTwice {
        /// The id.
        id: u64,
    },
    /// More types, fields or configuration than a schema may have.
    #[error("{what}: {found}, the limit is {limit}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How much was found.
        found: usize,
        /// How much there may be.
        limit: usize,
    },
}

impl Schema {
    /// Canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        canonical::encode(self)
    }

    /// The schema with these canonical bytes, checked.
    ///
    /// # Errors
    /// [`SchemaError`], for bytes that are no schema and for schemas that break a rule.
    pub fn decode(bytes: &[u8]) -> Result<Self, SchemaError> {
        let schema: Schema = canonical::decode::<_, SCHEMA_BYTES_MAX>("a schema", bytes)?;
        schema.check()?;
        Ok(schema)
    }

    /// The hash of the canonical bytes.
    pub fn id(&self) -> SchemaId {
        hash::schema_id(&self.encode())
    }

    /// The type with this name.
    pub fn type_named(&self, name: &str) -> Option<&TypeDefinition> {
        self.types.iter().find(|one| one.name == name)
    }

    /// The type with this id.
    pub fn type_with(&self, id: TypeId) -> Option<&TypeDefinition> {
        let at = self.types.binary_search_by_key(&id, |one| one.id).ok()?;
        self.types.get(at)
    }

    /// The field with this id, and the type that it belongs to.
    pub fn field_with(&self, id: FieldId) -> Option<(&TypeDefinition, &FieldDefinition)> {
        self.types.iter().find_map(|one| one.field_with(id).map(|field| (one, field)))
    }

    /// Checks every rule of a schema.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), SchemaError> {
        limit("types", self.types.len(), TYPES_MAX)?;
        ascending(self.types.iter().map(|one| one.id.0))?;
        unique_names(self.types.iter().map(|one| one.name.as_str()))?;
        let mut field_ids = BTreeSet::new();
        for one in &self.types {
            limit("fields of a type", one.fields.len(), FIELDS_MAX)?;
            ascending(one.fields.iter().map(|field| field.id.0))?;
            unique_names(one.fields.iter().map(|field| field.name.as_str()))?;
            for field in &one.fields {
                good_name(&field.kind)?;
                limit("bytes of configuration", field.config.len(), CONFIG_BYTES_MAX)?;
                if !field_ids.insert(field.id) {
                    return Err(SchemaError::IdTwice { id: field.id.0 });
                }
            }
        }
        limit("bytes of schema", self.encode().len(), SCHEMA_BYTES_MAX)
    }
}

impl TypeDefinition {
    /// The field with this name.
    pub fn field_named(&self, name: &str) -> Option<&FieldDefinition> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field with this id.
    pub fn field_with(&self, id: FieldId) -> Option<&FieldDefinition> {
        let at = self.fields.binary_search_by_key(&id, |field| field.id).ok()?;
        self.fields.get(at)
    }

    /// What the label stands for: equal definitions have equal digests.
    pub fn digest(&self) -> Digest {
        hash::type_digest(&canonical::encode(self))
    }

    /// `Name@version`, as people call it.
    pub fn label(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

fn limit(what: &'static str, found: usize, limit: usize) -> Result<(), SchemaError> {
    if found > limit {
        return Err(SchemaError::TooMany { what, found, limit });
    }
    Ok(())
}

fn ascending(ids: impl Iterator<Item = u64>) -> Result<(), SchemaError> {
    let mut last = None;
    for id in ids {
        if last.is_some_and(|last| last >= id) {
            return Err(SchemaError::IdTwice { id });
        }
        last = Some(id);
    }
    Ok(())
}

fn unique_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), SchemaError> {
    let mut seen = BTreeSet::new();
    for name in names {
        good_name(name)?;
        if !seen.insert(name) {
            return Err(SchemaError::NameTwice { name: name.to_owned() });
        }
    }
    Ok(())
}

pub(crate) fn good_name(name: &str) -> Result<(), SchemaError> {
    let fits = (1..=NAME_BYTES_MAX).contains(&name.len());
    // ASCII: what Unicode calls a letter depends on the release of the tables.
    if fits && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_') {
        return Ok(());
    }
    Err(SchemaError::BadName { name: name.chars().take(NAME_BYTES_MAX).collect() })
}
