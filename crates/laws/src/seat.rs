//! A kind under another name, watched: the same kind can have two names in one schema, and be kept
//! out of one of them.
//!
//! **Invariants**
//! - Says what the kind says, to the letter; only `Undo` and `Rest` change anything, and only for
//!   kinds that break a law.
//!
//! What this does not do: see into a state. It compares what the kind shows of it.

use crate::rest::Rests;
use std::fmt::{self, Debug};
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use woodland_format::{NodeId, TypeId, Value};
use woodland_graph::{Fate, History, IsThere, Kind, Part, Past, Stamp, Standing, Void, Written};

/// What a seat is called in schemas.
pub(crate) trait Called: 'static {
    const NAME: &'static str;
}

/// By the kind's own name.
pub(crate) struct Own<K>(PhantomData<fn() -> K>);

impl<K: Kind> Called for Own<K> {
    const NAME: &'static str = K::NAME;
}

/// As the object that is looked at.
pub(crate) struct AsSubject;

impl Called for AsSubject {
    const NAME: &'static str = "laws_subject";
}

/// As the object beside it.
pub(crate) struct AsSibling;

impl Called for AsSibling {
    const NAME: &'static str = "laws_sibling";
}

/// What a seat does besides.
#[derive(Debug, Clone, Default)]
pub(crate) enum Watch {
    #[default]
    Nothing,
    /// After a void, puts the state of before in place; notes where asking changed what is shown.
    Undo(Arc<Mutex<Option<String>>>),
    /// Puts a state to rest and wakes it, before anything arrives at it or it is asked what became
    /// of ops; notes what it shows otherwise then.
    Rest(Arc<Rests>),
}

pub(crate) struct Seat<K, N> {
    kind: Arc<K>,
    watch: Watch,
    name: PhantomData<fn() -> N>,
}

impl<K, N> Seat<K, N> {
    pub(crate) fn of(kind: &Arc<K>, watch: Watch) -> Self {
        Seat { kind: Arc::clone(kind), watch, name: PhantomData }
    }
}

impl<K: Kind, N> Seat<K, N> {
    fn seen(&self, state: &K::State) -> (Option<Value>, Vec<Standing>) {
        (self.kind.show(state), self.kind.standing(state))
    }

    fn rest(&self, state: &mut K::State, rests: &Rests) {
        let Some(woken) = rests.rest(state) else { return };
        let [before, after] = [&*state, &woken].map(|one| self.seen(one));
        if before != after {
            let [before, after] = [before, after].map(|(shown, _)| said(shown.as_ref()));
            rests.note(format!("put to rest, {before} wakes as {after}"));
        }
        *state = woken;
    }

    /// Runs what must not change what is seen, and notes if it does.
    fn watched<T>(
        &self,
        state: &mut K::State,
        act: &str,
        run: impl FnOnce(&mut K::State) -> T,
    ) -> T {
        let note = match &self.watch {
            Watch::Nothing => return run(state),
            Watch::Rest(rests) => {
                self.rest(state, rests);
                return run(state);
            }
            Watch::Undo(note) => note,
        };
        let before = self.seen(state);
        let answer = run(state);
        let after = self.seen(state);
        if before != after {
            let [before, after] = [before, after].map(|(shown, _)| said(shown.as_ref()));
            let text = format!("`{act}` changes what is shown or stands, from {before} to {after}");
            // A panic ends the run: nobody is left to find a poisoned note.
            if let Ok(mut note) = note.lock() {
                note.get_or_insert(text);
            }
        }
        answer
    }
}

/// A value for people.
pub(crate) fn said(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

impl<K: Kind, N> Debug for Seat<K, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

// A method that is left to its default would not be the kind's.
#[deny(clippy::missing_trait_methods)]
impl<K: Kind, N: Called> Kind for Seat<K, N> {
    const NAME: &'static str = N::NAME;
    const IN_ORDER: bool = K::IN_ORDER;
    const KEEPS_HISTORY: bool = K::KEEPS_HISTORY;
    const EDITION: u32 = K::EDITION;
    type Config = K::Config;
    type Op = K::Op;
    type Resolved = K::Resolved;
    type State = K::State;

    fn config(&self, bytes: &[u8]) -> Result<K::Config, Void> {
        self.kind.config(bytes)
    }

    fn decode(&self, config: &K::Config, bytes: &[u8]) -> Result<K::Op, Void> {
        self.kind.decode(config, bytes)
    }

    fn pointers(&self, config: &K::Config, op: &K::Op, found: &mut dyn FnMut(NodeId, TypeId)) {
        self.kind.pointers(config, op, found);
    }

    fn has_foreign_keys(&self, config: &K::Config) -> bool {
        self.kind.has_foreign_keys(config)
    }

    fn writes(
        &self,
        config: &K::Config,
        state: &K::State,
        past: &Past<'_>,
        op: &K::Op,
    ) -> Vec<Written> {
        self.kind.writes(config, state, past, op)
    }

    fn resolve(
        &self,
        state: &mut K::State,
        past: &Past<'_>,
        op: K::Op,
    ) -> Result<K::Resolved, Void> {
        let Watch::Undo(_) = &self.watch else { return self.kind.resolve(state, past, op) };
        let kept = state.clone();
        let answer = self.watched(state, "resolve", |state| self.kind.resolve(state, past, op));
        if answer.is_err() {
            *state = kept;
        }
        answer
    }

    fn apply(&self, state: &mut K::State, past: &Past<'_>, op: K::Resolved) {
        self.kind.apply(state, past, op);
    }

    fn mask(&self, state: &mut K::State, past: &Past<'_>, op: K::Resolved) {
        self.kind.mask(state, past, op);
    }

    fn prepare(&self, state: &mut K::State, arrived: &[Stamp], history: &History<'_>) {
        self.watched(state, "prepare", |state| self.kind.prepare(state, arrived, history));
    }

    fn show(&self, state: &K::State) -> Option<Value> {
        self.kind.show(state)
    }

    fn size(&self, state: &K::State) -> Option<u64> {
        self.kind.size(state)
    }

    fn part(&self, state: &K::State, range: &Range<u64>) -> Option<Value> {
        self.kind.part(state, range)
    }

    fn entry(&self, state: &K::State, key: &Value) -> Option<Value> {
        self.kind.entry(state, key)
    }

    fn has_pointers(&self, config: &K::Config) -> bool {
        self.kind.has_pointers(config)
    }

    fn view(&self, config: &K::Config, shown: Value, is_there: IsThere<'_>) -> Option<Value> {
        self.kind.view(config, shown, is_there)
    }

    fn view_part(
        &self,
        config: &K::Config,
        part: Part,
        value: Option<Value>,
        is_there: IsThere<'_>,
    ) -> Option<(Part, Option<Value>)> {
        self.kind.view_part(config, part, value, is_there)
    }

    fn standing(&self, state: &K::State) -> Vec<Standing> {
        self.kind.standing(state)
    }

    fn recall(&self, state: &mut K::State, history: &History<'_>) {
        self.watched(state, "recall", |state| self.kind.recall(state, history));
    }

    fn fates(&self, state: &K::State, past: &Past<'_>, op: &K::Op) -> Vec<(Part, Fate)> {
        self.kind.fates(state, past, op)
    }
}
