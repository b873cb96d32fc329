//! Reasons of `woodland-graph` for an op without effect, and what the voids lists say.

use crate::{Row, raised};
use woodland_format::{
    Commit, DeletionConfig, FieldDefinition, FieldId, KeyConfig, MapConfig, MapOp, Migration,
    MigrationStep, Misfit, NodeId, ObjectId, OnDelete, Op, Payload, RecordOp, RegisterConfig,
    RegisterOp, Schema, SchemaChange, TextOp, TypeDefinition, TypeId, UnseenEdits, Value,
    ValueType, encode, keyed_node_id, node_id,
};
use woodland_graph::{Graph, Kinds, Void};
use woodland_tests::agreement::log_of;
use woodland_tests::histories::{Line, Script, other_schema};

/// The reason for which the first op of the commit has no effect.
fn reason(script: &Script, commit: &Commit) -> Void {
    let graph = Graph::of(&log_of(&script.commits), Kinds::standard());
    graph.voids_of(&commit.id()).first().expect("an op without effect").reason
}

/// The reason for which this op has none.
fn of(op: Op) -> Void {
    let mut script = Script::found();
    let commit = script.write(1, &[], vec![op]);
    reason(&script, &commit)
}

fn edit(node: NodeId, field: u64, op: Vec<u8>) -> Void {
    of(Op::Edit { object: ObjectId { node, field: FieldId(field) }, op })
}

fn set(value: Value) -> Vec<u8> {
    encode(&RegisterOp::Set(value))
}

pub(crate) fn rows() -> Vec<Row> {
    let script = Script::found();
    let (note, odd, nobody) = (script.note(), script.odd(), NodeId([9; 16]));
    let mut rows = Vec::new();
    let all = &mut rows;
    let line = |change, payload| {
        let mut script = Script::found();
        let first = script.write(1, &[], vec![]);
        let line = Line { after: Some(&first), sees: &[], schema: change, payload };
        let commit = script.line(1, line);
        reason(&script, &commit)
    };
    let create = |node_type| Op::Create { node_type: TypeId(node_type), salt: 5 };
    let rubbish = line(SchemaChange::Keep, vec![1, 2, 3]);
    raised!(all, "graph" Void::Unreadable, "a payload of three odd bytes", rubbish);
    let stray = of(Op::Schema(other_schema()));
    raised!(all, "graph" Void::StraySchema, "a schema that no header introduces", stray);
    let introduce = SchemaChange::Introduce(other_schema().id());
    let unknown = line(introduce, Payload::of(vec![create(1)]).encode());
    raised!(all, "graph" Void::UnknownSchema, "a schema that nobody carries", unknown);
    raised!(all, "graph" Void::UnknownType, "a node of type 99", of(create(99)));
    raised!(all, "graph" Void::TypeDiffers, "a fork's second creation, another type", twice());
    let field = edit(note, 999, set(Value::Int(1)));
    raised!(all, "graph" Void::UnknownField, "field 999", field);
    let node = edit(nobody, 10, set("x".into()));
    raised!(all, "graph" Void::UnknownNode, "a node that nobody created", node);
    let owner = edit(note, 20, set("x".into()));
    raised!(all, "graph" Void::WrongType, "a tag's field of a note", owner);
    let config = edit(odd, 31, set("x".into()));
    raised!(all, "graph" Void::BadConfig, "a register that is configured by a 9", config);
    let bytes = edit(note, 10, vec![9]);
    raised!(all, "graph" Void::Undecodable, "a register's op of one byte", bytes);
    let member = edit(note, 17, encode(&RecordOp::Set(vec![(99, Value::Int(1))])));
    raised!(all, "graph" Void::UnknownMember, "member 99 of a record", member);
    let value = edit(note, 12, set("five".into()));
    raised!(all, "graph" Void::WrongValue, "a word where a number belongs", value);
    let target = edit(note, 16, set(Value::Pointer(nobody)));
    raised!(all, "graph" Void::UnknownTarget, "a pointer to a node that nobody created", target);
    let empty = edit(note, 11, encode(&TextOp::Insert { at: 0, text: String::new() }));
    raised!(all, "graph" Void::EmptyEdit, "nothing, inserted", empty);
    let far = edit(note, 11, encode(&TextOp::Insert { at: 99, text: "far".into() }));
    raised!(all, "graph" Void::BadPosition, "an insertion past the end", far);
    keys(all);
    existence(all);
    let name = "headline".to_owned();
    let steps = vec![MigrationStep::RenameField { field: FieldId(999), name }];
    let misfit = of(Op::Migrate(Migration { steps }));
    raised!(all, "graph" Void::Misfit, "another name for field 999", misfit);
    let unfounded = unfounded();
    raised!(all, "format" Misfit::NoSchema, "a migration of an erased schema", unfounded);
    rows
}

/// A book, which is named by its isbn and has a map; and a shelf, which has neither.
fn books() -> Schema {
    let field = |id: u64, kind: &str, config| FieldDefinition {
        id: FieldId(id),
        name: format!("{kind}_{id}"),
        kind: kind.to_owned(),
        config,
    };
    let isbn = encode(&KeyConfig { value: ValueType::String });
    let copies = encode(&MapConfig { key: ValueType::String, value: ValueType::Int });
    let of = |id: u64, fields| TypeDefinition {
        id: TypeId(id),
        name: format!("Type{id}"),
        version: 1,
        fields,
    };
    let book = vec![field(500, "key", isbn), field(501, "map", copies)];
    Schema { types: vec![of(50, book), of(51, vec![])] }
}

