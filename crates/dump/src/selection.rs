//! Selection: a request's words looked up in a log: heads, authors, nodes, schemas.
//!
//! **Invariants**
//! - A commit is chosen when it fits every part of the filter; the portion is taken last.
//! - Looking up costs one pass over the commits at most.
//!
//! What this does not do: fall back on something else where what is named is not held.

use crate::authors::Authors;
use crate::page::Contents;
use crate::request::{DumpError, Filter, Portion, Turns};
use crate::said::Batch;
use std::collections::{BTreeSet, HashSet};
use woodland_format::{AuthorKey, Commit, CommitId, NodeId, Op, SchemaId};
use woodland_graph::Graph;
use woodland_log::Log;

/// The version whose heads these are.
pub(crate) fn version(
    log: Option<&Log>,
    option: &'static str,
    heads: &[String],
) -> Result<Log, DumpError> {
    let unknown = |head: &str| DumpError::UnknownHead { option, head: head.to_owned() };
    let log = log.ok_or_else(|| unknown(&heads.join(",")))?;
    let mut ids = Vec::new();
    for head in heads {
        let digits = Digits::of(head, CommitId::BYTES, option)?;
        if digits.is_whole() {
            ids.extend(head.trim().to_ascii_lowercase().parse::<CommitId>());
            continue;
        }
        let all = log.order().map(|(_, commit)| commit.id());
        let mut matching = all.filter(|id| digits.begin(id.as_bytes()));
        let found = matching.next().ok_or_else(|| unknown(head))?;
        if matching.next().is_some() {
            return Err(DumpError::ManyHeads { option, head: head.clone() });
        }
        ids.push(found);
    }
    let absent = ids.iter().position(|id| !log.contains(id));
    log.at(&ids).map_err(|_| match absent.and_then(|at| heads.get(at)) {
        Some(head) => unknown(head),
        None => DumpError::NoHeads,
    })
}

/// The first digits of an id.
struct Digits {
    text: Vec<u8>,
    whole: usize,
}

impl Digits {
    fn of(given: &str, bytes: usize, option: &'static str) -> Result<Self, DumpError> {
        let text = given.trim().to_ascii_lowercase().into_bytes();
        let is_hex = text.iter().all(u8::is_ascii_hexdigit);
        if !is_hex || text.is_empty() || text.len() > 2 * bytes {
            let (given, digits_max) = (given.to_owned(), 2 * bytes);
            return Err(DumpError::NotAnId { option, given, digits_max });
        }
        Ok(Digits { text, whole: 2 * bytes })
    }

    fn is_whole(&self) -> bool {
        self.text.len() == self.whole
    }

    fn begin(&self, id: &[u8]) -> bool {
        let digits = id.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits.zip(&self.text).all(|(digit, text)| b"0123456789abcdef"[usize::from(digit)] == *text)
    }
}

/// Which commits of a version are shown.
#[derive(Default)]
pub(crate) struct Selection {
    since: Option<Log>,
    authors: Option<BTreeSet<AuthorKey>>,
    turns: Option<Turns>,
    touching: Option<HashSet<CommitId>>,
    portion: Portion,
}

impl Selection {
    pub(crate) fn of(filter: &Filter, contents: &Contents) -> Result<Self, DumpError> {
        let Filter { since, author, turns, touching, portion } = filter;
        let held = contents.held.log.as_ref();
        let since = (!since.is_empty()).then(|| version(held, "--since", since)).transpose()?;
        let author = author.as_deref().map(|author| authors(author, &contents.authors));
        let touching = touching.as_deref().map(|node| touched(node, contents));
        Ok(Selection {
            since,
            authors: author.transpose()?,
            turns: *turns,
            touching: touching.transpose()?,
            portion: *portion,
        })
    }

    /// Whether every commit is shown.
    pub(crate) fn is_all(&self) -> bool {
        let Selection { since, authors, turns, touching, portion } = self;
        since.is_none()
            && authors.is_none()
            && turns.is_none()
            && touching.is_none()
            && *portion == Portion::All
    }

