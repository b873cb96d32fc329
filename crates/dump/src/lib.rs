//! What `woodland-dump` does, as a library: prints a dataset directory or a log file.
//!
//! ```text
//!  path ─► source ─► held ─► page
//!          bytes,    log,    text for people,
//!          damage    rest    JSON for programs
//! ```
//!
//! **Invariants**
//! - Nothing is written but the page, nothing repaired, no lock taken.
//! - Whatever stands in the path, what can be read is printed, and what cannot is named.
//! - `commits`, `order`, `frontier` and `graph` depend on the set of admitted commits alone,
//!   `summary` and `verify` also on how it is stored.
//! - The secret of `author.key` is in no output.

mod commits;
mod finding;
mod frontier;
mod graph;
mod held;
mod json;
mod order;
mod page;
mod said;
mod schemas;
mod shown;
mod source;
mod summary;
mod verify;
mod waiting;

pub use page::{Command, DumpError, Form, Request, Verdict, dump};
