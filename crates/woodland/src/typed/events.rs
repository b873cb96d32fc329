//! `events`: the application's own ops, folded by its own reducer.
//!
//! **Invariants**
//! - The reducer is a pure function of the ops in order: every program that has it reads the same.
//! - An op that does not decode is kept, counted, and not folded.

use super::other;
use crate::change::Change;
use crate::define::{ConfigError, Types};
use crate::field::{Field, FieldType};
use crate::value::Misread;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::ops::Deref;
use woodland_format::limits::OP_BYTES_MAX;
use woodland_format::{EventsConfig, Value, decode, encode};

/// What ops of the application's own amount to.
pub trait Reducer: 'static {
    /// Its name in the schema.
    const NAME: &'static str;
    /// What happens. Encoded without names: add variants and fields at the end only, and give ops
    /// that older programs wrote another type.
    type Op: Serialize + DeserializeOwned;
    /// What it amounts to.
    type State: Default;

    /// Adds one op, the next in order. It may come from a program that saw another state: what does
    /// not fit has to be left out here, the same everywhere.
    fn apply(state: &mut Self::State, op: &Self::Op);
}

/// Ops in order, and what they amount to. Derefs to the reducer's state.
pub struct Events<E: Reducer> {
    ops: Vec<Vec<u8>>,
    state: E::State,
    skipped: usize,
}

impl<E: Reducer> Events<E> {
    /// These ops, for a node that is made with them.
    pub fn of<'a>(ops: impl IntoIterator<Item = &'a E::Op>) -> Self {
        Events::fold(ops.into_iter().map(encode).collect())
    }

    fn fold(ops: Vec<Vec<u8>>) -> Self {
        let (mut state, mut skipped) = (E::State::default(), 0);
        for op in &ops {
            match decode::<E::Op, OP_BYTES_MAX>("an event", op) {
                Ok(op) => E::apply(&mut state, &op),
                Err(_) => skipped += 1,
            }
        }
        Events { ops, state, skipped }
    }

    /// What they amount to.
    pub fn state(&self) -> &E::State {
        &self.state
    }

    /// How many ops there are.
    pub fn count(&self) -> usize {
        self.ops.len()
    }

    /// How many of them did not decode: another program's, or an older one's.
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// The ops as they were written, in order.
    pub fn raw(&self) -> &[Vec<u8>] {
        &self.ops
    }
}

impl<E: Reducer> FieldType for Events<E> {
    const KIND: &'static str = "events";

    fn config(_: &Types<'_>) -> Result<Vec<u8>, ConfigError> {
        Ok(encode(&EventsConfig { reducer: E::NAME.to_owned() }))
    }

    fn write(&self, op: &mut dyn FnMut(Vec<u8>)) {
        self.ops.iter().cloned().for_each(op);
    }

    fn read(value: Option<&Value>) -> Result<Self, Misread> {
        match value {
            None => Ok(Events::default()),
            Some(Value::List(ops)) => {
                let op = |op: &Value| match op {
                    Value::Bytes(op) => Ok(op.clone()),
                    found => Err(other("event", found)),
                };
                Ok(Events::fold(ops.iter().map(op).collect::<Result<_, _>>()?))
            }
            Some(found) => Err(other("events", found)),
        }
    }
}

impl<R, E: Reducer> Field<R, Events<E>> {
    /// Adds an op behind all that the author sees.
    pub fn push(self, op: &E::Op) -> Change<R> {
        Change::one(self, encode(op))
    }
}

impl<E: Reducer> Default for Events<E> {
    fn default() -> Self {
        Events { ops: Vec::new(), state: E::State::default(), skipped: 0 }
    }
}

impl<E: Reducer> Deref for Events<E> {
    type Target = E::State;

    fn deref(&self) -> &E::State {
        &self.state
    }
}

impl<E: Reducer<State: Clone>> Clone for Events<E> {
    fn clone(&self) -> Self {
        Events { ops: self.ops.clone(), state: self.state.clone(), skipped: self.skipped }
    }
}

impl<E: Reducer> PartialEq for Events<E> {
    fn eq(&self, other: &Self) -> bool {
        self.ops == other.ops
    }
}

impl<E: Reducer> Eq for Events<E> {}

impl<E: Reducer<State: fmt::Debug>> fmt::Debug for Events<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Events({} ops, {} skipped: {:?})", self.ops.len(), self.skipped, self.state)
    }
}
