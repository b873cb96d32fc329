//! The facade as its users meet it: writing, converging, and whatever else lies in a file or a
//! directory.
//!
//! `WOODLAND_HISTORIES=300` takes more random histories, `WOODLAND_SEED=n` begins at another seed;
//! `UPDATE=1` writes `tests/logs` anew.

mod bad_directories;
mod bad_files;
mod bad_logs;
mod by_hand;
mod converging;
mod histories;
mod notes;
mod recorded;
mod refit;
mod writing;
