//! The list: what each bug breaks, where, how, and which test must catch it.
//!
//! **Invariants**
//! - No two bugs have one name.
//!
//! What this does not do: cover every promise. A promise whose bug was missed once belongs here.

mod existence;
mod gates;
mod kinds;
mod masks;
mod reading;
mod spine;

use crate::bug::Bug;

/// All of them, from the bytes up.
pub(crate) fn all() -> impl Iterator<Item = &'static Bug> {
    let lists =
        [spine::BUGS, kinds::BUGS, masks::BUGS, existence::BUGS, reading::BUGS, gates::BUGS];
    lists.into_iter().flatten()
}
