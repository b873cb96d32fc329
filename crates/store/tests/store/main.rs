//! The store's promises, over both disks where both can show them.

mod beside;
mod branch;
mod buffered;
mod damage;
mod errors;
mod faults;
mod fixtures;
mod group;
mod hooked;
mod locks;
mod merging;
mod misplaced;
mod positions;
mod power;
mod recovery;
mod renew;
mod samples;
mod suite;
mod woven;
