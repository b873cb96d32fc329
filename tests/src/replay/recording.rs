//! A trace, written down as commits.
//!
//! ```text
//!  founder:  founding (schema) ◄─ the one document, with the text at the start
//!                                      ▲
//!  agents:   transaction ◄─ transaction ◄─ …        one commit each, parents as in the trace
//! ```
//!
//! **Invariants**
//! - A commit's past is the founder's commits and what the transaction's parents stand for.
//! - Ops are in bytes of the text that the author sees when it makes them.
//! - Of the versions in between, only those are kept that a later transaction still builds on.
//!
//! What this does not do: sign, or know of files.

use crate::histories::Rng;
use crate::replay::code_points::CodePoints;
use crate::replay::trace::{Patch, Trace, Transaction};
use crate::replay::{Options, account};
use anyhow::{Context, Result, ensure};
use woodland_format::{
    Commit, CommitId, DatasetId, Draft, FieldDefinition, FieldId, ObjectId, Op, Payload, Position,
    Schema, SchemaChange, SecretKey, TextOp, TypeDefinition, TypeId, encode, node_id,
};
use woodland_graph::{Graph, Kinds};
use woodland_log::Log;

const DOCUMENT: TypeId = TypeId(1);
const BODY: FieldId = FieldId(2);
/// After so many transactions of a sequential trace the next author takes over.
const TURN_OF_PEER: usize = 100;

/// The chain of one author.
pub(crate) struct Chain {
    pub(crate) key: SecretKey,
    pub(crate) commits: Vec<Commit>,
}

/// What a trace became.
pub(crate) struct Recording {
    pub(crate) schema: Schema,
    pub(crate) document: ObjectId,
    /// The founder's first, then those of the agents.
    pub(crate) chains: Vec<Chain>,
    /// The graph of all of it.
    pub(crate) graph: Graph,
    /// Insertions and deletions.
    pub(crate) ops: usize,
    /// Transactions that merge.
    pub(crate) merges: usize,
}

/// The state that a transaction builds on or makes.
#[derive(Clone)]
struct Version {
    log: Log,
    /// Of this log or of an earlier one that this log was made from.
    graph: Graph,
    text: CodePoints,
    heads: Vec<CommitId>,
}

struct Recorder {
    rng: Rng,
    document: ObjectId,
    dataset: DatasetId,
    schema: Schema,
    chains: Vec<Chain>,
    /// By agent, its chains. More than one only where it wrote without seeing its own earlier work.
    agents: Vec<Vec<usize>>,
    ops: usize,
}

impl Recording {
    /// Writes the trace down.
    pub(crate) fn of(trace: &Trace, options: &Options) -> Result<Recording> {
        let (mut recorder, root) = Recorder::found(&trace.start, options.seed)?;
        let mut children = trace.children();
        let is_head: Vec<bool> = children.iter().map(|count| *count == 0).collect();
        let mut versions: Vec<Option<Version>> = vec![None; trace.transactions.len()];
        let mut merges = 0;
        for (at, transaction) in trace.transactions.iter().enumerate() {
            let told = || format!("transaction {at}");
            let mut parents = Vec::with_capacity(transaction.parents.len());
            for parent in &transaction.parents {
                children[*parent] -= 1;
                let slot = &mut versions[*parent];
                let version = if children[*parent] == 0 { slot.take() } else { slot.clone() };
                parents.push(version.expect("a version is kept for as long as it has children"));
            }
            merges += usize::from(parents.len() > 1);
            let seen = if parents.is_empty() {
                root.clone()
            } else {
                recorder.merge(parents).with_context(told)?
            };
            let agent = match trace.is_concurrent {
                true => transaction.agent,
                false => at / TURN_OF_PEER % options.peers,
            };
            let made = recorder.write(agent, transaction, seen).with_context(told)?;
            versions[at] = Some(made);
        }
        let heads = versions.into_iter().zip(is_head).filter(|(_, is_head)| *is_head);
        let mut heads: Vec<Version> = heads.filter_map(|(version, _)| version).collect();
        if heads.is_empty() {
            heads.push(root);
        }
        let last = recorder.merge(heads).context("the end")?;
        let graph = last.graph.advance(&last.log);
        let shown = account::text_of(&graph, recorder.document)?;
        ensure!(
            shown == last.text.to_string(),
            "the graph's text is not what the last author sees: {}",
            account::text_difference(&last.text.to_string(), &shown).unwrap_or_default()
        );
        let Recorder { schema, document, chains, ops, .. } = recorder;
        Ok(Recording { schema, document, chains, graph, ops, merges })
    }

    pub(crate) fn dataset(&self) -> DatasetId {
        self.graph.log().dataset()
    }
}

