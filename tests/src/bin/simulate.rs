//! Runs seeds of the simulated world, or one of them with its trace: `simulate --help`.
//!
//! `simulate [--seeds N] [--first N] [--threads N] [--json FILE]`, `simulate --seed N [--trace]`.
//!
//! **Invariants**
//! - The exit status is 0 only if no seed broke a promise; those that did are listed at the end.
//! - How many threads share the seeds changes nothing but the time.

use anyhow::Context;
use clap::Parser;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use woodland_sim::{Keep, Simulation, SimulationReport};
use woodland_tests::simulated::{Wood, examine, examine_sampled};

/// Runs replicas in simulated worlds, where disks, links, clocks and power fail by seed, and checks
/// what was promised. At the end of some seeds the oracle and the dump look at the outcome.
#[derive(Parser)]
struct Arguments {
    /// How many seeds
    #[arg(long, value_name = "N", default_value_t = 200)]
    seeds: u64,
    /// The first of them
    #[arg(long, value_name = "N", default_value_t = 0)]
    first: u64,
    /// How many threads share them
    #[arg(long, value_name = "N", default_value_t = 2)]
    threads: u64,
    /// One seed alone, examined
    #[arg(long, value_name = "N", conflicts_with_all = ["seeds", "first"])]
    seed: Option<u64>,
    /// Print every act, disk call and message of that seed
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Where to write the report for programs
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let started = Instant::now();
    let mut report = match arguments.seed {
        Some(seed) => one(seed, arguments.trace)?,
        None => many(arguments.first, arguments.seeds, arguments.threads.max(1)),
    };
    let elapsed = started.elapsed();
    report.wall_milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    println!("{report}");
    let minutes = elapsed.as_secs_f64() / 60.0;
    println!("{:.0} s, {:.0} seeds a minute", minutes * 60.0, report.seeds as f64 / minutes);
    if let Some(path) = arguments.json {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    if report.is_well() {
        return Ok(ExitCode::SUCCESS);
    }
    println!("again: cargo run --release -p woodland-tests --bin simulate -- --seed N --trace");
    Ok(ExitCode::FAILURE)
}

fn one(seed: u64, is_traced: bool) -> anyhow::Result<SimulationReport> {
    let keep = if is_traced { Keep::Lines } else { Keep::Hash };
    let run = Simulation::of(&Wood).examine(&examine).keep(keep).run(seed);
    let mut out = std::io::stdout().lock();
    for line in &run.trace {
        writeln!(out, "{line}")?;
    }
    let hash: String = run.trace_hash.iter().map(|byte| format!("{byte:02x}")).collect();
    writeln!(out, "trace {hash}")?;
    let mut report = SimulationReport::default();
    report.take(&run);
    Ok(report)
}

fn many(first: u64, seeds: u64, threads: u64) -> SimulationReport {
    let share = |thread: u64| {
        let simulation = Simulation::of(&Wood).examine(&examine_sampled);
        let mut report = SimulationReport::default();
        let step = usize::try_from(threads).unwrap_or(usize::MAX);
        for seed in (first + thread..first + seeds).step_by(step) {
            let run = simulation.run(seed);
            if let Some(violation) = &run.violation {
                eprintln!("{violation}");
            }
            report.take(&run);
        }
        report
    };
    let mut report = SimulationReport::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..threads).map(|thread| scope.spawn(move || share(thread))).collect();
        for worker in workers {
            report.add(&worker.join().expect("a run catches the panics below it"));
        }
    });
    report
}
