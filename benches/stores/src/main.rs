//! Woodland's store beside SQLite, redb and the disk itself: the same data and the same acts, in
//! one run.
//!
//! ```text
//!  cargo run --release --manifest-path benches/stores/Cargo.toml -- [CASE…]
//!
//!  main ──► run ──► this program again, `child` ──► acts ──► stores
//!            └────► report
//! ```
//!
//! **Invariants**
//! - One process an act, with a folder of its own or a prepared dataset: neither heap nor caches of
//!   one store or act are another's.
//!
//! What this does not do: judge. See `README.md` for what the numbers mean.

mod acts;
mod data;
mod heap;
mod place;
mod report;
mod run;
mod stores;

use crate::acts::{Act, Setting};
use crate::run::{Case, Plan};
use crate::stores::Name;
use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// What every store may keep in memory, where no case says otherwise: Woodland's default.
pub(crate) const MEMORY_BYTES: usize = woodland::MEMORY_BYTES_DEFAULT;

#[derive(Parser)]
#[command(about = "Measures Woodland's store beside SQLite, redb and the disk")]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    child: Option<Child>,
    #[command(flatten)]
    options: Options,
}

#[derive(Args)]
struct Options {
    /// What is measured; everything, if nothing is named.
    #[arg(value_enum)]
    cases: Vec<Case>,
    /// Also write one line of JSON for each act, metric and store.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Few records, one round: to see that it works.
    #[arg(long)]
    quick: bool,
    /// Also a dataset of 1,000,000 commits, which takes some minutes to make.
    #[arg(long, conflicts_with = "quick")]
    full: bool,
    /// How often each act is measured; the medians are shown.
    #[arg(long)]
    runs: Option<u64>,
    /// Where; a folder on a disk. What is prepared stays there for the next run, and is removed
    /// where no place is named.
    #[arg(long, value_name = "FOLDER")]
    place: Option<PathBuf>,
    /// Only these stores.
    #[arg(long, value_name = "STORE", value_delimiter = ',')]
    only: Vec<Name>,
}

#[derive(Subcommand)]
enum Child {
    /// One act by one store, as a run starts it.
    #[command(hide = true)]
    Child {
        #[arg(long)]
        store: Name,
        #[arg(long)]
        act: Act,
        #[command(flatten)]
        setting: Setting,
    },
}

fn main() -> Result<()> {
    let Arguments { child, options } = Arguments::parse();
    match child {
        Some(Child::Child { store, act, setting }) => {
            let readings = acts::act(store, act, &setting)?;
            println!("{}", serde_json::to_string(&readings)?);
            Ok(())
        }
        None => compare(options),
    }
}

fn compare(options: Options) -> Result<()> {
    let Options { cases, json, quick, full, runs, place, only } = options;
    let size = match (quick, full) {
        (true, _) => run::Size::Quick,
        (_, true) => run::Size::Full,
        _ => run::Size::Usual,
    };
    let chosen = |name: &Name| only.is_empty() || only.contains(name);
    let stores: Vec<Name> = Name::ALL.into_iter().filter(chosen).collect();
    let found = Plan { cases, size, runs, place, stores: stores.clone() }.run()?;
    println!("{}\n", found.heading);
    print!("{}", report::table(&found.rows, &stores));
    if let Some(path) = json {
        let lines = report::lines_of_json(&found.rows)?;
        std::fs::write(&path, lines).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
