//! The nodes that the ops of one run arrive at, as they become.
//!
//! **Invariants**
//! - A node is here once; the state that the run began with is not changed before its end.
//! - Ops of a kind that keeps its history wait for the others of their object; all others have
//!   their effect at once.
//!
//! What this does not do: check an op against a schema.

use crate::erased::{AnyKind, Arrival};
use crate::past::{Past, Stamp};
use crate::state::{Held, NodeEntry, Object};
use crate::void::Void;
use std::collections::HashMap;
use std::sync::Arc;
use woodland_format::{FieldId, NodeId, TypeId};

/// The nodes, each by its place here.
#[derive(Debug, Default)]
pub(crate) struct TouchedNodes {
    nodes: Vec<(NodeId, Touched)>,
    places: HashMap<NodeId, usize>,
    /// The one asked for last: the next op is likely to be about it, too.
    last: Option<(NodeId, usize)>,
}

/// A node that ops arrived at.
#[derive(Debug)]
pub(crate) struct Touched {
    pub(crate) entry: NodeEntry,
    pub(crate) has_new_creations: bool,
    /// Edits that keep the node, ascending; those that wait may yet turn out void.
    pub(crate) revivable: Vec<Stamp>,
    /// Objects whose ops wait for each other, ascending like the node's objects.
    pub(crate) waiting: Vec<Waiting>,
}

/// Ops that passed the checks, or of which at least the stamp counts; ascending in order.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) field: FieldId,
    pub(crate) kind: Arc<dyn AnyKind>,
    pub(crate) arrived: Vec<Arrival>,
}

impl TouchedNodes {
    /// The node's place, if it is here.
    pub(crate) fn find(&mut self, node: NodeId) -> Option<usize> {
        if let Some((last, at)) = self.last
            && last == node
        {
            return Some(at);
        }
        let at = *self.places.get(&node)?;
        self.last = Some((node, at));
        Some(at)
    }

    /// Adds a node that is not here; gives its place.
    pub(crate) fn add(&mut self, node: NodeId, entry: NodeEntry, has_new_creations: bool) -> usize {
        let at = self.nodes.len();
        let (revivable, waiting) = (Vec::new(), Vec::new());
        self.nodes.push((node, Touched { entry, has_new_creations, revivable, waiting }));
        self.places.insert(node, at);
        self.last = Some((node, at));
        at
    }

    pub(crate) fn at(&mut self, place: usize) -> &mut Touched {
        &mut self.nodes[place].1
    }

    /// What is known of a node here.
    pub(crate) fn get(&self, node: NodeId) -> Option<&NodeEntry> {
        let at = match self.last {
            Some((last, at)) if last == node => at,
            _ => *self.places.get(&node)?,
        };
        Some(&self.nodes[at].1.entry)
    }

    /// All of them, ascending by id: neighbours in the state are changed one after the other.
    pub(crate) fn into_sorted(self) -> Vec<(NodeId, Touched)> {
        let mut nodes = self.nodes;
        nodes.sort_unstable_by_key(|(node, _)| *node);
        nodes
    }
}

impl Touched {
    /// Takes the state of an object out, to be changed; an empty one, where there is no such
    /// object. It must be put back.
    pub(crate) fn take(&mut self, field: FieldId, kind: &Arc<dyn AnyKind>) -> Taken {
        match self.entry.find(field, kind.name()) {
            Ok(at) => {
                let held = std::mem::replace(&mut self.entry.objects[at].held, Held::Opaque);
                Taken { at: Ok(at), held }
            }
            Err(at) => Taken { at: Err(at), held: kind.empty() },
        }
    }

    /// Puts it back; an object comes into being only if its op counted.
    pub(crate) fn put(
        &mut self,
        field: FieldId,
        kind: &Arc<dyn AnyKind>,
        taken: Taken,
        counted: bool,
    ) {
        match taken.at {
            Ok(at) => {
                let object = &mut self.entry.objects[at];
                object.held = taken.held;
                object.is_touched |= counted;
            }
            Err(at) if counted => {
                let object = Object { held: taken.held, ..Object::touched(field, kind) };
                self.entry.objects.insert(at, object);
            }
            Err(_) => {}
        }
    }

    /// Lets an object be there without an op that counts: a masked one arrived. What shows nothing
    /// stays, as it may have shown something before the mask came.
    pub(crate) fn note(&mut self, field: FieldId, kind: &Arc<dyn AnyKind>) {
        let taken = self.take(field, kind);
        self.put(field, kind, taken, true);
    }

    /// Lets an op wait for the others of its object.
    pub(crate) fn wait(&mut self, field: FieldId, kind: &Arc<dyn AnyKind>, arrival: Arrival) {
        let found = self.waiting.binary_search_by(|one| {
            one.field.cmp(&field).then_with(|| one.kind.name().cmp(kind.name()))
        });
        match found {
            Ok(at) => self.waiting[at].arrived.push(arrival),
            Err(at) => {
                let waiting = Waiting { field, kind: Arc::clone(kind), arrived: vec![arrival] };
                self.waiting.insert(at, waiting);
            }
        }
    }
}

/// The state of an object that was taken out of its node.
#[derive(Debug)]
pub(crate) struct Taken {
    at: Result<usize, usize>,
    pub(crate) held: Held,
}

/// Whether the author had seen a creation of the node with this type.
pub(crate) fn saw_creation(
    past: &Past<'_>,
    entry: &NodeEntry,
    node_type: TypeId,
) -> Result<(), Void> {
    let mut seen = entry.creations().filter(|one| past.saw(one.stamp)).peekable();
    if seen.peek().is_none() {
        return Err(Void::UnknownNode);
    }
    if seen.any(|one| one.node_type == node_type) { Ok(()) } else { Err(Void::WrongType) }
}
