//! Errors of `woodland-format` about migrations: steps that do not fit the schema that there is.

use crate::{Row, raised};
use woodland_format::{
    FieldDefinition, FieldId, Migration, MigrationStep, Misfit, RegisterConfig, Schema,
    TypeDefinition, TypeId, ValueType, encode,
};

/// A note with a title and a body.
fn schema() -> Schema {
    let field = |id, name: &str, kind: &str, config| FieldDefinition {
        id: FieldId(id),
        name: name.to_owned(),
        kind: kind.to_owned(),
        config,
    };
    let title = encode(&RegisterConfig { value: ValueType::String });
    let fields = vec![field(1, "title", "register", title), field(2, "body", "text", vec![])];
    let note = TypeDefinition { id: TypeId(1), name: "Note".to_owned(), version: 1, fields };
    Schema { types: vec![note] }
}

fn misfit(steps: Vec<MigrationStep>) -> Misfit {
    Migration { steps }.apply(&schema()).expect_err("it does not fit")
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    raised!(rows, "format" Misfit::Empty, "a migration without steps", misfit(vec![]));
    let name = || "title".to_owned();
    let no_type = MigrationStep::RenameType { node_type: TypeId(9), name: name() };
    raised!(rows, "format" Misfit::NoType, "another name for type 9", misfit(vec![no_type]));
    let no_field = MigrationStep::RenameField { field: FieldId(9), name: name() };
    raised!(rows, "format" Misfit::NoField, "another name for field 9", misfit(vec![no_field]));
    let tag = TypeDefinition { name: "Tag".to_owned(), ..schema().types[0].clone() };
    let taken = misfit(vec![MigrationStep::AddType(tag)]);
    raised!(rows, "format" Misfit::Taken, "a type with the id of another", taken);
    let apart = misfit(vec![MigrationStep::MoveField { from: FieldId(1), to: FieldId(2) }]);
    raised!(rows, "format" Misfit::Apart, "a register in the place of a text", apart);
    let no_map = misfit(vec![MigrationStep::change_default_type(FieldId(1), &ValueType::Int)]);
    raised!(rows, "format" Misfit::NoMap, "a default type for a register", no_map);
    let config = encode(&RegisterConfig { value: ValueType::Pointer(TypeId(9)) });
    let unsound = misfit(vec![MigrationStep::ChangeType { field: FieldId(1), config }]);
    raised!(rows, "format" Misfit::Unsound, "a pointer to a type that is not there", unsound);
    let twice = misfit(vec![MigrationStep::RenameField { field: FieldId(2), name: name() }]);
    raised!(rows, "format" Misfit::Schema, "two fields of one name", twice);
    rows
}