/// What becomes of an op under that schema, behind the creation of a book.
fn of_books(op: Op) -> Void {
    let mut script = Script::found();
    let first = script.write(1, &[], vec![]);
    let book = Op::CreateKeyed { node_type: TypeId(50), key: "978".into() };
    let payload = Payload::of(vec![Op::Schema(books()), book, op]).encode();
    let schema = SchemaChange::Introduce(books().id());
    let commit = script.line(1, Line { after: Some(&first), sees: &[], schema, payload });
    reason(&script, &commit)
}

fn keys(all: &mut Vec<Row>) {
    let book = keyed_node_id(TypeId(50), &encode(&Value::from("978")));
    let edit = |field, op| {
        of_books(Op::Edit { object: ObjectId { node: book, field: FieldId(field) }, op })
    };
    let bare = of_books(Op::Create { node_type: TypeId(50), salt: 5 });
    raised!(all, "graph" Void::NeedsKey, "a book without its isbn", bare);
    let shelf = of_books(Op::CreateKeyed { node_type: TypeId(51), key: "978".into() });
    raised!(all, "graph" Void::NoKey, "a shelf with an isbn", shelf);
    let isbn = edit(500, encode(&RegisterOp::Set("979".into())));
    raised!(all, "graph" Void::ReadOnly, "another isbn for a book", isbn);
    let copy = edit(501, encode(&MapOp::Remove(vec!["lent".into()])));
    raised!(all, "graph" Void::UnknownKey, "a removal of a key that nobody put", copy);
    let third = Op::Recreate { node_type: TypeId(50), key: "978".into(), generation: 2 };
    let third = of_books(third);
    raised!(all, "graph" Void::UnseenGeneration, "a third book before there is a second", third);
}

/// A shelf, on which others stand; and a plan, which lives while somebody edits it.
fn shelves() -> Schema {
    let field = |id: u64, kind: &str, config| FieldDefinition {
        id: FieldId(id),
        name: format!("{kind}_{id}"),
        kind: kind.to_owned(),
        config,
    };
    let on = ValueType::ForeignKey { target: TypeId(60), on_delete: OnDelete::Restrict };
    let on = encode(&RegisterConfig { value: ValueType::Optional(Box::new(on)) });
    let steps = encode(&RegisterConfig { value: ValueType::String });
    let revive = encode(&DeletionConfig { edits: UnseenEdits::Revive });
    let of = |id: u64, fields| TypeDefinition {
        id: TypeId(id),
        name: format!("Type{id}"),
        version: 1,
        fields,
    };
    let plan = vec![field(610, "deletion", revive), field(611, "register", steps)];
    Schema { types: vec![of(60, vec![field(600, "register", on)]), of(61, plan)] }
}

/// Why a migration does not fit where the payload with the founding schema is erased.
fn unfounded() -> Misfit {
    let mut script = Script::found();
    let founding = script.commits[0].clone();
    let erased = Commit::new(founding.author(), founding.header().clone(), None);
    script.commits[0] = erased.expect("it keeps the rules");
    let first = script.write(1, &[], vec![]);
    let name = "headline".to_owned();
    let steps = vec![MigrationStep::RenameField { field: FieldId(10), name }];
    let ops = vec![Op::Schema(other_schema()), Op::Migrate(Migration { steps })];
    let schema = SchemaChange::Introduce(other_schema().id());
    let payload = Payload::of(ops).encode();
    script.line(1, Line { after: Some(&first), sees: &[], schema, payload });
    let graph = Graph::of(&log_of(&script.commits), Kinds::standard());
    let made = graph.migrations().pop().expect("a migration");
    made.outcome.expect_err("there is nothing to migrate")
}

fn existence(all: &mut Vec<Row>) {
    let create = |node_type| Op::Create { node_type: TypeId(node_type), salt: 0 };
    let begin = || Script::found_with(shelves(), vec![create(60), create(60), create(61)]);
    let [lower, upper, plan] = [1, 2, 3].map(|index| node_id(&begin().author(0), 0, index, 0));
    let edit = |node, field, value: Value| Op::Edit {
        object: ObjectId { node, field: FieldId(field) },
        op: set(value),
    };
    let put = || edit(upper, 600, Value::Pointer(lower));
    let delete = |node| Op::Delete { node };
    let of = |ops| {
        let mut script = begin();
        let commit = script.write(1, &[], ops);
        reason(&script, &commit)
    };
    let twice = of(vec![delete(lower), delete(lower)]);
    raised!(all, "graph" Void::DeadNode, "a second deletion of a shelf", twice);
    let below = of(vec![put(), delete(lower)]);
    raised!(all, "graph" Void::Restricted, "a deletion of a shelf with one on it", below);
    let onto = of(vec![delete(lower), put()]);
    raised!(all, "graph" Void::DeadTarget, "a shelf on one that is deleted", onto);
    let mut script = begin();
    script.write(1, &[], vec![edit(plan, 611, "paint".into())]);
    let unseen = script.write(2, &[], vec![delete(plan)]);
    let unseen = reason(&script, &unseen);
    raised!(all, "graph" Void::Edited, "a deletion that has not seen an edit", unseen);
}

/// Both branches of a fork create one node, with two types.
fn twice() -> Void {
    let mut script = Script::found();
    let mut branch = |node_type| {
        let ops = vec![Op::Create { node_type: TypeId(node_type), salt: 5 }];
        let payload = Payload::of(ops).encode();
        script.line(1, Line { after: None, sees: &[], schema: SchemaChange::Keep, payload })
    };
    let mut branches = [branch(1), branch(2)];
    branches.sort_by_key(Commit::id);
    reason(&script, &branches[1])
}
