//! A schema made ready for reading: what a reader of it sees of nodes that were written under any.
//!
//! **Invariants**
//! - Says exactly what the schema and the migrations say; how it looks at a field is decided once,
//!   not at each read.
//! - A field that reads as it was written is read without a look at its values.
//!
//! What this does not do: read. `sight` does, with a state at hand.

use crate::Kind;
use crate::erased::{AnyConfig, AnyKind};
use crate::fields::{Fields, KEY, OfField, UNIQUE};
use crate::ledger::Move;
use crate::register::{Atom, Register};
use std::sync::Arc;
use woodland_format::limits::CONFIG_BYTES_MAX;
use woodland_format::{
    FieldDefinition, FieldId, Schema, SchemaId, TypeDefinition, TypeId, UniqueConfig, ValueType,
    decode,
};
use woodland_page::{Reading, Stored, Writing};

/// A schema, and how to read through it.
#[derive(Debug)]
pub(crate) struct Lens {
    pub(crate) id: SchemaId,
    pub(crate) fields: Arc<Fields>,
    /// Ascending by id.
    types: Vec<TypeLens>,
    /// Whether a node of some type may hold pointers.
    pub(crate) has_pointers: bool,
}

/// A type of the schema.
#[derive(Debug)]
pub(crate) struct TypeLens {
    pub(crate) id: TypeId,
    /// Ascending by id.
    pub(crate) fields: Vec<FieldLens>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) has_pointers: bool,
}

/// A field of the schema.
#[derive(Debug)]
pub(crate) struct FieldLens {
    pub(crate) id: FieldId,
    pub(crate) of: Shown,
}

/// What a field shows.
#[derive(Debug)]
pub(crate) enum Shown {
    /// Nothing: it says something of its type.
    Nothing,
    /// Its node's key, as one of this type.
    Key(ValueType),
    /// An object.
    Object(ObjectLens),
}

/// How to read an object.
#[derive(Debug)]
pub(crate) struct ObjectLens {
    pub(crate) kind: Arc<dyn AnyKind>,
    /// None where it is not one of the kind.
    pub(crate) config: Option<AnyConfig>,
    pub(crate) look: Look,
    pub(crate) has_pointers: bool,
    /// The fields whose place it took: what old programs write there since is heard.
    pub(crate) moves: Vec<Move>,
}

/// What has to be done with a value before a reader gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Nothing: all that can be in it was written under this configuration, and holds no pointer.
    Plain,
    /// It was written under this configuration, and may hold pointers to what is not there.
    Targets,
    /// It may have been written under another configuration.
    Convert,
    /// It cannot be read: the configuration is none of its kind.
    Never,
}

/// Registers of a type of which no two nodes should have equal values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) id: FieldId,
    pub(crate) owner: TypeId,
    pub(crate) fields: Vec<RuleField>,
}

/// One of them, with all that decides how it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuleField {
    pub(crate) id: FieldId,
    config: Vec<u8>,
    moves: Vec<Move>,
}

impl Lens {
    /// Makes a schema ready. `carried` are all schemas under which something may have been written.
    pub(crate) fn of(
        id: SchemaId,
        fields: &Arc<Fields>,
        carried: &[&Schema],
        moves: &[Move],
    ) -> Self {
        let moved = |field: &FieldDefinition| -> Vec<Move> {
            let is_value = [Register::NAME, Atom::NAME].contains(&&*field.kind);
            let of_it = moves.iter().filter(|one| is_value && one.from == field.id);
            of_it.filter(|one| fields.schema.field_with(one.to).is_none()).copied().collect()
        };
        let mut types = Vec::new();
        for owner in &fields.schema.types {
            let shown = owner.fields.iter().map(|field| {
                let moves = moved(field);
                let of = shown(fields, owner.id, field, carried, moves);
                FieldLens { id: field.id, of }
            });
            let shown: Vec<FieldLens> = shown.collect();
            let has_pointers = shown.iter().any(FieldLens::has_pointers);
            let found = owner.fields.iter().filter(|field| field.kind == UNIQUE);
            let rules = found.filter_map(|field| rule(owner, field, moved)).collect();
            types.push(TypeLens { id: owner.id, fields: shown, rules, has_pointers });
        }
        let has_pointers = types.iter().any(|one| one.has_pointers);
        Lens { id, fields: Arc::clone(fields), types, has_pointers }
    }

    pub(crate) fn schema(&self) -> &Arc<Schema> {
        &self.fields.schema
    }

    pub(crate) fn type_with(&self, id: TypeId) -> Option<&TypeLens> {
        let at = self.types.binary_search_by_key(&id, |one| one.id).ok()?;
        self.types.get(at)
    }

