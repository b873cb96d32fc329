//! What a pointer has to say when the node that it points to is deleted.
//!
//! **Invariants**
//! - A policy is part of a pointer's type, so it is part of the schema; a value does not carry it.
//!
//! What this does not do: judge a deletion. The graph does (`docs/meaning.md`, *Existence*).

use std::fmt;
use woodland_format::OnDelete;

/// What becomes of a deletion of the node that a [`Pointer`](crate::Pointer) points to: [`Plain`],
/// [`Restrict`], [`Cascade`] or [`Revive`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no policy of a pointer",
    label = "no policy",
    note = "a foreign key is a `Pointer<R, Restrict>`, `Pointer<R, Cascade>` or `Pointer<R, Revive>`",
    note = "a plain `Pointer<R>` reads as absent while there is no such node"
)]
pub trait Policy: sealed::Sealed + 'static {
    /// What the foreign key says; nothing where the pointer is none.
    const ON_DELETE: Option<OnDelete>;
}

/// The pointer is absent while its target is deleted. It is no foreign key.
pub enum Plain {}

/// The target cannot be deleted while something that lives points to it.
pub enum Restrict {}

/// What points to the target is deleted with it.
pub enum Cascade {}

/// The target cannot be deleted while something that lives points to it; and who points to it
/// without having seen that it was deleted brings it back.
pub enum Revive {}

mod sealed {
    pub trait Sealed {}
}

macro_rules! policies {
    ($($policy:ident: $on_delete:expr;)*) => {$(
        impl sealed::Sealed for $policy {}

        impl Policy for $policy {
            const ON_DELETE: Option<OnDelete> = $on_delete;
        }

        impl fmt::Debug for $policy {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                match *self {}
            }
        }
    )*};
}

policies! {
    Plain: None;
    Restrict: Some(OnDelete::Restrict);
    Cascade: Some(OnDelete::Cascade);
    Revive: Some(OnDelete::Revive);
}
