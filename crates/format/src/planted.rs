//! Planted bugs: which one is in force. Exists only where the build has `--cfg planted`.
//!
//! The reliability harness is asked whether it catches each: `docs/testing.md` says how. A bug is
//! planted where its name stands: `if woodland_format::planted::is("name")`.
//!
//! **Invariants**
//! - One process has at most one bug, chosen before anything else and then for ever.

use std::sync::OnceLock;

static CHOSEN: OnceLock<String> = OnceLock::new();

/// Puts a bug in force. Only the first choice counts.
pub fn choose(name: &str) {
    CHOSEN.get_or_init(|| name.to_owned());
}

/// Whether this bug is in force.
pub fn is(name: &str) -> bool {
    CHOSEN.get().is_some_and(|chosen| chosen == name)
}
