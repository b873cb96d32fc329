//! Attacks the decoders: `fuzz [TARGET…] [--executions N] [--seed S]`, one thread.
//!
//! **Invariants**
//! - The exit status is 0 only if no target panicked or took too much; the input that did is
//!   written to a file and printed.

use clap::Parser;
use peakmem_alloc::{INSTRUMENTED_SYSTEM, PeakMemAlloc, PeakMemAllocTrait};
use std::alloc::System;
use std::path::PathBuf;
use std::process::ExitCode;
use woodland_tests::fuzz::{Corpus, Heap, Settings, Target, run, targets};

#[global_allocator]
static ALLOCATOR: &PeakMemAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Attacks the decoders with seeded, structured nonsense, in half of the executions with checksums,
/// ids and signatures put right. One thread: the heap is counted. Run it twice for two cores.
#[derive(Parser)]
struct Arguments {
    /// Targets; without any, all of them
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// Inputs for each target
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    executions: u64,
    /// What the inputs follow from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The number of the first input
    #[arg(long, value_name = "N", default_value_t = 0)]
    first: u64,
    /// Where inputs of failures are written [default: woodland-fuzz in the temporary folder]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// What a decode may take at its peak, in lengths of its input, in place of the target's own
    #[arg(long, value_name = "N")]
    heap_times: Option<usize>,
    /// Says what targets there are
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    let Arguments { targets: wanted, executions, seed, first, folder, heap_times, list } =
        Arguments::parse();
    let mut chosen: Vec<Target> = targets();
    if let Some(unknown) = wanted.iter().find(|name| chosen.iter().all(|one| one.name != **name)) {
        eprintln!("error: there is no target {unknown}; --list says which there are");
        return ExitCode::from(2);
    }
    chosen.retain(|one| wanted.is_empty() || wanted.iter().any(|name| name == one.name));
    for (target, times) in chosen.iter_mut().zip(std::iter::repeat(heap_times)) {
        target.heap_times = times.unwrap_or(target.heap_times);
    }
    if list {
        chosen.iter().for_each(|one| println!("{}", one.name));
        return ExitCode::SUCCESS;
    }
    let folder = folder.unwrap_or_else(|| std::env::temp_dir().join("woodland-fuzz"));
    let settings = Settings { executions, seed, first, folder };
    let heap =
        Heap { reset: || ALLOCATOR.reset_peak_memory(), peak: || ALLOCATOR.get_peak_memory() };
    let corpus = Corpus::new();
    let mut failed = Vec::new();
    for target in &chosen {
        let report = run(target, &corpus, &settings, heap);
        println!("{report}");
        if !report.is_well() {
            failed.push(target.name);
        }
    }
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("failed: {}", failed.join(", "));
    ExitCode::FAILURE
}
