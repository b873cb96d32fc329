//! What is wrong with a batch, before it is signed: all of it, by position, with what to do.
//!
//! **Invariants**
//! - A batch that passes has no void op, by the rules of content nor by those of existence.
//! - What its author sees as deleted, it neither edits nor points to. Others may, who have not seen
//!   it; that is settled when they meet (`docs/meaning.md`, *Existence*).
//! - What its author sees as taken, it does not claim.
//!
//! What this does not do: cost much where all is well. What is looked at are the nodes that the
//! batch names.

use crate::batch::{Collected, Violation};
use crate::snapshot::Snapshot;
use crate::write::WriteError;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use woodland_format::{Commit, FieldId, NodeId, ObjectId, OnDelete, Op, Payload, TypeId};
use woodland_graph::{Clash, Death, Graph, Referrer, Void};

/// How many of those that are in the way are named.
const NAMED_MAX: usize = 3;

/// A batch, as a commit that is not signed yet.
#[derive(Clone, Copy)]
pub(crate) struct Check<'a> {
    pub(crate) before: &'a Snapshot,
    pub(crate) after: &'a Graph,
    pub(crate) commit: &'a Commit,
}

/// What is wrong, by op: of one op the first thing.
type Found = BTreeMap<usize, String>;

impl Check<'_> {
    /// # Errors
    /// [`WriteError::Invalid`] lists everything.
    pub(crate) fn all(self, collected: Collected) -> Result<(), WriteError> {
        let mut found = Found::new();
        let mut violations = Vec::new();
        let dead = self.dead(&collected);
        let voids = self.after.voids_of(&self.commit.id());
        let clashing = self.clashing(&collected.claims);
        let others = self.deleted_as_others(&collected);
        let is_well = dead.is_empty() && voids.is_empty() && clashing.is_empty();
        if is_well && others.is_empty() && collected.violations.is_empty() {
            return Ok(());
        }
        // Read again only to name what is wrong: a batch may be large.
        let payload = self.commit.payload().map(Payload::decode);
        let ops = payload.and_then(Result::ok).map_or_else(Vec::new, |payload| payload.ops);
        let subject = |op: usize| ops.get(op).map_or_else(String::new, |op| self.name(op));
        for violation in collected.violations {
            found.insert(violation.op, String::new());
            violations.push(violation);
        }
        for (op, reason) in others {
            found.entry(op).or_insert(reason);
        }
        for (op, reason) in dead.into_iter().chain(clashing) {
            found.entry(op).or_insert_with(|| format!("{}: {reason}", subject(op)));
        }
        for void in voids {
            let op = void.index.unwrap_or(0) as usize;
            let told = || self.told(ops.get(op), void.reason, &subject(op));
            found.entry(op).or_insert_with(told);
        }
        let found = found.into_iter().filter(|(_, reason)| !reason.is_empty());
        violations.extend(found.map(|(op, reason)| Violation::at(op, reason)));
        violations.sort_by_key(|violation| violation.op);
        Err(WriteError::Invalid { violations })
    }

    /// The edits of what is deleted, and the pointers to it.
    fn dead(self, collected: &Collected) -> Vec<(usize, String)> {
        let edited = collected.edited.iter().map(|named| (named, true));
        let named: Vec<_> =
            edited.chain(collected.targets.iter().map(|named| (named, false))).collect();
        let nodes: Vec<NodeId> = named.iter().map(|((_, node), _)| *node).collect();
        let lives = self.before.graph.lives(&nodes);
        let mut found = Vec::new();
        for (((op, node), is_edit), lives) in named.into_iter().zip(lives) {
            if lives && collected.deleted.is_empty() {
                continue;
            }
            let deletion = collected.deleted.get(node).filter(|at| *at < op);
            let by = match (self.death(*node, *op), deletion) {
                (Some(death), _) => Some(self.told_death(*node, &death)),
                (None, Some(at)) => Some(format!("by op {at} of this batch")),
                (None, None) => None,
            };
            let Some(by) = by else { continue };
            found.push((
                *op,
                match is_edit {
                    true => format!("the node is deleted ({by}): insert another"),
                    false => {
                        let target = self.label_of(*node);
                        format!("it points to {target}, which is deleted ({by}): leave it out")
                    }
                },
            ));
        }
        found
    }

    /// How the node died that is dead where this op stands.
    fn death(self, node: NodeId, op: usize) -> Option<Death> {
        let before = self.before.graph.died(&[node]).pop().flatten();
        before.or_else(|| {
            let death = self.after.died(&[node]).pop().flatten()?;
            let is_own = death.commit == self.commit.id();
            (is_own && (death.index as usize) < op).then_some(death)
        })
    }

    /// The deletions of nodes that are of another type than the program says.
    fn deleted_as_others(self, collected: &Collected) -> Vec<(usize, String)> {
        let nodes: Vec<NodeId> = collected.deletions.iter().map(|(_, node, _)| *node).collect();
        let types = self.before.graph.types(&nodes);
        let deletions = collected.deletions.iter().zip(types);
        let other = deletions.filter_map(|((op, node, wanted), found)| {
            let found = found.filter(|found| found != wanted)?;
            let (found, wanted, node) = (self.label(found), self.label(*wanted), node.short());
            Some((*op, format!("node {node} is a {found}, the program deletes it as a {wanted}")))
        });
        other.collect()
    }

    /// The writes that claim what another node has.
    fn clashing(self, claims: &[(usize, ObjectId)]) -> Vec<(usize, String)> {
        if claims.is_empty() {
            return Vec::new();
        }
        let mut last = HashMap::new();
        last.extend(claims.iter().map(|(op, object)| (*object, *op)));
        let mut before: Option<Vec<Clash>> = None;
        let mut found = Vec::new();
        for clash in self.after.clashes() {
            let fields = self.before.bindings.unique(clash.rule);
            for node in &clash.others {
                let written = fields.iter().filter_map(|field| {
                    last.get(&ObjectId { node: *node, field: *field }).copied()
                });
                let Some(op) = written.max() else { continue };
                let before = before.get_or_insert_with(|| self.before.graph.clashes());
                let was = |one: &Clash| {
                    let is_same = one.rule == clash.rule && one.values == clash.values;
                    is_same && (one.holder == *node || one.others.contains(node))
                };
                if !before.iter().any(was) {
                    let values: Vec<String> =
                        clash.values.iter().map(ToString::to_string).collect();
                    let (holder, values) = (self.label_of(clash.holder), values.join(", "));
                    found.push((op, format!("{holder} has {values} already, and it is unique")));
                }
            }
        }
        found
    }

    fn told(self, op: Option<&Op>, reason: Void, subject: &str) -> String {
        match (op, reason) {
            (Some(Op::Delete { node }), Void::Restricted) => self.told_restricted(*node),
            (Some(Op::Delete { node }), Void::DeadNode) => {
                format!("{} is deleted already", self.label_of(*node))
            }
            (Some(Op::CreateKeyed { .. } | Op::Recreate { .. }), Void::DeadNode) => format!(
                "{subject}: the node of its key goes with what this batch deletes: insert it in \
                 another batch, after this one"
            ),
            _ => format!("{subject}: {reason}"),
        }
    }

    /// Who is in the way of a deletion.
    fn told_restricted(self, node: NodeId) -> String {
        let (mut taken, mut order) = (BTreeSet::from([node]), vec![node]);
        let mut referrers: Vec<(NodeId, Referrer)> = Vec::new();
        let mut next = 0;
        while let Some(target) = order.get(next).copied() {
            next += 1;
            for referrer in self.after.referrers(target, usize::MAX) {
                if referrer.on_delete == OnDelete::Cascade && taken.insert(referrer.node) {
                    order.push(referrer.node);
                }
                referrers.push((target, referrer));
            }
        }
        referrers
            .retain(|(_, one)| one.on_delete != OnDelete::Cascade && !taken.contains(&one.node));
        let named: Vec<String> = referrers
            .iter()
            .take(NAMED_MAX)
            .map(|(target, one)| {
                let through = match *target == node {
                    true => String::new(),
                    false => format!(", through {}", self.label_of(*target)),
                };
                let (by, field) = (self.label_of(one.node), self.field(one.field));
                format!("{by} ({field}, {}{through})", one.on_delete)
            })
            .collect();
        let more = match referrers.len().saturating_sub(NAMED_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let (node, named) = (self.label_of(node), named.join(", "));
        format!("{node} is linked to by {named}{more}: unlink or delete them first")
    }

    fn field(self, field: FieldId) -> String {
        let found = self.before.bindings.schema.field_with(field);
        found.map_or_else(|| format!("field {}", field.0), |(_, field)| field.name.clone())
    }

    fn label(self, node_type: TypeId) -> String {
        let found = self.before.bindings.schema.type_with(node_type);
        found.map_or_else(|| format!("type {}", node_type.0), |one| one.label())
    }

    /// `node 1a2b3c4d (Folder@1)`, as far as its type is seen.
    fn label_of(self, node: NodeId) -> String {
        let of = |graph: &Graph| graph.types(&[node]).pop().flatten();
        match of(&self.before.graph).or_else(|| of(self.after)) {
            Some(found) => format!("node {} ({})", node.short(), self.label(found)),
            None => format!("node {}", node.short()),
        }
    }

    /// What an op is about.
    fn name(self, op: &Op) -> String {
        let schema = &self.before.bindings.schema;
        match op {
            Op::Schema(_) => "a schema".to_owned(),
            Op::Create { node_type, .. }
            | Op::CreateKeyed { node_type, .. }
            | Op::Recreate { node_type, .. } => {
                let named = schema.type_with(*node_type);
                named.map_or_else(|| "a node".to_owned(), |one| format!("a new {}", one.label()))
            }
            Op::Delete { node } => format!("the deletion of node {}", node.short()),
            Op::Migrate(_) => "a migration".to_owned(),
            Op::Edit { object, .. } => match schema.field_with(object.field) {
                Some((owner, field)) => {
                    format!("{}.{} of node {}", owner.name, field.name, object.node.short())
                }
                None => format!("node {}", object.node.short()),
            },
        }
    }

    fn told_death(self, node: NodeId, death: &Death) -> String {
        let by = match death.commit == self.commit.id() {
            true => format!("by op {} of this batch", death.index),
            false => format!("by {}", death.author.short()),
        };
        match death.of == node {
            true => by,
            false => format!("with node {}, {by}", death.of.short()),
        }
    }
}
