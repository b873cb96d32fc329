//! What can be asked of the dump, and why it may not be printed.
//!
//! **Invariants**
//! - An error names the option that it is about, what was given, and what to give instead.
//!
//! What this does not do: look at a log; [`crate::selection`] finds what is named here.

use crate::paint::Paint;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use woodland_format::FileError;

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
    /// The nodes that are deleted, and the deletions that had no effect.
    Deleted,
    /// The nodes that should not read alike and do.
    Clashes,
    /// The schemas and the migrations.
    Schemas,
    /// Why the fields of a node read as they do.
    Explain,
    /// Every segment as it stands in its file.
    Segments,
    /// What lies between two versions.
    Diff,
    /// The causal graph for Graphviz.
    Dot,
    /// The causal graph as a picture.
    Svg,
    /// A recorded conversation: then the path is that of a recording.
    Talk,
    /// Every problem.
    Verify {
        /// Check also what the door has no need to.
        deep: bool,
    },
}

/// In which form. The pictures have one of their own.
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
    /// For [`Command::Diff`]: the heads of the version to compare with.
    pub from: Vec<String>,
    /// For [`Command::Explain`]: the node, by its id's first digits.
    pub node: Option<String>,
    /// For [`Command::Explain`]: the field, by its name; all of them if there is none.
    pub field: Option<String>,
    /// For [`Command::Graph`], [`Command::Clashes`] and [`Command::Explain`]: the schema to read
    /// through, by its id's first digits; the current one if there is none.
    pub schema: Option<String>,
    /// Which commits, for the commands that show commits.
    pub filter: Filter,
    /// In which form.
    pub form: Form,
    /// Whether text has colours.
    pub paint: Paint,
}

impl Request {
    /// All that is held, as plain text.
    pub fn of(command: Command, path: impl Into<PathBuf>) -> Self {
        Request {
            command,
            path: path.into(),
            at: Vec::new(),
            from: Vec::new(),
            node: None,
            field: None,
            schema: None,
            filter: Filter::default(),
            form: Form::Text,
            paint: Paint::Plain,
        }
    }
}

/// Which commits are shown: those that fit every part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only what the version with these heads lacks; empty for no such version.
    pub since: Vec<String>,
    /// Only of this author: the first digits of a key, a certified name, or both with a dot as
    /// the pages show them. A name may stand for several authors.
    pub author: Option<String>,
    /// Only of these turns.
    pub turns: Option<Turns>,
    /// Only commits with an op on the node whose id begins so.
    pub touching: Option<String>,
    /// How many of what is left.
    pub portion: Portion,
}

/// How many of the chosen commits are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Portion {
    /// All.
    #[default]
    All,
    /// The first so many in order.
    First(u64),
    /// The last so many in order.
    Last(u64),
}

/// A range of turns, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turns {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

/// A text that is no range of turns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected A..B, A.., ..B or A: turns, both ends included, the lower first")]
pub struct TurnsError;

impl FromStr for Turns {
    type Err = TurnsError;

    fn from_str(text: &str) -> Result<Self, TurnsError> {
        let turn = |text: &str, absent| match text.trim() {
            "" => Ok(absent),
            text => text.parse::<u64>().map_err(|_| TurnsError),
        };
        let turns = match text.split_once("..") {
            Some((first, last)) => Turns { first: turn(first, 0)?, last: turn(last, u64::MAX)? },
            None => {
                let only = text.trim().parse().map_err(|_| TurnsError)?;
                Turns { first: only, last: only }
            }
        };
        if turns.first <= turns.last { Ok(turns) } else { Err(TurnsError) }
    }
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
    /// A file that is no recorded conversation.
    #[error("no recording of a conversation is here: it begins with WOODTALK")]
    NotARecording,
    /// The disk does not give it out.
    #[error("it cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// A head that is not held.
    #[error(
        "{option} {head}: no commit that is held has an id that begins so; \
         `woodland-dump order` lists them"
    )]
    UnknownHead {
        /// Of which option.
        option: &'static str,
        /// As it was given.
        head: String,
    },
    /// Too few digits of a head.
    #[error("{option} {head}: more than one commit has an id that begins so; give more digits")]
    ManyHeads {
        /// Of which option.
        option: &'static str,
        /// As it was given.
        head: String,
    },
    /// A head, node or schema that is no id.
    #[error("{option} {given}: no id; expected 1 to {digits_max} hex digits")]
    NotAnId {
        /// Of which option.
        option: &'static str,
        /// As it was given.
        given: String,
        /// How many digits a whole id has.
        digits_max: usize,
    },
    /// A diff with nothing to compare with.
    #[error("--from: no heads are given; name at least one commit, such as the founding one")]
    NoHeads,
    /// An author of whom nothing is held.
    #[error(
        "--author {author}: no author of this version has this name or a key that begins so; \
         `woodland-dump frontier` lists them"
    )]
    UnknownAuthor {
        /// As it was given.
        author: String,
    },
    /// Too few digits of an author key.
    #[error("--author {author}: more than one author has a key that begins so; give more digits")]
    ManyAuthors {
        /// As it was given.
        author: String,
    },
    /// A node that no op names.
    #[error(
        "{option} {node}: no op of this version is on a node whose id begins so; \
         `woodland-dump graph` lists the nodes"
    )]
    UnknownNode {
        /// Of which option.
        option: &'static str,
        /// As it was given.
        node: String,
    },
    /// Too few digits of a node id.
    #[error("{option} {node}: more than one node has an id that begins so; give more digits")]
    ManyNodes {
        /// Of which option.
        option: &'static str,
        /// As it was given.
        node: String,
    },
    /// A field that no op on the node is on.
    #[error(
        "--field {field}: no op of this version is on such a field of the node; there is {known}"
    )]
    UnknownField {
        /// As it was given.
        field: String,
        /// Those that ops are on.
        known: String,
    },
    /// A schema that no commit carries.
    #[error(
        "--schema {schema}: no schema of this version has an id that begins so; \
         `woodland-dump schemas` lists them"
    )]
    UnknownSchema {
        /// As it was given.
        schema: String,
    },
    /// Too few digits of a schema's id.
    #[error("--schema {schema}: more than one schema has an id that begins so; give more digits")]
    ManySchemas {
        /// As it was given.
        schema: String,
    },
    /// The page cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}
