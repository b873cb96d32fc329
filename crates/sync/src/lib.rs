//! Woodland's sync: messages in, messages out; no sockets, no clock.
//!
//! ```text
//!  Hub ─► Session (one a peer) ─┬► Settling ─► what the other side lacks      `settle`, `sketch`
//!                               ├► Sending  ─► pieces of the log ─► messages  `session`
//!                               └► Arriving ─► the door ─► versions to merge
//!  bytes ◄─► Message ◄─► parts                                       `message`, `coding`, `wire`
//! ```
//!
//! **Invariants**
//! - It reads versions and changes none: what arrives goes through the door of the log, and the
//!   host makes it durable.
//! - What is said costs what differs, not what is shared.
//! - A peer costs bounded memory, whatever it says or leaves unsaid.
//!
//! What this does not do: connect, encrypt, or see to it that who proved itself is who talks on.

mod bytes;
mod closed;
mod coding;
mod door;
mod event;
mod hub;
mod limits;
mod memory;
mod message;
mod names;
mod newcomer;
mod packing;
pub mod recording;
mod session;
mod settle;
mod sketch;
mod wants;
mod wire;
mod words;

pub use crate::closed::Closed;
pub use crate::event::{Event, Peer, TooLong};
pub use crate::hub::Hub;
pub use crate::limits::Limits;
pub use crate::memory::Memory;
pub use crate::message::{MessageError, PRESENCE_BYTES_MAX, PROTOCOL_VERSION, Reason};
pub use crate::names::Salt;
pub use crate::newcomer::Newcomer;
pub use crate::session::gate::Credentials;

/// The parts of messages, for those who look at a conversation or take part in it by themselves.
pub mod parts {
    pub use crate::bytes::NoteError;
    pub use crate::message::{
        AuthorRef, Hello, Introduced, Message, Part, Previous, Stretch, Told, Want,
    };
    pub use crate::names::{AuthorName, CommitName, NamedTip};
    pub use crate::session::gate::Proof;
    pub use crate::settle::{
        Gap, Note, OutOfPlace, SYMBOLS_FIRST, SYMBOLS_MAX, Settled, Settling, Step, TIPS_TOLD_MAX,
    };
    pub use crate::sketch::Symbol;
}
