//! What a deletion, a late link and a migration cost in a graph of a million nodes.
//!
//! ```text
//!  cargo bench -p woodland-benches --bench integrity               10^6 nodes
//!  cargo bench -p woodland-benches --bench integrity -- 5          10^5 nodes
//!  cargo bench -p woodland-benches --bench integrity -- 6 cascade  one policy
//! ```
//!
//! Every node has three pointers under the policy of the row. Three nodes are *hubs*, to which 10,
//! 1,000 and 100,000 others point; the other pointers go to nodes all over the graph that nobody
//! deletes (under *cascade* to nodes at the beginning, so that what a deletion takes is what the
//! row says).
//!
//! - *delete*: its author has seen all there is. Under *restrict* and *revive* it is void.
//! - *late, before*: a link to the hub arrives late whose author did not see the deletion, at a
//!   place before it in order; *late, after*: at a place behind it.
//! - *elsewhere*: the same link, to a node that nobody deletes.
//!
//! Each row tells what the judge looked at, which is the same on any machine, and the time, the
//! median of [`RUNS`] runs. No test looks at it; the counters have tests of their own.

use std::time::{Duration, Instant};
use woodland_format::{
    AuthorKey, Commit, CommitId, DatasetId, Draft, FieldDefinition, FieldId, Migration,
    MigrationStep, NodeId, ObjectId, OnDelete, Op, Payload, Position, RegisterConfig, RegisterOp,
    Schema, SchemaChange, SchemaId, SecretKey, TypeDefinition, TypeId, Value, ValueType, encode,
    node_id,
};
use woodland_graph::{Graph, Kinds};
use woodland_log::Log;

/// Of each measurement; the median is shown.
const RUNS: usize = 3;
const ITEM: TypeId = TypeId(1);
const FIELDS: [FieldId; 3] = [FieldId(1), FieldId(2), FieldId(3)];
/// How many nodes point to each hub.
const HUBS: [usize; 3] = [10, 1_000, 100_000];
/// Nodes in one commit.
const BATCH: usize = 1_000;
const SALT: u64 = 7;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let power = words.iter().find_map(|word| word.parse().ok()).unwrap_or(6);
    let nodes = 10usize.pow(power);
    let policies: [(&str, Option<OnDelete>); 4] = [
        ("nullify", None),
        ("restrict", Some(OnDelete::Restrict)),
        ("cascade", Some(OnDelete::Cascade)),
        ("revive", Some(OnDelete::Revive)),
    ];
    let is_asked = |name: &str| {
        let named = |word: &&String| policies.iter().any(|(policy, _)| policy == *word);
        !words.iter().any(|word| named(&word)) || words.iter().any(|word| word == name)
    };
    println!("{nodes} nodes with 3 pointers each; times are medians of {RUNS} runs\n");
    println!(
        "{:<9} {:>9}  {:<13} {:>8} {:>10} {:>10}  {:>8}",
        "policy", "referrers", "act", "judged", "links", "ms", "died"
    );
    for (name, policy) in policies.into_iter().filter(|(name, _)| is_asked(name)) {
        let world = World::build(nodes, policy);
        for (hub, _) in HUBS.iter().enumerate().filter(|(_, size)| **size < nodes) {
            world.measure(name, hub);
        }
    }
    println!("\nA migration that adds a field with a default, changes a type and removes a field:");
    for nodes in [1_000, nodes] {
        World::build(nodes, None).migrate(nodes);
    }
}

/// An author who has not written yet, and sorts where its number says.
fn author(number: u8) -> AuthorKey {
    // Nothing is signed here, so any 32 bytes are an author.
    let mut key = SecretKey::from_seed([1; 32]).author();
    key.0[0] = number;
    key
}

