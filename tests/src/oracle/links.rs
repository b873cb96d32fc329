//! Links: the foreign keys that a node shows at a point of the run, and which op wrote each.
//!
//! **Invariants**
//! - A foreign key has the policy that the schema of the commit that wrote it gives its place,
//!   whatever another schema says of the same place.
//! - What is shown at a point is folded from the ops before it alone.

use crate::oracle::past::{Past, Stamp};
use crate::oracle::places::{Part, Places};
use crate::oracle::run::{Object, ObjectName};
use crate::oracle::schemas::Schemas;
use std::collections::BTreeMap;
use woodland_format::{NodeId, OnDelete, Value};

/// A foreign key: the node that it points to, and what it says to that one's deletion.
pub(crate) type ForeignKey = (NodeId, OnDelete);

/// The foreign keys in what the node shows right after this op, each with the op that wrote it; of
/// one op in the order of its values.
pub(crate) fn shown_after(
    op: Stamp,
    node: NodeId,
    objects: &BTreeMap<ObjectName, Object>,
    past: &Past,
    schemas: &Schemas,
) -> Vec<(Stamp, ForeignKey)> {
    let point = Stamp { index: op.index + 1, ..op };
    let mut links = Vec::new();
    for ((object, _), one) in objects.iter().filter(|((object, _), _)| object.node == node) {
        for (writer, part, value) in one.content.shown_at(point, past) {
            let schema = schemas.of_commit(writer.rank).expect("the writer is not void");
            let (_, field) = schema.field_with(object.field).expect("the writer is not void");
            let places = Places::of(field).expect("the writer is not void");
            let found = foreign_keys(&places, part, &value).into_iter();
            links.extend(found.map(|link| (writer, link)));
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
