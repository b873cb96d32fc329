//! What a write promises: many at once, buffered, given away, read beside a writer; and what
//! becomes of it when the disk fails or the power is cut.

mod buffered;
mod cut;
mod failing;
mod gate;
mod given;
mod many;
mod model;
mod reading;
mod upkeep;