impl Recorder {
    fn found(start: &str, seed: u64) -> Result<(Recorder, Version)> {
        let mut rng = Rng::from_seed(seed);
        let (schema, key) = (schema(), SecretKey::from_seed(rng.bytes()));
        let author = key.author();
        let position = Position::Founding {
            author,
            nonce: rng.bytes(),
            schema: schema.id(),
            certificate: None,
        };
        let payload = Payload::of(vec![Op::Schema(schema.clone())]);
        let founding =
            Commit::seal(author, Draft { position, turn: 0, parents: Vec::new(), payload })?;
        let log = Log::found(founding.clone())?;
        let document = ObjectId { node: node_id(&author, 1, 0, 0), field: BODY };
        let dataset = founding.id().into();
        let graph = Graph::of(&log, Kinds::standard());
        let heads = vec![founding.id()];
        let founded = Version { log, graph, text: CodePoints::default(), heads };
        let chains = vec![Chain { key, commits: vec![founding] }];
        let agents = Vec::new();
        let mut recorder = Recorder { rng, document, dataset, schema, chains, agents, ops: 0 };

        let mut text = CodePoints::default();
        let mut ops = vec![Op::Create { node_type: DOCUMENT, salt: 0 }];
        let typed = Patch(0, 0, start.to_owned());
        ops.extend(recorder.edits(&typed, &mut text)?);
        let mut root = recorder.append(0, ops, Version { text, ..founded })?;
        root.graph = root.graph.advance(&root.log);
        Ok((recorder, root))
    }

    /// The version that all of these make.
    fn merge(&self, mut versions: Vec<Version>) -> Result<Version> {
        if versions.len() < 2 {
            return versions.pop().context("nothing to merge");
        }
        // The graph that lacks least goes on.
        versions.sort_by_key(|version| version.graph.log().len());
        let heads = versions.iter().flat_map(|version| version.heads.iter().copied()).collect();
        let most = versions.pop().expect("two or more");
        let mut log = most.log;
        for version in &versions {
            log = log.merge(&version.log)?;
        }
        let graph = most.graph.advance(&log);
        let text = CodePoints::of(&account::text_of(&graph, self.document)?);
        Ok(Version { log, graph, text, heads })
    }

    fn write(&mut self, agent: usize, one: &Transaction, mut seen: Version) -> Result<Version> {
        let mut ops = Vec::with_capacity(one.patches.len());
        for (at, patch) in one.patches.iter().enumerate() {
            let edits = self.edits(patch, &mut seen.text);
            ops.extend(edits.with_context(|| format!("patch {at}"))?);
        }
        let chain = self.chain_of(agent, &seen.log);
        self.append(chain, ops, seen)
    }

    /// The chain that an agent goes on with: one whose end it sees.
    fn chain_of(&mut self, agent: usize, seen: &Log) -> usize {
        if agent >= self.agents.len() {
            self.agents.resize(agent + 1, Vec::new());
        }
        let goes_on = |chain: &&usize| {
            let last = self.chains[**chain].commits.last();
            last.is_none_or(|last| seen.contains(&last.id()))
        };
        if let Some(chain) = self.agents[agent].iter().find(goes_on) {
            return *chain;
        }
        self.chains
            .push(Chain { key: SecretKey::from_seed(self.rng.bytes()), commits: Vec::new() });
        self.agents[agent].push(self.chains.len() - 1);
        self.chains.len() - 1
    }

    /// The ops of a patch, which changes the text.
    fn edits(&mut self, patch: &Patch, text: &mut CodePoints) -> Result<Vec<Op>> {
        let Patch(position, deleted, inserted) = patch;
        let splice = text.edit(*position, *deleted, inserted)?;
        let at = u32::try_from(splice.at).context("a text of 4 GiB")?;
        let mut ops = Vec::with_capacity(2);
        if splice.deleted > 0 {
            let bytes = u32::try_from(splice.deleted).context("a deletion of 4 GiB")?;
            ops.push(TextOp::Delete { at, bytes });
        }
        if !inserted.is_empty() {
            ops.push(TextOp::Insert { at, text: inserted.clone() });
        }
        self.ops += ops.len();
        let object = self.document;
        Ok(ops.iter().map(|op| Op::Edit { object, op: encode(op) }).collect())
    }

    /// Seals a commit with these ops, on what its author sees, and adds it.
    fn append(&mut self, chain: usize, ops: Vec<Op>, seen: Version) -> Result<Version> {
        let Chain { key, commits } = &mut self.chains[chain];
        let author = key.author();
        let backlink = commits.last().map(Commit::id);
        let position = match commits.last() {
            Some(last) => Position::Next {
                backlink: last.id(),
                seq: last.seq() + 1,
                schema: SchemaChange::Keep,
            },
            None => {
                let (dataset, schema) = (self.dataset, self.schema.id());
                Position::First { author, dataset, schema, certificate: None }
            }
        };
        let is_others =
            |id: &CommitId| seen.log.get(id).is_none_or(|commit| commit.author() != author);
        let parents: Vec<CommitId> = seen.heads.iter().copied().filter(is_others).collect();
        let turn = seen.log.next_turn(backlink, &parents).context("a parent is not held")?;
        let payload = Payload::of(ops);
        let commit = Commit::seal(author, Draft { position, turn, parents, payload })?;
        let log = seen.log.append(&commit)?;
        let heads = vec![commit.id()];
        commits.push(commit);
        Ok(Version { log, heads, ..seen })
    }
}

fn schema() -> Schema {
    let body = FieldDefinition {
        id: BODY,
        name: "body".to_owned(),
        kind: "text".to_owned(),
        config: Vec::new(),
    };
    let document = TypeDefinition {
        id: DOCUMENT,
        name: "Document".to_owned(),
        version: 1,
        fields: vec![body],
    };
    Schema { types: vec![document] }
}
