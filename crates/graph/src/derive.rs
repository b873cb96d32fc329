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

use crate::erased::{AnyConfig, AnyKind, Arrival, Outcome, Saw};
use crate::fields::{Field, Fields, OfField};
use crate::graph::Graph;
use crate::kind::History;
use crate::past::{Past, Stamp, key, order};
use crate::state::{Creation, NodeEntry, Object};
use crate::void::Void;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use woodland_format::{
    FieldId, NodeId, ObjectId, Op, OpView, PAYLOAD_FORMAT, Payload, PayloadError, Schema, SchemaId,
    TypeId, encode, keyed_node_id, node_id,
};
use woodland_log::{Log, OrderKey, PayloadReader, Place};

const IS_HELD: &str = "what arrived is held";
const HAD_EFFECT: &str = "an op that had an effect is still in the log, with its schema";

/// Where a void stands: by commit in order, then by op; a whole payload before its ops.
pub(crate) type VoidKey = (OrderKey, Option<u32>);

impl Graph {
    /// The graph of `log`, which was made from this graph's log by append and merge.
    #[must_use]
    pub fn advance(&self, log: &Log) -> Graph {
        let mut arrived = log.arrived(&self.log);
        derive(self.on(log), log, std::iter::from_fn(|| arrived.next_place()))
    }

    /// The schema that an op's commit is written under, if something in its past carries it.
    pub(crate) fn schema_of(&self, past: &Past<'_>) -> Option<Arc<Fields>> {
        let place = past.at().place;
        let id = self.log.schema(place)?;
        self.schemas.known(&id, |carrier| self.log.saw(place, carrier))
    }
}

/// Adds commits, ascending in order, to a graph that stands on `log` already.
pub(crate) fn derive(graph: Graph, log: &Log, arrived: impl Iterator<Item = Place>) -> Graph {
    let mut run = Run { log, graph, touched: HashMap::new(), current: None };
    let mut payloads = log.payloads();
    for place in arrived {
        run.take(place, payloads.read(place));
    }
    run.finish()
}

struct Run<'a> {
    log: &'a Log,
    graph: Graph,
    /// The nodes that ops arrived at, as they become.
    touched: HashMap<NodeId, Touched>,
    /// The one that the last op arrived at: the next op is likely to be about it, too.
    current: Option<(NodeId, Touched)>,
}

