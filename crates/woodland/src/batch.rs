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
use crate::typed;
use crate::value::{FieldValue, ValueFor};
use std::any::TypeId as RustType;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use woodland_format::{
    AuthorKey, NodeId, ObjectId, Op, TypeId, Value, encode, node_id, recreated_node_id,
};
use woodland_graph::Keyed;

/// The changes that a call of `write` collects.
#[derive(Debug)]
pub struct Batch<'a> {
    /// What the batch will stand on.
    current: &'a Snapshot,
    author: AuthorKey,
    seq: u64,
    salt: u64,
    pub(crate) collected: Collected,
    /// The few records that this batch has met.
    met: Vec<(RustType, Outcome)>,
    /// The nodes of natural keys that this batch made.
    named: HashMap<(TypeId, Value), Keyed>,
}

/// What a batch is made of, and what is to be looked at before it is signed.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    /// Whether this is no batch, and only to be compared.
    pub(crate) is_told: bool,
    pub(crate) ops: Vec<Op>,
    pub(crate) violations: Vec<Violation>,
    /// The nodes that pointers are written to, with the index of the op.
    pub(crate) targets: Vec<(usize, NodeId)>,
    /// The nodes that are edited, with the index of the first op.
    pub(crate) edited: Vec<(usize, NodeId)>,
    /// The writes of fields that a rule of uniqueness names.
    pub(crate) claims: Vec<(usize, ObjectId)>,
    /// The nodes that are deleted, and the first op that does so.
    pub(crate) deleted: HashMap<NodeId, usize>,
    /// The deletions, with the index of the op, and as nodes of which type.
    pub(crate) deletions: Vec<(usize, NodeId, TypeId)>,
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

/// Stands where the type that the schema lacks would. Never written.
const NO_TYPE: TypeId = TypeId(u64::MAX);

impl<'a> Batch<'a> {
    pub(crate) fn begin(current: &'a Snapshot, author: AuthorKey, seq: u64, salt: u64) -> Self {
        let (collected, met, named) = (Collected::default(), Vec::new(), HashMap::new());
        Batch { current, author, seq, salt, collected, met, named }
    }

    /// Whether the closure did nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.collected.ops.is_empty() && self.collected.violations.is_empty()
    }

    /// Makes a node. With a natural key, it is the node of that key, whoever else makes it; what is
    /// written into it then replaces what was there. Where that node was deleted, the key names a
    /// new one from then on, which begins empty.
    pub fn insert<R: Record>(&mut self, record: &R) -> Pointer<R> {
        let outcome = self.bind::<R>();
        let node_type = outcome.as_ref().as_ref().map_or(NO_TYPE, |binding| binding.node_type);
        let key = self.has_key(&outcome).then(|| record.key()).flatten();
        let node = match key {
            Some(key) => self.name(node_type, key),
            None => {
                let index = u32::try_from(self.collected.ops.len()).unwrap_or(u32::MAX);
                self.collected.ops.push(Op::Create { node_type, salt: self.salt });
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
        self.collected.edited.push((self.collected.ops.len(), node.id()));
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
        let outcome = self.bind::<R>();
        let node_type = outcome.as_ref().as_ref().map_or(NO_TYPE, |binding| binding.node_type);
        let at = self.collected.ops.len();
        self.collected.deleted.entry(node.id()).or_insert(at);
        self.collected.deletions.push((at, node.id(), node_type));
        self.collected.ops.push(Op::Delete { node: node.id() });
    }

    /// The pointer to the node of this natural key, whether or not the node is there: of a key that
    /// was deleted and made again, to the node that holds it now.
    pub fn pointer_to<R: typed::Keyed>(&mut self, key: impl ValueFor<R::Key>) -> Pointer<R> {
        let outcome = self.bind::<R>();
        let node_type = outcome.as_ref().as_ref().map_or(NO_TYPE, |binding| binding.node_type);
        Pointer::to(self.keyed(node_type, &key.into_value_for().to_value()).node)
    }

    /// Creates the node that the key names, or that it names from now on.
    fn name(&mut self, node_type: TypeId, key: Value) -> NodeId {
        let mut named = self.keyed(node_type, &key);
        if !named.lives && self.is_deleted(named.node) {
            named.generation += 1;
            named.node = recreated_node_id(node_type, &encode(&key), named.generation);
        }
        named.lives = true;
        self.named.insert((node_type, key.clone()), named);
        self.collected.ops.push(match named.generation {
            0 => Op::CreateKeyed { node_type, key },
            generation => Op::Recreate { node_type, key, generation },
        });
        named.node
    }

    /// The node that a key names, after what this batch has done.
    fn keyed(&self, node_type: TypeId, key: &Value) -> Keyed {
        let made = self.named.get(&(node_type, key.clone())).copied();
        let mut keyed = made.unwrap_or_else(|| self.current.graph.keyed(&[(node_type, key)])[0]);
        keyed.lives &= !self.collected.deleted.contains_key(&keyed.node);
        keyed
    }

    /// Whether the node was there, and is no longer.
    fn is_deleted(&self, node: NodeId) -> bool {
        let died = || self.current.graph.died(&[node])[0].is_some();
        self.collected.deleted.contains_key(&node) || died()
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
            self.collected.refuse(reason.clone());
        }
        outcome
    }

    /// Whether the record's nodes are named by a key; one that the schema has otherwise is a
    /// mistake.
    fn has_key(&mut self, outcome: &Outcome) -> bool {
        let Ok(binding) = outcome.as_ref() else { return false };
        binding.has_key().unwrap_or_else(|reason| {
            self.collected.refuse(reason.clone());
            false
        })
    }

    fn writer<'b, R>(&'b mut self, node: NodeId, outcome: &'b Outcome) -> Writer<'b, R> {
        let (binding, collected) = (outcome.as_ref().as_ref().ok(), &mut self.collected);
        Writer { node, binding, collected, of: PhantomData }
    }
}

impl Collected {
    /// The next op is none.
    fn refuse(&mut self, reason: String) {
        self.violations.push(Violation::at(self.ops.len(), reason));
    }
}
