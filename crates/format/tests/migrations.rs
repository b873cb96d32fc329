//! Migrations: what is proposed, what applies, what is said about it, and every way not to fit.

mod sample;

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

/// All that is said about the way from one program to the other.
fn told(from: &Program, to: &Program, renames: &Renames) -> String {
    let proposal = Migration::propose(&schema(from), &schema(to), renames, &[]).unwrap().unwrap();
    proposal.to_string()
}

#[test]
fn a_proposal_says_what_it_does() {
    let from: Program = vec![
        (
            "Memo",
            vec![
                ("rank", register(Int)),
                ("color", register(Text)),
                ("body", text()),
                ("draft", register(Text)),
                ("title", register(Text)),
                ("extra", map(Text, Int)),
                ("old", map(Text, Int)),
                ("tags", set(Int)),
                ("once", Planned::Unique),
            ],
        ),
        ("Gone", vec![]),
    ];
    let to: Program = vec![
        (
            "Note",
            vec![
                ("rank", register(Bool)),
                ("body", register(default(Text, "new"))),
                ("title", register(Text)),
                ("extra", map(Text, Text)),
                ("labels", set(Text)),
                ("by", Planned::Pointer("User", false)),
                ("size", register(default(Int, 3))),
            ],
        ),
        ("User", vec![("name", register(Text))]),
    ];
    let renames = renames(|renames| {
        renames.type_was("Note", "Memo").field_was("Note", "labels", "tags");
        renames.field_moved("Note", "draft", "title");
    });
    let expected = "\
rename type Memo to Note
    programs with the old schema still call it Memo
remove Note.color
    'color' is no longer read; programs with the old schema still see it
remove Note.body
    'body' is no longer read; programs with the old schema still see it
remove Note.old
    'old' is no longer read; programs with the old schema still see it
remove Note.once
    nodes with equal values are no longer said to clash
change Note.rank from int to bool
    0 reads as false, anything else as true
add register Note.body: string = \"new\"
    the kind changes from text to register: content starts empty
move Note.draft to the place of Note.title
    what was written to 'title' is no longer read; programs with the old schema still see it, \
and what they write to it later is read here, too
change a value of Note.extra from int to string
    values read as their text
rename Note.tags to labels
    programs with the old schema still call it tags
change an item of Note.labels from int to string
    values read as their text
add register Note.by: optional pointer<User>
add register Note.size: int = 3
    nodes that are there already read as 3
add type User with name
remove type Gone
    its nodes are no longer shown; programs with the old schema still see them
";
    assert_eq!(told(&from, &to, &renames), expected);
}

/// What is said about a register that was of one type and is of another.
fn change(from: ValueType, to: ValueType) -> String {
    let of = |value| vec![("Note", vec![("f", register(value))])];
    let text = told(&of(from), &of(to), &Renames::default());
    text.lines().nth(1).unwrap().trim().to_owned()
}

