//! The Rust types of fields that merge in their own way, one module a kind.
//!
//! **Invariants**
//! - Each holds plain data. Written into a node that was just made and read back, it is equal.
//! - What merges and how is the kind's business (`docs/meaning.md`); here are only its ops and
//!   what it shows, as Rust types.
//!
//! What this does not do: change a field in place. The methods of `Field` make changes.

mod atom;
mod counter;
mod events;
mod key;
mod list;
mod map;
mod parts;
mod set;
mod text;

pub use atom::Atom;
pub use counter::Counter;
pub use events::{Events, Reducer};
pub use key::{Key, Keyed};
pub use list::List;
pub use map::Map;
pub use parts::{Composite, Member, MemberChange, MemberChanges, Parts};
pub use set::Set;
pub use text::Text;

use crate::value::Misread;
use woodland_format::Value;

/// A position as ops have it; one that is too large is past the end of everything.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn other(expected: &str, found: &Value) -> Misread {
    Misread::Type { expected: expected.to_owned(), found: found.kind() }
}
