//! The store's promises, over both disks where both can show them.

mod branch;
mod damage;
mod errors;
mod faults;
mod fixtures;
mod merging;
mod power;
mod renew;
mod samples;
mod suite;
mod woven;
