//! The schemas that random histories are written under.
//!
//! **Invariants**
//! - There is a field of every kind, and somewhere a place of every form of type.
//! - Fields called `bad_…` are those whose configuration is unsound, one for each way; only types
//!   called `Odd…` have such fields, or fields of a kind that nobody has.
//! - The later schema keeps ids and changes what stands behind them: a value type, a kind, an
//!   owner, whether a type has a key.

use woodland_format::{
    AtomConfig, EventsConfig, FieldDefinition, FieldId, KeyConfig, ListConfig, MapConfig,
    MemberDefinition, RecordConfig, RegisterConfig, Schema, SetConfig, TypeDefinition, TypeId,
    Value, ValueType, encode,
};

/// Whether histories have lists, which the engine must have then too.
pub const HAS_LISTS: bool = true;

/// A note, in all schemas but the other one.
pub(crate) const NOTE: TypeId = TypeId(1);
/// A tag.
pub(crate) const TAG: TypeId = TypeId(2);
/// A type with fields that cannot be used.
pub(crate) const ODD: TypeId = TypeId(3);
/// A type of the later schema alone.
pub(crate) const TASK: TypeId = TypeId(4);
/// A type with a key.
pub(crate) const SPOT: TypeId = TypeId(5);
/// A type with two sound keys, so without one.
pub(crate) const TWINS: TypeId = TypeId(7);
/// A type with an unsound key, so without one.
pub(crate) const KEYLESS: TypeId = TypeId(8);

/// The schema that every random history starts with: notes, tags, spots with a key, and types with
/// unusable fields.
pub fn founding_schema() -> Schema {
    let mut note = vec![
        register(10, "title", ValueType::String),
        plain(11, "body", "text"),
        register(12, "stars", ValueType::Int),
        register(13, "tags", list_of(ValueType::Pointer(TAG))),
        register(14, "pinned", ValueType::Bool),
        register(15, "blob", ValueType::Bytes),
        register(16, "parent", ValueType::Pointer(NOTE)),
        record(17, "place", place_members()),
        register(50, "weight", optional(ValueType::Float)),
        plain(51, "votes", "counter"),
        register(52, "state", default_to(states(), Value::from("open"))),
        atom(53, "frame", frame()),
        set(54, "labels", ValueType::String),
        set(55, "seen", ValueType::Pointer(TAG)),
        map(56, "numbers", ValueType::String, ValueType::Int),
        map(57, "notes", states(), ValueType::Pointer(NOTE)),
        field(58, "log", "events", encode(&EventsConfig { reducer: "log".into() })),
        register(59, "due", optional(date())),
    ];
    note.extend(lists(&[(60, "steps", ValueType::String), (61, "mixed", mixed())]));
    let mut tag = vec![
        register(20, "name", ValueType::String),
        plain(21, "about", "text"),
        register(23, "shape", shape()),
        atom(24, "corner", optional(ValueType::Composite(vec![member(1, "x", ValueType::Int)]))),
    ];
    tag.extend(lists(&[(25, "uses", ValueType::Pointer(NOTE))]));
    let spot = vec![
        field(70, "code", "key", encode(&KeyConfig { value: ValueType::String })),
        plain(71, "title", "text"),
        plain(72, "visits", "counter"),
        map(73, "ratings", ValueType::Int, shape()),
        set(74, "near", mixed()),
        register(75, "main", optional(ValueType::Pointer(SPOT))),
    ];
    schema(vec![
        (NOTE, "Note", 1, note),
        (TAG, "Tag", 1, tag),
        (ODD, "Odd", 1, odd()),
        (SPOT, "Spot", 1, spot),
        (TWINS, "OddTwins", 1, twins()),
        (KEYLESS, "OddKeyless", 1, keyless()),
    ])
}

