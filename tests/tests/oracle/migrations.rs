//! `docs/meaning.md`, *Migrate*, *Reading* and *Moved fields*, by hand.

use std::collections::BTreeMap;
use woodland_format::{
    Commit, CounterOp, FieldDefinition, FieldId, KeyConfig, ListConfig, ListOp, MapConfig, MapOp,
    MemberDefinition, Migration, MigrationStep, NodeId, ObjectId, Op, Payload, RecordConfig,
    RecordOp, RegisterConfig, RegisterOp, Schema, SchemaChange, SetConfig, SetOp, TypeDefinition,
    TypeId, Value, ValueType, encode, keyed_node_id, node_id,
};
use woodland_tests::agreement::agreed;
use woodland_tests::histories::{Line, Script, later_schema};
use woodland_tests::oracle::Oracle;

const USER: TypeId = TypeId(1);
const TEAM: TypeId = TypeId(2);
const ROOM: TypeId = TypeId(3);

const NAME: u64 = 10;
const POINTS: u64 = 11;
const TAGS: u64 = 12;
const SCORES: u64 = 13;
const STEPS: u64 = 14;
const PLACE: u64 = 15;
const NICK: u64 = 16;
const TEAM_OF: u64 = 17;
const VISITS: u64 = 18;
const KNOWN_BY: u64 = 19;
const ROOM_KEY: u64 = 30;

fn field<T: serde::Serialize>(id: u64, kind: &str, config: &T) -> FieldDefinition {
    let (name, kind) = (format!("f{id}"), kind.to_owned());
    FieldDefinition { id: FieldId(id), name, kind, config: encode(config) }
}

fn register(id: u64, value: ValueType) -> FieldDefinition {
    field(id, "register", &RegisterConfig { value })
}

fn optional(of: ValueType) -> ValueType {
    ValueType::Optional(Box::new(of))
}

fn record(types: [ValueType; 2]) -> RecordConfig {
    let member = |(number, value)| MemberDefinition { number, name: format!("m{number}"), value };
    RecordConfig { members: (1..).zip(types).map(member).collect() }
}

fn typed(id: TypeId, name: &str, fields: Vec<FieldDefinition>) -> TypeDefinition {
    TypeDefinition { id, name: name.into(), version: 1, fields }
}

/// `User@1`, `Team@1` and `Room@1`.
fn schema() -> Schema {
    let user = vec![
        register(NAME, optional(ValueType::String)),
        register(POINTS, ValueType::Int),
        field(TAGS, "set", &SetConfig { item: ValueType::Float }),
        field(SCORES, "map", &MapConfig { key: ValueType::Float, value: ValueType::String }),
        field(STEPS, "list", &ListConfig { item: ValueType::String }),
        field(PLACE, "record", &record([ValueType::Int, ValueType::String])),
        register(NICK, optional(ValueType::String)),
        register(TEAM_OF, optional(ValueType::Pointer(TEAM))),
        FieldDefinition { config: vec![], ..field(VISITS, "counter", &()) },
        register(KNOWN_BY, optional(ValueType::String)),
    ];
    let key = field(ROOM_KEY, "key", &KeyConfig { value: ValueType::Int });
    let types = vec![
        typed(USER, "User", user),
        typed(TEAM, "Team", vec![]),
        typed(ROOM, "Room", vec![key]),
    ];
    Schema { types }
}

/// A script that begins with one user and one team.
struct Office(Script);

impl Office {
    fn open() -> Office {
        let create = |node_type| Op::Create { node_type, salt: 0 };
        Office(Script::found_with(schema(), vec![create(USER), create(TEAM)]))
    }

    fn user(&self) -> NodeId {
        node_id(&self.0.author(0), 0, 1, 0)
    }

    fn team(&self) -> NodeId {
        node_id(&self.0.author(0), 0, 2, 0)
    }

    fn write(&mut self, author: usize, sees: &[&Commit], ops: Vec<Op>) -> Commit {
        self.0.write(author, sees, ops)
    }

    fn oracle(&self) -> Oracle {
        agreed(&self.0.commits)
    }

    fn reasons(&self) -> Vec<&'static str> {
        self.oracle().voids().into_iter().map(|void| void.reason).collect()
    }

    fn current(&self) -> Schema {
        self.oracle().current_schema().expect("the founding schema is carried")
    }

    /// What the user's field shows through the current schema.
    fn value(&self, field: u64) -> Option<Value> {
        self.value_of(self.user(), field)
    }

    fn value_of(&self, node: NodeId, field: u64) -> Option<Value> {
        self.oracle().values().remove(&ObjectId { node, field: FieldId(field) })
    }

    /// The same through the founding schema, as a program that was never upgraded reads it.
    fn value_before(&self, field: u64) -> Option<Value> {
        let object = ObjectId { node: self.user(), field: FieldId(field) };
        self.oracle().values_through(&schema()).remove(&object)
    }
}

