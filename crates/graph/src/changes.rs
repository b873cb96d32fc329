//! What differs between two versions of a graph.
//!
//! **Invariants**
//! - A node is told of if it is visible in one version only, or if a field of it reads otherwise:
//!   because of an op on it, because what it points to died or came back, because it is read
//!   through another schema.
//! - Costs in proportion to the nodes that ops arrived at between the two, not to the graph; but
//!   where a node died, came back or took another type, all nodes of types with pointers are looked
//!   at, and where the schema is another, all nodes.
//!
//! What this does not do: say who changed it. `Graph::explain` does.

use crate::graph::Graph;
use crate::sight::Sight;
use crate::state::{NodeEntry, Pair, State};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use woodland_format::{FieldId, NodeId, TypeId};

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

type Pairs<'a> = Box<dyn Iterator<Item = Pair> + 'a>;

impl Graph {
    /// The nodes that differ from an earlier version of this graph, ascending by id; each version
    /// is read through its own schema.
    pub fn changes_since<'a>(
        &'a self,
        earlier: &'a Graph,
    ) -> impl Iterator<Item = NodeChange> + 'a {
        let (now, was) = (self.sight(), earlier.sight());
        let reads_alike = match (now.lens, was.lens) {
            (Some(now), Some(was)) => now.reads_as(was),
            (now, was) => now.is_none() && was.is_none(),
        };
        let (pairs, look): (Pairs<'a>, _) = if reads_alike {
            now.differing(was.state)
        } else {
            let all = now.state.all();
            (Box::new(all.map(move |(node, new)| (node, was.state.get(node), new))), Compare::All)
        };
        pairs.filter_map(move |(node, old, new)| {
            let (old, new) = (old.as_deref().map(Deref::deref), &**new);
            let after = now.type_of(new);
            let before = old.and_then(|old| Some((old, was.type_of(old)?)));
            let fields = match (before, after) {
                (Some((old, before)), Some(after)) if before.id == after.id => {
                    fields_that_differ((was, old), (now, new), look)
                }
                _ => {
                    let of = after.map(|of| now.show_all(new, of).map(|(id, _)| id).collect());
                    let was_of = || {
                        let (old, of) = before?;
                        Some(was.show_all(old, of).map(|(id, _)| id).collect())
                    };
                    of.or_else(was_of).unwrap_or_default()
                }
            };
            let (before, after) = (before.map(|(_, of)| of.id), after.map(|of| of.id));
            let differs = before != after || !fields.is_empty();
            differs.then_some(NodeChange { node, before, after, fields })
        })
    }
}

/// Which fields of a node have to be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compare {
    /// Those whose objects are others.
    Objects,
    /// All.
    All,
}

/// The fields that a node shows otherwise, ascending; its type is the same in both versions.
fn fields_that_differ(
    (was, old): (Sight<'_>, &NodeEntry),
    (now, new): (Sight<'_>, &NodeEntry),
    compare: Compare,
) -> Vec<FieldId> {
    let mut fields: Vec<FieldId> = match (compare, now.type_of(new)) {
        (Compare::Objects, Some(of)) => {
            let differs = |object: &&crate::state::Object| {
                let old = old.object(object.field, object.kind.name());
                !old.is_some_and(|old| old.is(object))
            };
            let objects = new.objects.iter().filter(differs);
            let mut fields: Vec<FieldId> =
                objects.flat_map(|object| of.reading(object.field)).map(|it| it.id).collect();
            // A key is that of the first creation, which an earlier one may have replaced.
            if old.first.key != new.first.key {
                fields.extend(of.fields.iter().map(|field| field.id));
            }
            fields
        }
        _ => {
            let types = was.type_of(old).into_iter().chain(now.type_of(new));
            types.flat_map(|of| &of.fields).map(|field| field.id).collect()
        }
    };
    fields.sort_unstable();
    fields.dedup();
    fields.retain(|field| {
        let shown = |sight: Sight<'_>, entry: &NodeEntry| {
            sight.show(entry, sight.type_of(entry)?.field_with(*field)?)
        };
        shown(now, new) != shown(was, old)
    });
    fields
}

impl<'a> Sight<'a> {
    /// The nodes that may read otherwise than in an earlier state through the same schema,
    /// ascending by id.
    pub(crate) fn differing(self, earlier: &'a State) -> (Pairs<'a>, Compare) {
        let turned = self.turned(earlier);
        let changed = self.state.changed_since(earlier);
        if turned.is_empty() {
            return (changed, Compare::Objects);
        }
        let mut pairs: BTreeMap<NodeId, _> =
            changed.map(|(node, old, new)| (node, (old, new))).collect();
        for (node, entry) in self.state.all() {
            if self.points_to(&entry, &turned) {
                pairs.entry(node).or_insert_with(|| (earlier.get(node), entry));
            }
        }
        let pairs = pairs.into_iter().map(|(node, (old, new))| (node, old, new));
        (Box::new(pairs), Compare::All)
    }

    /// The nodes that a pointer to them reads otherwise: they died, came back or took another type.
    fn turned(&self, earlier: &State) -> BTreeSet<NodeId> {
        if !self.lens.is_some_and(|lens| lens.has_pointers) {
            return BTreeSet::new();
        }
        let turned = self.state.changed_since(earlier).filter_map(|(node, old, new)| {
            // Nothing written before points to a node that there was not.
            let old = old?;
            let is_same = old.lives() == new.lives() && old.first.node_type == new.first.node_type;
            (!is_same).then_some(node)
        });
        turned.collect()
    }

    /// Whether a field of the node holds a pointer to one of these.
    fn points_to(&self, entry: &NodeEntry, targets: &BTreeSet<NodeId>) -> bool {
        let Some(of) = self.type_of(entry).filter(|of| of.has_pointers) else { return false };
        of.fields.iter().filter(|field| field.has_pointers()).any(|field| {
            let object = field.object().and_then(|it| self.chosen(entry, field.id, it));
            let written = object.and_then(|object| self.shown(object));
            written.is_some_and(|value| {
                let mut found = false;
                value.pointers(&mut |node| found |= targets.contains(&node));
                found
            })
        })
    }
}
