//! Deriving: what arrived in a log becomes changes of the state.
//!
//! ```text
//!  arrived commits, in order ──► creations, checks ──► ops, by object ──► merged, object by object
//! ```
//!
//! **Invariants**
//! - The result equals the serial run of `docs/meaning.md` over all commits, in whatever parts and
//!   order they arrived; a commit never arrives before its past.
//! - An object is touched only by its own ops; the cost follows what arrived and the objects it
//!   touches.
//! - Every op of every arrived commit ends as an effect or as one void.
//!
//! What this does not do: read a clock, keep a payload, or judge what is visible.

use crate::erased::{Arrival, Outcome};
use crate::fields::{Field, Fields};
use crate::graph::Graph;
use crate::kind::History;
use crate::past::{Past, Stamp, key, order};
use crate::state::{Entry, Key, NodeEntry, ObjectEntry, Part};
use crate::void::Void;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;
use woodland_format::{
    NodeId, ObjectId, Op, PAYLOAD_FORMAT, Payload, PayloadError, Schema, SchemaId, TypeId, node_id,
};
use woodland_log::{Log, OrderKey, PayloadReader, Place};

const IS_HELD: &str = "what arrived is held";

/// Where a void stands: by commit in order, then by op; a whole payload before its ops.
pub(crate) type VoidKey = (OrderKey, Option<u32>);

impl Graph {
    /// The graph of `log`, which was made from this graph's log by append and merge.
    #[must_use]
    pub fn advance(&self, log: &Log) -> Graph {
        let mut arrived = log.arrived(&self.log);
        derive(self.on(log), log, std::iter::from_fn(|| arrived.next_place()))
    }
}

/// Adds commits, ascending in order, to a graph that stands on `log` already.
pub(crate) fn derive(graph: Graph, log: &Log, arrived: impl Iterator<Item = Place>) -> Graph {
    let mut run = Run { log, graph, pending: BTreeMap::new(), nodes: BTreeMap::new() };
    let mut payloads = log.payloads();
    for place in arrived {
        run.take(place, payloads.read(place));
    }
    run.finish()
}

struct Run<'a> {
    log: &'a Log,
    graph: Graph,
    /// Ops that passed the checks, by object, ascending in order.
    pending: BTreeMap<Key, Vec<Arrival>>,
    /// Nodes with new creations.
    nodes: BTreeMap<NodeId, NodeEntry>,
}

