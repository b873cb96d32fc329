//! Bad input, whatever it is: what it raises, what that says, and that nothing was lost by it.
//!
//! ```text
//!  files, logs, directories    what a user's replica meets: told, and nothing changes
//!  raised_*                    one row for each error of a crate: how it comes about, what it says
//!  variants                    every variant of every public error has a row, or a reason
//! ```
//!
//! `UPDATE=1 cargo test -p woodland-tests --test bad_input` writes `messages.txt` anew; read the
//! difference.
//!
//! **Invariants**
//! - A message is what a person reads: a change of it is seen in the difference of `messages.txt`.

#[path = "../replica/by_hand.rs"]
#[allow(dead_code, reason = "shared with the tests of replicas, which use the rest")]
mod by_hand;
mod directories;
mod files;
#[path = "../incarnations/folders.rs"]
#[allow(dead_code, reason = "shared with the tests of incarnations, which use the rest")]
mod folders;
mod logs;
#[path = "../replica/notes.rs"]
#[allow(dead_code, reason = "shared with the tests of replicas, which use the rest")]
mod notes;
mod raised_by_copies;
mod raised_by_durability;
mod raised_by_facade;
mod raised_by_format;
mod raised_by_graph;
mod raised_by_log;
mod raised_by_migrations;
mod raised_by_pages;
mod raised_by_rights;
mod raised_by_store;
mod raised_by_types;
mod refit;
mod variants;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// One error that was raised.
#[derive(Debug)]
pub(crate) struct Row {
    /// `store Problem::Missing`
    pub(crate) variant: &'static str,
    /// How it came about.
    pub(crate) what: &'static str,
    /// What it says.
    pub(crate) message: String,
}

/// Adds a row: the error must be of that variant.
#[macro_export]
macro_rules! raised {
    ($rows:ident, $package:literal $enum:ident::$variant:ident, $what:literal, $error:expr) => {{
        let error = $error;
        assert!(matches!(error, $enum::$variant { .. }), "{}: {error:?}", $what);
        let variant = concat!($package, " ", stringify!($enum), "::", stringify!($variant));
        $rows.push($crate::Row { variant, what: $what, message: error.to_string() });
    }};
}

/// Every row of every crate.
pub(crate) fn rows() -> Vec<Row> {
    let mut rows = raised_by_format::rows();
    rows.extend(raised_by_types::rows());
    rows.extend(raised_by_migrations::rows());
    rows.extend(raised_by_log::rows());
    rows.extend(raised_by_graph::rows());
    rows.extend(raised_by_store::rows());
    rows.extend(raised_by_facade::rows());
    rows.extend(raised_by_pages::rows());
    rows
}

pub(crate) fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_input").join(name)
}

#[test]
fn every_message_is_as_it_was_read_last() {
    let mut text = String::new();
    for Row { variant, what, message } in rows() {
        writeln!(text, "{variant}: {what}\n    {message}\n").expect("memory");
    }
    let path = beside("messages.txt");
    if std::env::var("UPDATE").is_ok_and(|update| update == "1") {
        std::fs::write(&path, &text).expect("written");
    }
    let written = std::fs::read_to_string(&path).expect("messages.txt");
    let lines = text.lines().zip(written.lines()).enumerate();
    let other = lines.filter(|(_, (now, then))| now != then).map(|(at, _)| at + 1).next();
    assert!(text == written, "messages.txt:{other:?} reads otherwise; UPDATE=1 writes it anew");
}

#[test]
fn every_message_says_something() {
    for Row { variant, message, .. } in rows() {
        assert!(message.split_whitespace().count() > 2, "{variant}: {message}");
        assert!(!message.contains('\n'), "{variant}: a message is one line: {message}");
    }
}