fn schema(policy: Option<OnDelete>) -> Schema {
    let pointer = match policy {
        None => ValueType::Pointer(ITEM),
        Some(on_delete) => ValueType::ForeignKey { target: ITEM, on_delete },
    };
    let config = encode(&RegisterConfig { value: ValueType::Optional(Box::new(pointer)) });
    let field = |id: FieldId| {
        let (name, kind) = (format!("to{}", id.0), "register".to_owned());
        FieldDefinition { id, name, kind, config: config.clone() }
    };
    let fields = FIELDS.map(field).to_vec();
    Schema { types: vec![TypeDefinition { id: ITEM, name: "Item".into(), version: 1, fields }] }
}

/// The dataset that all rows of one policy begin with.
struct World {
    log: Log,
    graph: Graph,
    tip: CommitId,
    schema: SchemaId,
    nodes: Vec<NodeId>,
}

impl World {
    fn build(count: usize, policy: Option<OnDelete>) -> World {
        let schema = schema(policy);
        let founder = author(200);
        let position = Position::Founding {
            author: founder,
            nonce: [7; 32],
            schema: schema.id(),
            certificate: None,
        };
        let payload = Payload::of(vec![Op::Schema(schema.clone())]);
        let draft = Draft { position, turn: 0, parents: Vec::new(), payload };
        let founding = Commit::seal(founder, draft).expect("a founding commit");
        let mut log = Log::found(founding.clone()).expect("a founding commit founds");
        let (mut tip, mut nodes, mut commits) = (founding.id(), Vec::new(), Vec::new());
        let mut write = |seq: u64, ops: Vec<Op>| {
            let position = Position::Next { backlink: tip, seq, schema: SchemaChange::Keep };
            let draft = Draft { position, turn: 0, parents: vec![], payload: Payload::of(ops) };
            let commit = Commit::seal(founder, draft).expect("an ordinary commit");
            tip = commit.id();
            commits.push(commit);
        };
        let mut seq = 1;
        for start in (0..count).step_by(BATCH) {
            let made = start..count.min(start + BATCH);
            let ops = made.clone().map(|_| Op::Create { node_type: ITEM, salt: SALT }).collect();
            nodes.extend((0..).zip(made).map(|(index, _)| node_id(&founder, seq, index, SALT)));
            write(seq, ops);
            seq += 1;
        }
        let is_cascade = policy == Some(OnDelete::Cascade);
        for start in (0..count).step_by(BATCH) {
            let mut ops = Vec::new();
            for from in start..count.min(start + BATCH) {
                let spread = |times: usize| (from * times + 13) % count;
                let elsewhere =
                    |times| if is_cascade { spread(times) % 4 + 3 } else { spread(times) };
                // Hubs are the first nodes; who points to them are the last ones.
                let hub = HUBS.iter().position(|size| count - from <= *size && *size < count);
                let targets = [hub.unwrap_or(elsewhere(7)), elsewhere(11), elsewhere(29)];
                for (field, to) in FIELDS.into_iter().zip(targets) {
                    // Nobody else points to a hub.
                    let to = if to < HUBS.len() && Some(to) != hub { to + HUBS.len() } else { to };
                    ops.push(link(nodes[from], field, nodes[to]));
                }
            }
            write(seq, ops);
            seq += 1;
        }
        log = log.extend(commits).expect("the writer keeps the rules");
        let graph = Graph::of(&log, Kinds::standard());
        assert_eq!(graph.voids().count(), 0, "every op counts");
        World { log, graph, tip, schema: schema.id(), nodes }
    }

    /// The first commit of an author who has seen all of this world.
    fn first(&self, author: AuthorKey, ops: Vec<Op>) -> Commit {
        let dataset = DatasetId::from(self.log.founding().id());
        let schema = self.schema;
        let position = Position::First { author, dataset, schema, certificate: None };
        let draft = Draft { position, turn: 1, parents: vec![self.tip], payload: Payload::of(ops) };
        Commit::seal(author, draft).expect("an ordinary commit")
    }

