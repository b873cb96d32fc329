//! `text`: what several people type in at once.
//!
//! **Invariants**
//! - Positions are bytes of the text that the author sees, on character boundaries.

use super::{other, position};
use crate::change::Change;
use crate::define::{ConfigError, Types};
use crate::field::{Field, FieldType};
use crate::value::Misread;
use std::fmt;
use std::ops::{Deref, DerefMut, Range};
use woodland_format::{TextOp, Value, encode};

/// A text that several people can type in at once; empty while nobody has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text(pub String);

impl FieldType for Text {
    const KIND: &'static str = "text";

    fn config(_: &Types<'_>) -> Result<Vec<u8>, ConfigError> {
        Ok(Vec::new())
    }

    fn write(&self, op: &mut dyn FnMut(Vec<u8>)) {
        insertion(0, &self.0).into_iter().for_each(op);
    }

    fn read(value: Option<&Value>) -> Result<Self, Misread> {
        match value {
            None => Ok(Text::default()),
            Some(Value::String(text)) => Ok(Text(text.clone())),
            Some(found) => Err(other("text", found)),
        }
    }
}

fn insertion(at: usize, text: &str) -> Option<Vec<u8>> {
    let insert = || TextOp::Insert { at: position(at), text: text.to_owned() };
    (!text.is_empty()).then(|| encode(&insert()))
}

impl<R> Field<R, Text> {
    /// Puts text behind the first `at` bytes.
    pub fn insert(self, at: usize, text: impl AsRef<str>) -> Change<R> {
        Change::of(self, [insertion(at, text.as_ref()), None])
    }

    /// Takes bytes out.
    pub fn delete(self, range: Range<usize>) -> Change<R> {
        let (at, bytes) = (position(range.start), position(range.len()));
        let op = (!range.is_empty()).then(|| encode(&TextOp::Delete { at, bytes }));
        Change::of(self, [op, None])
    }
}

impl Deref for Text {
    type Target = String;

    fn deref(&self) -> &String {
        &self.0
    }
}

impl DerefMut for Text {
    fn deref_mut(&mut self) -> &mut String {
        &mut self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text(text.to_owned())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Text(text)
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}