impl Run<'_> {
    fn take(&mut self, place: Place, payload: Option<&[u8]>) {
        self.graph.work.commits += 1;
        let ops = match payload.map(Payload::view) {
            Some(Ok(ops)) => ops,
            Some(Err(PayloadError::ForeignFormat { found })) if found > PAYLOAD_FORMAT => {
                self.graph.foreign.insert(self.key(place));
                return self.void_commit(place);
            }
            Some(Err(_)) | None => return self.void_commit(place),
        };
        self.graph.work.ops += ops.len() as u64;
        self.learn_schemas(place, &ops);
        let mut past = Past::of(self.log, Stamp { place, index: 0 });
        let fields = self.graph.schema_of(&past);
        for (index, op) in (0..).zip(ops) {
            let stamp = Stamp { place, index };
            past.move_to(stamp);
            if let Err(reason) = self.op(&past, fields.as_deref(), op) {
                self.void(stamp, reason);
            }
        }
    }

    fn op(&mut self, past: &Past<'_>, fields: Option<&Fields>, op: OpView<'_>) -> Result<(), Void> {
        let stamp = past.at();
        if let OpView::Other(Op::Schema(schema)) = op {
            let introduces = introduces(self.log, stamp.place, schema.id());
            return if introduces { Ok(()) } else { Err(Void::StraySchema) };
        }
        let fields = fields.ok_or(Void::UnknownSchema)?;
        match op {
            OpView::Create { node_type, salt } => {
                if !fields.has_type(node_type) {
                    return Err(Void::UnknownType);
                }
                if fields.key(node_type).is_some() {
                    return Err(Void::NeedsKey);
                }
                let author = self.log.author(stamp.place).expect(IS_HELD);
                let node = node_id(&author, stamp.place.seq, stamp.index, salt);
                self.create(node, Creation { stamp, node_type, key: None });
                Ok(())
            }
            OpView::Other(Op::CreateKeyed { node_type, key }) => {
                if !fields.has_type(node_type) {
                    return Err(Void::UnknownType);
                }
                let (_, of) = fields.key(node_type).ok_or(Void::NoKey)?;
                if !of.admits(&key) {
                    return Err(Void::WrongValue);
                }
                let node = keyed_node_id(node_type, &encode(&key));
                self.create(node, Creation { stamp, node_type, key: Some(Arc::new(key)) });
                Ok(())
            }
            OpView::Edit { object, op } => self.edit(past, fields, object, op),
            OpView::Other(Op::Schema(_) | Op::Create { .. } | Op::Edit { .. }) => {
                unreachable!("each op has one view, and schemas were told above")
            }
        }
    }

    fn create(&mut self, node: NodeId, creation: Creation) {
        let log = self.log;
        match self.touch(node) {
            Some(mut touched) => {
                let is_before = |one, other| order(log, one, other).is_lt();
                touched.entry.add(creation, is_before);
                touched.has_new_creations = true;
                self.current = Some((node, touched));
            }
            None => self.current = Some((node, Touched::new(NodeEntry::of(creation), true))),
        }
    }

    fn edit(
        &mut self,
        past: &Past<'_>,
        fields: &Fields,
        object: ObjectId,
        op: &[u8],
    ) -> Result<(), Void> {
        let Field { owner, of } = fields.field(object.field).ok_or(Void::UnknownField)?;
        let Some(mut touched) = self.touch(object.node) else { return Err(Void::UnknownNode) };
        let outcome = saw_creation(past, &touched.entry, *owner).and_then(|()| match of {
            OfField::Key => Err(Void::ReadOnly),
            OfField::Kind(kind, config) => {
                let own = touched.entry.types_seen(past);
                let saw = |node: NodeId, node_type: TypeId| {
                    if node == object.node {
                        return own.contains(&node_type);
                    }
                    let entry = self.entry(node);
                    entry.is_some_and(|entry| saw_creation(past, entry, node_type).is_ok())
                };
                touched.edit(object.field, (kind, config), op, past, &saw)
            }
        });
        self.current = Some((object.node, touched));
        outcome
    }

    /// Takes out what is known of a node, to be changed and put back as the current one.
    fn touch(&mut self, node: NodeId) -> Option<Touched> {
        match self.current.take() {
            Some((current, touched)) if current == node => return Some(touched),
            Some((current, touched)) => drop(self.touched.insert(current, touched)),
            None => {}
        }
        if let Some(touched) = self.touched.remove(&node) {
            return Some(touched);
        }
        self.graph.work.reads += 1;
        let entry = self.graph.state.get(node)?.clone();
        Some(Touched::new(entry, false))
    }

    /// What is known of a node that is not the current one.
    fn entry(&self, node: NodeId) -> Option<&NodeEntry> {
        let touched = self.touched.get(&node).map(|touched| &touched.entry);
        touched.or_else(|| self.graph.state.get(node))
    }

    /// Remembers the schema that this commit introduces, if its payload carries it.
    fn learn_schemas(&mut self, place: Place, ops: &[OpView<'_>]) {
        let carried = ops.iter().find_map(|op| match op {
            OpView::Other(Op::Schema(schema)) if schema.check().is_ok() => {
                let id = schema.id();
                introduces(self.log, place, id).then_some((id, schema))
            }
            _ => None,
        });
        if let Some((id, schema)) = carried {
            self.graph.schemas.learn(id, place, schema);
        }
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
        let mut touched = std::mem::take(&mut self.touched);
        touched.extend(self.current.take());
        // Neighbours in the map are changed one after the other.
        let mut nodes: Vec<(NodeId, Touched)> = touched.into_iter().collect();
        nodes.sort_unstable_by_key(|(node, _)| *node);
        self.graph.work.writes += nodes.len() as u64;
        let mut entries = Vec::with_capacity(nodes.len());
        for (node, Touched { mut entry, has_new_creations, waiting, fields }) in nodes {
            if has_new_creations {
                self.settle(&entry);
            }
            self.graph.work.objects += fields.len() as u64;
            for Waiting { field, kind, arrived } in waiting {
                self.merge(&mut entry, field, &kind, arrived);
            }
            entries.push((node, entry));
        }
        self.graph.state.put(entries);
        self.graph.look();
        self.graph
    }

    /// Lists the creations that came second, with another type.
    fn settle(&mut self, entry: &NodeEntry) {
        let decided = entry.first.node_type;
        for Creation { stamp, node_type, .. } in entry.creations() {
            let at = (key(self.log, *stamp), Some(stamp.index));
            if *node_type == decided {
                self.graph.voids.remove(&at);
            } else {
                self.graph.voids.insert(at, Void::TypeDiffers);
            }
        }
    }

    /// Applies the ops that waited for each other.
    fn merge(
        &mut self,
        entry: &mut NodeEntry,
        field: FieldId,
        kind: &Arc<dyn AnyKind>,
        arrived: Vec<Arrival>,
    ) {
        let log = self.log;
        let found = entry.find(field, kind.name());
        let mut object = match found {
            Ok(at) => entry.objects[at].clone(),
            Err(_) => Object::empty(field, kind),
        };
        let arrived = if kind.is_in_order() { self.rewind(&mut object, arrived) } else { arrived };
        let all: Vec<Stamp> = arrived.iter().map(|arrival| arrival.stamp).collect();
        let sound = arrived.into_iter().filter(|arrival| arrival.op.is_ok()).collect();
        let (again, ops) = (Cell::new(0), RefCell::new(OpReader::of(log)));
        let read = |stamp: Stamp| {
            again.set(again.get() + 1);
            ops.borrow_mut().edit(stamp).map(<[u8]>::to_vec)
        };
        let stamps = object.stamps();
        let history = History { log, stamps: &stamps, read: &read };
        let outcomes = kind.merge(&mut object.held, sound, &history);
        self.graph.work.again += again.get();
        self.record(&mut object, &all, &outcomes);
        if object.history.is_none() {
            return; // Every op was void: there is no such object yet.
        }
        match found {
            Ok(at) => entry.objects[at] = object,
            Err(at) => entry.objects.insert(at, object),
        }
    }

    /// Keeps the stamps of what counts: of a built-in kind what had an effect, of others all.
    fn record(&mut self, object: &mut Object, all: &[Stamp], outcomes: &[Outcome]) {
        let log = self.log;
        let counts_all = !object.kind.is_built_in();
        for (stamp, outcome) in outcomes {
            match outcome {
                Err(reason) => self.void(*stamp, *reason),
                Ok(()) if !counts_all => object.remember(log, *stamp),
                Ok(()) => {}
            }
        }
        if counts_all {
            all.iter().for_each(|stamp| object.remember(log, *stamp));
        }
    }

    /// For a kind whose ops must be applied in order: where something arrived late, begins again
    /// with all ops of the object.
    fn rewind(&mut self, object: &mut Object, mut arrived: Vec<Arrival>) -> Vec<Arrival> {
        let log = self.log;
        let late = arrived
            .first()
            .zip(object.history.as_ref().and_then(|history| history.last()))
            .is_some_and(|(first, last)| order(log, first.stamp, *last).is_lt());
        if !late {
            return arrived;
        }
        let before = object.stamps();
        object.history = None;
        self.graph.work.again += before.len() as u64;
        object.held = object.kind.empty();
        let mut ops = OpReader::of(log);
        arrived.extend(before.iter().map(|stamp| self.again(&mut ops, *stamp)));
        arrived.sort_by(|one, other| order(log, one.stamp, other.stamp));
        arrived
    }

    /// An op that counted before, to be applied again.
    fn again(&self, ops: &mut OpReader<'_>, stamp: Stamp) -> Arrival {
        let fields = self.graph.schema_of(&Past::of(self.log, stamp)).expect(HAD_EFFECT);
        let Some(Op::Edit { object, op: bytes }) = ops.op(stamp) else { panic!("{HAD_EFFECT}") };
        let field = fields.field(object.field).expect(HAD_EFFECT);
        let OfField::Kind(kind, config) = &field.of else { panic!("{HAD_EFFECT}") };
        // What it pointed to was there when it counted first.
        let op = config.as_ref().map_err(|reason| *reason);
        let op = op.and_then(|config| kind.decode(config, bytes, &|_, _| true));
        Arrival { stamp, op }
    }
}

