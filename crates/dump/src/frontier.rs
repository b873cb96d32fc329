//! `frontier`: each author's tips and for whom it writes, who may write, and the heads.
//!
//! **Invariants**
//! - Names come from certificates in the authors' first commits; a fork may have several.

use crate::authors::Authors;
use crate::json::Document;
use crate::page::Contents;
use crate::paint::{AUTHOR, ID};
use crate::request::Form;
use crate::shown::in_a_word;
use serde_json::{Value as Json, json};
use std::io::{self, Write};
use woodland_format::{AuthorKey, CommitId, IdentityKey, Right};
use woodland_log::{Frontier, Tip};

pub(crate) fn print(contents: &Contents, out: &mut dyn Write) -> io::Result<()> {
    let frontier = contents.log.as_ref().map(|log| log.frontier()).unwrap_or_default();
    let (authors, paint) = (&contents.authors, contents.paint);
    let heads = || contents.log.iter().flat_map(|log| log.heads());
    if contents.form == Form::Json {
        let mut document = Document::begin(out)?;
        document.field("version", contents.version().to_string())?;
        document.list("heads", heads().map(|id| id.to_string().into()))?;
        let owner = contents.log.as_ref().and_then(|log| log.owner());
        document.field("owner", owner.map(|owner| owner.to_string()))?;
        let rights = contents.log.iter().flat_map(|log| log.rights());
        let right = |(identity, right): (IdentityKey, Right)| {
            let (identity, may) = (identity.to_string(), in_a_word(right));
            json!({ "identity": identity, "may": may })
        };
        document.list("rights", rights.map(right))?;
        document.list(
            "authors",
            frontier.authors().map(|author| author_json(author, &frontier, authors)),
        )?;
        return document.end();
    }
    for author in frontier.authors() {
        let label = match authors.name(&author) {
            Some(_) => format!("  {}", paint.of(AUTHOR, authors.label(&author))),
            None => String::new(),
        };
        writeln!(out, "author {author}{label}")?;
        for (name, identity) in authors.identities(&author) {
            writeln!(out, "    writes for {name:?}, identity {identity}")?;
        }
        for Tip { seq, id } in frontier.tips(&author) {
            writeln!(out, "    tip {id}  seq {seq}")?;
        }
    }
    if let Some(log) = contents.log.as_ref()
        && let Some(owner) = log.owner()
    {
        writeln!(out, "owner {owner}")?;
        for (identity, right) in log.rights() {
            writeln!(out, "    identity {identity} may {}", in_a_word(right))?;
        }
    }
    for head in heads() {
        writeln!(out, "head {}", paint.of(ID, head))?;
    }
    writeln!(out, "version {}", contents.version())
}

fn author_json(author: AuthorKey, frontier: &Frontier, authors: &Authors) -> Json {
    let identities = authors
        .identities(&author)
        .map(|(name, identity)| json!({ "name": name, "identity": identity.to_string() }));
    let tips = frontier
        .tips(&author)
        .map(|tip: Tip| json!({ "seq": tip.seq, "id": CommitId::to_string(&tip.id) }));
    json!({
        "author": author.to_string(),
        "identities": identities.collect::<Vec<_>>(),
        "tips": tips.collect::<Vec<_>>(),
    })
}
