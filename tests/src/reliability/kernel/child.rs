//! The stress program as a child process.
//!
//! **Invariants**
//! - Its lines are read until it ends: what it printed before its death counts.
//!
//! What this does not do: outlive its child; dropping it kills it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// The stress program.
#[derive(Debug, Clone)]
pub(super) struct Program {
    path: PathBuf,
    leading: Vec<String>,
}

/// What a run printed.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    /// How many numbers were there when it opened; `None` where it did not.
    pub(super) opened: Option<u64>,
    /// How many numbers were acknowledged, from 0 on.
    pub(super) acknowledged: u64,
    /// Whether it came to its end.
    pub(super) is_done: bool,
    /// It found the dataset locked.
    pub(super) is_locked: bool,
    /// What it said of a failure or a refusal.
    pub(super) failure: Option<String>,
    /// Why what was derived was not put to rest.
    pub(super) unrested: Option<String>,
    /// What it said of a broken promise.
    pub(super) broken: Option<String>,
}

impl Said {
    pub(super) fn line(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "open" => {
                self.opened = rest.parse().ok();
                self.acknowledged = self.acknowledged.max(self.opened.unwrap_or(0));
            }
            "ack" => self.acknowledged = rest.parse::<u64>().map_or(0, |number| number + 1),
            "present" => self.opened = rest.parse().ok(),
            "done" => self.is_done = true,
            "locked" => self.is_locked = true,
            "failed" | "refused" => self.failure = Some(rest.to_owned()),
            "unrested" => self.unrested = Some(line.to_owned()),
            _ => self.broken = Some(line.to_owned()),
        }
    }
}

impl Program {
    pub(super) fn at(path: &Path, leading: &[&str]) -> Self {
        let leading = leading.iter().map(|one| (*one).to_owned()).collect();
        Program { path: path.to_owned(), leading }
    }

    /// The program behind these words, such as a tracer's.
    pub(super) fn behind(&self, words: &[String], arguments: &[&str]) -> Command {
        let mut all: Vec<String> = words.to_vec();
        all.push(self.path.to_string_lossy().into_owned());
        all.extend(self.leading.iter().cloned());
        all.extend(arguments.iter().map(|one| (*one).to_owned()));
        let mut command = Command::new(&all[0]);
        command.args(&all[1..]).stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        self.behind(&[], arguments)
    }

    /// Runs it to its end.
    pub(super) fn run(&self, arguments: &[&str]) -> Said {
        Running::of(self.command(arguments)).ended()
    }

    /// Looks at what is there, which must be at least so many numbers. A directory in which nothing
    /// was acknowledged may be refused.
    pub(super) fn check(&self, path: &Path, least: u64) -> Result<u64, String> {
        let (path, least_text) = (path.to_string_lossy(), least.to_string());
        let said = self.run(&["verify", &path, "--least", &least_text]);
        match said {
            Said { broken: Some(text), .. } => Err(text),
            Said { failure: Some(_), .. } if least == 0 => Ok(0),
            Said { failure: Some(text), .. } => Err(format!("refused after {least}: {text}")),
            Said { opened: Some(present), .. } if present >= least => Ok(present),
            said => Err(format!("{:?} numbers, {least} were acknowledged", said.opened)),
        }
    }
}

/// A run that goes on.
pub(super) struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
    pub(super) said: Said,
}

impl Running {
    pub(super) fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("its output was asked for"));
        Running { child, lines, said: Said::default() }
    }

    /// Reads one line; whether there was one.
    pub(super) fn step(&mut self) -> bool {
        let mut line = String::new();
        let is_there = self.lines.read_line(&mut line).is_ok_and(|length| length > 0);
        // A line that death has cut was never said.
        if line.ends_with('\n') {
            self.said.line(line.trim_end());
        }
        is_there
    }

    pub(super) fn ended(mut self) -> Said {
        while self.step() {}
        let _ = self.child.wait();
        self.said.clone()
    }

    /// Kills it at once, and reads what it had said.
    pub(super) fn kill(mut self) -> Said {
        let _ = self.child.kill();
        while self.step() {}
        let _ = self.child.wait();
        self.said.clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
