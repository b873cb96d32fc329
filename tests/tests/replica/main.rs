//! The facade as its users meet it: writing, converging, and what was recorded. What else lies in a
//! file or a directory: `bad_input`.
//!
//! `WOODLAND_HISTORIES=300` takes more random histories, `WOODLAND_SEED=n` begins at another seed;
//! `UPDATE=1` writes `tests/logs` anew.

#[allow(dead_code, reason = "shared with the tests of bad input, which use the rest")]
mod by_hand;
mod converging;
mod histories;
#[allow(dead_code, reason = "shared with the tests of bad input, which use the rest")]
mod notes;
mod paths;
mod recorded;
mod writing;
