//! What was derived rests on the same disk as the log: faults while it is put to rest, and in what
//! rests.
//!
//! ```text
//!  script ─► player ─► facade: write, rest, merge, reopen ─► journal ─► cuts ──┐
//!                       │ Nth call fails, quota ─► goes on in memory ──────────┼─► answers
//!                       └ image ─► bent, older, another's pages.redb ──────────┘
//! ```
//!
//! **Invariants**
//! - Whatever is wrong with it, a dataset opens, and no answer is wrong: a read is right or says
//!   that derived state cannot be read, and is right once the dataset is opened again.
//! - A failure to rest is told by whoever rests, and loses nothing that was acknowledged.
//!
//! What this does not do: look at a page; `woodland-page` and `woodland-base` have their own tests.

mod answers;
mod bent;
mod cuts;
mod failed;
mod held;
mod player;

pub(super) use bent::bent;
pub(super) use cuts::cuts;
pub(super) use failed::{failed_calls, no_room};
pub(super) use held::held;
