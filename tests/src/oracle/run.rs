//! The serial run: every op of every commit, in order, against what it saw.
//!
//! **Invariants**
//! - An op is void for one reason, the first that holds, or is an op of one object.
//! - Objects of different kinds never meet, even under one field id.

use crate::oracle::past::{Past, Stamp};
use crate::oracle::register::Register;
use crate::oracle::schemas::{Schemas, introduced_by};
use crate::oracle::text::Text;
use std::collections::BTreeMap;
use woodland_format::limits::{CONFIG_BYTES_MAX, OP_BYTES_MAX};
use woodland_format::{
    NodeId, ObjectId, Op, RecordConfig, RecordOp, RegisterConfig, RegisterOp, Schema, TextOp,
    TypeId, Value, ValueType, decode, node_id,
};

/// The state after the run: per object its own ops, and the list of voids.
#[derive(Default)]
pub(crate) struct State {
    /// The creations of each node, ascending by stamp, those with another type than the first too.
    pub(crate) creations: BTreeMap<NodeId, Vec<(Stamp, TypeId)>>,
    pub(crate) registers: BTreeMap<ObjectId, Register>,
    /// A record is here once it has had an op, maybe without members.
    pub(crate) records: BTreeMap<ObjectId, BTreeMap<u32, Register>>,
    /// A text is here once it has had an op that was not void.
    pub(crate) texts: BTreeMap<ObjectId, Text>,
    /// Rank, index and reason, in order.
    pub(crate) voids: Vec<(usize, Option<u32>, &'static str)>,
}

/// Nothing, or the reason why an op is void.
type Verdict = Result<(), &'static str>;

impl State {
    pub(crate) fn run(past: &Past, schemas: &Schemas) -> State {
        let mut state = State::default();
        for (rank, commit) in past.commits().iter().enumerate() {
            let Some(batch) = schemas.batch(rank) else {
                state.voids.push((rank, None, "unreadable"));
                continue;
            };
            for (index, op) in (0..).zip(batch) {
                let stamp = Stamp { rank, index };
                let verdict = match (op, schemas.of_commit(rank)) {
                    (Op::Schema(carried), _) if introduced_by(commit) == Some(carried.id()) => {
                        Ok(())
                    }
                    (Op::Schema(_), _) => Err("stray-schema"),
                    (_, None) => Err("unknown-schema"),
                    (Op::Create { node_type, salt }, Some(schema)) => {
                        let node = node_id(&commit.author(), commit.seq(), index, *salt);
                        state.create(schema, stamp, node, *node_type)
                    }
                    (Op::Edit { object, op }, Some(schema)) => {
                        state.edit(past, schema, stamp, *object, op)
                    }
                };
                if let Err(reason) = verdict {
                    state.voids.push((rank, Some(index), reason));
                }
            }
        }
        state
    }

    fn create(
        &mut self,
        schema: &Schema,
        stamp: Stamp,
        node: NodeId,
        node_type: TypeId,
    ) -> Verdict {
        if schema.type_with(node_type).is_none() {
            return Err("unknown-type");
        }
        let creations = self.creations.entry(node).or_default();
        creations.push((stamp, node_type));
        if creations[0].1 == node_type { Ok(()) } else { Err("type-differs") }
    }

    fn edit(
        &mut self,
        past: &Past,
        schema: &Schema,
        stamp: Stamp,
        object: ObjectId,
        op: &[u8],
    ) -> Verdict {
        let (owner, field) = schema.field_with(object.field).ok_or("unknown-field")?;
        let seen = self.types_seen(past, stamp, object.node);
        if seen.is_empty() {
            return Err("unknown-node");
        }
        if !seen.contains(&owner.id) {
            return Err("wrong-type");
        }
        match field.kind.as_str() {
            "register" => self.edit_register(past, stamp, object, &field.config, op),
            "record" => self.edit_record(past, stamp, object, &field.config, op),
            "text" => self.edit_text(past, stamp, object, &field.config, op),
            _ => Err("unknown-kind"),
        }
    }

    fn edit_register(
        &mut self,
        past: &Past,
        stamp: Stamp,
        object: ObjectId,
        config: &[u8],
        op: &[u8],
    ) -> Verdict {
        let config: RegisterConfig =
            decode::<_, CONFIG_BYTES_MAX>("a register's configuration", config)
                .or(Err("bad-config"))?;
        let RegisterOp::Set(value) =
            decode::<_, OP_BYTES_MAX>("a register's op", op).or(Err("undecodable"))?;
        if !config.value.admits(&value) {
            return Err("wrong-value");
        }
        if !self.targets_seen(past, stamp, &config.value, &value) {
            return Err("unknown-target");
        }
        self.registers.entry(object).or_default().write(stamp, value);
        Ok(())
    }

    fn edit_record(
        &mut self,
        past: &Past,
        stamp: Stamp,
        object: ObjectId,
        config: &[u8],
        op: &[u8],
    ) -> Verdict {
        let config: RecordConfig =
            decode::<_, CONFIG_BYTES_MAX>("a record's configuration", config)
                .or(Err("bad-config"))?;
        if config.members.windows(2).any(|pair| pair[0].number >= pair[1].number) {
            return Err("bad-config");
        }
        let RecordOp::Set(values) =
            decode::<_, OP_BYTES_MAX>("a record's op", op).or(Err("undecodable"))?;
        if values.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Err("undecodable");
        }
        let type_of = |number: u32| {
            config.members.iter().find(|member| member.number == number).map(|member| &member.value)
        };
        for (number, value) in &values {
            if !type_of(*number).ok_or("unknown-member")?.admits(value) {
                return Err("wrong-value");
            }
        }
        for (number, value) in &values {
            let value_type = type_of(*number).ok_or("unknown-member")?;
            if !self.targets_seen(past, stamp, value_type, value) {
                return Err("unknown-target");
            }
        }
        let members = self.records.entry(object).or_default();
        for (number, value) in values {
            members.entry(number).or_default().write(stamp, value);
        }
        Ok(())
    }

    fn edit_text(
        &mut self,
        past: &Past,
        stamp: Stamp,
        object: ObjectId,
        config: &[u8],
        op: &[u8],
    ) -> Verdict {
        if !config.is_empty() {
            return Err("bad-config");
        }
        let op: TextOp = decode::<_, OP_BYTES_MAX>("a text's op", op).or(Err("undecodable"))?;
        if let Some(text) = self.texts.get_mut(&object) {
            return text.apply(past, stamp, &op);
        }
        let mut text = Text::default();
        text.apply(past, stamp, &op)?;
        self.texts.insert(object, text);
        Ok(())
    }

    /// The types of all creations of the node that the op saw.
    fn types_seen(&self, past: &Past, stamp: Stamp, node: NodeId) -> Vec<TypeId> {
        let creations = self.creations.get(&node).map_or(&[][..], Vec::as_slice);
        let seen = creations.iter().filter(|(creation, _)| past.saw(stamp, *creation));
        seen.map(|(_, node_type)| *node_type).collect()
    }

    /// Whether the op saw, for every pointer in the value, a creation of its target with its type.
    fn targets_seen(&self, past: &Past, stamp: Stamp, of_type: &ValueType, value: &Value) -> bool {
        match (of_type, value) {
            (ValueType::Pointer(target), Value::Pointer(node)) => {
                self.types_seen(past, stamp, *node).contains(target)
            }
            (ValueType::List(item), Value::List(values)) => {
                values.iter().all(|value| self.targets_seen(past, stamp, item, value))
            }
            _ => true,
        }
    }
}
