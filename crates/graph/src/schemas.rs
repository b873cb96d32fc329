//! The schemas that a log carries, by id and by label, and which of them a graph is read through.
//!
//! **Invariants**
//! - A schema is known to an author who saw a commit that introduces and carries it.
//! - A graph is read through the current schema, unless another was asked for.
//!
//! What this does not do: say which schema a commit is written under. The log does.

use crate::fields::Fields;
use crate::graph::Graph;
use crate::kinds::Kinds;
use crate::ledger::Move;
use crate::lens::Lens;
use crate::void::Void;
use std::sync::{Arc, OnceLock};
use woodland_format::{CommitId, Digest, Schema, SchemaId, TypeId};
use woodland_log::{OrderKey, Place};
use woodland_page::{Own, Reading, Stored, Writing};

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
        for (id, Carried { fields, carriers, .. }) in &self.schemas.known {
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
        for (schema, Carried { fields, .. }) in &self.schemas.known {
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
    known: im::OrdMap<SchemaId, Carried>,
    /// Whether one came to be known since the lenses were made; never between runs.
    is_more: bool,
}

/// A schema that is known.
#[derive(Debug, Clone)]
struct Carried {
    fields: Arc<Fields>,
    /// Its canonical bytes, which are written once.
    bytes: Own<Arc<[u8]>>,
    carriers: Vec<Place>,
    /// Made when it is first read through; made again when another schema comes to be known.
    lens: OnceLock<Arc<Lens>>,
}

impl Schemas {
    pub(crate) fn new(kinds: Kinds) -> Self {
        Schemas { kinds, known: im::OrdMap::new(), is_more: false }
    }

    pub(crate) fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    pub(crate) fn learn(&mut self, id: SchemaId, carrier: Place, schema: &Schema) -> Arc<Fields> {
        let (kinds, is_more) = (&self.kinds, &mut self.is_more);
        let entry = self.known.entry(id).or_insert_with(|| {
            *is_more = true;
            let bytes = Own::new(Arc::from(schema.encode()));
            let fields = Arc::new(Fields::of(schema.clone(), kinds));
            Carried { fields, bytes, carriers: Vec::new(), lens: OnceLock::new() }
        });
        entry.carriers.push(carrier);
        Arc::clone(&entry.fields)
    }

    pub(crate) fn known(&self, id: &SchemaId, saw: impl Fn(Place) -> bool) -> Option<Arc<Fields>> {
        let Carried { fields, carriers, .. } = self.known.get(id)?;
        carriers.iter().any(|carrier| saw(*carrier)).then(|| Arc::clone(fields))
    }

    /// The commits that carry it, in the order in which they arrived.
    pub(crate) fn carriers(&self, id: &SchemaId) -> &[Place] {
        self.known.get(id).map_or(&[], |one| &one.carriers)
    }

    /// A schema to read through, if the log carries it.
    fn lens(&self, id: &SchemaId, moves: &[Move]) -> Option<Arc<Lens>> {
        let one = self.known.get(id)?;
        let make = || Arc::new(self.ready(*id, &one.fields, moves));
        Some(Arc::clone(one.lens.get_or_init(make)))
    }

    fn ready(&self, id: SchemaId, fields: &Arc<Fields>, moves: &[Move]) -> Lens {
        let carried: Vec<&Schema> = self.known.values().map(|one| &*one.fields.schema).collect();
        Lens::of(id, fields, &carried, moves)
    }

    /// Forgets how to read: what that depends on has changed.
    fn forget_lenses(&mut self) {
        let ids: Vec<SchemaId> = self.known.keys().copied().collect();
        for id in ids {
            if let Some(one) = self.known.get_mut(&id) {
                one.lens = OnceLock::new();
            }
        }
        self.is_more = false;
    }

    /// There are few schemas: all are read again by [`Schemas::wake`], and made ready.
    pub(crate) fn rest(&self, to: &mut Writing<'_>) {
        to.number(self.known.len() as u64);
        for (id, Carried { bytes, carriers, .. }) in &self.known {
            id.write(to);
            bytes.write(to);
            carriers.write(to);
        }
    }

    pub(crate) fn wake(kinds: Kinds, from: &mut Reading<'_>) -> Option<Schemas> {
        let mut known = im::OrdMap::new();
        for _ in 0..from.count()? {
            let (id, bytes, carriers): (_, Own<Arc<[u8]>>, _) = Stored::read(from)?;
            let schema = Schema::decode(&bytes.get()).ok()?;
            let fields = Arc::new(Fields::of(schema, &kinds));
            known.insert(id, Carried { fields, bytes, carriers, lens: OnceLock::new() });
        }
        Some(Schemas { kinds, known, is_more: false })
    }
}

impl Graph {
    /// This graph, read through another schema: one that the log carries, or the current one. Costs
    /// nothing where that was read through before; otherwise in proportion to the schemas, never to
    /// the graph. What is derived from this one is read through the same schema.
    pub fn through(&self, schema: &SchemaId) -> Option<Graph> {
        let lens = self.lens_of(schema)?;
        Some(self.read_through(lens))
    }

    fn lens_of(&self, id: &SchemaId) -> Option<Arc<Lens>> {
        if let Some(lens) = self.lens.as_ref().filter(|lens| lens.id == *id) {
            return Some(Arc::clone(lens));
        }
        let moves = self.ledger.moves();
        let current = || {
            let current = self.ledger.current().filter(|current| current.id == *id)?;
            let fields = Fields::of((*current.schema).clone(), &self.schemas.kinds);
            Some(Arc::new(self.schemas.ready(*id, &Arc::new(fields), moves)))
        };
        self.schemas.lens(id, moves).or_else(current)
    }

    /// Folds the migrations that arrived, and makes ready what is read through. A run ends with it.
    pub(crate) fn settle_schemas(&mut self) {
        let founded = self.look_for_founding();
        let from = self.ledger.take_unfolded();
        let is_folded = founded || from.is_some();
        if is_folded {
            let folded = self.ledger.fold(from.filter(|_| !founded).as_ref(), &self.log);
            self.work.migrations += folded.migrations;
            for ((key, index), is_void) in folded.verdicts {
                let at = (key, Some(index));
                if is_void {
                    self.voids.insert(at, Void::Misfit);
                } else {
                    self.voids.remove(&at);
                }
            }
        }
        if is_folded || self.schemas.is_more {
            self.schemas.forget_lenses();
            let chosen = self.lens.take().filter(|_| self.is_chosen);
            self.lens = match chosen {
                Some(lens) => {
                    let again = |lens: &Lens| {
                        let fields = &lens.fields;
                        Arc::new(self.schemas.ready(lens.id, fields, self.ledger.moves()))
                    };
                    self.lens_of(&lens.id).or_else(|| Some(again(&lens)))
                }
                None => self.ledger.current().and_then(|current| self.lens_of(&current.id)),
            };
        }
    }

    /// Folds the migrations of a graph that woke, and makes ready what is read through: the current
    /// schema.
    pub(crate) fn wake_schemas(&mut self) {
        self.look_for_founding();
        self.ledger.take_unfolded();
        self.ledger.fold(None, &self.log);
        self.lens = self.ledger.current().and_then(|current| self.lens_of(&current.id));
    }

    /// Whether a commit has carried the founding schema only now.
    fn look_for_founding(&mut self) -> bool {
        let Some(schema) = self.log.founding().header().introduces() else { return false };
        if self.ledger.founding().is_some() {
            return false;
        }
        let Some(fields) = self.schemas.known(&schema, |_| true) else { return false };
        self.ledger.found(schema, &fields.schema);
        true
    }
}
