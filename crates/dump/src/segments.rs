//! `segments`: every segment as it stands in its file.
//!
//! **Invariants**
//! - Rows stand in the order of files and bytes; where a head cannot be read, the row says so.
//! - Signatures are counted.
//!
//! What this does not do: verify them; `verify` does that.

use crate::json::Document;
use crate::page::Contents;
use crate::paint::{AUTHOR, BAD, TITLE};
use crate::request::Form;
use crate::shown::{Plain, counted};
use crate::source::{Loss, Piece};
use serde_json::{Value as Json, json};
use std::io::{self, Write};
use woodland_format::Damage;

/// What stands at one place of a file.
enum Row<'a> {
    Piece(&'a Piece),
    Loss(&'a Loss),
}

pub(crate) fn print(contents: &Contents, out: &mut dyn Write) -> io::Result<()> {
    let rows = rows(contents);
    if contents.form == Form::Json {
        let mut document = Document::begin(out)?;
        document.list("segments", rows.iter().map(|row| row.json(contents)))?;
        return document.end();
    }
    let (authors, paint) = (&contents.held.all_authors, contents.paint);
    let width = authors.width("author");
    let heading = format!(
        "{:>7}  {:>10}  {:>9}  {:<width$}  {:<15}  {:>7}  {:>6}  {:>6}  damage",
        "segment", "offset", "bytes", "author", "seq", "commits", "blocks", "signed"
    );
    let mut file = "";
    for row in &rows {
        if file != row.file() {
            let gap = if file.is_empty() { "" } else { "\n" };
            file = row.file();
            writeln!(out, "{gap}{}\n{}", paint.of(TITLE, Plain(file)), paint.of(TITLE, &heading))?;
        }
        match row {
            Row::Piece(piece) => put_piece(contents, piece, width, out)?,
            Row::Loss(Loss { number, damage, .. }) => {
                let (offset, bytes) = (damage.offset, damage.resumed.saturating_sub(damage.offset));
                let told = paint.of(BAD, Plain(&damage.to_string()).to_string());
                writeln!(out, "{number:>7}  {offset:>10}  {bytes:>9}  {told}")?;
            }
        }
    }
    let commits = contents.source.pieces.iter().map(|piece| u64::from(piece.segment.len()));
    let (commits, segments) = (commits.sum(), contents.source.pieces.len() as u64);
    let damaged = rows.iter().filter(|row| row.damage().is_some()).count();
    let end = format!("{} in {}", counted(commits, "commit"), counted(segments, "segment"));
    match damaged {
        0 => writeln!(out, "{end}, none damaged"),
        damaged => writeln!(out, "{end}, {}", paint.of(BAD, format!("{damaged} damaged"))),
    }
}

fn rows(contents: &Contents) -> Vec<Row<'_>> {
    let (pieces, losses) = (&contents.source.pieces, &contents.source.losses);
    let pieces = pieces.iter().map(Row::Piece);
    let mut rows: Vec<_> = pieces.chain(losses.iter().map(Row::Loss)).collect();
    rows.sort_by(|one, other| (one.file(), one.number()).cmp(&(other.file(), other.number())));
    rows
}

fn put_piece(
    contents: &Contents,
    piece: &Piece,
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Piece { number, segment, damage, .. } = piece;
    let (offset, bytes, head) = (segment.offset, segment.bytes, &segment.head);
    let label = format!("{:<width$}", contents.held.all_authors.label(&head.author));
    let author = contents.paint.of(AUTHOR, label);
    let last = head.first_seq + u64::from(head.commits) - 1;
    let seqs = format!("{}-{last}", head.first_seq);
    let read = u64::from(segment.len());
    let commits = match u64::from(head.commits) {
        claimed if claimed == read => claimed.to_string(),
        claimed => format!("{read}/{claimed}"),
    };
    let (blocks, signed) = (head.blocks, segment.points.len());
    write!(out, "{number:>7}  {offset:>10}  {bytes:>9}  {author}  {seqs:<15}  {commits:>7}")?;
    write!(out, "  {blocks:>6}  {signed:>6}  ")?;
    match damage {
        Some(damage) => {
            writeln!(out, "{}", contents.paint.of(BAD, Plain(&damage.to_string()).to_string()))
        }
        None => writeln!(out, "-"),
    }
}

impl Row<'_> {
    fn file(&self) -> &str {
        match self {
            Row::Piece(piece) => &piece.file,
            Row::Loss(loss) => &loss.file,
        }
    }

    fn number(&self) -> u64 {
        match self {
            Row::Piece(piece) => piece.number,
            Row::Loss(loss) => loss.number,
        }
    }

    fn damage(&self) -> Option<&Damage> {
        match self {
            Row::Piece(piece) => piece.damage.as_ref(),
            Row::Loss(loss) => Some(&loss.damage),
        }
    }

    fn json(&self, contents: &Contents) -> Json {
        let damage = self.damage().map(|damage| {
            json!({
                "message": damage.to_string(),
                "offset": damage.offset,
                "resumed": damage.resumed,
            })
        });
        let mut row = json!({ "file": self.file(), "number": self.number(), "damage": damage });
        if let (Row::Piece(Piece { segment, .. }), Json::Object(row)) = (self, &mut row) {
            let head = &segment.head;
            let more = json!({
                "offset": segment.offset,
                "bytes": segment.bytes,
                "author": head.author.to_string(),
                "author_name": contents.held.all_authors.name(&head.author),
                "first_seq": head.first_seq,
                "last_seq": head.first_seq + u64::from(head.commits) - 1,
                "commits": head.commits,
                "commits_read": segment.len(),
                "blocks": head.blocks,
                "previous": head.previous.map(|id| id.to_string()),
                "last": head.last.to_string(),
                "signed": segment.points.iter().map(|p| p.commit.to_string()).collect::<Vec<_>>(),
            });
            if let Json::Object(more) = more {
                row.extend(more);
            }
        }
        row
    }
}
