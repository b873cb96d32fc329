//! The state: an ordered map from keys to entries, behind one small interface.
//!
//! ```text
//!   (node, existence)            who created it, with which type
//!   (node, field, kind)          the object: its state and the stamps of its ops
//! ```
//!
//! **Invariants**
//! - A value: a clone shares everything and is never changed by what happens to the other.
//! - Nothing else knows which map this is; `diff` costs in proportion to what differs.
//!
//! What this does not do: say what is visible (`view`), or live on disk.

use crate::erased::ObjectState;
use crate::past::Stamp;
use im::ordmap::DiffItem;
use std::ops::RangeBounds;
use std::sync::Arc;
use woodland_format::{FieldId, NodeId, TypeId};

/// What an entry is about. A node's existence comes first, its objects by field and kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) node: NodeId,
    pub(crate) part: Part,
}

/// Which part of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Part {
    Existence,
    Object(FieldId, &'static str),
}

/// What is kept under a key; shared, and equal when shared.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    Node(Arc<NodeEntry>),
    Object(Arc<ObjectEntry>),
}

/// The creations of one node, ascending in order: the first one decides the type.
#[derive(Debug, Clone, Default)]
pub(crate) struct NodeEntry {
    pub(crate) creations: Vec<(Stamp, TypeId)>,
}

/// One object.
#[derive(Debug, Clone)]
pub(crate) struct ObjectEntry {
    pub(crate) state: Box<dyn ObjectState>,
    /// The ops that had an effect, ascending.
    pub(crate) stamps: im::Vector<Stamp>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Entry::Node(one), Entry::Node(other)) => Arc::ptr_eq(one, other),
            (Entry::Object(one), Entry::Object(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

/// The map.
#[derive(Debug, Clone, Default)]
pub(crate) struct State(im::OrdMap<Key, Entry>);

impl State {
    pub(crate) fn get(&self, key: &Key) -> Option<&Entry> {
        self.0.get(key)
    }

    pub(crate) fn range(
        &self,
        keys: impl RangeBounds<Key>,
    ) -> impl Iterator<Item = (&Key, &Entry)> {
        self.0.range(keys)
    }

    pub(crate) fn put(&mut self, changes: impl IntoIterator<Item = (Key, Entry)>) {
        for (key, entry) in changes {
            self.0.insert(key, entry);
        }
    }

    /// The keys whose entries differ; nothing is ever removed from a state.
    pub(crate) fn changed_since<'a>(
        &'a self,
        earlier: &'a State,
    ) -> impl Iterator<Item = Key> + 'a {
        earlier.0.diff(&self.0).map(|item| match item {
            DiffItem::Add(key, _) | DiffItem::Remove(key, _) => *key,
            DiffItem::Update { new: (key, _), .. } => *key,
        })
    }

    pub(crate) fn node(&self, node: NodeId) -> Option<&NodeEntry> {
        match self.get(&Key { node, part: Part::Existence })? {
            Entry::Node(entry) => Some(entry),
            Entry::Object(_) => None,
        }
    }

    pub(crate) fn object(
        &self,
        node: NodeId,
        field: FieldId,
        kind: &'static str,
    ) -> Option<&ObjectEntry> {
        match self.get(&Key { node, part: Part::Object(field, kind) })? {
            Entry::Object(entry) => Some(entry),
            Entry::Node(_) => None,
        }
    }
}
