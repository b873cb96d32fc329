//! The targets of migrations and of the rules that stand in a type: what takes a schema further.
//!
//! **Invariants**
//! - What applies makes a schema that keeps every rule, and is told about step by step.
//!
//! What this does not do: fold the migrations of a log. The target `graph` does.

use crate::fuzz::HEAP_TIMES;
use crate::fuzz::corpus::Corpus;
use crate::fuzz::edits;
use crate::fuzz::errors::{Named, Told, outcome};
use crate::fuzz::mutation::INPUT_BYTES_MAX;
use crate::fuzz::shapes::value_type;
use crate::fuzz::targets::{ALL, SPARE_OF_TYPES, SPARE_OF_VALUES, Target, leave, names, same};
use crate::histories::{Rng, later_schema, other_schema};
use woodland_format::{
    CanonicalError, DeletionConfig, FieldDefinition, FieldId, MapConfig, Migration, MigrationStep,
    Misfit, RegisterConfig, Renames, Schema, SchemaError, TypeDefinition, TypeId, UniqueConfig,
    UnseenEdits, ValueType, decode, encode, limits, same_shape,
};

/// The most steps that are told about.
const NOTES_MAX: usize = 64;

pub(crate) fn targets() -> Vec<Target> {
    let rule = |name, inputs, edit, decode| Target {
        name,
        errors: CanonicalError::NAMES.to_vec(),
        heap_times: HEAP_TIMES,
        spare_bytes: SPARE_OF_VALUES,
        inputs,
        edit,
        mend: leave,
        decode,
    };
    vec![
        Target {
            name: "migration",
            errors: names(&[CanonicalError::NAMES, Misfit::NAMES, SchemaError::NAMES]),
            heap_times: HEAP_TIMES,
            // A schema is copied to be changed, and an outcome is told in words.
            spare_bytes: SPARE_OF_TYPES,
            inputs: |_| proposed(),
            edit: |_, rng, bytes| {
                if let Ok(mut migration) = decode::<Migration, ALL>("a migration", bytes) {
                    bend(rng, &mut migration);
                    *bytes = encode(&migration);
                    bytes.truncate(INPUT_BYTES_MAX);
                }
            },
            mend: leave,
            decode: migrate,
        },
        rule(
            "deletion-config",
            |_| edits::some(8, |rng| encode(&DeletionConfig { edits: unseen(rng) })),
            |_, rng, bytes| *bytes = encode(&DeletionConfig { edits: unseen(rng) }),
            |_, bytes, told| config::<DeletionConfig>(bytes, told),
        ),
        rule(
            "unique-config",
            |_| edits::some(64, |rng| encode(&unique(rng))),
            |_, rng, bytes| *bytes = encode(&unique(rng)),
            |_, bytes, told| config::<UniqueConfig>(bytes, told),
        ),
    ]
}

fn config<T: serde::Serialize + serde::de::DeserializeOwned>(bytes: &[u8], told: &mut Told) {
    let config = decode::<T, { limits::CONFIG_BYTES_MAX }>("a configuration", bytes);
    if let Some(config) = outcome(config, told) {
        same(&config, bytes);
    }
}

fn unseen(rng: &mut Rng) -> UnseenEdits {
    [UnseenEdits::Lose, UnseenEdits::Revive][rng.below(2)]
}

fn unique(rng: &mut Rng) -> UniqueConfig {
    let count = [0, 1, 2, limits::FIELDS_MAX - 1 + rng.below(3)][rng.below(4)];
    UniqueConfig { fields: (0..count as u64).map(FieldId).collect() }
}

/// The migrations between the schemas of the histories, both ways.
fn proposed() -> Vec<Vec<u8>> {
    let schemas = [ground(), later_schema(), other_schema(), Schema { types: vec![] }];
    let mut all = edits::some(64, |rng| encode(&some(rng)));
    for current in &schemas {
        for wanted in &schemas {
            let proposal = Migration::propose(current, wanted, &Renames::default(), &[]);
            if let Ok(Some(proposal)) = proposal {
                assert!(same_shape(&proposal.schema, wanted), "{proposal}");
                all.push(encode(&proposal.migration));
            }
        }
    }
    all
}

