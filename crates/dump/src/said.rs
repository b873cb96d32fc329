//! Said: what a commit's ops say, in words and for programs.
//!
//! **Invariants**
//! - An op is read with the schema that its commit is written under; what that does not name
//!   keeps its number, and what does not decode keeps its bytes.
//!
//! What this does not do: say whether an op had an effect; that is the graph's.

use crate::schemas::{Names, labels};
use crate::shown::{Bytes, Cut, Hex, Quoted, Shown, value_json};
use serde_json::{Value as Json, json};
use std::fmt;
use woodland_format::limits::OP_BYTES_MAX;
use woodland_format::{
    Commit, ObjectId, Op, Payload, PayloadError, RecordConfig, RecordOp, RegisterOp, TextOp, Value,
    decode, node_id,
};
use woodland_graph::{Kind, Record, Register, Text};

/// The batch of a commit.
pub(crate) enum Batch {
    Ops(Vec<Op>),
    Erased,
    Unreadable(PayloadError),
}

impl Batch {
    pub(crate) fn of(commit: &Commit) -> Self {
        match commit.payload().map(Payload::decode) {
            None => Batch::Erased,
            Some(Ok(payload)) => Batch::Ops(payload.ops),
            Some(Err(error)) => Batch::Unreadable(error),
        }
    }
}

/// One op of a commit.
pub(crate) struct Said<'a> {
    pub(crate) commit: &'a Commit,
    pub(crate) index: u32,
    pub(crate) op: &'a Op,
    pub(crate) names: Option<&'a Names>,
}

/// What an edit does.
enum Act<'a> {
    Set(Value),
    SetMembers(Value, Option<&'a RecordConfig>),
    Insert { at: u32, text: String },
    Delete { at: u32, bytes: u32 },
    Opaque { kind: Option<&'a str>, bytes: &'a [u8] },
}

impl<'a> Said<'a> {
    fn act(&self, object: ObjectId, bytes: &'a [u8]) -> Act<'a> {
        let field = self.names.and_then(|names| names.field(object.field));
        let Some((_, field)) = field else { return Act::Opaque { kind: None, bytes } };
        let kind = field.kind.as_str();
        let act = if kind == Register::NAME {
            let op = decode::<RegisterOp, OP_BYTES_MAX>("a register's op", bytes).ok();
            op.map(|RegisterOp::Set(value)| Act::Set(value))
        } else if kind == Record::NAME {
            let op = decode::<RecordOp, OP_BYTES_MAX>("a record's op", bytes).ok();
            let config = self.names.and_then(|names| names.members(object.field));
            op.map(|RecordOp::Set(members)| Act::SetMembers(Value::Record(members), config))
        } else if kind == Text::NAME {
            decode::<TextOp, OP_BYTES_MAX>("a text's op", bytes).ok().map(|op| match op {
                TextOp::Insert { at, text } => Act::Insert { at, text },
                TextOp::Delete { at, bytes } => Act::Delete { at, bytes },
            })
        } else {
            None
        };
        act.unwrap_or(Act::Opaque { kind: Some(kind), bytes })
    }

    pub(crate) fn json(&self) -> Json {
        match self.op {
            Op::Schema(schema) => json!({
                "op": "schema",
                "schema": schema.id().to_string(),
                "types": schema.types.iter().map(|one| one.label()).collect::<Vec<_>>(),
            }),
            Op::Create { node_type, salt } => {
                let node = self.node(*salt).to_string();
                let name = self.names.and_then(|names| names.type_name(*node_type));
                json!({ "op": "create", "node": node, "type": name, "type_id": node_type.0 })
            }
            Op::Edit { object, op } => {
                let name = self.names.and_then(|names| names.field_name(object.field));
                let (act, detail) = self.act(*object, op).json();
                json!({
                    "op": "edit",
                    "node": object.node.to_string(),
                    "field": name,
                    "field_id": object.field.0,
                    act: detail,
                })
            }
        }
    }

    fn node(&self, salt: u64) -> woodland_format::NodeId {
        node_id(&self.commit.author(), self.commit.seq(), self.index, salt)
    }
}

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.op {
            Op::Schema(schema) => {
                write!(f, "schema {}…: {}", schema.id().short(), labels(schema))
            }
            Op::Create { node_type, salt } => {
                let name = self.names.and_then(|names| names.type_name(*node_type));
                let name = name.unwrap_or_else(|| format!("type {}", node_type.0));
                write!(f, "create {name} (node {}…)", self.node(*salt).short())
            }
            Op::Edit { object, op } => {
                let name = self.names.and_then(|names| names.field_name(object.field));
                let name = name.unwrap_or_else(|| format!("field {}", object.field.0));
                let act = self.act(*object, op);
                write!(f, "edit {name} (node {}…): {act}", object.node.short())
            }
        }
    }
}

impl Act<'_> {
    fn json(&self) -> (&'static str, Json) {
        match self {
            Act::Set(value) => ("set", value_json(value, None)),
            Act::SetMembers(value, config) => ("set", value_json(value, *config)),
            Act::Insert { at, text } => ("insert", json!({ "at": at, "text": text })),
            Act::Delete { at, bytes } => ("delete", json!({ "at": at, "bytes": bytes })),
            Act::Opaque { bytes, .. } => ("bytes", json!(Hex(bytes).to_string())),
        }
    }
}

impl fmt::Display for Act<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = Cut::Short;
        match self {
            Act::Set(value) => write!(f, "set {}", Shown { value, config: None, cut }),
            Act::SetMembers(value, config) => {
                write!(f, "set {}", Shown { value, config: *config, cut })
            }
            Act::Insert { at, text } => write!(f, "insert {at} {}", Quoted(text, cut)),
            Act::Delete { at, bytes } => {
                write!(f, "delete {at}..{}", u64::from(*at) + u64::from(*bytes))
            }
            Act::Opaque { kind, bytes } => {
                let shown = Bytes(bytes, cut);
                match kind {
                    Some(kind) => write!(f, "bytes {shown} (no op of kind {kind:?} known here)"),
                    None => write!(f, "bytes {shown}"),
                }
            }
        }
    }
}
