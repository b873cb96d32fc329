//! Runs the reliability harness and writes the scorecard.
//!
//! ```text
//!  scorecard ci|long [--out FILE] [--simulation FILE] [--planted FILE]   rings 1 and 2
//!                    [--keep FILE]          every row is written there as it ends; a run that
//!                                           was cut short goes on behind those that are there
//!  scorecard network [--tier ci|long] [--into PAGE] [--planted FILE]      the network alone; its
//!                                           section is put into a page, under its own commit
//!  scorecard planted [--json FILE]          in a build with --cfg planted: a process a bug
//!  scorecard stress …                       the program that ring 2 tortures
//! ```
//!
//! **Invariants**
//! - The exit status is 0 only if no promise was broken, no row is empty and no planted bug missed.
//!
//! What this does not do: run the simulated world; it reads what `simulate --json` wrote.

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use peakmem_alloc::{INSTRUMENTED_SYSTEM, PeakMemAlloc, PeakMemAllocTrait};
use std::alloc::System;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicUsize, Ordering};
use woodland_tests::reliability::{
    Hunted, KERNEL_CLASSES, NETWORK_CLASSES, Network, Rehearsal, Ring, Row, Scorecard, Tier, bugs,
    classes, hunt, kernel, merged, rehearsed, run, stress,
};

#[global_allocator]
static ALLOCATOR: &PeakMemAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Runs the reliability harness and writes the scorecard.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// The CI tier: a part that is spread over all
    Ci(Choices),
    /// The long tier: all
    Long(Choices),
    /// The network alone
    Network(NetworkChoices),
    /// Hunts every planted bug, each in a process of its own; needs a build with --cfg planted
    Planted {
        /// Where to write what was found, for `--planted`
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Only these
        names: Vec<String>,
    },
    /// Hunts one bug in this process, and prints what was found
    #[command(hide = true)]
    Hunt { name: String },
}

#[derive(clap::Args)]
struct Choices {
    /// Where to write the page; it is printed anyway
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What `simulate --json` wrote
    #[arg(long, value_name = "FILE")]
    simulation: Option<PathBuf>,
    /// What `scorecard planted --json` wrote
    #[arg(long, value_name = "FILE")]
    planted: Vec<PathBuf>,
    /// Where rows are kept as they end; those that are there are not run again
    #[arg(long, value_name = "FILE")]
    keep: Vec<PathBuf>,
    /// Only the classes with this in their name: a part of a run, which makes no page
    #[arg(long, value_name = "TEXT", conflicts_with = "out")]
    only: Vec<String>,
    /// Draws the moments of ring 2
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(clap::Args)]
struct NetworkChoices {
    /// How far to go
    #[arg(long, value_enum, default_value_t = NetworkTier::Long)]
    tier: NetworkTier,
    /// The page whose section of the network is replaced; else that is printed
    #[arg(long, value_name = "PAGE", conflicts_with = "only")]
    into: Option<PathBuf>,
    /// What `scorecard planted --json` wrote
    #[arg(long, value_name = "FILE")]
    planted: Vec<PathBuf>,
    /// Where rows are kept as they end; those that are there are not run again
    #[arg(long, value_name = "FILE")]
    keep: Vec<PathBuf>,
    /// Only the classes with this in their name
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum NetworkTier {
    /// A few seeds
    Ci,
    /// Hundreds
    Long,
}

/// What of a run is asked for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    keep: &'a [PathBuf],
    only: &'a [String],
    is_network: bool,
    seed: u64,
}

fn main() -> Result<ExitCode> {
    let words: Vec<String> = std::env::args().collect();
    if words.get(1).is_some_and(|word| word == "stress") {
        return Ok(stress(words.into_iter().skip(1)));
    }
    match Arguments::parse_from(words).act {
        Act::Ci(choices) => score("ci", Tier::Ci, &choices),
        Act::Long(choices) => score("long", Tier::Long, &choices),
        Act::Network(choices) => score_network(&choices),
        Act::Planted { json, names } => planted(json.as_deref(), &names),
        Act::Hunt { name } => hunt_here(&name),
    }
}

/// How many bytes are on the heap, counted from some number on. The allocator tells of peaks alone,
/// so room is asked for that makes one, and is not written to.
fn heap() -> usize {
    const ROOM_BYTES: usize = 1 << 30;
    static HELD: AtomicUsize = AtomicUsize::new(1 << 40);
    drop(std::hint::black_box(Vec::<u8>::with_capacity(ROOM_BYTES)));
    let peak = ALLOCATOR.get_peak_memory();
    ALLOCATOR.reset_peak_memory();
    let before = HELD.load(Ordering::Relaxed);
    let now = before.saturating_add(peak).saturating_sub(ROOM_BYTES);
    HELD.store(now, Ordering::Relaxed);
    now
}

/// What is caught is told in a row; a trace of it would only be in the way.
fn keep_panics_quiet() {
    std::panic::set_hook(Box::new(|_| {}));
}

fn score(name: &str, tier: Tier, choices: &Choices) -> Result<ExitCode> {
    keep_panics_quiet();
    let Choices { keep, only, seed, .. } = choices;
    let rows = rows(tier, Asked { keep, only, is_network: false, seed: *seed })?;
    let simulation = choices.simulation.as_deref().map(read).transpose()?;
    let hunted = hunted(&choices.planted)?;
    let card = Scorecard { tier: name.to_owned(), commit: commit(), rows, simulation, hunted };
    let page = card.page();
    if choices.only.is_empty() {
        print!("{page}");
    }
    if let Some(out) = &choices.out {
        std::fs::write(out, page).with_context(|| format!("writing {}", out.display()))?;
    }
    Ok(ending(&card))
}

