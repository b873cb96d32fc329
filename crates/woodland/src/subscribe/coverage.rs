//! What a subscription covers, and how what changed of it is told.
//!
//! **Invariants**
//! - What is told of both versions is what a read of them answers.
//! - Costs in proportion to what changed between the versions and to what is named, never to the
//!   graph.
//! - A record or a field is told of only where it reads otherwise: a change of a field that the
//!   program's record does not have is none.
//!
//! What this does not do: look at nodes that the graph says are the same.

use super::reading;
use crate::binding::Binding;
use crate::field::FieldType;
use crate::pointer::Pointer;
use crate::read::{All, FieldOf, FieldReader, Request};
use crate::record::Record;
use crate::snapshot::{ReadError, Snapshot, bound};
use std::cell::OnceCell;
use std::fmt;
use woodland_format::{NodeId, TypeId};
use woodland_graph::NodeChange;

/// What a subscription covers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a subscription covers",
    label = "no `Coverage`",
    note = "cover all nodes of a type by `all::<R>()`, some by `nodes(&[pointer, …])`",
    note = "cover one field of some by `R::FIELD.of(&[pointer, …])`; several go in a tuple"
)]
pub trait Coverage {
    /// How its changes are told.
    type Changes;

    /// What has changed; none if nothing did.
    ///
    /// # Errors
    /// [`ReadError`] when the program and the schema do not fit each other.
    fn changes(&self, between: &Between<'_>) -> Result<Option<Self::Changes>, ReadError>;
}

/// Two versions of one replica, the later with all that the earlier has.
pub struct Between<'a> {
    from: &'a Snapshot,
    to: &'a Snapshot,
    changed: OnceCell<Vec<NodeChange>>,
}

impl<'a> Between<'a> {
    pub(super) fn of(from: &'a Snapshot, to: &'a Snapshot) -> Self {
        Between { from, to, changed: OnceCell::new() }
    }

    /// The earlier version.
    pub fn from(&self) -> &'a Snapshot {
        self.from
    }

    /// The later version.
    pub fn to(&self) -> &'a Snapshot {
        self.to
    }

    /// The nodes that differ, ascending by id. Looked for once.
    pub fn changed(&self) -> &[NodeChange] {
        self.changed.get_or_init(|| self.to.graph.changes_since(&self.from.graph).collect())
    }

    /// How a node differs, if it does.
    pub fn change_of(&self, node: NodeId) -> Option<&NodeChange> {
        let changed = self.changed();
        changed.binary_search_by_key(&node, |one| one.node).ok().and_then(|at| changed.get(at))
    }
}

impl fmt::Debug for Between<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Between({:?} and {:?})", self.from, self.to)
    }
}

/// A node that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed<R> {
    /// The node.
    pub pointer: Pointer<R>,
    /// As it was; none where it was not visible.
    pub before: Option<R>,
    /// As it is; none where it is not visible.
    pub after: Option<R>,
    /// The fields that read otherwise, in the order of the record; all visible ones where the node
    /// came or went.
    pub fields: Vec<&'static str>,
}

impl<R: Record> Changed<R> {
    fn read(
        between: &Between<'_>,
        binding: &Binding,
        change: &NodeChange,
    ) -> Result<Option<Self>, ReadError> {
        let is_same = change.before.is_some() && change.before == change.after;
        if is_same && binding.names(&change.fields).is_empty() {
            return Ok(None);
        }
        let pointer = Pointer::to(change.node);
        let read = |snapshot: &Snapshot, found: Option<TypeId>| match found {
            Some(_) => Ok::<_, ReadError>(snapshot.read(&[pointer])?.pop().flatten()),
            None => Ok(None),
        };
        let before: Option<R> = read(between.from, change.before)?;
        let after: Option<R> = read(between.to, change.after)?;
        let mut fields = change.fields.clone();
        if let (Some(before), Some(after)) = (&before, &after) {
            fields = reading::that_differ(binding, change.node, (before, after), fields);
        }
        let fields = binding.names(&fields);
        Ok((!is_same || !fields.is_empty()).then_some(Changed { pointer, before, after, fields }))
    }
}

fn some<T>(changes: Vec<T>) -> Option<Vec<T>> {
    (!changes.is_empty()).then_some(changes)
}

/// Ascending by id.
impl<R: Record> Coverage for All<R> {
    type Changes = Vec<Changed<R>>;