fn edit<T: serde::Serialize>(node: NodeId, field: u64, op: &T) -> Op {
    Op::Edit { object: ObjectId { node, field: FieldId(field) }, op: encode(op) }
}

fn set(node: NodeId, field: u64, value: impl Into<Value>) -> Op {
    edit(node, field, &RegisterOp::Set(value.into()))
}

fn migrate(steps: Vec<MigrationStep>) -> Op {
    Op::Migrate(Migration { steps })
}

fn change<T: serde::Serialize>(field: u64, config: &T) -> MigrationStep {
    MigrationStep::ChangeType { field: FieldId(field), config: encode(config) }
}

fn change_to(field: u64, value: ValueType) -> MigrationStep {
    change(field, &RegisterConfig { value })
}

fn remove(field: u64) -> MigrationStep {
    MigrationStep::RemoveField { field: FieldId(field) }
}

fn add(field: FieldDefinition) -> MigrationStep {
    MigrationStep::AddField { node_type: USER, field }
}

fn rename(field: u64, name: &str) -> MigrationStep {
    MigrationStep::RenameField { field: FieldId(field), name: name.into() }
}

fn move_field(from: u64, to: u64) -> MigrationStep {
    MigrationStep::MoveField { from: FieldId(from), to: FieldId(to) }
}

#[test]
fn concurrent_numbers_become_booleans_by_one_function() {
    for (number, truth) in [(-1, true), (0, false), (7, true)] {
        let mut office = Office::open();
        let user = office.user();
        office.write(2, &[], vec![migrate(vec![change_to(POINTS, ValueType::Bool)])]);
        for author in [1, 3] {
            let mut office = Office(office.0.clone());
            office.write(author, &[], vec![set(user, POINTS, number)]);
            assert!(office.reasons().is_empty(), "it was sound where it was written");
            assert_eq!(office.value(POINTS), Some(truth.into()), "{number} by {author}");
            assert_eq!(office.value_before(POINTS), Some(number.into()));
            assert_eq!(office.oracle().meetings().reads_converted, 1);
        }
    }
}

#[test]
fn the_digest_asks_no_schema() {
    let mut office = Office::open();
    let user = office.user();
    office.write(0, &[], vec![set(user, POINTS, 3), set(user, NAME, "Ada")]);
    let before = office.oracle().digest();
    let steps = vec![change_to(POINTS, ValueType::Bool), remove(NAME)];
    office.write(0, &[], vec![migrate(steps)]);
    assert_eq!(office.value(NAME), None);
    assert_eq!(office.oracle().digest(), before);
}

#[test]
fn what_an_old_program_writes_to_a_removed_field_stays_in_its_sight() {
    let mut office = Office::open();
    let user = office.user();
    let gone = office.write(1, &[], vec![migrate(vec![remove(NAME)])]);
    office.write(2, &[], vec![set(user, NAME, "unseen")]);
    office.write(3, &[&gone], vec![set(user, NAME, "seen, and written all the same")]);
    assert!(office.reasons().is_empty());
    assert_eq!(office.value(NAME), None);
    let shown = Some("seen, and written all the same".into());
    assert_eq!(office.value_before(NAME), shown);
    // A field of the same id that comes again shows what was written.
    office.write(4, &[], vec![migrate(vec![add(register(NAME, optional(ValueType::String)))])]);
    assert_eq!(office.value(NAME), shown);
}

#[test]
fn two_different_second_versions_become_a_third() {
    let mut office = Office::open();
    let bio = register(50, optional(ValueType::String));
    let age = register(51, optional(ValueType::Int));
    office.write(1, &[], vec![migrate(vec![add(bio.clone())])]);
    let one = office.current();
    assert_eq!(one.type_with(USER).unwrap().label(), "User@2");
    office.write(2, &[], vec![migrate(vec![add(age.clone()), rename(NAME, "full_name")])]);
    let both = office.current();
    let user = both.type_with(USER).unwrap();
    assert_eq!(user.label(), "User@3");
    assert_eq!((user.field_with(bio.id), user.field_with(age.id)), (Some(&bio), Some(&age)));
    assert_eq!(user.field_named("full_name").unwrap().id, FieldId(NAME));
    assert_eq!(both.type_with(TEAM).unwrap().label(), "Team@1");
    assert_eq!(office.oracle().meetings().migrations, 2);
}

