//! Where nodes die and schemas change: two holders, what they hold, a node with a key, and a schema
//! one migration later, which every batch may write under.
//!
//! **Invariants**
//! - All batches have seen the founding commit and the one that introduces the modern schema; no
//!   migration is made there, so that the current schema is the founding one until a batch makes
//!   one.
//! - Nothing holds anything yet.

use std::sync::LazyLock;
use woodland_format::{
    DeletionConfig, FieldDefinition, FieldId, KeyConfig, MapConfig, MemberDefinition, Migration,
    MigrationStep, NodeId, ObjectId, OnDelete, Op, Payload, RecordConfig, RegisterConfig,
    RegisterOp, Schema, SchemaChange, TypeDefinition, TypeId, UniqueConfig, UnseenEdits, Value,
    ValueType, encode, keyed_node_id, node_id, recreated_node_id,
};
use woodland_tests::histories::{Line, Script};

/// Holds by most of its fields. Unseen edits are lost.
pub(crate) const HOLDER: TypeId = TypeId(1);
/// Revivable.
pub(crate) const TARGET: TypeId = TypeId(2);
/// With a key.
pub(crate) const KEYED: TypeId = TypeId(3);

/// Of a holder: a key to a holder, under *restrict*.
pub(crate) const GUARD: FieldId = FieldId(1);
/// Of a holder: a key to a target, under *cascade*; *restrict* in the modern schema.
pub(crate) const HOME: FieldId = FieldId(2);
/// Of a holder: a record whose member 1 is a plain pointer to a target.
pub(crate) const PLAIN: FieldId = FieldId(4);
/// Of a holder: a number that should be unique; a string in the modern schema.
pub(crate) const NUMBER: FieldId = FieldId(5);
/// The rule about it.
pub(crate) const RULE: FieldId = FieldId(6);
/// Of a holder: another number, whose place the first takes in the modern schema.
pub(crate) const SPARE: FieldId = FieldId(7);
/// Of a holder: a map of numbers; of strings in the modern schema.
pub(crate) const THINGS: FieldId = FieldId(8);
/// Of a holder, in the modern schema alone: a number with a default.
pub(crate) const ADDED: FieldId = FieldId(9);
/// Of a holder: two numbers that should be unique together.
pub(crate) const ROW: FieldId = FieldId(10);
pub(crate) const SEAT: FieldId = FieldId(11);
/// Of a target: a number.
pub(crate) const COUNT: FieldId = FieldId(20);
/// How targets are deleted: unseen edits bring them back, but not in the modern schema.
pub(crate) const END: FieldId = FieldId(21);
/// Of a target: a key to a holder, under *revive*.
pub(crate) const BACK: FieldId = FieldId(22);
/// Of a target: a key to a holder, under *cascade*.
pub(crate) const STEM: FieldId = FieldId(23);
/// Of a node with a key, which is revivable: a number.
pub(crate) const KEYED_NUMBER: FieldId = FieldId(31);

/// The nodes that the founding commit makes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nodes {
    pub(crate) holder: NodeId,
    pub(crate) other: NodeId,
    pub(crate) target: NodeId,
}

/// Those nodes.
pub(crate) fn nodes() -> Nodes {
    static NODES: LazyLock<Nodes> = LazyLock::new(|| {
        let founder = Script::found().author(0);
        let node = |index| node_id(&founder, 0, index, 0);
        Nodes { holder: node(1), other: node(2), target: node(3) }
    });
    *NODES
}

/// The key of the node that has one.
pub(crate) fn key() -> Value {
    Value::Int(7)
}

/// The node of that key, of this generation.
pub(crate) fn generation(generation: u32) -> NodeId {
    match generation {
        0 => keyed_node_id(KEYED, &encode(&key())),
        _ => recreated_node_id(KEYED, &encode(&key()), generation),
    }
}

/// A script whose founding commit makes the nodes and whose next one introduces the modern schema.
pub(crate) fn grounded() -> (Script, NodeId) {
    let create = |node_type| Op::Create { node_type, salt: 0 };
    let set = |node, field| {
        let op = encode(&RegisterOp::Set(Value::Int(1)));
        Op::Edit { object: ObjectId { node, field }, op }
    };
    let Nodes { holder, other, target } = nodes();
    let ops = vec![
        create(HOLDER),
        create(HOLDER),
        create(TARGET),
        Op::CreateKeyed { node_type: KEYED, key: key() },
        set(holder, NUMBER),
        set(other, SPARE),
        set(target, COUNT),
        set(holder, ROW),
        set(other, SEAT),
    ];
    let mut script = Script::found_with(schema(), ops);
    let founding = script.commits[0].clone();
    let line = Line {
        after: Some(&founding),
        sees: &[],
        schema: SchemaChange::Introduce(modern_schema().id()),
        payload: Payload::of(vec![Op::Schema(modern_schema())]).encode(),
    };
    script.line(0, line);
    (script, holder)
}

