//! Whether the engine says what the oracle says, for one history reached in many ways.
//!
//! **Invariants**
//! - Everything that the engine answers is compared: order, digest, who lives, the current schema,
//!   voids; and nodes, values, conflicts and clashes, as read through the current schema and
//!   through every one that the log carries.
//! - The engine is driven as a replica drives it: from nothing, one commit at a time, in bursts,
//!   through the merge of two halves, and back to an earlier version; where the dataset has an
//!   owner, also put to rest and woken in between.
//!
//! What this does not do: know which of the two is right.

use crate::histories::{History, Rng};
use crate::oracle::{ClashRule, ConflictEntry, ConflictName, ConflictPart, Oracle};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use woodland_format::{
    Commit, CommitId, Digest, FieldId, NodeId, ObjectId, Schema, SchemaId, TypeId, UniqueConfig,
    Value, decode,
};
use woodland_graph::{Graph, Kinds, Node, Part};
use woodland_log::Log;
use woodland_page::{MemoryPages, Stored, Writing, rest, wake};

/// The log of these commits, which arrive past first.
///
/// # Panics
/// When the log refuses one: the generator makes valid commits only.
pub fn log_of(commits: &[Commit]) -> Log {
    let mut commits = commits.iter();
    let first = commits.next().expect("a history has a founding commit").clone();
    let founded = Log::found(first).expect("the first commit founds");
    commits.fold(founded, |log, commit| log.append(commit).expect("a valid commit"))
}

/// What the oracle says of these commits, which stand past first, and the engine too.
///
/// # Panics
/// When the two differ.
pub fn agreed(commits: &[Commit]) -> Oracle {
    let oracle = Oracle::of(commits);
    let graph = Graph::of(&log_of(commits), Kinds::standard());
    if let Err(difference) = compare(&oracle, &graph) {
        panic!("engine and oracle differ: {difference}");
    }
    oracle
}

/// All that can be asked of a version, as the oracle answers it.
#[derive(Debug)]
pub struct Answers {
    order: Vec<CommitId>,
    is_relay_only: bool,
    /// Of all nodes that were ever created, whether they live.
    lives: BTreeMap<NodeId, bool>,
    voids: Vec<(CommitId, Option<u32>, &'static str)>,
    digest: Digest,
    current: Option<Schema>,
    /// What a reader of the current schema sees; nothing where there is none.
    read: Reading,
    /// What readers of the schemas see that the log carries.
    read_through: BTreeMap<SchemaId, Reading>,
}

/// What a reader of one schema sees.
#[derive(Debug, Default)]
struct Reading {
    nodes: BTreeMap<NodeId, TypeId>,
    values: BTreeMap<ObjectId, Value>,
    conflicts: BTreeMap<ConflictName, Vec<ConflictEntry>>,
    clashes: Vec<SeenClash>,
    /// Of the schema: what objects there can be.
    fields: Vec<FieldId>,
}

/// Type, rule, values, holder, the others.
type SeenClash = (TypeId, FieldId, Vec<Value>, NodeId, Vec<NodeId>);

impl Reading {
    fn of(oracle: &Oracle, schema: &Schema) -> Reading {
        let fields = schema.types.iter().flat_map(|one| &one.fields).map(|field| field.id);
        Reading {
            nodes: oracle.nodes_through(schema),
            values: oracle.values_through(schema),
            conflicts: oracle.conflicts_through(schema),
            clashes: clashes(oracle, schema),
            fields: fields.collect(),
        }
    }

