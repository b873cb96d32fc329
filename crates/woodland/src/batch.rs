//! A batch: many changes that become visible at once, or not at all.
//!
//! **Invariants**
//! - Nodes have their ids as soon as they are inserted, so that they can be pointed to in the
//!   batch.
//! - A mistake does not stop the closure: every one is listed, by the position of its op.
//!
//! What this does not do: touch the log. What it collects is checked as a whole before it is
//! signed.

use crate::binding::Outcome;
use crate::change::{Change, Changes};
use crate::pointer::Pointer;
use crate::policy::Policy;
use crate::record::{Record, Writer};
use crate::snapshot::Snapshot;
use crate::typed::Keyed;
use crate::value::{FieldValue, ValueFor};
use std::any::TypeId as RustType;
use std::fmt;
use std::marker::PhantomData;
use woodland_format::{AuthorKey, NodeId, Op, TypeId, encode, keyed_node_id, node_id};

/// The changes that a call of `write` collects.
#[derive(Debug)]
pub struct Batch<'a> {
    /// What the batch will stand on.
    current: &'a Snapshot,
    author: AuthorKey,
    seq: u64,
    salt: u64,
    pub(crate) ops: Vec<Op>,
    pub(crate) violations: Violations,
    /// The few records that this batch has met.
    met: Vec<(RustType, Outcome)>,
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

/// Stands where the type that the schema lacks would. Never written.
const NO_TYPE: TypeId = TypeId(u64::MAX);

impl<'a> Batch<'a> {
    pub(crate) fn begin(current: &'a Snapshot, author: AuthorKey, seq: u64, salt: u64) -> Self {
        let (ops, violations, met) = (Vec::new(), Vec::new(), Vec::new());
        Batch { current, author, seq, salt, ops, violations, met }
    }

    /// Whether the closure did nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.ops.is_empty() && self.violations.is_empty()
    }

    /// Makes a node. With a natural key, it is the node of that key, whoever else makes it; what is
    /// written into it then replaces what was there.
    pub fn insert<R: Record>(&mut self, record: &R) -> Pointer<R> {
        let outcome = self.bind::<R>();
        let node_type = outcome.as_ref().as_ref().map_or(NO_TYPE, |binding| binding.node_type);
        let key = self.has_key(&outcome).then(|| record.key()).flatten();
        let node = match key {
            Some(key) => {
                let node = keyed_node_id(node_type, &encode(&key));
                self.ops.push(Op::CreateKeyed { node_type, key });
                node
            }
            None => {
                let index = u32::try_from(self.ops.len()).unwrap_or(u32::MAX);
                self.ops.push(Op::Create { node_type, salt: self.salt });
                node_id(&self.author, self.seq, index, self.salt)
            }
        };
        record.write(&mut self.writer(node, &outcome));
        Pointer::to(node)
    }

    /// Changes a node. Changes are made by the record's fields, such as `Note::TITLE.set("Hike")`;
    /// several go in a tuple, an array or a `Vec`.
    pub fn edit<R: Record>(&mut self, node: Pointer<R, impl Policy>, changes: impl Changes<R>) {
        let outcome = self.bind::<R>();
        let mut writer = self.writer::<R>(node.id(), &outcome);
        changes.each(&mut |Change { index, kind, ops, .. }| {
            ops.into_iter().flatten().for_each(|op| writer.push(index, kind, op));
        });
    }

    /// Deletes a node, and what points to it by foreign keys that say `Cascade`.
    ///
    /// Refused where something that lives and stays points to what would be deleted by a foreign
    /// key that says `Restrict` or `Revive`.
    pub fn delete<R: Record>(&mut self, node: Pointer<R, impl Policy>) {
        self.bind::<R>();
        self.ops.push(Op::Delete { node: node.id() });
    }

    /// The pointer to the node of this natural key, whether or not the node is there.
    pub fn pointer_to<R: Keyed>(&mut self, key: impl ValueFor<R::Key>) -> Pointer<R> {
        let outcome = self.bind::<R>();
        let node_type = outcome.as_ref().as_ref().map_or(NO_TYPE, |binding| binding.node_type);
        Pointer::to(keyed_node_id(node_type, &encode(&key.into_value_for().to_value())))
    }

    /// The record's binding; a type that the schema lacks is a mistake each time.
    fn bind<R: Record>(&mut self) -> Outcome {
        let of = RustType::of::<R>();
        let outcome = match self.met.iter().find(|(one, _)| *one == of) {
            Some((_, outcome)) => Outcome::clone(outcome),
            None => {
                let outcome = self.current.bindings.of::<R>();
                self.met.push((of, Outcome::clone(&outcome)));
                outcome
            }
        };
        if let Err(reason) = outcome.as_ref() {
            self.violations.push(Violation::at(self.ops.len(), reason.clone()));
        }
        outcome
    }

    /// Whether the record's nodes are named by a key; one that the schema has otherwise is a
    /// mistake.
    fn has_key(&mut self, outcome: &Outcome) -> bool {
        let Ok(binding) = outcome.as_ref() else { return false };
        binding.has_key().unwrap_or_else(|reason| {
            self.violations.push(Violation::at(self.ops.len(), reason.clone()));
            false
        })
    }

    fn writer<'b, R>(&'b mut self, node: NodeId, outcome: &'b Outcome) -> Writer<'b, R> {
        let (ops, violations) = (&mut self.ops, &mut self.violations);
        let binding = outcome.as_ref().as_ref().ok();
        Writer { node, binding, ops, violations, of: PhantomData }
    }
}
