//! A record of the program, bound to a schema: which type and which fields it stands for.
//!
//! **Invariants**
//! - A field is bound only where the schema has one of the same name, kind and configuration: what
//!   the program writes there is what every replica reads.
//! - A record is bound once for a schema; what follows looks nothing up by name.
//!
//! What this does not do: refuse the rest of a record for one field that differs.

use crate::define::{ConfigError, Fields, Planned, Types};
use crate::hint::hint;
use crate::record::Record;
use crate::rule::unique_fields;
use crate::targets::may_point;
use std::any::TypeId as RustType;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use woodland_format::{FieldId, Schema, SchemaId, TypeDefinition, TypeId};

/// What a record stands for in a schema.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) node_type: TypeId,
    pub(crate) label: String,
    fields: Vec<Bound>,
    /// The fields that some rule of uniqueness names.
    claiming: Vec<FieldId>,
}

/// One field of the record, in the order of its `define`.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    /// Or why there is none.
    pub(crate) id: Result<FieldId, String>,
    /// Whether its values may hold pointers.
    points: bool,
}

impl Binding {
    /// # Errors
    /// What is wrong, where the schema has no such type.
    fn of<R: Record>(schema: &Schema) -> Result<Binding, String> {
        let Some(found) = schema.type_named(R::TYPE) else {
            let names = schema.types.iter().map(|one| one.name.as_str());
            return Err(format!("type {} is not in the schema{}", R::TYPE, hint(R::TYPE, names)));
        };
        let number = |name: &str| schema.type_named(name).map(|one| one.id);
        let bind = |one: Planned| {
            let id = bind(&one, found, &Types::of(&number));
            let definition = id.as_ref().ok().and_then(|id| found.field_with(*id));
            let points = definition.is_some_and(|field| may_point(&field.kind, &field.config));
            Bound { name: one.name, kind: one.kind, id, points }
        };
        let fields = Fields::of::<R>().fields.into_iter().map(bind).collect();
        let claiming = claiming(found);
        Ok(Binding { node_type: found.id, label: found.label(), fields, claiming })
    }

    /// The field at this place of `define`, if the schema has it as the program does.
    ///
    /// # Errors
    /// What is wrong.
    pub(crate) fn field(&self, index: u16, kind: &str) -> Result<FieldId, String> {
        let Some(bound) = self.fields.get(usize::from(index)) else {
            let (label, count) = (&self.label, self.fields.len());
            return Err(format!("{label} has no field at {index}: its `define` names {count}"));
        };
        if bound.kind != kind {
            let (label, name, is) = (&self.label, bound.name, bound.kind);
            return Err(format!("field {label}.{name} is a {is}, used here as a {kind}"));
        }
        bound.id.clone()
    }

    /// Whether values of the field at this place may hold pointers.
    pub(crate) fn points(&self, index: u16) -> bool {
        self.fields.get(usize::from(index)).is_some_and(|bound| bound.points)
    }

    /// Whether a rule of uniqueness names this field.
    pub(crate) fn claims(&self, field: FieldId) -> bool {
        self.claiming.contains(&field)
    }

    /// Whether the program's record has a natural key.
    ///
    /// # Errors
    /// What is wrong, where it has one and the schema does not have it so.
    pub(crate) fn has_key(&self) -> Result<bool, &String> {
        let key = self.fields.iter().find(|bound| bound.kind == "key");
        key.map_or(Ok(false), |bound| bound.id.as_ref().map(|_| true))
    }

    /// The name of the field at this place of `define`.
    pub(crate) fn name(&self, index: u16) -> &'static str {
        self.fields.get(usize::from(index)).map_or("?", |bound| bound.name)
    }

    /// The names of these fields, in the order of `define`; those that it does not name are left
    /// out.
    pub(crate) fn names(&self, fields: &[FieldId]) -> Vec<&'static str> {
        let is_asked = |one: &&Bound| one.id.as_ref().is_ok_and(|id| fields.contains(id));
        self.fields.iter().filter(is_asked).map(|bound| bound.name).collect()
    }

    /// Whether this field is what names a node.
    pub(crate) fn is_key(&self, field: FieldId) -> bool {
        self.fields.iter().any(|bound| bound.kind == "key" && bound.id.as_ref() == Ok(&field))
    }

    /// The field at this place, whatever the program takes it for.
    pub(crate) fn id(&self, index: u16) -> Option<FieldId> {
        self.fields.get(usize::from(index))?.id.as_ref().ok().copied()
    }
}

fn bind(one: &Planned, found: &TypeDefinition, types: &Types<'_>) -> Result<FieldId, String> {
    let (owner, name) = (found.label(), one.name);
    let Some(field) = found.field_named(name) else {
        let names = found.fields.iter().map(|field| field.name.as_str());
        return Err(format!("field {owner}.{name} is not in the schema{}", hint(name, names)));
    };
    if field.kind != one.kind {
        let (is, wants) = (&field.kind, one.kind);
        return Err(format!("field {owner}.{name} is a {is}, in this program a {wants}"));
    }
    let config = (one.config)(types)
        .map_err(|error: ConfigError| format!("field {owner}.{name}: {error}"))?;
    if field.config != config {
        return Err(format!(
            "field {owner}.{name} has another type in the schema than in this program"
        ));
    }
    Ok(field.id)
}

fn claiming(found: &TypeDefinition) -> Vec<FieldId> {
    let rules = found.fields.iter().filter(|field| field.kind == "unique");
    rules.flat_map(unique_fields).collect()
}

/// A record's binding, or why there is none.
pub(crate) type Outcome = Arc<Result<Binding, String>>;

/// A schema of the dataset that the program works through, and the program's records bound to it
/// as they are asked for.
#[derive(Debug)]
pub(crate) struct Bindings {
    pub(crate) id: SchemaId,
    pub(crate) schema: Arc<Schema>,
    made: Mutex<HashMap<RustType, Outcome>>,
}

impl Bindings {
    pub(crate) fn to(schema: Arc<Schema>) -> Arc<Self> {
        Arc::new(Bindings { id: schema.id(), schema, made: Mutex::default() })
    }

    /// The fields that this rule of uniqueness names.
    pub(crate) fn unique(&self, rule: FieldId) -> Vec<FieldId> {
        self.schema.field_with(rule).map(|(_, rule)| unique_fields(rule)).unwrap_or_default()
    }

    pub(crate) fn of<R: Record>(&self) -> Outcome {
        let of = RustType::of::<R>();
        let lock = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = lock().get(&of) {
            return Arc::clone(found);
        }
        // Not under the lock: `define` is the program's.
        let made = Arc::new(Binding::of::<R>(&self.schema));
        Arc::clone(lock().entry(of).or_insert(made))
    }
}
