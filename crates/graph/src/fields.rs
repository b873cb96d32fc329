//! A schema made ready: for each type and field what a run over many ops asks again and again.
//!
//! **Invariants**
//! - Says exactly what the schema says; a configuration that does not decode, or a kind that is not
//!   known, is remembered as the void that it causes.
//!
//! What this does not do: decide which schema a commit is written under.

use crate::erased::{AnyConfig, AnyKind, Kinds};
use crate::void::Void;
use std::collections::HashMap;
use std::sync::Arc;
use woodland_format::{FieldId, Schema, TypeId};

/// One field of a schema, with its kind.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) owner: TypeId,
    pub(crate) kind: Result<(Arc<dyn AnyKind>, AnyConfig), Void>,
}

/// A schema, with its kinds.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    pub(crate) schema: Arc<Schema>,
    fields: HashMap<FieldId, Field>,
}

impl Fields {
    pub(crate) fn of(schema: Schema, kinds: &Kinds) -> Self {
        let mut fields = HashMap::new();
        for one in &schema.types {
            for field in &one.fields {
                let kind = kinds.get(&field.kind).ok_or(Void::UnknownKind);
                let kind =
                    kind.and_then(|kind| Ok((Arc::clone(kind), kind.config(&field.config)?)));
                fields.insert(field.id, Field { owner: one.id, kind });
            }
        }
        Fields { schema: Arc::new(schema), fields }
    }

    pub(crate) fn field(&self, id: FieldId) -> Option<&Field> {
        self.fields.get(&id)
    }

    pub(crate) fn has_type(&self, id: TypeId) -> bool {
        self.schema.type_with(id).is_some()
    }
}
