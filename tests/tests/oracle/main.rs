//! The oracle itself, on histories made by hand and at random: it is the definition that the engine
//! is held to, so each rule of `docs/meaning.md` stands here by example.

mod existence;
mod generations;
mod histories;
mod kinds;
mod list;
mod masks;
mod meaning;
mod migrations;
mod sides;
mod text;
mod uniqueness;
