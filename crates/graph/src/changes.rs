//! What differs between two versions of a graph.
//!
//! **Invariants**
//! - A node is told of if it is visible in one version only, or if a field of it reads otherwise.
//! - Costs in proportion to the nodes that ops arrived at between the two, not to the graph.
//!
//! What this does not do: say who changed it. `Graph::explain` does.

use crate::graph::Graph;
use crate::state::{NodeEntry, State};
use std::sync::LazyLock;
use woodland_format::{FieldId, NodeId, TypeId};

static NOTHING: LazyLock<State> = LazyLock::new(State::default);

/// How a node differs between two versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeChange {
    /// The node.
    pub node: NodeId,
    /// Its type in the earlier version; none where it was not visible.
    pub before: Option<TypeId>,
    /// Its type in the later version; none where it is not visible.
    pub after: Option<TypeId>,
    /// The fields that read otherwise, ascending; all visible ones where the node came or went.
    pub fields: Vec<FieldId>,
}

impl Graph {
    /// The nodes that differ from an earlier version of this graph, ascending by id.
    pub fn changes_since<'a>(
        &'a self,
        earlier: &'a Graph,
    ) -> impl Iterator<Item = NodeChange> + 'a {
        // Where nothing was in sight before, all that is in sight has come.
        let was_blind = earlier.founding.is_none() && self.founding.is_some();
        let changed = self.state.changed_since(if was_blind { &NOTHING } else { &earlier.state });
        changed.filter_map(|(node, old, new)| {
            let before = old.and_then(|old| earlier.type_of(old));
            let after = self.type_of(new);
            let fields = match (old.filter(|_| before == after), after) {
                (Some(old), Some(of)) => self.fields_that_differ(earlier, old, new, of),
                _ => {
                    let shown = |graph: &Graph, entry| graph.show_node(node, entry);
                    let shown = shown(self, new).or_else(|| shown(earlier, old?));
                    shown.map(|node| node.fields.into_keys().collect()).unwrap_or_default()
                }
            };
            let differs = before != after || !fields.is_empty();
            differs.then_some(NodeChange { node, before, after, fields })
        })
    }

    fn fields_that_differ(
        &self,
        earlier: &Graph,
        old: &NodeEntry,
        new: &NodeEntry,
        node_type: TypeId,
    ) -> Vec<FieldId> {
        let mut fields = self.fields_to_weigh(Some(old), new);
        fields.retain(|field| {
            let shown = |graph: &Graph, entry| {
                graph.visible_field(node_type, *field).and_then(|field| graph.show(entry, field))
            };
            shown(self, new) != shown(earlier, old)
        });
        fields.sort_unstable();
        fields.dedup();
        fields
    }
}
