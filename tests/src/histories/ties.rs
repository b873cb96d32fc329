//! Types whose nodes hold each other: foreign keys of every policy in every kind that may have
//! them, revivable types, types with a key, rules of uniqueness.
//!
//! **Invariants**
//! - Every policy stands in a register, a member, an atom, a set, a key and a value of a map; for
//!   most of them there is a cycle of types.
//! - Of the sound types nothing points to a token: it can be removed.
//! - Values that should be unique are few.
//! - All ids are apart from those of the schemas next door, so that both stand in one schema.

use crate::histories::schemas::{
    atom, default_to, field, founding_schema, list_of, map, member, optional, plain, record,
    register, schema, set,
};
use woodland_format::{
    DeletionConfig, FieldDefinition, FieldId, KeyConfig, ListConfig, MemberDefinition, OnDelete,
    Schema, TypeDefinition, TypeId, UniqueConfig, UnseenEdits, Value, ValueType, encode,
};

/// Holds others, is held by a person; nothing brings it back but a link under *revive*.
pub(crate) const FOLDER: TypeId = TypeId(20);
/// Revivable.
pub(crate) const LEAF: TypeId = TypeId(21);
/// Revivable, with a key and a rule of uniqueness.
pub(crate) const PERSON: TypeId = TypeId(22);
/// With a key, and a rule of uniqueness over two fields; says that unseen edits are lost.
pub(crate) const TOKEN: TypeId = TypeId(23);
/// A type with fields of this file's kinds that cannot be used.
pub(crate) const ODD_TIES: TypeId = TypeId(24);
/// A type with two sound fields of kind `deletion`, so not revivable.
pub(crate) const ODD_ENDS: TypeId = TypeId(25);

/// A plain pointer or a key with each of the policies.
pub(crate) const POLICIES: [Option<OnDelete>; 4] =
    [None, Some(OnDelete::Restrict), Some(OnDelete::Cascade), Some(OnDelete::Revive)];

/// The types of this file that are sound: a schema that can be migrated.
pub fn tied_schema() -> Schema {
    Schema { types: ties() }
}

/// Notes, tags and spots beside the types of this file: all sound.
pub fn sound_schema() -> Schema {
    let mut types = founding_schema().types;
    types.retain(|one| !is_odd(one));
    types.extend(ties());
    Schema { types }
}

/// All there is. It has types with unusable fields, which a migration has to remove.
pub fn whole_schema() -> Schema {
    let mut types = founding_schema().types;
    types.extend(ties());
    types.extend(odd_ties());
    Schema { types }
}

/// A type with fields that cannot be used, which no migration leaves there.
pub(crate) fn is_odd(definition: &TypeDefinition) -> bool {
    definition.name.starts_with("Odd")
}

/// A key with this policy, or a plain pointer.
pub(crate) fn pointer(target: TypeId, policy: Option<OnDelete>) -> ValueType {
    match policy {
        Some(on_delete) => ValueType::ForeignKey { target, on_delete },
        None => ValueType::Pointer(target),
    }
}

fn ties() -> Vec<TypeDefinition> {
    let all = vec![
        (FOLDER, "Folder", 1, folder()),
        (LEAF, "Leaf", 1, leaf()),
        (PERSON, "Person", 1, person()),
        (TOKEN, "Token", 1, token()),
    ];
    schema(all).types
}

fn folder() -> Vec<FieldDefinition> {
    vec![
        register(200, "name", ValueType::String),
        register(201, "parent", optional(cascade(FOLDER))),
        register(202, "owner", optional(restrict(PERSON))),
        set(203, "favourites", revive(LEAF)),
        register(204, "cover", optional(ValueType::Pointer(LEAF))),
        unique(205, "one_name", &[200]),
        set(206, "watchers", restrict(PERSON)),
        set(207, "shortcuts", cascade(FOLDER)),
    ]
}

fn leaf() -> Vec<FieldDefinition> {
    let members = vec![
        member(1, "guard", optional(restrict(LEAF))),
        member(2, "stem", optional(cascade(LEAF))),
        member(3, "twin", optional(revive(LEAF))),
        member(4, "last", optional(ValueType::Pointer(LEAF))),
        member(5, "colour", default_to(ValueType::String, Value::from("green"))),
        member(6, "many", optional(list_of(cascade(FOLDER)))),
    ];
    let frame = vec![
        member(1, "x", ValueType::Int),
        member(2, "author", optional(cascade(PERSON))),
        member(3, "sources", list_of(revive(LEAF))),
        member(4, "reader", optional(restrict(PERSON))),
    ];
    vec![
        register(210, "title", optional(ValueType::String)),
        deletion(211, "end", UnseenEdits::Revive),
        register(212, "home", optional(cascade(FOLDER))),
        record(213, "ties", members),
        atom(214, "frame", optional(ValueType::Composite(frame))),
        plain(215, "about", "text"),
        field(216, "uses", "list", encode(&ListConfig { item: ValueType::Pointer(LEAF) })),
        map(217, "grants", restrict(PERSON), cascade(FOLDER)),
        map(218, "echoes", revive(LEAF), ValueType::Int),
        plain(219, "votes", "counter"),
    ]
}

