//! `order`: the one linear order, by its keys.

use crate::json::Document;
use crate::page::Contents;
use crate::paint::{AUTHOR, ID, TITLE};
use crate::request::Form;
use serde_json::json;
use std::io::{self, Write};
use woodland_log::OrderKey;

pub(crate) fn print(contents: &Contents, out: &mut dyn Write) -> io::Result<()> {
    let keys = contents.selected().map(|(position, commit)| (position, OrderKey::of(&commit)));
    if contents.form == Form::Json {
        let mut document = Document::begin(out)?;
        document.list(
            "order",
            keys.map(|(position, OrderKey { turn, author, seq, id })| {
                json!({
                    "position": position,
                    "turn": turn,
                    "author": author.to_string(),
                    "author_name": contents.authors.name(&author),
                    "seq": seq,
                    "id": id.to_string(),
                })
            }),
        )?;
        return document.end();
    }
    let paint = contents.paint;
    let heading = format!(
        "{:>8}  {:>8}  {:<64}  {:>8}  {:<64}  name",
        "position", "turn", "author", "seq", "id"
    );
    writeln!(out, "{}", paint.of(TITLE, heading))?;
    for (position, OrderKey { turn, author, seq, id }) in keys {
        let (label, id) = (paint.of(AUTHOR, contents.label(&author)), paint.of(ID, id));
        writeln!(out, "{position:>8}  {turn:>8}  {author}  {seq:>8}  {id}  {label}")?;
    }
    Ok(())
}
