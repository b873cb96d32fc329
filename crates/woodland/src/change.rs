//! Changes of a record's fields, as values.
//!
//! **Invariants**
//! - A change names its record's type: it fits no pointer to another.
//! - What would change nothing has no op, and writes nothing.
//!
//! What this does not do: write. `Batch::edit` takes it.

use crate::field::{Field, FieldType};
use std::fmt;
use std::marker::PhantomData;

/// What is done to one field of a record `R`. Made by the record's fields:
/// `Note::TITLE.set("Hike")`.
pub struct Change<R> {
    pub(crate) index: u16,
    /// The kind of the field's Rust type. The bytes of one kind's op may well decode as another's.
    pub(crate) kind: &'static str,
    /// In order; most changes are one op.
    pub(crate) ops: [Option<Vec<u8>>; 2],
    of: PhantomData<fn() -> R>,
}

impl<R> Change<R> {
    pub(crate) fn of<T: FieldType>(field: Field<R, T>, ops: [Option<Vec<u8>>; 2]) -> Self {
        Change { index: field.index(), kind: T::KIND, ops, of: PhantomData }
    }

    pub(crate) fn one<T: FieldType>(field: Field<R, T>, op: Vec<u8>) -> Self {
        Change::of(field, [Some(op), None])
    }
}

impl<R> Clone for Change<R> {
    fn clone(&self) -> Self {
        Change { ops: self.ops.clone(), ..*self }
    }
}

impl<R> fmt::Debug for Change<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ops = self.ops.iter().flatten().count();
        write!(f, "Change(field {}, {} ops of {})", self.index, ops, self.kind)
    }
}

/// Changes of one node: a [`Change`], or a tuple, an array, a `Vec` or an `Option` of such.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no change of a `{R}`",
    label = "no change of a `{R}`",
    note = "changes are made by the fields of `{R}`, such as `{R}::TITLE.set(\"Hike\")`",
    note = "several go in a tuple, an array or a `Vec`"
)]
pub trait Changes<R> {
    /// Hands out each change, in order.
    fn each(self, take: &mut dyn FnMut(Change<R>));
}

impl<R> Changes<R> for Change<R> {
    fn each(self, take: &mut dyn FnMut(Change<R>)) {
        take(self);
    }
}

impl<R, C: Changes<R>> Changes<R> for Option<C> {
    fn each(self, take: &mut dyn FnMut(Change<R>)) {
        self.into_iter().for_each(|one| one.each(take));
    }
}

impl<R, C: Changes<R>> Changes<R> for Vec<C> {
    fn each(self, take: &mut dyn FnMut(Change<R>)) {
        self.into_iter().for_each(|one| one.each(take));
    }
}

impl<R, C: Changes<R>, const N: usize> Changes<R> for [C; N] {
    fn each(self, take: &mut dyn FnMut(Change<R>)) {
        self.into_iter().for_each(|one| one.each(take));
    }
}

macro_rules! tuples {
    ($(($($name:ident)+))*) => {$(
        impl<R, $($name: Changes<R>),+> Changes<R> for ($($name,)+) {
            fn each(self, take: &mut dyn FnMut(Change<R>)) {
                #[expect(non_snake_case, reason = "named as their types")]
                let ($($name,)+) = self;
                $($name.each(take);)+
            }
        }
    )*};
}

tuples! {
    (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
}
