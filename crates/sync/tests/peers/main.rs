//! Conversations: what two settle, what many bring to each other, and what becomes of who cheats.

mod allowed;
mod hostile;
mod hostile_commits;
mod hostile_memory;
mod newcomer;
mod reconnecting;
mod remembering;
mod settling;
mod stage;
mod talking;
mod world;
mod writer;
