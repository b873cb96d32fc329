//! The pointers that ops write: what they lead to is checked before a batch is signed.
//!
//! **Invariants**
//! - Named is what an op writes, not what it takes out: a pointer to a deleted node may be removed.
//!
//! What this does not do: look into kinds of the program's own.

use serde::Serialize;
use serde::de::DeserializeOwned;
use woodland_format::limits::{CONFIG_BYTES_MAX, OP_BYTES_MAX};
use woodland_format::{
    AtomConfig, ListConfig, ListOp, MapConfig, MapOp, NodeId, RecordConfig, RecordOp,
    RegisterConfig, RegisterOp, SetConfig, SetOp, ValueType, decode,
};

/// Whether values of a field of this kind may hold pointers.
pub(crate) fn may_point(kind: &str, config: &[u8]) -> bool {
    let types = match kind {
        "register" => parsed(config).map(|of: RegisterConfig| vec![of.value]),
        "atom" => parsed(config).map(|of: AtomConfig| vec![of.value]),
        "set" => parsed(config).map(|of: SetConfig| vec![of.item]),
        "list" => parsed(config).map(|of: ListConfig| vec![of.item]),
        "map" => parsed(config).map(|of: MapConfig| vec![of.key, of.value]),
        "record" => parsed(config)
            .map(|of: RecordConfig| of.members.into_iter().map(|one| one.value).collect()),
        _ => None,
    };
    let points = |of: &ValueType| {
        let mut points = false;
        of.targets(&mut |_| points = true);
        points
    };
    types.is_some_and(|types| types.iter().any(points))
}

fn parsed<T: DeserializeOwned + Serialize>(config: &[u8]) -> Option<T> {
    decode::<T, CONFIG_BYTES_MAX>("a configuration", config).ok()
}

/// Names every node that the op, of this kind, writes a pointer to.
pub(crate) fn written(kind: &str, op: &[u8], found: &mut dyn FnMut(NodeId)) {
    fn op_of<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Option<T> {
        decode::<T, OP_BYTES_MAX>("an op", bytes).ok()
    }
    match kind {
        "register" | "atom" => {
            if let Some(RegisterOp::Set(value)) = op_of(op) {
                value.pointers(found);
            }
        }
        "record" => {
            if let Some(RecordOp::Set(members)) = op_of(op) {
                members.iter().for_each(|(_, value)| value.pointers(found));
            }
        }
        "set" => {
            if let Some(SetOp::Add(items)) = op_of(op) {
                items.iter().for_each(|item| item.pointers(found));
            }
        }
        "map" => {
            if let Some(MapOp::Put(entries)) = op_of(op) {
                for (key, value) in &entries {
                    key.pointers(found);
                    value.pointers(found);
                }
            }
        }
        "list" => match op_of(op) {
            Some(ListOp::Insert { items, .. }) => {
                items.iter().for_each(|item| item.pointers(found));
            }
            Some(ListOp::Set { item, .. }) => item.pointers(found),
            _ => {}
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use woodland_format::{Value, encode};

    fn nodes(kind: &str, op: &[u8]) -> Vec<u8> {
        let mut found = Vec::new();
        written(kind, op, &mut |node| found.push(node.0[0]));
        found
    }

    #[test]
    fn what_is_written_is_named_and_what_is_taken_out_is_not() {
        let to = |at: u8| Value::Pointer(NodeId([at; 16]));
        let inside = Value::Record(vec![(1, Value::List(vec![to(1), to(2)])), (2, to(3))]);
        assert_eq!(nodes("register", &encode(&RegisterOp::Set(inside.clone()))), [1, 2, 3]);
        assert_eq!(nodes("atom", &encode(&RegisterOp::Clear)), []);
        assert_eq!(nodes("record", &encode(&RecordOp::Set(vec![(4, to(4))]))), [4]);
        assert_eq!(nodes("set", &encode(&SetOp::Add(vec![to(5)]))), [5]);
        assert_eq!(nodes("set", &encode(&SetOp::Remove(vec![to(5)]))), []);
        assert_eq!(nodes("map", &encode(&MapOp::Put(vec![(to(6), to(7))]))), [6, 7]);
        assert_eq!(nodes("map", &encode(&MapOp::Remove(vec![to(6)]))), []);
        assert_eq!(nodes("list", &encode(&ListOp::Insert { at: 0, items: vec![to(8)] })), [8]);
        assert_eq!(nodes("list", &encode(&ListOp::Set { at: 0, item: to(9) })), [9]);
        assert_eq!(nodes("text", &[4; 40]), []);
    }
}
