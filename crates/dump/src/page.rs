//! A page: what was asked for, and the way from a path to what is printed.
//!
//! **Invariants**
//! - Each command prints to `out` alone; what is not part of the page is said in `notes`.
//! - Without a founding commit nothing is placed: `commits` and `order` then print what was read,
//!   by the keys that the commits claim, and the verdict is [`Verdict::Wrong`].
//!
//! What this does not do: end the process, or choose where output goes.

use crate::authors::Authors;
use crate::graph::Page;
use crate::held::{Held, admit};
use crate::json::Document;
use crate::paint::Paint;
use crate::progress::{Act, Progress, Watch};
use crate::request::{Command, DumpError, Form, Portion, Request, Verdict};
use crate::selection::{self, Selection};
use crate::shown::counted;
use crate::source::{Source, read};
use crate::{clashes, commits, deleted, diff, dot, explain, frontier, graph, order, schemas};
use crate::{segments, summary, svg, talk, verify};
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};
use woodland_format::{AuthorKey, Commit, VersionId, version_id};
use woodland_graph::{Graph, Kinds};
use woodland_log::{Log, OrderKey};

/// What a command prints from.
pub(crate) struct Contents {
    pub(crate) source: Source,
    pub(crate) held: Held,
    /// The version asked for; none where nothing can be placed.
    pub(crate) log: Option<Log>,
    /// Those of the version, or of the source where there is none.
    pub(crate) authors: Authors,
    pub(crate) selection: Selection,
    /// The schema to read through, as it was given.
    schema: Option<String>,
    pub(crate) form: Form,
    pub(crate) paint: Paint,
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
    dump_watched(request, out, notes, &mut |_| {})
}

/// Prints, and says meanwhile how far the work is.
///
/// Nothing is printed before the work is done.
///
/// # Errors
/// As for [`dump`].
pub fn dump_watched(
    request: &Request,
    out: &mut dyn Write,
    notes: &mut dyn Write,
    watch: &mut dyn FnMut(Progress),
) -> Result<Verdict, DumpError> {
    if request.command == Command::Talk {
        return talk::print(request, out);
    }
    let contents = Contents::of(request, watch)?;
    match request.command {
        Command::Summary => summary::print(&contents, watch, out)?,
        Command::Verify { deep } => return Ok(verify::print(&contents, deep, out)?),
        Command::Commits { signatures } => commits::print(&contents, signatures, out)?,
        Command::Order => order::print(&contents, out)?,
        Command::Frontier => frontier::print(&contents, out)?,
        Command::Graph => graph::print(&contents, watch, out)?,
        Command::Deleted => deleted::print(&contents, watch, out)?,
        Command::Clashes => clashes::print(&contents, watch, out)?,
        Command::Schemas => schemas::print(&contents, watch, out)?,
        Command::Explain => explain::print(&contents, request, watch, out)?,
        Command::Segments => segments::print(&contents, out)?,
        Command::Diff => diff::print(&contents, &request.from, watch, out)?,
        Command::Dot => dot::print(&contents, out)?,
        Command::Svg => svg::print(&contents, out)?,
        // Printed above: it has no contents.
        Command::Talk => {}
    }
    if request.command != Command::Summary {
        contents.note(notes)?;
    }
    Ok(if contents.log.is_some() { Verdict::Well } else { Verdict::Wrong })
}

/// Derives, between two words about how far it is.
pub(crate) fn derived(watch: Watch<'_>, commits: u64, derive: impl FnOnce() -> Graph) -> Graph {
    watch(Progress { act: Act::Deriving, done: 0, total: commits });
    let graph = derive();
    watch(Progress { act: Act::Deriving, done: commits, total: commits });
    graph
}

impl Contents {
    fn of(request: &Request, watch: Watch<'_>) -> Result<Self, DumpError> {
        let source = read(&request.path, watch)?;
        let held = admit(&source, watch);
        let log = match held.log.as_ref() {
            log if !request.at.is_empty() => {
                let option = if request.command == Command::Diff { "--to" } else { "--at" };
                Some(selection::version(log, option, &request.at)?)
            }
            log => log.cloned(),
        };
        let authors = match &log {
            Some(log) => Authors::of_versions(&source, &[log]),
            None => Authors::of_source(&source),
        };
        let (form, paint, selection) = (request.form, request.paint, Selection::default());
        let schema = request.schema.clone();
        let mut contents = Contents { source, held, log, authors, selection, schema, form, paint };
        contents.selection = Selection::of(&request.filter, &contents)?;
        Ok(contents)
    }

    /// The graph of the version.
    pub(crate) fn graph(&self, log: &Log, watch: Watch<'_>) -> Graph {
        derived(watch, log.len(), || Graph::of(log, Kinds::standard()))
    }

    /// The graph of the version, read through the schema that was asked for; none where nothing can
    /// be placed.
    pub(crate) fn page(&self, watch: Watch<'_>) -> Result<Option<Page<'_>>, DumpError> {
        let Some(log) = &self.log else { return Ok(None) };
        let graph = self.graph(log, watch);
        let graph = match &self.schema {
            Some(given) => selection::through(&graph, given)?,
            None => graph,
        };
        Ok(Some(Page::of(graph, &self.authors, self.paint)))
    }

    /// The page of a graph that is not there.
    pub(crate) fn put_nothing(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.form {
            Form::Json => Document::begin(out)?.end(),
            Form::Text => Ok(()),
        }
    }

    /// `ada·1f3c9a2b`
    pub(crate) fn label(&self, author: &AuthorKey) -> String {
        self.authors.label(author)
    }

    /// The chosen commits in order, with their positions in it.
    pub(crate) fn selected(&self) -> Box<dyn Iterator<Item = (u64, Commit)> + '_> {
        let all = (0..).zip(self.ordered());
        let fitting = all.filter(|(_, commit)| self.selection.fits(commit));
        match self.selection.portion() {
            Portion::All => Box::new(fitting),
            Portion::First(count) => {
                Box::new(fitting.take(usize::try_from(count).unwrap_or(usize::MAX)))
            }
            Portion::Last(count) => {
                let mut last = VecDeque::new();
                for one in fitting {
                    last.push_back(one);
                    if last.len() as u64 > count {
                        last.pop_front();
                    }
                }
                Box::new(last.into_iter())
            }
        }
    }

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
        if self.source.begun.is_some() {
            return Some("what the branch begins at is not here: nothing can be placed".to_owned());
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
