//! Fields that point to nodes of one type.
//!
//! **Invariants**
//! - Pointers are handed out in the order in which the field shows them.

use crate::field::FieldType;
use crate::pointer::Pointer;
use crate::policy::Policy;
use crate::record::Record;
use crate::typed::{List, Map, Set};
use crate::value::FieldValue;

/// A field's Rust type that holds pointers: one, or `Option`, `Vec`, `Set` or `List` of them, or a
/// `Map` to them.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` points nowhere",
    label = "no path leads along it",
    note = "paths lead along fields of type `Pointer<R>`, `Option`, `Vec`, `Set` or `List` of it",
    note = "and along those of type `Map<K, Pointer<R>>`"
)]
pub trait Points: FieldType {
    /// What it points to.
    type To: Record;

    /// Hands out each pointer, in order.
    fn each(&self, take: &mut dyn FnMut(Pointer<Self::To>));
}

impl<R: Record, P: Policy> Points for Pointer<R, P> {
    type To = R;

    fn each(&self, take: &mut dyn FnMut(Pointer<R>)) {
        take(self.plain());
    }
}

macro_rules! many {
    ($($of:ident)*) => {$(
        impl<R: Record, P: Policy> Points for $of<Pointer<R, P>> {
            type To = R;

            fn each(&self, take: &mut dyn FnMut(Pointer<R>)) {
                self.iter().map(Pointer::plain).for_each(take);
            }
        }
    )*};
}

many! { Option Vec Set List }

impl<K: FieldValue + Ord, R: Record, P: Policy> Points for Map<K, Pointer<R, P>> {
    type To = R;

    fn each(&self, take: &mut dyn FnMut(Pointer<R>)) {
        self.values().map(Pointer::plain).for_each(take);
    }
}
