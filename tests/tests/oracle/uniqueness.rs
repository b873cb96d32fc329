//! `docs/meaning.md`, *Uniqueness*, by hand.

use woodland_format::{
    Commit, FieldDefinition, FieldId, Migration, MigrationStep, NodeId, ObjectId, Op,
    RegisterConfig, RegisterOp, Schema, TypeDefinition, TypeId, UniqueConfig, Value, ValueType,
    encode,
};
use woodland_tests::agreement::agreed;
use woodland_tests::histories::Script;
use woodland_tests::oracle::{Clash, ClashRule, Oracle};

const USER: TypeId = TypeId(1);
const NAME: u64 = 10;
const AGE: u64 = 11;
const NICK: u64 = 12;
const ONE_NAME: u64 = 20;
const ONE_PERSON: u64 = 21;

fn schema() -> Schema {
    schema_with(&[FieldId(NAME), FieldId(AGE)])
}

/// The rule [`ONE_PERSON`] is over these fields, [`ONE_NAME`] over the name.
fn schema_with(person: &[FieldId]) -> Schema {
    let field = |id: u64, kind: &str, config| FieldDefinition {
        id: FieldId(id),
        name: format!("f{id}"),
        kind: kind.into(),
        config,
    };
    let register = |id, of| {
        let value = ValueType::Optional(Box::new(of));
        field(id, "register", encode(&RegisterConfig { value }))
    };
    let unique = |id, fields| field(id, "unique", encode(&UniqueConfig { fields }));
    let fields = vec![
        register(NAME, ValueType::String),
        register(AGE, ValueType::Int),
        register(NICK, ValueType::String),
        unique(ONE_NAME, vec![FieldId(NAME)]),
        unique(ONE_PERSON, person.to_vec()),
    ];
    Schema { types: vec![TypeDefinition { id: USER, name: "User".into(), version: 1, fields }] }
}

/// A script that begins with three users.
struct Office(Script, [NodeId; 3]);

impl Office {
    fn open() -> Office {
        let create = Op::Create { node_type: USER, salt: 0 };
        let script = Script::found_with(schema(), vec![create.clone(); 3]);
        let author = script.author(0);
        let user = |index| create.creates(&author, 0, index).expect("it creates");
        Office(script, [user(1), user(2), user(3)])
    }

    fn write(&mut self, author: usize, sees: &[&Commit], ops: Vec<Op>) -> Commit {
        self.0.write(author, sees, ops)
    }

    fn oracle(&self) -> Oracle {
        agreed(&self.0.commits)
    }

    /// Rule, holder and others of each clash, the nodes by number.
    fn clashes(&self) -> Vec<(u64, usize, Vec<usize>)> {
        let number = |node: &NodeId| self.1.iter().position(|one| one == node).expect("a user");
        let told = |clash: Clash| {
            let ClashRule::Field(rule) = clash.rule else { panic!("no keys here") };
            assert_eq!(clash.node_type, USER);
            (rule.0, number(&clash.holder), clash.others.iter().map(number).collect())
        };
        self.oracle().clashes().into_iter().map(told).collect()
    }
}

fn set(node: NodeId, field: u64, value: impl Into<Value>) -> Op {
    let object = ObjectId { node, field: FieldId(field) };
    Op::Edit { object, op: encode(&RegisterOp::Set(value.into())) }
}

#[test]
fn the_first_claim_in_order_holds_the_value() {
    let mut office = Office::open();
    let [a, b, c] = office.1;
    office.write(3, &[], vec![set(a, NAME, "Ada")]);
    assert_eq!(office.clashes(), []);
    office.write(2, &[], vec![set(b, NAME, "Ada")]);
    office.write(1, &[], vec![set(c, NAME, "Ada")]);
    assert_eq!(office.clashes(), [(ONE_NAME, 2, vec![1, 0])]);
    assert_eq!(office.oracle().nodes().len(), 3, "nothing is hidden");
    assert!(office.oracle().voids().is_empty());
    // Who writes the value again claims it later.
    office.write(1, &[], vec![set(c, NAME, "Bob"), set(c, NAME, "Ada")]);
    assert_eq!(office.clashes(), [(ONE_NAME, 2, vec![1, 0])], "still in the order's first turn");
    let heads = office.0.commits[1..].to_vec();
    let sees: Vec<&Commit> = heads.iter().collect();
    office.write(4, &sees, vec![set(c, NAME, "Ada")]);
    assert_eq!(office.clashes(), [(ONE_NAME, 1, vec![0, 2])]);
}

