//! A batch in the making: ops that make sense on what their author sees.
//!
//! **Invariants**
//! - The view follows the ops of the batch, so that a later op can build on an earlier one.
//!
//! What this does not do: know for sure. A view is a hint; what an op means, the oracle says.

use crate::histories::rng::Rng;
use crate::histories::schemas::ODD;
use crate::oracle::Oracle;
use std::collections::BTreeMap;
use woodland_format::{
    AuthorKey, Commit, FieldDefinition, NodeId, ObjectId, Op, RecordConfig, RecordOp,
    RegisterConfig, RegisterOp, Schema, TextOp, TypeId, Value, ValueType, decode, encode, node_id,
};

/// What an author sees: enough to place an op.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    pub(crate) nodes: BTreeMap<NodeId, TypeId>,
    pub(crate) texts: BTreeMap<ObjectId, String>,
}

impl View {
    /// The view of these commits.
    pub(crate) fn of(commits: &[Commit]) -> View {
        let oracle = Oracle::of(commits);
        View { nodes: oracle.creations(), texts: oracle.texts() }
    }
}

/// Where an author typed last: an object and a position.
pub(crate) type Cursor = Option<(ObjectId, usize)>;

/// A batch in the making.
pub(crate) struct Draft<'a> {
    pub(crate) rng: &'a mut Rng,
    pub(crate) schema: &'a Schema,
    pub(crate) view: &'a mut View,
    pub(crate) cursor: &'a mut Cursor,
    pub(crate) author: AuthorKey,
    pub(crate) seq: u64,
    pub(crate) salt: u64,
    pub(crate) text_percent: u64,
    pub(crate) ops: Vec<Op>,
}

const SNIPPETS: &[&str] =
    &["a", "b", "xyz", "é", "字", "🙂", "hello ", "warm é", "字字", "- ", "\n", "ab🙂cd", "quick"];

const FLOATS: &[f64] = &[0.0, -0.0, 1.5, -2.25, 1e300, f64::INFINITY, f64::NAN, f64::MIN_POSITIVE];

