//! Reading: what a reader of one schema sees of one state.
//!
//! ```text
//!   object ── moved fields ──► the one that is read ── show ──► as written ── view ──► as read
//! ```
//!
//! **Invariants**
//! - A node is visible while it lives and its type, that of its first creation, is in the schema.
//! - Every value is read as the type that the schema has at its place; pointers to what is not
//!   there are left out.
//! - Reading retains nothing.
//!
//! What this does not do: choose the schema (`schemas`), or say who lives. The judge does.

use crate::kind::Standing;
use crate::lens::{FieldLens, Lens, Look, ObjectLens, Shown, TypeLens};
use crate::past::{Stamp, order};
use crate::reread::OpReader;
use crate::state::{Known, NodeEntry, Object, State};
use woodland_format::{FieldId, NodeId, ObjectId, TypeId, Value};
use woodland_log::Log;

/// A state, seen through a schema; through none, nothing is visible.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight<'a> {
    pub(crate) log: &'a Log,
    pub(crate) state: &'a State,
    pub(crate) lens: Option<&'a Lens>,
}

/// Whether the node died or came back by an op that stands after some point.
pub(crate) fn turned_after(entry: &NodeEntry, is_after: &dyn Fn(Stamp) -> bool) -> bool {
    entry.life.as_ref().is_some_and(|life| life.shifts().any(is_after))
}

impl State {
    /// Whether the node lives, and was first created with this type.
    pub(crate) fn is_there(&self, node: NodeId, node_type: TypeId) -> bool {
        self.get(node).is_some_and(|entry| entry.lives() && entry.first.node_type == node_type)
    }
}

/// An object that is read, and as what.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    entry: Known,
    /// Which of the node's objects it is.
    at: usize,
    pub(crate) of: &'a ObjectLens,
}

impl Found<'_> {
    pub(crate) fn object(&self) -> &Object {
        &self.entry.objects[self.at]
    }
}

impl<'a> Sight<'a> {
    /// The type of a node that is visible.
    pub(crate) fn type_of(&self, entry: &NodeEntry) -> Option<&'a TypeLens> {
        self.lens?.type_with(entry.first.node_type).filter(|_| entry.lives())
    }

    /// What is known of a node, if it is visible, and its type.
    pub(crate) fn visible(&self, node: NodeId) -> Option<(Known, &'a TypeLens)> {
        let entry = self.state.get(node)?;
        let of = self.type_of(&entry)?;
        Some((entry, of))
    }

    /// The field of a node that is visible.
    pub(crate) fn field(&self, object: ObjectId) -> Option<(Known, &'a FieldLens)> {
        let (entry, of) = self.visible(object.node)?;
        Some((entry, of.field_with(object.field)?))
    }

    /// What a field of a visible node shows.
    pub(crate) fn show(&self, entry: &NodeEntry, field: &FieldLens) -> Option<Value> {
        match &field.of {
            Shown::Nothing => None,
            Shown::Key(of) => {
                let key = entry.first.key.as_deref()?;
                of.convert(key, &|node, of| self.state.is_there(node, of))
            }
            Shown::Object(of) => {
                let object = self.chosen(entry, field.id, of)?;
                self.view(of, self.shown(object)?)
            }
        }
    }

    /// The fields that a visible node shows, ascending.
    pub(crate) fn show_all(
        &self,
        entry: &NodeEntry,
        node_type: &'a TypeLens,
    ) -> impl Iterator<Item = (FieldId, Value)> {
        let fields = node_type.fields.iter();
        fields.filter_map(move |field| Some((field.id, self.show(entry, field)?)))
    }

    /// The object that a field of a visible node reads.
    pub(crate) fn object(&self, object: ObjectId) -> Option<Found<'a>> {
        let (entry, field) = self.field(object)?;
        let of = field.object()?;
        let (field, kind) = self.chosen(&entry, field.id, of)?.place();
        let at = entry.find(field, kind).ok()?;
        Some(Found { entry, at, of })
    }

    /// What an object shows, as it was written.
    pub(crate) fn shown(&self, object: &Object) -> Option<Value> {
        object.kind.show(&object.held).or_else(|| ops_of(self.log, object))
    }

    /// What was written, as it is read.
    pub(crate) fn view(&self, of: &ObjectLens, shown: Value) -> Option<Value> {
        match (of.look, &of.config) {
            (Look::Plain, _) => Some(shown),
            (Look::Targets | Look::Convert, Some(config)) => {
                of.kind.view(config, shown, &|node, of| self.state.is_there(node, of))
            }
            // A kind of one's own that cannot read its configuration.
            (Look::Targets | Look::Convert, None) => Some(shown),
            (Look::Never, _) => None,
        }
    }

    /// The writes that stand in an object, as they are read.
    pub(crate) fn standing(&self, found: &Found<'a>) -> Vec<Standing> {
        let (object, of) = (found.object(), found.of);
        let standing = object.kind.standing(&object.held);
        match (of.look, &of.config) {
            (Look::Targets | Look::Convert, Some(config)) => {
                of.kind.view_standing(config, standing, &|node, of| self.state.is_there(node, of))
            }
            (Look::Never, _) => Vec::new(),
            _ => standing,
        }
    }

    /// The object whose value the field reads: its own, or that of a field whose place it took,
    /// where the last write is there.
    pub(crate) fn chosen<'e>(
        &self,
        entry: &'e NodeEntry,
        field: FieldId,
        of: &ObjectLens,
    ) -> Option<&'e Object> {
        let own = entry.object(field, of.kind.name());
        if of.moves.is_empty() {
            return own;
        }
        let mut last = own.and_then(|own| Some((winner(own)?, own)));
        for one in &of.moves {
            let target = entry.object(one.to, of.kind.name());
            let Some((at, target)) = target.and_then(|it| Some((winner(it)?, it))) else {
                continue;
            };
            let is_after = |other: Stamp| order(self.log, at, other).is_gt();
            if is_after(one.at) && last.is_none_or(|(other, _)| is_after(other)) {
                last = Some((at, target));
            }
        }
        last.map(|(_, object)| object)
    }
}

/// Where the winner of a register or atom stands.
pub(crate) fn winner(object: &Object) -> Option<Stamp> {
    let standing = object.kind.standing(&object.held).pop()?;
    standing.writes.last().map(|(stamp, _)| *stamp)
}

/// The ops of an object that is not of a built-in kind, in order; none where all are masked.
pub(crate) fn ops_of(log: &Log, object: &Object) -> Option<Value> {
    if object.kind.is_built_in() || object.history.is_none() {
        return None;
    }
    let mut ops = OpReader::of(log);
    let stamps = object.stamps();
    let ops = stamps.iter().map(|stamp| ops.edit(*stamp).unwrap_or_default().to_vec());
    Some(Value::List(ops.map(Value::Bytes).collect()))
}
