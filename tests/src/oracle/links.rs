//! Links: the foreign keys that an op writes, and those that a node shows at a point of the run.
//!
//! **Invariants**
//! - A foreign key has the policy that the schema of the commit that wrote it gives its place,
//!   whatever another schema says of the same place.
//! - What is shown at a point is folded from the ops before it alone.

use crate::oracle::content::{Content, op_of};
use crate::oracle::past::{Past, Stamp};
use crate::oracle::places::{Part, Places};
use crate::oracle::run::ObjectName;
use crate::oracle::schemas::Schemas;
use std::collections::BTreeMap;
use woodland_format::{
    FieldDefinition, MapOp, NodeId, OnDelete, RecordOp, RegisterOp, SetOp, Value,
};

/// A foreign key: the node that it points to, and what it says to that one's deletion.
pub(crate) type ForeignKey = (NodeId, OnDelete);

/// The foreign keys in the values that an op of this field writes, in the order of the values.
pub(crate) fn written_by(field: &FieldDefinition, op: &[u8]) -> Vec<ForeignKey> {
    let places = Places::of(field).expect("the op is not void, so the field is sound");
    let values = values_of(&field.kind, op);
    values.iter().flat_map(|(part, value)| foreign_keys(&places, *part, value)).collect()
}

/// The foreign keys in what the node shows at this point, from the ops before it alone.
pub(crate) fn shown_at(
    point: Stamp,
    node: NodeId,
    objects: &BTreeMap<ObjectName, Content>,
    past: &Past,
    schemas: &Schemas,
) -> Vec<ForeignKey> {
    let mut links = Vec::new();
    for ((object, _), content) in objects.iter().filter(|((object, _), _)| object.node == node) {
        for (writer, part, value) in content.shown_at(point, past) {
            let schema = schemas.of_commit(writer.rank).expect("the writer is not void");
            let (_, field) = schema.field_with(object.field).expect("the writer is not void");
            let places = Places::of(field).expect("the writer is not void");
            links.extend(foreign_keys(&places, part, &value));
        }
    }
    links
}

fn foreign_keys(places: &Places, part: Part, value: &Value) -> Vec<ForeignKey> {
    let mut found = Vec::new();
    let of_type = places.type_at(part).expect("the op is not void, so its places are there");
    of_type.links(value, &mut |target, _, on_delete| {
        found.extend(on_delete.map(|on_delete| (target, on_delete)));
    });
    found
}

/// The values that an op of this kind writes, and where. Lists hold plain pointers only, and the
/// other kinds hold no values.
fn values_of(kind: &str, op: &[u8]) -> Vec<(Part, Value)> {
    let sound = "the op is not void, so it decodes";
    match kind {
        "register" | "atom" => match op_of(op).expect(sound) {
            RegisterOp::Set(value) => vec![(Part::Whole, value)],
            RegisterOp::Clear => vec![],
        },
        "record" => match op_of(op).expect(sound) {
            RecordOp::Set(members) => {
                let member = |(number, value)| (Part::Member(number), value);
                members.into_iter().map(member).collect()
            }
            RecordOp::Clear(_) => vec![],
        },
        "set" => match op_of(op).expect(sound) {
            SetOp::Add(items) => items.into_iter().map(|item| (Part::Item, item)).collect(),
            SetOp::Remove(_) => vec![],
        },
        "map" => match op_of(op).expect(sound) {
            MapOp::Put(entries) => {
                let both = |(key, value)| [(Part::Key, key), (Part::AtKey, value)];
                entries.into_iter().flat_map(both).collect()
            }
            MapOp::Remove(_) => vec![],
        },
        _ => vec![],
    }
}
