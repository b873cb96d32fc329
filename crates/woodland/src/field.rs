//! Fields as values of the program: which field, of which record, as which Rust type.
//!
//! **Invariants**
//! - A `Field<R, T>` is a place in the order in which `R::define` names its fields; what can be
//!   done to it follows from `T`, so a mistake in either does not compile.
//!
//! What this does not do: know the schema. A batch binds a record to it, once.

use crate::change::Change;
use crate::define::{ConfigError, Types};
use crate::value::{FieldValue, Misread, Place, ValueFor};
use std::fmt;
use std::marker::PhantomData;
use woodland_format::{RegisterConfig, RegisterOp, Value, encode};

/// A Rust type that a record's field can have: a kind, how it is configured, written and read.
///
/// Implement it to give a kind of your own a Rust type; [`Field::with_op`] makes its changes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type of a record's field",
    note = "fields hold values: bool, integers, f64, String, Vec<T>, Pointer<R>, what derives FieldValue",
    note = "or `Option` of a value; or a Text, Counter, Set, Map, List, Atom, Parts or Events",
    note = "inside a Set, Map or List stand values, no `Option`; items of a Set and keys are `Ord`",
    note = "inside an Atom or Parts stands a struct that derives FieldValue"
)]
pub trait FieldType: Sized + 'static {
    /// The name of the kind.
    const KIND: &'static str;

    /// What the schema says about such a field, in the kind's own bytes.
    ///
    /// # Errors
    /// [`ConfigError`] when the program's types break a rule.
    fn config(types: &Types<'_>) -> Result<Vec<u8>, ConfigError>;

    /// Gives the ops that write it into a node that was just made, in order; none where that would
    /// change nothing.
    fn write(&self, op: &mut dyn FnMut(Vec<u8>));

    /// As `write`, with all by which two readings differ: for subscriptions.
    #[doc(hidden)]
    fn tell(&self, op: &mut dyn FnMut(Vec<u8>)) {
        self.write(op);
    }

    /// Reads what the kind shows; none while nothing is visible.
    ///
    /// # Errors
    /// [`Misread`].
    fn read(value: Option<&Value>) -> Result<Self, Misread>;
}

/// A field of record `R` with the Rust type `T`. The derive makes one constant a field.
pub struct Field<R, T> {
    index: u16,
    of: PhantomData<fn() -> (R, T)>,
}

impl<R, T> Field<R, T> {
    /// The field that `R::define` names after so many others.
    pub const fn at(index: u16) -> Self {
        Field { index, of: PhantomData }
    }

    /// Its place in the order of `R::define`.
    pub const fn index(self) -> u16 {
        self.index
    }

    /// As [`Fields::unique`](crate::Fields::unique) names it.
    pub const fn unique(self) -> AnyField<R>
    where
        T: Unique,
    {
        self.any()
    }

    /// The same field, its type forgotten: to ask about several at once.
    pub const fn any(self) -> AnyField<R> {
        AnyField { index: self.index, of: PhantomData }
    }
}

/// A field's Rust type that a rule of uniqueness can name: a value, or `Option` of one.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` cannot be unique",
    label = "merges in its own way",
    note = "what is unique is a plain value, or `Option` of one: bool, integers, f64, String, Vec<T>, Pointer<R>"
)]
pub trait Unique: FieldType {}

impl<P: Place> Unique for P {}

impl<R, T: FieldType> Field<R, T> {
    /// The change that this op of the field's kind makes: for kinds of your own.
    pub fn with_op(self, op: Vec<u8>) -> Change<R> {
        Change::one(self, op)
    }
}

impl<R, T> Clone for Field<R, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, T> Copy for Field<R, T> {}

impl<R, T> fmt::Debug for Field<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({})", self.index)
    }
}

/// A field of record `R`, of whatever type.
pub struct AnyField<R> {
    index: u16,
    of: PhantomData<fn() -> R>,
}

impl<R> AnyField<R> {
    /// Its place in the order of `R::define`.
    pub const fn index(self) -> u16 {
        self.index
    }
}

impl<R> Clone for AnyField<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for AnyField<R> {}

impl<R> fmt::Debug for AnyField<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyField({})", self.index)
    }
}

impl<R, T> From<Field<R, T>> for AnyField<R> {
    fn from(field: Field<R, T>) -> Self {
        field.any()
    }
}

/// A value, or `Option` of one, is a register: the last write in order wins.
impl<P: Place> FieldType for P {
    const KIND: &'static str = "register";

    fn config(types: &Types<'_>) -> Result<Vec<u8>, ConfigError> {
        let config = RegisterConfig { value: types.value_type(&P::shape())? };
        config.check()?;
        Ok(encode(&config))
    }

    fn write(&self, op: &mut dyn FnMut(Vec<u8>)) {
        if let Some(value) = self.to_place() {
            op(encode(&RegisterOp::Set(value)));
        }
    }

    fn read(value: Option<&Value>) -> Result<Self, Misread> {
        P::from_place(value)
    }
}

impl<R, T: FieldValue> Field<R, T> {
    /// Puts a value in place of whatever is there.
    pub fn set(self, value: impl ValueFor<T>) -> Change<R> {
        Change::one(self, encode(&RegisterOp::Set(value.into_value_for().to_value())))
    }
}

impl<R, T: FieldValue> Field<R, Option<T>> {
    /// Puts a value in place of whatever is there.
    pub fn set(self, value: impl ValueFor<T>) -> Change<R> {
        Change::one(self, encode(&RegisterOp::Set(value.into_value_for().to_value())))
    }

    /// Leaves nothing there.
    pub fn clear(self) -> Change<R> {
        Change::one(self, encode(&RegisterOp::Clear))
    }
}
