//! The graph at one version: an immutable value, derived from a log and from nothing else.
//!
//! **Invariants**
//! - Equal sets of commits give equal answers, digests and voids, whatever way they were derived.
//! - What is visible goes through the founding schema (decision 0004): a node whose first creation
//!   has a type of it, and of such a node the objects whose field and kind are of that type.
//! - Reading retains nothing.
//!
//! What this does not do: write, or hold a version that nobody holds.

use crate::derive::{VoidKey, derive};
use crate::digest::Tree;
use crate::erased::Kinds;
use crate::fields::{Fields, KEY};
use crate::judge::Existence;
use crate::kind::{Part, Standing};
use crate::past::{Stamp, key};
use crate::reread::OpReader;
use crate::schemas::Schemas;
use crate::state::{NodeEntry, Object, State};
use crate::void::{Void, VoidOp};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use woodland_format::{
    AuthorKey, CommitId, Digest, FieldDefinition, FieldId, NodeId, ObjectId, Schema, TypeId, Value,
    digest_key, digest_leaf, encode,
};
use woodland_log::{Log, OrderKey};

/// The graph at one version of a log. Cheap to clone.
#[derive(Clone)]
pub struct Graph {
    pub(crate) log: Log,
    pub(crate) schemas: Schemas,
    pub(crate) state: State,
    pub(crate) existence: Existence,
    pub(crate) voids: im::OrdMap<VoidKey, Void>,
    /// Commits whose payload has a format that this release does not know.
    pub(crate) foreign: im::OrdSet<OrderKey>,
    /// The schema that the founding commit carries: what is visible goes through it.
    pub(crate) founding: Option<Arc<Fields>>,
    digested: Arc<OnceLock<Tree>>,
    pub(crate) work: Work,
    /// The last version before this one whose digest was asked for.
    basis: Option<(State, Tree)>,
}

/// What deriving a graph from the one before it looked at. The same on any machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Work {
    /// Commits that arrived.
    pub commits: u64,
    /// Their ops.
    pub ops: u64,
    /// Objects that these ops touch.
    pub objects: u64,
    /// Earlier ops of those objects that were read again from the log.
    pub again: u64,
    /// Payloads that were decoded: those of the commits, and those of ops read again.
    pub decoded: u64,
    /// Nodes that were looked up in the state, those that ops are about.
    pub reads: u64,
    /// Nodes that were put into the state.
    pub writes: u64,
    /// Deletions, edits and creations that the judge of existence decided, or decided again: those
    /// that arrived and concern a node that was deleted, and those that depend on them.
    pub judged: u64,
    /// Foreign keys that it looked at for that.
    pub referrers: u64,
}

/// A visible node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub id: NodeId,
    /// Its type, in the founding schema.
    pub node_type: TypeId,
    /// Its visible fields. A field that was never written is absent.
    pub fields: BTreeMap<FieldId, Value>,
}

/// A write that competes for one place of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The commit.
    pub commit: CommitId,
    /// The op's index in its batch.
    pub index: u32,
    /// Who wrote.
    pub author: AuthorKey,
    /// What; none for a write that cleared the place.
    pub value: Option<Value>,
}

/// A place of an object for which more than one write stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Which part of the object.
    pub part: Part,
    /// The write that is visible.
    pub winner: Write,
    /// The others, ascending in order. None of them saw the winner, nor the winner them.
    pub losers: Vec<Write>,
}

impl Graph {
    /// Derives the graph of a log.
    pub fn of(log: &Log, kinds: Kinds) -> Graph {
        let graph = Graph {
            log: log.clone(),
            schemas: Schemas::new(kinds),
            state: State::default(),
            existence: Existence::default(),
            voids: im::OrdMap::new(),
            foreign: im::OrdSet::new(),
            founding: None,
            work: Work::default(),
            digested: Arc::default(),
            basis: None,
        };
        let mut order = log.order();
        derive(graph, log, None, std::iter::from_fn(|| order.next_place()))
    }

    /// This graph, moved to another log and not yet derived.
    pub(crate) fn on(&self, log: &Log) -> Graph {
        let basis = match self.digested.get() {
            Some(tree) => Some((self.state.clone(), tree.clone())),
            None => self.basis.clone(),
        };
        let (log, work) = (log.clone(), Work::default());
        Graph { log, work, digested: Arc::default(), basis, ..self.clone() }
    }

    /// The same graph, on a log with the same commits and other signatures: those are evidence
    /// beside the log, and mean nothing here.
    ///
    /// # Panics
    /// When the logs differ in their commits.
    #[must_use]
    pub fn with_signatures_of(&self, log: &Log) -> Graph {
        assert!(self.log == *log, "only the signatures differ");
        Graph { log: log.clone(), ..self.clone() }
    }