/// A node that ops arrived at.
struct Touched {
    entry: NodeEntry,
    has_new_creations: bool,
    /// Objects whose ops wait for each other, ascending like the node's objects.
    waiting: Vec<Waiting>,
    /// The fields that ops arrived at.
    fields: Vec<FieldId>,
}

/// Ops that passed the checks, or of which at least the stamp counts; ascending in order.
struct Waiting {
    field: FieldId,
    kind: Arc<dyn AnyKind>,
    arrived: Vec<Arrival>,
}

impl Touched {
    fn new(entry: NodeEntry, has_new_creations: bool) -> Self {
        Touched { entry, has_new_creations, waiting: Vec::new(), fields: Vec::new() }
    }

    fn edit(
        &mut self,
        field: FieldId,
        (kind, config): (&Arc<dyn AnyKind>, &Result<AnyConfig, Void>),
        bytes: &[u8],
        past: &Past<'_>,
        saw: Saw<'_>,
    ) -> Result<(), Void> {
        if !kind.keeps_history() {
            let config = config.as_ref().map_err(|reason| *reason)?;
            match self.entry.find(field, kind.name()) {
                Ok(at) => {
                    kind.play(&mut self.entry.objects[at].held, config, bytes, past, saw)?;
                }
                Err(at) => {
                    let mut object = Object::empty(field, kind);
                    kind.play(&mut object.held, config, bytes, past, saw)?;
                    self.entry.objects.insert(at, object);
                }
            }
            self.note(field);
            return Ok(());
        }
        let op = config.as_ref().map_err(|reason| *reason);
        let op = op.and_then(|config| kind.decode(config, bytes, saw));
        let outcome = op.as_ref().map(|_| ()).map_err(|reason| *reason);
        if outcome.is_ok() || !kind.is_built_in() {
            self.note(field);
            self.wait(field, kind, Arrival { stamp: past.at(), op });
        }
        outcome
    }

