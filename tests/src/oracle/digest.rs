//! The digest: the raw contents of living nodes, as leaves of a tree.
//!
//! **Invariants**
//! - No schema is asked: what was written is what counts.

use crate::oracle::past::Past;
use crate::oracle::run::State;
use crate::oracle::sight::first_of;
use std::collections::BTreeMap;
use woodland_format::{Digest, digest_branch, digest_key, digest_leaf, encode};

const NODE_KEY: u8 = 1;
const OBJECT_KEY: u8 = 2;

/// The entries of the digest: canonical keys and canonical values.
pub(crate) fn entries(state: &State, past: &Past) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut entries = BTreeMap::new();
    for (node, creations) in &state.creations {
        if state.judge.lives(*node) {
            let first = first_of(creations);
            let key = [&[NODE_KEY][..], &node.0].concat();
            entries.insert(key, encode(&(first.node_type, &first.key)));
        }
    }
    for ((object, kind), one) in &state.objects {
        if state.judge.lives(object.node)
            && let Some(value) = one.shown(past)
        {
            let field = object.field.0.to_be_bytes();
            let key = [&[OBJECT_KEY][..], &object.node.0, &field, kind.as_bytes()].concat();
            entries.insert(key, encode(&value));
        }
    }
    entries
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