    fn changes(&self, between: &Between<'_>) -> Result<Option<Self::Changes>, ReadError> {
        let outcome = between.to.bind::<R>()?;
        let binding = bound(&outcome)?;
        let mut changes = Vec::new();
        for change in between.changed() {
            // A node whose first creation is another now may have another type.
            let own = |found: Option<TypeId>| found.filter(|one| *one == binding.node_type);
            let (before, after) = (own(change.before), own(change.after));
            if before.is_some() || after.is_some() {
                let change = NodeChange { before, after, ..change.clone() };
                changes.extend(Changed::read(between, binding, &change)?);
            }
        }
        Ok(some(changes))
    }
}

/// These nodes: as a request, and as what a subscription covers.
pub fn nodes<R: Record>(nodes: &[Pointer<R>]) -> Nodes<R> {
    Nodes { nodes: nodes.to_vec() }
}

/// Some nodes. Made by [`nodes`].
pub struct Nodes<R> {
    nodes: Vec<Pointer<R>>,
}

/// The same as the nodes' pointers themselves.
impl<R: Record> Request for Nodes<R> {
    type Answer = Vec<Option<R>>;

    fn answer(self, snapshot: &Snapshot) -> Result<Vec<Option<R>>, ReadError> {
        self.nodes.as_slice().answer(snapshot)
    }
}

/// In the order in which the nodes are named.
impl<R: Record> Coverage for Nodes<R> {
    type Changes = Vec<Changed<R>>;

    fn changes(&self, between: &Between<'_>) -> Result<Option<Self::Changes>, ReadError> {
        let outcome = between.to.bind::<R>()?;
        let binding = bound(&outcome)?;
        let mut changes = Vec::new();
        for change in self.nodes.iter().filter_map(|node| between.change_of(node.id())) {
            changes.extend(Changed::read(between, binding, change)?);
        }
        Ok(some(changes))
    }
}

impl<R> Clone for Nodes<R> {
    fn clone(&self) -> Self {
        Nodes { nodes: self.nodes.clone() }
    }
}

impl<R> fmt::Debug for Nodes<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.nodes).finish()
    }
}

/// A field that reads otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedField<R, T> {
    /// The node.
    pub pointer: Pointer<R>,
    /// As the field was; none where the node was not visible.
    pub before: Option<T>,
    /// As the field is; none where the node is not visible.
    pub after: Option<T>,
}

/// In the order in which the nodes are named.
impl<R: Record, T: FieldType> Coverage for FieldOf<R, T> {
    type Changes = Vec<ChangedField<R, T>>;

    fn changes(&self, between: &Between<'_>) -> Result<Option<Self::Changes>, ReadError> {
        let before = FieldReader::bind(between.from, self.field)?;
        let after = FieldReader::bind(between.to, self.field)?;
        let Some(field) = after.id() else {
            // Says what is wrong with it, as soon as there is a node to read it of.
            return after.values(&self.nodes).map(|_| None);
        };
        let differs =
            |change: &NodeChange| change.before != change.after || change.fields.contains(&field);
        let changed = |node: &Pointer<R>| between.change_of(node.id()).is_some_and(differs);
        let nodes: Vec<Pointer<R>> = self.nodes.iter().copied().filter(changed).collect();
        let values = before.values(&nodes)?.into_iter().zip(after.values(&nodes)?);
        let differ = |(_, (before, after)): &(_, (Option<T>, Option<T>))| match (before, after) {
            (Some(before), Some(after)) => reading::differ(before, after),
            _ => true,
        };
        let told = |(pointer, (before, after))| ChangedField { pointer, before, after };
        Ok(some(nodes.into_iter().zip(values).filter(differ).map(told).collect()))
    }
}

macro_rules! tuples {
    ($(($($name:ident)+))*) => {$(
        /// For each of them what changed, if anything did.
        impl<$($name: Coverage),+> Coverage for ($($name,)+) {
            type Changes = ($(Option<$name::Changes>,)+);

            fn changes(&self, between: &Between<'_>) -> Result<Option<Self::Changes>, ReadError> {
                #[expect(non_snake_case, reason = "named as their types")]
                let ($($name,)+) = self;
                $(
                    #[expect(non_snake_case, reason = "named as their types")]
                    let $name = $name.changes(between)?;
                )+
                let is_none = $($name.is_none())&&+;
                Ok((!is_none).then_some(($($name,)+)))
            }
        }
    )*};
}

tuples! {
    (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
}