impl Draft<'_> {
    /// One op that makes sense.
    pub(crate) fn sensible_op(&mut self) {
        let is_sparse = self.view.nodes.len() < 3;
        if self.rng.chance(if is_sparse { 40 } else { 8 }) || self.view.nodes.is_empty() {
            return self.create_any();
        }
        if self.rng.chance(self.text_percent) {
            match self.any_object(&["text"]) {
                Some((object, _)) => self.edit_text(object),
                None => self.create_any(),
            }
            return;
        }
        let Some((object, field)) = self.any_object(&["register", "record"]) else {
            return self.create_any();
        };
        let Some(bytes) = self.write_op(&field) else { return self.create_any() };
        self.edit(object, bytes);
    }

    pub(crate) fn edit(&mut self, object: ObjectId, op: Vec<u8>) {
        self.ops.push(Op::Edit { object, op });
    }

    pub(crate) fn create(&mut self, node_type: TypeId) -> NodeId {
        let index = u32::try_from(self.ops.len()).expect("a small batch");
        let node = node_id(&self.author, self.seq, index, self.salt);
        self.ops.push(Op::Create { node_type, salt: self.salt });
        self.view.nodes.insert(node, node_type);
        node
    }

    fn create_any(&mut self) {
        let types: Vec<TypeId> =
            self.schema.types.iter().map(|one| one.id).filter(|id| *id != ODD).collect();
        let node_type = *self.rng.pick(&types).expect("every schema has a type");
        self.create(node_type);
    }

    /// A node of this type that the author sees; more often one of the first two, where all meet.
    pub(crate) fn node_of(&mut self, node_type: TypeId) -> Option<NodeId> {
        let fits = self.view.nodes.iter().filter(|(_, of)| **of == node_type);
        let nodes: Vec<NodeId> = fits.map(|(node, _)| *node).collect();
        let crowded = &nodes[..nodes.len().min(2)];
        let from = if self.rng.chance(70) { crowded } else { &nodes };
        self.rng.pick(from).copied()
    }

    /// An object of one of these kinds, of a node that the author sees.
    pub(crate) fn any_object(&mut self, kinds: &[&str]) -> Option<(ObjectId, FieldDefinition)> {
        let mut places = Vec::new();
        for one in self.schema.types.iter().filter(|one| one.id != ODD) {
            for field in one.fields.iter().filter(|field| kinds.contains(&field.kind.as_str())) {
                places.push((one.id, field));
            }
        }
        let start = if places.is_empty() { 0 } else { self.rng.below(places.len()) };
        places.rotate_left(start);
        places.into_iter().find_map(|(node_type, field)| {
            let node = self.node_of(node_type)?;
            Some((ObjectId { node, field: field.id }, field.clone()))
        })
    }

    /// Types where the author typed last, at a place where everybody types, or anywhere; or
    /// deletes.
    fn edit_text(&mut self, object: ObjectId) {
        let (object, typed_at) = match *self.cursor {
            Some((last, at)) if self.rng.chance(40) => (last, Some(at)),
            _ => (object, None),
        };
        let text = self.view.texts.get(&object).cloned().unwrap_or_default();
        let at = match typed_at {
            Some(at) if text.is_char_boundary(at) => at,
            _ => self.any_boundary(&text),
        };
        if typed_at.is_none() && !text.is_empty() && self.rng.chance(30) {
            return self.delete_text(object, &text, at);
        }
        let inserted = *self.rng.pick(SNIPPETS).expect("there are snippets");
        let op = TextOp::Insert { at: small(at), text: inserted.to_owned() };
        self.edit(object, encode(&op));
        let next = if self.rng.chance(25) { at } else { at + inserted.len() };
        *self.cursor = Some((object, next));
        self.view.texts.entry(object).or_default().insert_str(at, inserted);
    }

    fn delete_text(&mut self, object: ObjectId, text: &str, at: usize) {
        let at = if at == text.len() { 0 } else { at };
        let mut end = text.len().min(at + 1 + self.rng.below(8));
        while !text.is_char_boundary(end) {
            end += 1;
        }
        let op = TextOp::Delete { at: small(at), bytes: small(end - at) };
        self.edit(object, encode(&op));
        self.view.texts.entry(object).or_default().replace_range(at..end, "");
    }

    fn any_boundary(&mut self, text: &str) -> usize {
        match self.rng.below(10) {
            0..3 => 0,
            3 => text.len(),
            _ => {
                let mut at = self.rng.below(text.len() + 1);
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            }
        }
    }

    /// A write that the field's kind admits; none where it would need a node that is not there.
    fn write_op(&mut self, field: &FieldDefinition) -> Option<Vec<u8>> {
        if field.kind == "register" {
            let config: RegisterConfig =
                decode::<_, 65536>("a configuration", &field.config).ok()?;
            return Some(encode(&RegisterOp::Set(self.value_of(&config.value)?)));
        }
        let config: RecordConfig = decode::<_, 65536>("a configuration", &field.config).ok()?;
        let mut values = Vec::new();
        for member in &config.members {
            if self.rng.chance(45)
                && let Some(value) = self.value_of(&member.value)
            {
                values.push((member.number, value));
            }
        }
        Some(encode(&RecordOp::Set(values)))
    }

    /// A value of this type; none where it would need a node that is not there.
    pub(crate) fn value_of(&mut self, of_type: &ValueType) -> Option<Value> {
        Some(match of_type {
            ValueType::Bool => Value::Bool(self.rng.chance(50)),
            ValueType::Int => Value::Int(self.rng.number().cast_signed() >> self.rng.below(64)),
            ValueType::String => Value::from(*self.rng.pick(SNIPPETS).expect("there are snippets")),
            ValueType::Bytes => {
                let length = self.rng.below(6);
                Value::Bytes(self.rng.bytes()[..length].to_vec())
            }
            ValueType::Pointer(target) => Value::Pointer(self.node_of(*target)?),
            ValueType::List(item) => {
                let length = self.rng.below(4);
                Value::List((0..length).map_while(|_| self.value_of(item)).collect())
            }
            ValueType::Float => {
                let float = *self.rng.pick(FLOATS).expect("there are floats");
                Value::from(float)
            }
            ValueType::Literal(literal) => literal.clone(),
            ValueType::Union(members) => {
                let member = self.rng.pick(members)?;
                self.value_of(member)?
            }
            ValueType::Composite(members) => {
                let mut values = Vec::new();
                for member in members {
                    let may_be_absent = member.value.of_place() != &member.value;
                    if !may_be_absent || self.rng.chance(50) {
                        values.push((member.number, self.value_of(&member.value)?));
                    }
                }
                Value::Record(values)
            }
            ValueType::Derivation { over: of, .. }
            | ValueType::Optional(of)
            | ValueType::Default { of, .. } => self.value_of(of)?,
        })
    }
}

/// A position or length of these small texts, as an op holds it.
pub(crate) fn small(number: usize) -> u32 {
    u32::try_from(number).expect("a small text")
}
