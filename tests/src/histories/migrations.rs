//! Migrations, drawn from few enough that concurrent authors make the same, or such as do not go
//! together.
//!
//! **Invariants**
//! - What is drawn for an honest author applies to the schema that it is drawn for.
//! - What a new type or field is follows from its id and a draw of two or three: two authors add
//!   the same, or different ones under one id.

use crate::histories::rng::Rng;
use crate::histories::schemas::{
    atom, default_to, field, list_of, map, member, optional, plain, record, register, set,
};
use crate::histories::ties::{
    FOLDER, LEAF, PERSON, POLICIES, TOKEN, deletion, is_odd, pointer, unique,
};
use woodland_format::{
    FieldDefinition, FieldId, KeyConfig, ListConfig, Migration, MigrationStep, Schema,
    TypeDefinition, TypeId, UnseenEdits, Value, ValueType, encode,
};

/// Types that a migration adds.
const ADDED_TYPES: [TypeId; 2] = [TypeId(30), TypeId(31)];
/// Fields that a migration adds: so many from here on, each to a type that its id decides.
const ADDED_FIELDS: (u64, usize) = (300, 8);
const NAMES: [&str; 4] = ["first", "second", "title", "Leaf"];
/// How often another migration is drawn where one does not fit.
const TRIES: usize = 8;

/// Some steps that take this schema further; none where none of those drawn fits.
pub(crate) fn migration(rng: &mut Rng, schema: &Schema) -> Option<(Migration, Schema)> {
    for _ in 0..TRIES {
        let mut steps: Vec<MigrationStep> = schema
            .types
            .iter()
            .filter(|one| is_odd(one))
            .map(|one| MigrationStep::RemoveType { node_type: one.id })
            .collect();
        for _ in 0..1 + rng.below(3) {
            steps.extend(step(rng, schema));
        }
        let migration = Migration { steps };
        if let Ok(made) = migration.apply(schema) {
            return Some((migration, made));
        }
    }
    None
}

fn step(rng: &mut Rng, schema: &Schema) -> Option<MigrationStep> {
    let any_field = |rng: &mut Rng, is_wanted: &dyn Fn(&FieldDefinition) -> bool| {
        let fields = schema.types.iter().filter(|one| !is_odd(one)).flat_map(|one| &one.fields);
        let fields: Vec<FieldDefinition> = fields.filter(|one| is_wanted(one)).cloned().collect();
        rng.pick(&fields).cloned()
    };
    let any = |_: &FieldDefinition| true;
    let is_map = |one: &FieldDefinition| one.kind == "map";
    let any_type = |rng: &mut Rng| rng.pick(&schema.types).map(|one| one.id);
    let name = |rng: &mut Rng| rng.pick(&NAMES).map(|name| (*name).to_owned());
    Some(match rng.below(16) {
        0 => MigrationStep::AddType(added_type(rng)),
        1 => {
            let types = [ADDED_TYPES[0], ADDED_TYPES[1], TOKEN];
            MigrationStep::RemoveType { node_type: *rng.pick(&types)? }
        }
        2 => MigrationStep::RenameType { node_type: any_type(rng)?, name: name(rng)? },
        3..5 => added_field(rng),
        5 => MigrationStep::RemoveField { field: any_field(rng, &any)?.id },
        6 => MigrationStep::RenameField { field: any_field(rng, &any)?.id, name: name(rng)? },
        7..12 => {
            let field = any_field(rng, &any)?;
            let config = changed(rng, schema, &field)?;
            MigrationStep::ChangeType { field: field.id, config }
        }
        12..14 => {
            let from = any_field(rng, &|one| matches!(&*one.kind, "register" | "atom" | "set"))?;
            let (owner, _) = schema.field_with(from.id)?;
            let is_other = |one: &&FieldDefinition| one.kind == from.kind && one.id != from.id;
            let others: Vec<FieldId> =
                owner.fields.iter().filter(is_other).map(|one| one.id).collect();
            MigrationStep::MoveField { from: from.id, to: *rng.pick(&others)? }
        }
        14 => {
            let (field, value) = (any_field(rng, &is_map)?.id, scalar(rng));
            MigrationStep::ChangeDefaultType { field, value: encode(&value) }
        }
        _ => MigrationStep::RemoveDefaultType { field: any_field(rng, &is_map)?.id },
    })
}

fn added_type(rng: &mut Rng) -> TypeDefinition {
    let id = *rng.pick(&ADDED_TYPES).expect("two");
    // The same id under another name is another's.
    let name = if rng.chance(15) { "Stranger".to_owned() } else { format!("Added{}", id.0) };
    let first = 400 + 10 * (id.0 - ADDED_TYPES[0].0);
    let policy = *rng.pick(&POLICIES).expect("four");
    let mut fields = vec![
        register(first, "name", optional(ValueType::String)),
        register(first + 1, "leaf", optional(pointer(LEAF, policy))),
        plain(first + 2, "visits", "counter"),
    ];
    if rng.chance(50) {
        fields.push(deletion(first + 3, "end", UnseenEdits::Revive));
    }
    TypeDefinition { id, name, version: 1, fields }
}

