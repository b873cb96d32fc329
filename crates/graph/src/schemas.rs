//! The schemas that a log carries, by id and by label.
//!
//! **Invariants**
//! - A schema is known to an author who saw a commit that introduces and carries it.
//!
//! What this does not do: say which schema a commit is written under. The log does.

use crate::erased::Kinds;
use crate::fields::Fields;
use crate::graph::Graph;
use std::sync::Arc;
use woodland_format::{CommitId, Digest, Schema, SchemaId, TypeId};
use woodland_log::{OrderKey, Place};

/// A schema of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedSchema {
    /// The hash of its canonical bytes.
    pub id: SchemaId,
    /// The schema.
    pub schema: Arc<Schema>,
    /// The commits that introduce and carry it, ascending in order.
    pub commits: Vec<CommitId>,
}

/// A type that a label stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledType {
    /// What the label stands for: equal definitions have equal digests.
    pub digest: Digest,
    /// The type's number.
    pub id: TypeId,
    /// The schemas that have it, ascending.
    pub schemas: Vec<SchemaId>,
}

impl Graph {
    /// The schemas that the log carries, in the order of the first commit that carries each: the
    /// history of the schema, whether or not a program knows any of it.
    pub fn schemas(&self) -> Vec<CarriedSchema> {
        let mut carried: Vec<(Vec<OrderKey>, CarriedSchema)> = Vec::new();
        for (id, (fields, carriers)) in &self.schemas.known {
            let mut keys: Vec<OrderKey> =
                carriers.iter().filter_map(|place| self.log().key(*place)).collect();
            keys.sort_unstable();
            let commits = keys.iter().map(|key| key.id).collect();
            let schema = Arc::clone(&fields.schema);
            carried.push((keys, CarriedSchema { id: *id, schema, commits }));
        }
        carried.sort_by(|(one, _), (other, _)| one.cmp(other));
        carried.into_iter().map(|(_, schema)| schema).collect()
    }

    /// The types that people call by this label, such as `User@2`. Two authors who migrated apart
    /// may have made two: they are told apart by digest.
    pub fn labelled(&self, label: &str) -> Vec<LabelledType> {
        let mut found: Vec<LabelledType> = Vec::new();
        for (schema, (fields, _)) in &self.schemas.known {
            for one in fields.schema.types.iter().filter(|one| one.label() == label) {
                let digest = one.digest();
                match found.iter_mut().find(|known| known.digest == digest) {
                    Some(known) => known.schemas.push(*schema),
                    None => {
                        let schemas = vec![*schema];
                        found.push(LabelledType { digest, id: one.id, schemas });
                    }
                }
            }
        }
        found.sort_by_key(|one| one.digest);
        found
    }
}

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

    pub(crate) fn learn(&mut self, id: SchemaId, carrier: Place, schema: &Schema) -> Arc<Fields> {
        let kinds = &self.kinds;
        let entry = self
            .known
            .entry(id)
            .or_insert_with(|| (Arc::new(Fields::of(schema.clone(), kinds)), Vec::new()));
        entry.1.push(carrier);
        Arc::clone(&entry.0)
    }

    pub(crate) fn known(&self, id: &SchemaId, saw: impl Fn(Place) -> bool) -> Option<Arc<Fields>> {
        let (fields, carriers) = self.known.get(id)?;
        carriers.iter().any(|carrier| saw(*carrier)).then(|| Arc::clone(fields))
    }
}