impl Run<'_> {
    fn take(&mut self, place: Place, payload: Option<&[u8]>) {
        let ops = match payload.map(Payload::decode) {
            Some(Ok(payload)) => payload.ops,
            Some(Err(PayloadError::ForeignFormat { found })) if found > PAYLOAD_FORMAT => {
                self.graph.foreign.insert(self.key(place));
                return self.void_commit(place);
            }
            Some(Err(_)) | None => return self.void_commit(place),
        };
        self.graph.work.commits += 1;
        self.graph.work.ops += ops.len() as u64;
        self.learn_schemas(place, &ops);
        let mut past = Past::of(self.log, Stamp { place, index: 0 });
        let fields = self.schema_of(&past);
        for (index, op) in (0..).zip(ops) {
            let stamp = Stamp { place, index };
            past.move_to(stamp);
            if let Err(reason) = self.op(&past, fields.as_deref(), op) {
                self.void(stamp, reason);
            }
        }
    }

    fn op(&mut self, past: &Past<'_>, fields: Option<&Fields>, op: Op) -> Result<(), Void> {
        let stamp = past.at();
        if let Op::Schema(schema) = op {
            let introduces = introduces(self.log, stamp.place, schema.id());
            return if introduces { Ok(()) } else { Err(Void::StraySchema) };
        }
        let fields = fields.ok_or(Void::UnknownSchema)?;
        match op {
            Op::Schema(_) => Ok(()),
            Op::Create { node_type, salt } => {
                if !fields.has_type(node_type) {
                    return Err(Void::UnknownType);
                }
                let author = self.log.author(stamp.place).expect(IS_HELD);
                let node = node_id(&author, stamp.place.seq, stamp.index, salt);
                self.create(node, stamp, node_type);
                Ok(())
            }
            Op::Edit { object, op } => self.edit(past, fields, object, &op),
        }
    }

    fn edit(
        &mut self,
        past: &Past<'_>,
        fields: &Fields,
        object: ObjectId,
        op: &[u8],
    ) -> Result<(), Void> {
        let Field { owner, kind } = fields.field(object.field).ok_or(Void::UnknownField)?;
        if !self.saw_creation(past, object.node, Some(*owner)) {
            let saw_other = self.saw_creation(past, object.node, None);
            return Err(if saw_other { Void::WrongType } else { Void::UnknownNode });
        }
        let (kind, config) = kind.as_ref().map_err(|reason| *reason)?;
        let op = kind.decode(config, op)?;
        let mut missing = false;
        kind.pointers(config, &op, &mut |node, node_type| {
            missing |= !self.saw_creation(past, node, Some(node_type));
        });
        if missing {
            return Err(Void::UnknownTarget);
        }
        let key = Key { node: object.node, part: Part::Object(object.field, kind.name()) };
        let arrival = Arrival { stamp: past.at(), op };
        self.pending.entry(key).or_default().push(arrival);
        Ok(())
    }

    /// Whether the author had seen a creation of the node, with this type if one is given.
    fn saw_creation(&self, past: &Past<'_>, node: NodeId, node_type: Option<TypeId>) -> bool {
        let entry = self.nodes.get(&node).or_else(|| self.graph.state.node(node));
        entry.is_some_and(|entry| {
            let mut creations = entry.creations.iter();
            creations.any(|(stamp, one)| node_type.is_none_or(|t| t == *one) && past.saw(*stamp))
        })
    }

    fn create(&mut self, node: NodeId, stamp: Stamp, node_type: TypeId) {
        let (state, log) = (&self.graph.state, self.log);
        let entry =
            self.nodes.entry(node).or_insert_with(|| state.node(node).cloned().unwrap_or_default());
        let at = entry.creations.partition_point(|(one, _)| order(log, *one, stamp).is_lt());
        entry.creations.insert(at, (stamp, node_type));
    }

    /// Remembers the schema that this commit introduces, if its payload carries it.
    fn learn_schemas(&mut self, place: Place, ops: &[Op]) {
        let carried = ops.iter().find_map(|op| match op {
            Op::Schema(schema) if schema.check().is_ok() => {
                let id = schema.id();
                introduces(self.log, place, id).then_some((id, schema))
            }
            _ => None,
        });
        if let Some((id, schema)) = carried {
            self.graph.schemas.learn(id, place, schema);
        }
    }

    /// The schema that the commit is written under, if something in its past carries it.
    fn schema_of(&self, past: &Past<'_>) -> Option<Arc<Fields>> {
        let place = past.at().place;
        let id = self.log.schema(place)?;
        self.graph.schemas.known(&id, |carrier| self.log.saw(place, carrier))
    }

    fn void_commit(&mut self, place: Place) {
        let key = (self.key(place), None);
        self.graph.voids.insert(key, Void::Unreadable);
    }

    fn key(&self, place: Place) -> OrderKey {
        self.log.key(place).expect(IS_HELD)
    }

    fn void(&mut self, stamp: Stamp, reason: Void) {
        let key = (key(self.log, stamp), Some(stamp.index));
        self.graph.voids.insert(key, reason);
    }

    fn finish(mut self) -> Graph {
        self.settle_nodes();
        for (key, arrived) in std::mem::take(&mut self.pending) {
            self.merge(key, arrived);
        }
        self.graph
    }

    /// Writes the nodes back, and the voids of creations that came second with another type.
    fn settle_nodes(&mut self) {
        let nodes = std::mem::take(&mut self.nodes);
        for entry in nodes.values() {
            let decided = entry.creations.first().map(|(_, node_type)| *node_type);
            for (stamp, node_type) in &entry.creations {
                let at = (key(self.log, *stamp), Some(stamp.index));
                if Some(*node_type) == decided {
                    self.graph.voids.remove(&at);
                } else {
                    self.graph.voids.insert(at, Void::TypeDiffers);
                }
            }
        }
        let entries = nodes.into_iter().map(|(node, entry)| {
            (Key { node, part: Part::Existence }, Entry::Node(Arc::new(entry)))
        });
        self.graph.state.put(entries);
    }

    fn merge(&mut self, key: Key, arrived: Vec<Arrival>) {
        let Part::Object(field, name) = key.part else { return };
        let kind = Arc::clone(self.graph.kinds.get(name).expect("an op that arrived has a kind"));
        let mut object = match self.graph.state.object(key.node, field, name) {
            Some(object) => object.clone(),
            None => ObjectEntry { state: kind.empty(), stamps: im::Vector::new() },
        };
        let log = self.log;
        let arrived = if kind.is_in_order() {
            self.rewind(&mut object, kind.empty(), arrived)
        } else {
            arrived
        };
        self.graph.work.objects += 1;
        let (again, ops) = (Cell::new(0), RefCell::new(OpReader::of(log)));
        let read = |stamp: Stamp| {
            again.set(again.get() + 1);
            ops.borrow_mut().edit(stamp).map(<[u8]>::to_vec)
        };
        let history = History { log, stamps: &object.stamps, read: &read };
        let outcomes = kind.merge(&mut object.state, arrived, &history);
        self.graph.work.again += again.get();
        self.record(&mut object, outcomes);
        self.graph.state.put([(key, Entry::Object(Arc::new(object)))]);
    }

    fn record(&mut self, object: &mut ObjectEntry, outcomes: Vec<Outcome>) {
        let log = self.log;
        for (stamp, outcome) in outcomes {
            match outcome {
                Err(reason) => self.void(stamp, reason),
                Ok(()) => {
                    let last = object.stamps.last();
                    if last.is_none_or(|last| order(log, *last, stamp).is_lt()) {
                        object.stamps.push_back(stamp);
                    } else {
                        let found = object.stamps.binary_search_by(|one| order(log, *one, stamp));
                        let at = found.unwrap_or_else(|at| at);
                        object.stamps.insert(at, stamp);
                    }
                }
            }
        }
    }

    /// For a kind whose ops must be applied in order: where something arrived late, begins again
    /// with all ops of the object.
    fn rewind(
        &mut self,
        object: &mut ObjectEntry,
        empty: Box<dyn crate::erased::ObjectState>,
        mut arrived: Vec<Arrival>,
    ) -> Vec<Arrival> {
        let log = self.log;
        let late = arrived
            .first()
            .zip(object.stamps.last())
            .is_some_and(|(first, last)| order(log, first.stamp, *last).is_lt());
        if !late {
            return arrived;
        }
        let before = std::mem::take(&mut object.stamps);
        self.graph.work.again += before.len() as u64;
        object.state = empty;
        let mut ops = OpReader::of(log);
        arrived.extend(before.iter().map(|stamp| self.again(&mut ops, *stamp)));
        arrived.sort_by(|one, other| order(log, one.stamp, other.stamp));
        arrived
    }

    /// An op that had an effect before, to be applied again.
    fn again(&self, ops: &mut OpReader<'_>, stamp: Stamp) -> Arrival {
        const HAD_EFFECT: &str = "an op that had an effect is still in the log, with its schema";
        let fields = self.schema_of(&Past::of(self.log, stamp)).expect(HAD_EFFECT);
        let Some(Op::Edit { object, op }) = ops.op(stamp) else { panic!("{HAD_EFFECT}") };
        let field = fields.field(object.field).expect(HAD_EFFECT);
        let (kind, config) = field.kind.as_ref().expect(HAD_EFFECT);
        let op = kind.decode(config, op).expect(HAD_EFFECT);
        Arrival { stamp, op }
    }
}

