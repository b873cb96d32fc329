//! `record`: members that merge one by one; and composites, whose members they are.
//!
//! **Invariants**
//! - A member that equals its default is not written, and read as it.
//! - A member that is neither optional nor has a default must have been written to be read.
//!
//! What this does not do: nest kinds. A member is a register; a text is a field of a record.

use super::other;
use crate::change::Change;
use crate::define::{ConfigError, Types};
use crate::field::{Field, FieldType};
use crate::shape::{MemberShape, Shape, resolve_members};
use crate::value::{FieldValue, Misread, Place, ValueFor};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use woodland_format::{RecordConfig, RecordOp, Value, encode};

/// A value with members, each with a stable number. `#[derive(FieldValue)]` on a struct writes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no members: an `Atom` or `Parts` holds a struct",
    label = "no composite",
    note = "write `#[derive(FieldValue)]` on a struct with named fields",
    note = "any other value is a field without a wrapper"
)]
pub trait Composite: FieldValue {
    /// The members, ascending by number.
    fn members() -> Vec<MemberShape>;

    /// What is written, ascending by number.
    fn to_members(&self) -> Vec<(u32, Value)>;

    /// From what is written.
    ///
    /// # Errors
    /// [`Misread`] names the member.
    fn from_members(members: &[(u32, Value)]) -> Result<Self, Misread>;
}

/// A member of composite `C` with the Rust type `P`. The derive makes one constant a member.
pub struct Member<C, P> {
    number: u32,
    name: &'static str,
    of: PhantomData<fn() -> (C, P)>,
}

impl<C, P> Member<C, P> {
    /// The member of this number and name.
    pub const fn at(number: u32, name: &'static str) -> Self {
        Member { number, name, of: PhantomData }
    }

    /// What may stand there.
    pub fn shape(self) -> MemberShape
    where
        P: Place,
    {
        MemberShape { number: self.number, name: self.name, place: P::shape() }
    }

    /// Writes it behind the others.
    pub fn write(self, value: &P, members: &mut Vec<(u32, Value)>)
    where
        P: Place,
    {
        members.extend(value.to_place().map(|value| (self.number, value)));
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`Misread`] names it.
    pub fn read(self, members: &[(u32, Value)]) -> Result<P, Misread>
    where
        P: Place,
    {
        P::from_place(self.find(members)).map_err(|fault| self.fault(fault))
    }

    fn find(self, members: &[(u32, Value)]) -> Option<&Value> {
        members.iter().find(|(number, _)| *number == self.number).map(|(_, value)| value)
    }

    fn fault(self, fault: Misread) -> Misread {
        Misread::Member { name: self.name, fault: Box::new(fault) }
    }
}

/// With a default.
impl<C, T: FieldValue> Member<C, T> {
    /// What may stand there, this while nothing does.
    pub fn shape_or(self, default: &T) -> MemberShape {
        let place = Shape::Default(Box::new(<T as FieldValue>::shape()), default.to_value());
        MemberShape { number: self.number, name: self.name, place }
    }

    /// Writes it behind the others, unless it is the default.
    pub fn write_or(self, value: &T, default: &T, members: &mut Vec<(u32, Value)>) {
        let value = value.to_value();
        if value != default.to_value() {
            members.push((self.number, value));
        }
    }

    /// Reads it; the default where nothing is written.
    ///
    /// # Errors
    /// [`Misread`] names it.
    pub fn read_or(self, members: &[(u32, Value)], default: T) -> Result<T, Misread> {
        match self.find(members) {
            None => Ok(default),
            Some(value) => T::from_place(Some(value)).map_err(|fault| self.fault(fault)),
        }
    }

    /// Puts a value in place of whatever is there.
    pub fn set(self, value: impl ValueFor<T>) -> MemberChange<C> {
        MemberChange::to(self.number, Some(value.into_value_for().to_value()))
    }
}

impl<C, T: FieldValue> Member<C, Option<T>> {
    /// Puts a value in place of whatever is there.
    pub fn set(self, value: impl ValueFor<T>) -> MemberChange<C> {
        MemberChange::to(self.number, Some(value.into_value_for().to_value()))
    }

    /// Leaves nothing there.
    pub fn clear(self) -> MemberChange<C> {
        MemberChange::to(self.number, None)
    }
}

