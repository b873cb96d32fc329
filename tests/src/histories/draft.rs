//! A batch in the making: ops that make sense on what their author sees.
//!
//! **Invariants**
//! - The view follows the ops of the batch, so that a later op can build on an earlier one.
//!
//! What this does not do: know for sure. A view is a hint; what an op means, the oracle says.

use crate::histories::Recipe;
use crate::histories::foresight::Foresight;
use crate::histories::rng::Rng;
use crate::histories::schemas::is_bad;
use crate::oracle::Oracle;
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{
    AuthorKey, Commit, FieldDefinition, KeyConfig, NodeId, ObjectId, Op, Schema, TypeId, Value,
    ValueType, decode, encode, keyed_node_id, node_id, recreated_node_id,
};

/// An object and its kind.
pub(crate) type Name = (ObjectId, String);

/// What an author sees: enough to place an op.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    /// All that were ever made.
    pub(crate) nodes: BTreeMap<NodeId, TypeId>,
    /// Those of them that are not alive.
    pub(crate) dead: BTreeSet<NodeId>,
    /// The current schema.
    pub(crate) current: Option<Schema>,
    /// What objects show that had an op; followed for texts, lists, sets and maps alone.
    pub(crate) shown: BTreeMap<Name, Value>,
}

impl View {
    /// The view of these commits.
    pub(crate) fn of(commits: &[Commit]) -> View {
        View::seen_by(&Oracle::of(commits))
    }

    /// The view of a version.
    pub(crate) fn seen_by(oracle: &Oracle) -> View {
        let nodes = oracle.creations();
        let dead = nodes.keys().filter(|node| !oracle.lives(**node)).copied().collect();
        let current = oracle.current_schema();
        View { nodes, dead, current, shown: oracle.contents() }
    }

    /// What a text shows.
    pub(crate) fn text(&self, object: ObjectId) -> String {
        match self.shown.get(&(object, "text".to_owned())) {
            Some(Value::String(text)) => text.clone(),
            _ => String::new(),
        }
    }

    /// The items of a list or a set.
    pub(crate) fn items(&self, object: ObjectId, kind: &str) -> Vec<Value> {
        match self.shown.get(&(object, kind.to_owned())) {
            Some(Value::List(items)) => items.clone(),
            _ => vec![],
        }
    }

    /// The entries of a map.
    pub(crate) fn entries(&self, object: ObjectId) -> BTreeMap<Value, Value> {
        match self.shown.get(&(object, "map".to_owned())) {
            Some(Value::Map(entries)) => entries.iter().cloned().collect(),
            _ => BTreeMap::new(),
        }
    }

    pub(crate) fn show(&mut self, object: ObjectId, kind: &str, value: Value) {
        self.shown.insert((object, kind.to_owned()), value);
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
    pub(crate) recipe: &'a Recipe,
    /// None where nothing dies: then the view is right without.
    pub(crate) foresight: Option<&'a Foresight>,
    /// Whether pointers may go to dead nodes just now.
    pub(crate) reaches_dead: bool,
    pub(crate) ops: Vec<Op>,
}

impl Draft<'_> {
    /// One op that makes sense.
    pub(crate) fn sensible_op(&mut self) {
        let existence = self.recipe.existence_percent;
        if existence > 0 && self.rng.chance(existence) && self.live() {
            return;
        }
        // Where nodes die, more are made.
        let few = if existence > 0 { 8 } else { 4 };
        let is_sparse = self.view.nodes.len() - self.view.dead.len() < few;
        if self.rng.chance(if is_sparse { 40 } else { 5 }) || self.view.nodes.is_empty() {
            return self.create_any();
        }
        let is_made = self.any_place().is_some_and(|(object, field)| self.edit_in(object, &field));
        if !is_made {
            self.create_any();
        }
    }