/// A schema that some author comes to introduce.
pub fn later_schema() -> Schema {
    let mut members = place_members();
    members.remove(1);
    members.insert(3, member(5, "street", ValueType::String));
    let note = vec![
        register(10, "title", ValueType::String),
        plain(11, "body", "text"),
        register(12, "stars", ValueType::String),
        register(13, "tags", list_of(ValueType::Pointer(TAG))),
        record(17, "place", members),
        plain(51, "votes", "text"),
        set(54, "labels", ValueType::Int),
        map(56, "numbers", ValueType::String, ValueType::String),
        set(57, "notes", ValueType::Pointer(NOTE)),
        field(58, "log", "events", vec![7]),
    ];
    let tag = vec![
        plain(20, "name", "text"),
        register(22, "colour", ValueType::Int),
        field(26, "number", "key", encode(&KeyConfig { value: ValueType::Int })),
    ];
    let task = vec![plain(21, "about", "text"), register(40, "of", ValueType::Pointer(NOTE))];
    let spot = vec![
        field(70, "code", "key", encode(&KeyConfig { value: mixed_key() })),
        plain(72, "visits", "counter"),
        map(73, "ratings", ValueType::Int, ValueType::Int),
    ];
    let odd = vec![plain(30, "gauge", "meter"), register(31, "mended", ValueType::Bytes)];
    schema(vec![
        (NOTE, "Note", 2, note),
        (TAG, "Tag", 2, tag),
        (ODD, "Odd", 2, odd),
        (TASK, "Task", 1, task),
        (SPOT, "Spot", 2, spot),
    ])
}

/// Another schema, with little in common with the founding one.
pub fn other_schema() -> Schema {
    let spot = vec![plain(70, "code", "counter")];
    let tag = vec![register(20, "name", ValueType::Int)];
    schema(vec![(TAG, "Tag", 3, tag), (SPOT, "Spot", 3, spot)])
}

/// A field that no op can be written to under its configuration.
pub(crate) fn is_bad(field: &FieldDefinition) -> bool {
    field.name.starts_with("bad_")
}

/// Lists, each with the type of its items.
fn lists(of: &[(u64, &str, ValueType)]) -> Vec<FieldDefinition> {
    if !HAS_LISTS {
        return vec![];
    }
    let list = |(id, name, item): &(u64, &str, ValueType)| {
        field(*id, name, "list", encode(&ListConfig { item: item.clone() }))
    };
    of.iter().map(list).collect()
}

fn odd() -> Vec<FieldDefinition> {
    let ambiguous = ValueType::Union(vec![ValueType::String, date()]);
    let twice = vec![member(1, "one", ValueType::Int), member(2, "one", ValueType::Int)];
    let descending = vec![member(2, "two", ValueType::Int), member(1, "one", ValueType::Int)];
    let narrow = ValueType::Union(vec![ValueType::Int]);
    let mut fields = vec![
        plain(30, "gauge", "gauge"),
        field(31, "bad_torn_register", "register", vec![9]),
        field(32, "bad_torn_record", "record", vec![1, 2, 3]),
        field(33, "bad_text", "text", vec![0]),
        register(34, "sound", ValueType::Bytes),
        register(35, "bad_ambiguous", ambiguous),
        set(36, "bad_optional_item", optional(ValueType::Int)),
        atom(37, "bad_scalar_atom", ValueType::Int),
        field(38, "bad_counter", "counter", vec![0]),
        map(39, "bad_map_value", ValueType::Int, optional(ValueType::Int)),
        record(41, "bad_names", twice),
        record(42, "bad_numbers", descending),
        field(43, "bad_events", "events", vec![1]),
        register(46, "bad_default", default_to(ValueType::Int, Value::from("no"))),
        map(47, "bad_map_key", narrow, ValueType::Int),
        register(48, "bad_inner_place", list_of(optional(ValueType::Int))),
    ];
    fields.extend(lists(&[(49, "bad_list", optional(ValueType::Int))]));
    fields
}

fn twins() -> Vec<FieldDefinition> {
    let key = |id, name| field(id, name, "key", encode(&KeyConfig { value: ValueType::String }));
    vec![key(80, "one"), key(81, "other"), register(82, "sound", ValueType::Bool)]
}

fn keyless() -> Vec<FieldDefinition> {
    let pointer = encode(&KeyConfig { value: ValueType::Pointer(TAG) });
    vec![field(83, "bad_key", "key", pointer), plain(84, "sound", "counter")]
}