    /// Compares what a graph shows through its schema.
    fn compare(&self, graph: &Graph) -> Result<(), String> {
        let nodes: Vec<_> = graph.all().collect();
        same("nodes", &self.nodes, &nodes.iter().map(|node| (node.id, node.node_type)).collect())?;
        let mut values = BTreeMap::<ObjectId, Value>::new();
        for node in &nodes {
            for (field, value) in &node.fields {
                values.insert(ObjectId { node: node.id, field: *field }, value.clone());
            }
        }
        same("values", &self.values, &values)?;
        none_dangles(graph)?;
        let fields_of = |node: &Node| {
            let node = node.id;
            self.fields.iter().map(move |field| ObjectId { node, field: *field })
        };
        let objects: Vec<ObjectId> = nodes.iter().flat_map(fields_of).collect();
        same("conflicts", &self.conflicts, &conflicts(graph, &objects))?;
        let alone = objects.iter().zip(graph.values(&objects));
        let alone = alone.filter_map(|(object, value)| Some((*object, value?))).collect();
        same("values asked for one by one", &values, &alone)?;
        // A reader whose schema has no key for the type is told of the key that its maker had.
        let rule = |rule| if self.fields.contains(&rule) { rule } else { FieldId(0) };
        let clashes = graph.clashes().into_iter();
        let clashes =
            clashes.map(|one| (one.node_type, rule(one.rule), one.values, one.holder, one.others));
        let mut clashes: Vec<SeenClash> = clashes.collect();
        clashes.sort();
        same("clashes", &self.clashes, &clashes)
    }
}

/// The oracle's clashes through this schema, with the field and the values of each.
fn clashes(oracle: &Oracle, schema: &Schema) -> Vec<SeenClash> {
    let values = oracle.values_through(schema);
    let seen = |field: FieldId, node: NodeId| values.get(&ObjectId { node, field }).cloned();
    let with_values = |clash: crate::oracle::Clash| {
        let fields = schema.type_with(clash.node_type).map(|one| &one.fields);
        let (rule, shown) = match clash.rule {
            ClashRule::Field(rule) => {
                let rule = schema.field_with(rule).expect("a rule is a field").1;
                let config = decode::<UniqueConfig, 65536>("a rule", &rule.config);
                let fields = config.expect("a rule that is broken is sound").fields;
                (rule.id, fields.iter().filter_map(|one| seen(*one, clash.holder)).collect())
            }
            ClashRule::Key(key) => {
                let named = fields.into_iter().flatten().find(|field| field.kind == "key");
                (named.map_or(FieldId(0), |field| field.id), vec![key])
            }
        };
        (clash.node_type, rule, shown, clash.holder, clash.others)
    };
    let mut clashes: Vec<SeenClash> =
        oracle.clashes_through(schema).into_iter().map(with_values).collect();
    clashes.sort();
    clashes
}

impl Answers {
    /// The oracle's answers.
    pub fn of(oracle: &Oracle) -> Answers {
        let voids = oracle.voids().into_iter();
        let current = oracle.current_schema();
        let read = current.as_ref().map(|schema| Reading::of(oracle, schema));
        let carried = oracle.carried_schemas();
        let read_through = carried.iter().map(|one| (one.id(), Reading::of(oracle, one)));
        let created = oracle.creations().into_keys();
        Answers {
            order: oracle.order(),
            is_relay_only: oracle.is_relay_only(),
            lives: created.map(|node| (node, oracle.lives(node))).collect(),
            voids: voids.map(|void| (void.commit, void.index, void.reason)).collect(),
            digest: oracle.digest(),
            read: read.unwrap_or_default(),
            read_through: read_through.collect(),
            current,
        }
    }

