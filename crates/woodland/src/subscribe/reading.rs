//! Whether two versions of a node or field read otherwise, as the program reads them.
//!
//! The graph tells of every field that shows something else. A counter that was never written and
//! one that came back to zero are two things for the graph, and one for the program.
//!
//! **Invariants**
//! - Values are the same if the same ops write them into a node that was just made.
//!
//! What this does not do: compare fields that the graph says are the same.

use crate::batch::Collected;
use crate::binding::Binding;
use crate::field::FieldType;
use crate::record::{Record, Writer};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use woodland_format::{FieldId, NodeId, Op};

/// Of these fields, those that read otherwise. What names a node has no ops, and is told as it is.
pub(super) fn that_differ<R: Record>(
    binding: &Binding,
    node: NodeId,
    (before, after): (&R, &R),
    mut fields: Vec<FieldId>,
) -> Vec<FieldId> {
    let (before, after) = (ops(binding, node, before), ops(binding, node, after));
    fields.retain(|field| binding.is_key(*field) || before.get(field) != after.get(field));
    fields
}

pub(super) fn differ<T: FieldType>(before: &T, after: &T) -> bool {
    let ops = |value: &T| {
        let mut ops = Vec::new();
        value.tell(&mut |op| ops.push(op));
        ops
    };
    T::KIND == "key" || ops(before) != ops(after)
}

/// What writes a record, field by field.
fn ops<R: Record>(binding: &Binding, node: NodeId, record: &R) -> BTreeMap<FieldId, Vec<Vec<u8>>> {
    let mut collected = Collected { is_told: true, ..Collected::default() };
    let (binding, of) = (Some(binding), PhantomData);
    record.write(&mut Writer { node, binding, collected: &mut collected, of });
    let mut by_field = BTreeMap::<FieldId, Vec<Vec<u8>>>::new();
    for op in collected.ops {
        if let Op::Edit { object, op } = op {
            by_field.entry(object.field).or_default().push(op);
        }
    }
    by_field
}
