//! The trace: every act, disk call and message of one run, in order, and a hash of them.
//!
//! **Invariants**
//! - The same seed gives the same trace, on any machine: nothing in it comes from an address, a
//!   clock, or the order of a hash map.
//! - Bytes are hashed whole; what is kept for people to read is their length.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many bytes are gathered before they are hashed.
const GATHERED_BYTES: usize = 16 * 1024;

/// Whether lines are kept, or only hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The hash is all that is left.
    Hash,
    /// The lines, to be read.
    Lines,
}

#[derive(Debug, Clone)]
pub(crate) struct Trace(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    hasher: blake3::Hasher,
    gathered: String,
    lines: Option<Vec<String>>,
}

impl Trace {
    pub(crate) fn new(keep: Keep) -> Self {
        let lines = (keep == Keep::Lines).then(Vec::new);
        let hasher = blake3::Hasher::new();
        Trace(Arc::new(Mutex::new(State { hasher, gathered: String::new(), lines })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something happened.
    pub(crate) fn note(&self, what: fmt::Arguments<'_>) {
        let mut state = self.state();
        let from = state.gathered.len();
        writeln!(state.gathered, "{what}").expect("a string takes all that is written to it");
        let State { gathered, lines, .. } = &mut *state;
        if let Some(lines) = lines {
            lines.push(gathered[from..].trim_end().to_owned());
        }
        if state.gathered.len() >= GATHERED_BYTES {
            state.hash();
        }
    }

    /// These bytes were written or sent.
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        let mut state = self.state();
        state.hash();
        state.hasher.update(bytes);
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        let mut state = self.state();
        state.hash();
        *state.hasher.finalize().as_bytes()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.state().lines.clone().unwrap_or_default()
    }
}

impl State {
    fn hash(&mut self) {
        self.hasher.update(self.gathered.as_bytes());
        self.gathered.clear();
    }
}
