//! Paths: what pointers lead to, step by step, from many nodes at once.
//!
//! ```text
//!   from(&[a, b]) ── along(Note::PARENT).repeated() ── along(Note::TAGS) ─► Reached<Tag>
//!        starts      one step, once or again and again    the next step
//! ```
//!
//! **Invariants**
//! - What a start reaches is in breadth-first order, each node once: cycles end where they close.
//! - A node is read once for each step that leads from it, and once at the end, however many starts
//!   reach it.
//! - A pointer to what is not visible leads nowhere.
//!
//! What this does not do: recurse, whatever points to what.

use super::Request;
use super::field::FieldReader;
use super::points::Points;
use crate::field::Field;
use crate::pointer::Pointer;
use crate::policy::Policy;
use crate::record::Record;
use crate::snapshot::{ReadError, Snapshot};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;
use woodland_format::NodeId;

/// A path that arrived at nodes of type `R`, by a step from nodes of type `P`. Begun by [`from`].
pub struct Path<P, R> {
    starts: Vec<NodeId>,
    steps: Vec<Step>,
    of: PhantomData<fn() -> (P, R)>,
}

#[derive(Clone, Copy)]
struct Step {
    lead: Lead,
    /// The field that it goes along.
    index: u16,
    /// How often, at most; a node that was reached after fewer steps is among those reached.
    depth: u64,
}

/// Where each of these nodes leads.
type Lead = fn(&Snapshot, u16, &[NodeId]) -> Result<Vec<Vec<NodeId>>, ReadError>;

/// What a path leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Reached<R> {
    /// For each start, in the order of the request, what it reaches: breadth first, each once.
    pub paths: Vec<Vec<Pointer<R>>>,
    /// All that was reached from any start.
    pub nodes: BTreeMap<Pointer<R>, R>,
}

/// Begins a path at these nodes.
///
/// ```
/// use woodland::{Pointer, Record, Replica, Set, define, from};
///
/// #[derive(Record)]
/// struct Tag { name: String }
///
/// #[derive(Record)]
/// struct Note { parent: Option<Pointer<Note>>, tags: Set<Pointer<Tag>> }
///
/// # let model = define().record::<Note>().record::<Tag>().model()?;
/// # let replica = Replica::in_memory(&model, 1)?;
/// let (leaf, tag) = replica.write(|b| {
///     let tag = b.insert(&Tag { name: "rust".into() });
///     let root = b.insert(&Note { parent: None, tags: [tag].into() });
///     let middle = b.insert(&Note { parent: Some(root), tags: Set::default() });
///     (b.insert(&Note { parent: Some(middle), tags: Set::default() }), tag)
/// })?;
/// let ancestors = from(&[leaf]).along(Note::PARENT).repeated();
/// let tags = replica.snapshot().read(ancestors.along(Note::TAGS))?;
/// assert_eq!(tags.paths, [[tag]]);
/// assert_eq!(tags.nodes[&tag].name, "rust");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn from<R: Record>(starts: &[Pointer<R, impl Policy>]) -> Path<(), R> {
    let starts = starts.iter().map(Pointer::id).collect();
    Path { starts, steps: Vec::new(), of: PhantomData }
}

impl<P, R: Record> Path<P, R> {
    /// Goes on along this field's pointers.
    #[must_use]
    pub fn along<T: Points>(self, field: Field<R, T>) -> Path<R, T::To> {
        let Path { starts, mut steps, .. } = self;
        steps.push(Step { lead: lead::<R, T>, index: field.index(), depth: 1 });
        Path { starts, steps, of: PhantomData }
    }
}

/// After a step along a field whose pointers lead to its own type.
impl<R: Record> Path<R, R> {
    /// Takes the last step again and again: what is reached in one step or more.
    #[must_use]
    pub fn repeated(self) -> Self {
        self.to_depth(u64::MAX)
    }

    /// Takes the last step up to so many times: what is reached in one step, in two, and so on. 0
    /// reaches nothing.
    #[must_use]
    pub fn to_depth(mut self, depth: u64) -> Self {
        if let Some(last) = self.steps.last_mut() {
            last.depth = depth;
        }
        self
    }
}

fn lead<R: Record, T: Points>(
    snapshot: &Snapshot,
    index: u16,
    nodes: &[NodeId],
) -> Result<Vec<Vec<NodeId>>, ReadError> {
    let nodes: Vec<Pointer<R>> = nodes.iter().copied().map(Pointer::to).collect();
    let fields = FieldReader::bind(snapshot, Field::<R, T>::at(index))?.values(&nodes)?;
    let targets = |field: &Option<T>| {
        let mut ids = Vec::new();
        if let Some(field) = field {
            field.each(&mut |pointer| ids.push(pointer.id()));
        }
        visible(snapshot, ids)
    };
    Ok(fields.iter().map(targets).collect())
}

fn visible(snapshot: &Snapshot, ids: Vec<NodeId>) -> Vec<NodeId> {
    let types = snapshot.graph.types(&ids);
    ids.into_iter().zip(types).filter_map(|(id, found)| found.map(|_| id)).collect()
}

impl Step {
    /// What is reached from these nodes, breadth first, each once. `known` is what this step has
    /// read before.
    fn walk(
        self,
        snapshot: &Snapshot,
        starts: Vec<NodeId>,
        known: &mut BTreeMap<NodeId, Vec<NodeId>>,
    ) -> Result<Vec<NodeId>, ReadError> {
        let (mut reached, mut seen) = (Vec::new(), BTreeSet::new());
        let (mut layer, mut left) = (starts, self.depth);
        while left > 0 && !layer.is_empty() {
            left -= 1;
            let unread: Vec<NodeId> =
                layer.iter().copied().filter(|node| !known.contains_key(node)).collect();
            let read = (self.lead)(snapshot, self.index, &unread)?;
            known.extend(unread.into_iter().zip(read));
            let targets = layer.iter().filter_map(|node| known.get(node)).flatten();
            let next: Vec<NodeId> = targets.copied().filter(|node| seen.insert(*node)).collect();
            reached.extend_from_slice(&next);
            layer = next;
        }
        Ok(reached)
    }
}

impl<P, R: Record> Request for Path<P, R> {
    type Answer = Reached<R>;

    fn answer(self, snapshot: &Snapshot) -> Result<Reached<R>, ReadError> {
        let mut known = vec![BTreeMap::new(); self.steps.len()];
        let mut paths = Vec::with_capacity(self.starts.len());
        for start in &self.starts {
            let mut reached = visible(snapshot, vec![*start]);
            for (step, known) in self.steps.iter().zip(&mut known) {
                reached = step.walk(snapshot, reached, known)?;
            }
            paths.push(reached.into_iter().map(Pointer::to).collect::<Vec<Pointer<R>>>());
        }
        drop(known);
        let ends: BTreeSet<Pointer<R>> = paths.iter().flatten().copied().collect();
        let ends: Vec<Pointer<R>> = ends.into_iter().collect();
        let read = ends.as_slice().answer(snapshot)?;
        let nodes = ends.into_iter().zip(read).filter_map(|(end, node)| Some((end, node?)));
        Ok(Reached { paths, nodes: nodes.collect() })
    }
}

impl<P, R> Clone for Path<P, R> {
    fn clone(&self) -> Self {
        Path { starts: self.starts.clone(), steps: self.steps.clone(), of: PhantomData }
    }
}

impl<P, R> fmt::Debug for Path<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Path({} starts, {} steps)", self.starts.len(), self.steps.len())
    }
}
