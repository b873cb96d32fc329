//! The judge of existence: which nodes live (`docs/meaning.md`, *Existence*).
//!
//! ```text
//!  what arrived ──► cases ──► verdict ──► what shifts ──► dependents: later cases ──► …
//!                   in order  at its place                              until none is left
//! ```
//!
//! A *case* is an op that the judge goes by; a *ruling* is what came of one that made a difference.
//! A case is decided from the links shown at its place and from the shifts before it. When its
//! ruling changes, the later cases that looked at what changed are decided again, in order.
//!
//! **Invariants**
//! - Between runs every ruling is what its case gives, decided from all that stands before it: so
//!   the result equals the serial run, for every arrival order.
//! - A run decides a case once: what a case changes concerns later ones alone.
//! - Without a deletion nothing is decided, and without foreign keys nothing is kept.
//!
//! What this does not do: void, clear or move content. What is read is masked elsewhere.

mod answers;
mod arrive;
mod dependents;
mod keyed;
mod life;
mod links;
mod series;
mod slots;
mod verdict;

pub use crate::judge::answers::{Death, Referrer};
pub(crate) use crate::judge::life::Life;
pub(crate) use crate::judge::slots::Slots;

use crate::graph::Graph;
use crate::judge::keyed::Keyed;
use crate::judge::life::Stretch;
use crate::judge::links::Links;
use crate::past::{Stamp, key, order};
use crate::void::Void;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use woodland_format::{FieldId, NodeId};
use woodland_log::{Log, Place};
use woodland_page::{Reading, Stored, Tree, Weigh, Writing};

/// What the judge keeps from run to run, beside the lives of the nodes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Existence {
    links: Links,
    keyed: Keyed,
    /// By op, not in order.
    rulings: Tree<(Place, u32), Ruling>,
    /// The last deletion in order: nothing after it depends on what was deleted.
    last_deletion: Option<Stamp>,
}

/// An op that the judge goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    at: Stamp,
    act: Act,
    /// The node that is deleted, edited or created.
    node: NodeId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Deletion,
    /// An edit or a creation.
    Edit,
}

/// What came of a case; there is none for a case of which nothing came.
#[derive(Debug, Clone)]
struct Ruling {
    act: Act,
    node: NodeId,
    /// The nodes that it took, or that came back with it; ascending.
    shifted: Arc<[NodeId]>,
    listed: Option<Void>,
}

/// What arrived that the judge has to look at.
#[derive(Debug, Default)]
pub(crate) struct News {
    cases: Vec<Case>,
    /// Links that are shown where they were not, or the other way: source, target and where.
    links: Vec<(NodeId, NodeId, Stretch)>,
    /// Nodes with revivable edits that came, or went, before a deletion.
    edits: Vec<(NodeId, Stamp)>,
    /// Nodes that live later than from their first creation on, or no longer do; from where on.
    births: Vec<(NodeId, Stamp)>,
}

impl Existence {
    /// Whether ops on objects of the field are followed, because some schema of the log has foreign
    /// keys in it.
    pub(crate) fn is_followed(&self, field: FieldId, kind: &str) -> bool {
        self.keyed.contains(field, kind)
    }

    /// Whether a deletion stands after this op.
    fn is_before_a_deletion(&self, log: &Log, at: Stamp) -> bool {
        self.last_deletion.is_some_and(|last| order(log, at, last).is_lt())
    }

    fn ruling(&self, at: Stamp) -> Option<Ruling> {
        self.rulings.get(&(at.place, at.index)).map(|ruling| ruling.clone())
    }
}

impl Stored for Existence {
    fn write(&self, to: &mut Writing<'_>) {
        self.links.write(to);
        self.keyed.write(to);
        self.rulings.write(to);
        self.last_deletion.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Some(Existence {
            links: Stored::read(from)?,
            keyed: Stored::read(from)?,
            rulings: Stored::read(from)?,
            last_deletion: Stored::read(from)?,
        })
    }
}

impl Weigh for Ruling {}

