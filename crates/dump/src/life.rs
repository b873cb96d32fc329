//! Life: which nodes were created, which of them are dead, by whom, and what is in a deletion's
//! way.
//!
//! **Invariants**
//! - A node is told of by its first creation that had an effect, as the graph does.
//! - What is in the way of a deletion is what is there now, not what was when the deletion was
//!   judged; the words say so.
//!
//! What this does not do: judge. The graph has.

use crate::graph::Page;
use crate::said::Batch;
use crate::shown::{Cut, Joined, Shown, value_json};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{NodeId, OnDelete, Op, TypeId, Value};
use woodland_graph::{Death, Graph, Referrer, Void};

/// A node by its first creation.
pub(crate) struct Made {
    pub(crate) node_type: TypeId,
    /// The natural key, and which node of that key it is.
    pub(crate) key: Option<(Value, u32)>,
}

/// Every node that was created, whatever became of it.
pub(crate) fn made(graph: &Graph) -> BTreeMap<NodeId, Made> {
    let mut all = BTreeMap::new();
    for (_, commit) in graph.log().order() {
        let Batch::Ops(ops) = Batch::of(&commit) else { continue };
        let voids = graph.voids_of(&commit.id());
        for (index, op) in (0..).zip(ops) {
            let node = op.creates(&commit.author(), commit.seq(), index);
            let is_void = || voids.iter().any(|void| void.index.is_none_or(|at| at == index));
            if let Some(node) = node
                && let Some(made) = Made::by(op)
                && !is_void()
            {
                all.entry(node).or_insert(made);
            }
        }
    }
    all
}

impl Made {
    /// None of what is no creation.
    pub(crate) fn by(op: Op) -> Option<Self> {
        let (node_type, key) = match op {
            Op::Create { node_type, .. } => (node_type, None),
            Op::CreateKeyed { node_type, key } => (node_type, Some((key, 0))),
            Op::Recreate { node_type, key, generation } => (node_type, Some((key, generation))),
            _ => return None,
        };
        Some(Made { node_type, key })
    }

    /// ` "978", generation 1`; nothing of a node without a key.
    pub(crate) fn key_in_words(&self) -> String {
        let Some((value, generation)) = &self.key else { return String::new() };
        let generation = match generation {
            0 => String::new(),
            generation => format!(", generation {generation}"),
        };
        format!(" {}{generation}", Shown { value, config: None, cut: Cut::Short })
    }
}

/// Why a version does not show a node, or that it does.
pub(crate) enum Standing {
    Shown,
    /// It lives, and the schema that is read through has no such type.
    Hidden,
    Dead(Death),
    /// Nobody created it.
    Absent,
}

impl Standing {
    pub(crate) fn of(graph: &Graph, node: NodeId) -> Self {
        if let Some(death) = graph.died(&[node]).pop().flatten() {
            return Standing::Dead(death);
        }
        match (graph.lives(&[node]).pop(), graph.types(&[node]).pop().flatten()) {
            (_, Some(_)) => Standing::Shown,
            (Some(true), None) => Standing::Hidden,
            _ => Standing::Absent,
        }
    }
}

/// Most nodes that a line names as being in the way; JSON names all.
const BARS_SHOWN_MAX: usize = 4;

/// Most nodes that are followed, and most keys to each: a log may hold any number of deletions that
/// a hub of links forbids.
const FOLLOWED_MAX: usize = 1_000;

/// The living keys that would forbid the deletion of a node now: those to it, and to all that would
/// go with it, as far as they are followed.
pub(crate) fn bars(graph: &Graph, node: NodeId) -> Vec<Referrer> {
    let (mut taken, mut next) = (BTreeSet::from([node]), vec![node]);
    let mut found: Vec<Referrer> = Vec::new();
    while let Some(one) = next.pop().filter(|_| taken.len() <= FOLLOWED_MAX) {
        for referrer in graph.referrers(one, FOLLOWED_MAX) {
            if referrer.on_delete != OnDelete::Cascade {
                found.push(referrer);
            } else if taken.insert(referrer.node) {
                next.push(referrer.node);
            }
        }
    }
    found.retain(|one| !taken.contains(&one.node));
    found.sort_by_key(|one| (one.node, one.field, one.on_delete));
    found.dedup();
    found
}

impl Page<'_> {
    /// `deleted by ada… in commit 1f3c9a2b…, op 1`, or `deleted with node 08a6ec38…, by …`
    pub(crate) fn death(&self, node: NodeId, death: &Death) -> String {
        let with = match death.of == node {
            true => String::new(),
            false => format!(" with node {}…,", death.of.short()),
        };
        format!("deleted{with} {}", self.by(&death.author, &death.commit, death.index))
    }

    pub(crate) fn death_json(&self, death: &Death) -> Json {
        json!({
            "commit": death.commit.to_string(),
            "index": death.index,
            "author": death.author.to_string(),
            "author_name": self.authors.name(&death.author),
            "of": death.of.to_string(),
        })
    }

    /// Why an op had no effect. Of a deletion that something forbade: whether that is still there.
    pub(crate) fn rule(&self, reason: Void, op: &Op) -> String {
        match (reason, op) {
            (Void::Restricted, Op::Delete { node }) => {
                let bars = bars(&self.graph, *node);
                let shown = bars.iter().take(BARS_SHOWN_MAX);
                let shown = Joined(shown.map(|one| self.referrer(one))).to_string();
                let now = match bars.len() {
                    0 => "nothing would now".to_owned(),
                    count if count <= BARS_SHOWN_MAX => format!("now there is {shown}"),
                    count => format!("now there is {shown} and {} more", count - BARS_SHOWN_MAX),
                };
                format!("{reason}; {now}")
            }
            (Void::DeadTarget, _) => {
                format!("{reason}; it is read once that comes back")
            }
            _ => reason.to_string(),
        }
    }

    /// `Line.order of node 77ab0c12… (restrict)`
    fn referrer(&self, referrer: &Referrer) -> String {
        let Referrer { node, field, on_delete } = referrer;
        format!("{} of node {}… ({on_delete})", self.names.field_name(*field), node.short())
    }

    /// What forbids the deletion of a node now.
    pub(crate) fn bars_json(&self, node: NodeId) -> Json {
        let referrer = |one: &Referrer| {
            json!({
                "node": one.node.to_string(),
                "field": self.names.field_name(one.field),
                "field_id": one.field.0,
                "on_delete": one.on_delete.to_string(),
            })
        };
        bars(&self.graph, node).iter().map(referrer).collect()
    }

    /// What is said of a node that is not there.
    pub(crate) fn made_json(&self, node: NodeId, made: &Made) -> Json {
        json!({
            "id": node.to_string(),
            "type": self.names.type_name(made.node_type),
            "type_id": made.node_type.0,
            "key": made.key.as_ref().map(|(key, _)| value_json(key, None)),
            "generation": made.key.as_ref().map(|(_, generation)| generation),
        })
    }
}
