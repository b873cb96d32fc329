//! Said: what a commit's ops say, in words and for programs.
//!
//! **Invariants**
//! - An op is read with the schema that its commit is written under; what that does not name
//!   keeps its number, and what does not decode keeps its bytes.
//!
//! What this does not do: say whether an op had an effect; that is the graph's.

use crate::names::{Names, labels};
use crate::shown::{Bytes, Cut, Hex, Joined, Plain, Quoted, Shown, member_name, value_json};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use std::fmt;
use woodland_format::limits::OP_BYTES_MAX;
use woodland_format::{
    Commit, CounterOp, ListOp, MapOp, NodeId, ObjectId, Op, Payload, PayloadError, RecordConfig,
    RecordOp, RegisterOp, SetOp, TextOp, Value, decode,
};
use woodland_graph::{Atom, Counter, Kind, Map, Record, Register, Set, Text};

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

/// The op with these bytes.
fn op<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Option<T> {
    decode::<T, OP_BYTES_MAX>("an op", bytes).ok()
}

/// What an edit does.
enum Act<'a> {
    Set(Value),
    SetMembers(Value, Option<&'a RecordConfig>),
    Insert { at: u32, text: String },
    Delete { at: u32, bytes: u32 },
    Clear(Vec<String>),
    Add(i64),
    Items(&'static str, Value),
    InsertItems { at: u32, items: Vec<Value> },
    SetItem { at: u32, item: Value },
    Move { from: u32, to: u32 },
    Opaque { kind: Option<&'a str>, bytes: &'a [u8] },
}

impl<'a> Said<'a> {
    fn act(&self, object: ObjectId, bytes: &'a [u8]) -> Act<'a> {
        let field = self.names.and_then(|names| names.field(object.field));
        let Some((_, field)) = field else { return Act::Opaque { kind: None, bytes } };
        let kind = field.kind.as_str();
        let act = match kind {
            Register::NAME | Atom::NAME => op::<RegisterOp>(bytes).map(|op| match op {
                RegisterOp::Set(value) => Act::Set(value),
                RegisterOp::Clear => Act::Clear(Vec::new()),
            }),
            Record::NAME => {
                let config = self.names.and_then(|names| names.members(object.field));
                op::<RecordOp>(bytes).map(|op| match op {
                    RecordOp::Set(members) => Act::SetMembers(Value::Record(members), config),
                    RecordOp::Clear(members) => {
                        let name = |member: &u32| member_name(config, *member);
                        Act::Clear(members.iter().map(name).collect())
                    }
                })
            }
            Counter::NAME => op::<CounterOp>(bytes).map(|CounterOp::Add(much)| Act::Add(much)),
            Set::NAME => op::<SetOp>(bytes).map(|op| match op {
                SetOp::Add(items) => Act::Items("add", Value::List(items)),
                SetOp::Remove(items) => Act::Items("remove", Value::List(items)),
            }),
            Map::NAME => op::<MapOp>(bytes).map(|op| match op {
                MapOp::Put(entries) => Act::Items("put", Value::Map(entries)),
                MapOp::Remove(keys) => Act::Items("remove", Value::List(keys)),
            }),
            Text::NAME => op::<TextOp>(bytes).map(|op| match op {
                TextOp::Insert { at, text } => Act::Insert { at, text },
                TextOp::Delete { at, bytes } => Act::Delete { at, bytes },
            }),
            "list" => op::<ListOp>(bytes).map(|op| match op {
                ListOp::Insert { at, items } => Act::InsertItems { at, items },
                ListOp::Remove { at, count } => Act::Delete { at, bytes: count },
                ListOp::Move { from, to } => Act::Move { from, to },
                ListOp::Set { at, item } => Act::SetItem { at, item },
            }),
            _ => None,
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
            Op::Create { node_type, .. }
            | Op::CreateKeyed { node_type, .. }
            | Op::Recreate { node_type, .. } => {
                let node = self.node().to_string();
                let name = self.names.and_then(|names| names.type_name(*node_type));
                let (key, generation) = match self.op {
                    Op::CreateKeyed { key, .. } => (value_json(key, None), 0),
                    Op::Recreate { key, generation, .. } => (value_json(key, None), *generation),
                    _ => (Json::Null, 0),
                };
                let id = node_type.0;
                let mut said = json!({ "op": "create", "node": node, "type": name, "type_id": id, "key": key });
                if generation > 0 {
                    said["generation"] = generation.into();
                }
                said
            }
            Op::Delete { node } => json!({ "op": "delete", "node": node.to_string() }),
            Op::Migrate(migration) => json!({
                "op": "migrate",
                "steps": migration.steps.iter().map(ToString::to_string).collect::<Vec<_>>(),
            }),
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

    /// What an edit does, without where.
    pub(crate) fn act_in_words(&self) -> String {
        match self.op {
            Op::Edit { object, op } => self.act(*object, op).to_string(),
            _ => String::new(),
        }
    }

    /// The node that the op creates.
    fn node(&self) -> NodeId {
        let node = self.op.creates(&self.commit.author(), self.commit.seq(), self.index);
        node.expect("asked of creations only")
    }
}

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.op {
            Op::Schema(schema) => {
                write!(f, "schema {}…: {}", schema.id().short(), labels(schema))
            }
            Op::Create { node_type, .. }
            | Op::CreateKeyed { node_type, .. }
            | Op::Recreate { node_type, .. } => {
                let name = self.names.and_then(|names| names.type_name(*node_type));
                let name = name.unwrap_or_else(|| format!("type {}", node_type.0));
                write!(f, "create {name} ")?;
                if let Op::CreateKeyed { key, .. } | Op::Recreate { key, .. } = self.op {
                    write!(f, "{} ", Shown { value: key, config: None, cut: Cut::Short })?;
                }
                if let Op::Recreate { generation, .. } = self.op {
                    write!(f, "again, generation {generation} ")?;
                }
                write!(f, "(node {}…)", self.node().short())
            }
            Op::Delete { node } => write!(f, "delete node {}…", node.short()),
            Op::Migrate(migration) => write!(f, "migrate: {migration}"),
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
            Act::Clear(members) => ("clear", json!(members)),
            Act::Add(much) => ("add", json!(much)),
            Act::Items(act, items) => (act, value_json(items, None)),
            Act::InsertItems { at, items } => {
                let items: Vec<Json> = items.iter().map(|item| value_json(item, None)).collect();
                ("insert", json!({ "at": at, "items": items }))
            }
            Act::SetItem { at, item } => {
                ("set", json!({ "at": at, "item": value_json(item, None) }))
            }
            Act::Move { from, to } => ("move", json!({ "from": from, "to": to })),
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
            Act::Clear(members) if members.is_empty() => f.write_str("clear"),
            Act::Clear(members) => write!(f, "clear {}", Plain(&members.join(", "))),
            Act::Add(much) => write!(f, "add {much}"),
            Act::Items(act, value) => write!(f, "{act} {}", Shown { value, config: None, cut }),
            Act::InsertItems { at, items } => {
                let items = items.iter().map(|value| Shown { value, config: None, cut });
                write!(f, "insert {at} [{}]", Joined(items))
            }
            Act::SetItem { at, item } => {
                write!(f, "set {at} {}", Shown { value: item, config: None, cut })
            }
            Act::Move { from, to } => write!(f, "move {from} to {to}"),
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
