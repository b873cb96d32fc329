//! `frontier`: each author's tips, under which name the author writes, and the heads.
//!
//! **Invariants**
//! - Names come from certificates in the authors' first commits; a fork may have several.

use crate::json::Document;
use crate::page::{Contents, Form};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use woodland_format::{AuthorKey, Certificate, CommitId, IdentityKey};
use woodland_log::{Frontier, Tip};

type Names = BTreeMap<AuthorKey, BTreeSet<(String, IdentityKey)>>;

pub(crate) fn print(contents: &Contents, form: Form, out: &mut dyn Write) -> io::Result<()> {
    let frontier = contents.log.as_ref().map(|log| log.frontier()).unwrap_or_default();
    let names = names(contents);
    let heads = || contents.log.iter().flat_map(|log| log.heads());
    if form == Form::Json {
        let mut document = Document::begin(out)?;
        document.field("version", contents.version().to_string())?;
        document.list("heads", heads().map(|id| id.to_string().into()))?;
        document.list(
            "authors",
            frontier.authors().map(|author| author_json(author, &frontier, &names)),
        )?;
        return document.end();
    }
    for author in frontier.authors() {
        writeln!(out, "author {author}")?;
        for (name, identity) in names.get(&author).into_iter().flatten() {
            writeln!(out, "    writes for {name:?}, identity {identity}")?;
        }
        for Tip { seq, id } in frontier.tips(&author) {
            writeln!(out, "    tip {id}  seq {seq}")?;
        }
    }
    for head in heads() {
        writeln!(out, "head {head}")?;
    }
    writeln!(out, "version {}", contents.version())
}

fn names(contents: &Contents) -> Names {
    let mut names = Names::new();
    for commit in contents.ordered() {
        if let Some(Certificate { name, identity, .. }) = commit.header().certificate() {
            names.entry(commit.author()).or_default().insert((name.clone(), *identity));
        }
    }
    names
}

fn author_json(author: AuthorKey, frontier: &Frontier, names: &Names) -> Json {
    let identities = names
        .get(&author)
        .into_iter()
        .flatten()
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