    /// Compares every answer of a graph with these.
    ///
    /// # Errors
    /// The first difference, in words.
    pub fn compare(&self, graph: &Graph) -> Result<(), String> {
        let order: Vec<CommitId> = graph.log().order().map(|(_, commit)| commit.id()).collect();
        same("order", &self.order, &order)?;
        same("relay-only", &self.is_relay_only, &graph.foreign().is_some())?;
        if self.is_relay_only {
            return Ok(());
        }
        let nodes: Vec<NodeId> = self.lives.keys().copied().collect();
        let lives = nodes.iter().copied().zip(graph.lives(&nodes)).collect();
        same("lives", &self.lives, &lives)?;
        let current = graph.current();
        let bytes = |schema: Option<&Schema>| schema.map(Schema::encode);
        same("current schema", &bytes(self.current.as_ref()), &bytes(current.as_deref()))?;
        let voids: Vec<_> =
            graph.voids().map(|void| (void.commit, void.index, void.reason.name())).collect();
        same("voids", &self.voids, &voids)?;
        self.read.compare(graph)?;
        for (schema, reading) in &self.read_through {
            let through = graph.through(schema);
            let through = through.ok_or_else(|| format!("nothing is read through {schema:?}"))?;
            let told = |error| format!("through schema {schema:?}: {error}");
            reading.compare(&through).map_err(told)?;
        }
        same("digest", &self.digest, &graph.digest())
    }
}

/// Compares every answer of a graph with the oracle's.
///
/// # Errors
/// The first difference, in words.
pub fn compare(oracle: &Oracle, graph: &Graph) -> Result<(), String> {
    Answers::of(oracle).compare(graph)
}

/// No pointer that a reader sees leads to a node that does not live.
///
/// # Errors
/// Where one does.
pub fn none_dangles(graph: &Graph) -> Result<(), String> {
    for node in graph.all() {
        for (field, value) in &node.fields {
            let mut targets = Vec::new();
            value.pointers(&mut |node| targets.push(node));
            if let Some((target, _)) =
                targets.iter().zip(graph.lives(&targets)).find(|(_, lives)| !lives)
            {
                let node = node.id;
                return Err(format!("field {field:?} of {node} points to {target}, which is dead"));
            }
        }
    }
    Ok(())
}

/// What the engine says of these objects.
fn conflicts(graph: &Graph, objects: &[ObjectId]) -> BTreeMap<ConflictName, Vec<ConflictEntry>> {
    let mut conflicts = BTreeMap::new();
    for (object, found) in objects.iter().zip(graph.conflicts(objects)) {
        for conflict in found {
            let part = match conflict.part {
                Part::Whole => ConflictPart::Whole,
                Part::Member(number) => ConflictPart::Member(number),
                Part::Key(key) => ConflictPart::Key(key),
                Part::Item(at) => panic!("a list has no conflicts, yet it has one at {at}"),
            };
            let losers = conflict.losers.into_iter();
            let losers = losers.map(|write| (write.commit, write.index, write.value)).collect();
            conflicts.insert((*object, part), losers);
        }
    }
    conflicts
}

fn same<T: PartialEq + Debug>(what: &str, oracle: &T, engine: &T) -> Result<(), String> {
    if oracle == engine {
        return Ok(());
    }
    Err(format!("{what} differ\n  oracle: {oracle:?}\n  engine: {engine:?}"))
}

/// Derives one history along every path and compares each with the oracle.
///
/// # Errors
/// The path and the first difference on it.
pub fn check(history: &History, oracle: &Oracle) -> Result<(), String> {
    let mut rng = Rng::from_seed(history.seed ^ 0x5eed);
    let told = |path: &'static str| move |error| format!("{path}: {error}");
    let log = log_of(&history.commits);
    let at_once = Graph::of(&log, Kinds::standard());
    let answers = Answers::of(oracle);
    answers.compare(&at_once).map_err(told("at once"))?;

    let arrival = history.causal_arrival(&mut rng);
    answers.compare(&step_by_step(&arrival, &mut rng)).map_err(told("step by step"))?;

    let merged = merge_of_halves(&arrival, &history.causal_arrival(&mut rng), &mut rng);
    answers.compare(&merged).map_err(told("merge of two parts"))?;

    if log.owner().is_some() {
        answers.compare(&with_naps(&arrival, &mut rng)).map_err(told("with naps"))?;
    }

    let count = 1 + rng.below(history.commits.len());
    let prefix = history.prefix(count);
    let heads: Vec<CommitId> = log_of(prefix).heads().collect();
    let earlier = log.at(&heads).map_err(|error| error.to_string())?;
    let earlier = Graph::of(&earlier, Kinds::standard());
    compare(&Oracle::of(prefix), &earlier).map_err(told("an earlier version"))
}

/// Commits arrive in bursts; the digest is asked for now and then, and old graphs are kept alive.
fn step_by_step(arrival: &[Commit], rng: &mut Rng) -> Graph {
    let mut log = log_of(&arrival[..1]);
    let mut graph = Graph::of(&log, Kinds::standard());
    let mut kept = Vec::new();
    for commit in &arrival[1..] {
        log = log.append(commit).expect("a valid commit");
        if rng.chance(60) {
            graph = graph.advance(&log);
            if let Err(dangling) = none_dangles(&graph) {
                panic!("on the way: {dangling}");
            }
        }
        if rng.chance(20) {
            kept.push((graph.digest(), graph.clone()));
        }
    }
    for (digest, graph) in kept {
        assert_eq!(digest, graph.digest(), "a version never changes");
    }
    graph.advance(&log)
}

/// Commits arrive in bursts, between which the log and the graph are put to rest and wake.
fn with_naps(arrival: &[Commit], rng: &mut Rng) -> Graph {
    let pages = MemoryPages::default();
    let mut graph = Graph::of(&log_of(&arrival[..1]), Kinds::standard());
    let mut log = graph.log().clone();
    for commit in &arrival[1..] {
        log = log.append(commit).expect("a valid commit");
        if rng.chance(50) {
            graph = graph.advance(&log);
        }
        if rng.chance(20) {
            if rng.chance(50) {
                graph.digest();
                graph.clashes();
            }
            let at = rest(&Rested(graph.advance(&log)), &mut pages.clone());
            let woken = wake(&pages.pages(1 << 20, Arc::new(Kinds::standard())), at);
            Rested(graph) = woken.expect("it was put there");
            log = graph.log().clone();
        }
    }
    graph.advance(&log)
}

/// A log and its graph, as one value.
struct Rested(Graph);

impl Stored for Rested {
    fn write(&self, to: &mut Writing<'_>) {
        self.0.log().write(to);
        self.0.rest(to);
    }

    fn read(from: &mut woodland_page::Reading<'_>) -> Option<Self> {
        let log = Log::read(from)?;
        let kinds = from.context::<Kinds>()?.clone();
        Graph::wake(log, kinds, from).map(Rested)
    }
}

fn merge_of_halves(one: &[Commit], other: &[Commit], rng: &mut Rng) -> Graph {
    let cut = |arrival: &[Commit], rng: &mut Rng| {
        let count = 1 + rng.below(arrival.len());
        log_of(&arrival[..count])
    };
    let (left, right, all) = (cut(one, rng), cut(other, rng), log_of(one));
    let graph = Graph::of(&left, Kinds::standard());
    let merged = left.merge(&right).expect("one dataset");
    let graph = graph.advance(&merged);
    graph.advance(&merged.merge(&all).expect("one dataset"))
}