    /// What its derivation looked at: in proportion to what arrived and to the histories of the
    /// objects that it touches, never to the rest of the log.
    pub fn work(&self) -> Work {
        self.work
    }

    /// The log that it was derived from.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The schema that the founding commit carries; none where it does not.
    pub fn schema(&self) -> Option<Arc<Schema>> {
        self.founding.as_ref().map(|fields| Arc::clone(&fields.schema))
    }

    /// The first commit, in order, whose payload only a newer release can read. While there is one,
    /// this release must not show the dataset as if it were not there: it keeps, verifies and
    /// passes on.
    pub fn foreign(&self) -> Option<CommitId> {
        self.foreign.get_min().map(|key| key.id)
    }

    /// Reads nodes; answers are aligned with the question, `None` for what is not visible.
    pub fn nodes(&self, ids: &[NodeId]) -> Vec<Option<Node>> {
        ids.iter().map(|id| self.node(*id)).collect()
    }

    /// Reads single fields; answers are aligned with the question, `None` for what is not visible.
    pub fn values(&self, objects: &[ObjectId]) -> Vec<Option<Value>> {
        objects.iter().map(|object| self.value(*object)).collect()
    }

    /// Lists, for each object, the places that several authors wrote without seeing each other.
    pub fn conflicts(&self, objects: &[ObjectId]) -> Vec<Vec<Conflict>> {
        objects.iter().map(|object| self.conflicts_of(*object)).collect()
    }

