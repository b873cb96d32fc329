//! What a planted bug is, and what must catch it.
//!
//! **Invariants**
//! - `original` occurs exactly once in its file, and with `replacement` instead the code compiles.
//! - A bug is one slip of the hand: what a reviewer could overlook.
//! - Its catcher is the cheapest test that catches it: one of the crate where that does, the random
//!   histories where nothing else can.
//!
//! What this does not do: plant anything.

use std::fmt;

/// The test that must catch a bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Catcher {
    pub(crate) package: &'static str,
    /// The test target.
    pub(crate) target: &'static str,
    /// Parts of the names of its tests; all of them, where there is none.
    pub(crate) filter: &'static [&'static str],
}

impl Catcher {
    pub(crate) const fn of(package: &'static str, target: &'static str) -> Self {
        Catcher { package, target, filter: &[] }
    }

    /// Some of its tests alone.
    pub(crate) const fn only(self, filter: &'static [&'static str]) -> Self {
        Catcher { filter, ..self }
    }

    /// The folder of the package.
    pub(crate) fn folder(&self) -> String {
        match self.package.strip_prefix("woodland-") {
            Some("tests") | None => "tests".to_owned(),
            Some(name) => format!("crates/{name}"),
        }
    }
}

impl fmt::Display for Catcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cargo test -p {} --test {}", self.package, self.target)?;
        if !self.filter.is_empty() {
            write!(f, " -- {}", self.filter.join(" "))?;
        }
        Ok(())
    }
}

/// One bug.
pub(crate) struct Bug {
    pub(crate) name: &'static str,
    /// What it breaks.
    pub(crate) promise: &'static str,
    pub(crate) file: &'static str,
    pub(crate) original: &'static str,
    pub(crate) replacement: &'static str,
    pub(crate) catcher: Catcher,
}