/// The schema one migration later.
pub(crate) fn modern_schema() -> Schema {
    static MODERN: LazyLock<Schema> = LazyLock::new(|| {
        let migration = Migration {
            steps: vec![
                MigrationStep::AddField { node_type: HOLDER, field: added(1) },
                change(HOME, &register(foreign(TARGET, OnDelete::Restrict))),
                change(NUMBER, &register(ValueType::String)),
                MigrationStep::MoveField { from: NUMBER, to: SPARE },
                MigrationStep::ChangeDefaultType {
                    field: THINGS,
                    value: encode(&ValueType::String),
                },
                change(END, &DeletionConfig { edits: UnseenEdits::Lose }),
            ],
        };
        migration.apply(&schema()).expect("the founding schema takes it")
    });
    MODERN.clone()
}

/// The schema that the founding commit carries.
pub(crate) fn schema() -> Schema {
    let int = || register(ValueType::Int);
    let plain = ValueType::Optional(Box::new(ValueType::Pointer(TARGET)));
    let members = vec![MemberDefinition { number: 1, name: "plain".into(), value: plain }];
    let holder = vec![
        field(GUARD, "register", encode(&register(foreign(HOLDER, OnDelete::Restrict)))),
        field(HOME, "register", encode(&register(foreign(TARGET, OnDelete::Cascade)))),
        field(PLAIN, "record", encode(&RecordConfig { members })),
        field(NUMBER, "register", encode(&int())),
        field(RULE, "unique", encode(&UniqueConfig { fields: vec![NUMBER] })),
        field(SPARE, "register", encode(&int())),
        field(THINGS, "map", encode(&MapConfig { key: ValueType::Int, value: ValueType::Int })),
        field(ROW, "register", encode(&int())),
        field(SEAT, "register", encode(&int())),
        field(FieldId(12), "unique", encode(&UniqueConfig { fields: vec![ROW, SEAT] })),
    ];
    let target = vec![
        field(COUNT, "register", encode(&int())),
        field(END, "deletion", encode(&DeletionConfig { edits: UnseenEdits::Revive })),
        field(BACK, "register", encode(&register(foreign(HOLDER, OnDelete::Revive)))),
        field(STEM, "register", encode(&register(foreign(HOLDER, OnDelete::Cascade)))),
    ];
    let keyed = vec![
        field(FieldId(30), "key", encode(&KeyConfig { value: ValueType::Int })),
        field(KEYED_NUMBER, "register", encode(&int())),
        field(FieldId(32), "deletion", encode(&DeletionConfig { edits: UnseenEdits::Revive })),
    ];
    let of = |id, name: &str, fields| TypeDefinition { id, name: name.into(), version: 1, fields };
    let types =
        vec![of(HOLDER, "Holder", holder), of(TARGET, "Target", target), of(KEYED, "Keyed", keyed)];
    Schema { types }
}

/// The field that is added, with this default.
pub(crate) fn added(default: i64) -> FieldDefinition {
    let of = Box::new(ValueType::Int);
    let value = ValueType::Default { of, value: Value::Int(default) };
    field(ADDED, "register", encode(&RegisterConfig { value }))
}

/// An optional register.
pub(crate) fn register(of: ValueType) -> RegisterConfig {
    RegisterConfig { value: ValueType::Optional(Box::new(of)) }
}

/// A key to nodes of this type.
pub(crate) fn foreign(target: TypeId, on_delete: OnDelete) -> ValueType {
    ValueType::ForeignKey { target, on_delete }
}

/// The step that gives a field this configuration.
pub(crate) fn change<T: serde::Serialize>(field: FieldId, config: &T) -> MigrationStep {
    MigrationStep::ChangeType { field, config: encode(config) }
}

fn field(id: FieldId, kind: &str, config: Vec<u8>) -> FieldDefinition {
    FieldDefinition { id, name: format!("f{}", id.0), kind: kind.to_owned(), config }
}
