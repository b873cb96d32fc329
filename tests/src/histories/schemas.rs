//! The schemas that random histories are written under.
//!
//! **Invariants**
//! - `Odd` has a field for every way in which a field can be unusable.
//! - The later schema keeps ids and changes what stands behind them: a value type, a kind, an
//!   owner.

use woodland_format::{
    FieldDefinition, FieldId, MemberDefinition, RecordConfig, RegisterConfig, Schema,
    TypeDefinition, TypeId, ValueType, encode,
};

/// A note, in all schemas but the other one.
pub(crate) const NOTE: TypeId = TypeId(1);
/// A tag.
pub(crate) const TAG: TypeId = TypeId(2);
/// A type with fields that cannot be used.
pub(crate) const ODD: TypeId = TypeId(3);
/// A type of the later schema alone.
pub(crate) const TASK: TypeId = TypeId(4);

/// The schema that every random history starts with: notes, tags, and a type with unusable fields.
pub fn founding_schema() -> Schema {
    let note = vec![
        register(10, "title", ValueType::String),
        text(11, "body"),
        register(12, "stars", ValueType::Int),
        register(13, "tags", ValueType::List(Box::new(ValueType::Pointer(TAG)))),
        register(14, "pinned", ValueType::Bool),
        register(15, "blob", ValueType::Bytes),
        register(16, "parent", ValueType::Pointer(NOTE)),
        record(17, "place", place_members()),
    ];
    let tag = vec![register(20, "name", ValueType::String), text(21, "about")];
    let odd = vec![
        field(30, "gauge", "gauge", vec![]),
        field(31, "torn_register", "register", vec![9]),
        field(32, "torn_record", "record", vec![1, 2, 3]),
        field(33, "torn_text", "text", vec![0]),
        register(34, "sound", ValueType::Bytes),
    ];
    schema(vec![(NOTE, "Note", 1, note), (TAG, "Tag", 1, tag), (ODD, "Odd", 1, odd)])
}

/// A schema that some author comes to introduce.
pub fn later_schema() -> Schema {
    let mut members = place_members();
    members.remove(1);
    members.push(member(5, "street", ValueType::String));
    let note = vec![
        register(10, "title", ValueType::String),
        text(11, "body"),
        register(12, "stars", ValueType::String),
        register(13, "tags", ValueType::List(Box::new(ValueType::Pointer(TAG)))),
        record(17, "place", members),
    ];
    let tag = vec![text(20, "name"), register(22, "colour", ValueType::Int)];
    let task = vec![text(21, "about"), register(40, "of", ValueType::Pointer(NOTE))];
    schema(vec![(NOTE, "Note", 2, note), (TAG, "Tag", 2, tag), (TASK, "Task", 1, task)])
}

/// Another schema, with little in common with the founding one.
pub fn other_schema() -> Schema {
    schema(vec![(TAG, "Tag", 3, vec![register(20, "name", ValueType::Int)])])
}

fn schema(types: Vec<(TypeId, &str, u32, Vec<FieldDefinition>)>) -> Schema {
    let definition = |(id, name, version, fields): (TypeId, &str, u32, Vec<FieldDefinition>)| {
        TypeDefinition { id, name: name.to_owned(), version, fields }
    };
    let schema = Schema { types: types.into_iter().map(definition).collect() };
    schema.check().expect("a schema of this file keeps the rules");
    schema
}

fn field(id: u64, name: &str, kind: &str, config: Vec<u8>) -> FieldDefinition {
    FieldDefinition { id: FieldId(id), name: name.to_owned(), kind: kind.to_owned(), config }
}

fn register(id: u64, name: &str, value: ValueType) -> FieldDefinition {
    field(id, name, "register", encode(&RegisterConfig { value }))
}

fn text(id: u64, name: &str) -> FieldDefinition {
    field(id, name, "text", vec![])
}

fn record(id: u64, name: &str, members: Vec<MemberDefinition>) -> FieldDefinition {
    field(id, name, "record", encode(&RecordConfig { members }))
}

fn place_members() -> Vec<MemberDefinition> {
    vec![
        member(1, "city", ValueType::String),
        member(2, "zip", ValueType::Int),
        member(3, "kind", ValueType::Pointer(TAG)),
        member(4, "marks", ValueType::List(Box::new(ValueType::List(Box::new(ValueType::Int))))),
    ]
}

fn member(number: u32, name: &str, value: ValueType) -> MemberDefinition {
    MemberDefinition { number, name: name.to_owned(), value }
}
