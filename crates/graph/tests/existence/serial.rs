//! The judge of `docs/meaning.md`, written from the page: one walk over all ops in order, slow and
//! plain. It takes from the engine only which ops are void by rules of content.
//!
//! **Invariants**
//! - Nothing is kept but what the page speaks of: ops of objects, nodes that live, edits.
//!
//! What this does not do: check ops against a schema, or derive content.

use super::world::{Age, schema};
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{
    AtomConfig, DeletionConfig, FieldId, MapConfig, MapOp, NodeId, ObjectId, OnDelete, Op, Payload,
    RecordConfig, RecordOp, RegisterConfig, RegisterOp, Schema, SetConfig, SetOp, TypeId,
    UnseenEdits, Value, encode, keyed_node_id, recreated_node_id,
};
use woodland_graph::{Graph, Void};
use woodland_log::{Log, Place};

type Stamp = (Place, u32);
type Key = (NodeId, OnDelete);

/// What became of all nodes, and which ops are listed, in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) lives: BTreeMap<NodeId, bool>,
    pub(crate) listed: Vec<(woodland_format::CommitId, u32, Void)>,
}

/// A write of one part: a value with its foreign keys, or nothing.
type Write = (Stamp, Option<Vec<Key>>);

#[derive(Default)]
struct Object {
    /// Registers, atoms and members.
    members: BTreeMap<u32, Vec<Write>>,
    added: BTreeMap<Value, Vec<(Stamp, Vec<Key>)>>,
    removed: BTreeMap<Value, Vec<Stamp>>,
    /// With generations.
    puts: BTreeMap<Value, Vec<(Stamp, usize, Vec<Key>)>>,
    ends: BTreeMap<Value, Vec<(Stamp, usize)>>,
}

struct Serial<'a> {
    log: &'a Log,
    schemas: BTreeMap<woodland_format::SchemaId, Schema>,
    types: BTreeMap<NodeId, Vec<(Stamp, TypeId)>>,
    living: BTreeSet<NodeId>,
    edits: BTreeMap<NodeId, Vec<Stamp>>,
    objects: BTreeMap<ObjectId, Object>,
}

const OF_EXISTENCE: [Void; 7] = [
    Void::DeadNode,
    Void::Edited,
    Void::Restricted,
    Void::DeadTarget,
    Void::UnseenGeneration,
    // Of deletions alone.
    Void::UnknownNode,
    Void::TypeDiffers,
];

macro_rules! read {
    ($of:ty, $bytes:expr) => {
        woodland_format::decode::<$of, { usize::MAX }>("a test's", $bytes).expect("not void")
    };
}

/// Judges a log; the graph says which ops are void by other rules.
pub(crate) fn judge(log: &Log, graph: &Graph) -> Outcome {
    let mut serial = Serial {
        log,
        schemas: [Age::Early, Age::Late].map(|age| (schema(age).id(), schema(age))).into(),
        types: BTreeMap::new(),
        living: BTreeSet::new(),
        edits: BTreeMap::new(),
        objects: BTreeMap::new(),
    };
    let void: BTreeMap<_, _> =
        graph.voids().map(|void| ((void.commit, void.index), void.reason)).collect();
    let (mut order, mut listed) = (log.order(), Vec::new());
    while let Some(place) = order.next_place() {
        let commit = log.id(place).expect("held");
        let payload = log.payload(place).expect("held");
        for (index, op) in (0..).zip(Payload::decode(&payload).expect("sound").ops) {
            let is_edit = matches!(op, Op::Edit { .. });
            let reason = void.get(&(commit, Some(index)));
            let by_content = |reason: &&Void| {
                !OF_EXISTENCE.contains(*reason) || is_edit && **reason == Void::UnknownNode
            };
            if reason.filter(by_content).is_none()
                && let Err(reason) = serial.op((place, index), &op)
            {
                listed.push((commit, index, reason));
            }
        }
    }
    let lives = serial.types.keys().map(|node| (*node, serial.living.contains(node))).collect();
    Outcome { lives, listed }
}

