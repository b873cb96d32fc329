//! Woodland's sync: messages in, messages out; no sockets, no clock.
//!
//! ```text
//!  Log ─► Settling ◄──► notes ◄──► Settling ◄─ Log         what the other holds
//!            │                        │
//!            └─► Log::since(known) ◄──┘                     what to send it
//! ```
//!
//! **Invariants**
//! - It reads versions and changes none: what arrives goes through the door of the log.
//! - What is said costs what differs, not what is shared.
//!
//! What this does not do, yet: carry commits, stay live, bound what a slow peer costs.

mod names;
mod settle;
mod sketch;
mod wire;

pub use crate::names::{AuthorName, CommitName, NamedTip, Salt};
pub use crate::settle::{
    Gap, Note, OutOfPlace, SYMBOLS_FIRST, SYMBOLS_MAX, Settled, Settling, Step, TIPS_TOLD_MAX,
};
pub use crate::sketch::Symbol;
pub use crate::wire::NoteError;
