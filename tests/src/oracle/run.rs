//! The serial run: every op of every commit, in order, against what it saw.
//!
//! **Invariants**
//! - An op is void for one reason, the first that holds, or is an op of one object.
//! - Objects of different kinds never meet, even under one field id.
//! - Whether an op is void by any reason but the judge's depends on what it saw alone.

use crate::oracle::content::Content;
use crate::oracle::judge::{Edits, Judge};
use crate::oracle::links::{ForeignKey, shown_after};
use crate::oracle::past::{Past, Stamp};
use crate::oracle::schemas::{Schemas, introduced_by, is_revivable, key_of};
use crate::oracle::sight::{Creation, Creations, Sight, Verdict, first_of};
use std::collections::BTreeMap;
use woodland_format::{
    Commit, FieldId, Migration, MigrationStep, NodeId, ObjectId, Op, Schema, TypeDefinition,
    TypeId, Value, encode, keyed_node_id, node_id, recreated_node_id,
};

/// An object's name: which field of which node, and the kind of that field.
pub(crate) type ObjectName = (ObjectId, String);

/// A move of a field that applied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Move {
    pub(crate) from: FieldId,
    pub(crate) to: FieldId,
    pub(crate) stamp: Stamp,
}

/// An object, and whether it has had an op that was not void.
pub(crate) struct Object {
    pub(crate) content: Content,
    is_there: bool,
}

impl Object {
    /// What is visible of it.
    pub(crate) fn shown(&self, past: &Past) -> Option<Value> {
        if self.is_there { self.content.shown(past) } else { None }
    }
}

/// The state after the run: per object its own ops, who lives, the current schema, and the list of
/// voids.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) creations: Creations,
    /// An object is here once it has had an op that was not void, or a masked one.
    pub(crate) objects: BTreeMap<ObjectName, Object>,
    pub(crate) judge: Judge,
    /// The schema that all migrations so far made of the founding one.
    pub(crate) current: Option<Schema>,
    /// Ascending by stamp.
    pub(crate) moves: Vec<Move>,
    /// How many migrations applied.
    pub(crate) migrations: usize,
    /// Rank, index and reason, in order.
    pub(crate) voids: Vec<(usize, Option<u32>, &'static str)>,
}

impl State {
    pub(crate) fn run(past: &Past, schemas: &Schemas) -> State {
        let state = State { current: schemas.founding(), ..State::default() };
        let mut run = Run { past, schemas, state };
        for (rank, commit) in past.commits().iter().enumerate() {
            let Some(batch) = schemas.batch(rank) else {
                run.state.voids.push((rank, None, "unreadable"));
                continue;
            };
            for (index, op) in (0..).zip(batch) {
                if let Err(reason) = run.apply(commit, Stamp { rank, index }, op) {
                    run.state.voids.push((rank, Some(index), reason));
                }
            }
        }
        run.state
    }
}

/// The run at some point.
struct Run<'a> {
    past: &'a Past,
    schemas: &'a Schemas,
    state: State,
}

