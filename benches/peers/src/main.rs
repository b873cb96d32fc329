//! Woodland beside its peers: the same data and the same acts, in one run.
//!
//! ```text
//!  cargo run --release --manifest-path benches/peers/Cargo.toml -- graph
//!
//!  main ──► run ──► this program again, `child` ──► suite ──► graph, sync ──► peers
//!            └────► report
//! ```
//!
//! **Invariants**
//! - One process a case: neither heap nor caches of one peer or case are another's.
//!
//! What this does not do: judge. See `README.md` for what the numbers mean.

mod checksum;
mod data;
mod graph;
mod heap;
mod peers;
mod report;
mod run;
mod suite;
mod sync;

use crate::peers::Peer;
use crate::run::{Part, Plan, Row};
use crate::suite::{Setting, Suite};
use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// All suites there are.
const SUITES: [&Suite; 2] = [&graph::GRAPH, &sync::SYNC];

#[derive(Parser)]
#[command(about = "Measures Woodland beside Automerge, Loro and Yrs")]
struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Nodes of five fields: insert, update, read, walk, save, load.
    Graph(GraphOptions),
    /// Two replicas meet: messages, bytes and time until both hold the same.
    Sync(SyncOptions),
    /// One case by one peer, as a run starts it.
    #[command(hide = true)]
    Child(Child),
}

#[derive(Args)]
struct Options {
    /// Also write one line of JSON for each case, metric and peer.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// How often each case is measured; the medians are shown.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Only these peers.
    #[arg(long, value_name = "PEER", value_delimiter = ',')]
    only: Vec<Peer>,
}

#[derive(Args)]
struct GraphOptions {
    #[command(flatten)]
    options: Options,
    /// How many nodes the graph has.
    #[arg(long, default_value_t = data::NODES)]
    nodes: usize,
}

#[derive(Args)]
struct SyncOptions {
    #[command(flatten)]
    options: Options,
    /// Do each case once, on a short history: the numbers say nothing.
    #[arg(long)]
    quick: bool,
}

#[derive(Args)]
struct Child {
    #[arg(long)]
    suite: String,
    #[arg(long)]
    peer: Peer,
    #[arg(long)]
    case: Option<String>,
    #[arg(long)]
    nodes: usize,
    #[arg(long)]
    saved: PathBuf,
}

fn main() -> Result<()> {
    match Arguments::parse().act {
        Act::Graph(GraphOptions { options, nodes }) => {
            compare(&graph::GRAPH, &options, nodes, report::table)
        }
        Act::Sync(SyncOptions { options, quick }) => {
            let shared = if quick { sync::history::SHARED_QUICK } else { sync::history::SHARED };
            let options = if quick { Options { runs: 1, ..options } } else { options };
            compare(&sync::SYNC, &options, shared, sync::table::tables)
        }
        Act::Child(child) => answer(child),
    }
}

fn compare(
    suite: &'static Suite,
    options: &Options,
    nodes: usize,
    table: fn(&[Row], &[Peer]) -> String,
) -> Result<()> {
    let Options { json, runs, only } = options;
    ensure!(*runs > 0 && nodes > 0, "at least one run and one node");
    let wanted = |peer: &Peer| only.is_empty() || only.contains(peer);
    let peers: Vec<Peer> = Peer::ALL.into_iter().filter(wanted).collect();
    let rows = Plan { suite, peers: peers.clone(), runs: *runs, nodes }.run()?;
    println!("{}: {nodes} {}, medians of {runs}\n", suite.name, suite.of);
    print!("{}", table(&rows, &peers));
    if let Some(path) = json {
        let lines = report::lines_of_json(suite.name, &rows)?;
        std::fs::write(path, lines).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

fn answer(child: Child) -> Result<()> {
    let Child { suite, peer, case, nodes, saved } = child;
    let suite = SUITES.into_iter().find(|one| one.name == suite).context("a suite's name")?;
    let found = |name: String| suite.cases.iter().find(|one| one.name == name);
    let part = match case {
        None => Part::Prepare,
        Some(name) => Part::Case(found(name).context("the name of a case of the suite")?),
    };
    let answer = run::answer(suite, peer, &part, &Setting { nodes, saved })?;
    println!("{}", serde_json::to_string(&answer)?);
    Ok(())
}
