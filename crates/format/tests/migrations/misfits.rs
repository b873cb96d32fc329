//! Every way in which a migration does not fit.

use crate::*;

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
