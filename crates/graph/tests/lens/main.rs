//! Migrations and reading: the ledger, values through one schema or another, moved fields, what is
//! unique, what is final.

mod changes;
mod ledger;
mod moved;
mod reading;
mod rests;
#[path = "../shelf/mod.rs"]
mod shelf;
mod tentative;
mod unique;
mod world;
