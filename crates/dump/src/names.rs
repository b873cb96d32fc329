//! Names: what the numbers of a schema are called.
//!
//! **Invariants**
//! - A schema is looked up by its id, which is its hash: whichever commit carries it, it is the
//!   same.
//! - Where several schemas name a number, the one that is read through does.
//!
//! What this does not do: say which schema is current, or what became of migrations.

use crate::page::Contents;
use crate::shown::{Joined, Plain};
use std::collections::HashMap;
use std::sync::Arc;
use woodland_format::limits::CONFIG_BYTES_MAX;
use woodland_format::{
    Commit, FieldDefinition, FieldId, Op, Payload, RecordConfig, Schema, SchemaId, TypeDefinition,
    TypeId, UniqueConfig, decode,
};
use woodland_graph::{Graph, Kind, Record};

/// The kind of a field that is a rule: several registers together are not to be there twice.
const UNIQUE: &str = "unique";

/// A schema and its parts by number.
pub(crate) struct Names {
    schema: Arc<Schema>,
    fields: HashMap<FieldId, (usize, usize)>,
    members: HashMap<FieldId, RecordConfig>,
}

impl Names {
    pub(crate) fn of(schema: Arc<Schema>) -> Self {
        let (mut fields, mut members) = (HashMap::new(), HashMap::new());
        for (type_at, one) in schema.types.iter().enumerate() {
            for (field_at, field) in one.fields.iter().enumerate() {
                fields.insert(field.id, (type_at, field_at));
                if field.kind == Record::NAME {
                    let config = decode::<_, CONFIG_BYTES_MAX>("a record", &field.config);
                    members.extend(config.ok().map(|config| (field.id, config)));
                }
            }
        }
        Names { schema, fields, members }
    }

    pub(crate) fn field(&self, id: FieldId) -> Option<(&TypeDefinition, &FieldDefinition)> {
        let (type_at, field_at) = self.fields.get(&id)?;
        let of = self.schema.types.get(*type_at)?;
        Some((of, of.fields.get(*field_at)?))
    }

    /// What a record's members are called.
    pub(crate) fn members(&self, id: FieldId) -> Option<&RecordConfig> {
        self.members.get(&id)
    }

    pub(crate) fn type_name(&self, id: TypeId) -> Option<String> {
        self.schema.type_with(id).map(|found| Plain(&found.name).to_string())
    }

    /// `Note.title`
    pub(crate) fn field_name(&self, id: FieldId) -> Option<String> {
        self.field(id).map(|(of, field)| format!("{}.{}", Plain(&of.name), Plain(&field.name)))
    }
}

/// What a graph's numbers are called: in the schema that it is read through, or else in the last
/// one that has them of those that the log carries.
pub(crate) struct Called(Vec<Names>);

impl Called {
    pub(crate) fn of(graph: &Graph) -> Self {
        let carried = graph.schemas().into_iter().rev().map(|one| one.schema);
        Called(graph.schema().into_iter().chain(carried).map(Names::of).collect())
    }

    pub(crate) fn field(&self, id: FieldId) -> Option<(&TypeDefinition, &FieldDefinition)> {
        self.0.iter().find_map(|names| names.field(id))
    }

    pub(crate) fn members(&self, id: FieldId) -> Option<&RecordConfig> {
        self.0.iter().find_map(|names| names.members(id))
    }

    pub(crate) fn type_name(&self, id: TypeId) -> String {
        let name = self.0.iter().find_map(|names| names.type_name(id));
        name.unwrap_or_else(|| format!("type {}", id.0))
    }

    /// `title`, as it is.
    pub(crate) fn own_name(&self, id: FieldId) -> String {
        self.field(id).map_or_else(|| format!("field {}", id.0), |(_, field)| field.name.clone())
    }

    /// What the fields of a rule are called; none of what is no rule.
    pub(crate) fn of_rule(&self, rule: FieldId) -> Vec<String> {
        let config = self.field(rule).filter(|(_, field)| field.kind == UNIQUE);
        let config = config.and_then(|(_, field)| {
            decode::<UniqueConfig, CONFIG_BYTES_MAX>("a rule", &field.config).ok()
        });
        config.into_iter().flat_map(|rule| rule.fields).map(|id| self.own_name(id)).collect()
    }

    /// `Note.title`
    pub(crate) fn field_name(&self, id: FieldId) -> String {
        let name = self.0.iter().find_map(|names| names.field_name(id));
        name.unwrap_or_else(|| format!("field {}", id.0))
    }
}

/// Every type as `Name@version`.
pub(crate) fn labels(schema: &Schema) -> String {
    let labels = schema.types.iter().map(|one| Plain(&one.label()).to_string());
    Joined(labels).to_string()
}

/// The schemas that a source's commits carry.
#[derive(Default)]
pub(crate) struct Schemas {
    carried: HashMap<SchemaId, Names>,
}

impl Schemas {
    pub(crate) fn carried_by(contents: &Contents) -> Self {
        let mut schemas = Schemas::default();
        for commit in contents.ordered() {
            let payload = commit.payload().filter(|_| introduces(&commit));
            let payload = payload.and_then(|payload| Payload::decode(payload).ok());
            for op in payload.into_iter().flat_map(|payload| payload.ops) {
                if let Op::Schema(schema) = op {
                    schemas.carried.insert(schema.id(), Names::of(Arc::new(schema)));
                }
            }
        }
        schemas
    }

    /// What a commit is written under. Where nothing is placed, the only schema there is.
    pub(crate) fn of(&self, contents: &Contents, commit: &Commit) -> Option<&Names> {
        match &contents.log {
            Some(log) => self.carried.get(&log.schema(log.place(&commit.id())?)?),
            None if self.carried.len() == 1 => self.carried.values().next(),
            None => None,
        }
    }
}

fn introduces(commit: &Commit) -> bool {
    commit.header().introduces().is_some()
}
