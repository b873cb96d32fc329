//! The graph at one version: an immutable value, derived from a log and from nothing else.
//!
//! **Invariants**
//! - Equal sets of commits give equal answers, digests and voids, whatever way they were derived.
//! - What is visible goes through one schema, the current one unless another was asked for; the
//!   digest asks none.
//! - Reading retains nothing.
//!
//! What this does not do: write, or hold a version that nobody holds.

use crate::claims::Claims;
use crate::derive::{VoidKey, derive};
use crate::digest;
use crate::judge::Existence;
use crate::kind::{Part, Standing};
use crate::kinds::Kinds;
use crate::ledger::Ledger;
use crate::lens::Lens;
use crate::past::{Stamp, key};
use crate::schemas::Schemas;
use crate::sight::Sight;
use crate::state::{NodeEntry, State};
use crate::void::{Void, VoidOp};
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use woodland_format::{
    AuthorKey, CommitId, Digest, FieldId, NodeId, ObjectId, Schema, TypeId, Value,
};
use woodland_log::{Log, OrderKey};
use woodland_page::Tree;

/// The graph at one version of a log. Cheap to clone.
#[derive(Clone)]
pub struct Graph {
    pub(crate) log: Log,
    pub(crate) schemas: Schemas,
    pub(crate) state: State,
    pub(crate) existence: Existence,
    pub(crate) voids: Tree<VoidKey, Void>,
    /// Commits whose payload has a format that this release does not know.
    pub(crate) foreign: Tree<OrderKey, ()>,
    pub(crate) ledger: Ledger,
    /// The schema that is read through; none while nothing carries the founding one.
    pub(crate) lens: Option<Arc<Lens>>,
    /// Whether that was asked for: then it stays, whatever becomes current.
    pub(crate) is_chosen: bool,
    pub(crate) digested: Arc<OnceLock<digest::Tree>>,
    pub(crate) work: Work,
    /// The last version before this one whose digest was asked for.
    pub(crate) basis: Option<(State, digest::Tree)>,
    pub(crate) claimed: Arc<OnceLock<Arc<Claims>>>,
    /// What was claimed in the last version before this one that was asked.
    pub(crate) earlier_claims: Option<Arc<Claims>>,
    /// What keeps the pages that it is read from; see [`Graph::pinned`].
    #[expect(dead_code, reason = "it is held, never read")]
    pub(crate) pin: Option<Arc<dyn Any + Send + Sync>>,
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
    /// Migrations that were applied or found not to fit: those that arrived, and those after them
    /// in order.
    pub migrations: u64,
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
    /// Its type, in the schema that is read through.
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
        let graph = Graph::empty(log.clone(), Schemas::new(kinds));
        let mut order = log.order();
        derive(graph, log, None, std::iter::from_fn(|| order.next_place()))
    }

    /// A graph of which nothing is derived.
    pub(crate) fn empty(log: Log, schemas: Schemas) -> Graph {
        Graph {
            log,
            schemas,
            state: State::default(),
            existence: Existence::default(),
            voids: Tree::default(),
            foreign: Tree::default(),
            ledger: Ledger::default(),
            lens: None,
            is_chosen: false,
            work: Work::default(),
            digested: Arc::default(),
            basis: None,
            claimed: Arc::default(),
            earlier_claims: None,
            pin: None,
        }
    }

    /// This graph, moved to another log and not yet derived.
    pub(crate) fn on(&self, log: &Log) -> Graph {
        let basis = match self.digested.get() {
            Some(tree) => Some((self.state.clone(), tree.clone())),
            None => self.basis.clone(),
        };
        let (log, work) = (log.clone(), Work::default());
        let earlier_claims = self.claims_to_build_on();
        let (digested, claimed) = (Arc::default(), Arc::default());
        Graph { log, work, digested, basis, claimed, earlier_claims, ..self.clone() }
    }

    /// The same of which nothing is derived. Nodes and objects that are there now will be there
    /// again, masked or not: so what builds on this graph finds what differs.
    pub(crate) fn anew_on(&self, log: &Log) -> Graph {
        Graph {
            schemas: Schemas::new(self.schemas.kinds().clone()),
            state: State::default(),
            existence: Existence::default(),
            voids: Tree::default(),
            foreign: Tree::default(),
            ledger: Ledger::default(),
            lens: self.lens.clone().filter(|_| self.is_chosen),
            ..self.on(log)
        }
    }

    /// This graph, read through another schema.
    pub(crate) fn read_through(&self, lens: Arc<Lens>) -> Graph {
        let is_same = self.lens.as_ref().is_some_and(|one| one.reads_as(&lens));
        let claimed = if is_same { Arc::clone(&self.claimed) } else { Arc::default() };
        let (lens, earlier_claims) = (Some(lens), self.claims_to_build_on());
        Graph { lens, is_chosen: true, claimed, earlier_claims, ..self.clone() }
    }

    fn claims_to_build_on(&self) -> Option<Arc<Claims>> {
        self.claimed.get().or(self.earlier_claims.as_ref()).map(Arc::clone)
    }

    /// Who holds which unique values. Costs what changed since it was last asked for.
    pub(crate) fn claims(&self) -> &Claims {
        self.claimed.get_or_init(|| Arc::new(self.claim()))
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

    /// The same graph, which holds this for as long as anybody holds it, or one that is made of it:
    /// whatever keeps the pages that it is read from.
    #[must_use]
    pub fn pinned(self, pin: Arc<dyn Any + Send + Sync>) -> Graph {
        Graph { pin: Some(pin), ..self }
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

    /// The schema that is read through: the current one, unless another was asked for; none while
    /// no commit carries the founding schema.
    pub fn schema(&self) -> Option<Arc<Schema>> {
        self.lens.as_ref().map(|lens| Arc::clone(lens.schema()))
    }

    /// The first commit, in order, whose payload only a newer release can read. While there is one,
    /// this release must not show the dataset as if it were not there: it keeps, verifies and
    /// passes on.
    pub fn foreign(&self) -> Option<CommitId> {
        self.foreign.nth(0).map(|first| first.key().id)
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
        self.state.all().filter_map(|(id, entry)| self.show_node(id, &entry))
    }

    /// The ops that had no effect, in order.
    pub fn voids(&self) -> impl Iterator<Item = VoidOp> + '_ {
        self.voids.iter().map(void_op)
    }

    /// The ops of one commit that had no effect.
    pub fn voids_of(&self, commit: &CommitId) -> Vec<VoidOp> {
        let key = self.log.place(commit).and_then(|place| self.log.key(place));
        let Some(key) = key else { return Vec::new() };
        let voids = self.voids.range((key, None)..=(key, Some(u32::MAX)));
        voids.map(void_op).collect()
    }

    /// The hash of all that lives, as it was written, whatever schema it is read through. Costs
    /// what changed since it was last asked for.
    pub fn digest(&self) -> Digest {
        self.digested.get_or_init(|| self.weigh()).digest()
    }

    /// What is read, through the schema that is read through.
    pub(crate) fn sight(&self) -> Sight<'_> {
        Sight { log: &self.log, state: &self.state, lens: self.lens.as_deref() }
    }

    fn node(&self, id: NodeId) -> Option<Node> {
        self.state.get(id).and_then(|entry| self.show_node(id, &entry))
    }

    pub(crate) fn show_node(&self, id: NodeId, entry: &NodeEntry) -> Option<Node> {
        let sight = self.sight();
        let node_type = sight.type_of(entry)?;
        let fields = sight.show_all(entry, node_type).collect();
        Some(Node { id, node_type: node_type.id, fields })
    }

    fn value(&self, object: ObjectId) -> Option<Value> {
        let sight = self.sight();
        let (entry, field) = sight.field(object)?;
        sight.show(&entry, field)
    }

    fn conflicts_of(&self, object: ObjectId) -> Vec<Conflict> {
        let sight = self.sight();
        let standing = sight.object(object).map(|found| sight.standing(&found));
        standing.unwrap_or_default().into_iter().filter_map(|one| self.conflict(one)).collect()
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
}

fn void_op(((key, index), reason): (VoidKey, Void)) -> VoidOp {
    VoidOp { commit: key.id, index, reason }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Graph(at {}, {} commits)", self.log.version().short(), self.log.len())
    }
}
