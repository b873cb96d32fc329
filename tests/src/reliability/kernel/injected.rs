//! Calls of the program that the tracer makes fail: syncs, folder syncs, writes; and syncs that it
//! only pretends to do.
//!
//! **Invariants**
//! - Every call of the run is made to fail once, each in a run of its own.
//! - After a failure nothing is acknowledged, and the next opening has all that was.
//!
//! What this does not do: reach calls that the program makes before it opens its dataset.

use super::child::{Program, Running};
use super::{Row, Tier, folder, not_run, tally};
use crate::reliability::row::Tally;
use crate::reliability::sample::Numbers;
use std::process::{Command, Stdio};

/// Whether the tracer works here; why not, else.
pub(super) fn tracer() -> Result<(), String> {
    let mut command = Command::new("strace");
    command.args([
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "inject=fdatasync:error=EIO:when=9",
        "true",
    ]);
    match command.stdin(Stdio::null()).output() {
        Err(error) => Err(format!("strace: {error}")),
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("strace: {}", String::from_utf8_lossy(&output.stderr).trim())),
    }
}

/// The tracer's words for one injection.
pub(super) fn tracing(call: &str, inject: &str) -> Vec<String> {
    let (trace, inject) = (format!("trace={call}"), format!("inject={call}:{inject}"));
    ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject]
        .map(str::to_owned)
        .to_vec()
}

const NUMBERS: &str = "5";

/// Lets the N-th of these calls fail with this error, for all N of a run that creates and writes.
fn each(program: &Program, call: &str, error: &str, step: usize, tally: &mut Tally) {
    for number in (1..400).step_by(step) {
        let folder = folder();
        let path = folder.path().join("dataset");
        let words = tracing(call, &format!("error={error}:when={number}"));
        let place = path.to_string_lossy();
        let arguments = ["write", &place, "--count", NUMBERS];
        let said = Running::of(program.behind(&words, &arguments)).ended();
        if said.is_done {
            return;
        }
        let name = format!("{call} {number} fails with {error}");
        if let Some(text) = &said.broken {
            tally.broken(format!("{name}: {text}"));
        }
        if said.failure.is_none() {
            tally.broken(format!("{name}: the program ended without a word: {said:?}"));
        }
        let after = program.check(&path, said.acknowledged);
        tally.counted(said.failure.is_some(), after.is_ok());
        if let Err(text) = after {
            tally.broken(format!("{name}: {text}"));
        }
        if tally.is_over() {
            return;
        }
    }
}

/// Syncs of files and folders fail with an input/output error.
pub(super) fn failed_syncs(program: &Program, tier: Tier) -> Row {
    let (class, promises) = ("failed sync (strace)", "P1 P2");
    if let Err(reason) = tracer() {
        return not_run(class, promises, reason);
    }
    let mut tally = tally(class, promises);
    each(program, "fdatasync", "EIO", tier.choose(1, 1), &mut tally);
    each(program, "fsync", "EIO", 1, &mut tally);
    tally.note("fdatasync for files, fsync for folders: EIO at every one");
    tally.end()
}

/// Writes find no room, or fail.
pub(super) fn failed_writes(program: &Program, tier: Tier) -> Row {
    let (class, promises) = ("failed write (strace)", "P1 P2");
    if let Err(reason) = tracer() {
        return not_run(class, promises, reason);
    }
    let mut tally = tally(class, promises);
    each(program, "pwrite64", "ENOSPC", tier.choose(2, 1), &mut tally);
    each(program, "pwrite64", "EIO", tier.choose(3, 1), &mut tally);
    tally.note("pwrite64: ENOSPC and EIO");
    tally.end()
}

/// Syncs that only pretend, and a kill: the system still has all that it was given.
pub(super) fn lying_syncs(program: &Program, tier: Tier, seed: u64) -> Row {
    let (class, promises) = ("lost sync (strace), then kill -9", "P2 P3");
    if let Err(reason) = tracer() {
        return not_run(class, promises, reason);
    }
    let mut tally = tally(class, promises);
    let mut numbers = Numbers(seed);
    for first in 1..tier.choose(8, 60) {
        let folder = folder();
        let path = folder.path().join("dataset");
        let words = tracing("fdatasync", &format!("retval=0:when={first}+"));
        let place = path.to_string_lossy();
        let mut running = Running::of(program.behind(&words, &["write", &place, "--count", "12"]));
        for _ in 0..1 + numbers.below(9) {
            running.step();
        }
        let said = running.kill();
        let after = program.check(&path, said.acknowledged);
        tally.counted(false, after.is_ok());
        if let Err(text) = after {
            tally.broken(format!("lying from {first}, seed {seed}: {text}"));
        }
        if tally.is_over() {
            break;
        }
    }
    tally.end()
}
