//! `summary`: what stands in the path, how much of it, and whether something is wrong.
//!
//! **Invariants**
//! - Where nothing can be placed, the segments are listed instead: who, which seqs, which ids.
//!
//! What this does not do: say which problems there are; `verify` does.

use crate::authors::Authors;
use crate::finding::Finding;
use crate::json::Document;
use crate::names::labels;
use crate::page::Contents;
use crate::paint::{BAD, GOOD, TITLE};
use crate::progress::Watch;
use crate::request::Form;
use crate::shown::{Plain, counted};
use crate::source::{Piece, Source};
use serde_json::{Value as Json, json};
use std::io::{self, Write};
use woodland_format::AuthorKey;
use woodland_log::Log;

/// What is said of a log.
struct Figures {
    commits: u64,
    authors: u64,
    heads: Vec<String>,
    version: String,
    schema: Option<String>,
    digest: String,
    forks: u64,
}

impl Figures {
    fn of(contents: &Contents, log: &Log, watch: Watch<'_>) -> Self {
        let graph = contents.graph(log, watch);
        Figures {
            commits: log.len(),
            authors: log.frontier().authors().count() as u64,
            heads: log.heads().map(|id| id.to_string()).collect(),
            version: log.version().to_string(),
            schema: graph.schema().map(|schema| labels(&schema)),
            digest: graph.digest().to_string(),
            forks: log.forks().len() as u64,
        }
    }
}

pub(crate) fn print(contents: &Contents, watch: Watch<'_>, out: &mut dyn Write) -> io::Result<()> {
    let figures = contents.log.as_ref().map(|log| Figures::of(contents, log, watch));
    match contents.form {
        Form::Text => text(contents, figures.as_ref(), out),
        Form::Json => json(contents, figures.as_ref(), out),
    }
}

fn text(contents: &Contents, figures: Option<&Figures>, out: &mut dyn Write) -> io::Result<()> {
    let Source { nature, dataset, author, files, bytes, pieces, .. } = &contents.source;
    let dataset = dataset.map_or_else(|| "not known".to_owned(), |id| id.to_string());
    let (authors, paint) = (&contents.held.all_authors, contents.paint);
    let name_of = |name: &str| paint.of(TITLE, format!("{name:<9}"));
    let mut line = |name: &str, value: &str| writeln!(out, "{} {value}", name_of(name));
    line("dataset", &dataset)?;
    line("source", nature.name())?;
    if let Some(author) = author {
        line("author", &named(author, authors))?;
    }
    let base = contents.source.begun.iter().flat_map(|begun| &begun.base).flatten();
    for head in base {
        line("begun at", &head.to_string())?;
    }
    for branch in &contents.source.branches {
        line("branch", &Plain(branch).to_string())?;
    }
    let (segments, files) = (counted(pieces.len() as u64, "segment"), counted(*files, "file"));
    line("bytes", &format!("{bytes} in {segments} in {files}"))?;
    match figures {
        Some(figures) => {
            let writers = counted(figures.authors, "author");
            line("commits", &format!("{} by {writers}", figures.commits))?;
            line("version", &figures.version)?;
            for head in &figures.heads {
                line("head", head)?;
            }
            line("schema", figures.schema.as_deref().unwrap_or("not readable"))?;
            line("digest", &figures.digest)?;
            line("forks", &figures.forks.to_string())?;
        }
        None => line("commits", &format!("0: {}", contents.unplaced().unwrap_or_default()))?,
    }
    let waiting = &contents.held.waiting;
    let commits: u64 = waiting.iter().map(|group| group.commits).sum();
    line("waiting", &counted(commits, "commit"))?;
    for group in waiting {
        line("", &format!("{}: {}", group.who(authors), group.wants()))?;
    }
    let which = if problems(contents) > 0 { " (`woodland-dump verify` says which)" } else { "" };
    let style = if problems(contents) > 0 { BAD } else { GOOD };
    line("problems", &paint.of(style, format!("{}{which}", problems(contents))).to_string())?;
    if figures.is_none() {
        for piece in pieces {
            put_piece(piece, authors, out)?;
        }
    }
    Ok(())
}

/// The whole key, and the label where there is a name.
fn named(author: &AuthorKey, authors: &Authors) -> String {
    match authors.name(author) {
        Some(_) => format!("{author}  {}", authors.label(author)),
        None => author.to_string(),
    }
}

/// Damage and refusals; forks and what waits are counted beside them.
fn problems(contents: &Contents) -> usize {
    contents.source.problems.len() + contents.held.refused.len()
}

fn put_piece(piece: &Piece, authors: &Authors, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", piece.place(authors))?;
    writeln!(out, "    author {}", named(&piece.segment.head.author, authors))?;
    let (first, last) = (piece.segment.first(), piece.segment.last());
    if let (Some(first), Some(last)) = (first, last) {
        writeln!(out, "    from   {}  seq {}", first.id(), first.seq())?;
        writeln!(out, "    to     {}  seq {}", last.id(), last.seq())
    } else {
        writeln!(out, "    no commit of it can be read")
    }
}

fn json(contents: &Contents, figures: Option<&Figures>, out: &mut dyn Write) -> io::Result<()> {
    let Source { nature, dataset, author, files, bytes, pieces, warnings, .. } = &contents.source;
    let authors = &contents.held.all_authors;
    let mut document = Document::begin(out)?;
    document.field("dataset", dataset.map(|id| id.to_string()))?;
    document.field("source", nature.name())?;
    document.field("author", author.map(|id| id.to_string()))?;
    let base = contents.source.begun.as_ref().and_then(|begun| begun.base.as_ref());
    let base = base.map(|base| base.iter().map(|head| head.to_string()).collect::<Vec<_>>());
    document.field("base", base)?;
    document.field("branches", contents.source.branches.clone())?;
    document.field("files", *files)?;
    document.field("bytes", *bytes)?;
    document.field("commits", figures.map(|figures| figures.commits))?;
    document.field("authors", figures.map(|figures| figures.authors))?;
    document.field("version", figures.map(|figures| figures.version.clone()))?;
    document.field("heads", figures.map(|figures| figures.heads.clone()))?;
    document.field("schema", figures.and_then(|figures| figures.schema.clone()))?;
    document.field("digest", figures.map(|figures| figures.digest.clone()))?;
    document.field("forks", figures.map(|figures| figures.forks))?;
    document.field("problems", problems(contents) as u64)?;
    document.list("waiting", contents.held.waiting.iter().map(|group| group.json(authors)))?;
    document.list("warnings", warnings.iter().map(Finding::json))?;
    document.list("segments", pieces.iter().map(|piece| piece_json(piece, authors)))?;
    document.end()
}

fn piece_json(piece: &Piece, authors: &Authors) -> Json {
    let (first, last) = (piece.segment.first(), piece.segment.last());
    json!({
        "file": &*piece.file,
        "number": piece.number,
        "offset": piece.segment.offset,
        "bytes": piece.segment.bytes,
        "author": piece.segment.head.author.to_string(),
        "author_name": authors.name(&piece.segment.head.author),
        "commits": piece.segment.len(),
        "first": first.as_ref().map(|commit| commit.id().to_string()),
        "first_seq": first.as_ref().map(woodland_format::Commit::seq),
        "last": last.as_ref().map(|commit| commit.id().to_string()),
        "last_seq": last.as_ref().map(woodland_format::Commit::seq),
    })
}
