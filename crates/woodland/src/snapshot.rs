//! A snapshot: the graph at one version, for as long as one holds it.
//!
//! **Invariants**
//! - Every answer of one snapshot comes from one version. Reading blocks nobody and retains
//!   nothing.
//! - Answers are aligned with the question; `None` is what is not visible.
//!
//! What this does not do: follow later versions.

use crate::define::DefineError;
use crate::record::{FieldError, Members, Record, View, hint};
use crate::value::Pointer;
use std::fmt;
use std::sync::Arc;
use woodland_format::{CommitId, Digest, NodeId, ObjectId, Schema, VersionId};
use woodland_graph::{Conflict, Graph, Node, VoidOp};
use woodland_log::Log;

/// The graph at one version. Cheap to clone.
#[derive(Clone)]
pub struct Snapshot {
    pub(crate) graph: Graph,
    pub(crate) schema: Arc<Schema>,
    pub(crate) members: Arc<Members>,
}

/// A read was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The program's type is not in the schema.
    #[error("type {name} is not in the schema{hint}")]
    UnknownType {
        /// The type.
        name: &'static str,
        /// What there is instead.
        hint: String,
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
    /// Reads nodes.
    ///
    /// # Errors
    /// [`ReadError`] when the program and the schema do not fit each other.
    pub fn read<R: Record>(&self, nodes: &[Pointer<R>]) -> Result<Vec<Option<R>>, ReadError> {
        self.check::<R>()?;
        let ids: Vec<NodeId> = nodes.iter().map(Pointer::id).collect();
        self.graph
            .nodes(&ids)
            .iter()
            .map(|node| node.as_ref().map(|n| self.one(n)).transpose())
            .collect()
    }

    /// Reads all nodes of a type, ascending by id.
    ///
    /// # Errors
    /// [`ReadError`] when the program and the schema do not fit each other.
    pub fn all<R: Record>(&self) -> Result<Vec<(Pointer<R>, R)>, ReadError> {
        let wanted = self.check::<R>()?;
        self.graph
            .all()
            .filter(|node| node.node_type == wanted)
            .map(|node| Ok((Pointer::to(node.id), self.one(&node)?)))
            .collect()
    }

    /// For each node and field, the places that were written concurrently: winner and losers.
    pub fn conflicts<R: Record>(&self, fields: &[(Pointer<R>, &str)]) -> Vec<Vec<Conflict>> {
        let definition = self.schema.type_named(R::TYPE);
        let objects: Vec<Option<ObjectId>> = fields
            .iter()
            .map(|(node, field)| {
                let field = definition?.field_named(field)?.id;
                Some(ObjectId { node: node.id(), field })
            })
            .collect();
        let asked: Vec<ObjectId> = objects.iter().flatten().copied().collect();
        let mut answers = self.graph.conflicts(&asked).into_iter();
        objects.iter().map(|one| one.and_then(|_| answers.next()).unwrap_or_default()).collect()
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

    fn check<R: Record>(&self) -> Result<woodland_format::TypeId, ReadError> {
        if let Some(commit) = self.graph.foreign() {
            return Err(ReadError::NewerFormat { commit });
        }
        let found = self.schema.type_named(R::TYPE);
        found.map(|definition| definition.id).ok_or_else(|| {
            let names = self.schema.types.iter().map(|one| one.name.as_str());
            ReadError::UnknownType { name: R::TYPE, hint: hint(R::TYPE, names) }
        })
    }

    fn one<R: Record>(&self, node: &Node) -> Result<R, ReadError> {
        let definition = self.schema.type_with(node.node_type);
        let Some(definition) = definition.filter(|one| one.name == R::TYPE) else {
            let found = definition.map_or_else(|| "?".to_owned(), |one| one.name.clone());
            return Err(ReadError::OtherType { node: node.id, expected: R::TYPE, found });
        };
        let view = View { definition, members: &self.members, node };
        R::read(&view).map_err(|error| ReadError::Field { node: node.id, error })
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot(version {})", self.version().short())
    }
}

/// The members of all record fields of a schema.
pub(crate) fn members_of(schema: &Schema) -> Result<Members, DefineError> {
    let mut members = Members::new();
    for field in schema.types.iter().flat_map(|one| &one.fields) {
        if field.kind != "record" {
            continue;
        }
        let config = woodland_format::decode::<
            woodland_format::RecordConfig,
            { woodland_format::limits::CONFIG_BYTES_MAX },
        >("a record", &field.config);
        let config = config.map_err(|error| DefineError::Schema(error.into()))?;
        let named = config.members.into_iter().map(|member| (member.name, member.number));
        members.insert(field.id, named.collect());
    }
    Ok(members)
}
