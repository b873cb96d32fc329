//! A finding: one thing that is wrong, as a line for people and an object for programs.
//!
//! **Invariants**
//! - The message names file, segment and byte where there are such, and holds no control character.

use crate::shown::Plain;
use serde_json::{Value as Json, json};
use woodland_store::Problem;

/// One thing to report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Its family: `damage`, `refused`, `fork`, `waiting`, `warning`, `torn`.
    pub(crate) what: &'static str,
    pub(crate) message: String,
    pub(crate) file: Option<String>,
    pub(crate) offset: Option<u64>,
}

impl Finding {
    pub(crate) fn new(what: &'static str, message: &str) -> Self {
        Finding { what, message: Plain(message).to_string(), file: None, offset: None }
    }

    pub(crate) fn at(self, file: &str, offset: Option<u64>) -> Self {
        Finding { file: Some(file.to_owned()), offset, ..self }
    }

    /// What the store says of a directory.
    pub(crate) fn of(what: &'static str, problem: &Problem) -> Self {
        let finding = Finding::new(what, &problem.to_string());
        let (name, offset) = match problem {
            Problem::Missing { name }
            | Problem::NotAFolder { name }
            | Problem::Exposed { name }
            | Problem::Purpose { name }
            | Problem::TooLong { name, .. }
            | Problem::Short { name, .. }
            | Problem::Long { name, .. }
            | Problem::Unexpected { name, .. }
            | Problem::Key { name, .. }
            | Problem::Header { name, .. } => (name, None),
            Problem::Record { name, offset, .. }
            | Problem::Dataset { name, offset, .. }
            | Problem::Root { name, offset, .. } => (name, Some(*offset)),
            Problem::Segment { name, damage } => (name, Some(damage.offset)),
            Problem::Unreadable(error) => (&error.name, None),
            _ => return finding,
        };
        finding.at(name, offset)
    }

    /// The same, said of what a branch was begun from.
    pub(crate) fn of_parent(&self) -> Self {
        self.of_folder("../..")
    }

    /// The same, said of another folder than the one that is read.
    pub(crate) fn of_folder(&self, folder: &str) -> Self {
        let file = self.file.as_ref().map(|file| format!("{folder}/{file}"));
        let message = format!("in {folder}: {}", self.message);
        Finding { message, file, ..self.clone() }
    }

    pub(crate) fn json(&self) -> Json {
        json!({
            "what": self.what,
            "message": self.message,
            "file": self.file,
            "offset": self.offset,
        })
    }
}
