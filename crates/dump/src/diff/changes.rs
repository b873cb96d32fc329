//! Changes: in what two graphs differ.
//!
//! **Invariants**
//! - Both graphs are walked once, side by side, in the order of their ids.

use crate::life::Standing;
use crate::schemas::label_in_words;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use woodland_format::{FieldId, NodeId, ObjectId, Schema, TypeDefinition, TypeId, Value};
use woodland_graph::{Conflict, Graph, Node, Part, VoidOp};

/// What became of a node.
pub(crate) enum Change {
    /// With what it is in the version that does not show it.
    Appeared(Node, Standing),
    /// The same.
    Went(Node, Standing),
    Changed {
        id: NodeId,
        node_type: TypeId,
        fields: Vec<FieldChange>,
    },
}

/// A field's value before and after, where either is.
pub(crate) struct FieldChange {
    pub(crate) field: FieldId,
    pub(crate) old: Option<Value>,
    pub(crate) new: Option<Value>,
}

/// The nodes that differ, by id.
pub(crate) fn nodes<'a>(from: &'a Graph, to: &'a Graph) -> impl Iterator<Item = Change> + 'a {
    let (mut old, mut new) = (from.all().peekable(), to.all().peekable());
    std::iter::from_fn(move || {
        loop {
            let order = match (old.peek(), new.peek()) {
                (None, None) => return None,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(old), Some(new)) => old.id.cmp(&new.id),
            };
            if order.is_lt() {
                return old.next().map(|node| {
                    let standing = Standing::of(to, node.id);
                    Change::Went(node, standing)
                });
            }
            if order.is_gt() {
                return new.next().map(|node| {
                    let standing = Standing::of(from, node.id);
                    Change::Appeared(node, standing)
                });
            }
            if let (Some(old), Some(new)) = (old.next(), new.next())
                && old != new
            {
                return Some(changed(old, new));
            }
        }
    })
}

fn changed(old: Node, mut new: Node) -> Change {
    let mut fields = Vec::new();
    for (field, value) in old.fields {
        let now = new.fields.remove(&field);
        if now.as_ref() != Some(&value) {
            fields.push(FieldChange { field, old: Some(value), new: now });
        }
    }
    let added = new.fields.into_iter();
    fields.extend(added.map(|(field, value)| FieldChange { field, old: None, new: Some(value) }));
    fields.sort_by_key(|change| change.field);
    Change::Changed { id: new.id, node_type: new.node_type, fields }
}

/// One place of an object.
type Site = (NodeId, FieldId, Part);

/// The conflicts that went, and those that appeared. One that changed did both.
pub(crate) fn conflicts(from: &Graph, to: &Graph) -> [Vec<(ObjectId, Conflict)>; 2] {
    let (mut old, mut new) = (standing(from), standing(to));
    let same = |site: &Site, conflict: &Conflict| new.get(site) == Some(conflict);
    let kept: Vec<Site> =
        old.iter().filter(|(site, one)| same(site, one)).map(|(site, _)| site.clone()).collect();
    for site in kept {
        old.remove(&site);
        new.remove(&site);
    }
    let listed = |conflicts: BTreeMap<Site, Conflict>| {
        let object = |((node, field, _), conflict)| (ObjectId { node, field }, conflict);
        conflicts.into_iter().map(object).collect()
    };
    [listed(old), listed(new)]
}

fn standing(graph: &Graph) -> BTreeMap<Site, Conflict> {
    let mut found = BTreeMap::new();
    for node in graph.all() {
        for field in node.fields.into_keys() {
            let object = ObjectId { node: node.id, field };
            for conflict in graph.conflicts(&[object]).into_iter().flatten() {
                found.insert((node.id, field, conflict.part.clone()), conflict);
            }
        }
    }
    found
}

/// The voids that went, and those that appeared, each in order.
pub(crate) fn voids(from: &Graph, to: &Graph) -> [Vec<VoidOp>; 2] {
    let key = |void: &VoidOp| (void.commit, void.index, void.reason.name());
    let known = |graph: &Graph| graph.voids().map(|void| key(&void)).collect::<HashSet<_>>();
    let (old, new) = (known(from), known(to));
    let lacking = |graph: &Graph, other: &HashSet<_>| {
        graph.voids().filter(|void| !other.contains(&key(void))).collect()
    };
    [lacking(from, &new), lacking(to, &old)]
}

/// How the types of one schema are called in another, where they differ: `Note@1 → Note@2`.
pub(crate) fn labels(from: &Schema, to: &Schema) -> Vec<String> {
    let mut ids: Vec<TypeId> = from.types.iter().chain(&to.types).map(|one| one.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let pairs = ids.into_iter().map(|id| (from.type_with(id), to.type_with(id)));
    let label = |one: Option<&TypeDefinition>| one.map(TypeDefinition::label);
    let differ = pairs.filter(|(old, new)| old != new);
    differ.map(|(old, new)| label_in_words(label(old).as_deref(), label(new).as_deref())).collect()
}

/// Ids that no other of these refers to.
pub(crate) fn unreferenced<I: Ord + Copy>(held: impl Iterator<Item = (I, Vec<I>)>) -> Vec<I> {
    let mut heads = BTreeSet::new();
    for (id, references) in held {
        for reference in references {
            heads.remove(&reference);
        }
        heads.insert(id);
    }
    heads.into_iter().collect()
}