    fn measure(&self, policy: &str, hub: usize) {
        let target = self.nodes[hub];
        let deletion = self.first(author(100), vec![Op::Delete { node: target }]);
        let deleted = self.log.append(&deletion).expect("a commit on its past");
        let row = |act, died, (work, time): (woodland_graph::Work, Duration)| {
            let ms = time.as_secs_f64() * 1000.0;
            println!(
                "{policy:<9} {:>9}  {act:<13} {:>8} {:>10} {ms:>10.3}  {died:>8}",
                HUBS[hub], work.judged, work.referrers
            );
        };
        let (graph, cost) = timed(&self.graph, &deleted);
        let died = |graph: &Graph| graph.lives(&self.nodes).iter().filter(|lives| !**lives).count();
        row("delete", died(&graph), cost);
        // A node in the middle that points to no hub, with a place of its own in the order.
        let from = self.nodes[self.nodes.len() / 2 - 1];
        let acts = [
            ("late, before", 50, target),
            ("late, after", 150, target),
            ("elsewhere", 50, self.nodes[self.nodes.len() / 3]),
        ];
        for (act, place, to) in acts {
            let late = self.first(author(place), vec![link(from, FIELDS[2], to)]);
            let log = deleted.append(&late).expect("a commit on its past");
            let (after, cost) = timed(&graph, &log);
            row(act, died(&after), cost);
        }
    }

    fn migrate(&self, nodes: usize) {
        let mut wanted = schema(None);
        let text = encode(&RegisterConfig { value: ValueType::String });
        let late = encode(&RegisterConfig {
            value: ValueType::Default { of: Box::new(ValueType::Int), value: Value::Int(7) },
        });
        let (name, kind) = ("rank".to_owned(), "register".to_owned());
        let added = FieldDefinition { id: FieldId(9), name, kind, config: late };
        let migration = Migration {
            steps: vec![
                MigrationStep::AddField { node_type: ITEM, field: added },
                MigrationStep::ChangeType { field: FIELDS[1], config: text },
                MigrationStep::RemoveField { field: FIELDS[2] },
            ],
        };
        wanted = migration.apply(&wanted).expect("the steps fit");
        let position = Position::Next {
            backlink: self.tip,
            seq: self.log.place(&self.tip).expect("the tip is held").seq + 1,
            schema: SchemaChange::Introduce(wanted.id()),
        };
        let payload = Payload::of(vec![Op::Schema(wanted), Op::Migrate(migration)]);
        let bytes = payload.encode().len();
        let draft = Draft { position, turn: 0, parents: Vec::new(), payload };
        let commit = Commit::seal(author(200), draft).expect("an ordinary commit");
        let log = self.log.append(&commit).expect("a commit on its past");
        let (graph, (work, time)) = timed(&self.graph, &log);
        assert_eq!(graph.voids().count(), 0, "the migration applies");
        println!(
            "{nodes:>9} nodes: {bytes} B of payload, {} nodes read, {} written, {} objects, {} \
             decoded, {:.3} ms",
            work.reads,
            work.writes,
            work.objects,
            work.decoded,
            time.as_secs_f64() * 1000.0
        );
    }
}

fn link(from: NodeId, field: FieldId, to: NodeId) -> Op {
    let op = encode(&RegisterOp::Set(Value::Pointer(to)));
    Op::Edit { object: ObjectId { node: from, field }, op }
}

/// The graph of a later log, what its derivation looked at, and how long that took.
fn timed(graph: &Graph, log: &Log) -> (Graph, (woodland_graph::Work, Duration)) {
    let (mut times, mut graphs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let start = Instant::now();
        let after = graph.advance(log);
        times.push(start.elapsed());
        graphs.push(after); // Taking one apart is no part of the next one's time.
    }
    times.sort();
    let after = graphs.pop().expect("there was a run");
    let work = after.work();
    (after, (work, times[RUNS / 2]))
}