fn score_network(choices: &NetworkChoices) -> Result<ExitCode> {
    keep_panics_quiet();
    let (tier, name) = match choices.tier {
        NetworkTier::Ci => (Tier::Ci, "ci"),
        NetworkTier::Long => (Tier::Long, "long"),
    };
    let NetworkChoices { keep, only, .. } = choices;
    let rows = rows(tier, Asked { keep, only, is_network: true, seed: 0 })?;
    let hunted = hunted(&choices.planted)?;
    let (tier, simulation) = (name.to_owned(), None);
    let card = Scorecard { tier, commit: commit(), rows, simulation, hunted };
    print!("{}", card.network());
    if let Some(path) = &choices.into {
        let page = std::fs::read_to_string(path);
        let page = page.with_context(|| format!("reading {}", path.display()))?;
        let page = merged(&page, &card);
        std::fs::write(path, page).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(ending(&card))
}

fn hunted(paths: &[PathBuf]) -> Result<Vec<Hunted>> {
    let mut hunted: Vec<Hunted> = Vec::new();
    for path in paths {
        hunted.extend(read::<Vec<Hunted>>(path)?);
    }
    Ok(hunted)
}

/// What failed is told.
fn ending(card: &Scorecard) -> ExitCode {
    let failures = card.failures();
    failures.iter().for_each(|failure| eprintln!("failed: {failure}"));
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Every class in its order: kept from an earlier run, or run now.
fn rows(tier: Tier, asked: Asked<'_>) -> Result<Vec<Row>> {
    let mut kept: Vec<Row> = Vec::new();
    for path in asked.keep.iter().filter(|path| path.exists()) {
        kept.extend(read::<Vec<Row>>(path)?);
    }
    let commit = commit();
    let all = if asked.is_network { Vec::new() } else { rehearsed() };
    let mut fresh: Vec<Row> = Vec::new();
    let mut rows = Vec::new();
    let mut one =
        |name: &str, ring: Ring, run: &mut dyn FnMut(&[Rehearsal]) -> Row| -> Result<()> {
            let is_asked =
                asked.only.is_empty() || asked.only.iter().any(|part| name.contains(part));
            if !is_asked || asked.is_network && ring != Ring::Crowd {
                return Ok(());
            }
            if let Some(row) = kept.iter().find(|row| row.class == name && row.ring == ring) {
                rows.push(row.clone());
                return Ok(());
            }
            let row = Row { commit: commit.clone(), ..run(&all) };
            let (injected, violations) = (row.injected, row.violations.len());
            eprintln!("{name}: {injected} injected, {violations} violations, {:.0} s", row.seconds);
            row.violations.iter().for_each(|text| eprintln!("  {text}"));
            rows.push(row.clone());
            fresh.push(row);
            if let Some(path) = asked.keep.first() {
                let mut before: Vec<Row> = if path.exists() { read(path)? } else { Vec::new() };
                before.retain(|old| fresh.iter().all(|new| new.class != old.class));
                before.extend(fresh.iter().cloned());
                std::fs::write(path, serde_json::to_string_pretty(&before)?)?;
            }
            Ok(())
        };
    for class in classes() {
        one(class.name, Ring::Simulated, &mut |all| {
            run(std::slice::from_ref(&class), all, tier).remove(0)
        })?;
    }
    let program = std::env::current_exe()?;
    for class in KERNEL_CLASSES {
        let seed = asked.seed;
        one(class, Ring::Kernel, &mut |_| kernel(class, &program, &["stress"], tier, seed))?;
    }
    let mut network = Network::weighed_by(Some(heap));
    for class in &NETWORK_CLASSES {
        one(class.name, Ring::Crowd, &mut |_| network.run(class, tier))?;
    }
    Ok(rows)
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path);
    let text = text.with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))
}

fn commit() -> String {
    let output = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output();
    let said = output.ok().filter(|output| output.status.success());
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    said.unwrap_or_else(|| "unknown".to_owned())
}

fn planted(json: Option<&Path>, names: &[String]) -> Result<ExitCode> {
    if !cfg!(planted) {
        bail!(
            "this build has no bugs in it: RUSTFLAGS=\"--cfg planted\" cargo run --release \
             --target-dir target/planted -p woodland-tests --bin scorecard -- planted"
        );
    }
    let mut found: Vec<Hunted> = Vec::new();
    for (name, _) in bugs().filter(|(name, _)| names.is_empty() || names.iter().any(|n| n == name))
    {
        let output = Command::new(std::env::current_exe()?).args(["hunt", name]).output()?;
        let hunted: Hunted = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("{name}: the hunt ended with {}", output.status))?;
        let word = if hunted.is_caught() { "caught" } else { "MISSED" };
        println!(
            "{name:<30} {word} in {} of {} pairs by {}: {}; seeds {:?}: {}",
            hunted.caught,
            hunted.pairs,
            hunted.classes.join(", "),
            hunted.first,
            hunted.seeds,
            hunted.first_of_seeds,
        );
        found.push(hunted);
        // What was found so far stays, however this ends.
        if let Some(path) = json {
            std::fs::write(path, serde_json::to_string_pretty(&found)?)?;
        }
    }
    let caught = found.iter().filter(|one| one.is_caught()).count();
    println!("{caught} of {} caught", found.len());
    Ok(if caught == found.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn hunt_here(name: &str) -> Result<ExitCode> {
    let Some((name, breaks)) = bugs().find(|(one, _)| *one == name) else {
        bail!("no planted bug is named {name}");
    };
    #[cfg(planted)]
    woodland_format::planted::choose(name);
    keep_panics_quiet();
    println!("{}", serde_json::to_string(&hunt(name, breaks, Some(heap)))?);
    Ok(ExitCode::SUCCESS)
}