#[test]
fn what_a_change_of_type_does_is_said() {
    let one = |value| Composite(vec![member(1, value)]);
    let rows = [
        (Int, optional(Int), "every value reads as before"),
        (literal("red"), Text, "every value reads as before"),
        (Int, Union(vec![Text, Int]), "every value reads as before"),
        (Float, Bool, "0.0 and NaN read as false, anything else as true"),
        (Text, Bool, r#""", "0" and "false" read as false, anything else as true"#),
        (Bool, Int, "false reads as 0, true as 1"),
        (Bool, Float, "false reads as 0.0, true as 1.0"),
        (Int, Float, "a number reads as the nearest float"),
        (
            Float,
            Int,
            "numbers are cut toward zero, past the ends of int to its end; NaN reads as 0",
        ),
        (
            Text,
            default(Int, 5),
            "text that is a number reads as that, toward zero, anything else reads as 5; where \
             nothing is written, it reads as 5",
        ),
        (Text, optional(Float), "text that is a number reads as that, anything else is absent"),
        (ValueType::Bytes, Text, "bytes that are UTF-8 read as their text, others: reads as \"\""),
        (Text, ValueType::Bytes, "text reads as its bytes"),
        (
            default(Int, 1),
            Int,
            "every value reads as before; where nothing is written, it is absent",
        ),
        (Int, list(Int), "a value reads as a list of one: every value reads as before"),
        (
            list(Int),
            Int,
            "of a list of one the item is read: every value reads as before; any other list reads \
             as 0",
        ),
        (list(Int), list(Bool), "item by item: 0 reads as false, anything else as true"),
        (Int, literal(7), "what converts to 7 reads as that, anything else reads as 7"),
        (
            Bool,
            Union(vec![Text, Int]),
            "values read as string | int where they convert, anything else reads as \"\"",
        ),
        (one(Int), Int, "no {m1: int} converts to int: a value reads as 0"),
        (Pointer(TypeId(1)), optional(Int), "no pointer<Note> converts to int: a value is absent"),
        (
            one(Int),
            Composite(vec![member(1, Bool), member(2, Int), member(3, optional(Int))]),
            "m1: 0 reads as false, anything else as true; m2 reads as 0 where it is not written; m3 \
             is absent where it is not written",
        ),
        (Composite(vec![member(1, Int), member(2, Int)]), one(Int), "m2 is no longer read"),
        (
            Pointer(TypeId(1)),
            ValueType::ForeignKey { target: TypeId(1), on_delete: OnDelete::Cascade },
            "for pointers written from now on, something else becomes of a deletion",
        ),
    ];
    for (from, to, expected) in rows {
        assert_eq!(change(from.clone(), to.clone()), expected, "{from} to {to}");
    }
}

fn field(id: u64, name: &str, kind: &str, config: Vec<u8>) -> FieldDefinition {
    FieldDefinition { id: FieldId(id), name: name.into(), kind: kind.into(), config }
}

/// Note(1): title(1) a register, body(2) a text, label(3) a register; Tag(2): name(4) a register.
fn ground() -> Schema {
    schema(&vec![
        ("Note", vec![("title", register(Text)), ("body", text()), ("label", register(Text))]),
        ("Tag", vec![("name", register(Text))]),
    ])
}

#[test]
fn every_misfit_is_raised() {
    let text_config = encode(&RegisterConfig { value: Text });
    let add = |field| MigrationStep::AddField { node_type: TypeId(1), field };
    let empty = |id, name: &str| {
        let (id, name) = (TypeId(id), name.to_owned());
        MigrationStep::AddType(TypeDefinition { id, name, version: 1, fields: vec![] })
    };
    let unsound =
        |field: &str, reason: &str| Misfit::Unsound { field: field.into(), reason: reason.into() };
    let to_gone = encode(&RegisterConfig { value: Pointer(TypeId(9)) });
    let move_field = |from, to| MigrationStep::MoveField { from: FieldId(from), to: FieldId(to) };
    let rename = |field, name: &str| {
        let (field, name) = (FieldId(field), name.to_owned());
        MigrationStep::RenameField { field, name }
    };
    let rename_type = |id, name: &str| {
        let (node_type, name) = (TypeId(id), name.to_owned());
        MigrationStep::RenameType { node_type, name }
    };
    let retype = |field, config| MigrationStep::ChangeType { field: FieldId(field), config };
    let value = |field| MigrationStep::change_default_type(FieldId(field), &Int);
    let no_map = |field| MigrationStep::RemoveDefaultType { field: FieldId(field) };
    let many = vec![rename(1, "title"); MIGRATION_STEPS_MAX + 1];
    let too_many = SchemaError::TooMany {
        what: "steps of a migration",
        found: MIGRATION_STEPS_MAX + 1,
        limit: MIGRATION_STEPS_MAX,
    };
    let key = || encode(&KeyConfig { value: Text });
    let rows: Vec<(Vec<MigrationStep>, Misfit)> = vec![
        (vec![], Misfit::Empty),
        (vec![rename_type(9, "X")], Misfit::NoType(TypeId(9))),
        (
            vec![MigrationStep::AddField {
                node_type: TypeId(9),
                field: field(9, "x", "text", vec![]),
            }],
            Misfit::NoType(TypeId(9)),
        ),
        (vec![rename(9, "x")], Misfit::NoField(FieldId(9))),
        (vec![retype(9, vec![])], Misfit::NoField(FieldId(9))),
        (vec![move_field(9, 1)], Misfit::NoField(FieldId(9))),
        (vec![value(9)], Misfit::NoField(FieldId(9))),
        (vec![empty(1, "Other")], Misfit::Taken(1)),
        (vec![add(field(4, "x", "text", vec![]))], Misfit::Taken(4)),
        (vec![move_field(1, 1)], Misfit::Taken(1)),
        (vec![move_field(1, 2)], Misfit::Apart { from: FieldId(1), to: FieldId(2) }),
        (vec![move_field(1, 4)], Misfit::Apart { from: FieldId(1), to: FieldId(4) }),
        (vec![value(1)], Misfit::NoMap(FieldId(1))),
        (vec![no_map(2)], Misfit::NoMap(FieldId(2))),
        (
            vec![
                add(field(9, "m", "map", encode(&MapConfig { key: Text, value: Int }))),
                MigrationStep::ChangeDefaultType { field: FieldId(9), value: vec![13] },
            ],
            unsound("m", "a type does not decode: UnexpectedEnd { additional: 3 }"),
        ),
        (vec![retype(1, to_gone)], unsound("Note.title", "it points to type 9, which is gone")),
        (vec![retype(2, vec![0])], unsound("Note.body", "a text has no configuration")),
        (
            vec![add(field(9, "k", "key", key())), add(field(10, "l", "key", key()))],
            unsound("Note", "it has two fields of kind key"),
        ),
        (
            vec![add(field(9, "u", "unique", encode(&unique(vec![]))))],
            unsound("Note.u", "what is unique is at least one field, ascending"),
        ),
        (
            vec![add(field(9, "u", "unique", encode(&unique(vec![FieldId(3), FieldId(1)]))))],
            unsound("Note.u", "what is unique is at least one field, ascending"),
        ),
        (
            vec![add(field(9, "u", "unique", encode(&unique(vec![FieldId(2)]))))],
            unsound("Note.u", "field 2 is no register of Note"),
        ),
        (vec![rename(1, "label")], SchemaError::NameTwice { name: "label".into() }.into()),
        (vec![rename_type(1, "a b")], SchemaError::BadName { name: "a b".into() }.into()),
        (many, too_many.into()),
    ];
    for (steps, expected) in rows {
        let first = format!("{:?}", steps.first());
        let migration = Migration { steps };
        assert_eq!(migration.apply(&ground()), Err(expected.clone()), "{first}");
        assert_eq!(migration.review(&ground()), Err(expected), "{first}");
    }
    // What a rule of schemas, and a type, would not have.
    let most = retype(1, vec![0; CONFIG_BYTES_MAX + 1]);
    let schema = Migration { steps: vec![most] }.apply(&ground());
    assert!(matches!(schema, Err(Misfit::Schema(SchemaError::TooMany { .. }))), "{schema:?}");
    let bad = encode(&RegisterConfig { value: Union(vec![Int]) });
    let bad = Migration { steps: vec![add(field(9, "x", "register", bad))] }.apply(&ground());
    assert!(matches!(bad, Err(Misfit::Unsound { .. })), "{bad:?}");
    // All or nothing: what fits beside it is not made, either.
    let half =
        Migration { steps: vec![add(field(9, "x", "register", text_config)), rename(8, "y")] };
    assert_eq!(half.apply(&ground()), Err(Misfit::NoField(FieldId(8))));
    // And where something is gone that was to go, nothing is wrong.
    let gone = Migration {
        steps: vec![
            MigrationStep::RemoveField { field: FieldId(9) },
            no_map(9),
            MigrationStep::RemoveType { node_type: TypeId(9) },
            move_field(1, 9),
        ],
    };
    assert_eq!(gone.apply(&ground()), Ok(ground()));
}

#[test]
fn what_keeps_no_rule_is_not_proposed() {
    let one = |kind: &'static str, config| {
        schema(&vec![("Note", vec![("f", Planned::Of(kind, config))])])
    };
    let unsound = one("register", vec![1, 2, 3]);
    let refused = Migration::propose(&ground(), &unsound, &Renames::default(), &[]);
    assert!(matches!(refused, Err(Misfit::Unsound { .. })), "{refused:?}");
    let mut twice = ground();
    twice.types[1].name = "Note".into();
    let refused = Migration::propose(&ground(), &twice, &Renames::default(), &[]);
    let expected = SchemaError::NameTwice { name: "Note".into() };
    assert_eq!(refused, Err(Misfit::Schema(expected)));
    // Too far for one migration: each field of a full schema needs a step.
    let names = |prefix: &str| Schema {
        types: (0..5)
            .map(|at| TypeDefinition {
                id: TypeId(at),
                name: format!("T{at}"),
                version: 1,
                fields: (0..900)
                    .map(|n| field(at * 1000 + n, &format!("{prefix}{n}"), "text", vec![]))
                    .collect(),
            })
            .collect(),
    };
    let refused = Migration::propose(&names("a"), &names("b"), &Renames::default(), &[]);
    assert!(matches!(refused, Err(Misfit::Schema(SchemaError::TooMany { .. }))), "{refused:?}");
}