#[test]
fn the_same_migration_made_twice_is_made_once() {
    let mut office = Office::open();
    let steps = vec![
        add(register(50, optional(ValueType::String))),
        change_to(POINTS, ValueType::String),
        remove(NICK),
        rename(NAME, "full_name"),
    ];
    office.write(1, &[], vec![migrate(steps.clone())]);
    let once = office.current();
    office.write(2, &[], vec![migrate(steps)]);
    assert_eq!((office.current(), office.reasons()), (once, vec![]));
}

#[test]
fn of_concurrent_sets_the_first_applies_and_the_second_only_if_it_still_can() {
    let mut office = Office::open();
    let taken = register(50, ValueType::Int);
    office.write(1, &[], vec![migrate(vec![add(register(50, optional(ValueType::Bool)))])]);
    let steps = vec![remove(NAME), add(taken)];
    let second = office.write(2, &[], vec![migrate(steps)]);
    let voids = office.oracle().voids();
    assert_eq!(voids.len(), 1);
    assert_eq!((voids[0].commit, voids[0].reason), (second.id(), "misfit"));
    assert!(office.current().field_with(FieldId(NAME)).is_some(), "none of its steps applied");
    assert_eq!(office.current().type_with(USER).unwrap().label(), "User@2");

    // The other way round, the first is the second.
    let mut office = Office::open();
    office.write(1, &[], vec![migrate(vec![remove(NAME), add(register(50, ValueType::Int))])]);
    office.write(2, &[], vec![migrate(vec![add(register(50, optional(ValueType::Bool)))])]);
    assert_eq!(office.reasons(), ["misfit"]);
    assert!(office.current().field_with(FieldId(NAME)).is_none());
    assert_eq!(office.oracle().meetings().misfits, 1);
}

#[test]
fn each_way_in_which_a_set_does_not_fit() {
    let nameless = MigrationStep::RenameType { node_type: USER, name: "no name".into() };
    let unsound = MigrationStep::ChangeType { field: FieldId(POINTS), config: vec![9] };
    let cases = [
        vec![],
        vec![rename(99, "x")],
        vec![MigrationStep::RenameType { node_type: TypeId(99), name: "X".into() }],
        vec![nameless],
        vec![rename(NAME, &format!("f{NICK}"))],
        vec![unsound],
        vec![MigrationStep::RemoveType { node_type: TEAM }],
        vec![move_field(NAME, POINTS), move_field(POINTS, TAGS)],
    ];
    for steps in cases {
        let mut office = Office::open();
        office.write(1, &[], vec![migrate(steps.clone()), migrate(vec![remove(NICK)])]);
        assert_eq!(office.reasons(), ["misfit"], "{steps:?}");
        assert_eq!(office.current().type_with(USER).unwrap().fields.len(), 9, "{steps:?}");
    }
}

#[test]
fn a_chain_of_fifty_versions() {
    let mut office = Office::open();
    let user = office.user();
    let mut last = office.write(1, &[], vec![set(user, POINTS, 12)]);
    for version in 2..=51_u64 {
        let step = match version % 3 {
            0 => add(register(100 + version, optional(ValueType::Int))),
            1 => rename(POINTS, &format!("points{version}")),
            _ if version % 2 == 0 => change_to(POINTS, ValueType::String),
            _ => change_to(POINTS, ValueType::Float),
        };
        let author = usize::try_from(1 + version % 4).unwrap();
        last = office.write(author, &[&last.clone()], vec![migrate(vec![step])]);
    }
    assert_eq!((office.reasons(), office.oracle().meetings().migrations), (vec![], 50));
    let current = office.current();
    let user_type = current.type_with(USER).unwrap();
    assert_eq!((user_type.label(), user_type.fields.len()), ("User@51".into(), 10 + 17));
    assert_eq!(office.value(POINTS), Some("12".into()), "the last change was to strings");
    // Every version on the way is one that a reader may read through.
    assert_eq!(office.value_before(POINTS), Some(12.into()));
}

