//! The command line of `woodland-dump`.
//!
//! **Invariants**
//! - Exit status: 0, or 1 where `verify` finds something wrong or nothing could be placed, or 2
//!   where the arguments do not say what to print. A reader that goes away (`| head`) is no
//!   error.
//! - One buffered writer, locked once.

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use woodland_dump::{Command, DumpError, Form, Request, Verdict, dump};

/// Prints a Woodland dataset directory or log file, damaged or not. Repairs nothing, locks nothing.
#[derive(Debug, Parser)]
#[command(name = "woodland-dump", version, max_term_width = 100)]
struct Line {
    #[command(subcommand)]
    print: Print,
}

#[derive(Debug, Subcommand)]
enum Print {
    /// What it is, how much of it, and whether something is wrong
    Summary(Page),
    /// Every commit in order, with its ops in words
    Commits {
        #[command(flatten)]
        page: Page,
        /// Mark the commits whose signature is kept. Two replicas may keep different ones
        #[arg(long)]
        signatures: bool,
    },
    /// The order: position, and key of turn, author, seq and id
    Order(Page),
    /// Each author's last commits, and the heads
    Frontier(Page),
    /// Every visible node with its fields, conflicts, and ops without effect
    Graph(Page),
    /// Check everything; print each problem on a line of its own; exit with 1 where there is one
    Verify {
        #[command(flatten)]
        place: Place,
        /// Check also what the door has no need to: every signature, id, payload and its hash
        #[arg(long)]
        deep: bool,
    },
}

#[derive(Debug, Args)]
struct Page {
    #[command(flatten)]
    place: Place,
    /// The version with these heads, by id or its first digits; by default all that is held
    #[arg(long, value_name = "HEAD,…", value_delimiter = ',')]
    at: Vec<String>,
}

#[derive(Debug, Args)]
struct Place {
    /// One JSON document instead of text
    #[arg(long)]
    json: bool,
    /// A dataset directory or a log file
    path: PathBuf,
}

impl Print {
    fn request(self) -> Request {
        let (command, page) = match self {
            Print::Summary(page) => (Command::Summary, page),
            Print::Commits { page, signatures } => (Command::Commits { signatures }, page),
            Print::Order(page) => (Command::Order, page),
            Print::Frontier(page) => (Command::Frontier, page),
            Print::Graph(page) => (Command::Graph, page),
            Print::Verify { place, deep } => {
                (Command::Verify { deep }, Page { place, at: Vec::new() })
            }
        };
        let form = if page.place.json { Form::Json } else { Form::Text };
        Request { command, path: page.place.path, at: page.at, form }
    }
}

fn main() -> ExitCode {
    match print(&Line::parse().print.request()) {
        Ok(Verdict::Well) => ExitCode::SUCCESS,
        Ok(Verdict::Wrong) => ExitCode::from(1),
        Err(error) => {
            let mut notes = io::stderr().lock();
            // Where even this cannot be said, the exit status still says it.
            let _ = writeln!(notes, "woodland-dump: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn print(request: &Request) -> anyhow::Result<Verdict> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let outcome = dump(request, &mut out, &mut io::stderr().lock());
    match outcome.and_then(|verdict| Ok(out.flush().map(|()| verdict)?)) {
        Err(DumpError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(Verdict::Well)
        }
        outcome => outcome.with_context(|| request.path.display().to_string()),
    }
}