    fn wait(&mut self, field: FieldId, kind: &Arc<dyn AnyKind>, arrival: Arrival) {
        let found = self.waiting.binary_search_by(|one| {
            one.field.cmp(&field).then_with(|| one.kind.name().cmp(kind.name()))
        });
        match found {
            Ok(at) => self.waiting[at].arrived.push(arrival),
            Err(at) => {
                let waiting = Waiting { field, kind: Arc::clone(kind), arrived: vec![arrival] };
                self.waiting.insert(at, waiting);
            }
        }
    }

    fn note(&mut self, field: FieldId) {
        if !self.fields.contains(&field) {
            self.fields.push(field);
        }
    }
}

/// Whether the author had seen a creation of the node with this type.
fn saw_creation(past: &Past<'_>, entry: &NodeEntry, node_type: TypeId) -> Result<(), Void> {
    let mut seen = entry.creations().filter(|one| past.saw(one.stamp)).peekable();
    if seen.peek().is_none() {
        return Err(Void::UnknownNode);
    }
    if seen.any(|one| one.node_type == node_type) { Ok(()) } else { Err(Void::WrongType) }
}

/// Whether the header of the commit there introduces this schema.
fn introduces(log: &Log, place: Place, schema: SchemaId) -> bool {
    log.introduced(&schema).any(|one| one == place)
}

/// Reads ops again. Those of one commit, asked for one after another, are decoded once.
pub(crate) struct OpReader<'a> {
    payloads: PayloadReader<'a>,
    last: Option<(Place, Vec<Op>)>,
}

impl<'a> OpReader<'a> {
    pub(crate) fn of(log: &'a Log) -> Self {
        OpReader { payloads: log.payloads(), last: None }
    }

    fn op(&mut self, stamp: Stamp) -> Option<&Op> {
        self.batch(stamp.place).get(stamp.index as usize)
    }

    /// All ops of a commit; none where its payload cannot be read.
    pub(crate) fn batch(&mut self, place: Place) -> &[Op] {
        if self.last.as_ref().is_none_or(|(last, _)| *last != place) {
            let payload = self.payloads.read(place).and_then(|bytes| Payload::decode(bytes).ok());
            self.last = Some((place, payload.map(|payload| payload.ops).unwrap_or_default()));
        }
        self.last.as_ref().map_or(&[], |(_, ops)| ops)
    }

    /// What an edit says to its kind.
    pub(crate) fn edit(&mut self, stamp: Stamp) -> Option<&[u8]> {
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