#[test]
fn every_kind_is_read_as_the_current_type() {
    let mut office = Office::open();
    let (user, team) = (office.user(), office.team());
    let tags = SetOp::Add(vec![1.25.into(), 1.75.into(), 2.5.into()]);
    let scores = MapOp::Put(vec![
        (1.25.into(), "x".into()),
        (1.75.into(), "4".into()),
        (1.9.into(), "5".into()),
        (3.0.into(), "y".into()),
    ]);
    let steps = ListOp::Insert { at: 0, items: vec!["1".into(), "x".into(), "3".into()] };
    let place = RecordOp::Set(vec![(1, 5.into()), (2, "x".into())]);
    office.write(
        1,
        &[],
        vec![
            edit(user, TAGS, &tags),
            edit(user, SCORES, &scores),
            edit(user, STEPS, &steps),
            edit(user, PLACE, &place),
            edit(user, VISITS, &CounterOp::Add(2)),
            set(user, TEAM_OF, team),
            set(user, NAME, "x"),
            set(user, NICK, "12"),
        ],
    );
    let before = office.oracle().values();
    let (int, float) = (ValueType::Int, ValueType::Float);
    office.write(
        1,
        &[],
        vec![migrate(vec![
            change(TAGS, &SetConfig { item: int.clone() }),
            change(SCORES, &MapConfig { key: int.clone(), value: int.clone() }),
            change(STEPS, &ListConfig { item: int.clone() }),
            change(PLACE, &record([ValueType::String, optional(float)])),
            change_to(NAME, optional(int.clone())),
            change_to(NICK, optional(int)),
            change_to(TEAM_OF, optional(ValueType::Pointer(USER))),
        ])],
    );
    assert_eq!(office.reasons(), [""; 0]);
    let ints = |values: &[i64]| Value::List(values.iter().map(|one| (*one).into()).collect());
    assert_eq!(office.value(TAGS), Some(ints(&[1, 2])), "two became equal");
    // Of the keys that became 1, the least has no value; 3 has none either.
    assert_eq!(office.value(SCORES), Some(Value::Map(vec![(1.into(), 4.into())])));
    let gone = Value::List(vec![1.into(), Value::Gone, 3.into()]);
    assert_eq!(office.value(STEPS), Some(gone), "an item keeps its place");
    assert_eq!(office.value(PLACE), Some(Value::Record(vec![(1, "5".into())])));
    assert_eq!(office.value(VISITS), Some(2.into()));
    assert_eq!((office.value(NAME), office.value(NICK)), (None, Some(12.into())));
    assert_eq!(office.value(TEAM_OF), None, "a team is no user");
    assert_eq!(office.oracle().values_through(&schema()), before);
}

#[test]
fn keys_are_converted_and_name_the_same_nodes() {
    let mut office = Office::open();
    let make = |key: Value| Op::CreateKeyed { node_type: ROOM, key };
    let room = |key: Value| keyed_node_id(ROOM, &encode(&key));
    let made = office.write(1, &[], vec![make(7.into())]);
    let to = KeyConfig { value: ValueType::String };
    let last = office.write(1, &[], vec![migrate(vec![change(ROOM_KEY, &to)])]);
    assert_eq!(office.value_of(room(7.into()), ROOM_KEY), Some("7".into()));
    // Under the schema that everybody has now, "7" is another key and so another node.
    let introduced = office.current();
    let schema = SchemaChange::Introduce(introduced.id());
    let ops = vec![Op::Schema(introduced), make("7".into()), make(7.into())];
    let payload = Payload::of(ops).encode();
    office.0.line(1, Line { after: Some(&last), sees: &[&made], schema, payload });
    assert_eq!(office.reasons(), ["wrong-value"]);
    assert_eq!(office.value_of(room("7".into()), ROOM_KEY), Some("7".into()));
    assert_ne!(room("7".into()), room(7.into()));
}

#[test]
fn an_old_program_that_writes_the_target_of_a_move_is_heard() {
    let mut office = Office::open();
    let user = office.user();
    let base = office.write(1, &[], vec![set(user, NAME, "Ada"), set(user, NICK, "ada")]);
    let moved = office.write(1, &[], vec![migrate(vec![move_field(NAME, NICK)])]);
    let name = office.current();
    assert_eq!(name.field_with(FieldId(NAME)).unwrap().1.name, format!("f{NICK}"));
    assert_eq!((office.value(NAME), office.value(NICK)), (Some("Ada".into()), None));
    // Concurrent, but after the move in order.
    let nick = office.write(3, &[&base], vec![set(user, NICK, "countess")]);
    assert_eq!(office.value(NAME), Some("countess".into()));
    assert_eq!(office.value_before(NAME), Some("Ada".into()), "who has both reads both");
    assert_eq!(office.value_before(NICK), Some("countess".into()));
    // The later in order of the two is read, even where it is nothing.
    let again = office.write(4, &[&moved, &nick], vec![set(user, NAME, "Ada L.")]);
    assert_eq!(office.value(NAME), Some("Ada L.".into()));
    office.write(3, &[&again], vec![edit(user, NICK, &RegisterOp::Clear)]);
    assert_eq!(office.value(NAME), None);
    assert!(office.reasons().is_empty());
}