/// What the migrations are applied to: its ids are those that steps here name.
fn ground() -> Schema {
    let field = |id, kind: &str, config| FieldDefinition {
        id: FieldId(id),
        name: format!("f{id}"),
        kind: kind.to_owned(),
        config,
    };
    let register = || encode(&RegisterConfig { value: ValueType::Int });
    let map = encode(&MapConfig { key: ValueType::String, value: ValueType::Int });
    let one = |id: u64, fields: Vec<FieldDefinition>| TypeDefinition {
        id: TypeId(id),
        name: format!("T{id}"),
        version: 1,
        fields,
    };
    Schema {
        types: vec![
            one(
                1,
                vec![
                    field(1, "register", register()),
                    field(2, "register", register()),
                    field(3, "map", map),
                    field(4, "text", vec![]),
                ],
            ),
            one(2, vec![field(5, "register", register())]),
            one(3, vec![]),
        ],
    }
}

fn migrate(_: &Corpus, bytes: &[u8], told: &mut Told) {
    let decoded = decode::<Migration, ALL>("a migration", bytes);
    let Some(migration) = outcome(decoded, told) else { return };
    same(&migration, bytes);
    // Decoding alone is little: what counts is that the steps fit.
    told.is_accepted = false;
    let ground = ground();
    let made = migration.apply(&ground);
    // Words are longer than the steps that they are about, and no decoder's.
    if migration.steps.len() <= NOTES_MAX {
        let notes = migration.review(&ground).map(|notes| notes.len());
        let steps = made.as_ref().map(|_| migration.steps.len());
        assert_eq!(notes, steps.map_err(Clone::clone), "each step of what applies is told about");
    }
    let Some(made) = outcome(made, told) else { return };
    assert_eq!(made.check(), Ok(()));
    // And back again.
    let back = Migration::propose(&made, &ground, &Renames::default(), &[&ground]);
    match back.expect("a small way") {
        Some(back) => assert!(same_shape(&back.schema, &ground), "{back}"),
        None => assert!(same_shape(&made, &ground)),
    }
}

/// A few steps, most of which fit the ground.
pub(crate) fn some(rng: &mut Rng) -> Migration {
    Migration { steps: (0..1 + rng.below(4)).map(|_| step(rng)).collect() }
}

fn step(rng: &mut Rng) -> MigrationStep {
    let node_type = TypeId(1 + rng.below(4) as u64);
    let field = FieldId(1 + rng.below(7) as u64);
    let names = if rng.chance(80) { 2 } else { 5 };
    let name = ["f1", "renamed", "T2", "no name", ""][rng.below(names)];
    let name = name.to_owned();
    let config = encode(&RegisterConfig { value: value_type(rng, 4) });
    let kind = ["register", "set", "text", "own"][rng.below(4)].to_owned();
    let id = FieldId(8 + rng.below(4) as u64);
    let added = || FieldDefinition { id, name: format!("f{}", id.0), kind, config: config.clone() };
    match rng.below(10) {
        0 => {
            let fields = if rng.chance(50) { vec![] } else { vec![added()] };
            let (id, version) = (TypeId(4 + rng.below(3) as u64), 1);
            MigrationStep::AddType(TypeDefinition { id, name, version, fields })
        }
        1 => MigrationStep::RemoveType { node_type },
        2 => MigrationStep::RenameType { node_type, name },
        3 => MigrationStep::AddField { node_type, field: added() },
        4 => MigrationStep::RemoveField { field },
        5 => MigrationStep::RenameField { field, name },
        6 => MigrationStep::ChangeType { field, config },
        7 => MigrationStep::MoveField { from: field, to: FieldId(1 + rng.below(5) as u64) },
        8 if rng.chance(80) => MigrationStep::change_default_type(FieldId(3), &value_type(rng, 4)),
        8 => MigrationStep::ChangeDefaultType { field, value: vec![13; rng.below(9)] },
        _ => MigrationStep::RemoveDefaultType { field: FieldId(2 + rng.below(3) as u64) },
    }
}

/// Changes the steps.
pub(crate) fn bend(rng: &mut Rng, migration: &mut Migration) {
    let steps = &mut migration.steps;
    match rng.below(8) {
        0 => steps.reverse(),
        1 => drop(steps.pop()),
        2 => steps.extend(steps.clone()),
        3 => {
            let most = limits::MIGRATION_STEPS_MAX - 1 + rng.below(3);
            let count = if rng.chance(5) { most } else { 40 };
            *steps = steps.iter().cloned().cycle().take(count).collect();
        }
        4 => *migration = some(rng),
        _ => {
            let at = rng.below(steps.len() + 1);
            steps.insert(at, step(rng));
        }
    }
}
