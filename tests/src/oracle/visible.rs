//! What is visible, through the founding schema, and its digest.

use crate::oracle::content::Content;
use crate::oracle::past::Past;
use crate::oracle::run::State;
use crate::oracle::schemas::key_of;
use crate::oracle::{ConflictEntry, ConflictName};
use std::collections::BTreeMap;
use woodland_format::{
    Digest, NodeId, ObjectId, Schema, TypeId, Value, digest_branch, digest_key, digest_leaf, encode,
};

const NODE_KEY: u8 = 1;
const OBJECT_KEY: u8 = 2;

/// The nodes whose first creation has a type of the founding schema.
pub(crate) fn nodes(state: &State, founding: Option<&Schema>) -> BTreeMap<NodeId, TypeId> {
    let Some(schema) = founding else { return BTreeMap::new() };
    let first = state.creations.iter().map(|(node, all)| (*node, all[0].node_type));
    first.filter(|(_, node_type)| schema.type_with(*node_type).is_some()).collect()
}

/// The objects that the founding schema shows: the node is visible, the field belongs to its type,
/// and the kind is the field's.
fn objects<'a>(
    state: &'a State,
    founding: Option<&'a Schema>,
) -> impl Iterator<Item = (ObjectId, &'a Content)> {
    let shows = move |object: ObjectId, kind: &str| {
        let found = founding.and_then(|schema| schema.field_with(object.field));
        let Some((owner, field)) = found else { return false };
        let node_type = state.creations.get(&object.node).map(|all| all[0].node_type);
        node_type == Some(owner.id) && field.kind == kind
    };
    let shown = state.objects.iter().filter(move |((object, kind), _)| shows(*object, kind));
    shown.map(|((object, _), content)| (*object, content))
}

/// The values of the visible objects, and the visible keys.
pub(crate) fn values(
    state: &State,
    past: &Past,
    founding: Option<&Schema>,
) -> BTreeMap<ObjectId, Value> {
    let shown = objects(state, founding)
        .filter_map(|(object, content)| Some((object, content.shown(past)?)));
    let mut values: BTreeMap<ObjectId, Value> = shown.collect();
    for (node, creations) in &state.creations {
        let first = &creations[0];
        let named = founding.and_then(|schema| key_of(schema.type_with(first.node_type)?));
        if let (Some((field, of_key)), Some(key)) = (named, &first.key)
            && of_key.admits(key)
        {
            values.insert(ObjectId { node: *node, field }, key.clone());
        }
    }
    values
}

/// The standing writes that did not win.
pub(crate) fn conflicts(
    state: &State,
    past: &Past,
    founding: Option<&Schema>,
) -> BTreeMap<ConflictName, Vec<ConflictEntry>> {
    let mut conflicts = BTreeMap::new();
    for (object, content) in objects(state, founding) {
        for (part, mut standing) in content.standing(past) {
            standing.pop();
            if !standing.is_empty() {
                let entry = |(stamp, value): (crate::oracle::Stamp, Option<Value>)| {
                    (past.commits()[stamp.rank].id(), stamp.index, value)
                };
                conflicts.insert((object, part), standing.into_iter().map(entry).collect());
            }
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