    /// An object whose kind is drawn by the recipe's weights.
    fn any_place(&mut self) -> Option<(ObjectId, FieldDefinition)> {
        let fields: Vec<&FieldDefinition> =
            self.schema.types.iter().flat_map(|one| &one.fields).collect();
        let is_there = |kind: &str| fields.iter().any(|one| one.kind == kind && !is_bad(one));
        let kinds = self.recipe.kinds.iter().filter(|(kind, _)| is_there(kind));
        let weighted = kinds.flat_map(|(kind, weight)| std::iter::repeat_n(*kind, *weight));
        let kind = *self.rng.pick(&weighted.collect::<Vec<_>>())?;
        self.object_of(kind)
    }

    pub(crate) fn edit(&mut self, object: ObjectId, op: Vec<u8>) {
        self.ops.push(Op::Edit { object, op });
    }

    /// Creates a node of this type; by a key, where the type has one.
    pub(crate) fn create(&mut self, node_type: TypeId) {
        match self.key_of(node_type) {
            Some(of_key) => {
                if let Some(key) = self.few_value_of(&of_key) {
                    self.create_keyed(node_type, key);
                }
            }
            None => self.create_plain(node_type),
        }
    }

    pub(crate) fn create_plain(&mut self, node_type: TypeId) {
        let index = u32::try_from(self.ops.len()).expect("a small batch");
        let node = node_id(&self.author, self.seq, index, self.salt);
        self.ops.push(Op::Create { node_type, salt: self.salt });
        self.view.nodes.entry(node).or_insert(node_type);
    }

    /// The node of this key; where it is dead, the next generation of it.
    pub(crate) fn create_keyed(&mut self, node_type: TypeId, key: Value) {
        let bytes = encode(&key);
        let mut node = keyed_node_id(node_type, &bytes);
        if !self.view.dead.contains(&node) {
            self.ops.push(Op::CreateKeyed { node_type, key });
            self.view.nodes.entry(node).or_insert(node_type);
            return;
        }
        let mut generation = 0;
        while self.view.dead.contains(&node) {
            generation += 1;
            node = recreated_node_id(node_type, &bytes, generation);
        }
        self.attempt(|draft| {
            draft.ops.push(Op::Recreate { node_type, key, generation });
            true
        });
    }

    /// The type of a type's keys, if it has one.
    pub(crate) fn key_of(&self, node_type: TypeId) -> Option<ValueType> {
        let fields = &self.schema.type_with(node_type)?.fields;
        let mut keys = fields.iter().filter(|field| field.kind == "key" && !is_bad(field));
        let (only, None) = (keys.next()?, keys.next()) else { return None };
        let config = decode::<KeyConfig, 65536>("a configuration", &only.config);
        config.ok().map(|config| config.value)
    }

    fn create_any(&mut self) {
        let types: Vec<TypeId> = self.schema.types.iter().map(|one| one.id).collect();
        let node_type = *self.rng.pick(&types).expect("every schema has a type");
        self.create(node_type);
    }

    /// A living node of this type that the author sees; more often one of the first two, where all
    /// meet.
    pub(crate) fn node_of(&mut self, node_type: TypeId) -> Option<NodeId> {
        let is_in_reach = |node: &NodeId| self.reaches_dead || !self.view.dead.contains(node);
        let fits = self.view.nodes.iter();
        let fits = fits.filter(|(node, of)| **of == node_type && is_in_reach(node));
        let mut nodes: Vec<NodeId> = fits.map(|(node, _)| *node).collect();
        if self.reaches_dead {
            nodes.sort_by_key(|node| !self.view.dead.contains(node));
        }
        let crowded = &nodes[..nodes.len().min(2)];
        let percent = if self.recipe.existence_percent > 0 { 85 } else { 70 };
        let from = if self.rng.chance(percent) { crowded } else { &nodes };
        self.rng.pick(from).copied()
    }

    /// A usable object of this kind, of a node that the author sees.
    pub(crate) fn object_of(&mut self, kind: &str) -> Option<(ObjectId, FieldDefinition)> {
        let mut places = Vec::new();
        for one in &self.schema.types {
            for field in one.fields.iter().filter(|field| field.kind == kind && !is_bad(field)) {
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
}
