//! `summary`: what stands in the path, how much of it, and whether something is wrong.
//!
//! **Invariants**
//! - Where nothing can be placed, the segments are listed instead: who, which seqs, which ids.

use crate::finding::Finding;
use crate::json::Document;
use crate::page::{Contents, Form};
use crate::schemas::{Schemas, labels};
use crate::shown::counted;
use crate::source::{Piece, Source};
use crate::waiting::Waiting;
use serde_json::{Value as Json, json};
use std::io::{self, Write};
use woodland_graph::{Graph, Kinds};
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
    fn of(contents: &Contents, log: &Log) -> Self {
        let schemas = Schemas::carried_by(contents);
        Figures {
            commits: log.len(),
            authors: log.frontier().authors().count() as u64,
            heads: log.heads().map(|id| id.to_string()).collect(),
            version: log.version().to_string(),
            schema: schemas.founding(contents).map(|names| labels(&names.schema)),
            digest: Graph::of(log, Kinds::standard()).digest().to_string(),
            forks: log.forks().len() as u64,
        }
    }
}

pub(crate) fn print(contents: &Contents, form: Form, out: &mut dyn Write) -> io::Result<()> {
    let figures = contents.log.as_ref().map(|log| Figures::of(contents, log));
    match form {
        Form::Text => text(contents, figures.as_ref(), out),
        Form::Json => json(contents, figures.as_ref(), out),
    }
}

fn text(contents: &Contents, figures: Option<&Figures>, out: &mut dyn Write) -> io::Result<()> {
    let Source { nature, dataset, author, files, bytes, pieces, .. } = &contents.source;
    let dataset = dataset.map_or_else(|| "not known".to_owned(), |id| id.to_string());
    let mut line = |name: &str, value: &str| writeln!(out, "{name:<9} {value}");
    line("dataset", &dataset)?;
    line("source", nature.name())?;
    if let Some(author) = author {
        line("author", &author.to_string())?;
    }
    let (segments, files) = (counted(pieces.len() as u64, "segment"), counted(*files, "file"));
    line("bytes", &format!("{bytes} in {segments} in {files}"))?;
    match figures {
        Some(figures) => {
            let authors = counted(figures.authors, "author");
            line("commits", &format!("{} by {authors}", figures.commits))?;
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
        line("", &format!("{}: {}", group.who(), group.wants()))?;
    }
    let which = if problems(contents) > 0 { " (`woodland-dump verify` says which)" } else { "" };
    line("problems", &format!("{}{which}", problems(contents)))?;
    if figures.is_none() {
        for piece in pieces {
            put_piece(piece, out)?;
        }
    }
    Ok(())
}

/// Damage and refusals; forks and what waits are counted beside them.
fn problems(contents: &Contents) -> usize {
    contents.source.problems.len() + contents.held.refused.len()
}

fn put_piece(piece: &Piece, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", piece.place())?;
    writeln!(out, "    author {}", piece.segment.head.author)?;
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
    let mut document = Document::begin(out)?;
    document.field("dataset", dataset.map(|id| id.to_string()))?;
    document.field("source", nature.name())?;
    document.field("author", author.map(|id| id.to_string()))?;
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
    document.list("waiting", contents.held.waiting.iter().map(Waiting::json))?;
    document.list("warnings", warnings.iter().map(Finding::json))?;
    document.list("segments", pieces.iter().map(piece_json))?;
    document.end()
}

fn piece_json(piece: &Piece) -> Json {
    let (first, last) = (piece.segment.first(), piece.segment.last());
    json!({
        "file": &*piece.file,
        "number": piece.number,
        "offset": piece.segment.offset,
        "bytes": piece.segment.bytes,
        "author": piece.segment.head.author.to_string(),
        "commits": piece.segment.len(),
        "first": first.as_ref().map(|commit| commit.id().to_string()),
        "first_seq": first.as_ref().map(woodland_format::Commit::seq),
        "last": last.as_ref().map(|commit| commit.id().to_string()),
        "last_seq": last.as_ref().map(woodland_format::Commit::seq),
    })
}
