//! woodland-benches
