//! One of each value, type, op and configuration, for the vectors and for the attacks on them.

use woodland_format::{
    AtomConfig, CounterOp, DeletionConfig, EventsConfig, FieldDefinition, FieldId, KeyConfig,
    ListConfig, ListOp, MapConfig, MapOp, MemberDefinition, Migration, MigrationStep, NodeId,
    OnDelete, Op, Payload, RecordConfig, RecordOp, RegisterConfig, RegisterOp, SetConfig, SetOp,
    TextOp, TypeDefinition, TypeId, UniqueConfig, UnseenEdits, Value, ValueType, decode, encode,
    limits,
};

/// A decoder, and the bytes of what it decoded.
pub(crate) type Decoder = fn(&[u8]) -> Result<Vec<u8>, String>;

/// A thing by its name, in its canonical bytes.
pub(crate) type Sample = (&'static str, Vec<u8>, Decoder);

macro_rules! decoder {
    ($type:ty) => {
        |bytes| match decode::<$type, { limits::PAYLOAD_BYTES_MAX }>("a thing", bytes) {
            Ok(value) => Ok(encode(&value)),
            Err(error) => Err(error.to_string()),
        }
    };
}
#[allow(unused_imports, reason = "each test file uses its own part")]
pub(crate) use decoder;

macro_rules! samples {
    ($($name:literal: $type:ty = $value:expr),+ $(,)?) => {
        vec![$({
            let value: $type = $value;
            ($name, encode(&value), decoder!($type) as Decoder)
        }),+]
    };
}

fn boxed(one: ValueType) -> Box<ValueType> {
    Box::new(one)
}

fn derived() -> ValueType {
    ValueType::Derivation { name: "date".into(), over: boxed(ValueType::String) }
}

fn colour() -> ValueType {
    ValueType::Union(vec![ValueType::Literal("red".into()), ValueType::Literal(7.into())])
}

fn composite() -> ValueType {
    let member = |number, name: &str, value| MemberDefinition { number, name: name.into(), value };
    ValueType::Composite(vec![
        member(1, "day", derived()),
        member(4, "colour", ValueType::Optional(boxed(colour()))),
        member(5, "size", ValueType::Default { of: boxed(ValueType::Float), value: 1.5.into() }),
    ])
}

/// What the natural key of the vectors is.
pub(crate) fn natural_key() -> Value {
    Value::Record(vec![(1, "isbn".into()), (2, 9783.into())])
}

/// The types and values beyond the plain ones.
pub(crate) fn values_and_types() -> Vec<Sample> {
    let entries = vec![(Value::Int(-2), Value::Bool(true)), ("a".into(), Value::List(vec![]))];
    samples! {
        "value.float": Value = 1.5.into(),
        "value.float.nan": Value = f64::NAN.into(),
        "value.float.least": Value = f64::NEG_INFINITY.into(),
        "value.map": Value = Value::Map(entries),
        "value_type.float": ValueType = ValueType::Float,
        "value_type.literal": ValueType = ValueType::Literal("red".into()),
        "value_type.union": ValueType = colour(),
        "value_type.composite": ValueType = composite(),
        "value_type.derivation": ValueType = derived(),
        "value_type.optional": ValueType = ValueType::Optional(boxed(ValueType::Int)),
        "value_type.default": ValueType =
            ValueType::Default { of: boxed(ValueType::Int), value: 5.into() },
        "value_type.foreign_key": ValueType = foreign_key(OnDelete::Revive),
        "value_type.foreign_keys": ValueType = ValueType::Composite(
            (1..)
                .zip([OnDelete::Restrict, OnDelete::Cascade])
                .map(|(number, on_delete)| MemberDefinition {
                    number,
                    name: on_delete.to_string(),
                    value: foreign_key(on_delete),
                })
                .collect(),
        ),
    }
}

fn foreign_key(on_delete: OnDelete) -> ValueType {
    ValueType::ForeignKey { target: TypeId(2), on_delete }
}

/// A configuration of every kind that was not there from the beginning.
pub(crate) fn configs() -> Vec<Sample> {
    let optional = ValueType::Optional(boxed(ValueType::Int));
    samples! {
        "config.register.optional": RegisterConfig = RegisterConfig { value: optional.clone() },
        "config.record.places": RecordConfig = RecordConfig {
            members: vec![MemberDefinition { number: 2, name: "age".into(), value: optional }],
        },
        "config.atom": AtomConfig = AtomConfig { value: composite() },
        "config.set": SetConfig = SetConfig { item: colour() },
        "config.map": MapConfig = MapConfig { key: ValueType::String, value: derived() },
        "config.list": ListConfig = ListConfig { item: ValueType::Pointer(TypeId(2)) },
        "config.events": EventsConfig = EventsConfig { reducer: "ledger".into() },
        "config.key": KeyConfig = KeyConfig { value: ValueType::String },
        "config.deletion.lose": DeletionConfig = DeletionConfig { edits: UnseenEdits::Lose },
        "config.deletion.revive": DeletionConfig = DeletionConfig { edits: UnseenEdits::Revive },
        "config.unique": UniqueConfig = UniqueConfig { fields: vec![FieldId(10), FieldId(12)] },
    }
}

/// An op of every kind that has ops of its own.
pub(crate) fn ops() -> Vec<Sample> {
    let items = || vec![Value::Int(7), "red".into()];
    let entries = vec![("a".into(), 1.5.into()), ("b".into(), Value::Pointer(NodeId([8; 16])))];
    samples! {
        "op.register.set": RegisterOp = RegisterOp::Set("Trip".into()),
        "op.register.clear": RegisterOp = RegisterOp::Clear,
        "op.record.set": RecordOp = RecordOp::Set(vec![(1, "Ulm".into()), (4, 89073.into())]),
        "op.record.clear": RecordOp = RecordOp::Clear(vec![1, 4]),
        "op.counter.add": CounterOp = CounterOp::Add(-3),
        "op.set.add": SetOp = SetOp::Add(items()),
        "op.set.remove": SetOp = SetOp::Remove(items()),
        "op.map.put": MapOp = MapOp::Put(entries),
        "op.map.remove": MapOp = MapOp::Remove(vec!["a".into(), "b".into()]),
        "op.list.insert": ListOp = ListOp::Insert { at: 2, items: vec!["b".into(), "a".into()] },
        "op.list.remove": ListOp = ListOp::Remove { at: 2, count: 3 },
        "op.list.move": ListOp = ListOp::Move { from: 4, to: 0 },
        "op.list.set": ListOp = ListOp::Set { at: 1, item: "c".into() },
        "op.text.insert": TextOp = TextOp::Insert { at: 5, text: "wärm ".into() },
        "op.text.delete": TextOp = TextOp::Delete { at: 5, bytes: 6 },
    }
}

/// A batch that makes a node by its natural key.
pub(crate) fn keyed() -> Payload {
    Payload::of(vec![Op::CreateKeyed { node_type: TypeId(1), key: natural_key() }])
}

/// A type whose definition has a digest.
pub(crate) fn definition(types: &[TypeDefinition]) -> Sample {
    ("type", encode(&types[0]), decoder!(TypeDefinition))
}

/// A step of every form.
pub(crate) fn steps() -> Vec<MigrationStep> {
    let (node_type, field) = (TypeId(1), FieldId(10));
    let config = encode(&RegisterConfig { value: ValueType::Int });
    let kind = "register".to_owned();
    let rank =
        FieldDefinition { id: FieldId(30), name: "rank".into(), kind, config: config.clone() };
    let fields = vec![rank.clone()];
    let folder = TypeDefinition { id: TypeId(3), name: "Folder".into(), version: 1, fields };
    vec![
        MigrationStep::AddType(folder),
        MigrationStep::RemoveType { node_type: TypeId(2) },
        MigrationStep::RenameType { node_type, name: "Memo".into() },
        MigrationStep::AddField { node_type, field: rank },
        MigrationStep::RemoveField { field: FieldId(11) },
        MigrationStep::RenameField { field, name: "heading".into() },
        MigrationStep::ChangeType { field, config },
        MigrationStep::MoveField { from: FieldId(12), to: field },
        MigrationStep::change_default_type(FieldId(14), &derived()),
        MigrationStep::RemoveDefaultType { field: FieldId(14) },
    ]
}

/// All steps in one.
pub(crate) fn migrations() -> Vec<Sample> {
    samples! { "migration": Migration = Migration { steps: steps() } }
}

/// Batches with the ops of existence, and with one that migrates.
pub(crate) fn existence() -> Vec<(&'static str, Payload)> {
    let (node_type, key, node) = (TypeId(1), natural_key(), NodeId([8; 16]));
    let recreate = Op::Recreate { node_type, key, generation: 2 };
    vec![
        ("recreate", Payload::of(vec![recreate])),
        ("delete", Payload::of(vec![Op::Delete { node }])),
        ("migrate", Payload::of(vec![Op::Migrate(Migration { steps: steps() })])),
    ]
}
