//! `order`: the one linear order, by its keys.

use crate::json::Document;
use crate::page::{Contents, Form};
use serde_json::json;
use std::io::{self, Write};
use woodland_log::OrderKey;

pub(crate) fn print(contents: &Contents, form: Form, out: &mut dyn Write) -> io::Result<()> {
    let keys = (0u64..).zip(contents.ordered().map(|commit| OrderKey::of(&commit)));
    if form == Form::Json {
        let mut document = Document::begin(out)?;
        document.list(
            "order",
            keys.map(|(position, OrderKey { turn, author, seq, id })| {
                json!({
                    "position": position,
                    "turn": turn,
                    "author": author.to_string(),
                    "seq": seq,
                    "id": id.to_string(),
                })
            }),
        )?;
        return document.end();
    }
    writeln!(out, "{:>8}  {:>8}  {:<64}  {:>8}  id", "position", "turn", "author", "seq")?;
    for (position, OrderKey { turn, author, seq, id }) in keys {
        writeln!(out, "{position:>8}  {turn:>8}  {author}  {seq:>8}  {id}")?;
    }
    Ok(())
}
