//! The schemas that a log carries.
//!
//! **Invariants**
//! - A schema is known to an author who saw a commit that introduces and carries it.
//!
//! What this does not do: say which schema a commit is written under. The log does.

use crate::erased::Kinds;
use crate::fields::Fields;
use std::sync::Arc;
use woodland_format::{Schema, SchemaId};
use woodland_log::Place;

/// The schemas that a log carries, and by which commits.
#[derive(Debug, Clone)]
pub(crate) struct Schemas {
    kinds: Kinds,
    known: im::OrdMap<SchemaId, (Arc<Fields>, Vec<Place>)>,
}

impl Schemas {
    pub(crate) fn new(kinds: Kinds) -> Self {
        Schemas { kinds, known: im::OrdMap::new() }
    }

    pub(crate) fn learn(&mut self, id: SchemaId, carrier: Place, schema: &Schema) {
        let kinds = &self.kinds;
        let entry = self
            .known
            .entry(id)
            .or_insert_with(|| (Arc::new(Fields::of(schema.clone(), kinds)), Vec::new()));
        entry.1.push(carrier);
    }

    pub(crate) fn known(&self, id: &SchemaId, saw: impl Fn(Place) -> bool) -> Option<Arc<Fields>> {
        let (fields, carriers) = self.known.get(id)?;
        carriers.iter().any(|carrier| saw(*carrier)).then(|| Arc::clone(fields))
    }
}
