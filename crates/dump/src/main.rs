//! The command line of `woodland-dump`.
//!
//! **Invariants**
//! - Exit status: 0, or 1 where `verify` finds something wrong or nothing could be placed, or 2
//!   where the arguments do not say what to print. A reader that goes away (`| head`) is no
//!   error.
//! - One buffered writer, locked once.
//! - Colours and progress are for terminals: never in a pipe, a file or JSON.

mod arguments;
mod bar;

use anyhow::Context;
use arguments::Line;
use bar::Bar;
use clap::Parser;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use woodland_dump::{DumpError, Request, Verdict, dump_watched};

fn main() -> ExitCode {
    match print(&Line::parse().request()) {
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
    let mut bar = Bar::of(request);
    let mut watch = |progress| bar.show(progress);
    let outcome = dump_watched(request, &mut out, &mut io::stderr().lock(), &mut watch);
    match outcome.and_then(|verdict| Ok(out.flush().map(|()| verdict)?)) {
        Err(DumpError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(Verdict::Well)
        }
        outcome => outcome.with_context(|| request.path.display().to_string()),
    }
}
