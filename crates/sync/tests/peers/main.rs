//! Conversations: what two settle, what many bring to each other, and what becomes of who cheats.

mod allowed;
mod hostile;
mod hostile_commits;
mod settling;
mod stage;
mod talking;
mod world;
mod writer;
