//! Deriving: what arrived in a log becomes changes of the state.
//!
//! ```text
//!  arrived commits, in order ──► creations, checks ──► ops, by object ──► merged, object by object
//!                                                                         ──► judged (`judge`)
//! ```
//!
//! **Invariants**
//! - The result equals the serial run of `docs/meaning.md` over all commits, in whatever parts and
//!   order they arrived; a commit never arrives before its past.
//! - An object is touched only by its own ops; the cost follows what arrived and the objects it
//!   touches.
//! - Every op of every arrived commit ends as an effect or as one void.
//! - Within one derivation an op is masked or not, for good: where a revocation masks what was
//!   derived before it came, all is derived anew.
//!
//! What this does not do: read a clock, keep a payload, or judge what is visible.

use crate::erased::{AnyConfig, AnyKind, Arrival, Outcome};
use crate::fields::{Field, Fields, OfField};
use crate::graph::Graph;
use crate::judge::{News, judge};
use crate::kind::History;
use crate::past::{Past, Stamp, key, order};
use crate::reread::OpReader;
use crate::state::{Creation, NodeEntry, Object};
use crate::touched::{Touched, TouchedNodes, Waiting, saw_creation};
use crate::void::Void;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::sync::Arc;
use woodland_format::{
    FieldId, NodeId, ObjectId, Op, OpView, PAYLOAD_FORMAT, Payload, PayloadError, SchemaId, TypeId,
    Value, encode, keyed_node_id, node_id,
};
use woodland_log::{Log, OrderKey, Place};

const IS_HELD: &str = "what arrived is held";
const HAD_EFFECT: &str = "an op that had an effect is still in the log, with its schema";

/// Where a void stands: by commit in order, then by op; a whole payload before its ops.
pub(crate) type VoidKey = (OrderKey, Option<u32>);

impl Graph {
    /// The graph of `log`, which was made from this graph's log by append and merge.
    #[must_use]
    pub fn advance(&self, log: &Log) -> Graph {
        if masks_what_was_held(log, &self.log) {
            let mut order = log.order();
            return derive(self.anew_on(log), log, None, std::iter::from_fn(|| order.next_place()));
        }
        let mut arrived = log.arrived(&self.log);
        derive(self.on(log), log, Some(&self.log), std::iter::from_fn(|| arrived.next_place()))
    }

    /// Why an op had no effect, if so.
    pub(crate) fn void_of(&self, stamp: Stamp) -> Option<Void> {
        self.voids.get(&(key(self.log(), stamp), Some(stamp.index))).map(|reason| *reason)
    }

    /// The schema that an op's commit is written under, if something in its past carries it.
    pub(crate) fn schema_of(&self, past: &Past<'_>) -> Option<Arc<Fields>> {
        let place = past.at().place;
        let id = self.log.schema(place)?;
        self.schemas.known(&id, |carrier| self.log.saw(place, carrier))
    }
}

/// Whether a revocation that arrived masks a commit which was held before and was not masked.
fn masks_what_was_held(log: &Log, earlier: &Log) -> bool {
    let is_new = |place: &Place| earlier.author(*place).is_none();
    let mut masked = log.revocations().filter(is_new).flat_map(|place| log.masked_by(place));
    masked.any(|(line, mut seqs)| {
        seqs.any(|seq| {
            let place = Place { line, seq };
            earlier.author(place).is_some() && !earlier.is_masked(place)
        })
    })
}

/// Adds commits, ascending in order, to a graph that stands on `log` already; it was derived from
/// `earlier`, if from anything.
pub(crate) fn derive(
    graph: Graph,
    log: &Log,
    earlier: Option<&Log>,
    arrived: impl Iterator<Item = Place>,
) -> Graph {
    let (touched, news) = (TouchedNodes::default(), News::default());
    let mut run = Run { log, earlier: earlier.cloned(), graph, touched, news };
    let mut payloads = log.payloads();
    for place in arrived {
        run.take(place, payloads.read(place));
    }
    run.finish()
}

