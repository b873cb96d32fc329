//! Migrations: what is proposed and what applies; in `words` what is said about it, in `misfits`
//! every way not to fit.

mod misfits;
#[path = "../sample/mod.rs"]
mod sample;
mod words;

use proptest::collection::vec;
use proptest::prelude::*;
use sample::types::{default, derived, list, literal, member, optional};
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::limits::{CONFIG_BYTES_MAX, MIGRATION_STEPS_MAX};
use woodland_format::{
    AtomConfig, DeletionConfig, EventsConfig, FieldDefinition, FieldId, KeyConfig, ListConfig,
    Loss, MapConfig, Migration, MigrationStep, Misfit, OnDelete, Op, Payload, Proposal,
    RecordConfig, RegisterConfig, Renames, Schema, SchemaError, SetConfig, TypeDefinition, TypeId,
    UniqueConfig, UnseenEdits, ValueType, encode, same_shape,
};

use ValueType::{Bool, Composite, Float, Int, Pointer, String as Text, Union};

/// The configuration of a field, once the types have their numbers and the fields theirs.
#[derive(Debug, Clone)]
enum Planned {
    Of(&'static str, Vec<u8>),
    /// A register of pointers to the type with this name, if there is one.
    Pointer(&'static str, bool),
    Unique,
}

/// A program's types and fields, by name, in the order in which it names them.
type Program = Vec<(&'static str, Vec<(&'static str, Planned)>)>;

fn register(value: ValueType) -> Planned {
    Planned::Of("register", encode(&RegisterConfig { value }))
}

fn set(item: ValueType) -> Planned {
    Planned::Of("set", encode(&SetConfig { item }))
}

fn map(key: ValueType, value: ValueType) -> Planned {
    Planned::Of("map", encode(&MapConfig { key, value }))
}

fn text() -> Planned {
    Planned::Of("text", vec![])
}

/// As `woodland::define` numbers it: from 1, in the program's order.
fn schema(program: &Program) -> Schema {
    let mut numbers = 1..;
    let number = |name: &str| program.iter().position(|(one, _)| *one == name);
    let types = program.iter().enumerate().map(|(at, (name, planned))| {
        let ids: Vec<u64> = planned.iter().map(|_| numbers.next().unwrap()).collect();
        let field = |((name, planned), id): (&(&str, Planned), &u64)| {
            let (kind, config) = match planned {
                Planned::Of(kind, config) => (*kind, config.clone()),
                Planned::Pointer(target, is_foreign_key) => {
                    let target = TypeId(number(target).map_or(1, |at| at as u64 + 1));
                    let on_delete = OnDelete::Revive;
                    let value = match is_foreign_key {
                        true => ValueType::ForeignKey { target, on_delete },
                        false => Pointer(target),
                    };
                    ("register", encode(&RegisterConfig { value: optional(value) }))
                }
                Planned::Unique => {
                    ("unique", encode(&unique(planned_registers(&ids, at, program))))
                }
            };
            let (name, kind) = ((*name).to_owned(), kind.to_owned());
            FieldDefinition { id: FieldId(*id), name, kind, config }
        };
        TypeDefinition {
            id: TypeId(at as u64 + 1),
            name: (*name).to_owned(),
            version: 1,
            fields: planned.iter().zip(&ids).map(field).collect(),
        }
    });
    Schema { types: types.collect() }
}

fn planned_registers(ids: &[u64], at: usize, program: &Program) -> Vec<FieldId> {
    let is_register =
        |planned: &Planned| matches!(planned, Planned::Of("register", _) | Planned::Pointer(..));
    let fields = program[at].1.iter().zip(ids).filter(|((_, planned), _)| is_register(planned));
    fields.map(|(_, id)| FieldId(*id)).collect()
}

fn unique(fields: Vec<FieldId>) -> UniqueConfig {
    UniqueConfig { fields }
}

fn propose(current: &Schema, wanted: &Schema) -> Option<Proposal> {
    Migration::propose(current, wanted, &Renames::default(), &[]).unwrap()
}

/// The log's schema after each of these programs in turn was the newest.
fn after(programs: &[Program]) -> Schema {
    let mut log: Vec<Schema> = vec![schema(&programs[0])];
    for program in &programs[1..] {
        let taken: Vec<&Schema> = log.iter().collect();
        let current = taken[taken.len() - 1];
        let proposal =
            Migration::propose(current, &schema(program), &Renames::default(), &taken).unwrap();
        log.extend(proposal.map(|proposal| proposal.schema));
    }
    log.pop().unwrap()
}

const TYPES: [&str; 4] = ["Note", "Tag", "Folder", "User"];
const FIELDS: [&str; 6] = ["title", "body", "rank", "owner", "tags", "extra"];

fn value() -> impl Strategy<Value = ValueType> {
    let shape = Union(vec![literal("circle"), literal("square"), Int]);
    let size = Composite(vec![member(1, Int), member(3, optional(Text))]);
    proptest::sample::select(vec![Bool, Int, Float, Text, derived("date", Text), shape, size])
}

fn planned() -> impl Strategy<Value = Planned> {
    let events = encode(&EventsConfig { reducer: "ledger".into() });
    let revive = encode(&DeletionConfig { edits: UnseenEdits::Revive });
    let target = || proptest::sample::select(TYPES.to_vec());
    prop_oneof![
        3 => value().prop_map(register),
        1 => value().prop_map(|of| register(optional(of))),
        1 => (0..3i64).prop_map(|value| register(default(Int, value))),
        3 => (target(), any::<bool>()).prop_map(|(target, way)| Planned::Pointer(target, way)),
        1 => value().prop_map(set),
        1 => (value(), value()).prop_map(|(key, value)| map(key, value)),
        1 => value().prop_map(|item| Planned::Of("list", encode(&ListConfig { item }))),
        1 => value().prop_map(|value| Planned::Of("key", encode(&KeyConfig { value }))),
        1 => vec(value(), 0..3).prop_map(|members| {
            let members = (0..).zip(members).map(|(at, value)| member(at, value)).collect();
            Planned::Of("record", encode(&RecordConfig { members }))
        }),
        1 => value().prop_map(|of| {
            let value = Composite(vec![member(2, of)]);
            Planned::Of("atom", encode(&AtomConfig { value }))
        }),
        2 => Just(Planned::Unique),
        1 => Just(text()),
        1 => Just(Planned::Of("counter", vec![])),
        1 => Just(Planned::Of("events", events)),
        1 => Just(Planned::Of("deletion", revive)),
        1 => vec(any::<u8>(), 0..3).prop_map(|config| Planned::Of("own_kind", config)),
    ]
}

/// Programs whose schema keeps the rules.
fn program() -> impl Strategy<Value = Program> {
    let fields = vec((proptest::sample::select(FIELDS.to_vec()), planned()), 0..6);
    let types = vec((proptest::sample::select(TYPES.to_vec()), fields), 1..4);
    types.prop_map(|types| {
        let mut program: Program = Vec::new();
        for (name, fields) in types {
            if program.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let mut kept: Vec<(&str, Planned)> = Vec::new();
            for (name, planned) in fields {
                let once = |planned: &Planned| match planned {
                    Planned::Of(kind @ ("key" | "deletion"), _) => Some(*kind),
                    _ => None,
                };
                let twice =
                    kept.iter().any(|(_, one)| once(one).is_some() && once(one) == once(&planned));
                if !twice && kept.iter().all(|(known, _)| *known != name) {
                    kept.push((name, planned));
                }
            }
            program.push((name, kept));
        }
        for at in 0..program.len() {
            let ids: Vec<u64> = (0..program[at].1.len() as u64).collect();
            if planned_registers(&ids, at, &program).is_empty() {
                program[at].1.retain(|(_, planned)| !matches!(planned, Planned::Unique));
            }
        }
        program
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn what_is_proposed_makes_what_is_wanted(
        first in program(), second in program(), third in program(),
    ) {
        let wanted = schema(&third);
        let begin = after(&[first, second]);
        let proposal = propose(&begin, &wanted);
        prop_assert_eq!(proposal.is_none(), same_shape(&begin, &wanted));
        let Some(Proposal { migration, schema: made, notes }) = proposal else { return Ok(()) };
        prop_assert_eq!(migration.apply(&begin).unwrap(), made.clone());
        prop_assert!(same_shape(&made, &wanted), "{migration}");
        prop_assert!(same_shape(&wanted, &made));
        prop_assert_eq!(propose(&made, &wanted), None);
        prop_assert_eq!(notes.len(), migration.steps.len());
        // Made twice, it is made once.
        prop_assert_eq!(&migration.apply(&made).unwrap(), &made);
        // It travels.
        let payload = Payload::of(vec![Op::Migrate(migration)]);
        prop_assert_eq!(Payload::decode(&payload.encode()).unwrap(), payload);
        prop_assert_eq!(Schema::decode(&made.encode()).unwrap(), made);
    }

    #[test]
    fn the_order_in_which_a_program_names_things_is_no_shape(
        program in program(), turn in 0..9usize,
    ) {
        let mut other = program.clone();
        let count = other.len();
        other.rotate_left(turn % count);
        other.iter_mut().for_each(|(_, fields)| fields.reverse());
        let (one, other) = (schema(&program), schema(&other));
        // A pointer without its type points to the first there is, which is another then.
        let target_is_there = program.iter().flat_map(|(_, fields)| fields).all(|(_, planned)| {
            let Planned::Pointer(target, _) = planned else { return true };
            program.iter().any(|(name, _)| name == target)
        });
        if target_is_there {
            prop_assert!(same_shape(&one, &other));
            prop_assert_eq!(propose(&one, &other), None);
        }
    }
}

#[test]
fn two_replicas_that_upgrade_apart_make_one_migration() {
    let old = schema(&vec![("Note", vec![("title", register(Text))])]);
    let program = || {
        vec![
            ("Tag", vec![("name", register(Text)), ("one_name", Planned::Unique)]),
            ("Note", vec![("title", register(Text)), ("tag", Planned::Pointer("Tag", true))]),
        ]
    };
    let one = propose(&old, &schema(&program())).unwrap();
    let other = propose(&old, &schema(&program())).unwrap();
    assert_eq!(encode(&one.migration), encode(&other.migration));
    assert_eq!(one.schema.id(), other.schema.id());
    // One after the other, whoever is first.
    assert_eq!(other.migration.apply(&one.schema), Ok(one.schema.clone()));
    let note = one.schema.type_named("Note").unwrap();
    assert_eq!((note.id, note.version), (TypeId(1), 2));
    assert_eq!(one.schema.type_named("Tag").unwrap().version, 1);
}

#[test]
fn what_is_added_again_is_new() {
    let with = vec![("Note", vec![("title", register(Text))]), ("Tag", vec![])];
    let without: Program = vec![("Note", vec![])];
    let mut log = vec![after(&[without.clone(), with.clone()])];
    let mut ids = BTreeSet::new();
    for round in 0..5 {
        for program in [&without, &with] {
            let taken: Vec<&Schema> = log.iter().collect();
            let renames = Renames::default();
            let made =
                Migration::propose(taken[taken.len() - 1], &schema(program), &renames, &taken);
            log.push(made.unwrap().unwrap().schema);
        }
        let last = &log[log.len() - 1];
        let field = last.type_named("Note").unwrap().field_named("title").unwrap().id;
        assert!(ids.insert((field, last.type_named("Tag").unwrap().id)), "round {round}");
    }
    let fields: BTreeSet<FieldId> = ids.iter().map(|(field, _)| *field).collect();
    let types: BTreeSet<TypeId> = ids.iter().map(|(_, one)| *one).collect();
    assert_eq!((fields.len(), types.len()), (5, 5));
}

#[test]
fn fifty_versions_in_a_chain() {
    let version = |at: usize| -> Program {
        let kinds = [register(Text), register(Int), text(), set(Int), map(Text, Int)];
        let field = |slot: usize| (FIELDS[slot], kinds[(at / (slot + 1)) % kinds.len()].clone());
        let mut program: Program = vec![("Note", (0..1 + at % 6).map(field).collect())];
        if !at.is_multiple_of(3) {
            program.push(("Tag", vec![("owner", Planned::Pointer("Note", at.is_multiple_of(2)))]));
        }
        program
    };
    let mut log = vec![schema(&version(0))];
    let mut fields: BTreeMap<FieldId, (String, String)> = BTreeMap::new();
    for at in 1..50 {
        let wanted = schema(&version(at));
        let taken: Vec<&Schema> = log.iter().collect();
        let current = taken[taken.len() - 1];
        let proposal = Migration::propose(current, &wanted, &Renames::default(), &taken).unwrap();
        let made = proposal.expect("each version is another").schema;
        assert!(same_shape(&made, &wanted), "version {at}");
        // One id was never two things.
        for field in made.types.iter().flat_map(|one| &one.fields) {
            let what = (field.name.clone(), field.kind.clone());
            let known = fields.entry(field.id).or_insert_with(|| what.clone());
            assert_eq!(*known, what, "version {at}");
        }
        log.push(made);
    }
    let note = log[49].type_named("Note").unwrap();
    assert_eq!((note.id, note.version), (TypeId(1), 50));
}

fn renames(say: impl FnOnce(&mut Renames)) -> Renames {
    let mut renames = Renames::default();
    say(&mut renames);
    renames
}

#[test]
fn a_name_that_was_is_the_same_thing() {
    let old = schema(&vec![(
        "Memo",
        vec![("heading", register(Text)), ("about", Planned::Pointer("Memo", false))],
    )]);
    let wanted = schema(&vec![(
        "Note",
        vec![("title", register(Text)), ("about", Planned::Pointer("Note", false))],
    )]);
    let renames = renames(|renames| {
        renames.type_was("Note", "Slip").type_was("Note", "Memo");
        renames.field_was("Note", "title", "heading");
    });
    let proposal = Migration::propose(&old, &wanted, &renames, &[]).unwrap().unwrap();
    let rename_type = MigrationStep::RenameType { node_type: TypeId(1), name: "Note".into() };
    let rename_field = MigrationStep::RenameField { field: FieldId(1), name: "title".into() };
    assert_eq!(proposal.migration.steps, [rename_type, rename_field]);
    assert!(proposal.notes.iter().all(|note| note.loss == Loss::Nothing));
    // It stays in the program for ever, and does nothing any more.
    assert_eq!(Migration::propose(&proposal.schema, &wanted, &renames, &[]), Ok(None));
    // Without a word it is something else.
    assert!(propose(&old, &wanted).unwrap().migration.steps.len() > 1);
    // A name that something has today was not somebody else's.
    let both = schema(&vec![
        ("Note", vec![("title", register(Text)), ("about", Planned::Pointer("Note", false))]),
        ("Memo", vec![("heading", register(Text)), ("about", Planned::Pointer("Memo", false))]),
    ]);
    let proposal = Migration::propose(&old, &both, &renames, &[]).unwrap().unwrap();
    let [MigrationStep::AddType(added)] = &proposal.migration.steps[..] else { panic!("one step") };
    assert_eq!(added.name, "Note");
}

#[test]
fn a_field_takes_the_place_of_another() {
    let field = |name: &'static str| (name, register(Text));
    let old = schema(&vec![("Note", vec![field("draft"), field("body"), ("n", text())])]);
    let wanted = schema(&vec![("Note", vec![("body", register(Int)), ("n", text())])]);
    let renames = renames(|renames| {
        renames.field_moved("Note", "draft", "body");
    });
    let proposal = Migration::propose(&old, &wanted, &renames, &[]).unwrap().unwrap();
    let config = encode(&RegisterConfig { value: Int });
    assert_eq!(
        proposal.migration.steps,
        [
            MigrationStep::MoveField { from: FieldId(1), to: FieldId(2) },
            MigrationStep::ChangeType { field: FieldId(1), config },
        ]
    );
    assert_eq!(proposal.notes[0].loss, Loss::Hidden);
    let made = proposal.schema;
    assert_eq!(Migration::propose(&made, &wanted, &renames, &[]), Ok(None));
    assert_eq!(proposal.migration.apply(&made), Ok(made.clone()), "made twice, made once");
    // Of another kind, the target goes and the name is taken.
    let old = schema(&vec![("Note", vec![field("draft"), ("body", text())])]);
    let wanted = schema(&vec![("Note", vec![field("body")])]);
    let proposal = Migration::propose(&old, &wanted, &renames, &[]).unwrap().unwrap();
    let steps = [
        MigrationStep::RemoveField { field: FieldId(2) },
        MigrationStep::RenameField { field: FieldId(1), name: "body".into() },
    ];
    assert_eq!(proposal.migration.steps, steps);
    // Without a target it is a rename.
    let old = schema(&vec![("Note", vec![field("draft")])]);
    let proposal = Migration::propose(&old, &wanted, &renames, &[]).unwrap().unwrap();
    let rename = MigrationStep::RenameField { field: FieldId(1), name: "body".into() };
    assert_eq!(proposal.migration.steps, [rename]);
}

#[test]
fn ids_of_the_program_do_not_reach_the_log() {
    // In the log, User is 1 and Note 2; in the program it is the other way round.
    let note = || ("Note", vec![("by", Planned::Pointer("User", true)), ("title", register(Text))]);
    let user = || ("User", vec![("name", register(Text))]);
    let current = schema(&vec![user(), note()]);
    let wanted = schema(&vec![
        (note().0, [note().1, vec![("once", Planned::Unique)]].concat()),
        (user().0, vec![("name", register(Text)), ("best", Planned::Pointer("Note", false))]),
    ]);
    let proposal = propose(&current, &wanted).unwrap();
    let made = &proposal.schema;
    let best = made.type_named("User").unwrap().field_named("best").unwrap();
    let to_note = RegisterConfig { value: optional(Pointer(TypeId(2))) };
    assert_eq!(best.config, encode(&to_note));
    let once = made.type_named("Note").unwrap().field_named("once").unwrap();
    assert_eq!(once.config, encode(&unique(vec![FieldId(2), FieldId(3)])));
}