impl<C, P> Clone for Member<C, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C, P> Copy for Member<C, P> {}

impl<C, P> fmt::Debug for Member<C, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Member({} {})", self.number, self.name)
    }
}

/// What is done to one member of a `Parts<C>`: `Contact::PHONE.set("7")`.
pub struct MemberChange<C> {
    number: u32,
    value: Option<Value>,
    of: PhantomData<fn() -> C>,
}

impl<C> MemberChange<C> {
    fn to(number: u32, value: Option<Value>) -> Self {
        MemberChange { number, value, of: PhantomData }
    }
}

impl<C> fmt::Debug for MemberChange<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemberChange({}: {:?})", self.number, self.value)
    }
}

/// Changes of members: a [`MemberChange`], or a tuple, an array or a `Vec` of such.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no change of members of a `{C}`",
    label = "no change of a member",
    note = "changes are made by the members of `{C}`, such as `{C}::PHONE.set(\"7\")`",
    note = "several go in a tuple, an array or a `Vec`"
)]
pub trait MemberChanges<C> {
    /// Hands out each change, in order.
    fn each(self, take: &mut dyn FnMut(MemberChange<C>));
}

impl<C> MemberChanges<C> for MemberChange<C> {
    fn each(self, take: &mut dyn FnMut(MemberChange<C>)) {
        take(self);
    }
}

impl<C> MemberChanges<C> for Vec<MemberChange<C>> {
    fn each(self, take: &mut dyn FnMut(MemberChange<C>)) {
        self.into_iter().for_each(take);
    }
}

impl<C, const N: usize> MemberChanges<C> for [MemberChange<C>; N] {
    fn each(self, take: &mut dyn FnMut(MemberChange<C>)) {
        self.into_iter().for_each(take);
    }
}

/// A whole composite: its members that are there, the others stay.
impl<C: Composite> MemberChanges<C> for &C {
    fn each(self, take: &mut dyn FnMut(MemberChange<C>)) {
        let members = self.to_members().into_iter();
        members.map(|(number, value)| MemberChange::to(number, Some(value))).for_each(take);
    }
}

macro_rules! tuples {
    ($(($($name:ident)+))*) => {$(
        impl<X, $($name: MemberChanges<X>),+> MemberChanges<X> for ($($name,)+) {
            fn each(self, take: &mut dyn FnMut(MemberChange<X>)) {
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

/// A composite whose members merge one by one. Best with members that are optional or have a
/// default: one that is neither can only be read once somebody has written it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Parts<T>(pub T);

impl<T: Composite> FieldType for Parts<T> {
    const KIND: &'static str = "record";

    fn config(types: &Types<'_>) -> Result<Vec<u8>, ConfigError> {
        let members = types.resolved(|number| resolve_members(&T::members(), number))?;
        let config = RecordConfig { members };
        config.check()?;
        Ok(encode(&config))
    }

    fn write(&self, op: &mut dyn FnMut(Vec<u8>)) {
        let members = self.0.to_members();
        if !members.is_empty() {
            op(encode(&RecordOp::Set(members)));
        }
    }

    fn read(value: Option<&Value>) -> Result<Self, Misread> {
        match value {
            None => Ok(Parts(T::from_members(&[])?)),
            Some(Value::Record(members)) => Ok(Parts(T::from_members(members)?)),
            Some(found) => Err(other("record", found)),
        }
    }
}

impl<R, T: Composite> Field<R, Parts<T>> {
    /// Changes members; the others stay. Of two changes of one member the later counts.
    pub fn set(self, members: impl MemberChanges<T>) -> Change<R> {
        let mut changed = BTreeMap::new();
        members.each(&mut |MemberChange { number, value, .. }| {
            changed.insert(number, value);
        });
        let (mut set, mut cleared) = (Vec::new(), Vec::new());
        for (number, value) in changed {
            match value {
                Some(value) => set.push((number, value)),
                None => cleared.push(number),
            }
        }
        let set = (!set.is_empty()).then(|| encode(&RecordOp::Set(set)));
        let cleared = (!cleared.is_empty()).then(|| encode(&RecordOp::Clear(cleared)));
        Change::of(self, [set, cleared])
    }
}

impl<T> Deref for Parts<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Parts<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Parts<T> {
    fn from(whole: T) -> Self {
        Parts(whole)
    }
}