fn place_members() -> Vec<MemberDefinition> {
    vec![
        member(1, "city", ValueType::String),
        member(2, "zip", ValueType::Int),
        member(3, "kind", ValueType::Pointer(TAG)),
        member(4, "marks", list_of(list_of(ValueType::Int))),
        member(6, "nick", optional(ValueType::String)),
        member(7, "rank", default_to(ValueType::Int, Value::Int(3))),
    ]
}

/// Two words and any number.
fn states() -> ValueType {
    let word = |word: &str| ValueType::Literal(Value::from(word));
    ValueType::Union(vec![word("open"), word("done"), ValueType::Int])
}

fn mixed() -> ValueType {
    ValueType::Union(vec![ValueType::Pointer(TAG), ValueType::Int, ValueType::Float])
}

fn mixed_key() -> ValueType {
    ValueType::Union(vec![ValueType::Int, ValueType::Literal(Value::from("b"))])
}

fn frame() -> ValueType {
    ValueType::Composite(vec![
        member(1, "x", ValueType::Int),
        member(2, "label", optional(ValueType::String)),
        member(3, "tag", default_to(states(), Value::Int(0))),
        member(5, "of", optional(ValueType::Pointer(TAG))),
    ])
}

/// Two composites that a literal tells apart.
fn shape() -> ValueType {
    let kind = |name: &str| member(1, "kind", ValueType::Literal(Value::from(name)));
    let circle = vec![kind("circle"), member(2, "radius", ValueType::Float)];
    let square = vec![kind("square"), member(2, "side", ValueType::Int)];
    ValueType::Union(vec![ValueType::Composite(circle), ValueType::Composite(square)])
}

fn date() -> ValueType {
    ValueType::Derivation { name: "date".into(), over: Box::new(ValueType::String) }
}

pub(crate) fn list_of(item: ValueType) -> ValueType {
    ValueType::List(Box::new(item))
}

pub(crate) fn optional(of: ValueType) -> ValueType {
    ValueType::Optional(Box::new(of))
}

pub(crate) fn default_to(of: ValueType, value: Value) -> ValueType {
    ValueType::Default { of: Box::new(of), value }
}

pub(crate) fn schema(types: Vec<(TypeId, &str, u32, Vec<FieldDefinition>)>) -> Schema {
    let definition = |(id, name, version, fields): (TypeId, &str, u32, Vec<FieldDefinition>)| {
        TypeDefinition { id, name: name.to_owned(), version, fields }
    };
    let schema = Schema { types: types.into_iter().map(definition).collect() };
    schema.check().expect("a schema of this file keeps the rules");
    schema
}

pub(crate) fn field(id: u64, name: &str, kind: &str, config: Vec<u8>) -> FieldDefinition {
    FieldDefinition { id: FieldId(id), name: name.to_owned(), kind: kind.to_owned(), config }
}

/// A field of a kind without a configuration.
pub(crate) fn plain(id: u64, name: &str, kind: &str) -> FieldDefinition {
    field(id, name, kind, vec![])
}

pub(crate) fn register(id: u64, name: &str, value: ValueType) -> FieldDefinition {
    field(id, name, "register", encode(&RegisterConfig { value }))
}

pub(crate) fn atom(id: u64, name: &str, value: ValueType) -> FieldDefinition {
    field(id, name, "atom", encode(&AtomConfig { value }))
}

pub(crate) fn record(id: u64, name: &str, members: Vec<MemberDefinition>) -> FieldDefinition {
    field(id, name, "record", encode(&RecordConfig { members }))
}

pub(crate) fn set(id: u64, name: &str, item: ValueType) -> FieldDefinition {
    field(id, name, "set", encode(&SetConfig { item }))
}

pub(crate) fn map(id: u64, name: &str, key: ValueType, value: ValueType) -> FieldDefinition {
    field(id, name, "map", encode(&MapConfig { key, value }))
}

pub(crate) fn member(number: u32, name: &str, value: ValueType) -> MemberDefinition {
    MemberDefinition { number, name: name.to_owned(), value }
}