    /// All rules.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.types.iter().flat_map(|one| &one.rules)
    }

    /// Whether what a rule reads depends on other nodes: on those that it points to.
    pub(crate) fn rules_have_pointers(&self) -> bool {
        let has_pointers = |of: &TypeLens, rule: &Rule| {
            let mut fields = rule.fields.iter().filter_map(|field| of.field_with(field.id));
            fields.any(FieldLens::has_pointers)
        };
        self.types.iter().any(|of| of.rules.iter().any(|rule| has_pointers(of, rule)))
    }

    /// Whether every state reads the same through both.
    pub(crate) fn reads_as(&self, other: &Lens) -> bool {
        let moves = |lens: &Lens| -> Vec<Move> {
            let fields = lens.types.iter().flat_map(|one| &one.fields);
            fields.filter_map(FieldLens::object).flat_map(|of| of.moves.clone()).collect()
        };
        self.id == other.id && moves(self) == moves(other)
    }
}

impl TypeLens {
    pub(crate) fn field_with(&self, id: FieldId) -> Option<&FieldLens> {
        let at = self.fields.binary_search_by_key(&id, |field| field.id).ok()?;
        self.fields.get(at)
    }

    /// The fields that may read otherwise when this object of a node is another.
    pub(crate) fn reading(&self, object: FieldId) -> impl Iterator<Item = &FieldLens> {
        let takes = move |of: &ObjectLens| of.moves.iter().any(|one| one.to == object);
        let moved = self.fields.iter().filter(move |field| field.object().is_some_and(takes));
        self.field_with(object).into_iter().chain(moved)
    }
}

impl FieldLens {
    pub(crate) fn object(&self) -> Option<&ObjectLens> {
        match &self.of {
            Shown::Object(of) => Some(of),
            Shown::Nothing | Shown::Key(_) => None,
        }
    }

    pub(crate) fn has_pointers(&self) -> bool {
        self.object().is_some_and(|of| of.has_pointers)
    }
}

fn shown(
    fields: &Fields,
    owner: TypeId,
    field: &FieldDefinition,
    carried: &[&Schema],
    moves: Vec<Move>,
) -> Shown {
    let (kind, config) = match fields.field(field.id).map(|one| &one.of) {
        Some(OfField::Kind { kind, config, .. }) => (kind, config.as_ref().ok()),
        _ if field.kind != KEY => return Shown::Nothing,
        _ => {
            let named = fields.key(owner).filter(|(key, _)| *key == field.id);
            return named.map_or(Shown::Nothing, |(_, of)| Shown::Key(of.clone()));
        }
    };
    let has_pointers = config.is_some_and(|config| kind.has_pointers(config));
    let is_another = |schema: &&Schema| {
        let known = schema.field_with(field.id);
        known.is_some_and(|(_, it)| it.kind == field.kind && it.config != field.config)
    };
    let look = if config.is_none() && kind.is_built_in() {
        Look::Never
    } else if !moves.is_empty() || carried.iter().any(is_another) {
        Look::Convert
    } else if has_pointers {
        Look::Targets
    } else {
        Look::Plain
    };
    let (kind, config) = (Arc::clone(kind), config.cloned());
    Shown::Object(ObjectLens { kind, config, look, has_pointers, moves })
}

/// What a field of kind `unique` says, if it is a rule: at least one field, ascending, all of them
/// registers of the type.
fn rule(
    owner: &TypeDefinition,
    field: &FieldDefinition,
    moved: impl Fn(&FieldDefinition) -> Vec<Move>,
) -> Option<Rule> {
    let config = decode::<UniqueConfig, CONFIG_BYTES_MAX>("a rule", &field.config).ok()?;
    let ascend = config.fields.windows(2).all(|pair| pair[0] < pair[1]);
    if config.fields.is_empty() || !ascend {
        return None;
    }
    let register = |id: &FieldId| {
        let field = owner.field_with(*id).filter(|field| field.kind == Register::NAME)?;
        let (config, moves) = (field.config.clone(), moved(field));
        Some(RuleField { id: *id, config, moves })
    };
    let fields = config.fields.iter().map(register).collect::<Option<Vec<_>>>()?;
    Some(Rule { id: field.id, owner: owner.id, fields })
}

impl Stored for Rule {
    fn write(&self, to: &mut Writing<'_>) {
        (self.id, self.owner).write(to);
        self.fields.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (id, owner) = Stored::read(from)?;
        Some(Rule { id, owner, fields: Stored::read(from)? })
    }
}

impl Stored for RuleField {
    fn write(&self, to: &mut Writing<'_>) {
        self.id.write(to);
        to.bytes(&self.config);
        self.moves.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (id, config) = (FieldId::read(from)?, from.bytes()?.to_vec());
        Some(RuleField { id, config, moves: Stored::read(from)? })
    }
}
