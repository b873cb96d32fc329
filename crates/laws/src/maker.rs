//! What the maker of ops is told: a source of randomness, and what the author sees.

use crate::random::Random;
use woodland_format::{NodeId, TypeId, Value};

/// The type of all nodes in the suite's histories, for pointers.
pub const NODE_TYPE: TypeId = TypeId(1);

/// Makes one op. Handed to the closure that [`Laws::ops`](crate::Laws::ops) takes.
#[derive(Debug)]
#[non_exhaustive]
pub struct Maker<'a> {
    /// Where all that is random comes from: then a history can be made again from its seed.
    pub random: &'a mut Random,
    /// What the object shows on the version that the author writes on, the ops before this one in
    /// its batch included; none while nothing is visible.
    pub shown: Option<&'a Value>,
    /// Nodes to point to, all of [`NODE_TYPE`]. The author has seen the first; of the others it may
    /// not know.
    pub nodes: &'a [NodeId],
}

impl Maker<'_> {
    /// A node to point to: mostly one that the author has seen.
    pub fn node(&mut self) -> NodeId {
        let any = self.random.below(self.nodes.len());
        let at = if self.random.chance(60) { 0 } else { any };
        self.nodes.get(at).copied().unwrap_or(NodeId([0; 16]))
    }
}
