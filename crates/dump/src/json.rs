//! One JSON document, written as it comes: a list may be as long as a log.
//!
//! **Invariants**
//! - A row of a list stands on a line of its own; memory holds one row.
//! - What a terminal would obey or hide is escaped; the values are the same.

use serde_json::Value as Json;
use std::fmt;
use std::io::{self, Write};

/// A value in which nothing is hidden.
struct Seen<'a>(&'a Json);

impl fmt::Display for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let mut rest = text.as_str();
        // Such a character can only stand in a string, where it may be escaped.
        while let Some((at, one)) = rest.char_indices().find(|(_, one)| is_hidden(*one)) {
            write!(f, "{}\\u{:04x}", &rest[..at], u32::from(one))?;
            rest = &rest[at + one.len_utf8()..];
        }
        f.write_str(rest)
    }
}

/// Controls, and what changes the direction of text or cannot be seen.
fn is_hidden(one: char) -> bool {
    one.is_control()
        || matches!(one, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(one, '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// An object whose fields are written one after another.
pub(crate) struct Document<'a> {
    out: &'a mut dyn Write,
    is_empty: bool,
}

impl<'a> Document<'a> {
    pub(crate) fn begin(out: &'a mut dyn Write) -> io::Result<Self> {
        write!(out, "{{")?;
        Ok(Document { out, is_empty: true })
    }

    fn name(&mut self, name: &str) -> io::Result<()> {
        let comma = if self.is_empty { "" } else { "," };
        self.is_empty = false;
        write!(self.out, "{comma}\n{}: ", Seen(&Json::from(name)))
    }

    pub(crate) fn field(&mut self, name: &str, value: impl Into<Json>) -> io::Result<()> {
        self.name(name)?;
        write!(self.out, "{}", Seen(&value.into()))
    }

    pub(crate) fn list(
        &mut self,
        name: &str,
        rows: impl IntoIterator<Item = Json>,
    ) -> io::Result<()> {
        self.name(name)?;
        let mut before = "[";
        for row in rows {
            write!(self.out, "{before}\n{}", Seen(&row))?;
            before = ",";
        }
        let end = if before == "[" { "[]" } else { "\n]" };
        write!(self.out, "{end}")
    }

    pub(crate) fn end(self) -> io::Result<()> {
        writeln!(self.out, "\n}}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped_and_comes_back() {
        let value = Json::from("a\u{9b}31m\u{202e}b\u{1b}é");
        let shown = Seen(&value).to_string();
        assert_eq!(shown, "\"a\\u009b31m\\u202eb\\u001bé\"");
        assert_eq!(serde_json::from_str::<Json>(&shown).unwrap(), value);
    }
}
