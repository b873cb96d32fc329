//! `commits`: every commit in order, with its ops in words.
//!
//! **Invariants**
//! - What is printed depends on the commits alone, unless signatures are asked for: which of
//!   those are kept depends on how the commits arrived.
//!
//! What this does not do: say what became of an op; `explain` does.

use crate::json::Document;
use crate::names::{Names, Schemas};
use crate::page::Contents;
use crate::paint::{AUTHOR, ID, TITLE};
use crate::request::Form;
use crate::said::{Batch, Said};
use crate::shown::{Joined, Plain, in_a_word};
use serde_json::{Value as Json, json};
use std::io::{self, Write};
use woodland_format::{Commit, CommitId, Op, Position, RightsChange};

pub(crate) fn print(contents: &Contents, signatures: bool, out: &mut dyn Write) -> io::Result<()> {
    let schemas = Schemas::carried_by(contents);
    let is_signed = |commit: &Commit| {
        let log = contents.log.as_ref().filter(|_| signatures);
        log.map(|log| log.signature(&commit.id()).is_some())
    };
    if contents.form == Form::Json {
        let mut document = Document::begin(out)?;
        let rows = contents
            .selected()
            .map(|(_, commit)| commit_json(contents, &commit, &schemas, is_signed(&commit)));
        document.list("commits", rows)?;
        return document.end();
    }
    let signed = if signatures { "  signed" } else { "" };
    let width = contents.authors.width("author");
    let heading = format!(
        "{:<8}  {:<width$}  {:>6}  {:>6}  {:>8}  {:>5}{signed}  parents",
        "commit", "author", "seq", "turn", "bytes", "ops"
    );
    writeln!(out, "{}", contents.paint.of(TITLE, heading))?;
    for (_, commit) in contents.selected() {
        let batch = Batch::of(&commit);
        put_commit(contents, &commit, (&batch, is_signed(&commit)), width, out)?;
        put_rights(contents, &commit, out)?;
        put_batch(&commit, &batch, schemas.of(contents, &commit), out)?;
    }
    Ok(())
}

fn put_commit(
    contents: &Contents,
    commit: &Commit,
    (batch, is_signed): (&Batch, Option<bool>),
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let ops = match batch {
        Batch::Ops(ops) => ops.len().to_string(),
        _ => "?".to_owned(),
    };
    let signed = match is_signed {
        Some(true) => "  signed",
        Some(false) => "        ",
        None => "",
    };
    let author = format!("{:<width$}", contents.label(&commit.author()));
    let id = contents.paint.of(ID, commit.id().short());
    let author = contents.paint.of(AUTHOR, author);
    let (seq, turn, bytes) = (commit.seq(), commit.turn(), commit.header().payload_bytes);
    write!(out, "{id}  {author}  {seq:>6}  {turn:>6}  {bytes:>8}  {ops:>5}{signed}  ")?;
    match commit.parents() {
        [] => writeln!(out, "-"),
        parents => writeln!(out, "{}", Joined(parents.iter().map(CommitId::short))),
    }
}

fn put_rights(contents: &Contents, commit: &Commit, out: &mut dyn Write) -> io::Result<()> {
    match rights_of(commit) {
        Some(RightsChange::Grant(identity, right)) => {
            writeln!(out, "    (grants identity {identity} to {})", in_a_word(right))?;
        }
        Some(RightsChange::Revoke(identity)) => {
            writeln!(out, "    (revokes all rights of identity {identity})")?;
        }
        None => {}
    }
    match is_masked(contents, commit) {
        true => writeln!(out, "    (masked: its identity's rights are revoked beside it)"),
        false => Ok(()),
    }
}

fn rights_of(commit: &Commit) -> Option<RightsChange> {
    match commit.header().position {
        Position::Rights { change, .. } => Some(change),
        _ => None,
    }
}

fn is_masked(contents: &Contents, commit: &Commit) -> bool {
    let log = contents.log.as_ref();
    log.and_then(|log| Some(log.is_masked(log.place(&commit.id())?))).unwrap_or(false)
}

fn rights_json(change: RightsChange) -> Json {
    match change {
        RightsChange::Grant(identity, right) => {
            json!({ "grant": in_a_word(right), "identity": identity.to_string() })
        }
        RightsChange::Revoke(identity) => json!({ "revoke": identity.to_string() }),
    }
}

fn put_batch(
    commit: &Commit,
    batch: &Batch,
    names: Option<&Names>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match batch {
        Batch::Ops(ops) => {
            for said in said(commit, ops, names) {
                writeln!(out, "    {said}")?;
            }
        }
        Batch::Erased => writeln!(out, "    (payload erased)")?,
        Batch::Unreadable(error) => {
            writeln!(out, "    (payload unreadable: {})", Plain(&error.to_string()))?;
        }
    }
    Ok(())
}

fn said<'a>(
    commit: &'a Commit,
    ops: &'a [Op],
    names: Option<&'a Names>,
) -> impl Iterator<Item = Said<'a>> {
    (0..).zip(ops).map(move |(index, op)| Said { commit, index, op, names })
}

fn commit_json(
    contents: &Contents,
    commit: &Commit,
    schemas: &Schemas,
    is_signed: Option<bool>,
) -> Json {
    let names = schemas.of(contents, commit);
    let (ops, unreadable) = match &Batch::of(commit) {
        Batch::Ops(ops) => (said(commit, ops, names).map(|said| said.json()).collect(), Json::Null),
        Batch::Erased => (Json::Null, json!("erased")),
        Batch::Unreadable(error) => (Json::Null, json!(error.to_string())),
    };
    let mut row = json!({
        "id": commit.id().to_string(),
        "author": commit.author().to_string(),
        "author_name": contents.authors.name(&commit.author()),
        "seq": commit.seq(),
        "turn": commit.turn(),
        "backlink": commit.backlink().map(|id| id.to_string()),
        "parents": commit.parents().iter().map(CommitId::to_string).collect::<Vec<_>>(),
        "payload_bytes": commit.header().payload_bytes,
        "payload_hash": commit.header().payload_hash.to_string(),
        "rights": rights_of(commit).map(rights_json),
        "masked": is_masked(contents, commit),
        "ops": ops,
        "unreadable": unreadable,
    });
    if let (Some(is_signed), Json::Object(fields)) = (is_signed, &mut row) {
        fields.insert("signed".to_owned(), json!(is_signed));
    }
    row
}
