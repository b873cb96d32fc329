//! A batch: many changes that become visible at once, or not at all.
//!
//! **Invariants**
//! - Nodes have their ids as soon as they are inserted, so that they can be pointed to in the
//!   batch.
//! - A mistake does not stop the closure: every one is listed, by the position of its op.
//!
//! What this does not do: touch the log. What it collects is checked as a whole before it is
//! signed.

use crate::record::{Editor, Members, Record, hint};
use crate::value::Pointer;
use std::fmt;
use woodland_format::{AuthorKey, Op, Schema, TypeId, node_id};

/// The changes that a call of `write` collects.
#[derive(Debug)]
pub struct Batch<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) members: &'a Members,
    pub(crate) author: AuthorKey,
    pub(crate) seq: u64,
    pub(crate) salt: u64,
    pub(crate) ops: Vec<Op>,
    pub(crate) violations: Violations,
}

/// One thing that is wrong with a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The index of the op in the batch.
    pub op: usize,
    /// What is wrong, and what to do.
    pub reason: String,
}

impl Violation {
    pub(crate) fn at(op: usize, reason: String) -> Self {
        Violation { op, reason }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "op {}: {}", self.op, self.reason)
    }
}

pub(crate) type Violations = Vec<Violation>;

impl Batch<'_> {
    /// Makes a node.
    pub fn insert<R: Record>(&mut self, record: &R) -> Pointer<R> {
        let index = u32::try_from(self.ops.len()).unwrap_or(u32::MAX);
        let node = node_id(&self.author, self.seq, index, self.salt);
        let definition = self.schema.type_named(R::TYPE);
        if definition.is_none() {
            self.miss(R::TYPE);
        }
        // Without a type it stands there for the positions of what follows, and is never written.
        let node_type = definition.map_or(TypeId(u64::MAX), |definition| definition.id);
        self.ops.push(Op::Create { node_type, salt: self.salt });
        record.write(&mut self.editor::<R>(node));
        Pointer::to(node)
    }

    /// Changes a node.
    pub fn edit<R: Record>(&mut self, node: Pointer<R>) -> Editor<'_> {
        if self.schema.type_named(R::TYPE).is_none() {
            self.miss(R::TYPE);
        }
        self.editor::<R>(node.id())
    }

    fn editor<R: Record>(&mut self, node: woodland_format::NodeId) -> Editor<'_> {
        Editor {
            node,
            definition: self.schema.type_named(R::TYPE),
            members: self.members,
            ops: &mut self.ops,
            violations: &mut self.violations,
        }
    }

    fn miss(&mut self, name: &str) {
        let names = self.schema.types.iter().map(|one| one.name.as_str());
        let text = format!("type {name} is not in the schema{}", hint(name, names));
        self.violations.push(Violation::at(self.ops.len(), text));
    }
}
