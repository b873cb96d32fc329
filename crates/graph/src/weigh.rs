//! What the digest is over: every node that lives and every object of it, as it was written.
//!
//! **Invariants**
//! - No schema is asked: equal logs have equal digests, whatever they are read through.
//! - Costs what changed since the digest was last asked for.
//!
//! What this does not do: hash a tree. `digest` does.

use crate::digest::{Change, Tree};
use crate::graph::Graph;
use crate::sight::ops_of;
use crate::state::{NodeEntry, Object, State};
use woodland_format::{Digest, NodeId, TypeId, Value, digest_key, digest_leaf, encode};

impl Graph {
    /// The digest's tree: the last one known, and what changed since.
    pub(crate) fn weigh(&self) -> Tree {
        let empty = (State::default(), Tree::default());
        let (before, tree) = self.basis.clone().unwrap_or(empty);
        let mut changes = Vec::new();
        for (node, old, new) in self.state.changed_since(&before) {
            let old = old.filter(|old| old.lives());
            let was_named = old.as_ref().map(|old| named(old));
            let is_named = new.lives().then(|| named(&new));
            if was_named != is_named {
                let place = digest_key(&[&[1][..], &node.0].concat());
                changes.push((place, is_named.map(|name| digest_leaf(&place, &encode(&name)))));
            }
            // Objects are never taken away again: those that were there are.
            for object in &new.objects {
                let earlier =
                    old.as_ref().and_then(|old| old.object(object.field, object.kind.name()));
                let is_same = earlier.is_some_and(|old| old.is(object));
                if new.lives() && !is_same || !new.lives() && earlier.is_some() {
                    changes.push(self.weighed(node, &new, object));
                }
            }
        }
        tree.with(changes)
    }

    /// An object's place in the digest, and its leaf.
    fn weighed(&self, node: NodeId, entry: &NodeEntry, object: &Object) -> Change {
        let (field, kind) = (object.field.0.to_be_bytes(), object.kind.name().as_bytes());
        let place = digest_key(&[&[2][..], &node.0, &field, kind].concat());
        let value = match object.kind.is_built_in() {
            true => object.kind.show(&object.held),
            false => ops_of(&self.log, object),
        };
        let leaf = |value: Value| -> Digest { digest_leaf(&place, &encode(&value)) };
        (place, value.filter(|_| entry.lives()).map(leaf))
    }
}

/// What a node is called by: the type and the key of its first creation.
fn named(entry: &NodeEntry) -> (TypeId, Option<&Value>) {
    (entry.first.node_type, entry.first.key.as_deref())
}
