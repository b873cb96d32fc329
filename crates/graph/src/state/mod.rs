//! The state: an ordered map from nodes to what is known of them, behind one small interface.
//!
//! ```text
//!   node ──► creations        who created it, with which type and key
//!            life             of what was deleted once, or is kept by its edits
//!            objects          (field, kind) ──► state, and for some kinds the stamps of its ops
//! ```
//!
//! **Invariants**
//! - A value: a clone shares everything and is never changed by what happens to the other.
//! - Nothing else knows which map this is; `changed_since` costs in proportion to what differs.
//! - The objects of a node ascend by field, then by the name of their kind.
//! - Every look may read a page, and unwinds to [`woodland_page::catch`] where that cannot be had.
//!
//! What this does not do: say what is visible (`graph`); read less of a node than all that is known
//! of it.

mod rest;

#[cfg(test)]
mod tests;

use crate::erased::{AnyKind, ObjectState};
use crate::judge::{Life, Slots};
use crate::past::{Stamp, order};
use crate::register::RegisterState;
use std::any::Any;
use std::sync::Arc;
use woodland_format::{FieldId, NodeId, TypeId, Value};
use woodland_log::Log;
use woodland_page::{Own, Seat, Tree};

/// One creation of a node.
#[derive(Debug, Clone)]
pub(crate) struct Creation {
    pub(crate) stamp: Stamp,
    pub(crate) node_type: TypeId,
    /// The natural key, where the node is named by one.
    pub(crate) key: Option<Arc<Value>>,
    /// Whether it keeps the node, unless a deletion saw it: if its type is that of the node.
    pub(crate) is_revivable: bool,
    /// Whether a revocation masks it: then it was seen, and makes nothing.
    pub(crate) is_masked: bool,
}

/// What is known of one node.
#[derive(Debug, Clone)]
pub(crate) struct NodeEntry {
    /// The first creation in order that is not masked: it decides the type. The first of all where
    /// all are masked; then the node does not live.
    pub(crate) first: Creation,
    /// The others, ascending in order, the masked ones behind those that are not.
    pub(crate) more: Vec<Creation>,
    /// Whether it lives, and why; most nodes have nothing to tell.
    pub(crate) life: Option<Box<Life>>,
    pub(crate) objects: Vec<Object>,
}

/// One object of a node.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) field: FieldId,
    pub(crate) kind: Arc<dyn AnyKind>,
    pub(crate) held: Held,
    /// For kinds that ask for it, the ops that had an effect; for kinds that are not built in, all
    /// ops. Ascending. Most objects have none, and a vector of none is not small.
    pub(crate) history: Option<Box<im::Vector<Stamp>>>,
    /// The ops on parts with foreign keys; none where there never was one.
    pub(crate) slots: Option<Box<Slots>>,
    /// Whether ops of the run that goes on arrived here; never between runs.
    pub(crate) is_touched: bool,
}

/// The state of an object of some kind. Registers, of which there are most, stand inline.
#[derive(Debug, Clone)]
pub(crate) enum Held {
    Register(RegisterState),
    Other(Arc<dyn ObjectState>),
    /// Of a kind that this program does not have: its ops are all there is.
    Opaque,
}

impl Held {
    pub(crate) fn get(&self) -> Option<&dyn Any> {
        match self {
            Held::Register(state) => Some(state),
            Held::Other(state) => Some((**state).as_any()),
            Held::Opaque => None,
        }
    }

    /// The state, to be changed; a copy of it, where somebody else holds it.
    pub(crate) fn get_mut(&mut self) -> Option<&mut dyn Any> {
        match self {
            Held::Register(state) => Some(state),
            Held::Other(state) => {
                if Arc::get_mut(state).is_none() {
                    *state = (**state).share();
                }
                Arc::get_mut(state).map(ObjectState::as_any_mut)
            }
            Held::Opaque => None,
        }
    }

    fn is(&self, other: &Held) -> bool {
        match (self, other) {
            (Held::Register(one), Held::Register(other)) => one.is(other),
            (Held::Other(one), Held::Other(other)) => Arc::ptr_eq(one, other),
            (Held::Opaque, Held::Opaque) => true,
            _ => false,
        }
    }
}

impl Object {
    /// What the objects of a node ascend by.
    pub(crate) fn place(&self) -> (FieldId, &str) {
        (self.field, self.kind.name())
    }

    /// An object that comes into being.
    pub(crate) fn touched(field: FieldId, kind: &Arc<dyn AnyKind>) -> Self {
        let (held, kind) = (kind.empty(), Arc::clone(kind));
        Object { field, kind, held, history: None, slots: None, is_touched: true }
    }

    /// Puts the stamp of an op that counts at its place.
    pub(crate) fn remember(&mut self, log: &Log, stamp: Stamp) {
        let history = self.history.get_or_insert_default();
        if history.last().is_none_or(|last| order(log, *last, stamp).is_lt()) {
            history.push_back(stamp);
        } else if let Err(at) = history.binary_search_by(|one| order(log, *one, stamp)) {
            history.insert(at, stamp);
        }
    }

