//! Replays editing traces through log files and several replicas; prints one line a trace.
//!
//! **Invariants**
//! - The exit status is 0 only if every trace held all that `woodland_tests::replay` asks of it.

use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use woodland_tests::replay::{Options, replay_file};

/// Replays editing traces: records each as commits of many authors, sends them as log files in
/// shuffled orders to several replicas, and compares what these end in.
#[derive(Parser)]
struct Arguments {
    /// Traces, as .json or .json.gz
    #[arg(required = true, value_name = "FILE")]
    traces: Vec<PathBuf>,
    /// Spread a sequential trace over N authors, who hand over every 100 transactions
    #[arg(long, value_name = "N", default_value_t = Options::default().peers)]
    peers: usize,
    /// Into how many log files a trace is cut, where it has so many commits
    #[arg(long, value_name = "N", default_value_t = Options::default().pieces)]
    pieces: usize,
    /// In how many orders they are merged, each by a replica of its own
    #[arg(long, value_name = "N", default_value_t = Options::default().orders)]
    orders: usize,
    /// What keys, cuts and orders follow from
    #[arg(long, default_value_t = Options::default().seed)]
    seed: u64,
    /// Where to leave each trace as one log file, named after it
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Arguments { traces, peers, pieces, orders, seed, keep } = Arguments::parse();
    let options = Options { peers, pieces, orders, seed, keep };
    let mut is_ok = true;
    for path in traces {
        match replay_file(&path, &options) {
            Ok(report) => {
                is_ok &= report.is_ok();
                println!("{report}");
            }
            Err(error) => {
                is_ok = false;
                eprintln!("error: {error:#}");
            }
        }
    }
    if is_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
