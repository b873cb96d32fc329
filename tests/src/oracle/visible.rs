//! What is visible, through the founding schema, and its digest.

use crate::oracle::past::Past;
use crate::oracle::register::Register;
use crate::oracle::run::State;
use crate::oracle::{ConflictEntry, RegisterName};
use std::collections::BTreeMap;
use woodland_format::{
    Digest, NodeId, ObjectId, Schema, TypeId, Value, digest_branch, digest_key, digest_leaf, encode,
};

const NODE_KEY: u8 = 1;
const OBJECT_KEY: u8 = 2;

/// The nodes whose first creation has a type of the founding schema.
pub(crate) fn nodes(state: &State, founding: Option<&Schema>) -> BTreeMap<NodeId, TypeId> {
    let Some(schema) = founding else { return BTreeMap::new() };
    let first = |(node, all): (&NodeId, &Vec<(_, TypeId)>)| (*node, all[0].1);
    let shown = |(_, node_type): &(NodeId, TypeId)| schema.type_with(*node_type).is_some();
    state.creations.iter().map(first).filter(shown).collect()
}

/// Whether the founding schema shows an object of this kind: the node is visible, the field belongs
/// to its type, and the kind is the field's.
fn shows(state: &State, founding: Option<&Schema>, object: ObjectId, kind: &str) -> bool {
    let Some((owner, field)) = founding.and_then(|schema| schema.field_with(object.field)) else {
        return false;
    };
    let node_type = state.creations.get(&object.node).map(|all| all[0].1);
    node_type == Some(owner.id) && field.kind == kind
}

/// The visible registers, and the members of visible records.
fn registers<'a>(
    state: &'a State,
    founding: Option<&'a Schema>,
) -> impl Iterator<Item = (RegisterName, &'a Register)> {
    let alone = state
        .registers
        .iter()
        .filter(move |(object, _)| shows(state, founding, **object, "register"))
        .map(|(object, register)| ((*object, None), register));
    let members = state
        .records
        .iter()
        .filter(move |(object, _)| shows(state, founding, **object, "record"))
        .flat_map(|(object, members)| {
            members.iter().map(|(number, register)| ((*object, Some(*number)), register))
        });
    alone.chain(members)
}

/// The values of the visible objects.
pub(crate) fn values(
    state: &State,
    past: &Past,
    founding: Option<&Schema>,
) -> BTreeMap<ObjectId, Value> {
    let mut values = BTreeMap::new();
    let mut records: BTreeMap<ObjectId, Vec<(u32, Value)>> = BTreeMap::new();
    for ((object, member), register) in registers(state, founding) {
        let standing = register.standing(past);
        let (_, winner) = standing.last().expect("a register that is there has a write");
        match member {
            None => drop(values.insert(object, winner.clone())),
            Some(number) => records.entry(object).or_default().push((number, winner.clone())),
        }
    }
    values.extend(records.into_iter().map(|(object, members)| (object, Value::Record(members))));
    for (object, text) in &state.texts {
        if shows(state, founding, *object, "text") {
            values.insert(*object, Value::String(text.shown()));
        }
    }
    values
}

/// The standing writes that did not win.
pub(crate) fn conflicts(
    state: &State,
    past: &Past,
    founding: Option<&Schema>,
) -> BTreeMap<RegisterName, Vec<ConflictEntry>> {
    let mut conflicts = BTreeMap::new();
    for (name, register) in registers(state, founding) {
        let standing = register.standing(past);
        let losers = &standing[..standing.len() - 1];
        if !losers.is_empty() {
            let entry = |(stamp, value): &&(crate::oracle::Stamp, Value)| {
                (past.commits()[stamp.rank].id(), stamp.index, value.clone())
            };
            conflicts.insert(name, losers.iter().map(entry).collect());
        }
    }
    conflicts
}

/// The entries of the digest: canonical keys and canonical values.
pub(crate) fn entries(
    nodes: &BTreeMap<NodeId, TypeId>,
    values: &BTreeMap<ObjectId, Value>,
) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let of_node = |(node, node_type): (&NodeId, &TypeId)| {
        ([&[NODE_KEY][..], &node.0].concat(), encode(node_type))
    };
    let of_object = |(object, value): (&ObjectId, &Value)| {
        let field = object.field.0.to_be_bytes();
        ([&[OBJECT_KEY][..], &object.node.0, &field].concat(), encode(value))
    };
    nodes.iter().map(of_node).chain(values.iter().map(of_object)).collect()
}

/// The digest over these entries: canonical keys and canonical values.
pub fn digest_of(entries: &BTreeMap<Vec<u8>, Vec<u8>>) -> Digest {
    let leaf = |(key, value): (&Vec<u8>, &Vec<u8>)| {
        let place = digest_key(key);
        (place, digest_leaf(&place, value))
    };
    tree(&entries.iter().map(leaf).collect::<Vec<_>>(), 0)
}

/// The root of the tree over these leaves, which agree in all bits before `bit`.
fn tree(leaves: &[(Digest, Digest)], bit: usize) -> Digest {
    match leaves {
        [] => Digest([0; 32]),
        [(_, leaf)] => *leaf,
        _ => {
            let is_set = |place: &Digest| place.0[bit / 8] & (0x80 >> (bit % 8)) != 0;
            let (ones, zeros): (Vec<_>, Vec<_>) =
                leaves.iter().partition(|(place, _)| is_set(place));
            digest_branch(&tree(&zeros, bit + 1), &tree(&ones, bit + 1))
        }
    }
}
