//! Runs a crowd of members that talk over links which fail: `crowd --help`.
//!
//! `crowd [--story chaos|at-once|rejoin|small] [--faults NAME,…] [--peers N] [--authors N]
//! [--commits N] [--seed S]
//! [--trace] [--json FILE]`.
//!
//! **Invariants**
//! - The exit status is 0 only if nothing was broken.

use anyhow::Context;
use clap::{Parser, ValueEnum};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use woodland_sim::{Crowd, CrowdFault, Keep};

/// Runs members that hold a log each and talk by the protocol, while links lose, partition and
/// cut, and members crash; then faults stop, and all have to hold the same within a minute of
/// virtual time.
#[derive(Parser)]
struct Arguments {
    /// What they go through
    #[arg(long, value_enum, default_value_t = Story::Chaos)]
    story: Story,
    /// How many members; with `at-once`, that many authors
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    peers: usize,
    /// How many of them write
    #[arg(long, value_name = "N", default_value_t = 500)]
    authors: usize,
    /// How many commits they write; with `rejoin`, on each side
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    commits: usize,
    /// With `small`, what goes wrong
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = fault)]
    faults: Vec<CrowdFault>,
    /// The seed
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// Print all that happens
    #[arg(long)]
    trace: bool,
    /// Where to write the report for programs
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Story {
    /// Members write while everything fails
    Chaos,
    /// All write one commit at once, and then connect
    AtOnce,
    /// One comes back after thirty days, with what it wrote alone
    Rejoin,
    /// A small one, of which the seed says how many there are, with the faults that are named: a
    /// seed of the scorecard's rows of the network
    Small,
}

fn fault(name: &str) -> Result<CrowdFault, String> {
    let found = CrowdFault::ALL.into_iter().find(|fault| fault.name() == name);
    found.ok_or_else(|| format!("known are {}", CrowdFault::ALL.map(CrowdFault::name).join(", ")))
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let Arguments { peers, authors, commits, seed, .. } = arguments;
    let crowd = match arguments.story {
        Story::Chaos => Crowd::of(peers, authors, commits),
        Story::AtOnce => Crowd::at_once(peers),
        Story::Rejoin => Crowd::rejoining(commits),
        Story::Small => Crowd::small(arguments.faults.iter().copied()),
    };
    let started = Instant::now();
    let keep = if arguments.trace { Keep::Lines } else { Keep::Hash };
    let (mut report, trace) = crowd.keep(keep).run_traced(seed);
    let elapsed = started.elapsed();
    report.wall_milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    let mut out = std::io::stdout().lock();
    for line in &trace {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{report}\n{:.1} s", elapsed.as_secs_f64())?;
    if let Some(path) = arguments.json {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(if report.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
