//! The arguments of `woodland-dump`, and the request that they make.
//!
//! **Invariants**
//! - Each command takes only the options that make sense for it; its help ends in one example.
//!
//! What this does not do: look whether what is named is there; that is the library's.

use clap::{Args, ColorChoice, Parser, Subcommand};
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use woodland_dump::{Command, Filter, Form, Paint, Portion, Request, Turns};

/// Prints a Woodland dataset directory or log file, damaged or not. Repairs nothing, locks nothing.
#[derive(Debug, Parser)]
#[command(name = "woodland-dump", version, max_term_width = 100)]
pub(crate) struct Line {
    /// When text has colours. `auto`: on a terminal, unless NO_COLOR is set to something
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
    #[command(subcommand)]
    print: Print,
}

#[derive(Debug, Subcommand)]
enum Print {
    /// What it is, how much of it, and whether something is wrong
    #[command(after_help = "Example: woodland-dump summary notes")]
    Summary(Page),
    /// The commits in order, with their ops in words
    #[command(after_help = "Example: woodland-dump commits --author ada --last 10 notes.wll")]
    Commits {
        #[command(flatten)]
        page: Page,
        /// Mark the commits whose signature is kept. Two replicas may keep different ones
        #[arg(long)]
        signatures: bool,
        #[command(flatten)]
        choice: Choice,
    },
    /// The order: position, and key of turn, author, seq and id
    #[command(after_help = "Example: woodland-dump order --turns 3..7 notes.wll")]
    Order {
        #[command(flatten)]
        page: Page,
        #[command(flatten)]
        choice: Choice,
    },
    /// Each author's last commits, and the heads
    #[command(after_help = "Example: woodland-dump frontier notes.wll")]
    Frontier(Page),
    /// Every visible node with its fields, conflicts, and ops without effect
    #[command(after_help = "Example: woodland-dump graph --at 1f3c9a2b notes.wll")]
    Graph(Reading),
    /// Every deleted node and who deleted it, and the deletions that had no effect
    #[command(after_help = "Example: woodland-dump deleted notes.wll")]
    Deleted(Page),
    /// Nodes that should not read alike and do, by unique rule or natural key
    #[command(after_help = "Example: woodland-dump clashes notes.wll")]
    Clashes(Reading),
    /// The schemas that are carried, and the migrations with what became of each
    #[command(after_help = "Example: woodland-dump schemas notes.wll")]
    Schemas(Page),
    /// Why the fields of a node read as they do: every op, and what became of it
    #[command(after_help = "Example: woodland-dump explain --node 5e0c --field title notes.wll")]
    Explain {
        #[command(flatten)]
        page: Reading,
        /// The node, by its id's first digits
        #[arg(long, value_name = "NODE")]
        node: String,
        /// Only this field of it, by name
        #[arg(long, value_name = "NAME")]
        field: Option<String>,
    },
    /// Every segment as it stands in its file: place, author, commits, signatures, damage
    #[command(after_help = "Example: woodland-dump segments notes")]
    Segments(Place),
    /// What lies between two versions: commits, and what they changed in the graph
    #[command(after_help = "Example: woodland-dump diff --from 1f3c9a2b notes.wll")]
    Diff {
        #[command(flatten)]
        place: Place,
        /// The version with these heads, by id or its first digits
        #[arg(long, value_name = "HEAD,…", value_delimiter = ',', required = true)]
        from: Vec<String>,
        /// The version to compare it with; by default all that is held
        #[arg(long, value_name = "HEAD,…", value_delimiter = ',')]
        to: Vec<String>,
    },
    /// The causal graph for Graphviz; runs where there are many commits
    #[command(after_help = "Example: woodland-dump dot notes.wll | dot -Tsvg > notes.svg")]
    Dot(Drawing),
    /// The causal graph as a picture, folded to a readable size
    #[command(after_help = "Example: woodland-dump svg notes.wll > notes.svg")]
    Svg(Drawing),
    /// A recorded conversation with a peer, message by message
    #[command(after_help = "Example: woodland-dump talk peer.talk")]
    Talk(Recording),
    /// Check everything; print each problem on a line of its own; exit with 1 where there is one
    #[command(after_help = "Example: woodland-dump verify --deep notes")]
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
    #[command(flatten)]
    version: Version,
}

#[derive(Debug, Args)]
struct Reading {
    #[command(flatten)]
    page: Page,
    /// Read through this schema, by its id's first digits; by default the current one
    #[arg(long, value_name = "ID")]
    schema: Option<String>,
}

