//! A trace as it stands in its file, checked so far that it can be recorded.
//!
//! **Invariants**
//! - The parents of a transaction are earlier ones, ascending, each once.
//! - Positions and lengths count Unicode code points.
//! - In a sequential trace every transaction but the first has one parent: the one before it.
//!
//! What this does not do: look whether a patch fits its text; recording does.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::io::Read;
use std::path::Path;

/// A recorded editing history of one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What it is called.
    pub name: String,
    /// The text before all transactions.
    pub start: String,
    /// The text after all of them.
    pub end: String,
    /// What was done.
    pub transactions: Vec<Transaction>,
    /// Whether the file says who wrote what on which state.
    pub is_concurrent: bool,
}

/// What one agent did at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Who.
    pub agent: usize,
    /// The state it was done on: the merge of these; none is the text at the start.
    pub parents: Vec<usize>,
    /// One after the other.
    pub patches: Vec<Patch>,
}

/// Position, how much is deleted there, and what is then inserted there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Patch(pub usize, pub usize, pub String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TraceJson {
    kind: Option<String>,
    num_agents: Option<usize>,
    #[serde(default)]
    start_content: String,
    end_content: String,
    txns: Vec<TransactionJson>,
    #[serde(default, rename = "using_byte_positions")]
    counts_bytes: bool,
}

#[derive(Deserialize)]
struct TransactionJson {
    agent: Option<usize>,
    parents: Option<Vec<usize>>,
    patches: Vec<Patch>,
}

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

impl Trace {
    /// Reads a trace file, gzipped or not.
    ///
    /// # Errors
    /// When it cannot be read or is not a trace; the message names file and transaction.
    pub fn read(path: &Path) -> Result<Trace> {
        let told = || path.display().to_string();
        let mut bytes = std::fs::read(path).with_context(told)?;
        if bytes.starts_with(&GZIP_MAGIC) {
            let mut unpacked = Vec::new();
            let mut packed = flate2::read::MultiGzDecoder::new(bytes.as_slice());
            packed.read_to_end(&mut unpacked).context("damaged gzip").with_context(told)?;
            bytes = unpacked;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.trim_end_matches(".gz").trim_end_matches(".json");
        Trace::parse(name, &bytes).with_context(told)
    }

    /// Reads a trace from the JSON in these bytes.
    ///
    /// # Errors
    /// As for [`Trace::read`].
    pub fn parse(name: &str, json: &[u8]) -> Result<Trace> {
        let json: TraceJson = serde_json::from_slice(json).context("not a trace")?;
        ensure!(
            !json.counts_bytes,
            "the trace counts bytes, a trace has to count code points: convert it first"
        );
        let is_concurrent = match json.kind.as_deref() {
            Some("concurrent") => true,
            Some("sequential") => false,
            None => json.txns.iter().any(|one| one.parents.is_some()),
            Some(kind) => bail!("kind {kind:?} is not known, only \"concurrent\" is"),
        };
        let mut transactions = Vec::with_capacity(json.txns.len());
        for (at, one) in json.txns.into_iter().enumerate() {
            let one = if is_concurrent {
                concurrent(at, one, json.num_agents)
            } else {
                let parents = at.checked_sub(1).into_iter().collect();
                Ok(Transaction { agent: 0, parents, patches: one.patches })
            };
            transactions.push(one.with_context(|| format!("transaction {at}"))?);
        }
        let (name, start, end) = (name.to_owned(), json.start_content, json.end_content);
        Ok(Trace { name, start, end, transactions, is_concurrent })
    }

    /// How many transactions each has for its parent.
    pub(crate) fn children(&self) -> Vec<usize> {
        let mut children = vec![0; self.transactions.len()];
        for parent in self.transactions.iter().flat_map(|one| &one.parents) {
            children[*parent] += 1;
        }
        children
    }
}

fn concurrent(at: usize, one: TransactionJson, agents: Option<usize>) -> Result<Transaction> {
    let agent = one.agent.context("it has no agent, as each of a concurrent trace must")?;
    let mut parents =
        one.parents.context("it has no parents, as each of a concurrent trace must")?;
    if let Some(agents) = agents {
        ensure!(agent < agents, "agent {agent}, but the trace says that it has {agents}");
    }
    if let Some(later) = parents.iter().find(|parent| **parent >= at) {
        bail!("parent {later} is not an earlier transaction");
    }
    parents.sort_unstable();
    parents.dedup();
    Ok(Transaction { agent, parents, patches: one.patches })
}
