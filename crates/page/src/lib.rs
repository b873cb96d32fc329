//! Pages: persistent maps whose nodes stand in memory, or in pages that are read when needed.
//!
//! ```text
//!   Tree ──► node ──► node     in memory: shared by the versions that have it
//!              └────► page 7   at rest: a number and a check; read through `Pages`, and cached
//!                              for as long as somebody has them open
//! ```
//!
//! What a version derives is made of [`Tree`]s. Where a version is put to rest ([`rest`]), each
//! node that is not in a page yet becomes one, and what stays in memory is the root's [`PageRef`]:
//! so a version opens by reading one page ([`wake`]), costs what is read of it, and two versions
//! share the pages of what is equal in them.
//!
//! **Invariants**
//! - A page is never changed, and its number never given again. Whoever refers to it holds the
//!   check of its bytes, so that a damaged, stale or misdirected page is noticed when it is read.
//! - A page names all pages that it refers to before its body: who needs no more than that, such as
//!   whoever collects what is no longer needed, decodes nothing.
//! - Derived values alone stand in pages. A page that cannot be read is no loss: the act that needs
//!   it ends in a [`PageFault`], and its owner derives anew.
//!
//! A read that fails ends its act by unwinding, and [`catch`] at the border of the act makes an
//! error of it: the maps answer as maps do, and no answer is made from a page that was not read.
//!
//! What this does not do: IO, or say where pages are kept. A [`PageSource`] reads them, a
//! [`PageSink`] takes them; [`MemoryPages`] is both, for tests.

mod cache;
mod codec;
mod fault;
mod ids;
mod memory;
mod own;
mod pages;
mod standard;
mod tree;

pub use crate::codec::{Reading, Stored, Writing, rest, wake};
pub use crate::fault::{FaultCause, PageFault, catch};
pub use crate::memory::MemoryPages;
pub use crate::own::{OWN_BYTES_MIN, Own, Seat};
pub use crate::pages::{OpenPages, PageRef, PageSink, PageSource, Pages, read_references};
pub use crate::tree::{Entries, Entry, Key, Tree, Valued, Weigh};
