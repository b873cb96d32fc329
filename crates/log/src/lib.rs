//! woodland-log