    pub(crate) fn portion(&self) -> Portion {
        self.portion
    }

    /// Whether a commit fits all but the portion.
    pub(crate) fn fits(&self, commit: &Commit) -> bool {
        let is_in = |turns: &Turns| (turns.first..=turns.last).contains(&commit.turn());
        self.turns.as_ref().is_none_or(is_in)
            && self.authors.as_ref().is_none_or(|authors| authors.contains(&commit.author()))
            && self.touching.as_ref().is_none_or(|ids| ids.contains(&commit.id()))
            && self.since.as_ref().is_none_or(|since| !since.contains(&commit.id()))
    }
}

/// A name first: what people see is more likely meant than a key that happens to begin so.
fn authors(given: &str, authors: &Authors) -> Result<BTreeSet<AuthorKey>, DumpError> {
    let named: BTreeSet<AuthorKey> = authors
        .keys()
        .filter(|key| {
            authors.label(key) == given || authors.identities(key).any(|(name, _)| name == given)
        })
        .collect();
    if !named.is_empty() {
        return Ok(named);
    }
    let author = given.to_owned();
    let Ok(digits) = Digits::of(given, AuthorKey::BYTES, "--author") else {
        return Err(DumpError::UnknownAuthor { author });
    };
    let found: BTreeSet<_> = authors.keys().filter(|key| digits.begin(key.as_bytes())).collect();
    match found.len() {
        0 => Err(DumpError::UnknownAuthor { author }),
        1 => Ok(found),
        _ => Err(DumpError::ManyAuthors { author }),
    }
}

/// The graph, read through the one schema whose id begins so, of those that the log carries and the
/// current one.
pub(crate) fn through(graph: &Graph, given: &str) -> Result<Graph, DumpError> {
    let digits = Digits::of(given, SchemaId::BYTES, "--schema")?;
    let mut ids: BTreeSet<SchemaId> = graph.schemas().iter().map(|one| one.id).collect();
    ids.extend(graph.current().map(|current| current.id()));
    ids.retain(|id| digits.begin(id.as_bytes()));
    let schema = given.to_owned();
    match ids.len() {
        0 | 1 => {
            let through = ids.first().and_then(|id| graph.through(id));
            through.ok_or(DumpError::UnknownSchema { schema })
        }
        _ => Err(DumpError::ManySchemas { schema }),
    }
}

/// The commits with an op on the one node whose id begins so.
fn touched(given: &str, contents: &Contents) -> Result<HashSet<CommitId>, DumpError> {
    Ok(named(given, "--touching", contents)?.1)
}

/// The one node whose id begins so, of those that ops are on.
pub(crate) fn node(
    given: &str,
    option: &'static str,
    contents: &Contents,
) -> Result<NodeId, DumpError> {
    Ok(named(given, option, contents)?.0)
}

/// The one node whose id begins so, and the commits with an op on it.
fn named(
    given: &str,
    option: &'static str,
    contents: &Contents,
) -> Result<(NodeId, HashSet<CommitId>), DumpError> {
    let digits = Digits::of(given, NodeId::BYTES, option)?;
    let (mut found, mut commits) = (None, HashSet::new());
    for commit in contents.ordered() {
        let Batch::Ops(ops) = Batch::of(&commit) else { continue };
        for (index, op) in (0..).zip(&ops) {
            let node = match op {
                Op::Edit { object, .. } => Some(object.node),
                Op::Delete { node } => Some(*node),
                other => other.creates(&commit.author(), commit.seq(), index),
            };
            let Some(node) = node.filter(|node| digits.begin(node.as_bytes())) else { continue };
            if found.is_some_and(|found| found != node) {
                return Err(DumpError::ManyNodes { option, node: given.to_owned() });
            }
            found = Some(node);
            commits.insert(commit.id());
        }
    }
    let found = found.ok_or_else(|| DumpError::UnknownNode { option, node: given.to_owned() })?;
    Ok((found, commits))
}
