//! Deletion through the facade: policies, generations, uniqueness, what readers and subscribers are
//! told, and what a batch may not do.

mod keys;
mod model;
mod policies;
mod random;
mod reads;
mod refused;
mod subscribed;
mod unique;
