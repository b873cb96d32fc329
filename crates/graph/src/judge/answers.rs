//! Who lives, who is in the way of a deletion, and who was deleted by whom.
//!
//! **Invariants**
//! - Answers are aligned with the question, and do not depend on a schema.
//!
//! What this does not do: say what a reader sees.

use crate::graph::Graph;
use crate::past::key;
use std::collections::HashSet;
use woodland_format::{AuthorKey, CommitId, FieldId, NodeId, OnDelete};

/// A living node that links to another one by a foreign key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Referrer {
    /// The node with the key.
    pub node: NodeId,
    /// The field that holds the key.
    pub field: FieldId,
    /// What the key says to a deletion of its target.
    pub on_delete: OnDelete,
}

/// The deletion by which a node is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Death {
    /// The commit.
    pub commit: CommitId,
    /// The op's index in its batch.
    pub index: u32,
    /// Who deleted.
    pub author: AuthorKey,
    /// The node that was to be deleted; another one, where this one went with it.
    pub of: NodeId,
}

impl Graph {
    /// Whether nodes were created and live.
    pub fn lives(&self, nodes: &[NodeId]) -> Vec<bool> {
        let lives = |node: &NodeId| self.state.get(*node).is_some_and(|entry| entry.lives());
        nodes.iter().map(lives).collect()
    }

    /// Living nodes that link to this one by a foreign key, at most so many, each field once:
    /// first those that restrict its deletion, then those that would go with it, then those that
    /// bring it back.
    pub fn referrers(&self, node: NodeId, limit: usize) -> Vec<Referrer> {
        let shown = self.existence.links.to(node).filter(|found| found.link.end.is_none());
        let living = shown
            .filter(|found| self.state.get(found.id.source).is_some_and(|entry| entry.lives()));
        let mut told = HashSet::new();
        let referrers = living.map(|found| Referrer {
            node: found.id.source,
            field: found.link.field,
            on_delete: found.link.on_delete,
        });
        referrers.filter(|one| told.insert(*one)).take(limit).collect()
    }

    /// By which deletion each node is dead; none where it lives, or never was.
    pub fn died(&self, nodes: &[NodeId]) -> Vec<Option<Death>> {
        nodes.iter().map(|node| self.death(*node)).collect()
    }

    fn death(&self, node: NodeId) -> Option<Death> {
        let entry = self.state.get(node)?;
        let at = entry.life.as_ref().filter(|life| !life.lives())?.last_shift()?;
        let (key, of) = (key(&self.log, at), self.existence.ruling(at)?.node);
        Some(Death { commit: key.id, index: at.index, author: key.author, of })
    }
}
