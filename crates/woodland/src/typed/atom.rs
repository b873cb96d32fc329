//! `atom`: a composite that is replaced as a whole.
//!
//! **Invariants**
//! - Of two concurrent writes one wins with all its members; they are never mixed.

use super::parts::Composite;
use crate::change::Change;
use crate::define::{ConfigError, Types};
use crate::field::{Field, FieldType};
use crate::shape::Shape;
use crate::value::{FieldValue, Misread, Place, ValueFor};
use std::ops::{Deref, DerefMut};
use woodland_format::{AtomConfig, RegisterOp, Value, encode};

/// A composite, replaced as a whole. `Option<Atom<T>>` may be nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Atom<T>(pub T);

impl<T: Composite> FieldType for Atom<T> {
    const KIND: &'static str = "atom";

    fn config(types: &Types<'_>) -> Result<Vec<u8>, ConfigError> {
        config(types, &<T as FieldValue>::shape())
    }

    fn write(&self, op: &mut dyn FnMut(Vec<u8>)) {
        op(encode(&RegisterOp::Set(self.0.to_value())));
    }

    fn read(value: Option<&Value>) -> Result<Self, Misread> {
        let value = value.ok_or(Misread::Absent)?;
        match value {
            Value::Record(members) => Ok(Atom(T::from_members(members)?)),
            found => Err(Misread::of::<T>(found)),
        }
    }
}

impl<T: Composite> FieldType for Option<Atom<T>> {
    const KIND: &'static str = "atom";

    fn config(types: &Types<'_>) -> Result<Vec<u8>, ConfigError> {
        config(types, &<Option<T> as Place>::shape())
    }

    fn write(&self, op: &mut dyn FnMut(Vec<u8>)) {
        if let Some(atom) = self {
            atom.write(op);
        }
    }

    fn read(value: Option<&Value>) -> Result<Self, Misread> {
        value.map(|value| Atom::read(Some(value))).transpose()
    }
}

fn config(types: &Types<'_>, shape: &Shape) -> Result<Vec<u8>, ConfigError> {
    let config = AtomConfig { value: types.value_type(shape)? };
    config.check()?;
    Ok(encode(&config))
}

impl<R, T: Composite> Field<R, Atom<T>> {
    /// Puts this in place of the whole that is there.
    pub fn set(self, value: impl ValueFor<T>) -> Change<R> {
        Change::one(self, encode(&RegisterOp::Set(value.into_value_for().to_value())))
    }
}

impl<R, T: Composite> Field<R, Option<Atom<T>>> {
    /// Puts this in place of the whole that is there.
    pub fn set(self, value: impl ValueFor<T>) -> Change<R> {
        Change::one(self, encode(&RegisterOp::Set(value.into_value_for().to_value())))
    }

    /// Leaves nothing there.
    pub fn clear(self) -> Change<R> {
        Change::one(self, encode(&RegisterOp::Clear))
    }
}

impl<T> Deref for Atom<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Atom<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Atom<T> {
    fn from(whole: T) -> Self {
        Atom(whole)
    }
}
