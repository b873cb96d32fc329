//! Conversations: what two settle, what many bring to each other, and what becomes of who cheats.

mod settling;
mod talking;
mod world;
mod writer;
