//! What one op saw, and what comes of that: which nodes there were, and whom it may point to.

use crate::oracle::past::{Past, Stamp};
use std::collections::BTreeMap;
use woodland_format::{NodeId, TypeId, Value, ValueType};

/// Nothing, or the reason why an op is void.
pub(crate) type Verdict = Result<(), &'static str>;

/// One creation of a node that named a type of its schema.
#[derive(Debug, Clone)]
pub(crate) struct Creation {
    pub(crate) stamp: Stamp,
    pub(crate) node_type: TypeId,
    /// What the node is named by, where it is named by a key.
    pub(crate) key: Option<Value>,
    /// Of its key; 0 where there is none.
    pub(crate) generation: u32,
    /// Whether a revocation masks it.
    pub(crate) is_masked: bool,
}

/// The creations of each node, ascending by stamp, those with another type than the first too.
pub(crate) type Creations = BTreeMap<NodeId, Vec<Creation>>;

/// The first creation in order that is not masked; the first, where all are.
pub(crate) fn first_of(creations: &[Creation]) -> &Creation {
    creations.iter().find(|one| !one.is_masked).unwrap_or(&creations[0])
}

/// One op and all that it saw.
#[derive(Clone, Copy)]
pub(crate) struct Sight<'a> {
    pub(crate) past: &'a Past,
    pub(crate) creations: &'a Creations,
    /// The op.
    pub(crate) stamp: Stamp,
}

impl Sight<'_> {
    /// Whether the op saw this other op.
    pub(crate) fn saw(&self, other: Stamp) -> bool {
        self.past.saw(self.stamp, other)
    }

    /// Whether this other op counts for the op.
    pub(crate) fn counts(&self, other: Stamp) -> bool {
        self.past.counts_for(self.stamp, other)
    }

    /// The types of all creations of the node that the op saw.
    pub(crate) fn types_of(&self, node: NodeId) -> Vec<TypeId> {
        let creations = self.creations.get(&node).map_or(&[][..], Vec::as_slice);
        let seen = creations.iter().filter(|one| self.saw(one.stamp));
        seen.map(|one| one.node_type).collect()
    }

    /// `unknown-target` unless the op saw, for every pointer in the value, a creation of its target
    /// with its type.
    pub(crate) fn check_targets(&self, of_type: &ValueType, value: &Value) -> Verdict {
        let mut are_seen = true;
        of_type.pointers(value, &mut |node, target| {
            are_seen &= self.types_of(node).contains(&target);
        });
        if are_seen { Ok(()) } else { Err("unknown-target") }
    }
}
