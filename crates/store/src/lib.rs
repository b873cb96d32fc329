//! woodland-store