impl Run<'_> {
    fn apply(&mut self, commit: &Commit, stamp: Stamp, op: &Op) -> Verdict {
        if let Op::Schema(carried) = op {
            let is_introduced = introduced_by(commit) == Some(carried.id());
            return if is_introduced { Ok(()) } else { Err("stray-schema") };
        }
        let schema = self.schemas.of_commit(stamp.rank).ok_or("unknown-schema")?;
        match op {
            Op::Schema(_) => Ok(()),
            Op::Create { node_type, salt } => {
                let definition = schema.type_with(*node_type).ok_or("unknown-type")?;
                if key_of(definition).is_some() {
                    return Err("needs-key");
                }
                let node = node_id(&commit.author(), commit.seq(), stamp.index, *salt);
                self.create(stamp, definition, node, None, 0)
            }
            Op::CreateKeyed { node_type, key } => {
                let definition = keyed_type(schema, *node_type, key)?;
                let node = keyed_node_id(*node_type, &encode(key));
                self.create(stamp, definition, node, Some(key), 0)
            }
            Op::Recreate { node_type, key, generation } => {
                let definition = keyed_type(schema, *node_type, key)?;
                let before = generation.checked_sub(1).ok_or("unseen-generation")?;
                let before = generation_of(*node_type, key, before);
                let sight = Sight { past: self.past, creations: &self.state.creations, stamp };
                if sight.types_of(before).is_empty() {
                    return Err("unseen-generation");
                }
                let node = generation_of(*node_type, key, *generation);
                self.create(stamp, definition, node, Some(key), *generation)
            }
            Op::Delete { node } => self.delete(stamp, *node),
            Op::Migrate(migration) => self.migrate(stamp, migration),
            Op::Edit { object, op } => self.edit(schema, stamp, *object, op),
        }
    }

    /// `revoked` where the op is masked: then it has no effect.
    fn check_mask(&self, stamp: Stamp) -> Verdict {
        if self.past.counts(stamp) { Ok(()) } else { Err("revoked") }
    }

    fn migrate(&mut self, stamp: Stamp, migration: &Migration) -> Verdict {
        self.check_mask(stamp)?;
        let current = self.state.current.as_ref().ok_or("misfit")?;
        self.state.current = Some(migration.apply(current).or(Err("misfit"))?);
        self.state.migrations += 1;
        for step in &migration.steps {
            if let MigrationStep::MoveField { from, to } = step {
                self.state.moves.push(Move { from: *from, to: *to, stamp });
            }
        }
        Ok(())
    }

    fn create(
        &mut self,
        stamp: Stamp,
        definition: &TypeDefinition,
        node: NodeId,
        key: Option<&Value>,
        generation: u32,
    ) -> Verdict {
        let node_type = definition.id;
        let creations = self.state.creations.entry(node).or_default();
        let is_masked = !self.past.counts(stamp);
        creations.push(Creation { stamp, node_type, key: key.cloned(), generation, is_masked });
        let decided = first_of(creations).node_type;
        self.check_mask(stamp)?;
        if decided != node_type {
            return Err("type-differs");
        }
        let edits = edits_of(definition);
        self.judge(stamp, |judge, links_of| judge.creation(stamp, node, edits, links_of))
    }

    fn delete(&mut self, stamp: Stamp, node: NodeId) -> Verdict {
        let sight = Sight { past: self.past, creations: &self.state.creations, stamp };
        if sight.types_of(node).is_empty() {
            return Err("unknown-node");
        }
        self.check_mask(stamp)?;
        let past = self.past;
        self.judge(stamp, |judge, links_of| judge.deletion(past, stamp, node, links_of))
    }

    fn edit(&mut self, schema: &Schema, stamp: Stamp, object: ObjectId, op: &[u8]) -> Verdict {
        let (owner, field) = schema.field_with(object.field).ok_or("unknown-field")?;
        let sight = Sight { past: self.past, creations: &self.state.creations, stamp };
        let seen = sight.types_of(object.node);
        if seen.is_empty() {
            return Err("unknown-node");
        }
        if !seen.contains(&owner.id) {
            return Err("wrong-type");
        }
        if matches!(field.kind.as_str(), "key" | "deletion" | "unique") {
            return Err("read-only");
        }
        let name = (object, field.kind.clone());
        if let Some(one) = self.state.objects.get_mut(&name) {
            one.content.edit(&sight, &field.config, op)?;
            one.is_there |= self.past.counts(stamp);
        } else {
            let mut content = Content::of_kind(&field.kind);
            content.edit(&sight, &field.config, op)?;
            let is_there = self.past.counts(stamp);
            self.state.objects.insert(name, Object { content, is_there });
        }
        self.check_mask(stamp)?;
        let State { objects, .. } = &self.state;
        let shown = shown_after(stamp, object.node, objects, self.past, self.schemas);
        let written = shown.into_iter().filter(|(writer, _)| *writer == stamp);
        let written: Vec<ForeignKey> = written.map(|(_, link)| link).collect();
        let edits = edits_of(owner);
        self.judge(stamp, |judge, links_of| {
            judge.edit(stamp, object.node, edits, &written, links_of)
        })
    }

    /// Lets the judge look at the op with this stamp, and at all links after it. A deletion and a
    /// creation write none, so for them these are the links before it.
    fn judge(
        &mut self,
        stamp: Stamp,
        verdict: impl FnOnce(&mut Judge, &dyn Fn(NodeId) -> Vec<ForeignKey>) -> Verdict,
    ) -> Verdict {
        let State { judge, objects, .. } = &mut self.state;
        let links_of = |node| {
            let shown = shown_after(stamp, node, objects, self.past, self.schemas);
            shown.into_iter().map(|(_, link)| link).collect()
        };
        verdict(judge, &links_of)
    }
}

/// The type, which has a key that admits this one.
fn keyed_type<'a>(
    schema: &'a Schema,
    node_type: TypeId,
    key: &Value,
) -> Result<&'a TypeDefinition, &'static str> {
    let definition = schema.type_with(node_type).ok_or("unknown-type")?;
    let (_, of_key) = key_of(definition).ok_or("no-key")?;
    if of_key.admits(key) { Ok(definition) } else { Err("wrong-value") }
}

/// The node of a generation of a natural key.
fn generation_of(node_type: TypeId, key: &Value, generation: u32) -> NodeId {
    match generation {
        0 => keyed_node_id(node_type, &encode(key)),
        _ => recreated_node_id(node_type, &encode(key), generation),
    }
}

/// What the type says of edits that a deletion does not see.
fn edits_of(definition: &TypeDefinition) -> Edits {
    if is_revivable(definition) { Edits::Revivable } else { Edits::Lost }
}
