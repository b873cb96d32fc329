//! A snapshot: the graph at one version, for as long as one holds it.
//!
//! **Invariants**
//! - Every answer of one snapshot comes from one version. Reading blocks nobody and retains
//!   nothing.
//! - Answers are aligned with the question; `None` is what is not visible.
//!
//! What this does not do: follow later versions.

use crate::binding::{Binding, Bindings, Outcome};
use crate::field::AnyField;
use crate::model::Model;
use crate::pointer::Pointer;
use crate::read::{Request, all};
use crate::record::{FieldError, Record, View};
use crate::typed::Keyed;
use crate::value::{FieldValue, ValueFor};
use std::fmt;
use std::sync::Arc;
use woodland_format::{AuthorKey, CommitId, Digest, NodeId, ObjectId, Schema, TypeId, VersionId};
use woodland_graph::{
    Clash, Conflict, Death, Graph, MadeMigration, Node, Referrer, Tentative, Told, VoidOp,
};
use woodland_log::Log;
use woodland_page::{PageFault, catch};

/// The graph at one version. Cheap to clone.
///
/// What rests on disk is read when it is asked for. Where that fails, reading answers with
/// [`ReadError::Derived`]; a question that has no error to answer with, here or of the [`Graph`]
/// and the [`Log`], ends by unwinding, and [`catch`](crate::catch) makes a
/// [`PageFault`](crate::PageFault) of it.
#[derive(Clone)]
pub struct Snapshot {
    /// Read through the schema of the bindings.
    pub(crate) graph: Arc<Graph>,
    pub(crate) bindings: Arc<Bindings>,
    /// What the program brought.
    pub(crate) model: Arc<Model>,
}

/// A read was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The program's type is not in the schema.
    #[error("{reason}")]
    UnknownType {
        /// Which, and what there is instead.
        reason: String,
    },
    /// The pointer names a node of another type.
    #[error("node {node} is a {found}, the program reads it as a {expected}")]
    OtherType {
        /// The node.
        node: NodeId,
        /// The program's type.
        expected: &'static str,
        /// The node's.
        found: String,
    },
    /// A field is not what the program expects.
    #[error("node {node}: {error}")]
    Field {
        /// The node.
        node: NodeId,
        /// What is wrong.
        #[source]
        error: FieldError,
    },
    /// The derived state on disk cannot be read. It is derived anew when the dataset is opened
    /// again.
    #[error(transparent)]
    Derived(#[from] PageFault),
    /// The dataset was written by a newer release; it is kept and passed on, not read.
    #[error(
        "commit {commit} has a payload that only a newer release can read: upgrade this program"
    )]
    NewerFormat {
        /// The first such commit.
        commit: CommitId,
    },
}

impl Snapshot {
    /// Answers requests, all from this version: pointers, [`all`], fields, stretches, paths
    /// ([`Request`] lists them), a tuple of such, or a `Vec` of one sort.
    ///
    /// ```
    /// # use woodland::{Record, Replica, Text, define};
    /// #[derive(Record, Debug, PartialEq)]
    /// struct Note { title: String, body: Text }
    ///
    /// # let replica = Replica::in_memory(&define().record::<Note>().model()?, 1)?;
    /// let trip = Note { title: "Trip".into(), body: "Pack boots".into() };
    /// let note = replica.write(|b| b.insert(&trip))?;
    ///
    /// let (notes, titles, words) = replica.snapshot().read((
    ///     &[note],
    ///     Note::TITLE.of(&[note]),
    ///     Note::BODY.ranges(&[(note, 0..4), (note, 5..99)]),
    /// ))?;
    /// assert_eq!(notes, [Some(trip)]);
    /// assert_eq!(titles, [Some("Trip".to_owned())]);
    /// assert_eq!(words, [Some("Pack".to_owned()), Some("boots".to_owned())]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ReadError`] when the program and the schema do not fit each other.
    pub fn read<Q: Request>(&self, requests: Q) -> Result<Q::Answer, ReadError> {
        catch(|| requests.answer(self))?
    }

    /// Reads all nodes of a type, ascending by id: `read(all::<R>())`.
    ///
    /// # Errors
    /// [`ReadError`] when the program and the schema do not fit each other.
    pub fn all<R: Record>(&self) -> Result<Vec<(Pointer<R>, R)>, ReadError> {
        self.read(all::<R>())
    }

    /// The pointers to the nodes of these natural keys, whether or not the nodes are there: of a
    /// key that was deleted and made again, to the node that holds it now.
    ///
    /// # Errors
    /// [`ReadError`] when the program and the schema do not fit each other.
    pub fn keyed<R: Keyed>(
        &self,
        keys: impl IntoIterator<Item = impl ValueFor<R::Key>>,
    ) -> Result<Vec<Pointer<R>>, ReadError> {
        let outcome = self.bind::<R>()?;
        let node_type = bound(&outcome)?.node_type;
        let keys: Vec<_> = keys.into_iter().map(|key| key.into_value_for().to_value()).collect();
        let keys: Vec<_> = keys.iter().map(|key| (node_type, key)).collect();
        let keyed = catch(|| self.graph.keyed(&keys))?;
        Ok(keyed.into_iter().map(|one| Pointer::to(one.node)).collect())
    }

