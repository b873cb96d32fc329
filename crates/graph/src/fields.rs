//! A schema made ready: for each type and field what a run over many ops asks again and again.
//!
//! **Invariants**
//! - Says exactly what the schema says; a configuration that does not decode is remembered as the
//!   void that it causes.
//! - A type has a key only if exactly one of its fields is a sound one; it is revivable only if its
//!   one field of kind `deletion` is sound and says so.
//!
//! What this does not do: decide which schema a commit is written under.

use crate::erased::{AnyConfig, AnyKind};
use crate::kinds::Kinds;
use crate::void::Void;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use woodland_format::limits::CONFIG_BYTES_MAX;
use woodland_format::{
    DeletionConfig, FieldDefinition, FieldId, KeyConfig, Schema, TypeDefinition, TypeId,
    UnseenEdits, ValueType, decode,
};

/// The name of the kind of a field that is its node's name.
pub(crate) const KEY: &str = "key";
/// The name of the kind of a field that says how nodes of its type are deleted.
const DELETION: &str = "deletion";
/// The name of the kind of a field that is a rule over registers of its type.
pub(crate) const UNIQUE: &str = "unique";

/// One field of a schema, with its kind.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) owner: TypeId,
    /// Whether an edit of it keeps its node, unless a deletion saw it.
    pub(crate) is_revivable: bool,
    pub(crate) of: OfField,
}

#[derive(Debug, Clone)]
pub(crate) enum OfField {
    /// Its node's name, or a rule of its type: never edited.
    ReadOnly,
    /// Of a kind.
    Kind {
        kind: Arc<dyn AnyKind>,
        /// What the configuration says, if the kind can read it.
        config: Result<AnyConfig, Void>,
        /// Whether ops wait for the others of their object.
        waits: bool,
        /// Whether what is written may hold foreign keys.
        has_foreign_keys: bool,
    },
}

/// A schema, with its kinds.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    pub(crate) schema: Arc<Schema>,
    /// Ascending by id: a handful of fields is found faster so than by a hash.
    fields: Vec<(FieldId, Field)>,
    keys: BTreeMap<TypeId, (FieldId, ValueType)>,
    revivable: BTreeSet<TypeId>,
}

impl Fields {
    pub(crate) fn of(schema: Schema, kinds: &Kinds) -> Self {
        let (mut fields, mut keys) = (Vec::new(), BTreeMap::new());
        let revivable = schema.types.iter().filter(|one| is_revivable(one)).map(|one| one.id);
        let revivable: BTreeSet<TypeId> = revivable.collect();
        for one in &schema.types {
            let is_revivable = revivable.contains(&one.id);
            for field in &one.fields {
                let of = OfField::of(field, kinds);
                fields.push((field.id, Field { owner: one.id, is_revivable, of }));
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
        Fields { schema: Arc::new(schema), fields, keys, revivable }
    }

    pub(crate) fn field(&self, id: FieldId) -> Option<&Field> {
        let at = self.fields.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.fields.get(at).map(|(_, field)| field)
    }

    pub(crate) fn has_type(&self, id: TypeId) -> bool {
        self.schema.type_with(id).is_some()
    }

    /// Whether an edit of a node of this type keeps it, unless a deletion saw it.
    pub(crate) fn is_revivable(&self, of: TypeId) -> bool {
        self.revivable.contains(&of)
    }

    /// The fields that may hold foreign keys, with their kinds.
    pub(crate) fn with_foreign_keys(&self) -> impl Iterator<Item = (FieldId, &Arc<dyn AnyKind>)> {
        self.fields.iter().filter_map(|(id, field)| match &field.of {
            OfField::Kind { kind, has_foreign_keys: true, .. } => Some((*id, kind)),
            _ => None,
        })
    }

    /// The field that names the nodes of this type, and what a key may be.
    pub(crate) fn key(&self, of: TypeId) -> Option<&(FieldId, ValueType)> {
        self.keys.get(&of)
    }
}

impl OfField {
    fn of(field: &FieldDefinition, kinds: &Kinds) -> Self {
        if [KEY, DELETION, UNIQUE].contains(&field.kind.as_str()) {
            return OfField::ReadOnly;
        }
        let kind = kinds.get(&field.kind);
        let config = kind.config(&field.config);
        let waits = kind.keeps_history();
        let has_foreign_keys = config.as_ref().is_ok_and(|config| kind.has_foreign_keys(config));
        OfField::Kind { kind, config, waits, has_foreign_keys }
    }
}

fn is_revivable(one: &TypeDefinition) -> bool {
    let mut said = one.fields.iter().filter(|field| field.kind == DELETION);
    let (Some(field), None) = (said.next(), said.next()) else { return false };
    let config = decode::<DeletionConfig, CONFIG_BYTES_MAX>("a deletion", &field.config);
    config.is_ok_and(|config| config.edits == UnseenEdits::Revive)
}

fn key_type(field: &FieldDefinition) -> Option<ValueType> {
    let config: KeyConfig = decode::<_, CONFIG_BYTES_MAX>("a key", &field.config).ok()?;
    config.check().ok()?;
    Some(config.value)
}
