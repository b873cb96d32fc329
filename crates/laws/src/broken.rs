//! How a run ends that does not go well.
//!
//! **Invariants**
//! - A breach holds all that is needed to see it again.

use crate::report::Report;
use std::fmt;
use woodland_graph::Void;

/// A promise that a kind makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Law {
    /// Nothing panics, whatever the bytes.
    Total,
    /// One op has one form in bytes: with more bytes behind it, it is no op, or another one.
    OneForm,
    /// An object is a function of its own ops: the kind remembers nothing beside its state.
    OwnOpsAlone,
    /// A clone of a state is a value: what happens to the other does not change it.
    ClonesAreValues,
    /// What is shown is a value with canonical bytes.
    ShowsValues,
    /// Sizes, stretches and entries are those of what is shown.
    ReadsAgree,
    /// Through the configuration that it was written under, and where all that it points to is
    /// there, what was written reads as it is.
    ReadAsWritten,
    /// `resolve` and `prepare` change nothing that can be seen, and a void leaves no trace.
    VoidIsNothing,
    /// Whether an op counts depends on what its author saw, and on nothing else that is held.
    PastAlone,
    /// A state that was put in a page and read back shows the same, and goes on the same.
    RestsAndWakes,
    /// The order in which ops arrive does not show.
    Commuting,
}

impl Law {
    /// The law, in words.
    pub fn rule(self) -> &'static str {
        match self {
            Law::Total => "nothing panics, whatever the bytes",
            Law::OneForm => "one op has one form in bytes: bytes behind an op are refused",
            Law::OwnOpsAlone => "an object is a function of its own ops and of nothing else",
            Law::ClonesAreValues => "a version that is held shows the same for ever",
            Law::ShowsValues => "what is shown is a value with canonical bytes",
            Law::ReadsAgree => "sizes, stretches and entries are those of the whole",
            Law::ReadAsWritten => "through its own configuration a value reads as it was written",
            Law::VoidIsNothing => "a void leaves the state as it was, and resolving shows nothing",
            Law::PastAlone => "whether an op counts depends on what its author saw",
            Law::RestsAndWakes => {
                "a state that was put to rest and woken goes on as if it never was"
            }
            Law::Commuting => "the order in which ops arrive does not show",
        }
    }
}

/// A law that a kind breaks, and the history that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Breach {
    /// The law.
    pub law: Law,
    /// The kind's name.
    pub kind: &'static str,
    /// What differed, or what the panic said.
    pub what: String,
    /// The history, a line a commit: who wrote, after which commits, what.
    pub history: String,
    /// The seed of that history: with it and one history, the suite finds the same again.
    pub seed: u64,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Breach { law, kind, what, history, seed } = self;
        writeln!(f, "kind {kind} breaks the law {law:?}: {}", law.rule())?;
        writeln!(f, "{what}")?;
        writeln!(f, "history, by commit (a, b … are authors, ? marks hostile bytes):")?;
        write!(f, "{history}")?;
        write!(f, "to see it again, set .seed({seed}).histories(1)")
    }
}

/// Why a kind did not pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// It breaks a law.
    #[error("{0}")]
    Law(Box<Breach>),
    /// Too little happened for an answer.
    #[error(
        "too calm to say anything: {0}. Let the maker of ops make ones that fit what is shown, \
         and run more histories"
    )]
    TooCalm(Report),
    /// The kind refuses the configuration that the suite was given.
    #[error("the kind refuses the configuration: {0}; give one that it takes by `Laws::config`")]
    Config(Void),
    /// The name is that of a built-in kind.
    #[error("'{0}' is the name of a built-in kind: give yours another")]
    NameTaken(&'static str),
}