/// One run over what arrived.
pub(crate) struct Run<'a> {
    pub(crate) log: &'a Log,
    /// What was derived before it.
    pub(crate) earlier: Option<Log>,
    pub(crate) graph: Graph,
    /// The nodes that ops arrived at, as they become.
    pub(crate) touched: TouchedNodes,
    /// What the judge is told of at the end.
    pub(crate) news: News,
}

impl Run<'_> {
    fn take(&mut self, place: Place, payload: Option<&[u8]>) {
        self.graph.work.commits += 1;
        self.graph.work.decoded += 1;
        let ops = match payload.map(Payload::view) {
            Some(Ok(ops)) => ops,
            Some(Err(PayloadError::ForeignFormat { found })) if found > PAYLOAD_FORMAT => {
                self.graph.foreign.insert(self.key(place), ());
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
                self.create(past, fields, node, (node_type, None))
            }
            OpView::Other(Op::CreateKeyed { node_type, key }) => {
                check_key(fields, node_type, &key)?;
                let node = keyed_node_id(node_type, &encode(&key));
                self.create(past, fields, node, (node_type, Some(key)))
            }
            OpView::Other(Op::Recreate { node_type, key, generation }) => {
                check_key(fields, node_type, &key)?;
                let node = self.generation(past, node_type, &key, generation)?;
                self.create(past, fields, node, (node_type, Some(key)))
            }
            OpView::Other(Op::Delete { node }) => self.delete(past, node),
            OpView::Edit { object, op } => self.edit(past, fields, object, op),
            OpView::Other(Op::Migrate(_)) if past.is_masked() => Err(Void::Revoked),
            OpView::Other(Op::Migrate(migration)) => {
                let key = (self.key(stamp.place), stamp.index);
                self.graph.ledger.add(key, stamp, migration);
                Ok(())
            }
            OpView::Other(Op::Schema(_) | Op::Create { .. } | Op::Edit { .. }) => {
                unreachable!("each op has one view, and schemas were told above")
            }
        }
    }

    fn create(
        &mut self,
        past: &Past<'_>,
        fields: &Fields,
        node: NodeId,
        (node_type, key): (TypeId, Option<Value>),
    ) -> Result<(), Void> {
        let (log, is_revivable) = (self.log, fields.is_revivable(node_type));
        let (stamp, is_masked) = (past.at(), past.is_masked());
        let key = key.map(Arc::new);
        let creation = Creation { stamp, node_type, key, is_revivable, is_masked };
        match self.touch(node) {
            Some(place) => {
                let touched = self.touched.at(place);
                touched.entry.add(creation, |one, other| order(log, one, other).is_lt());
                touched.has_new_creations = true;
            }
            None => drop(self.touched.add(node, NodeEntry::of(creation), true)),
        }
        if is_masked { Err(Void::Revoked) } else { Ok(()) }
    }

    fn edit(
        &mut self,
        past: &Past<'_>,
        fields: &Fields,
        object: ObjectId,
        bytes: &[u8],
    ) -> Result<(), Void> {
        let Field { owner, is_revivable, of } =
            fields.field(object.field).ok_or(Void::UnknownField)?;
        let place = self.touch(object.node).ok_or(Void::UnknownNode)?;
        saw_creation(past, &self.touched.at(place).entry, *owner)?;
        let OfField::Kind { kind, config, waits, .. } = of else { return Err(Void::ReadOnly) };
        if past.is_masked() && !kind.is_built_in() {
            self.touched.at(place).note(object.field, kind);
            return Err(Void::Revoked);
        }
        let outcome = if *waits {
            self.wait(past, place, object.field, (kind, config), bytes)
        } else {
            self.play(past, (place, object), (kind, config), bytes)
        };
        let counts = outcome.is_ok() || !kind.is_built_in();
        if *is_revivable && counts && !past.is_masked() {
            self.touched.at(place).revivable.push(past.at());
        }
        outcome
    }

    /// Applies an op at once.
    fn play(
        &mut self,
        past: &Past<'_>,
        (place, object): (usize, ObjectId),
        (kind, config): (&Arc<dyn AnyKind>, &Result<AnyConfig, Void>),
        bytes: &[u8],
    ) -> Result<(), Void> {
        let config = config.as_ref().map_err(|reason| *reason)?;
        let mut taken = self.touched.at(place).take(object.field, kind);
        let outcome =
            kind.play(&mut taken.held, config, bytes, past, &|node, of| self.saw(past, node, of));
        self.touched.at(place).put(object.field, kind, taken, outcome.is_ok());
        outcome?;
        if past.is_masked() {
            return Err(Void::Revoked);
        }
        if self.graph.existence.is_followed(object.field, kind.name()) {
            let of = (place, object.node);
            self.follow(past, of, object.field, (&**kind, config), bytes);
        }
        Ok(())
    }

    /// Keeps an op until all that arrived at its object is there.
    fn wait(
        &mut self,
        past: &Past<'_>,
        place: usize,
        field: FieldId,
        (kind, config): (&Arc<dyn AnyKind>, &Result<AnyConfig, Void>),
        bytes: &[u8],
    ) -> Result<(), Void> {
        let op = config.as_ref().map_err(|reason| *reason);
        let op =
            op.and_then(|config| kind.decode(config, bytes, &|node, of| self.saw(past, node, of)));
        let outcome = op.as_ref().map(|_| ()).map_err(|reason| *reason);
        if outcome.is_ok() || !kind.is_built_in() {
            self.touched.at(place).wait(field, kind, Arrival { stamp: past.at(), op });
        }
        outcome
    }

    /// Whether the author had seen the node, created with this type.
    fn saw(&self, past: &Past<'_>, node: NodeId, node_type: TypeId) -> bool {
        self.known(node, |entry| saw_creation(past, entry, node_type).is_ok()) == Some(true)
    }

    /// What is to be told of what is known of a node, as it becomes.
    pub(crate) fn known<T>(&self, node: NodeId, tell: impl FnOnce(&NodeEntry) -> T) -> Option<T> {
        match self.touched.get(node) {
            Some(entry) => Some(tell(entry)),
            None => self.graph.state.get(node).map(|entry| tell(&entry)),
        }
    }

    /// Where what is known of a node stands, to be changed.
    pub(crate) fn touch(&mut self, node: NodeId) -> Option<usize> {
        if let Some(place) = self.touched.find(node) {
            return Some(place);
        }
        self.graph.work.reads += 1;
        let entry = self.graph.state.get(node)?;
        Some(self.touched.add(node, NodeEntry::clone(&entry), false))
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
            let fields = self.graph.schemas.learn(id, place, schema);
            self.follow_fields(place, &fields);
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
        let nodes = std::mem::take(&mut self.touched).into_sorted();
        self.graph.work.writes += nodes.len() as u64;
        let mut entries = Vec::with_capacity(nodes.len());
        for (node, Touched { mut entry, has_new_creations, mut revivable, waiting }) in nodes {
            // Of one creation alone nothing was or is void.
            if has_new_creations && !entry.more.is_empty() {
                self.settle(&entry);
            }
            if has_new_creations {
                self.keep_creations(node, &mut entry);
            }
            for Waiting { field, kind, arrived } in waiting {
                let voided = self.merge(&mut entry, field, &kind, arrived);
                revivable.retain(|edit| !voided.contains(edit));
            }
            self.keep(node, &mut entry, &revivable);
            for object in &mut entry.objects {
                self.graph.work.objects += u64::from(std::mem::take(&mut object.is_touched));
            }
            entry.objects.shrink_to_fit();
            entries.push((node, entry));
        }
        self.graph.state.put(entries);
        judge(self.log, &mut self.graph, self.news);
        self.graph.settle_schemas();
        self.graph
    }

    /// Lists the creations that came second, with another type.
    fn settle(&mut self, entry: &NodeEntry) {
        let decided = entry.first.node_type;
        for Creation { stamp, node_type, .. } in entry.creations().filter(|one| !one.is_masked) {
            let at = (key(self.log, *stamp), Some(stamp.index));
            if *node_type == decided {
                if self.graph.voids.get(&at).is_some_and(|reason| *reason == Void::TypeDiffers) {
                    self.graph.voids.remove(&at);
                }
            } else {
                self.graph.voids.insert(at, Void::TypeDiffers);
            }
        }
    }

    /// Applies the ops that waited for each other. Gives those of a built-in kind that are void.
    fn merge(
        &mut self,
        entry: &mut NodeEntry,
        field: FieldId,
        kind: &Arc<dyn AnyKind>,
        arrived: Vec<Arrival>,
    ) -> HashSet<Stamp> {
        let log = self.log;
        let found = entry.find(field, kind.name());
        let mut object = match found {
            Ok(at) => Object { is_touched: true, ..entry.objects[at].clone() },
            Err(_) => Object::touched(field, kind),
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
        // Of a kind that is not built in the void ops are kept, too.
        let is_void = |stamp| !kind.is_built_in() && self.graph.void_of(stamp).is_some();
        let history = History { log, stamps: &stamps, is_void: &is_void, read: &read };
        let outcomes = kind.merge(&mut object.held, sound, &history);
        self.graph.work.again += again.get();
        self.graph.work.decoded += ops.borrow().decoded();
        self.record(&mut object, &all, &outcomes);
        match found {
            _ if object.history.is_none() => {} // Every op was void: there is no such object yet.
            Ok(at) => entry.objects[at] = object,
            Err(at) => entry.objects.insert(at, object),
        }
        let void = outcomes.iter().filter(|(_, outcome)| outcome.is_err() && kind.is_built_in());
        void.map(|(stamp, _)| *stamp).collect()
    }

    /// Keeps the stamps of what counts: of a built-in kind what had an effect, and what is masked;
    /// of others all but that, which did not come here.
    fn record(&mut self, object: &mut Object, all: &[Stamp], outcomes: &[Outcome]) {
        let log = self.log;
        let counts_all = !object.kind.is_built_in();
        for (stamp, outcome) in outcomes {
            match outcome {
                Err(reason) => self.void(*stamp, *reason),
                Ok(()) if log.is_masked(stamp.place) => {
                    object.remember(log, *stamp);
                    self.void(*stamp, Void::Revoked);
                }
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
        self.graph.work.decoded += ops.decoded();
        arrived.sort_by(|one, other| order(log, one.stamp, other.stamp));
        arrived
    }

    /// An op that is kept, to be applied again if it had an effect: a void stays one.
    fn again(&self, ops: &mut OpReader<'_>, stamp: Stamp) -> Arrival {
        if let Some(reason) = self.graph.void_of(stamp) {
            return Arrival { stamp, op: Err(reason) };
        }
        let fields = self.graph.schema_of(&Past::of(self.log, stamp)).expect(HAD_EFFECT);
        let Some(Op::Edit { object, op: bytes }) = ops.op(stamp) else { panic!("{HAD_EFFECT}") };
        let field = fields.field(object.field).expect(HAD_EFFECT);
        let OfField::Kind { kind, config, .. } = &field.of else { panic!("{HAD_EFFECT}") };
        // What it pointed to was there when it counted first.
        let op = config.as_ref().map_err(|reason| *reason);
        let op = op.and_then(|config| kind.decode(config, bytes, &|_, _| true));
        Arrival { stamp, op }
    }
}

/// Whether nodes of this type are named by such a key.
fn check_key(fields: &Fields, node_type: TypeId, key: &Value) -> Result<(), Void> {
    if !fields.has_type(node_type) {
        return Err(Void::UnknownType);
    }
    let (_, of) = fields.key(node_type).ok_or(Void::NoKey)?;
    if of.admits(key) { Ok(()) } else { Err(Void::WrongValue) }
}

/// Whether the header of the commit there introduces this schema.
fn introduces(log: &Log, place: Place, schema: SchemaId) -> bool {
    log.introduced(&schema).any(|one| one == place)
}
