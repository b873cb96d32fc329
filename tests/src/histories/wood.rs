//! A small world of nodes that hold each other, by hand: its schema, its ops, and who lives.
//!
//! **Invariants**
//! - The nodes of a [`Wood`] are numbered as its founding commit makes them, and all live at first.
//! - A field is named after its id, and what a register of it holds may be absent.

use crate::histories::Script;
use crate::histories::schemas::{field, optional, plain};
use crate::oracle::Oracle;
use woodland_format::{
    Commit, CounterOp, FieldDefinition, FieldId, NodeId, ObjectId, OnDelete, Op, RegisterConfig,
    RegisterOp, Schema, TypeDefinition, TypeId, Value, ValueType, encode,
};

/// A foreign key.
pub fn key_to(target: TypeId, on_delete: OnDelete) -> ValueType {
    ValueType::ForeignKey { target, on_delete }
}

/// A field of a kind that has a configuration.
pub fn configured<T: serde::Serialize>(id: u64, kind: &str, config: &T) -> FieldDefinition {
    field(id, &format!("f{id}"), kind, encode(config))
}

/// A register that may hold nothing.
pub fn register(id: u64, value: ValueType) -> FieldDefinition {
    configured(id, "register", &RegisterConfig { value: optional(value) })
}

/// A counter.
pub fn counter(id: u64) -> FieldDefinition {
    plain(id, &format!("f{id}"), "counter")
}

/// A type with these fields.
pub fn typed(id: TypeId, fields: Vec<FieldDefinition>) -> TypeDefinition {
    TypeDefinition { id, name: format!("T{}", id.0), version: 1, fields }
}

/// An edit of any object.
pub fn edit<T: serde::Serialize>(node: NodeId, field: u64, op: &T) -> Op {
    Op::Edit { object: ObjectId { node, field: FieldId(field) }, op: encode(op) }
}

/// A register's pointer, from here on.
pub fn link(node: NodeId, field: u64, target: NodeId) -> Op {
    edit(node, field, &RegisterOp::Set(target.into()))
}

/// One more for a counter.
pub fn add(node: NodeId, field: u64) -> Op {
    edit(node, field, &CounterOp::Add(1))
}

/// A deletion.
pub fn delete(node: NodeId) -> Op {
    Op::Delete { node }
}

/// A script that begins with nodes of some types.
#[derive(Debug, Clone)]
pub struct Wood {
    /// What is written.
    pub script: Script,
    /// The nodes at the beginning, in order.
    pub nodes: Vec<NodeId>,
}

impl Wood {
    /// One whose founding commit has the schema and makes a node of each of these types.
    pub fn found(schema: Schema, types: &[TypeId]) -> Wood {
        let create = |node_type: &TypeId| Op::Create { node_type: *node_type, salt: 0 };
        let ops: Vec<Op> = types.iter().map(create).collect();
        let script = Script::found_with(schema, ops.clone());
        let author = script.author(0);
        let node = |(index, op): (u32, &Op)| op.creates(&author, 0, index).expect("it creates");
        Wood { nodes: (1..).zip(&ops).map(node).collect(), script }
    }

    /// Writes a batch after the author's last commit.
    pub fn write(&mut self, author: usize, sees: &[&Commit], ops: Vec<Op>) -> Commit {
        self.script.write(author, sees, ops)
    }

    /// What all of it means.
    pub fn oracle(&self) -> Oracle {
        Oracle::of(&self.script.commits)
    }

    /// Why ops are listed, in order.
    pub fn reasons(&self) -> Vec<&'static str> {
        self.oracle().voids().into_iter().map(|void| void.reason).collect()
    }

    /// By number: who lives of the nodes at the beginning.
    pub fn living(&self) -> Vec<usize> {
        let oracle = self.oracle();
        (0..self.nodes.len()).filter(|at| oracle.lives(self.nodes[*at])).collect()
    }

    /// What a field reads.
    pub fn value(&self, node: NodeId, field: u64) -> Option<Value> {
        self.oracle().values().remove(&ObjectId { node, field: FieldId(field) })
    }
}
