//! What Woodland's tests share: a slow oracle of what a log means, and random histories for it.

pub mod agreement;
pub mod fuzz;
pub mod histories;
pub mod oracle;
pub mod reliability;
pub mod replay;
pub mod simulated;