fn added_field(rng: &mut Rng) -> MigrationStep {
    let at = rng.below(ADDED_FIELDS.1);
    let id = ADDED_FIELDS.0 + u64::try_from(at).expect("few fields");
    let node_type = [LEAF, FOLDER, PERSON, TOKEN][at % 4];
    let policy = *rng.pick(&POLICIES).expect("four");
    let name = format!("added{id}");
    let field = match (at, rng.below(2)) {
        (0, 0) => register(id, &name, default_to(ValueType::Int, Value::Int(3))),
        (0, _) => register(id, &name, default_to(ValueType::Int, Value::Int(4))),
        (1 | 2, _) => register(id, &name, optional(pointer(LEAF, policy))),
        (3, _) => set(id, &name, pointer(PERSON, policy)),
        (4, 0) => plain(id, &name, "text"),
        (4, _) => plain(id, &name, "counter"),
        (5, _) => map(id, &name, ValueType::String, scalar(rng)),
        (6, _) => unique(id, &name, &[222]),
        _ => map(id, &name, pointer(LEAF, policy), ValueType::Int),
    };
    MigrationStep::AddField { node_type, field }
}

/// Another configuration of the same kind.
fn changed(rng: &mut Rng, schema: &Schema, known: &FieldDefinition) -> Option<Vec<u8>> {
    let (id, name) = (known.id.0, &*known.name);
    let changed = match known.kind.as_str() {
        "register" => register(id, name, place(rng, schema)),
        "atom" => {
            let members = vec![
                member(1, "x", scalar(rng)),
                member(2, "label", place(rng, schema)),
                member(4, "reader", optional(key(rng, schema))),
            ];
            atom(id, name, optional(ValueType::Composite(members)))
        }
        "record" => {
            let members = vec![
                member(1, "one", place(rng, schema)),
                member(2, "two", place(rng, schema)),
                member(3, "three", optional(key(rng, schema))),
                member(5, "five", place(rng, schema)),
            ];
            record(id, name, members)
        }
        "set" => set(id, name, item(rng, schema)),
        "map" => map(id, name, item(rng, schema), item(rng, schema)),
        "list" => {
            let target = one_type(rng, schema);
            let types = [ValueType::Pointer(target), ValueType::Int, ValueType::String];
            let item = rng.pick(&types)?.clone();
            field(id, name, "list", encode(&ListConfig { item }))
        }
        "key" => field(id, name, "key", encode(&KeyConfig { value: scalar(rng) })),
        "deletion" => {
            let edits = *rng.pick(&[UnseenEdits::Lose, UnseenEdits::Revive])?;
            deletion(id, name, edits)
        }
        "unique" => {
            let (owner, _) = schema.field_with(known.id)?;
            let registers = owner.fields.iter().filter(|one| one.kind == "register");
            let registers: Vec<u64> = registers.map(|one| one.id.0).collect();
            unique(id, name, &[*rng.pick(&registers)?])
        }
        _ => return None,
    };
    Some(changed.config)
}

/// What a place may hold.
fn place(rng: &mut Rng, schema: &Schema) -> ValueType {
    match rng.below(6) {
        0 => default_to(ValueType::Int, Value::Int(7)),
        1 => ValueType::String,
        2 => optional(list_of(item(rng, schema))),
        _ => optional(item(rng, schema)),
    }
}

/// What an item may be: a key as often as something plain.
fn item(rng: &mut Rng, schema: &Schema) -> ValueType {
    match rng.below(5) {
        0 | 1 => scalar(rng),
        2 => ValueType::Union(vec![key(rng, schema), ValueType::String]),
        _ => key(rng, schema),
    }
}

fn scalar(rng: &mut Rng) -> ValueType {
    let types = [
        ValueType::Int,
        ValueType::String,
        ValueType::Float,
        ValueType::Bool,
        ValueType::Union(vec![ValueType::Int, ValueType::String]),
    ];
    rng.pick(&types).expect("there are some").clone()
}

fn key(rng: &mut Rng, schema: &Schema) -> ValueType {
    let policy = *rng.pick(&POLICIES).expect("four");
    pointer(one_type(rng, schema), policy)
}

/// A type that others may point to: mostly one of those that everybody does.
fn one_type(rng: &mut Rng, schema: &Schema) -> TypeId {
    let known = [LEAF, LEAF, FOLDER, PERSON];
    let picked = if rng.chance(90) { rng.pick(&known).copied() } else { None };
    let any = schema.types.first().map_or(LEAF, |one| one.id);
    picked.unwrap_or(any)
}
