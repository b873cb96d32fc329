//! A page: what was asked for, and the way from a path to what is printed.
//!
//! **Invariants**
//! - Each command prints to `out` alone; what is not part of the page is said in `notes`.
//! - Without a founding commit nothing is placed: `commits` and `order` then print what was read,
//!   by the keys that the commits claim, and the verdict is [`Verdict::Wrong`].
//!
//! What this does not do: end the process, or choose where output goes.

use crate::held::{Held, admit};
use crate::shown::counted;
use crate::source::{Source, read};
use crate::{commits, frontier, graph, order, summary, verify};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use woodland_format::{Commit, CommitId, FileError, VersionId, version_id};
use woodland_log::{Log, OrderKey};

/// What to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// What it is, and how much of it.
    Summary,
    /// Every commit with its ops.
    Commits {
        /// Mark the commits whose signature is kept: evidence, which depends on how they arrived.
        signatures: bool,
    },
    /// The order.
    Order,
    /// Each author's tips, and the heads.
    Frontier,
    /// The graph.
    Graph,
    /// Every problem.
    Verify {
        /// Check also what the door has no need to.
        deep: bool,
    },
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// For programs: one document.
    Json,
}

/// What to print, of what, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What to print.
    pub command: Command,
    /// A dataset directory or a log file.
    pub path: PathBuf,
    /// The heads of the version to print, by id or its first digits; empty for all that is held.
    pub at: Vec<String>,
    /// In which form.
    pub form: Form,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All is well, as far as was asked.
    Well,
    /// `verify` found something, or nothing could be placed.
    Wrong,
}

/// Why nothing, or not all, was printed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DumpError {
    /// No such path.
    #[error("nothing is here; expected a dataset directory or a log file")]
    Missing,
    /// A directory of something else.
    #[error(
        "no dataset is in this directory; expected one with heads, segments and author.key, \
         or a log file"
    )]
    NoDataset,
    /// A device, a pipe, a socket.
    #[error("neither a file nor a directory; expected a dataset directory or a log file")]
    Special,
    /// A file of something else.
    #[error("{0}; expected a dataset directory or a log file")]
    NotWoodland(FileError),
    /// The disk does not give it out.
    #[error("it cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// A head that is not held.
    #[error("--at {head}: no commit that is held has an id that begins so")]
    UnknownHead {
        /// As it was given.
        head: String,
    },
    /// Too few digits of a head.
    #[error("--at {head}: more than one commit has an id that begins so; give more digits")]
    ManyHeads {
        /// As it was given.
        head: String,
    },
    /// A head that is no id.
    #[error("--at {head}: no id; expected 1 to 64 hex digits")]
    NotAnId {
        /// As it was given.
        head: String,
    },
    /// The page cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// What a command prints from.
pub(crate) struct Contents {
    pub(crate) source: Source,
    pub(crate) held: Held,
    /// The version asked for; none where nothing can be placed.
    pub(crate) log: Option<Log>,
}

/// Prints.
///
/// # Errors
/// [`DumpError`] where the path holds nothing of Woodland's, the version is not held, or the page
/// cannot be written. Damage is no error.
pub fn dump(
    request: &Request,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> Result<Verdict, DumpError> {
    let source = read(&request.path)?;
    let held = admit(&source);
    let log = match held.log.as_ref() {
        Some(log) if !request.at.is_empty() => Some(version(log, &request.at)?),
        None if !request.at.is_empty() => {
            return Err(DumpError::UnknownHead { head: request.at.join(",") });
        }
        log => log.cloned(),
    };
    let contents = Contents { source, held, log };
    let form = request.form;
    match request.command {
        Command::Summary => summary::print(&contents, form, out)?,
        Command::Verify { deep } => return Ok(verify::print(&contents, deep, form, out)?),
        Command::Commits { signatures } => commits::print(&contents, signatures, form, out)?,
        Command::Order => order::print(&contents, form, out)?,
        Command::Frontier => frontier::print(&contents, form, out)?,
        Command::Graph => graph::print(&contents, form, out)?,
    }
    if request.command != Command::Summary {
        contents.note(notes)?;
    }
    Ok(if contents.log.is_some() { Verdict::Well } else { Verdict::Wrong })
}

fn version(log: &Log, heads: &[String]) -> Result<Log, DumpError> {
    let mut ids = Vec::new();
    for head in heads {
        let digits = head.trim().to_ascii_lowercase();
        let is_hex = digits.chars().all(|digit| digit.is_ascii_hexdigit());
        if !is_hex || digits.is_empty() || digits.len() > 2 * CommitId::BYTES {
            return Err(DumpError::NotAnId { head: head.clone() });
        }
        let begins = |commit: &Commit| commit.id().to_string().starts_with(&digits);
        let mut matching = log.order().map(|(_, commit)| commit).filter(begins);
        let Some(found) = matching.next() else {
            return Err(DumpError::UnknownHead { head: head.clone() });
        };
        if matching.next().is_some() {
            return Err(DumpError::ManyHeads { head: head.clone() });
        }
        ids.push(found.id());
    }
    match log.at(&ids) {
        Ok(log) => Ok(log),
        Err(_) => Err(DumpError::UnknownHead { head: heads.join(",") }),
    }
}

impl Contents {
    /// The version's commits in order. Where nothing can be placed: all that were read, by the keys
    /// that they claim.
    pub(crate) fn ordered(&self) -> Box<dyn Iterator<Item = Commit> + '_> {
        match &self.log {
            Some(log) => Box::new(log.order().map(|(_, commit)| commit)),
            None => {
                let pieces = self.source.pieces.iter();
                let commits = pieces.flat_map(|piece| piece.segment.commits());
                let sorted: BTreeMap<OrderKey, Commit> =
                    commits.map(|commit| (OrderKey::of(&commit), commit)).collect();
                Box::new(sorted.into_values())
            }
        }
    }

    pub(crate) fn version(&self) -> VersionId {
        match &self.log {
            Some(log) => log.version(),
            None => version_id(std::iter::empty()),
        }
    }

    /// Why nothing can be placed.
    pub(crate) fn unplaced(&self) -> Option<String> {
        if self.log.is_some() {
            return None;
        }
        let Some(dataset) = self.source.dataset else {
            return Some("nothing that can be read names a dataset".to_owned());
        };
        let founding = dataset.founding();
        let mut commits = self.source.pieces.iter().flat_map(|piece| piece.segment.commits());
        Some(if commits.any(|commit| commit.id() == founding) {
            format!("no signature vouches for the founding commit {dataset}: nothing can be placed")
        } else {
            format!("the founding commit {dataset} is not here: nothing can be placed")
        })
    }

    fn note(&self, notes: &mut dyn Write) -> io::Result<()> {
        if let Some(reason) = self.unplaced() {
            writeln!(notes, "woodland-dump: {reason}")?;
        }
        let Held { refused, waiting, .. } = &self.held;
        let problems = (self.source.problems.len() + refused.len()) as u64;
        let waiting: u64 = waiting.iter().map(|group| group.commits).sum();
        let told = [(problems, "problem", ""), (waiting, "commit", " waiting")];
        let told = told.iter().filter(|(count, ..)| *count > 0);
        let told: Vec<_> = told.map(|(count, one, which)| counted(*count, one) + which).collect();
        if told.is_empty() {
            return Ok(());
        }
        let told = told.join(" and ");
        writeln!(notes, "woodland-dump: beside this: {told}; `woodland-dump verify` says which")
    }
}
