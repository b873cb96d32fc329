//! What has to be decided again when something changes before it: by what changed, who looked.
//!
//! - *Whether x lives*: deletions, edits and creations of x; writes of links to x, and by x;
//!   deletions of what x links to, and from there up along cascades; returns of what links to x
//!   under *revive*.
//! - *Whether a link is shown*: deletions of its target, and from there up; returns of its source.
//! - *The revivable edits of x*: deletions of x that did not see the edit, and from there up.
//!
//! **Invariants**
//! - Whoever looked at what changed is summoned; whoever is summoned stands after the change, and
//!   not after the point up to which it holds.
//!
//! What this does not do: ask whether the outcome will differ.

use crate::judge::life::Stretch;
use crate::judge::{Act, Case, Judge};
use crate::past::{Stamp, order};
use std::collections::HashSet;
use woodland_format::{NodeId, OnDelete};

impl Judge<'_> {
    /// Nodes live, or are dead, otherwise than before, each on a stretch from this op on.
    pub(super) fn lives_changed(&mut self, from: Stamp, changed: &[(NodeId, Stretch)]) {
        let mut above = Vec::new();
        let mut until = Some(from);
        for (node, stretch) in changed {
            until = self.later(until, stretch.until);
            // What shifts there may shift nothing any more.
            if let Some(next) = stretch.until {
                self.recall(next);
            }
            self.summon_own(*node, stretch);
            self.summon_referrers(*node, stretch);
            let links: Vec<_> = self.graph.existence.links.of(*node).collect();
            self.graph.work.referrers += links.len() as u64;
            for found in links {
                if stretch.holds(self.log, found.id.start()) {
                    self.summon(Case { at: found.id.start(), act: Act::Edit, node: *node });
                }
                if found.shown().meets(self.log, stretch) {
                    above.push(found.link.target);
                }
            }
        }
        self.summon_deletions(above, Stretch { from, until }, None);
    }

    /// A link is shown on this stretch, and was not, or the other way.
    pub(super) fn link_changed(&mut self, source: NodeId, target: NodeId, stretch: Stretch) {
        self.summon_deletions(vec![target], stretch, None);
        self.recall_returns(source, &stretch);
    }

    /// A revivable edit came, or is none any more.
    pub(super) fn edits_changed(&mut self, node: NodeId, at: Stamp) {
        self.summon_deletions(vec![node], Stretch { from: at, until: None }, Some(at));
    }

    /// From this masked creation on the node does not live yet, or no longer so.
    pub(super) fn birth_changed(&mut self, node: NodeId, at: Stamp) {
        let entry = self.graph.state.get(node);
        let life = entry.as_ref().and_then(|entry| entry.life.as_ref());
        let until = life.and_then(|life| life.next_shift(self.log, at));
        self.lives_changed(at, &[(node, Stretch { from: at, until })]);
    }

    /// What was done to the node itself.
    fn summon_own(&mut self, node: NodeId, stretch: &Stretch) {
        let (log, mut cases) = (self.log, Vec::new());
        let Some(entry) = self.graph.state.get(node) else { return };
        if let Some(life) = &entry.life {
            let deletions = life.deletions(log, *stretch);
            cases.extend(deletions.map(|at| Case { at, act: Act::Deletion, node }));
            // From the first one on it lives, whatever became of it before: further ones look at
            // that one's shift.
            let next = life.edits().next(log, stretch.from);
            cases.extend(next.map(|at| Case { at, act: Act::Edit, node }));
        }
        let creations = entry.more.iter().filter(|one| !one.is_masked).map(|one| one.stamp);
        cases.extend(creations.map(|at| Case { at, act: Act::Edit, node }));
        for case in cases.into_iter().filter(|case| stretch.holds(log, case.at)) {
            self.summon(case);
        }
    }

    /// Those who wrote a link to the node, and those who came back and link to it.
    fn summon_referrers(&mut self, node: NodeId, stretch: &Stretch) {
        let links: Vec<_> = self.graph.existence.links.to(node).collect();
        self.graph.work.referrers += links.len() as u64;
        for found in links {
            let (source, at) = (found.id.source, found.id.start());
            if stretch.holds(self.log, at) {
                self.summon(Case { at, act: Act::Edit, node: source });
            }
            if found.link.on_delete == OnDelete::Revive {
                self.recall_returns(source, stretch);
            }
        }
    }

    /// Summons the ops of a stretch that brought a node back.
    fn recall_returns(&mut self, node: NodeId, stretch: &Stretch) {
        let entry = self.graph.state.get(node);
        let life = entry.as_ref().and_then(|entry| entry.life.as_ref());
        let returns: Vec<Stamp> =
            life.map(|life| life.returns(self.log, stretch).collect()).unwrap_or_default();
        for at in returns {
            self.recall(at);
        }
    }

    /// Summons the case of an op at which something shifts.
    fn recall(&mut self, at: Stamp) {
        let ruling = self.graph.existence.ruling(at).expect("a shift has a ruling");
        self.summon(Case { at, act: ruling.act, node: ruling.node });
    }

    /// Summons the deletions of a stretch that would take one of these nodes, or look at who links
    /// to it; only those that did not see an op, if one is given.
    fn summon_deletions(
        &mut self,
        nodes: Vec<NodeId>,
        stretch: Stretch,
        unless_seen: Option<Stamp>,
    ) {
        let log = self.log;
        if !self.graph.existence.is_before_a_deletion(log, stretch.from) {
            return;
        }
        let concerns = |by: &Stamp| unless_seen.is_none_or(|op| !log.saw(by.place, op.place));
        let (mut known, mut left) = (HashSet::new(), nodes);
        while let Some(node) = left.pop() {
            let walked = self.walked.get(&node);
            if walked.is_some_and(|walked| walked.covers(log, &stretch)) || !known.insert(node) {
                continue;
            }
            if unless_seen.is_none() {
                self.walked.insert(node, stretch);
            }
            let entry = self.graph.state.get(node);
            let life = entry.as_ref().and_then(|entry| entry.life.as_ref());
            let deletions = life.map(|life| life.deletions(log, stretch).filter(concerns));
            for at in deletions.into_iter().flatten().collect::<Vec<Stamp>>() {
                self.summon(Case { at, act: Act::Deletion, node });
            }
            let mut looked_at = 0;
            for found in self.graph.existence.links.of(node) {
                looked_at += 1;
                let is_cascade = found.link.on_delete == OnDelete::Cascade;
                if is_cascade && found.shown().meets(log, &stretch) {
                    left.push(found.link.target);
                }
            }
            self.graph.work.referrers += looked_at;
        }
    }

    /// The later of two ends; none is later than all.
    fn later(&self, one: Option<Stamp>, other: Option<Stamp>) -> Option<Stamp> {
        let (one, other) = (one?, other?);
        Some(if order(self.log, one, other).is_lt() { other } else { one })
    }
}