/// Whether the header of the commit there introduces this schema.
fn introduces(log: &Log, place: Place, schema: SchemaId) -> bool {
    log.introduced(&schema).any(|one| one == place)
}

/// Reads ops again. Those of one commit, asked for one after another, are decoded once.
struct OpReader<'a> {
    payloads: PayloadReader<'a>,
    last: Option<(Place, Vec<Op>)>,
}

impl<'a> OpReader<'a> {
    fn of(log: &'a Log) -> Self {
        OpReader { payloads: log.payloads(), last: None }
    }

    fn op(&mut self, stamp: Stamp) -> Option<&Op> {
        if self.last.as_ref().is_none_or(|(place, _)| *place != stamp.place) {
            let payload = Payload::decode(self.payloads.read(stamp.place)?).ok()?;
            self.last = Some((stamp.place, payload.ops));
        }
        self.last.as_ref()?.1.get(stamp.index as usize)
    }

    /// What an edit says to its kind.
    fn edit(&mut self, stamp: Stamp) -> Option<&[u8]> {
        match self.op(stamp)? {
            Op::Edit { op, .. } => Some(op),
            _ => None,
        }
    }
}

/// The schemas that a log carries, and by which commits.
#[derive(Debug, Clone)]
pub(crate) struct Schemas {
    kinds: crate::erased::Kinds,
    known: im::OrdMap<SchemaId, (Arc<Fields>, Vec<Place>)>,
}

impl Schemas {
    pub(crate) fn new(kinds: crate::erased::Kinds) -> Self {
        Schemas { kinds, known: im::OrdMap::new() }
    }

    fn learn(&mut self, id: SchemaId, carrier: Place, schema: &Schema) {
        let kinds = &self.kinds;
        let entry = self
            .known
            .entry(id)
            .or_insert_with(|| (Arc::new(Fields::of(schema.clone(), kinds)), Vec::new()));
        entry.1.push(carrier);
    }

    pub(crate) fn known(&self, id: &SchemaId, saw: impl Fn(Place) -> bool) -> Option<Arc<Fields>> {
        let (fields, carriers) = self.known.get(id)?;
        carriers.iter().any(|carrier| saw(*carrier)).then(|| Arc::clone(fields))
    }
}