/// What the engine says of the same nodes.
pub(crate) fn told(log: &Log, graph: &Graph, of: &Outcome) -> Outcome {
    let nodes: Vec<NodeId> = of.lives.keys().copied().collect();
    let lives = nodes.iter().copied().zip(graph.lives(&nodes)).collect();
    let mut ops = BTreeMap::new();
    let mut order = log.order();
    while let Some(place) = order.next_place() {
        let payload = Payload::decode(&log.payload(place).expect("held")).expect("sound");
        ops.insert(log.id(place).expect("held"), payload.ops);
    }
    let of_existence = |commit, index: u32, reason| {
        let is_edit = matches!(ops[&commit][index as usize], Op::Edit { .. });
        OF_EXISTENCE.contains(&reason) && !(is_edit && reason == Void::UnknownNode)
    };
    let listed = graph.voids().filter_map(|void| {
        let index = void.index.expect("all payloads are sound");
        let is_listed = of_existence(void.commit, index, void.reason);
        is_listed.then_some((void.commit, index, void.reason))
    });
    Outcome { lives, listed: listed.collect() }
}

impl Serial<'_> {
    fn saw(&self, later: Stamp, earlier: Stamp) -> bool {
        if later.0 == earlier.0 {
            return earlier.1 < later.1;
        }
        self.log.saw(later.0, earlier.0)
    }

    fn op(&mut self, at: Stamp, op: &Op) -> Result<(), Void> {
        let author = self.log.author(at.0).expect("held");
        let schema = self.schemas[&self.log.schema(at.0).expect("held")].clone();
        match op {
            Op::Schema(_) | Op::Migrate(_) => Ok(()),
            Op::Create { node_type, .. } | Op::CreateKeyed { node_type, .. } => {
                let node = op.creates(&author, at.0.seq, at.1).expect("a creation");
                self.creation(at, node, *node_type, &schema)
            }
            Op::Recreate { node_type, key, generation } => {
                let key = encode(key);
                let before = match generation {
                    0 => return Err(Void::UnseenGeneration),
                    1 => keyed_node_id(*node_type, &key),
                    _ => recreated_node_id(*node_type, &key, generation - 1),
                };
                let creations = self.types.get(&before).cloned().unwrap_or_default();
                if !creations.iter().any(|(creation, _)| self.saw(at, *creation)) {
                    return Err(Void::UnseenGeneration);
                }
                let node = recreated_node_id(*node_type, &key, *generation);
                self.creation(at, node, *node_type, &schema)
            }
            Op::Delete { node } => self.delete(at, *node),
            Op::Edit { object, op } => self.edit(at, *object, op, &schema),
        }
    }

    fn creation(
        &mut self,
        at: Stamp,
        node: NodeId,
        node_type: TypeId,
        schema: &Schema,
    ) -> Result<(), Void> {
        let creations = self.types.entry(node).or_default();
        creations.push((at, node_type));
        if creations[0].1 != node_type {
            return Err(Void::TypeDiffers);
        }
        if creations.len() == 1 {
            self.living.insert(node);
        }
        let is_dead = !self.living.contains(&node);
        if is_revivable(schema, node_type) {
            self.edits.entry(node).or_default().push(at);
            if is_dead {
                self.come_back(node);
            }
        } else if is_dead {
            return Err(Void::DeadNode);
        }
        Ok(())
    }

    fn delete(&mut self, at: Stamp, node: NodeId) -> Result<(), Void> {
        let creations = self.types.get(&node).cloned().unwrap_or_default();
        if !creations.iter().any(|(creation, _)| self.saw(at, *creation)) {
            return Err(Void::UnknownNode);
        }
        if !self.living.contains(&node) {
            return Err(Void::DeadNode);
        }
        let is_kept = |node: &NodeId| {
            let edits = self.edits.get(node).cloned().unwrap_or_default();
            edits.iter().any(|edit| !self.saw(at, *edit))
        };
        if is_kept(&node) {
            return Err(Void::Edited);
        }
        let links: Vec<(NodeId, Vec<Key>)> =
            self.living.iter().map(|source| (*source, self.links(*source))).collect();
        let mut taken = BTreeSet::from([node]);
        loop {
            let goes = links.iter().filter(|(source, keys)| {
                let cascades = |(target, on_delete): &Key| {
                    *on_delete == OnDelete::Cascade && taken.contains(target)
                };
                !taken.contains(source) && keys.iter().any(cascades) && !is_kept(source)
            });
            let more: Vec<NodeId> = goes.map(|(source, _)| *source).collect();
            if more.is_empty() {
                break;
            }
            taken.extend(more);
        }
        let restricts = |(source, keys): &(NodeId, Vec<Key>)| {
            let forbids = |(target, on_delete): &Key| {
                *on_delete != OnDelete::Cascade && taken.contains(target)
            };
            !taken.contains(source) && keys.iter().any(forbids)
        };
        if links.iter().any(restricts) {
            return Err(Void::Restricted);
        }
        self.living = &self.living - &taken;
        Ok(())
    }

    fn come_back(&mut self, node: NodeId) {
        if self.living.insert(node) {
            for (target, on_delete) in self.links(node) {
                if on_delete == OnDelete::Revive {
                    self.come_back(target);
                }
            }
        }
    }

    fn edit(
        &mut self,
        at: Stamp,
        object: ObjectId,
        op: &[u8],
        schema: &Schema,
    ) -> Result<(), Void> {
        let ObjectId { node, field } = object;
        let (owner, kind, config) = field_of(schema, field);
        let before = self.objects.remove(&object).unwrap_or_default();
        let (after, written) = self.write(before, at, &kind, &config, op);
        self.objects.insert(object, after);
        if is_revivable(schema, owner) {
            self.edits.entry(node).or_default().push(at);
            if !self.living.contains(&node) {
                self.come_back(node);
            }
        }
        let mut listed = Ok(());
        if self.living.contains(&node) {
            for (target, on_delete) in written {
                match (self.living.contains(&target), on_delete) {
                    (true, _) => {}
                    (false, OnDelete::Revive) => self.come_back(target),
                    (false, _) => listed = Err(Void::DeadTarget),
                }
            }
        }
        listed
    }

    /// Adds an op to an object. Gives the foreign keys in what it writes, where that is shown.
    fn write(
        &self,
        mut object: Object,
        at: Stamp,
        kind: &str,
        config: &[u8],
        op: &[u8],
    ) -> (Object, Vec<Key>) {
        let mut written = Vec::new();
        match kind {
            "register" | "atom" => {
                let of = match kind {
                    "register" => read!(RegisterConfig, config).value,
                    _ => read!(AtomConfig, config).value,
                };
                let keys = match read!(RegisterOp, op) {
                    RegisterOp::Set(value) => Some(keys_in(&of, &value)),
                    RegisterOp::Clear => None,
                };
                written.extend(keys.clone().unwrap_or_default());
                object.members.entry(0).or_default().push((at, keys));
            }
            "record" => {
                let config = read!(RecordConfig, config);
                let members: Vec<(u32, Option<Value>)> = match read!(RecordOp, op) {
                    RecordOp::Set(members) => {
                        members.into_iter().map(|(number, value)| (number, Some(value))).collect()
                    }
                    RecordOp::Clear(numbers) => {
                        numbers.into_iter().map(|number| (number, None)).collect()
                    }
                };
                for (number, value) in members {
                    let of = &config.member(number).expect("not void").value;
                    let keys = value.map(|value| keys_in(of, &value));
                    written.extend(keys.clone().unwrap_or_default());
                    object.members.entry(number).or_default().push((at, keys));
                }
            }
            "set" => {
                let of = read!(SetConfig, config).item;
                match read!(SetOp, op) {
                    SetOp::Add(items) => {
                        for item in items {
                            let keys = keys_in(&of, &item);
                            written.extend(keys.clone());
                            object.added.entry(item).or_default().push((at, keys));
                        }
                    }
                    SetOp::Remove(items) => {
                        for item in items {
                            object.removed.entry(item).or_default().push(at);
                        }
                    }
                }
            }
            "map" => self.write_map(
                &mut object,
                at,
                &read!(MapConfig, config),
                read!(MapOp, op),
                &mut written,
            ),
            _ => {}
        }
        (object, written)
    }

    fn write_map(
        &self,
        object: &mut Object,
        at: Stamp,
        of: &MapConfig,
        op: MapOp,
        written: &mut Vec<Key>,
    ) {
        let ends = object.ends.clone();
        let generation = |key: &Value| {
            let seen = ends.get(key).into_iter().flatten();
            let seen = seen.filter(|(end, _)| self.saw(at, *end)).map(|(_, ended)| ended + 1);
            seen.max().unwrap_or(0)
        };
        match op {
            MapOp::Put(entries) => {
                for (key, value) in entries {
                    let keys = [keys_in(&of.key, &key), keys_in(&of.value, &value)].concat();
                    let generation = generation(&key);
                    if !ends.get(&key).into_iter().flatten().any(|(_, end)| *end == generation) {
                        written.extend(keys.clone());
                    }
                    object.puts.entry(key).or_default().push((at, generation, keys));
                }
            }
            MapOp::Remove(keys) => {
                for key in keys {
                    let generation = generation(&key);
                    object.ends.entry(key).or_default().push((at, generation));
                }
            }
        }
    }

    /// What a node's objects show now.
    fn links(&self, node: NodeId) -> Vec<Key> {
        let mut links = Vec::new();
        let (first, last) = (FieldId(0), FieldId(u64::MAX));
        let objects = ObjectId { node, field: first }..=ObjectId { node, field: last };
        for (_, object) in self.objects.range(objects) {
            for writes in object.members.values() {
                let (_, keys) = writes.last().expect("written once");
                links.extend(keys.clone().unwrap_or_default());
            }
            for (item, added) in &object.added {
                let removed = object.removed.get(item).cloned().unwrap_or_default();
                let stands = |add: Stamp| !removed.iter().any(|removal| self.saw(*removal, add));
                let standing = added.iter().filter(|(add, _)| stands(*add));
                links.extend(standing.flat_map(|(_, keys)| keys.clone()));
            }
            for (key, puts) in &object.puts {
                let last = puts.iter().map(|(_, generation, _)| *generation).max();
                let last = last.expect("put once");
                let ends = object.ends.get(key).cloned().unwrap_or_default();
                if !ends.iter().any(|(_, ended)| *ended == last) {
                    let shown = puts.iter().rfind(|(_, generation, _)| *generation == last);
                    links.extend(shown.expect("put once").2.clone());
                }
            }
        }
        links
    }
}

fn keys_in(of: &woodland_format::ValueType, value: &Value) -> Vec<Key> {
    let mut keys = Vec::new();
    of.links(value, &mut |node, _, on_delete| keys.extend(on_delete.map(|it| (node, it))));
    keys
}

fn field_of(schema: &Schema, field: FieldId) -> (TypeId, String, Vec<u8>) {
    let (owner, field) = schema.field_with(field).expect("not void");
    (owner.id, field.kind.clone(), field.config.clone())
}

fn is_revivable(schema: &Schema, node_type: TypeId) -> bool {
    let one = schema.type_with(node_type).expect("not void");
    let rule = one.fields.iter().find(|field| field.kind == "deletion").expect("a rule");
    read!(DeletionConfig, &rule.config).edits == UnseenEdits::Revive
}