#[test]
fn a_move_does_not_hear_what_was_written_before_it_or_to_what_lost() {
    let mut office = Office::open();
    let user = office.user();
    // In order before the move, though nobody saw it.
    office.write(1, &[], vec![set(user, NICK, "early")]);
    let moved = office.write(2, &[], vec![migrate(vec![move_field(NAME, NICK)])]);
    assert_eq!(office.value(NAME), None, "nothing was ever written to what was moved");
    office.write(3, &[&moved], vec![set(user, NICK, "late")]);
    assert_eq!(office.value(NAME), Some("late".into()));
    // What is not moved in a set that does not fit, is not heard.
    let mut office = Office::open();
    office.write(1, &[], vec![migrate(vec![move_field(NAME, NICK), rename(99, "x")])]);
    office.write(2, &[], vec![set(user, NICK, "nick"), set(user, NAME, "name")]);
    assert_eq!(office.reasons(), ["misfit"]);
    assert_eq!(office.value(NAME), Some("name".into()));
}

#[test]
fn two_fields_that_moved_one_into_the_place_of_the_other() {
    let mut office = Office::open();
    let user = office.user();
    office.write(1, &[], vec![migrate(vec![move_field(NAME, NICK)])]);
    office.write(1, &[], vec![migrate(vec![move_field(NAME, KNOWN_BY)])]);
    office.write(2, &[], vec![set(user, NICK, "by the first name")]);
    assert_eq!(office.value(NAME), Some("by the first name".into()));
    office.write(2, &[], vec![set(user, KNOWN_BY, "by the second name")]);
    assert_eq!(office.value(NAME), Some("by the second name".into()));
}

#[test]
fn a_type_that_is_removed_takes_its_nodes_from_sight() {
    let mut office = Office::open();
    let (user, team) = (office.user(), office.team());
    office.write(0, &[], vec![set(user, TEAM_OF, team)]);
    let steps = vec![remove(TEAM_OF), MigrationStep::RemoveType { node_type: TEAM }];
    office.write(0, &[], vec![migrate(steps)]);
    let oracle = office.oracle();
    assert_eq!(oracle.nodes(), BTreeMap::from([(user, USER)]));
    assert!(oracle.lives(team));
    assert_eq!(oracle.nodes_through(&schema()).len(), 2);
    assert_eq!(office.value_before(TEAM_OF), Some(team.into()));
}

#[test]
fn a_migration_needs_a_schema_of_its_commit_and_a_current_one() {
    let migrated_under = |schema| {
        let mut office = Office::open();
        let first = office.write(1, &[], vec![]);
        let payload = Payload::of(vec![migrate(vec![remove(NAME)])]).encode();
        office.0.line(1, Line { after: Some(&first), sees: &[], schema, payload });
        office
    };
    // Introduced, and carried by nobody; or not even introduced, which no log takes.
    let office = migrated_under(SchemaChange::Introduce(later_schema().id()));
    assert_eq!(office.reasons(), ["unknown-schema"]);
    let office = migrated_under(SchemaChange::Adopt(later_schema().id()));
    let voids = Oracle::of(&office.0.commits).voids();
    assert_eq!(voids.iter().map(|void| void.reason).collect::<Vec<_>>(), ["unknown-schema"]);

    // The founding schema is erased; somebody carries another one.
    let mut office = Office::open();
    let founding = office.0.commits[0].clone();
    office.0.commits[0] =
        Commit::new(founding.author(), founding.header().clone(), None).expect("erased");
    let schema = SchemaChange::Introduce(later_schema().id());
    let ops = vec![Op::Schema(later_schema()), migrate(vec![remove(NAME)])];
    let payload = Payload::of(ops).encode();
    office.0.line(0, Line { after: Some(&founding), sees: &[], schema, payload });
    assert_eq!(office.reasons(), ["unreadable", "misfit"]);
    assert_eq!(office.oracle().current_schema(), None);
    assert!(office.oracle().nodes().is_empty());
}

#[test]
fn a_field_without_a_sound_configuration_shows_nothing() {
    let mut office = Office::open();
    let user = office.user();
    office.write(0, &[], vec![set(user, POINTS, 3), edit(user, VISITS, &CounterOp::Add(1))]);
    let mut torn = schema();
    for field in &mut torn.types[0].fields {
        field.config = vec![9];
    }
    assert_eq!(office.oracle().values_through(&torn), BTreeMap::new());
    assert_eq!(office.oracle().values_through(&schema()).len(), 2);
}