#[test]
fn a_claim_is_the_latest_write_of_all_the_fields_of_a_rule() {
    let mut office = Office::open();
    let [a, b, _] = office.1;
    office.write(0, &[], vec![set(a, NAME, "Ada"), set(b, NAME, "Ada"), set(b, AGE, 36)]);
    assert_eq!(office.clashes(), [(ONE_NAME, 0, vec![1])], "an age is absent");
    office.write(0, &[], vec![set(a, AGE, 36)]);
    assert_eq!(office.clashes(), [(ONE_NAME, 0, vec![1]), (ONE_PERSON, 1, vec![0])]);
}

#[test]
fn the_dead_and_the_cleared_do_not_clash() {
    let mut office = Office::open();
    let [a, b, c] = office.1;
    office.write(0, &[], vec![set(a, NAME, "x"), set(b, NAME, "x"), set(c, NAME, "x")]);
    assert_eq!(office.clashes(), [(ONE_NAME, 0, vec![1, 2])]);
    office.write(0, &[], vec![Op::Delete { node: a }]);
    assert_eq!(office.clashes(), [(ONE_NAME, 1, vec![2])]);
    let object = ObjectId { node: c, field: FieldId(NAME) };
    office.write(0, &[], vec![Op::Edit { object, op: encode(&RegisterOp::Clear) }]);
    assert_eq!(office.clashes(), []);
    assert_eq!(office.oracle().meetings().clashes, 0);
}

#[test]
fn values_clash_as_they_are_read() {
    let mut office = Office::open();
    let [a, b, _] = office.1;
    office.write(0, &[], vec![set(a, NAME, "7"), set(b, NAME, "+7")]);
    assert_eq!(office.clashes(), []);
    let config = encode(&RegisterConfig { value: ValueType::Int });
    let step = MigrationStep::ChangeType { field: FieldId(NAME), config };
    office.write(0, &[], vec![Op::Migrate(Migration { steps: vec![step] })]);
    assert_eq!(office.clashes(), [(ONE_NAME, 0, vec![1])]);
    assert!(office.oracle().clashes_through(&schema()).is_empty());
}

#[test]
fn a_moved_field_claims_by_the_write_that_is_read() {
    let mut office = Office::open();
    let [a, b, _] = office.1;
    office.write(1, &[], vec![set(a, NAME, "x"), set(b, NAME, "x")]);
    let step = MigrationStep::MoveField { from: FieldId(NAME), to: FieldId(NICK) };
    office.write(1, &[], vec![Op::Migrate(Migration { steps: vec![step] })]);
    assert_eq!(office.clashes(), [(ONE_NAME, 0, vec![1])]);
    office.write(2, &[], vec![set(a, NICK, "x")]);
    assert_eq!(office.clashes(), [(ONE_NAME, 1, vec![0])]);
    office.write(2, &[], vec![set(a, NICK, "y")]);
    assert_eq!(office.clashes(), []);
}

#[test]
fn a_rule_that_is_not_sound_is_none() {
    let mut office = Office::open();
    let [a, b, _] = office.1;
    office.write(0, &[], vec![set(a, NAME, "x"), set(b, NAME, "x")]);
    let oracle = office.oracle();
    for fields in [vec![], vec![FieldId(99)], vec![FieldId(ONE_NAME)], vec![FieldId(NAME); 2]] {
        let clashes = oracle.clashes_through(&schema_with(&fields));
        assert_eq!(clashes.len(), 1, "{fields:?}: of the name alone");
    }
}
