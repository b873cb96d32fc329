//! The typed layer: what is derived, written, edited and read back is what was meant.

mod editing;
mod kept;
mod keyed;
mod model;
mod own_kind;
mod refused;
mod shapes;
