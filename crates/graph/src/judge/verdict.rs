//! Deciding one case at its place.
//!
//! **Invariants**
//! - Looked at is only what stands before the case, and what its op itself writes or ends: links,
//!   shifts, and what its author saw.
//! - Each node that a deletion takes is walked once. What is listed does not depend on where the
//!   walk ends early.
//!
//! What this does not do: change anything.

use crate::judge::{Act, Case, Judge, Ruling};
use crate::past::Stamp;
use crate::void::Void;
use std::collections::HashSet;
use woodland_format::{NodeId, OnDelete};

impl Judge<'_> {
    pub(super) fn decide(&mut self, case: Case) -> Ruling {
        let Case { at, act, node } = case;
        let (mut shifted, listed) = match act {
            Act::Deletion => match self.deletion(node, at) {
                Ok(taken) => (taken, None),
                Err(reason) => (Vec::new(), Some(reason)),
            },
            Act::Edit => self.edit(node, at),
        };
        shifted.sort_unstable();
        Ruling { act, node, shifted: shifted.into(), listed }
    }

    /// The nodes that a deletion takes.
    fn deletion(&mut self, node: NodeId, at: Stamp) -> Result<Vec<NodeId>, Void> {
        if !self.lives_before(node, at) {
            return Err(Void::DeadNode);
        }
        if self.is_kept(node, at) {
            return Err(Void::Edited);
        }
        let (mut taken, mut known, mut walked) = (vec![node], HashSet::from([node]), 0);
        while let Some(target) = taken.get(walked).copied() {
            walked += 1;
            let mut looked_at = 0;
            for found in self.graph.existence.links.to_under(target, OnDelete::Cascade) {
                looked_at += 1;
                let source = found.id.source;
                let goes = !known.contains(&source)
                    && found.is_shown(self.log, at)
                    && self.lives_before(source, at)
                    && !self.is_kept(source, at);
                if goes {
                    known.insert(source);
                    taken.push(source);
                }
            }
            self.graph.work.referrers += looked_at;
        }
        let mut looked_at = 0;
        let is_restricted = taken.iter().any(|target| {
            let links = &self.graph.existence.links;
            let restricting = links
                .to_under(*target, OnDelete::Restrict)
                .chain(links.to_under(*target, OnDelete::Revive));
            restricting.inspect(|_| looked_at += 1).any(|found| {
                !known.contains(&found.id.source)
                    && found.is_shown(self.log, at)
                    && self.lives_before(found.id.source, at)
            })
        });
        self.graph.work.referrers += looked_at;
        if is_restricted { Err(Void::Restricted) } else { Ok(taken) }
    }

    /// The nodes that come back with an edit or a creation, and why it is listed, if so.
    fn edit(&mut self, node: NodeId, at: Stamp) -> (Vec<NodeId>, Option<Void>) {
        let mut risen = Risen::default();
        if !self.lives_before(node, at) {
            let entry = self.graph.state.get(node).expect("an edited node is in the state");
            if self.is_unborn(node, at) {
                if entry.first.stamp != at {
                    return (Vec::new(), None);
                }
                self.rise(node, at, &mut risen);
            } else if entry.life.as_ref().is_some_and(|life| life.edits().contains(at)) {
                self.rise(node, at, &mut risen);
            } else {
                let creation = entry.creations().find(|creation| creation.stamp == at);
                let counts = creation.is_some_and(|one| one.node_type == entry.first.node_type);
                return (Vec::new(), counts.then_some(Void::DeadNode));
            }
        }
        let (mut listed, written) = (None, self.graph.existence.links.of_op(node, at));
        let shown = written.filter(|found| found.is_shown_after(self.log, at));
        for link in shown.map(|found| found.link).collect::<Vec<_>>() {
            self.graph.work.referrers += 1;
            if self.lives_before(link.target, at) || risen.known.contains(&link.target) {
                continue;
            }
            match link.on_delete {
                OnDelete::Revive if !self.is_unborn(link.target, at) => {
                    self.rise(link.target, at, &mut risen);
                }
                _ => listed = Some(Void::DeadTarget),
            }
        }
        (risen.nodes, listed)
    }

    /// Brings a dead node back, or a new one to life, and the dead that it links to under *revive*
    /// once the op is done.
    fn rise(&mut self, node: NodeId, at: Stamp, risen: &mut Risen) {
        risen.add(node);
        let mut walked = risen.nodes.len() - 1;
        while let Some(source) = risen.nodes.get(walked).copied() {
            walked += 1;
            let mut looked_at = 0;
            for found in self.graph.existence.links.of(source) {
                looked_at += 1;
                let target = found.link.target;
                let comes = found.link.on_delete == OnDelete::Revive
                    && found.is_shown_after(self.log, at)
                    && !risen.known.contains(&target)
                    && !self.lives_before(target, at)
                    && !self.is_unborn(target, at);
                if comes {
                    risen.add(target);
                }
            }
            self.graph.work.referrers += looked_at;
        }
    }

    fn lives_before(&self, node: NodeId, at: Stamp) -> bool {
        let entry = self.graph.state.get(node);
        let life = entry.as_ref().and_then(|entry| entry.life.as_ref());
        life.is_none_or(|life| life.lives_before(self.log, at))
    }

    /// Whether the node is known and does not live yet.
    fn is_unborn(&self, node: NodeId, at: Stamp) -> bool {
        let entry = self.graph.state.get(node);
        let life = entry.as_ref().and_then(|entry| entry.life.as_ref());
        life.is_some_and(|life| life.is_unborn_before(self.log, at))
    }

    /// Whether an edit that the deletion there did not see keeps the node.
    fn is_kept(&self, node: NodeId, at: Stamp) -> bool {
        let entry = self.graph.state.get(node);
        let life = entry.as_ref().and_then(|entry| entry.life.as_ref());
        life.is_some_and(|life| life.edits().has_unseen(self.log, at))
    }
}

/// The nodes that come back with one op.
#[derive(Default)]
struct Risen {
    nodes: Vec<NodeId>,
    known: HashSet<NodeId>,
}

impl Risen {
    fn add(&mut self, node: NodeId) {
        self.nodes.push(node);
        self.known.insert(node);
    }
}
