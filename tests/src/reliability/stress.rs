//! The program that is killed, starved and lied to: writes numbers to a dataset on a real path and
//! says each as soon as it is acknowledged.
//!
//! ```text
//!  > stress write PATH --count 20        > stress verify PATH --least 7
//!  open 0                                present 9
//!  ack 0 …                               (exit 0; 2 where a promise is broken; 3 where it is
//!  done                                   refused or locked)
//! ```
//!
//! **Invariants**
//! - A number is printed, and the line given to the system, only after the write has returned.
//! - After a failed write it tries once more: `ack-after-failure` is a violation.
//!
//! What this does not do: decide when to die.

use clap::{Parser, Subcommand};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use woodland::{Model, Record, Replica, StartError, all, define};
use woodland_store::OpenError;

#[derive(Record)]
struct Number {
    value: i64,
    filling: String,
}

fn model() -> Model {
    define().record::<Number>().model().expect("the record is valid")
}

/// Writes numbers to a dataset, or looks at what is there.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Opens or creates the dataset and writes the next numbers
    Write {
        path: PathBuf,
        /// How many
        #[arg(long, default_value_t = u64::MAX)]
        count: u64,
        /// Bytes beside each number
        #[arg(long, default_value_t = 10)]
        bytes: usize,
        /// What was derived is put to rest after each so many writes; 0 is never
        #[arg(long, default_value_t = 0)]
        rest_every: u64,
    },
    /// Opens the dataset and checks the numbers
    Verify {
        path: PathBuf,
        /// At least so many must be there
        #[arg(long, default_value_t = 0)]
        least: u64,
    },
}

/// Does what the arguments say.
pub fn stress(arguments: impl Iterator<Item = String>) -> ExitCode {
    match Arguments::parse_from(arguments).act {
        Act::Write { path, count, bytes, rest_every } => write(&path, count, bytes, rest_every),
        Act::Verify { path, least } => verify(&path, least),
    }
}

fn say(line: &str) {
    let mut out = io::stdout().lock();
    // Whoever listened may be gone; then nobody counts on it.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn is_locked(error: &StartError) -> bool {
    matches!(error, StartError::Open(OpenError::Locked))
}

fn start(path: &Path) -> Result<Replica, StartError> {
    match Replica::open(path, model()) {
        Err(StartError::Open(OpenError::NothingHere)) => Replica::create(path, model()),
        // Nothing was ever acknowledged there.
        Err(StartError::Open(OpenError::Unfinished) | StartError::Unfinished) => {
            let emptied = std::fs::remove_dir_all(path);
            emptied.map_err(StartError::Entropy)?;
            Replica::create(path, model())
        }
        started => started,
    }
}

/// The numbers that are there, which must be those from 0 on, each once.
fn numbers(replica: &Replica) -> Result<u64, String> {
    let found = replica.snapshot().read(all::<Number>()).map_err(|error| error.to_string())?;
    let values: BTreeSet<i64> = found.iter().map(|(_, number)| number.value).collect();
    let count = values.len();
    if count != found.len() {
        return Err(format!("{} numbers, {count} of them different", found.len()));
    }
    match values.last() {
        Some(last) if usize::try_from(*last).ok() != Some(count - 1) => {
            Err(format!("{count} numbers up to {last}"))
        }
        _ => Ok(count as u64),
    }
}

fn write(path: &Path, count: u64, bytes: usize, rest_every: u64) -> ExitCode {
    let replica = match start(path) {
        Ok(replica) => replica,
        Err(error) if is_locked(&error) => {
            say("locked");
            return ExitCode::from(3);
        }
        Err(error) => {
            say(&format!("refused {error}"));
            return ExitCode::from(3);
        }
    };
    let present = match numbers(&replica) {
        Ok(present) => present,
        Err(text) => {
            say(&format!("broken {text}"));
            return ExitCode::from(2);
        }
    };
    say(&format!("open {present}"));
    for value in present..present.saturating_add(count) {
        if let Err(error) = put(&replica, value, bytes) {
            say(&format!("failed {error}"));
            if put(&replica, value + 1, bytes).is_ok() {
                say(&format!("ack-after-failure {}", value + 1));
            }
            return ExitCode::from(4);
        }
        say(&format!("ack {value}"));
        if rest_every > 0
            && value % rest_every == rest_every - 1
            && let Err(error) = replica.rest()
        {
            say(&format!("unrested {error}"));
        }
    }
    say("done");
    ExitCode::SUCCESS
}

fn put(replica: &Replica, value: u64, bytes: usize) -> Result<(), woodland::WriteError> {
    let number = Number { value: value.cast_signed(), filling: "x".repeat(bytes) };
    replica.write(|batch| batch.insert(&number)).map(drop)
}

fn verify(path: &Path, least: u64) -> ExitCode {
    let replica = match Replica::open(path, model()) {
        Ok(replica) => replica,
        Err(error) => {
            say(&format!("refused {error}"));
            return ExitCode::from(3);
        }
    };
    match numbers(&replica) {
        Ok(present) => {
            say(&format!("present {present}"));
            if present >= least { ExitCode::SUCCESS } else { ExitCode::from(2) }
        }
        Err(text) => {
            say(&format!("broken {text}"));
            ExitCode::from(2)
        }
    }
}
