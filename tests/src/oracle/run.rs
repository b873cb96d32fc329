//! The serial run: every op of every commit, in order, against what it saw.
//!
//! **Invariants**
//! - An op is void for one reason, the first that holds, or is an op of one object.
//! - Objects of different kinds never meet, even under one field id.

use crate::oracle::content::Content;
use crate::oracle::past::{Past, Stamp};
use crate::oracle::schemas::{Schemas, introduced_by, key_of};
use crate::oracle::sight::{Creation, Creations, Sight, Verdict};
use std::collections::BTreeMap;
use woodland_format::{
    Commit, NodeId, ObjectId, Op, Schema, TypeId, Value, encode, keyed_node_id, node_id,
};

/// An object's name: which field of which node, and the kind of that field.
pub(crate) type ObjectName = (ObjectId, String);

/// The state after the run: per object its own ops, and the list of voids.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) creations: Creations,
    /// An object is here once it has had an op that was not void.
    pub(crate) objects: BTreeMap<ObjectName, Content>,
    /// Rank, index and reason, in order.
    pub(crate) voids: Vec<(usize, Option<u32>, &'static str)>,
}

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
                let schema = schemas.of_commit(rank);
                if let Err(reason) = state.apply(past, commit, schema, stamp, op) {
                    state.voids.push((rank, Some(index), reason));
                }
            }
        }
        state
    }

    fn apply(
        &mut self,
        past: &Past,
        commit: &Commit,
        schema: Option<&Schema>,
        stamp: Stamp,
        op: &Op,
    ) -> Verdict {
        if let Op::Schema(carried) = op {
            let is_introduced = introduced_by(commit) == Some(carried.id());
            return if is_introduced { Ok(()) } else { Err("stray-schema") };
        }
        let schema = schema.ok_or("unknown-schema")?;
        match op {
            Op::Schema(_) => Ok(()),
            Op::Create { node_type, salt } => {
                let definition = schema.type_with(*node_type).ok_or("unknown-type")?;
                if key_of(definition).is_some() {
                    return Err("needs-key");
                }
                let node = node_id(&commit.author(), commit.seq(), stamp.index, *salt);
                self.create(stamp, node, *node_type, None)
            }
            Op::CreateKeyed { node_type, key } => {
                let definition = schema.type_with(*node_type).ok_or("unknown-type")?;
                let (_, of_key) = key_of(definition).ok_or("no-key")?;
                if !of_key.admits(key) {
                    return Err("wrong-value");
                }
                let node = keyed_node_id(*node_type, &encode(key));
                self.create(stamp, node, *node_type, Some(key.clone()))
            }
            Op::Recreate { .. } | Op::Delete { .. } | Op::Migrate(_) => Err("undecodable"),
            Op::Edit { object, op } => self.edit(past, schema, stamp, *object, op),
        }
    }

    fn create(
        &mut self,
        stamp: Stamp,
        node: NodeId,
        node_type: TypeId,
        key: Option<Value>,
    ) -> Verdict {
        let creations = self.creations.entry(node).or_default();
        creations.push(Creation { stamp, node_type, key });
        if creations[0].node_type == node_type { Ok(()) } else { Err("type-differs") }
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
        let sight = Sight { past, creations: &self.creations, stamp };
        let seen = sight.types_of(object.node);
        if seen.is_empty() {
            return Err("unknown-node");
        }
        if !seen.contains(&owner.id) {
            return Err("wrong-type");
        }
        if field.kind == "key" {
            return Err("read-only");
        }
        let name = (object, field.kind.clone());
        if let Some(content) = self.objects.get_mut(&name) {
            return content.edit(&sight, &field.config, op);
        }
        let mut content = Content::of_kind(&field.kind);
        content.edit(&sight, &field.config, op)?;
        self.objects.insert(name, content);
        Ok(())
    }
}