    /// For each node and field, the places that were written concurrently: winner and losers.
    /// Fields of several types are asked about by [`Field::any`](crate::Field::any).
    pub fn conflicts<R: Record, F: Into<AnyField<R>> + Copy>(
        &self,
        fields: &[(Pointer<R>, F)],
    ) -> Vec<Vec<Conflict>> {
        self.of_each(fields, |objects| self.graph.conflicts(objects))
    }

    /// For each node and field, every op on it in order: what became of it, and by which rule. A
    /// question for people: it walks the whole log.
    pub fn explain<R: Record, F: Into<AnyField<R>> + Copy>(
        &self,
        fields: &[(Pointer<R>, F)],
    ) -> Vec<Vec<Told>> {
        self.of_each(fields, |objects| self.graph.explain(objects))
    }

    /// Answers that are aligned with the fields; empty ones for fields that the schema lacks.
    fn of_each<R: Record, F: Into<AnyField<R>> + Copy, T>(
        &self,
        fields: &[(Pointer<R>, F)],
        ask: impl FnOnce(&[ObjectId]) -> Vec<Vec<T>>,
    ) -> Vec<Vec<T>> {
        let outcome = self.bindings.of::<R>();
        let objects: Vec<Option<ObjectId>> = fields
            .iter()
            .map(|(node, field)| {
                let field: AnyField<R> = (*field).into();
                let field = outcome.as_ref().as_ref().ok()?.id(field.index())?;
                Some(ObjectId { node: node.id(), field })
            })
            .collect();
        let asked: Vec<ObjectId> = objects.iter().flatten().copied().collect();
        let mut answers = ask(&asked).into_iter();
        objects.iter().map(|one| one.and_then(|_| answers.next()).unwrap_or_default()).collect()
    }

    /// The nodes that should not read alike and do: by rules of uniqueness, and nodes that were
    /// made apart for one natural key after it was deleted. Nothing is hidden by a clash.
    pub fn clashes(&self) -> Vec<Clash> {
        self.graph.clashes()
    }

    /// The living nodes that have a say when this one is deleted, at most so many, each field once:
    /// first those that forbid it.
    pub fn referrers<R: Record>(&self, node: Pointer<R>, limit: usize) -> Vec<Referrer> {
        self.graph.referrers(node.id(), limit)
    }

    /// By which deletion each node is gone; none where it is there, or never was.
    pub fn deaths<R: Record>(&self, nodes: &[Pointer<R>]) -> Vec<Option<Death>> {
        let nodes: Vec<NodeId> = nodes.iter().map(Pointer::id).collect();
        self.graph.died(&nodes)
    }

    /// What of this version is final, if nobody but these authors ever writes to the dataset.
    pub fn tentative(&self, closed: &[AuthorKey]) -> Tentative {
        self.graph.tentative(closed)
    }

    /// The schema that the program works through: it has the program's types and fields, with the
    /// dataset's numbers. Others may have migrated further: [`Graph::current`].
    pub fn schema(&self) -> &Arc<Schema> {
        &self.bindings.schema
    }

    /// The migrations of this version, in order, and what each made of the schema.
    pub fn migrations(&self) -> Vec<MadeMigration> {
        self.graph.migrations()
    }

    /// The ops that had no effect, in order, and why.
    pub fn voids(&self) -> Vec<VoidOp> {
        self.graph.voids().collect()
    }

    /// The hash of all that is visible: equal for equal versions, on every replica.
    pub fn digest(&self) -> Digest {
        self.graph.digest()
    }

    /// The name of the version.
    pub fn version(&self) -> VersionId {
        self.graph.log().version()
    }

    /// The log that the graph is derived from.
    pub fn log(&self) -> &Log {
        self.graph.log()
    }

    /// The graph, untyped.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    pub(crate) fn bind<R: Record>(&self) -> Result<Outcome, ReadError> {
        if let Some(commit) = self.graph.foreign() {
            return Err(ReadError::NewerFormat { commit });
        }
        Ok(self.bindings.of::<R>())
    }

    pub(crate) fn one<R: Record>(&self, binding: &Binding, node: &Node) -> Result<R, ReadError> {
        if node.node_type != binding.node_type {
            return Err(self.other_type::<R>(node.id, node.node_type));
        }
        let read = R::read(&View::of(binding, node));
        read.map_err(|error| ReadError::Field { node: node.id, error })
    }

    /// The node is of another type than `R`'s.
    pub(crate) fn other_type<R: Record>(&self, node: NodeId, found: TypeId) -> ReadError {
        let found = self.bindings.schema.type_with(found);
        let found = found.map_or_else(|| "?".to_owned(), |one| one.name.clone());
        ReadError::OtherType { node, expected: R::TYPE, found }
    }
}

pub(crate) fn bound(outcome: &Outcome) -> Result<&Binding, ReadError> {
    let unknown = |reason: &String| ReadError::UnknownType { reason: reason.clone() };
    outcome.as_ref().as_ref().map_err(unknown)
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot(version {})", self.version().short())
    }
}