impl Stored for Ruling {
    fn write(&self, to: &mut Writing<'_>) {
        to.byte(match self.act {
            Act::Deletion => 0,
            Act::Edit => 1,
        });
        self.node.write(to);
        to.number(self.shifted.len() as u64);
        self.shifted.iter().for_each(|node| node.write(to));
        self.listed.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let act = match from.byte()? {
            0 => Act::Deletion,
            1 => Act::Edit,
            _ => return None,
        };
        let (node, shifted) = (NodeId::read(from)?, Vec::<NodeId>::read(from)?);
        Some(Ruling { act, node, shifted: shifted.into(), listed: Stored::read(from)? })
    }
}

/// Decides what arrived, and all that depends on it.
pub(crate) fn judge(log: &Log, graph: &mut Graph, news: News) {
    let mut judge = Judge { log, graph, queue: BTreeMap::new(), walked: HashMap::new() };
    for case in news.cases {
        judge.summon(case);
    }
    for (source, target, shown) in news.links {
        judge.link_changed(source, target, shown);
    }
    for (node, at) in news.edits {
        judge.edits_changed(node, at);
    }
    for (node, at) in news.births {
        judge.birth_changed(node, at);
    }
    while let Some((_, case)) = judge.queue.pop_first() {
        judge.graph.work.judged += 1;
        let ruling = judge.decide(case);
        judge.rule(case, ruling);
    }
}

/// One run of the judge.
struct Judge<'a> {
    log: &'a Log,
    graph: &'a mut Graph,
    /// The cases to be decided, by where they stand in order.
    queue: BTreeMap<(u64, u32), Case>,
    /// Where the deletions of a node, and of those above it, were summoned already. What was
    /// summoned and stands after the case at hand still waits.
    walked: HashMap<NodeId, Stretch>,
}

impl Judge<'_> {
    fn summon(&mut self, case: Case) {
        let position = self.log.position(case.at.place).expect("a case is in the log");
        self.queue.insert((position, case.at.index), case);
    }

    /// Puts a ruling in place of the one before, and summons what depends on the difference.
    fn rule(&mut self, case: Case, ruling: Ruling) {
        let at = case.at;
        let before = self.graph.existence.ruling(at);
        let (shifted, listed) = match &before {
            Some(before) => (&*before.shifted, before.listed),
            None => (&[][..], None),
        };
        if listed != ruling.listed {
            self.list(at, listed, ruling.listed);
        }
        let mut changed = Vec::new();
        for (node, is_shifted) in differing(shifted, &ruling.shifted) {
            let lives = is_shifted.then_some(case.act == Act::Edit);
            if let Some(stretch) = self.shift(node, at, lives) {
                changed.push((node, stretch));
            }
        }
        let rulings = &mut self.graph.existence.rulings;
        if ruling.shifted.is_empty() && ruling.listed.is_none() {
            rulings.remove(&(at.place, at.index));
        } else {
            rulings.insert((at.place, at.index), ruling);
        }
        self.lives_changed(at, &changed);
    }

    /// Changes the shift of a node at an op. Gives where it lives now and did not, or the other
    /// way.
    fn shift(&mut self, node: NodeId, at: Stamp, lives: Option<bool>) -> Option<Stretch> {
        let log = self.log;
        let change = self.graph.state.change(node, |entry| {
            let life = entry.life.get_or_insert_default();
            let before = life.lives_after(log, at);
            life.shift(log, at, lives);
            let until = life.next_shift(log, at);
            (before != life.lives_after(log, at)).then_some(Stretch { from: at, until })
        });
        change.expect("what is judged is in the state")
    }

    /// Lists an op, or takes it off the list. A reason of the content stays.
    fn list(&mut self, at: Stamp, before: Option<Void>, after: Option<Void>) {
        let key = (key(self.log, at), Some(at.index));
        match after {
            Some(reason) => self.graph.voids.insert(key, reason),
            None if self.graph.voids.get(&key).map(|reason| *reason) == before => {
                self.graph.voids.remove(&key);
            }
            None => {}
        }
    }
}

/// The nodes that are in one of two ascending slices alone, and whether it is the second.
fn differing(before: &[NodeId], after: &[NodeId]) -> Vec<(NodeId, bool)> {
    let went = before.iter().filter(|node| after.binary_search(node).is_err());
    let came = after.iter().filter(|node| before.binary_search(node).is_err());
    went.map(|node| (*node, false)).chain(came.map(|node| (*node, true))).collect()
}