    /// The stamps that are kept, ascending.
    pub(crate) fn stamps(&self) -> im::Vector<Stamp> {
        self.history.as_deref().cloned().unwrap_or_default()
    }

    /// Whether nothing has happened to the object between one version and a later one. Histories
    /// that grew from one another are told apart by their length; where masks came between them,
    /// by what they hold.
    pub(crate) fn is(&self, other: &Object) -> bool {
        self.held.is(&other.held)
            && match (&self.history, &other.history) {
                (Some(one), Some(other)) => one.ptr_eq(other) || one == other,
                (one, other) => one.is_none() && other.is_none(),
            }
    }
}

impl NodeEntry {
    pub(crate) fn of(first: Creation) -> Self {
        NodeEntry { first, more: Vec::new(), life: None, objects: Vec::new() }
    }

    /// Whether the node lives now.
    pub(crate) fn lives(&self) -> bool {
        self.life.as_ref().is_none_or(|life| life.lives())
    }

    /// All creations; those that are not masked first, and each sort ascending in order.
    pub(crate) fn creations(&self) -> impl Iterator<Item = &Creation> {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// Adds a creation at its place.
    pub(crate) fn add(&mut self, creation: Creation, is_before: impl Fn(Stamp, Stamp) -> bool) {
        let is_before = |one: &Creation, other: &Creation| match (one.is_masked, other.is_masked) {
            (false, true) => true,
            (true, false) => false,
            _ => is_before(one.stamp, other.stamp),
        };
        let later = match is_before(&creation, &self.first) {
            true => std::mem::replace(&mut self.first, creation),
            false => creation,
        };
        let at = self.more.partition_point(|one| is_before(one, &later));
        self.more.insert(at, later);
    }

    /// From where on the node is known and does not live: its first creation in order, where that
    /// is masked.
    pub(crate) fn unborn_from(&self, is_before: impl Fn(Stamp, Stamp) -> bool) -> Option<Stamp> {
        let mut masked = self.creations().filter(|one| one.is_masked);
        let from = masked.next()?.stamp;
        (self.first.is_masked || is_before(from, self.first.stamp)).then_some(from)
    }

    /// Where the object stands, or would.
    pub(crate) fn find(&self, field: FieldId, kind: &str) -> Result<usize, usize> {
        // Fields are mostly written in the order of the schema.
        if self.objects.last().is_none_or(|last| last.field < field) {
            return Err(self.objects.len());
        }
        self.objects.binary_search_by(|one| one.place().cmp(&(field, kind)))
    }

    pub(crate) fn object_mut(&mut self, field: FieldId, kind: &str) -> Option<&mut Object> {
        let at = self.find(field, kind).ok()?;
        self.objects.get_mut(at)
    }

    pub(crate) fn object(&self, field: FieldId, kind: &str) -> Option<&Object> {
        self.objects.get(self.find(field, kind).ok()?)
    }
}

/// What is known of a node, as long as it is looked at.
pub(crate) type Known = Arc<Seat<NodeEntry>>;

/// A node, as it was and as it is.
pub(crate) type Pair = (NodeId, Option<Known>, Known);

/// The map.
#[derive(Debug, Clone, Default)]
pub(crate) struct State(Tree<NodeId, Own<NodeEntry>>);

impl State {
    pub(crate) fn get(&self, node: NodeId) -> Option<Known> {
        self.0.get(&node).map(|entry| entry.get())
    }

    /// All nodes, ascending.
    pub(crate) fn all(&self) -> impl Iterator<Item = (NodeId, Known)> {
        self.0.iter().map(|(node, entry)| (node, entry.get()))
    }

    /// Puts entries in place of those that are there.
    pub(crate) fn put(&mut self, changes: impl IntoIterator<Item = (NodeId, NodeEntry)>) {
        for (node, entry) in changes {
            self.0.insert(node, Own::new(entry));
        }
    }

    /// Changes an entry that is there, and answers what the change does.
    pub(crate) fn change<T>(
        &mut self,
        node: NodeId,
        change: impl FnOnce(&mut NodeEntry) -> T,
    ) -> Option<T> {
        let mut answer = None;
        self.0.alter(node, |entry| {
            answer = entry.map(|entry| change(entry.get_mut()));
            None
        });
        answer
    }

    /// The nodes whose entries differ, each as it was and as it is; nothing is ever removed from a
    /// state. Where a version was put to rest between the two, neighbours in a page that changed
    /// may be among them.
    pub(crate) fn changed_since<'a>(
        &'a self,
        earlier: &'a State,
    ) -> Box<dyn Iterator<Item = Pair> + 'a> {
        if earlier.0.is_empty() {
            // All of them, one after the other: together they may be more than fits the memory.
            return Box::new(self.all().map(|(node, entry)| (node, None, entry)));
        }
        let unshared = self.0.unshared(&earlier.0).into_iter();
        Box::new(unshared.filter_map(|(node, entry)| {
            let before = earlier.0.get(&node);
            if before.as_ref().is_some_and(|before| before.is(&entry)) {
                return None;
            }
            Some((node, before.map(|before| before.get()), entry.get()))
        }))
    }
}
