//! Which schema a commit writes under, and whether its past knows it.

use crate::oracle::past::Past;
use std::collections::BTreeMap;
use woodland_format::limits::CONFIG_BYTES_MAX;
use woodland_format::{
    Commit, CommitId, DeletionConfig, FieldId, KeyConfig, Op, Payload, Schema, SchemaId,
    TypeDefinition, UnseenEdits, ValueType, decode,
};

/// For each commit: what it could decode, and the schema that it writes under.
pub(crate) struct Schemas {
    /// By rank: the batch, `None` where the payload is erased or does not decode.
    batches: Vec<Option<Vec<Op>>>,
    /// By rank: the schema of the commit, `None` where it is not known.
    schema_of: Vec<Option<Schema>>,
    founding: Option<Schema>,
    /// By id: those that some commit introduces and carries.
    carried: BTreeMap<SchemaId, Schema>,
}

impl Schemas {
    pub(crate) fn of(past: &Past) -> Schemas {
        let batches: Vec<Option<Vec<Op>>> = past.commits().iter().map(batch).collect();
        let introductions: Vec<Option<Schema>> = past
            .commits()
            .iter()
            .zip(&batches)
            .map(|(commit, batch)| introduction(commit, batch.as_deref()))
            .collect();

        let mut named: BTreeMap<CommitId, SchemaId> = BTreeMap::new();
        let mut schema_of = Vec::new();
        for (rank, commit) in past.commits().iter().enumerate() {
            let id = named_by(commit).unwrap_or_else(|| {
                named[&commit.backlink().expect("a chain's first commit names a schema")]
            });
            named.insert(commit.id(), id);
            let introduced = |at: usize| introductions[at].as_ref().filter(|one| one.id() == id);
            let known = introduced(rank).or_else(|| past.ranks_seen_by(rank).find_map(introduced));
            schema_of.push(known.cloned());
        }
        let founding = past.commits().first().and_then(|commit| {
            let id = named[&commit.id()];
            introductions.iter().flatten().find(|schema| schema.id() == id).cloned()
        });
        let carried = introductions.into_iter().flatten().map(|one| (one.id(), one)).collect();
        Schemas { batches, schema_of, founding, carried }
    }

    pub(crate) fn batch(&self, rank: usize) -> Option<&[Op]> {
        self.batches[rank].as_deref()
    }

    pub(crate) fn of_commit(&self, rank: usize) -> Option<&Schema> {
        self.schema_of[rank].as_ref()
    }

    pub(crate) fn carried(&self) -> impl Iterator<Item = &Schema> {
        self.carried.values()
    }

    pub(crate) fn founding(&self) -> Option<Schema> {
        self.founding.clone()
    }
}

/// The schema that the header introduces, by id.
pub(crate) fn introduced_by(commit: &Commit) -> Option<SchemaId> {
    commit.header().introduces()
}

/// The schema that the header names, introduced here or earlier.
fn named_by(commit: &Commit) -> Option<SchemaId> {
    commit.header().names_schema()
}

fn batch(commit: &Commit) -> Option<Vec<Op>> {
    Payload::decode(commit.payload()?).ok().map(|payload| payload.ops)
}

/// The schema that the header introduces and that the payload carries.
fn introduction(commit: &Commit, batch: Option<&[Op]>) -> Option<Schema> {
    let id = introduced_by(commit)?;
    batch?.iter().find_map(|op| match op {
        Op::Schema(schema) if schema.id() == id && schema.check().is_ok() => Some(schema.clone()),
        _ => None,
    })
}

/// The field that names the nodes of this type, and what a key may be: the only field of kind
/// `key`, if its configuration is sound.
pub(crate) fn key_of(definition: &TypeDefinition) -> Option<(FieldId, ValueType)> {
    let keys = definition.fields.iter().filter(|field| field.kind == "key").collect::<Vec<_>>();
    let [only] = keys.as_slice() else { return None };
    let config = decode::<KeyConfig, CONFIG_BYTES_MAX>("a configuration", &only.config).ok()?;
    config.value.check_key().ok()?;
    Some((only.id, config.value))
}

/// Whether an edit of a node of this type that a deletion did not see keeps it alive: what the only
/// field of kind `deletion` says, if its configuration is sound.
pub(crate) fn is_revivable(definition: &TypeDefinition) -> bool {
    let of_kind = definition.fields.iter().filter(|field| field.kind == "deletion");
    let [only] = of_kind.collect::<Vec<_>>()[..] else { return false };
    let config = decode::<DeletionConfig, CONFIG_BYTES_MAX>("a configuration", &only.config);
    config.is_ok_and(|config| config.edits == UnseenEdits::Revive)
}