fn person() -> Vec<FieldDefinition> {
    let either = ValueType::Union(vec![revive(LEAF), ValueType::Int]);
    vec![
        field(220, "code", "key", encode(&KeyConfig { value: ValueType::String })),
        deletion(221, "end", UnseenEdits::Revive),
        register(222, "mail", optional(ValueType::String)),
        register(223, "boss", optional(restrict(PERSON))),
        unique(224, "one_mail", &[222]),
        map(225, "links", ValueType::String, either),
        register(226, "friend", optional(revive(PERSON))),
        map(227, "desks", cascade(FOLDER), ValueType::String),
        map(228, "keys", ValueType::Int, restrict(FOLDER)),
    ]
}

fn token() -> Vec<FieldDefinition> {
    vec![
        field(230, "number", "key", encode(&KeyConfig { value: ValueType::Int })),
        deletion(231, "end", UnseenEdits::Lose),
        register(232, "bearer", optional(cascade(PERSON))),
        register(233, "row", optional(ValueType::Bool)),
        register(234, "seat", optional(ValueType::Bool)),
        unique(235, "one_place", &[233, 234]),
        plain(236, "visits", "counter"),
    ]
}

fn odd_ties() -> Vec<TypeDefinition> {
    let odd = vec![
        field(240, "bad_list", "list", encode(&ListConfig { item: restrict(LEAF) })),
        field(241, "bad_end", "deletion", vec![9]),
        field(242, "bad_unique", "unique", vec![1]),
        unique(243, "bad_nothing_unique", &[]),
        unique(244, "bad_text_unique", &[246]),
        register(245, "sound", optional(cascade(LEAF))),
        plain(246, "about", "text"),
    ];
    let ends = vec![
        deletion(250, "one", UnseenEdits::Revive),
        deletion(251, "other", UnseenEdits::Revive),
        register(252, "sound", optional(restrict(FOLDER))),
    ];
    schema(vec![(ODD_TIES, "OddTies", 1, odd), (ODD_ENDS, "OddEnds", 1, ends)]).types
}

fn restrict(target: TypeId) -> ValueType {
    pointer(target, Some(OnDelete::Restrict))
}

fn cascade(target: TypeId) -> ValueType {
    pointer(target, Some(OnDelete::Cascade))
}

fn revive(target: TypeId) -> ValueType {
    pointer(target, Some(OnDelete::Revive))
}

pub(crate) fn deletion(id: u64, name: &str, edits: UnseenEdits) -> FieldDefinition {
    field(id, name, "deletion", encode(&DeletionConfig { edits }))
}

pub(crate) fn unique(id: u64, name: &str, fields: &[u64]) -> FieldDefinition {
    let fields = fields.iter().map(|id| FieldId(*id)).collect();
    field(id, name, "unique", encode(&UniqueConfig { fields }))
}

/// What a type says of places that may hold pointers: every type of value in its configuration.
pub(crate) fn places_of(field: &FieldDefinition) -> Vec<ValueType> {
    use woodland_format::{AtomConfig, MapConfig, RecordConfig, RegisterConfig, SetConfig, decode};
    const MOST: usize = 65536;
    let (what, bytes) = ("a configuration", &field.config);
    let one = |value: ValueType| vec![value];
    let found = match field.kind.as_str() {
        "register" => decode::<RegisterConfig, MOST>(what, bytes).map(|config| one(config.value)),
        "atom" => decode::<AtomConfig, MOST>(what, bytes).map(|config| one(config.value)),
        "set" => decode::<SetConfig, MOST>(what, bytes).map(|config| one(config.item)),
        "map" => {
            decode::<MapConfig, MOST>(what, bytes).map(|config| vec![config.key, config.value])
        }
        "record" => decode::<RecordConfig, MOST>(what, bytes)
            .map(|config| config.members.into_iter().map(|member| member.value).collect()),
        _ => Ok(vec![]),
    };
    found.unwrap_or_default()
}

/// The policies of the foreign keys in a type of value.
pub(crate) fn policies_of(value: &ValueType, found: &mut Vec<OnDelete>) {
    match value {
        ValueType::ForeignKey { on_delete, .. } => found.push(*on_delete),
        ValueType::List(of) | ValueType::Optional(of) | ValueType::Default { of, .. } => {
            policies_of(of, found);
        }
        ValueType::Union(members) => members.iter().for_each(|one| policies_of(one, found)),
        ValueType::Composite(members) => {
            let of = |member: &MemberDefinition| policies_of(&member.value, found);
            members.iter().for_each(of);
        }
        _ => {}
    }
}
