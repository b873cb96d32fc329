//! One JSON document, written as it comes: a list may be as long as a log.
//!
//! **Invariants**
//! - A row of a list stands on a line of its own; memory holds one row.

use serde_json::Value as Json;
use std::io::{self, Write};

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
        write!(self.out, "{comma}\n{}: ", Json::from(name))
    }

    pub(crate) fn field(&mut self, name: &str, value: impl Into<Json>) -> io::Result<()> {
        self.name(name)?;
        write!(self.out, "{}", value.into())
    }

    pub(crate) fn list(
        &mut self,
        name: &str,
        rows: impl IntoIterator<Item = Json>,
    ) -> io::Result<()> {
        self.name(name)?;
        let mut before = "[";
        for row in rows {
            write!(self.out, "{before}\n{row}")?;
            before = ",";
        }
        let end = if before == "[" { "[]" } else { "\n]" };
        write!(self.out, "{end}")
    }

    pub(crate) fn end(self) -> io::Result<()> {
        writeln!(self.out, "\n}}")
    }
}
