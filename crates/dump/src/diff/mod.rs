//! `diff`: what lies between two versions of one log: commits, and what the graph shows of them.
//!
//! **Invariants**
//! - What is printed depends on the two sets of commits alone.
//! - Places of commits only in one version are their positions in that version's order.
//! - Each version is read through its own current schema; that they differ is said first.
//! - A node that died or came back is told of as that; its content was not touched.
//! - Text lists commits by runs and cuts long values; JSON holds every commit and value whole.

mod changes;
mod edits;
mod json;
mod text;

use crate::authors::Authors;
use crate::diff::changes::FieldChange;
use crate::graph::Page;
use crate::page::Contents;
use crate::paint::Paint;
use crate::progress::Watch;
use crate::request::{DumpError, Form};
use crate::selection::version;
use std::io::Write;
use woodland_format::{Commit, CommitId, Value};
use woodland_graph::{Kind, Text};
use woodland_log::Log;

/// Two versions and what they share.
struct Difference<'a> {
    authors: &'a Authors,
    paint: Paint,
    from: &'a Log,
    to: &'a Log,
    common_heads: Vec<CommitId>,
    common_commits: u64,
    old: Page<'a>,
    new: Page<'a>,
}

pub(crate) fn print(
    contents: &Contents,
    from: &[String],
    watch: Watch<'_>,
    out: &mut dyn Write,
) -> Result<(), DumpError> {
    if from.is_empty() {
        return Err(DumpError::NoHeads);
    }
    let from = version(contents.held.log.as_ref(), "--from", from)?;
    let Some(to) = &contents.log else {
        unreachable!("a version was found, so there is a log");
    };
    let shared = to.order().filter(|(_, commit)| from.contains(&commit.id()));
    let mut common_commits = 0;
    let common_heads = changes::unreferenced(shared.map(|(_, commit)| {
        common_commits += 1;
        (commit.id(), commit.references().collect())
    }));
    let authors = &Authors::of_versions(&contents.source, &[&from, to]);
    let paint = contents.paint;
    let old = Page::of(contents.graph(&from, watch), authors, paint);
    let new = Page::of(contents.graph(to, watch), authors, paint);
    let from = &from;
    let difference =
        Difference { authors, paint, from, to, common_heads, common_commits, old, new };
    match contents.form {
        Form::Text => difference.text(out)?,
        Form::Json => difference.json(out)?,
    }
    Ok(())
}

/// The commits of a version that another lacks, with their positions in the order.
fn only_in<'a>(log: &'a Log, other: &'a Log) -> impl Iterator<Item = (u64, Commit)> {
    let ordered = (0..).zip(log.order().map(|(_, commit)| commit));
    ordered.filter(|(_, commit)| !other.contains(&commit.id()))
}

/// Up to this many bytes a string that is no text is shown whole, old and new.
const WHOLE_BYTES_MAX: usize = 40;

/// Two strings whose edits say more than they do: texts, and what is long.
fn as_texts<'a>(
    FieldChange { field, old, new }: &'a FieldChange,
    page: &Page<'_>,
) -> Option<(&'a str, &'a str)> {
    let (Some(Value::String(old)), Some(Value::String(new))) = (old, new) else { return None };
    let definition = page.names.field(*field);
    let is_text = definition.is_some_and(|(_, field)| field.kind == Text::NAME);
    (is_text || old.len().max(new.len()) > WHOLE_BYTES_MAX).then_some((old, new))
}
