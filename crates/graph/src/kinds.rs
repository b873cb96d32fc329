//! Kinds by name: what a program knows.
//!
//! **Invariants**
//! - What a log means does not depend on the registry: of an object whose kind is not built in, the
//!   ops themselves are what counts (`docs/meaning.md`), whether or not the program has the kind.
//!
//! What this does not do: know any kind but through [`Kind`].

use crate::counter::Counter;
use crate::erased::AnyKind;
use crate::events::Events;
use crate::kind::Kind;
use crate::list::List;
use crate::map::Map;
use crate::opaque::Opaque;
use crate::record::Record;
use crate::register::{Atom, Register};
use crate::set::Set;
use crate::text::Text;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The kinds that every program has.
pub(crate) const BUILT_IN: [&str; 9] = [
    Atom::NAME,
    Counter::NAME,
    Events::NAME,
    List::NAME,
    Map::NAME,
    Record::NAME,
    Register::NAME,
    Set::NAME,
    Text::NAME,
];

/// The kinds that a program knows. Clones share.
#[derive(Debug, Clone)]
pub struct Kinds(Arc<BTreeMap<&'static str, Arc<dyn AnyKind>>>);

impl Kinds {
    /// The built-in kinds.
    pub fn standard() -> Self {
        let kinds = Kinds(Arc::default()).with(Register).with(Atom).with(Record).with(Counter);
        kinds.with(Set).with(Map).with(List).with(Text).with(Events)
    }

    /// These, and one more; it replaces one of the same name.
    ///
    /// # Panics
    /// When a kind of one's own has the name of a built-in one.
    #[must_use]
    pub fn with<K: Kind>(mut self, kind: K) -> Self {
        let is_own = self.0.len() >= BUILT_IN.len();
        assert!(!is_own || !BUILT_IN.contains(&K::NAME), "{} is a built-in kind", K::NAME);
        Arc::make_mut(&mut self.0).insert(K::NAME, Arc::new(kind));
        self
    }

    /// Whether there is a kind of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The names and editions of all of them, as bytes: pages that a program with other kinds, or
    /// other editions of them, put derived values in are to be derived anew.
    pub fn edition(&self) -> Vec<u8> {
        let mut said = Vec::new();
        for (name, kind) in &*self.0 {
            said.extend_from_slice(&kind.edition().to_le_bytes());
            said.extend_from_slice(&(name.len() as u64).to_le_bytes());
            said.extend_from_slice(name.as_bytes());
        }
        said
    }

    /// The kind of this name; one that keeps its ops and shows nothing else, if there is none.
    pub(crate) fn get(&self, name: &str) -> Arc<dyn AnyKind> {
        match self.0.get(name) {
            Some(kind) => Arc::clone(kind),
            None => Arc::new(Opaque(name.into())),
        }
    }
}

impl Default for Kinds {
    fn default() -> Self {
        Self::standard()
    }
}
