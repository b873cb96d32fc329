//! What of a version is final: what no commit that is still to come can change.
//!
//! ```text
//!   ── commits ──► bound ── commits ──►
//!      their order     an answer that is made of one of these is tentative
//!      is settled
//! ```
//!
//! **Invariants**
//! - With every commit at or below the bound the version holds all that will ever stand there: so
//!   what the commits up to it say, is said for ever. An answer is final when it is that.
//! - Errs to one side: what is called final is; what is called tentative may be final.
//!
//! What this does not do: know who is a member. The caller says which authors there are.

use crate::graph::Graph;
use crate::past::{Stamp, key};
use crate::reread::OpReader;
use crate::sight::turned_after;
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher};
use woodland_format::{AuthorKey, NodeId, ObjectId, Op};
use woodland_log::OrderKey;

type Known<T> = HashSet<T, BuildHasherDefault<DefaultHasher>>;

/// Which answers of one version are final, given that no others than some authors ever write.
#[derive(Debug, Clone)]
pub struct Tentative {
    /// What sorts at or below it is settled; none where nothing is: no author was named, or one
    /// that has not written or that has a fork, or the dataset has an owner.
    pub bound: Option<OrderKey>,
    graph: Graph,
    /// The objects that ops after the bound name.
    objects: Known<ObjectId>,
    /// The nodes that creations and deletions after the bound name.
    nodes: Known<NodeId>,
    is_schema_final: bool,
}

impl Graph {
    /// What is final, if nobody but these authors ever writes to the dataset. Costs the commits
    /// after the bound.
    pub fn tentative(&self, closed: &[AuthorKey]) -> Tentative {
        let mut tentative = Tentative {
            bound: self.bound(closed),
            graph: self.clone(),
            objects: Known::default(),
            nodes: Known::default(),
            is_schema_final: false,
        };
        let Some(bound) = tentative.bound else { return tentative };
        let (mut order, mut ops) = (self.log.order_from(&bound), OpReader::of(&self.log));
        while let Some(place) = order.next_place() {
            if self.log.id(place) == Some(bound.id) {
                continue;
            }
            let author = self.log.author(place).expect("what is in the order is held");
            for (index, op) in (0..).zip(ops.batch(place)) {
                match op {
                    Op::Edit { object, .. } => drop(tentative.objects.insert(*object)),
                    Op::Delete { node } => drop(tentative.nodes.insert(*node)),
                    Op::Schema(_) | Op::Migrate(_) => {}
                    op => tentative.nodes.extend(op.creates(&author, place.seq, index)),
                }
            }
        }
        tentative.is_schema_final = self.is_schema_settled(&bound);
        tentative
    }

    /// The lowest of the last keys of these authors, if each has one and no more, and no owner may
    /// yet mask what they wrote.
    fn bound(&self, closed: &[AuthorKey]) -> Option<OrderKey> {
        if self.log.owner().is_some() {
            return None;
        }
        let last = |author: &AuthorKey| match self.log.tips(author)[..] {
            [tip] => self.log.place(&tip.id).and_then(|place| self.log.key(place)),
            _ => None,
        };
        closed.iter().map(last).collect::<Option<Vec<_>>>()?.into_iter().min()
    }

    /// Whether the commits up to the bound decide what is current.
    fn is_schema_settled(&self, bound: &OrderKey) -> bool {
        let is_settled = |key: OrderKey| key <= *bound;
        let is_late = self.ledger.last().is_some_and(|last| !is_settled(*last));
        let Some(schema) = self.log.founding().header().introduces() else { return false };
        let mut carriers = self.schemas.carriers(&schema).iter();
        !is_late && carriers.any(|place| self.log.key(*place).is_some_and(is_settled))
    }
}

impl Tentative {
    /// Whether what the object reads is final: neither it, nor its node, nor the nodes that it
    /// points to, nor the schema that it is read through are made by anything after the bound.
    pub fn is_final(&self, object: ObjectId) -> bool {
        if !self.is_node_final(object.node) {
            return false;
        }
        let sight = self.graph.sight();
        // What is not visible has nothing that it is made of.
        let Some((entry, field)) = sight.field(object) else { return true };
        let Some(of) = field.object() else { return true };
        let moved = of.moves.iter().map(|one| one.to);
        let mut fields = std::iter::once(object.field).chain(moved);
        if fields.any(|field| self.objects.contains(&ObjectId { field, ..object })) {
            return false;
        }
        let are_moves_settled = of.moves.is_empty()
            || self.is_schema_final
            || of.moves.iter().all(|one| self.is_settled(one.at));
        let written = sight.chosen(&entry, field.id, of).filter(|_| of.has_pointers);
        let mut are_targets_final = true;
        if let Some(value) = written.and_then(|object| sight.shown(object)) {
            value.pointers(&mut |node| are_targets_final &= self.is_node_alone_final(node));
        }
        are_moves_settled && are_targets_final
    }

    /// Whether it is final that the node is visible, or is not, and its type.
    pub fn is_node_final(&self, node: NodeId) -> bool {
        (self.is_schema_final || self.graph.is_chosen) && self.is_node_alone_final(node)
    }

    /// Whether the current schema is final.
    pub fn schema_is_final(&self) -> bool {
        self.is_schema_final
    }

    /// Whether it is final that the node lives, or does not, whatever it is read through.
    fn is_node_alone_final(&self, node: NodeId) -> bool {
        if self.bound.is_none() || self.nodes.contains(&node) {
            return false;
        }
        let Some(entry) = self.graph.state.get(node) else { return true };
        self.is_settled(entry.first.stamp) && !turned_after(&entry, &|at| !self.is_settled(at))
    }

    fn is_settled(&self, at: Stamp) -> bool {
        self.bound.is_some_and(|bound| key(&self.graph.log, at) <= bound)
    }
}
