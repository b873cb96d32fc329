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
//! - `commits`, `order`, `frontier`, `graph`, `deleted`, `clashes`, `schemas`, `explain`, `diff`,
//!   `dot` and `svg` depend on the set of admitted commits alone; `summary`, `segments` and
//!   `verify` also on how it is stored.
//! - The secret of `author.key` is in no output.

mod authors;
mod clashes;
mod commits;
mod deleted;
mod diff;
mod dot;
mod explain;
mod finding;
mod frontier;
mod graph;
mod held;
mod json;
mod life;
mod names;
mod order;
mod page;
mod paint;
mod progress;
mod request;
mod runs;
mod said;
mod schemas;
mod segments;
mod selection;
mod shown;
mod source;
mod summary;
mod svg;
mod talk;
mod verify;
mod waiting;

pub use page::{dump, dump_watched};
pub use paint::Paint;
pub use progress::{Act, Progress};
pub use request::{Command, DumpError, Filter, Form, Portion, Request, Turns, TurnsError, Verdict};
