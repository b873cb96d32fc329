//! The graph at one version: an immutable value, derived from a log and from nothing else.
//!
//! **Invariants**
//! - Equal sets of commits give equal answers, digests and voids, whatever way they were derived.
//! - What is visible goes through the founding schema (decision 0004): a node whose first creation
//!   has a type of it, and of such a node the objects whose field and kind are of that type.
//! - Reading retains nothing.
//!
//! What this does not do: write, or hold a version that nobody holds.

use crate::derive::{Schemas, VoidKey, derive};
use crate::digest::Tree;
use crate::erased::Kinds;
use crate::fields::Fields;
use crate::kind::Standing;
use crate::past::{Stamp, key};
use crate::state::{Key, Part, State};
use crate::void::{Void, VoidOp};
use std::collections::{BTreeMap, BTreeSet};
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
    pub(crate) kinds: Kinds,
    pub(crate) schemas: Schemas,
    pub(crate) state: State,
    pub(crate) voids: im::OrdMap<VoidKey, Void>,
    /// Commits whose payload has a format that this release does not know.
    pub(crate) foreign: im::OrdSet<OrderKey>,
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
    /// What.
    pub value: Value,
}

/// A place of an object for which more than one write stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Which member of a record; none for a register.
    pub member: Option<u32>,
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
            schemas: Schemas::new(kinds.clone()),
            kinds,
            state: State::default(),
            voids: im::OrdMap::new(),
            foreign: im::OrdSet::new(),
            work: Work::default(),
            digested: Arc::default(),
            basis: None,
        };
        let mut order = log.order();
        derive(graph, log, std::iter::from_fn(|| order.next_place()))
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
        self.founding_fields().map(|fields| Arc::clone(&fields.schema))
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
        let keys = self.state.range(..).map(|(key, _)| key);
        let nodes = keys.filter(|key| key.part == Part::Existence);
        nodes.filter_map(|key| self.node(key.node))
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

    fn founding_fields(&self) -> Option<Arc<Fields>> {
        let place = self.log.place(&self.log.dataset().founding())?;
        let id = self.log.schema(place)?;
        self.schemas.known(&id, |_| true)
    }

    fn type_of(&self, node: NodeId) -> Option<TypeId> {
        let (_, node_type) = self.state.node(node)?.creations.first()?;
        self.founding_fields()?.has_type(*node_type).then_some(*node_type)
    }

    fn node(&self, id: NodeId) -> Option<Node> {
        let node_type = self.type_of(id)?;
        let fields = self.founding_fields()?;
        let shown = fields.schema.type_with(node_type)?.fields.iter();
        let fields = shown.filter_map(|field| Some((field.id, self.show(id, field)?))).collect();
        Some(Node { id, node_type, fields })
    }

    fn value(&self, object: ObjectId) -> Option<Value> {
        let fields = self.founding_fields()?;
        let (_, field) = self.visible_field(&fields, object)?;
        self.show(object.node, field)
    }

    /// The field, if the node is visible and has it.
    fn visible_field<'a>(
        &self,
        fields: &'a Fields,
        object: ObjectId,
    ) -> Option<(TypeId, &'a FieldDefinition)> {
        let node_type = self.type_of(object.node)?;
        let field = fields.schema.type_with(node_type)?.field_with(object.field)?;
        Some((node_type, field))
    }

    fn show(&self, node: NodeId, field: &FieldDefinition) -> Option<Value> {
        let kind = self.kinds.get(&field.kind)?;
        kind.show(&*self.state.object(node, field.id, kind.name())?.state)
    }

    fn conflicts_of(&self, object: ObjectId) -> Vec<Conflict> {
        let standing = || {
            let fields = self.founding_fields()?;
            let (_, field) = self.visible_field(&fields, object)?;
            let kind = self.kinds.get(&field.kind)?;
            let entry = self.state.object(object.node, field.id, kind.name())?;
            Some(kind.standing(&*entry.state))
        };
        let standing: Vec<Standing> = standing().unwrap_or_default();
        standing.into_iter().filter_map(|one| self.conflict(one)).collect()
    }

    fn conflict(&self, standing: Standing) -> Option<Conflict> {
        let mut writes: Vec<Write> =
            standing.writes.into_iter().map(|(stamp, value)| self.write(stamp, value)).collect();
        let winner = writes.pop()?;
        (!writes.is_empty()).then_some(Conflict { member: standing.member, winner, losers: writes })
    }

    fn write(&self, stamp: Stamp, value: Value) -> Write {
        let key = key(&self.log, stamp);
        Write { commit: key.id, index: stamp.index, author: key.author, value }
    }

    /// The digest's tree: the last one known, and what changed since.
    fn weigh(&self) -> Tree {
        let empty = (State::default(), Tree::default());
        let (before, mut tree) = self.basis.clone().unwrap_or(empty);
        let nodes: BTreeSet<Key> = self.state.changed_since(&before).collect();
        let mut objects = BTreeSet::new();
        for key in nodes {
            match key.part {
                Part::Object(field, _) => {
                    objects.insert(ObjectId { node: key.node, field });
                }
                Part::Existence => {
                    tree = self.weigh_node(&tree, key.node);
                    objects.extend(self.objects_of(key.node));
                }
            }
        }
        for object in objects {
            let place = digest_key(&object_key(object));
            let leaf = self.value(object).map(|value| digest_leaf(&place, &encode(&value)));
            tree = tree.with(&place, leaf);
        }
        tree
    }

    fn weigh_node(&self, tree: &Tree, node: NodeId) -> Tree {
        let place = digest_key(&[&[1][..], &node.0].concat());
        let leaf = self.type_of(node).map(|node_type| digest_leaf(&place, &encode(&node_type)));
        tree.with(&place, leaf)
    }

    fn objects_of(&self, node: NodeId) -> impl Iterator<Item = ObjectId> + '_ {
        let keys = self.state.range(Key { node, part: Part::Existence }..).map(|(key, _)| key);
        keys.take_while(move |key| key.node == node).filter_map(move |key| match key.part {
            Part::Object(field, _) => Some(ObjectId { node, field }),
            Part::Existence => None,
        })
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
