//! Programs of several releases on one dataset: which schema each works through, what a migration
//! does to what others wrote, and what is told.

mod alive;
mod named;
mod releases;
mod start;
