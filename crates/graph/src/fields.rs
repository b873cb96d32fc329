//! A schema made ready: for each type and field what a run over many ops asks again and again.
//!
//! **Invariants**
//! - Says exactly what the schema says; a configuration that does not decode is remembered as the
//!   void that it causes.
//! - A type has a key only if exactly one of its fields is a sound one.
//!
//! What this does not do: decide which schema a commit is written under.

use crate::erased::{AnyConfig, AnyKind, Kinds};
use crate::void::Void;
use std::collections::BTreeMap;
use std::sync::Arc;
use woodland_format::limits::CONFIG_BYTES_MAX;
use woodland_format::{FieldDefinition, FieldId, KeyConfig, Schema, TypeId, ValueType, decode};

/// The name of the kind of a field that is its node's name.
pub(crate) const KEY: &str = "key";

/// The name of the kind of a field that is a rule over registers of its type.
pub(crate) const UNIQUE: &str = "unique";

/// The kinds of fields that have no ops.
const READ_ONLY: [&str; 3] = [KEY, "deletion", UNIQUE];

/// One field of a schema, with its kind.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) owner: TypeId,
    pub(crate) of: OfField,
}

#[derive(Debug, Clone)]
pub(crate) enum OfField {
    /// Never written: its node's name, or what says something of its type.
    ReadOnly,
    /// Of a kind.
    Kind {
        kind: Arc<dyn AnyKind>,
        /// What the configuration says, if the kind can read it.
        config: Result<AnyConfig, Void>,
        /// Whether ops wait for the others of their object.
        waits: bool,
    },
}

/// A schema, with its kinds.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    pub(crate) schema: Arc<Schema>,
    /// Ascending by id: a handful of fields is found faster so than by a hash.
    fields: Vec<(FieldId, Field)>,
    keys: BTreeMap<TypeId, (FieldId, ValueType)>,
}

impl Fields {
    pub(crate) fn of(schema: Schema, kinds: &Kinds) -> Self {
        let (mut fields, mut keys) = (Vec::new(), BTreeMap::new());
        for one in &schema.types {
            for field in &one.fields {
                let of = if READ_ONLY.contains(&&*field.kind) {
                    OfField::ReadOnly
                } else {
                    let kind = kinds.get(&field.kind);
                    let config = kind.config(&field.config);
                    let waits = kind.keeps_history();
                    OfField::Kind { kind, config, waits }
                };
                fields.push((field.id, Field { owner: one.id, of }));
            }
            let mut named = one.fields.iter().filter(|field| field.kind == KEY);
            if let (Some(field), None) = (named.next(), named.next())
                && let Some(value) = key_type(field)
            {
                keys.insert(one.id, (field.id, value));
            }
        }
        // Ids are unique in a schema that keeps the rules, and no other is made ready.
        fields.sort_by_key(|(id, _)| *id);
        Fields { schema: Arc::new(schema), fields, keys }
    }

    pub(crate) fn field(&self, id: FieldId) -> Option<&Field> {
        let at = self.fields.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.fields.get(at).map(|(_, field)| field)
    }

    pub(crate) fn has_type(&self, id: TypeId) -> bool {
        self.schema.type_with(id).is_some()
    }

    /// The field that names the nodes of this type, and what a key may be.
    pub(crate) fn key(&self, of: TypeId) -> Option<&(FieldId, ValueType)> {
        self.keys.get(&of)
    }
}

fn key_type(field: &FieldDefinition) -> Option<ValueType> {
    let config: KeyConfig = decode::<_, CONFIG_BYTES_MAX>("a key", &field.config).ok()?;
    config.check().ok()?;
    Some(config.value)
}