#[derive(Debug, Args)]
struct Place {
    /// One JSON document instead of text
    #[arg(long)]
    json: bool,
    /// A dataset directory or a log file
    path: PathBuf,
}

#[derive(Debug, Args)]
struct Recording {
    /// One JSON document instead of text
    #[arg(long)]
    json: bool,
    /// A file that was made with `woodland_sync::recording`
    path: PathBuf,
}

#[derive(Debug, Args)]
struct Version {
    /// The version with these heads, by id or its first digits; by default all that is held
    #[arg(long, value_name = "HEAD,…", value_delimiter = ',')]
    at: Vec<String>,
}

#[derive(Debug, Args)]
struct Drawing {
    #[command(flatten)]
    version: Version,
    #[command(flatten)]
    choice: Choice,
    /// A dataset directory or a log file
    path: PathBuf,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Which commits")]
struct Choice {
    /// Only what the version with these heads lacks
    #[arg(long, value_name = "HEAD,…", value_delimiter = ',')]
    since: Vec<String>,
    /// Only of this author: a certified name, or a key's first digits
    #[arg(long, value_name = "NAME|KEY")]
    author: Option<String>,
    /// Only of these turns, both ends included; A.. and ..B are open
    #[arg(long, value_name = "A..B")]
    turns: Option<Turns>,
    /// Only commits with an op on the node whose id begins so
    #[arg(long, value_name = "NODE")]
    touching: Option<String>,
    /// Only the first N of them
    #[arg(long, value_name = "N", conflicts_with = "last")]
    limit: Option<u64>,
    /// Only the last N of them
    #[arg(long, value_name = "N")]
    last: Option<u64>,
}

impl Choice {
    fn filter(self) -> Filter {
        let Choice { since, author, turns, touching, limit, last } = self;
        let portion = match (limit, last) {
            (Some(count), _) => Portion::First(count),
            (None, Some(count)) => Portion::Last(count),
            (None, None) => Portion::All,
        };
        Filter { since, author, turns, touching, portion }
    }
}

impl Line {
    pub(crate) fn request(self) -> Request {
        let mut request = self.print.request();
        request.paint = match (self.color, request.form) {
            (_, Form::Json) | (ColorChoice::Never, _) => Paint::Plain,
            (ColorChoice::Always, _) => Paint::Coloured,
            (ColorChoice::Auto, _) if is_wanted() => Paint::Coloured,
            (ColorChoice::Auto, _) => Paint::Plain,
        };
        request
    }
}

/// Whether the output is a terminal and nobody objects (no-color.org).
fn is_wanted() -> bool {
    let objects = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    io::stdout().is_terminal() && !objects && !is_dumb
}

impl Print {
    fn request(self) -> Request {
        match self {
            Print::Summary(page) => page.request(Command::Summary),
            Print::Frontier(page) => page.request(Command::Frontier),
            Print::Graph(page) => page.request(Command::Graph),
            Print::Deleted(page) => page.request(Command::Deleted),
            Print::Clashes(page) => page.request(Command::Clashes),
            Print::Schemas(page) => page.request(Command::Schemas),
            Print::Commits { page, choice, signatures } => {
                let request = page.request(Command::Commits { signatures });
                Request { filter: choice.filter(), ..request }
            }
            Print::Order { page, choice } => {
                Request { filter: choice.filter(), ..page.request(Command::Order) }
            }
            Print::Explain { page, node, field } => {
                Request { node: Some(node), field, ..page.request(Command::Explain) }
            }
            Print::Segments(place) => place.request(Command::Segments),
            Print::Diff { place, from, to } => {
                Request { from, at: to, ..place.request(Command::Diff) }
            }
            Print::Dot(drawing) => drawing.request(Command::Dot),
            Print::Svg(drawing) => drawing.request(Command::Svg),
            Print::Talk(Recording { json, path }) => Place { json, path }.request(Command::Talk),
            Print::Verify { place, deep } => place.request(Command::Verify { deep }),
        }
    }
}

impl Place {
    fn request(self, command: Command) -> Request {
        let form = if self.json { Form::Json } else { Form::Text };
        Request { form, ..Request::of(command, self.path) }
    }
}

impl Page {
    fn request(self, command: Command) -> Request {
        Request { at: self.version.at, ..self.place.request(command) }
    }
}

impl Reading {
    fn request(self, command: Command) -> Request {
        Request { schema: self.schema, ..self.page.request(command) }
    }
}

impl Drawing {
    fn request(self, command: Command) -> Request {
        let Drawing { version, choice, path } = self;
        Request { at: version.at, filter: choice.filter(), ..Request::of(command, path) }
    }
}