    /// All visible nodes, ascending by id.
    pub fn all(&self) -> impl Iterator<Item = Node> + '_ {
        self.state.all().filter_map(|(id, entry)| self.show_node(id, entry))
    }

    /// The ops that had no effect, in order.
    pub fn voids(&self) -> impl Iterator<Item = VoidOp> + '_ {
        self.voids.iter().map(|((key, index), reason)| VoidOp {
            commit: key.id,
            index: *index,
            reason: *reason,
        })
    }

    /// The ops of one commit that had no effect.
    pub fn voids_of(&self, commit: &CommitId) -> Vec<VoidOp> {
        let key = self.log.place(commit).and_then(|place| self.log.key(place));
        let Some(key) = key else { return Vec::new() };
        let voids = self.voids.range((key, None)..=(key, Some(u32::MAX)));
        voids
            .map(|((_, index), reason)| VoidOp { commit: key.id, index: *index, reason: *reason })
            .collect()
    }

    /// The hash of all that is visible. Costs what changed since it was last asked for.
    pub fn digest(&self) -> Digest {
        self.digested.get_or_init(|| self.weigh()).digest()
    }

    /// Finds the founding schema, once a commit carries it.
    pub(crate) fn look(&mut self) {
        use woodland_format::Position::Founding;
        if let (None, Founding { schema, .. }) =
            (&self.founding, &self.log.founding().header().position)
        {
            self.founding = self.schemas.known(schema, |_| true);
            if self.founding.is_some() {
                // Everything that was there before comes into sight with it: no earlier digest is
                // of use.
                self.basis = None;
            }
        }
    }

    /// What is known of a node, if it is visible, and its type.
    pub(crate) fn visible(&self, node: NodeId) -> Option<(&NodeEntry, TypeId)> {
        let entry = self.state.get(node)?;
        Some((entry, self.type_of(entry)?))
    }

    pub(crate) fn type_of(&self, entry: &NodeEntry) -> Option<TypeId> {
        let node_type = Some(entry.first.node_type).filter(|_| entry.lives())?;
        self.founding.as_ref()?.has_type(node_type).then_some(node_type)
    }

    fn node(&self, id: NodeId) -> Option<Node> {
        self.show_node(id, self.state.get(id)?)
    }

    pub(crate) fn show_node(&self, id: NodeId, entry: &NodeEntry) -> Option<Node> {
        let node_type = self.type_of(entry)?;
        let shown = self.founding.as_ref()?.schema.type_with(node_type)?.fields.iter();
        let fields = shown.filter_map(|field| Some((field.id, self.show(entry, field)?))).collect();
        Some(Node { id, node_type, fields })
    }

    fn value(&self, object: ObjectId) -> Option<Value> {
        let (entry, node_type) = self.visible(object.node)?;
        self.show(entry, self.visible_field(node_type, object.field)?)
    }

    /// The field, if nodes of this type show it.
    pub(crate) fn visible_field(
        &self,
        node_type: TypeId,
        field: FieldId,
    ) -> Option<&FieldDefinition> {
        self.founding.as_ref()?.schema.type_with(node_type)?.field_with(field)
    }

    pub(crate) fn show(&self, entry: &NodeEntry, field: &FieldDefinition) -> Option<Value> {
        if field.kind == KEY {
            return self.key_of(entry, field.id);
        }
        let object = entry.object(field.id, &field.kind)?;
        object.kind.show(&object.held).or_else(|| self.ops_of(object))
    }

    /// The key that a node is named by, if this is the field that shows it.
    fn key_of(&self, entry: &NodeEntry, field: FieldId) -> Option<Value> {
        let (named, of) = self.founding.as_ref()?.key(entry.first.node_type)?;
        let key = entry.first.key.as_deref().filter(|key| *named == field && of.admits(key))?;
        Some(key.clone())
    }

    /// The ops of an object that is not of a built-in kind, in order.
    fn ops_of(&self, object: &Object) -> Option<Value> {
        if object.kind.is_built_in() {
            return None;
        }
        let mut ops = OpReader::of(&self.log);
        let stamps = object.stamps();
        let ops = stamps.iter().map(|stamp| ops.edit(*stamp).unwrap_or_default().to_vec());
        Some(Value::List(ops.map(Value::Bytes).collect()))
    }

    fn conflicts_of(&self, object: ObjectId) -> Vec<Conflict> {
        let standing = || {
            let (entry, node_type) = self.visible(object.node)?;
            let field = self.visible_field(node_type, object.field)?;
            let object = entry.object(field.id, &field.kind)?;
            Some(object.kind.standing(&object.held))
        };
        let standing: Vec<Standing> = standing().unwrap_or_default();
        standing.into_iter().filter_map(|one| self.conflict(one)).collect()
    }

    fn conflict(&self, standing: Standing) -> Option<Conflict> {
        let mut writes: Vec<Write> =
            standing.writes.into_iter().map(|(stamp, value)| self.write(stamp, value)).collect();
        let winner = writes.pop()?;
        (!writes.is_empty()).then_some(Conflict { part: standing.part, winner, losers: writes })
    }

    fn write(&self, stamp: Stamp, value: Option<Value>) -> Write {
        let key = key(&self.log, stamp);
        Write { commit: key.id, index: stamp.index, author: key.author, value }
    }

    /// The digest's tree: the last one known, and what changed since.
    fn weigh(&self) -> Tree {
        let empty = (State::default(), Tree::default());
        let (before, tree) = self.basis.clone().unwrap_or(empty);
        let mut changes = Vec::new();
        for (node, old, new) in self.state.changed_since(&before) {
            let node_type = self.type_of(new);
            let is_same_node = old.is_some_and(|old| self.type_of(old) == node_type);
            if !is_same_node {
                let place = digest_key(&[&[1][..], &node.0].concat());
                changes.push((place, node_type.map(|of| digest_leaf(&place, &encode(&of)))));
            }
            for field in self.fields_to_weigh(old.filter(|_| is_same_node), new) {
                let place = digest_key(&object_key(ObjectId { node, field }));
                let value = self.weighed(new, field);
                changes.push((place, value.map(|value| digest_leaf(&place, &encode(&value)))));
            }
        }
        tree.with(changes)
    }

    /// The fields of a node whose leaves may differ from those of an earlier version of it.
    pub(crate) fn fields_to_weigh(&self, old: Option<&NodeEntry>, new: &NodeEntry) -> Vec<FieldId> {
        let is_same = |object: &&Object| {
            let old = old.and_then(|old| old.object(object.field, object.kind.name()));
            !old.is_some_and(|old| old.is(object))
        };
        let mut fields: Vec<FieldId> =
            new.objects.iter().filter(is_same).map(|object| object.field).collect();
        // A key is that of the first creation, which an earlier one may have replaced.
        let keys =
            new.creations().filter_map(|one| Some(self.founding.as_ref()?.key(one.node_type)?.0));
        fields.extend(keys);
        fields.dedup();
        fields
    }

    /// The value of a field in the digest.
    fn weighed(&self, entry: &NodeEntry, field: FieldId) -> Option<Value> {
        let field = self.visible_field(self.type_of(entry)?, field)?;
        let raw = entry.object(field.id, &field.kind).and_then(|object| self.ops_of(object));
        raw.or_else(|| self.show(entry, field))
    }
}

fn object_key(object: ObjectId) -> Vec<u8> {
    [&[2][..], &object.node.0, &object.field.0.to_be_bytes()].concat()
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Graph(at {}, {} commits)", self.log.version().short(), self.log.len())
    }
}
