//! Existence: the judge, who goes through the ops in order and says which nodes live.
//!
//! ```text
//!  op that is not void ──► judge ──► verdict: nothing, or the reason why the op is listed
//!                            ▲
//!            links at this point, from the ops before it alone
//! ```
//!
//! **Invariants**
//! - A node is living or dead from its first creation on that is not masked, and never both; before
//!   it is neither.
//! - A deletion takes all that it has to take, or nothing.
//! - A living node's links under *revive* point to living nodes, and to none that is dead.
//!
//! What this does not do: touch content, or look at an op that is void by another rule, or masked.

use crate::oracle::links::ForeignKey;
use crate::oracle::past::{Past, Stamp};
use crate::oracle::sight::Verdict;
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{NodeId, OnDelete};

/// The foreign keys that a node shows at the point that is being judged.
pub(crate) type LinksOf<'a> = &'a dyn Fn(NodeId) -> Vec<ForeignKey>;

/// Whether a commit's schema says that the type of what its op edits or creates is revivable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edits {
    Lost,
    Revivable,
}

/// Who lives at this point of the run, and what was seen on the way.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    living: BTreeSet<NodeId>,
    /// With the deletion that took each.
    dead: BTreeMap<NodeId, Stamp>,
    /// The revivable edits of each node, ascending by stamp.
    revivable: BTreeMap<NodeId, Vec<Stamp>>,
    /// Deletions that took something.
    pub(crate) deletions: usize,
    /// Of those, the ones that took more than one node.
    pub(crate) cascades: usize,
    /// How often a node came back.
    pub(crate) comings_back: usize,
}

impl Judge {
    pub(crate) fn lives(&self, node: NodeId) -> bool {
        self.living.contains(&node)
    }

    /// The deletion that took the node, if it is dead.
    pub(crate) fn died_at(&self, node: NodeId) -> Option<Stamp> {
        self.dead.get(&node).copied()
    }

    /// A creation that is not void. It writes no foreign keys.
    pub(crate) fn creation(
        &mut self,
        stamp: Stamp,
        node: NodeId,
        edits: Edits,
        links_of: LinksOf<'_>,
    ) -> Verdict {
        let is_first = !self.lives(node) && !self.dead.contains_key(&node);
        if is_first {
            self.begin(node, links_of);
        }
        self.note(stamp, node, edits, links_of);
        if self.lives(node) { Ok(()) } else { Err("dead-node") }
    }

    /// An edit that is not void, with the foreign keys in the values that it writes.
    pub(crate) fn edit(
        &mut self,
        stamp: Stamp,
        node: NodeId,
        edits: Edits,
        written: &[ForeignKey],
        links_of: LinksOf<'_>,
    ) -> Verdict {
        self.note(stamp, node, edits, links_of);
        if !self.lives(node) {
            return Ok(());
        }
        let mut verdict = Ok(());
        for (target, on_delete) in written {
            if self.lives(*target) {
                continue;
            }
            match on_delete {
                OnDelete::Revive if self.dead.contains_key(target) => {
                    self.come_back(*target, links_of);
                }
                _ => verdict = Err("dead-target"),
            }
        }
        verdict
    }

    /// A node that is dead comes back with a revivable edit of it.
    fn note(&mut self, stamp: Stamp, node: NodeId, edits: Edits, links_of: LinksOf<'_>) {
        if edits == Edits::Revivable {
            self.revivable.entry(node).or_default().push(stamp);
            self.come_back(node, links_of);
        }
    }

    /// A deletion of a node that the op saw created.
    pub(crate) fn deletion(
        &mut self,
        past: &Past,
        stamp: Stamp,
        node: NodeId,
        links_of: LinksOf<'_>,
    ) -> Verdict {
        if !self.lives(node) {
            return Err("dead-node");
        }
        let edits_of = |one: &NodeId| self.revivable.get(one).map_or(&[][..], Vec::as_slice);
        let is_protected = |one: &NodeId| edits_of(one).iter().any(|edit| !past.saw(stamp, *edit));
        if is_protected(&node) {
            return Err("edited");
        }
        let links: BTreeMap<NodeId, Vec<ForeignKey>> =
            self.living.iter().map(|one| (*one, links_of(*one))).collect();
        let taken = taken_with(node, &links, &is_protected);
        let forbids = |(target, on_delete): &ForeignKey| {
            taken.contains(target) && matches!(on_delete, OnDelete::Restrict | OnDelete::Revive)
        };
        let stays = |one: &NodeId| !taken.contains(one);
        if links.iter().any(|(one, links)| stays(one) && links.iter().any(forbids)) {
            return Err("restricted");
        }
        self.deletions += 1;
        self.cascades += usize::from(taken.len() > 1);
        for one in taken {
            self.living.remove(&one);
            self.dead.insert(one, stamp);
        }
        Ok(())
    }

    /// A dead node lives again, and with it whatever it links to under *revive*.
    fn come_back(&mut self, node: NodeId, links_of: LinksOf<'_>) {
        if self.dead.remove(&node).is_none() {
            return;
        }
        self.comings_back += 1;
        self.begin(node, links_of);
    }

    /// A node lives, and with it whatever it links to under *revive*: who saw a masked creation of
    /// a node may have written links before its first creation.
    fn begin(&mut self, node: NodeId, links_of: LinksOf<'_>) {
        self.living.insert(node);
        for (target, on_delete) in links_of(node) {
            if on_delete == OnDelete::Revive {
                self.come_back(target, links_of);
            }
        }
    }
}

/// The node, and with each that is taken the living nodes that link to it under *cascade*, but not
/// one with a revivable edit that the deletion did not see.
fn taken_with(
    node: NodeId,
    links: &BTreeMap<NodeId, Vec<ForeignKey>>,
    is_protected: &dyn Fn(&NodeId) -> bool,
) -> BTreeSet<NodeId> {
    let mut taken = BTreeSet::from([node]);
    loop {
        let follows = |links: &[ForeignKey]| {
            let cascades = |(target, on_delete): &ForeignKey| {
                taken.contains(target) && *on_delete == OnDelete::Cascade
            };
            links.iter().any(cascades)
        };
        let next = links
            .iter()
            .find(|(one, links)| !taken.contains(one) && follows(links) && !is_protected(one));
        let Some((next, _)) = next else { return taken };
        taken.insert(*next);
    }
}
