//! woodland-tests
